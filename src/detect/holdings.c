/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Address already in use" after a restart, a lock nobody seems to hold, a reader that waits
 * for an end of file: an orphan that kept a descriptor explains them.
 */
#include "detect/holdings.h"

static void hold(struct arena *a, struct finding *f, enum holding_kind kind,
		 const struct descriptor *d, const char *what)
{
	struct holding *list = (struct holding *)(uintptr_t)f->holds, *h;

	h = arena_push(a, &list, &f->hold_n, &f->hold_room, sizeof(*h));
	*h = (struct holding){ .kind = kind, .fd = d->fd, .what = what };
	f->holds = list;
}

/* A member of the family at the other end of the pipe. */
static const struct process *at_other_end(const struct scene *scene, const struct process *p,
					  const struct descriptor *d, int *fd)
{
	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct process *other = scene->family->members[i].process;

		for (size_t j = 0; other != p && j < other->fd_n; j++) {
			const struct descriptor *o = &other->fds[j];

			if (o->kind == FD_PIPE && o->inode == d->inode && o->mode != d->mode) {
				*fd = o->fd;
				return other;
			}
		}
	}
	return NULL;
}

static bool anybody_at_other_end(const struct snapshot *s, const struct descriptor *d)
{
	for (size_t i = 0; i < s->process_n; i++)
		for (size_t j = 0; j < s->processes[i].fd_n; j++) {
			const struct descriptor *o = &s->processes[i].fds[j];

			if (o->kind == FD_PIPE && o->inode == d->inode && o->mode != d->mode)
				return true;
		}
	return false;
}

/* From inside a pid namespace nobody outside of it is seen. */
static bool all_seen(const struct snapshot *s)
{
	return s->initial_pid_ns && !snapshot_unreadable(s, FACT_FDS);
}

static void hold_pipe(const struct scene *scene, const struct process *p, struct arena *a,
		      struct finding *f, const struct descriptor *d)
{
	const char *end = d->mode == FD_WRITE ? "write" : "read";
	const char *other_end = d->mode == FD_WRITE ? "reader" : "writer";
	int fd = -1;
	const struct process *other = at_other_end(scene, p, d, &fd);
	char buf[DESCRIPTOR_LINK_SIZE];
	const char *link = descriptor_link(d, buf);

	if (d->mode != FD_READ && d->mode != FD_WRITE)
		return;
	if (other)
		hold(a, f, HOLD_PIPE, d, arena_printf(a, "the %s end of %s, whose %s is %d (fd %d)", end,
						      link, other_end, other->id.pid, fd));
	else if (scene->snapshot->coverage.machine_fds && !anybody_at_other_end(scene->snapshot, d))
		hold(a, f, HOLD_PIPE, d, arena_printf(a, "the %s end of %s, whose %s is gone%s", end,
						      link, other_end,
						      all_seen(scene->snapshot) ? "" :
						      " as far as visible"));
}

void holdings_find(const struct scene *scene, const struct process *p, struct arena *a,
		   struct finding *f)
{
	for (size_t i = 0; i < p->fd_n; i++) {
		const struct descriptor *d = &p->fds[i];
		const struct socket_info *socket = d->kind == FD_SOCKET ?
			snapshot_socket(scene->snapshot, d->inode) : NULL;

		if (socket && socket->family == SOCKET_TCP && socket->listening)
			hold(a, f, HOLD_PORT, d, arena_printf(a, "listening tcp port %u", socket->port));
		if (d->locked)
			hold(a, f, HOLD_LOCK, d, arena_printf(a, "a lock on %s", d->target));
		if (d->kind == FD_PIPE)
			hold_pipe(scene, p, a, f, d);
	}
}
