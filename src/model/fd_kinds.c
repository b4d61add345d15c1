/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nothing but the text of a link tells an eventfd from a timerfd. */
#include "model/fd_kinds.h"

#include <stdio.h>
#include <string.h>

static void name_of(const struct descriptor *d, char *name, size_t size)
{
	const char *at = d->kind == FD_ANON && d->target ? strchr(d->target, ':') : NULL;
	size_t n;

	name[0] = '\0';
	if (!at)
		return;
	at += at[1] == '[' ? 2 : 1;
	n = strcspn(at, "]");
	snprintf(name, size, "%.*s", (int)(n < size ? n : size - 1), at);
}

size_t fd_kinds_count(const struct process *p, struct fd_kind_count *out)
{
	size_t n = 0;

	for (size_t i = 0; i < p->fd_n; i++) {
		struct fd_kind_count one = { .kind = p->fds[i].kind, .n = 0 };
		size_t k;

		name_of(&p->fds[i], one.anon, sizeof(one.anon));
		for (k = 0; k < n; k++)
			if (out[k].kind == one.kind && !strcmp(out[k].anon, one.anon))
				break;
		if (k == FD_KINDS_MOST)
			continue;
		if (k == n)
			out[n++] = one;
		out[k].n++;
	}
	return n;
}

bool fd_kinds_is_series(const struct series *one, const struct fd_kind_count *k)
{
	return one->kind == SERIES_FDS_OF_KIND && one->fd_kind == k->kind &&
	       !strcmp(one->anon ? one->anon : "", k->anon);
}
