/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS207 pidfd-stale: a pidfd whose process has been reaped: nothing can be signalled or
 * waited for through it any more.  Whoever waits through a pidfd closes it just after, so a
 * single one may be seen in passing; a zombie's pidfd still has its use and says its pid.
 */
#include "detect/detectors.h"

#include "detect/fd_list.h"

#define STALE_MANY 2

static void judge(const struct member *m, struct findings *out)
{
	struct fd_list list = { .arena = out->arena };
	const struct process *p = m->process;
	struct finding *f;

	for (size_t i = 0; i < p->fd_n; i++)
		if (p->fds[i].has_watched && p->fds[i].watched_pid == -1)
			fd_list_add(&list, p->fds[i].fd);
	if (!list.n)
		return;
	f = findings_add(out, KIND_PIDFD_STALE, p);
	fd_list_give(&list, f);
	f->severity = fd_list_severity(m, list.n >= STALE_MANY ? SEV_WARNING : SEV_INFO);
	f->remedy = list.n >= STALE_MANY ? REMEDY_FIX_APP : REMEDY_NONE;
	f->message = list.n == 1 ?
		arena_printf(out->arena, "fd %d is a pidfd to a process that has been reaped",
			     list.list[0]) :
		arena_printf(out->arena, "%zu pidfds are to processes that have been reaped", list.n);
	f->advice = list.n == 1 ? "look again: it may be about to be closed" :
		"close the pidfd of a child when it has been waited for, on the error path too";
}

void detect_pidfd_stale(const struct scene *scene, struct findings *out)
{
	for (size_t i = 0; i < scene->family->member_n; i++)
		if (fd_list_wanted(&scene->family->members[i]))
			judge(&scene->family->members[i], out);
}
