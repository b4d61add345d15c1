/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What counts in a run's report.  Pure. */
#include "model/run.h"

const char *left_how_name(enum left_how h)
{
	static const char *const names[] = {
		[LEFT_BELOW] = "below", [LEFT_ORPHANED] = "orphaned",
		[LEFT_ESCAPED] = "escaped", [LEFT_TIMEOUT] = "timeout",
	};

	return names[h];
}

struct run_report *run_report_new(void)
{
	struct arena *a = arena_new(0);
	struct run_report *r = arena_calloc(a, 1, sizeof(*r));

	r->arena = a;
	r->wait_status = -1;
	r->fail_on = RUN_ORPHAN;
	return r;
}

void run_report_free(struct run_report *r)
{
	if (r)
		arena_free(r->arena);
}

struct left *run_report_find(struct run_report *r, struct process_id id)
{
	for (size_t i = 0; i < r->left_n; i++)
		if (process_id_same(r->left[i].process.id, id))
			return &r->left[i];
	return NULL;
}

bool left_counts(const struct run_report *r, const struct left *l)
{
	if (l->allowed || l->how == LEFT_TIMEOUT || l->late)
		return false;
	if (l->zombie)
		return r->fail_on & RUN_ZOMBIE;
	return !l->by_itself && (r->fail_on & RUN_ORPHAN);
}

size_t run_report_leaks(const struct run_report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->left_n; i++)
		n += left_counts(r, &r->left[i]);
	return n;
}

size_t run_report_survivors(const struct run_report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->left_n; i++)
		n += !r->left[i].allowed && !r->left[i].zombie && r->left[i].fate != FATE_REAPED;
	return n;
}
