/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ordered once, searched often: a family of fifty may hold thousands of ends.  Ends are
 * strewn into as many buckets as there are ends, by inode, so that only a few are ever
 * compared with one another; within its bucket each lies where by_object() puts it.
 */
#include "model/holders.h"

#include <stdlib.h>

#define DEPTH_MOST 4096		/* a record may hold a ring of parents */

#define ORDERS 4
#define FEW 16			/* not worth qsort() */

/* Of a process that has ended between the looks. */
struct holders_gone { uint64_t inode; enum fd_mode mode; };

/* What is open both ways lies between, so that the holders of either end are neighbours. */
static int order_of(const struct descriptor *d)
{
	static const int orders[] = { [FD_MODE_UNKNOWN] = 0, [FD_READ] = 1,
				      [FD_READ_WRITE] = 2, [FD_WRITE] = 3 };

	return d->kind == FD_PIPE ? orders[d->mode] : 0;
}

static int by_object(const void *left, const void *right)
{
	const struct holder *a = left, *b = right;

	if (a->fd->kind != b->fd->kind)
		return a->fd->kind < b->fd->kind ? -1 : 1;
	if (a->fd->inode != b->fd->inode)
		return a->fd->inode < b->fd->inode ? -1 : 1;
	if (a->fd->kind == FD_PIPE && a->fd->mode != b->fd->mode)
		return order_of(a->fd) - order_of(b->fd);
	if (a->process != b->process)
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

static size_t bucket_of(const struct holders *h, enum fd_kind kind, uint64_t inode)
{
	return lookup_first(&h->buckets, 2 * inode + (kind == FD_SOCKET));
}

/* Descriptors of one process mostly come in order, and so do processes. */
static void bucket_sort(struct holder *list, size_t n)
{
	if (n > FEW) {
		qsort(list, n, sizeof(*list), by_object);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		struct holder one = list[i];
		size_t at = i;

		for (; at && by_object(&list[at - 1], &one) > 0; at--)
			list[at] = list[at - 1];
		list[at] = one;
	}
}

static int by_inode(const void *left, const void *right)
{
	const struct holders_gone *a = left, *b = right;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

/* What those held that have ended. */
static void take_gone(struct holders *h, struct arena *a)
{
	const struct snapshot *s = h->snapshot;
	size_t room = 0;

	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];

		for (size_t j = 0; p->gone && j < p->fd_n; j++)
			if (p->fds[j].kind == FD_PIPE)
				*(struct holders_gone *)arena_push(a, &h->gone, &h->gone_n, &room,
								   sizeof(*h->gone)) =
					(struct holders_gone){ p->fds[j].inode, p->fds[j].mode };
	}
	if (h->gone_n)
		qsort(h->gone, h->gone_n, sizeof(*h->gone), by_inode);
}

/* Counts ends by bucket, or with fill puts each to the start of what its bucket has left;
 * which moves every start to that of the next. */
static void strew(struct holders *h, bool fill)
{
	const struct snapshot *s = h->snapshot;

	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];

		for (size_t j = 0; !p->gone && j < p->fd_n; j++) {
			const struct descriptor *d = &p->fds[j];
			uint32_t *start;

			if (!is_end(d))
				continue;
			start = &h->buckets.slots[bucket_of(h, d->kind, d->inode)];
			if (fill)
				h->list[*start] = (struct holder){ p, d };
			*start += 1;
		}
	}
}

const struct holders *holders_build(struct arena *a, const struct snapshot *s)
{
	struct holders *h = arena_calloc(a, 1, sizeof(*h));
	uint32_t sum = 0;

	h->snapshot = s;
	h->latest = arena_calloc(a, 1, sizeof(*h->latest));
	h->unseen_list = arena_calloc(a, s->process_n + 1, sizeof(struct process *));
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];

		if (is_unseen(s, p))
			h->unseen_list[h->unseen++] = p;
		h->denied += !!((p->denied | p->stalled) & FACT_BIT(FACT_FDS));
		for (size_t j = 0; !p->gone && j < p->fd_n; j++)
			h->n += is_end(&p->fds[j]);
	}
	h->list = arena_calloc(a, h->n + 1, sizeof(*h->list));
	lookup_init(&h->buckets, a, h->n / 2 + 1);
	strew(h, false);
	for (size_t i = 0; i <= h->buckets.mask; i++) {
		uint32_t n = h->buckets.slots[i];

		h->buckets.slots[i] = sum;
		sum += n;
	}
	strew(h, true);
	for (size_t i = 0, first = 0; i <= h->buckets.mask; first = h->buckets.slots[i++])
		bucket_sort(&h->list[first], h->buckets.slots[i] - first);
	take_gone(h, a);
	return h;
}

/* The first in its bucket that is not before all of the kind, inode and order. */
static size_t place_of(const struct holders *h, enum fd_kind kind, uint64_t inode, int order)
{
	size_t bucket = bucket_of(h, kind, inode), high = h->buckets.slots[bucket];
	size_t low = bucket ? h->buckets.slots[bucket - 1] : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct descriptor *d = h->list[middle].fd;

		if (d->kind != kind ? d->kind < kind :
		    d->inode != inode ? d->inode < inode : order_of(d) < order)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct holder *holders_find(const struct holders *h, enum fd_kind kind, uint64_t inode,
				  size_t *n)
{
	size_t first = place_of(h, kind, inode, 0);

	*n = place_of(h, kind, inode, ORDERS) - first;
	return &h->list[first];
}

const struct holder *holders_of_end(const struct holders *h, uint64_t inode, enum fd_mode end,
				    size_t *n)
{
	const struct descriptor key = { .kind = FD_PIPE,
					.mode = end == FD_READ ? FD_READ : FD_READ_WRITE };
	size_t first = place_of(h, FD_PIPE, inode, order_of(&key));

	*n = place_of(h, FD_PIPE, inode, order_of(&key) + 2) - first;
	return &h->list[first];
}

bool holders_had(const struct holders *h, uint64_t inode, enum fd_mode end)
{
	const struct holders_gone key = { .inode = inode };
	const struct holders_gone *g = h->gone_n ? bsearch(&key, h->gone, h->gone_n,
							   sizeof(key), by_inode) : NULL;

	while (g && g > h->gone && g[-1].inode == inode)
		g--;
	for (; g && g < h->gone + h->gone_n && g->inode == inode; g++)
		if (g->mode == end || g->mode == FD_READ_WRITE || g->mode == FD_MODE_UNKNOWN)
			return true;
	return false;
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
