/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of a fleet's table, and what it adds up to. */
#include "model/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

const char *fleet_verdict_name(enum fleet_verdict v)
{
	static const char *const names[] = {
		[FLEET_CLEAN] = "clean", [FLEET_BLIND] = "blind",
		[FLEET_LEAKS] = "leaks", [FLEET_CRITICAL] = "critical",
	};
	return names[v];
}

struct fleet *fleet_new(void)
{
	struct arena *a = arena_new(0);
	struct fleet *f = arena_calloc(a, 1, sizeof(*f));

	f->arena = a;
	return f;
}

void fleet_free(struct fleet *f)
{
	if (f)
		arena_free(f->arena);
}

static size_t sum(const struct fleet_row *r)
{
	return r->orphans + r->zombies + r->fds + r->pipes + r->others;
}

static int worst_first(const void *left, const void *right)
{
	const struct fleet_row *a = left, *b = right;
	int order;

	if (a->verdict != b->verdict)
		return a->verdict > b->verdict ? -1 : 1;
	if (sum(a) != sum(b))
		return sum(a) > sum(b) ? -1 : 1;
	order = strcmp(a->host, b->host);
	order = order ? order : strcmp(a->target, b->target);
	return order ? order : strcmp(a->file, b->file);
}

void fleet_sort(struct fleet *f)
{
	if (f->row_n)
		qsort(f->rows, f->row_n, sizeof(*f->rows), worst_first);
}

int fleet_status(const struct fleet *f)
{
	int status = f->fault_n ? 3 : 0;

	for (size_t i = 0; i < f->row_n; i++) {
		if (f->rows[i].verdict >= FLEET_LEAKS)
			return 1;
		if (f->rows[i].verdict == FLEET_BLIND)
			status = 3;
	}
	return status;
}
