/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of a whole machine, whose pipes are worth a second look.  Nearly everybody who reads from a
 * pipe just waits, so that alone is nothing: only writers that are blocked, with those who
 * could read; readers whose writers are all orphans, with these; and whoever holds many ends
 * whose other ends nobody holds.
 */
#include "family/kinship.h"

#define HOLDERS_MOST 64		/* more ends of one pipe are in use */
#define ALONE_MANY 4		/* fewer are no leak yet */

struct looking {
	const struct snapshot *s;
	const struct family *f;
	const struct holders *h;
	struct arena *a;
	struct people *out;
};

static void add(struct looking *l, const struct process *p)
{
	size_t at = (size_t)(p - l->s->processes);

	if (l->out->has[at])
		return;
	l->out->has[at] = true;
	*(struct process **)arena_push(l->a, &l->out->list, &l->out->n, &l->out->room,
				       sizeof(struct process *)) = (struct process *)(uintptr_t)p;
}

static bool is_left(const struct looking *l, const struct process *p)
{
	const struct member *m = family_find(l->f, p);

	return m && (m->relation == REL_ORPHAN || m->relation == REL_ORPHAN_DESCENDANT);
}

static void look_at(struct looking *l, const struct process *p, const struct task *t)
{
	const struct descriptor *d = t->fd >= 0 ? process_fd(p, t->fd) : NULL;
	bool writes = t->doing == TASK_WRITING;
	const struct holder *list;
	size_t n;

	if (!d || (!writes && t->doing != TASK_READING))
		return;
	if (d->kind == FD_PIPE)
		list = holders_of_end(l->h, d->inode, writes ? FD_READ : FD_WRITE, &n);
	else if (d->kind == FD_SOCKET && writes)
		list = holders_of_peer(l->h, d->inode, &n);
	else
		return;
	if (!n || n > HOLDERS_MOST)
		return;
	for (size_t i = 0; !writes && i < n; i++)
		if (!is_left(l, list[i].process))
			return;
	add(l, p);
	for (size_t i = 0; i < n; i++)
		add(l, list[i].process);
}

static bool has_many_alone(const struct looking *l, const struct process *p)
{
	size_t alone = 0, n;

	for (size_t i = 0; i < p->fd_n && alone < ALONE_MANY; i++) {
		const struct descriptor *d = &p->fds[i];

		if (d->fd <= 2 || d->kind != FD_PIPE)
			continue;
		holders_of_end(l->h, d->inode, d->mode == FD_READ ? FD_WRITE : FD_READ, &n);
		alone += !n;
	}
	return alone >= ALONE_MANY;
}

void family_pipe_suspects(const struct snapshot *s, const struct family *f,
			  const struct holders *h, struct arena *a, struct people *out)
{
	struct looking l = { s, f, h, a, out };
	bool *alone = arena_calloc(a, s->process_n + 1, sizeof(*alone));

	holders_mark_alone(h, alone);
	*out = (struct people){ .has = arena_calloc(a, s->process_n + 1, sizeof(bool)) };
	for (size_t i = 0; i < f->member_n; i++) {
		const struct process *p = f->members[i].process;

		for (size_t j = 0; !p->gone && j < p->task_n; j++)
			look_at(&l, p, &p->tasks[j]);
		if (alone[p - s->processes] && !p->gone && has_many_alone(&l, p))
			add(&l, p);
	}
}
