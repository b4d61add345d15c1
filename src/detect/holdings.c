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

/* Of those at the other end of the pipe the first member of the family; *anybody: there is
 * somebody, at least. */
static const struct holder *at_other_end(const struct scene *scene, const struct process *p,
					 const struct descriptor *d, bool *anybody)
{
	const struct member *first = NULL;
	const struct holder *list, *found = NULL;
	size_t n;

	*anybody = holders_had(scene->holders, d->inode, d->mode == FD_READ ? FD_WRITE : FD_READ);
	list = holders_find(scene->holders, FD_PIPE, d->inode, &n);
	for (size_t i = 0; i < n; i++) {
		const struct member *m;

		if (list[i].fd->mode == d->mode)
			continue;
		*anybody = true;
		m = list[i].process == p ? NULL : family_find(scene->family, list[i].process);
		if (m && (!first || m < first || (m == first && list[i].fd < found->fd))) {
			first = m;
			found = &list[i];
		}
	}
	return found;
}

/* From inside a pid namespace nobody outside of it is seen. */
static bool all_seen(const struct scene *scene)
{
	return scene->snapshot->initial_pid_ns && !scene->holders->denied;
}

static void hold_pipe(const struct scene *scene, const struct process *p, struct arena *a,
		      struct finding *f, const struct descriptor *d)
{
	const char *end = d->mode == FD_WRITE ? "write" : "read";
	const char *other_end = d->mode == FD_WRITE ? "reader" : "writer";
	const struct holder *other;
	bool anybody;
	char buf[DESCRIPTOR_LINK_SIZE];
	const char *link = descriptor_link(d, buf);

	if (d->mode != FD_READ && d->mode != FD_WRITE)
		return;
	other = at_other_end(scene, p, d, &anybody);
	if (other)
		hold(a, f, HOLD_PIPE, d, arena_printf(a, "the %s end of %s, whose %s is %d (fd %d)", end,
						      link, other_end, other->process->id.pid,
						      other->fd->fd));
	else if (scene->snapshot->coverage.machine_fds && !anybody)
		hold(a, f, HOLD_PIPE, d, arena_printf(a, "the %s end of %s, whose %s is gone%s", end,
						      link, other_end,
						      all_seen(scene) ? "" :
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
