/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building a snapshot and looking things up in it. */
#include "model/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/order.h"

#define NS_PER_S UINT64_C(1000000000)
#define DEPTH_MOST 4096		/* a record may hold a ring of parents */

struct snapshot *snapshot_new(int shared)
{
	struct arena *a = arena_new(shared);
	struct snapshot *s = arena_calloc(a, 1, sizeof(*s));

	s->arena = a;
	s->hz = 100;
	s->coverage.threads_kernel = -1;
	return s;
}

void snapshot_dismiss(struct snapshot *s)
{
	struct snapshot_helper *h = s->helper;

	s->helper = NULL;
	if (h)
		h->end(h);
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	snapshot_dismiss(s);
	arena_free(s->arena);
}

struct process *snapshot_add(struct snapshot *s, struct process_id id)
{
	struct process *p = arena_push(s->arena, &s->processes, &s->process_n,
				       &s->process_room, sizeof(*p));
	process_init(p, id);
	return p;
}

static int by_pid(const void *left, const void *right)
{
	const struct process *a = left, *b = right;

	if (a->id.pid != b->id.pid)
		return a->id.pid < b->id.pid ? -1 : 1;
	if (a->id.start_ticks != b->id.start_ticks)
		return a->id.start_ticks > b->id.start_ticks ? -1 : 1;
	return 0;
}

