/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other end of a pipe or socket pair, or the very same open file description, made
 * inside the family.  A descriptor can also be handed to a stranger over a unix socket
 * (SCM_RIGHTS); stdio is not (nobody moves a received descriptor to 0-2), and neither are
 * two that kept their numbers.
 */
#include "family/kin.h"

struct link {
	const struct member *with;
	const struct descriptor *theirs, *mine;
	bool opposite;
};

/* Descriptors that both have under the same number: what fork does, and passing rarely. */
static unsigned kept_numbers(const struct kin *k, const struct candidate *c,
			     const struct process *other)
{
	unsigned n = 0;

	for (size_t i = 0; i < c->p->fd_n; i++) {
		const struct descriptor *d = &c->p->fds[i];
		const struct descriptor *o = d->fd > 2 ? process_fd(other, d->fd) : NULL;

		n += o && fd_same_object(k->s, other, o, c->p, d);
	}
	return n;
}

/* A launcher that is gone made both of them, and what is between them, at once. */
static bool born_together(const struct kin *k, const struct process *p)
{
	return p->id.start_ticks < k->t->process->id.start_ticks + k->s->hz;
}

/* Fork keeps the numbers, and those of the two ends of a pipe are neighbours when it is made;
 * a received descriptor gets whatever number is free. */
static bool numbers_fit(const struct link *l)
{
	int apart = l->mine->fd - l->theirs->fd;

	/* the ends of a socket pair may be moved apart, as node does for its ipc */
	if (l->opposite)
		return l->mine->kind == FD_SOCKET || apart == 1 || apart == -1;
	return apart == 0;
}

static bool may_be_handed(const struct kin *k, const struct candidate *c, const struct link *l)
{
	if (l->mine->fd <= 2 || layout_shared(l->with->process, c->p) ||
	    kept_numbers(k, c, l->with->process) >= 2)
		return false;
	return !numbers_fit(l) || may_have_been_handed(k, c->p);
}

/* The target was adopted: what it holds, or its children have from it, its launcher that is
 * gone may have made, and given the other end to another of its children.  Only who made a
 * pipe for a child's stdio keeps the other end itself, apart from its own stdio. */
static bool from_lost_launcher(const struct kin *k, const struct candidate *c,
			       const struct link *l)
{
	if (!k->sibling_doubt || !k->t->process ||
	    (l->with->process != k->t->process &&
	     !object_held_by(k, l->with->process, l->theirs, k->t->process)))
		return false;
	return !l->opposite || l->mine->fd > 2 || born_together(k, c->p);
}

/* What stands on the target's own fd 0-2 came from its launcher, and with it whatever copies
 * of it there are: evidence_stdio judges those. */
static bool from_stdio_of(const struct kin *k, const struct process *target,
			  const struct process *p, const struct descriptor *mine)
{
	for (int fd = 0; fd <= k->fd_given; fd++) {
		const struct descriptor *d = process_fd(target, fd);

		if (d && (fd_same_object(k->s, target, d, p, mine) ||
			  fd_opposite_ends(k->s, d, mine)))
			return true;
	}
	return false;
}

/* Unless one as good was found already. */
static void add_link(const struct kin *k, struct candidate *c, const struct link *l,
		     enum confidence *found)
{
	static const char *const ends[] = {
		[FD_MODE_UNKNOWN] = "one end", [FD_READ] = "the read end",
		[FD_WRITE] = "the write end", [FD_READ_WRITE] = "one end",
	};
	bool socket = l->mine->kind == FD_SOCKET;
	bool handed = may_be_handed(k, c, l);
	enum confidence strength = handed || c->maybe_brother ? CONF_WEAK : CONF_STRONG;
	const char *doubt = handed ? ", but it may have been handed over by a unix socket" : "";
	pid_t pid = l->with->process->id.pid;
	char buf[DESCRIPTOR_LINK_SIZE];
	const char *link = descriptor_link(l->mine, buf);

