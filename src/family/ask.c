/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must be asked about single descriptors of the family, and when the rest of the
 * machine must be asked who holds what: only when a pipe or socket pair of the family has
 * an end that nobody known holds.
 */
#include <string.h>

#include "base/text.h"
#include "family/kinship.h"

#define WATCHERS_MANY 4		/* fewer epolls or inotifies that watch nothing say nothing */
#define QUESTIONS_MOST 8192
#define DEPTH_MOST 4096

static bool attributed(const struct member *m)
{
	return m->confidence >= CONF_STRONG && !m->process->gone;
}

static bool holds_pipe(const struct process *p)
{
	for (size_t i = 0; i < p->fd_n; i++)
		if (p->fds[i].kind == FD_PIPE || p->fds[i].kind == FD_SOCKET)
			return true;
	return false;
}

/* By member: some child of it holds a pipe.  Whether the parent waits says whether a child's
 * pipe is meant to end. */
static const bool *children_with_pipes(const struct snapshot *s, const struct family *f,
				       struct arena *a)
{
	bool *with = arena_calloc(a, f->member_n + 1, sizeof(*with));

	for (size_t i = 0; i < f->member_n; i++) {
		const struct process *parent = snapshot_parent(s, f->members[i].process);
		const struct member *m = parent ? family_find(f, parent) : NULL;

		if (m && attributed(&f->members[i]) && holds_pipe(f->members[i].process))
			with[m - f->members] = true;
	}
	return with;
}

void family_pipe_users(const struct snapshot *s, const struct family *f, struct arena *a,
		       struct people *out)
{
	const bool *with = children_with_pipes(s, f, a);

	*out = (struct people){ .n = 0 };
	for (size_t i = 0; i < f->member_n; i++) {
		const struct process *p = f->members[i].process;

		if (!attributed(&f->members[i]) || (!holds_pipe(p) && !with[i]))
			continue;
		*(struct process **)arena_push(a, &out->list, &out->n, &out->room, sizeof(p)) =
			(struct process *)(uintptr_t)p;
	}
}

static bool is_blocked(const struct process *p, enum task_doing doing, int fd)
{
	for (size_t i = 0; i < p->task_n; i++)
		if (p->tasks[i].doing == doing && p->tasks[i].fd == fd)
			return true;
	return false;
}

/* An orphan is not who should hold the other end, unless it is its own, nor, while p waits at
 * its end, somebody who has it neither as a standard stream nor as the one who started p. */
static bool accounts_for(const struct family *f, const struct holders *h, const struct process *p,
			 bool waits, const struct holder *other)
{
	const struct member *m = family_find(f, other->process);

	if (other->process == p && !waits)
		return true;
	if (m && (m->relation == REL_ORPHAN || m->relation == REL_ORPHAN_DESCENDANT))
		return false;
	return !waits || other->fd->fd <= 2 || other->process == p ||
	       snapshot_is_above(h->snapshot, other->process, p);
}

static bool has_other_end(const struct family *f, const struct holders *h,
			  const struct process *p, const struct descriptor *d)
{
	const struct holder *list = NULL;
	size_t n = 0;

	if (d->kind == FD_PIPE && (d->mode == FD_READ || d->mode == FD_WRITE))
		list = holders_of_end(h, d->inode, d->mode == FD_READ ? FD_WRITE : FD_READ, &n);
	else if (d->kind == FD_SOCKET && snapshot_socket(h->snapshot, d->inode) &&
		 snapshot_socket(h->snapshot, d->inode)->peer_inode)
		list = holders_of_peer(h, d->inode, &n);
	else
		return true;
	/* that nobody reads must be asked of everybody */
	if (is_blocked(p, TASK_WRITING, d->fd))
		return false;
	for (size_t i = 0; i < n; i++)
		if (accounts_for(f, h, p, is_blocked(p, TASK_READING, d->fd), &list[i]))
			return true;
	return false;
}

bool family_end_unaccounted(const struct family *f, const struct holders *h)
{
	for (size_t i = 0; i < f->member_n; i++) {
		const struct process *p = f->members[i].process;

		for (size_t j = 0; attributed(&f->members[i]) && j < p->fd_n; j++)
			if (!has_other_end(f, h, p, &p->fds[j]))
				return true;
	}
	return false;
}

struct asking {
	const struct snapshot *s;
	const struct family *f;
	struct arena *a;
	struct fd_question *list;
	size_t n, room;
	bool **asked;		/* by member and descriptor: for its fdinfo; NULL: of none yet */
};