static int by_inode(const void *left, const void *right)
{
	const struct socket_info *a = left, *b = right;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static int by_place(const void *left, const void *right)
{
	const struct same_file *x = left, *y = right;
	int first = (x->a > y->a) - (x->a < y->a);

	first = first ? first : (x->b > y->b) - (x->b < y->b);
	first = first ? first : (x->a_fd > y->a_fd) - (x->a_fd < y->a_fd);
	return first ? first : (x->b_fd > y->b_fd) - (x->b_fd < y->b_fd);
}

static void index_begin(struct snapshot *s, struct snapshot_index *index, const void *array,
			size_t n)
{
	if (!index->lookup.slots || index->lookup.mask + 1 < 2 * n)
		lookup_init(&index->lookup, s->arena, n);
	else
		memset(index->lookup.slots, 0,
		       (index->lookup.mask + 1) * sizeof(*index->lookup.slots));
	index->array = array;
	index->n = n;
}

static bool index_is_of(const struct snapshot_index *index, const void *array, size_t n)
{
	return n && index->n == n && index->array == array;
}

static void make_indices(struct snapshot *s)
{
	index_begin(s, &s->by_pid, s->processes, s->process_n);
	for (size_t i = 0; i < s->process_n; i++)
		lookup_add(&s->by_pid.lookup, (uint64_t)s->processes[i].id.pid, i);
	index_begin(s, &s->by_inode, s->sockets, s->socket_n);
	/* closed connections have none, and there may be thousands of them */
	for (size_t i = 0; i < s->socket_n; i++)
		if (s->sockets[i].inode && (!i || s->sockets[i - 1].inode != s->sockets[i].inode))
			lookup_add(&s->by_inode.lookup, s->sockets[i].inode, i);
}

void snapshot_sort(struct snapshot *s)
{
	size_t kept = 0;

	order(s->processes, s->process_n, sizeof(*s->processes), by_pid);
	for (size_t i = 0; i < s->process_n; i++)
		if (!kept || s->processes[kept - 1].id.pid != s->processes[i].id.pid) {
			if (kept != i)
				s->processes[kept] = s->processes[i];
			kept++;
		}
	s->process_n = kept;
	order(s->sockets, s->socket_n, sizeof(*s->sockets), by_inode);
	order(s->same, s->same_n, sizeof(*s->same), by_place);
	make_indices(s);
}

struct process *snapshot_find(const struct snapshot *s, pid_t pid)
{
	const struct lookup *l = &s->by_pid.lookup;
	size_t low = 0, high = s->process_n;

	if (index_is_of(&s->by_pid, s->processes, s->process_n)) {
		for (size_t i = lookup_first(l, (uint64_t)pid), place; (place = lookup_place(l, &i)); )
			if (s->processes[place - 1].id.pid == pid)
				return &s->processes[place - 1];
		return NULL;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->processes[middle].id.pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->process_n && s->processes[low].id.pid == pid ? &s->processes[low] : NULL;
}

const struct socket_info *snapshot_socket(const struct snapshot *s, uint64_t inode)
{
	const struct lookup *l = &s->by_inode.lookup;
	struct socket_info key = { .inode = inode };

	if (index_is_of(&s->by_inode, s->sockets, s->socket_n)) {
		for (size_t i = lookup_first(l, inode), place; (place = lookup_place(l, &i)); )
			if (s->sockets[place - 1].inode == inode)
				return &s->sockets[place - 1];
		return NULL;
	}
	if (!s->socket_n)
		return NULL;
	return bsearch(&key, s->sockets, s->socket_n, sizeof(key), by_inode);
}

bool snapshot_same_file(const struct snapshot *s, pid_t a, int a_fd, pid_t b, int b_fd)
{
	struct same_file key = { a, a_fd, b, b_fd }, turned = { b, b_fd, a, a_fd };

	return s->same_n && (bsearch(&key, s->same, s->same_n, sizeof(key), by_place) ||
			     bsearch(&turned, s->same, s->same_n, sizeof(key), by_place));
}

const struct process *snapshot_parent(const struct snapshot *s, const struct process *p)
{
	return p->now.ppid ? snapshot_find(s, p->now.ppid) : NULL;
}

bool snapshot_is_above(const struct snapshot *s, const struct process *a,
		       const struct process *p)
{
	p = snapshot_parent(s, p);
	for (unsigned depth = 0; p && depth < DEPTH_MOST; depth++) {
		if (p == a)
			return true;
		p = snapshot_parent(s, p);
	}
	return false;
}

enum fds_known snapshot_fds_known(const struct snapshot *s, const struct process *p,
				  bool all_asked)
{
	if (p->kernel_thread)
		return FDS_NONE;
	if (process_knows(p, FACT_FDS))
		return p->fd_n < PROCESS_FDS_MOST || p->gone ? FDS_SEEN : FDS_UNSEEN;
	/* it had descriptors when it was counted, and ended since */
	if (p->gone || (process_is_zombie(p) && p->now.fd_count > 0))
		return FDS_ENDED;
	if (process_is_zombie(p))
		return FDS_NONE;
	/* a dead leader's threads have descriptors still */
	if (((p->denied | p->stalled) & FACT_BIT(FACT_FDS)) || !all_asked ||
	    s->coverage.walk_cut || process_is_dead_leader(p))
		return FDS_UNSEEN;
	return FDS_ENDED;
}

uint64_t snapshot_age_ns(const struct snapshot *s, const struct process *p)
{
	uint64_t start_ns = p->id.start_ticks / s->hz * NS_PER_S +
			    p->id.start_ticks % s->hz * (NS_PER_S / s->hz);

	return s->now_ns > start_ns ? s->now_ns - start_ns : 0;
}

bool snapshot_dead_ns(const struct snapshot *s, const struct process *p, uint64_t *out)
{
	if (!process_knows(p, FACT_SCHED) || !s->sched_now_ns || !process_is_zombie(p))
		return false;
	*out = s->sched_now_ns > p->exec_start_ns ? s->sched_now_ns - p->exec_start_ns : 0;
	return true;
}

uint64_t snapshot_threads(const struct snapshot *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->process_n; i++)
		sum += s->processes[i].threads;
	return sum;
}

size_t snapshot_unreadable(const struct snapshot *s, enum fact f)
{
	size_t n = 0;

	for (size_t i = 0; i < s->process_n; i++)
		n += !!((s->processes[i].denied | s->processes[i].stalled) & FACT_BIT(f));
	return n;
}

void snapshot_take_series(struct snapshot *to, const struct snapshot *from)
{
	to->series = arena_calloc(to->arena, from->series_n + 1, sizeof(*to->series));
	to->series_n = to->series_room = from->series_n;
	for (size_t i = 0; i < from->series_n; i++) {
		const struct series *old = &from->series[i];
		struct series *new = &to->series[i];

		*new = *old;
		new->room = old->n;
		new->anon = arena_strdup(to->arena, old->anon);
		new->samples = arena_calloc(to->arena, old->n + 1, sizeof(*new->samples));
		memcpy(new->samples, old->samples, old->n * sizeof(*new->samples));
	}
}

const char *snapshot_limited(const struct snapshot *s, struct arena *a)
{
	const struct coverage *c = &s->coverage;
	uint64_t seen = snapshot_threads(s);

	if (c->hidepid && (!c->pid1_visible || snapshot_unreadable(s, FACT_STAT)))
		return "/proc is mounted with hidepid: processes of other users are hidden";
	if (!c->pid1_visible)
		return "process 1 is not visible: other processes may be hidden, too";
	if (c->threads_kernel > 64 && seen < (uint64_t)c->threads_kernel / 2)
		return arena_printf(a, "only %llu of %lld threads of the kernel are visible",
				    (unsigned long long)seen, (long long)c->threads_kernel);
	return NULL;
}
