/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes, sockets and files that two processes both hold.  They tell of kinship only if they
 * were made inside the family: what the target's launcher or session leader holds too was
 * handed down to many, and unix sockets hand descriptors to strangers (SCM_RIGHTS).
 */
#include "family/kin.h"

#include <string.h>

bool fd_comparable(const struct descriptor *d)
{
	switch (d->kind) {
	case FD_FILE:
	case FD_MEMFD:
	case FD_PIPE:
	case FD_SOCKET:
		return true;
	case FD_UNREADABLE:
	case FD_DEVICE:
	case FD_ANON:	/* all share one inode: equal text says nothing */
	case FD_OTHER:
		break;
	}
	return false;
}

/* A socket has one description however many hold it; pipes and files need kcmp. */
bool fd_same_object(const struct snapshot *s, const struct process *a, const struct descriptor *x,
		    const struct process *b, const struct descriptor *y)
{
	if (!fd_comparable(x) || x->kind != y->kind)
		return false;
	if (x->kind == FD_SOCKET)
		return x->inode && x->inode == y->inode;
	if (x->kind == FD_PIPE)
		return x->inode == y->inode && x->mode == y->mode;
	return x->target && y->target && !strcmp(x->target, y->target) &&
	       snapshot_same_file(s, a->id.pid, x->fd, b->id.pid, y->fd);
}

bool fd_opposite_ends(const struct snapshot *s, const struct descriptor *x,
		      const struct descriptor *y)
{
	const struct socket_info *mine, *theirs;

	if (x->kind == FD_PIPE && y->kind == FD_PIPE)
		return x->inode == y->inode && ((x->mode == FD_READ && y->mode == FD_WRITE) ||
						(x->mode == FD_WRITE && y->mode == FD_READ));
	if (x->kind != FD_SOCKET || y->kind != FD_SOCKET)
		return false;
	mine = snapshot_socket(s, x->inode);
	theirs = snapshot_socket(s, y->inode);
	/* a named one is a server's, and anybody may connect to it */
	return mine && theirs && mine->family == SOCKET_UNIX && theirs->family == SOCKET_UNIX &&
	       mine->peer_inode == theirs->inode && !mine->named && !theirs->named;
}

bool object_held_by(const struct kin *k, const struct process *owner,
		    const struct descriptor *d, const struct process *other)
{
	for (size_t i = 0; i < other->fd_n; i++)
		if (fd_same_object(k->s, owner, d, other, &other->fds[i]) ||
		    fd_opposite_ends(k->s, d, &other->fds[i]))
			return true;
	return false;
}

bool object_from_outside(const struct kin *k, const struct process *owner,
			 const struct descriptor *d, const struct process *but)
{
	const struct process *target = k->t->process;

	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];
		bool leader = target && p->id.pid == target->sid && p != target;

		/* what a brother has too, both were given */
		if (p != owner && p != but && snapshot_parent(k->s, p) != but &&
		    kin_marked(k, p, MARK_BROTHER) && !kin_marked(k, p, MARK_CORE) &&
		    object_held_by(k, owner, d, p))
			return true;
		if (!kin_marked(k, p, MARK_ANCESTOR) && !leader)
			continue;
		if (process_knows(p, FACT_FDS) ? object_held_by(k, owner, d, p) : p == k->launcher &&
		    !kin_marked(k, p, MARK_REAPER))
			return true;
	}
	/* what stands on the target's own stdio came from its launcher, and with it whatever
	 * copies of it the family has */
	if (target && target != owner)
		for (int fd = 0; fd <= k->fd_given; fd++) {
			const struct descriptor *t = process_fd(target, fd);

			if (t && (fd_same_object(k->s, owner, d, target, t) ||
				  fd_opposite_ends(k->s, d, t)))
				return true;
		}
	return false;
}

static bool held_in_core(const struct kin *k, uint64_t inode)
{
	for (size_t i = 0; i < k->f->member_n; i++) {
		const struct process *p = k->f->members[i].process;

		for (size_t j = 0; j < p->fd_n; j++)
			if (p->fds[j].kind == FD_SOCKET && p->fds[j].inode == inode)
				return true;
	}
	return false;
}

static bool leads_out(const struct kin *k, const struct process *p)
{
	for (size_t i = 0; i < p->fd_n; i++) {
		const struct socket_info *info, *peer;

		if (p->fds[i].kind != FD_SOCKET)
			continue;
		info = snapshot_socket(k->s, p->fds[i].inode);
		if (!info || info->family != SOCKET_UNIX)
			continue;
		if (held_in_core(k, info->inode))
			continue;	/* inherited itself */
		peer = snapshot_socket(k->s, info->peer_inode);
		if (!info->named && peer && !peer->named && held_in_core(k, peer->inode))
			continue;	/* a socket pair with the family */
		return true;
	}
	return false;
}

/* Somebody may have come to the family and have been given a descriptor, and have closed the
 * socket since, as an instance does that takes over a listening socket. */
static bool family_has_visitors(const struct kin *k)
{
	for (size_t i = 0; i < k->f->member_n; i++) {
		const struct process *p = k->f->members[i].process;

		for (size_t j = 0; j < p->fd_n; j++) {
			const struct socket_info *info = p->fds[j].kind == FD_SOCKET ?
				snapshot_socket(k->s, p->fds[j].inode) : NULL;

			if (info && info->family == SOCKET_UNIX && info->named)
				return true;
		}
	}
	return false;
}

bool may_have_been_handed(const struct kin *k, const struct process *p)
{
	struct handed *last = k->handed;

	/* asked of one candidate for each of its descriptors, which may be thousands */
	if (last->process != p || last->member_n != k->f->member_n)
		*last = (struct handed){ p, k->f->member_n,
					 leads_out(k, p) || family_has_visitors(k) };
	return last->answer;
}

/* Nobody on the machine holds the other end.  Only to be asked when all were looked at. */
bool pipe_peerless(const struct kin *k, const struct descriptor *d)
{
	const struct holders *h;
	const struct holder *list;
	size_t n;

	if (d->kind == FD_SOCKET) {
		const struct socket_info *info = snapshot_socket(k->s, d->inode);

		return info && info->family == SOCKET_UNIX && !info->named &&
		       !info->listening && !info->peer_inode;
	}
	if (d->kind != FD_PIPE || d->mode == FD_READ_WRITE || d->mode == FD_MODE_UNKNOWN)
		return false;
	/* by the kernel's own count, which knows of those on their way, too */
	if (d->readers || d->writers)
		return !(d->mode == FD_READ ? d->writers : d->readers);
	h = kin_holders(k);
	list = holders_find(h, FD_PIPE, d->inode, &n);
	for (size_t i = 0; i < n; i++)
		if (list[i].fd->mode != d->mode)
			return false;
	return !holders_had(h, d->inode, d->mode == FD_READ ? FD_WRITE : FD_READ);
}