static void ask(struct asking *q, const struct process *p, const struct descriptor *d,
		unsigned what)
{
	if (q->n < QUESTIONS_MOST)
		*(struct fd_question *)arena_push(q->a, &q->list, &q->n, &q->room,
						  sizeof(*q->list)) =
			(struct fd_question){ (struct process *)(uintptr_t)p, d->fd, what };
}

static bool is_watcher(const struct descriptor *d)
{
	return d->kind == FD_ANON && (!strcmp(d->target, "anon_inode:[eventpoll]") ||
				      !strcmp(d->target, "anon_inode:inotify"));
}

static bool is_pidfd(const struct descriptor *d)
{
	return d->target && (!strcmp(d->target, "anon_inode:[pidfd]") ||
			     !strncmp(d->target, "pidfd:[", 7));
}

static void ask_about_own(struct asking *q, const struct process *p)
{
	size_t watchers = 0;

	for (size_t i = 0; i < p->fd_n; i++)
		watchers += is_watcher(&p->fds[i]);
	for (size_t i = 0; i < p->fd_n; i++) {
		const struct descriptor *d = &p->fds[i];

		if (is_pidfd(d))
			ask(q, p, d, ASK_FDINFO);
		else if (is_watcher(d) && watchers >= WATCHERS_MANY)
			ask(q, p, d, ASK_WATCHES);
		else if (d->kind == FD_FILE && d->deleted)
			ask(q, p, d, ASK_SIZE);
	}
}

/* Many children have one parent: it is asked once. */
static void ask_giver(struct asking *q, const struct member *giver, const struct process *child)
{
	const struct process *p = giver->process;
	bool **asked = &q->asked[giver - q->f->members];

	if (p == child || !attributed(giver) || p->id.start_ticks > child->id.start_ticks)
		return;
	for (size_t j = 0; j < child->fd_n; j++) {
		const struct descriptor *mine = &child->fds[j];
		const struct descriptor *theirs = mine->fd > 2 ? process_fd(p, mine->fd) : NULL;

		if (!theirs || (*asked && (*asked)[theirs - p->fds]) || theirs->cloexec ||
		    theirs->kind != mine->kind || theirs->inode != mine->inode ||
		    theirs->mode != mine->mode)
			continue;
		if (mine->kind != FD_SOCKET && mine->kind != FD_PIPE &&
		    !snapshot_same_file(q->s, p->id.pid, theirs->fd, child->id.pid, mine->fd))
			continue;
		if (!*asked)
			*asked = arena_calloc(q->a, p->fd_n, sizeof(**asked));
		(*asked)[theirs - p->fds] = true;
		ask(q, p, theirs, ASK_FDINFO);
	}
}

/* Numbers that a child has as those above it have them: are theirs marked close-on-exec?
 * Above an orphan there was once one of those that are left. */
static void ask_about_inherited(struct asking *q, const struct process *child)
{
	const struct member *top = family_find(q->f, child), *above;
	const struct process *p = child;

	for (unsigned depth = 0; depth < DEPTH_MOST && (p = snapshot_parent(q->s, p)) &&
				 (above = family_find(q->f, p)); depth++) {
		ask_giver(q, above, child);
		top = above;
	}
	if (!top || top->relation != REL_ORPHAN)
		return;
	for (size_t i = 0; i < q->f->member_n; i++)
		if (q->f->members[i].relation == REL_TARGET ||
		    q->f->members[i].relation == REL_DESCENDANT)
			ask_giver(q, &q->f->members[i], child);
}

static void ask_about_queues(struct asking *q, const struct process *p)
{
	for (size_t i = 0; i < p->task_n; i++) {
		const struct task *t = &p->tasks[i];
		const struct descriptor *d = t->in_pipe && t->fd >= 0 ? process_fd(p, t->fd) : NULL;

		if (d && d->kind == FD_PIPE)
			ask(q, p, d, ASK_QUEUE);
	}
}

const struct fd_question *family_questions(const struct snapshot *s, const struct family *f,
					   struct arena *a, size_t *n)
{
	struct asking q = { .s = s, .f = f, .a = a };

	q.asked = arena_calloc(a, f->member_n, sizeof(*q.asked));
	for (size_t i = 0; i < f->member_n; i++) {
		if (!attributed(&f->members[i]))
			continue;
		ask_about_own(&q, f->members[i].process);
		ask_about_queues(&q, f->members[i].process);
	}
	for (size_t i = 0; i < f->member_n && f->target->kind != TARGET_ALL; i++)
		if (attributed(&f->members[i]) && f->members[i].relation != REL_TARGET)
			ask_about_inherited(&q, f->members[i].process);
	*n = q.n;
	return q.list;
}
