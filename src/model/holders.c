/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorted once, searched often: a family of fifty may hold thousands of ends. */
#include "model/holders.h"

#include <stdlib.h>

#define DEPTH_MOST 4096		/* a record may hold a ring of parents */

#define ORDERS 4

/* Whoever asks about one of ten thousand holders must not walk over all of them. */
struct holder_group {
	enum fd_kind kind;
	uint64_t inode;
	size_t first, n;
	size_t of_order[ORDERS];	/* pipes: how many, see order_of() */
};

/* What is open both ways lies between, so that the holders of either end are neighbours. */
static int order_of(enum fd_mode mode)
{
	static const int orders[] = { [FD_MODE_UNKNOWN] = 0, [FD_READ] = 1,
				      [FD_READ_WRITE] = 2, [FD_WRITE] = 3 };

	return orders[mode];
}

static int by_object(const void *left, const void *right)
{
	const struct holder *a = left, *b = right;

	if (a->fd->kind != b->fd->kind)
		return a->fd->kind < b->fd->kind ? -1 : 1;
	if (a->fd->inode != b->fd->inode)
		return a->fd->inode < b->fd->inode ? -1 : 1;
	if (a->fd->kind == FD_PIPE && a->fd->mode != b->fd->mode)
		return order_of(a->fd->mode) - order_of(b->fd->mode);
	if (a->process->id.pid != b->process->id.pid)
		return a->process->id.pid < b->process->id.pid ? -1 : 1;
	return a->fd->fd < b->fd->fd ? -1 : a->fd->fd > b->fd->fd;
}

static bool is_unseen(const struct snapshot *s, const struct process *p)
{
	return snapshot_fds_known(s, p, s->coverage.machine_fds) == FDS_UNSEEN;
}

static bool is_end(const struct descriptor *d)
{
	return (d->kind == FD_PIPE || d->kind == FD_SOCKET) && d->inode;
}

static void group(struct holders *h, struct arena *a)
{
	struct holder_group *g = NULL;

	h->groups = arena_calloc(a, h->n + 1, sizeof(*h->groups));
	for (size_t i = 0; i < h->n; i++) {
		const struct descriptor *d = h->list[i].fd;

		if (!g || g->kind != d->kind || g->inode != d->inode) {
			g = &h->groups[h->group_n++];
			*g = (struct holder_group){ .kind = d->kind, .inode = d->inode, .first = i };
		}
		g->n++;
		g->of_order[order_of(d->mode)]++;
	}
}

const struct holders *holders_build(struct arena *a, const struct snapshot *s)
{
	struct holders *h = arena_calloc(a, 1, sizeof(*h));
	size_t n = 0;

	h->snapshot = s;
	h->latest = arena_calloc(a, 1, sizeof(*h->latest));
	h->unseen_list = arena_calloc(a, s->process_n + 1, sizeof(struct process *));
	for (size_t i = 0; i < s->process_n; i++) {
		if (is_unseen(s, &s->processes[i]))
			h->unseen_list[h->unseen++] = &s->processes[i];
		for (size_t j = 0; !s->processes[i].gone && j < s->processes[i].fd_n; j++)
			n += is_end(&s->processes[i].fds[j]);
	}
	h->list = arena_calloc(a, n + 1, sizeof(*h->list));
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];

		for (size_t j = 0; !p->gone && j < p->fd_n; j++)
			if (is_end(&p->fds[j]))
				h->list[h->n++] = (struct holder){ p, &p->fds[j] };
	}
	qsort(h->list, h->n, sizeof(*h->list), by_object);
	group(h, a);
	return h;
}

static const struct holder_group *group_find(const struct holders *h, enum fd_kind kind,
					     uint64_t inode)
{
	size_t low = 0, high = h->group_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct holder_group *g = &h->groups[middle];

		if (g->kind == kind && g->inode == inode)
			return g;
		if (g->kind < kind || (g->kind == kind && g->inode < inode))
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct holder *holders_find(const struct holders *h, enum fd_kind kind, uint64_t inode,
				  size_t *n)
{
	const struct holder_group *g = group_find(h, kind, inode);

	*n = g ? g->n : 0;
	return g ? &h->list[g->first] : h->list;
}

const struct holder *holders_of_end(const struct holders *h, uint64_t inode, enum fd_mode end,
				    size_t *n)
{
	const struct holder_group *g = group_find(h, FD_PIPE, inode);
	int low = order_of(end == FD_READ ? FD_READ : FD_READ_WRITE);
	size_t first;

	*n = 0;
	if (!g)
		return h->list;
	first = g->first;
	for (int i = 0; i < low; i++)
		first += g->of_order[i];
	*n = g->of_order[low] + g->of_order[low + 1];
	return &h->list[first];
}

const struct holder *holders_of_peer(const struct holders *h, uint64_t inode, size_t *n)
{
	const struct socket_info *s = snapshot_socket(h->snapshot, inode);

	*n = 0;
	if (!s || s->family != SOCKET_UNIX || !s->peer_inode)
		return NULL;
	return holders_find(h, FD_SOCKET, s->peer_inode, n);
}

const struct process *holders_oldest(const struct holders *h, const struct holder *const list[2],
				     const size_t n[2])
{
	struct holders_latest *l = h->latest;

	if (l->list[0] == list[0] && l->list[1] == list[1] && l->n[0] == n[0] && l->n[1] == n[1])
		return l->oldest;
	*l = (struct holders_latest){ { list[0], list[1] }, { n[0], n[1] }, NULL };
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < n[side]; i++) {
			const struct process *p = list[side][i].process;

			if (!l->oldest || p->id.start_ticks < l->oldest->id.start_ticks)
				l->oldest = p;
		}
	return l->oldest;
}

/* What p has from further above came through every parent between, and one of them that was
 * seen would hold it still, but for the rare one that closed it: else nobody who is not
 * root, whose pid 1 is never seen, could be told anything. */
static bool may_have_passed_on(const struct snapshot *s, const struct process *other,
			       const struct process *p)
{
	for (unsigned depth = 0; depth < DEPTH_MOST && (p = snapshot_parent(s, p)); depth++)
		if (p == other || !is_unseen(s, p))
			return p == other;
	return false;
}

size_t holders_unseen_for(const struct holders *h, const struct process *p)
{
	const struct snapshot *s = h->snapshot;
	size_t n = 0;

	for (size_t i = 0; i < h->unseen; i++) {
		const struct process *other = h->unseen_list[i];

		if (other == p)
			continue;
		n += !process_knows(other, FACT_STAT) ||
		     other->id.start_ticks >= p->id.start_ticks ||
		     may_have_passed_on(s, other, p);
	}
	return n;
}
