/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ordered once, searched often: a family of fifty may hold thousands of ends.  Ends are
 * strewn into as many buckets as there are ends, by inode, so that only a few are ever
 * compared with one another.
 */
#include "model/holders.h"

#include <stdlib.h>

#define DEPTH_MOST 4096		/* a record may hold a ring of parents */

#define ORDERS 4
#define INODE_MOST (UINT64_MAX >> 3)	/* the kernel's numbers have 32 bits */
#define FEW 16			/* not worth qsort() */

/* Of a process that has ended between the looks. */
struct holders_gone { uint64_t inode; enum fd_mode mode; };

/* What is open both ways lies between, so that the holders of either end are neighbours. */
static unsigned order_of(enum fd_kind kind, enum fd_mode mode)
{
	static const unsigned orders[] = { [FD_MODE_UNKNOWN] = 0, [FD_READ] = 1,
					   [FD_READ_WRITE] = 2, [FD_WRITE] = 3 };

	return kind == FD_PIPE ? orders[mode] : 0;
}

/* One number for thing and end, in the order in which they lie. */
static uint64_t key_of(enum fd_kind kind, uint64_t inode, unsigned order)
{
	return inode << 3 | (kind == FD_SOCKET) << 2 | order;
}

/* A holder while it is put in order, without a look at what it points to. */
union strewn {
	struct holder holder;
	struct { uint64_t key; uint32_t process, fd; };
};

static int by_key(const void *left, const void *right)
{
	const union strewn *a = left, *b = right;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->process != b->process)
		return a->process < b->process ? -1 : 1;
	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

static bool is_unseen(const struct snapshot *s, const struct process *p)
{
	return snapshot_fds_known(s, p, s->coverage.machine_fds) == FDS_UNSEEN;
}

static bool is_end(const struct descriptor *d)
{
	return (d->kind == FD_PIPE || d->kind == FD_SOCKET) && d->inode && d->inode <= INODE_MOST;
}

static size_t bucket_of(const struct holders *h, uint64_t key)
{
	return lookup_first(&h->buckets, key >> 2);
}

/* They come by process, and by number in each. */
static void bucket_sort(union strewn *list, size_t n)
{
	if (n > FEW) {
		qsort(list, n, sizeof(*list), by_key);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		union strewn one = list[i];
		size_t at = i;

		for (; at && list[at - 1].key > one.key; at--)
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

/* Counts ends by bucket, or with a list puts each to the start of what its bucket has left;
 * which moves every start to that of the next. */
static void strew(struct holders *h, union strewn *list)
{
	const struct snapshot *s = h->snapshot;

	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];

		for (size_t j = 0; !p->gone && j < p->fd_n; j++) {
			const struct descriptor *d = &p->fds[j];
			uint32_t *start;
			uint64_t key;

			if (!is_end(d))
				continue;
			key = key_of(d->kind, d->inode, order_of(d->kind, d->mode));
			start = &h->buckets.slots[bucket_of(h, key)];
			if (list) {
				list[*start].key = key;
				list[*start].process = (uint32_t)i;
				list[*start].fd = (uint32_t)j;
			}
			*start += 1;
		}
	}
}

static void put_in_order(struct holders *h, struct arena *a)
{
	const struct snapshot *s = h->snapshot;
	union strewn *list;
	uint32_t sum = 0;

	strew(h, NULL);
	for (size_t i = 0; i <= h->buckets.mask; i++) {
		uint32_t n = h->buckets.slots[i];

		h->buckets.slots[i] = sum;
		sum += n;
	}
	h->n = sum;
	list = arena_calloc(a, h->n + 1, sizeof(*list));
	h->list = &list->holder;
	strew(h, list);
	for (size_t i = 0, first = 0; i <= h->buckets.mask; first = h->buckets.slots[i++])
		bucket_sort(&list[first], h->buckets.slots[i] - first);
	for (size_t i = 0; i < h->n; i++) {
		const struct process *p = &s->processes[list[i].process];

		list[i].holder = (struct holder){ p, &p->fds[list[i].fd] };
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
		const struct process *p = &s->processes[i];

		if (is_unseen(s, p))
			h->unseen_list[h->unseen++] = p;
		h->denied += !!((p->denied | p->stalled) & FACT_BIT(FACT_FDS));
		n += p->fd_n;
	}
	lookup_init(&h->buckets, a, n / 4 + 1);
	put_in_order(h, a);
	take_gone(h, a);
	return h;
}

/* The first in the bucket that is not before the key. */
static size_t place_of(const struct holders *h, size_t bucket, uint64_t key)
{
	size_t low = bucket ? h->buckets.slots[bucket - 1] : 0, high = h->buckets.slots[bucket];

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct descriptor *d = h->list[middle].fd;

		if (key_of(d->kind, d->inode, order_of(d->kind, d->mode)) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of one thing those whose orders are from first to before end. */
static const struct holder *between(const struct holders *h, enum fd_kind kind, uint64_t inode,
				    unsigned first, unsigned end, size_t *n)
{
	uint64_t key = key_of(kind, inode, 0);
	size_t bucket = bucket_of(h, key), at;

	*n = 0;
	if (inode > INODE_MOST)
		return h->list;
	at = place_of(h, bucket, key + first);
	*n = place_of(h, bucket, key + end) - at;
	return &h->list[at];
}

const struct holder *holders_find(const struct holders *h, enum fd_kind kind, uint64_t inode,
				  size_t *n)
{
	return between(h, kind, inode, 0, ORDERS, n);
}

const struct holder *holders_of_end(const struct holders *h, uint64_t inode, enum fd_mode end,
				    size_t *n)
{
	unsigned first = order_of(FD_PIPE, end == FD_READ ? FD_READ : FD_READ_WRITE);

	return between(h, FD_PIPE, inode, first, first + 2, n);
}

void holders_mark_alone(const struct holders *h, bool *alone)
{
	size_t n;

	for (size_t i = 0; i < h->n; i += n) {
		const struct descriptor *d = h->list[i].fd;
		bool read = false, write = false;

		for (n = 0; i + n < h->n && h->list[i + n].fd->kind == d->kind &&
			    h->list[i + n].fd->inode == d->inode; n++) {
			enum fd_mode mode = h->list[i + n].fd->mode;

			read |= mode == FD_READ || mode == FD_READ_WRITE;
			write |= mode == FD_WRITE || mode == FD_READ_WRITE;
		}
		for (size_t j = i; d->kind == FD_PIPE && !(read && write) && j < i + n; j++)
			alone[h->list[j].process - h->snapshot->processes] = true;
	}
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
