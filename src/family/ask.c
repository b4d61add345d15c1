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

void family_pipe_users(const struct family *f, struct arena *a, struct people *out)
{
	*out = (struct people){ .n = 0 };
	for (size_t i = 0; i < f->member_n; i++) {
		const struct process *p = f->members[i].process;

		if (!attributed(&f->members[i]) || !holds_pipe(p))
			continue;
		*(struct process **)arena_push(a, &out->list, &out->n, &out->room, sizeof(p)) =
			(struct process *)(uintptr_t)p;
	}
}

static bool has_other_end(const struct holders *h, struct arena *a, const struct descriptor *d)
{
	size_t n = 1;

	if (d->kind == FD_PIPE && (d->mode == FD_READ || d->mode == FD_WRITE))
		holders_of_end(h, a, d->inode, d->mode == FD_READ ? FD_WRITE : FD_READ, &n);
	else if (d->kind == FD_SOCKET && snapshot_socket(h->snapshot, d->inode) &&
		 snapshot_socket(h->snapshot, d->inode)->peer_inode)
		holders_of_peer(h, d->inode, &n);
	return n;
}

bool family_end_unaccounted(const struct family *f, const struct holders *h, struct arena *a)
{
	for (size_t i = 0; i < f->member_n; i++) {
		const struct process *p = f->members[i].process;

		for (size_t j = 0; attributed(&f->members[i]) && j < p->fd_n; j++)
			if (!has_other_end(h, a, &p->fds[j]))
				return true;
	}
	return false;
}

struct asking {
	struct arena *a;
	struct fd_question *list;
	size_t n, room;
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

/* Numbers that a child has as its parent has them: is the parent's marked close-on-exec? */
static void ask_about_inherited(struct asking *q, const struct snapshot *s,
				const struct family *f, const struct process *child)
{
	for (size_t i = 0; i < f->member_n; i++) {
		const struct process *p = f->members[i].process;

		if (p == child || !attributed(&f->members[i]) ||
		    p->id.start_ticks > child->id.start_ticks)
			continue;
		for (size_t j = 0; j < child->fd_n; j++) {
			const struct descriptor *mine = &child->fds[j];
			const struct descriptor *theirs = mine->fd > 2 ? process_fd(p, mine->fd) : NULL;

			if (!theirs || theirs->kind != mine->kind || theirs->cloexec ||
			    theirs->inode != mine->inode || theirs->mode != mine->mode)
				continue;
			if (mine->kind == FD_SOCKET || mine->kind == FD_PIPE ||
			    snapshot_same_file(s, p->id.pid, theirs->fd, child->id.pid, mine->fd))
				ask(q, p, theirs, ASK_FDINFO);
		}
	}
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
	struct asking q = { .a = a };

	for (size_t i = 0; i < f->member_n; i++) {
		const struct member *m = &f->members[i];

		if (!attributed(m))
			continue;
		ask_about_own(&q, m->process);
		ask_about_queues(&q, m->process);
		if (m->relation != REL_TARGET && f->target->kind != TARGET_ALL)
			ask_about_inherited(&q, s, f, m->process);
	}
	*n = q.n;
	return q.list;
}