	if (from_lost_launcher(k, c, l)) {
		strength = CONF_WEAK;
		doubt = ", but both may have it from a launcher that is gone";
	}
	/* its launcher may hold what its orphans have, and cannot be told from them */
	if (!k->t->process) {
		strength = CONF_WEAK;
		doubt = ", but the launcher of a dead target may have it, too";
	}
	if (strength <= *found)
		return;
	*found = strength;
	if (l->opposite)
		member_add_evidence(k, c->m, socket ? EV_SOCKET : EV_PIPE, strength,
				    arena_printf(k->a, "its fd %d is %s of %s, the other one is fd %d of %d%s",
						 l->mine->fd, socket ? "one end" : ends[l->mine->mode],
						 link, l->theirs->fd, pid, doubt));
	else
		member_add_evidence(k, c->m, EV_SAME_FILE, strength,
				    arena_printf(k->a, "its fd %d is the same open file as fd %d of %d: %s%s",
						 l->mine->fd, l->theirs->fd, pid, link, doubt));
}

/* The inode that a descriptor linked with it shows, or 0: no such number (files), or no
 * other end.  Comparing it first is what keeps thousands of descriptors bearable. */
static uint64_t partner(const struct snapshot *s, const struct descriptor *d, bool opposite)
{
	const struct socket_info *info;

	if (d->kind == FD_PIPE || (d->kind == FD_SOCKET && !opposite))
		return d->inode;
	info = d->kind == FD_SOCKET ? snapshot_socket(s, d->inode) : NULL;
	return info ? info->peer_inode : 0;
}

static bool member_in(const struct kin *k, const struct holder *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (kin_marked(k, list[i].process, MARK_CORE))
			return true;
	return false;
}

static bool same_as_any(const struct snapshot *s, const struct process *p, int fd)
{
	for (size_t i = 0; i < s->same_n; i++)
		if ((s->same[i].a == p->id.pid && s->same[i].a_fd == fd) ||
		    (s->same[i].b == p->id.pid && s->same[i].b_fd == fd))
			return true;
	return false;
}

/* Somebody of the family holds it, or its other end.  Who has just ended is in no index. */
static bool held_by_family(const struct kin *k, const struct process *p, const struct descriptor *d)
{
	const struct holder *list;
	size_t n;

	if (d->kind == FD_FILE || d->kind == FD_MEMFD)
		return same_as_any(k->s, p, d->fd);
	if (!fd_comparable(d))
		return false;
	if (k->t->process && k->t->process->gone)
		return true;
	list = holders_find(kin_holders(k), d->kind, d->inode, &n);
	if (member_in(k, list, n))
		return true;
	list = d->kind == FD_SOCKET ? holders_of_peer(kin_holders(k), d->inode, &n) : NULL;
	return list && member_in(k, list, n);
}

/* The first strong link of a kind tells; a hundred more would only be a list. */
static void look_for(const struct kin *k, struct candidate *c, const struct member *m,
		     const bool *tied, bool opposite, enum confidence *found)
{
	const struct process *other = m->process;

	for (size_t i = 0; i < c->p->fd_n && *found < CONF_STRONG; i++) {
		const struct descriptor *mine = &c->p->fds[i];
		uint64_t inode = tied[i] ? partner(k->s, mine, opposite) : 0;

		if (!tied[i] || (opposite && !inode) ||
		    (m->relation == REL_TARGET && from_stdio_of(k, other, c->p, mine)))
			continue;
		for (size_t j = 0; j < other->fd_n; j++) {
			const struct descriptor *theirs = &other->fds[j];

			if (theirs->kind != mine->kind || (inode && theirs->inode != inode))
				continue;
			if (m->relation == REL_TARGET && theirs->fd <= k->fd_given)
				continue;	/* came from its launcher: evidence_stdio */
			if (opposite ? !fd_opposite_ends(k->s, mine, theirs) :
				       !fd_same_object(k->s, other, theirs, c->p, mine))
				continue;
			if (object_from_outside(k, other, theirs, c->p))
				continue;
			add_link(k, c, &(struct link){ m, theirs, mine, opposite }, found);
			break;
		}
	}
}

void evidence_objects(const struct kin *k, struct candidate *c)
{
	enum confidence opposite = CONF_NONE, same = CONF_NONE;
	bool *tied, any = false;

	tied = arena_alloc(k->a, c->p->fd_n + 1);
	for (size_t i = 0; i < c->p->fd_n; i++)
		any |= tied[i] = held_by_family(k, c->p, &c->p->fds[i]);
	if (!any)
		return;
	for (size_t i = 0; i < k->f->member_n; i++) {
		const struct member *m = &k->f->members[i];

		if (m->confidence < CONF_STRONG)
			continue;
		look_for(k, c, m, tied, true, &opposite);
		look_for(k, c, m, tied, false, &same);
	}
}
