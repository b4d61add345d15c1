/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the detectors on descriptors have in common.  A descriptor table is read once, at the
 * first look: what has gone since is not to be accused of anything.
 */
#include "detect/fd_list.h"

#include <stdlib.h>

void fd_list_add(struct fd_list *l, int fd)
{
	*(int *)arena_push(l->arena, &l->list, &l->n, &l->room, sizeof(fd)) = fd;
}

static int ascending(const void *left, const void *right)
{
	int a = *(const int *)left, b = *(const int *)right;

	return a < b ? -1 : a > b;
}

void fd_list_give(const struct fd_list *l, struct finding *f)
{
	qsort(l->list, l->n, sizeof(*l->list), ascending);
	f->fds = l->list;
	f->fd_n = l->n;
	f->fd = l->n == 1 ? l->list[0] : -1;
	f->has_value = true;
	f->value = (double)l->n;
	f->unit = "descriptors";
}

bool fd_list_wanted(const struct member *m)
{
	return m->confidence >= CONF_STRONG && !m->process->gone && !process_is_zombie(m->process);
}

enum severity fd_list_severity(const struct member *m, enum severity severity)
{
	return m->intent == INTENT_DAEMON ? SEV_INFO : severity;
}
