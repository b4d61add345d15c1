/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts of everybody out of the kernel's lists, and answers that need no question any more.
 * What the lists only hint at is read of the few that it may be true of: a lock on the inode
 * is somebody's, and one member tells the control group of all that share its css_set.
 */
#include "source/bpf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/bpf_look.h"
#include "source/fd_table.h"
#include "source/live.h"
#include "source/live_clock.h"
#include "source/live_work.h"

static pid_t pid_of(const struct bpf_look *look, int32_t global_pid)
{
	size_t low = 0, high = look->number_n;

	if (!look->number_n)
		return global_pid;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (look->numbers[middle].global_pid < global_pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < look->number_n && look->numbers[low].global_pid == global_pid ?
		look->numbers[low].pid : 0;
}

struct process *bpf_find(const struct snapshot *s, int32_t global_pid, uint64_t start_ns)
{
	pid_t pid = pid_of(s->bpf, global_pid);
	struct process *p = pid > 0 ? snapshot_find(s, pid) : NULL;

	return p && p->id.start_ticks == bpf_start(s->bpf, s->hz, start_ns) ? p : NULL;
}

static int by_group(const void *left, const void *right)
{
	const struct bpf_group *a = left, *b = right;

	if (a->css_set != b->css_set)
		return a->css_set < b->css_set ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* The first of each group is asked, and speaks for all. */
static void read_cgroups(struct snapshot *s)
{
	struct bpf_look *look = s->bpf;
	struct process **first = arena_calloc(s->arena, look->group_n + 1, sizeof(*first));
	const struct process *speaker = NULL;
	size_t n = 0;

	if (!look->group_n)
		return;
	qsort(look->groups, look->group_n, sizeof(*look->groups), by_group);
	for (size_t i = 0; i < look->group_n; i++) {
		struct process *p = snapshot_find(s, look->groups[i].pid);

		if (p && (!i || look->groups[i].css_set != look->groups[i - 1].css_set))
			first[n++] = p;
	}
	live_facts(s, first, n, FACT_BIT(FACT_CGROUP));
	for (size_t i = 0; i < look->group_n; i++) {
		struct process *p = snapshot_find(s, look->groups[i].pid);

		if (!i || look->groups[i].css_set != look->groups[i - 1].css_set)
			speaker = p;
		if (!p || !speaker || p->now.state == 'Z' || !process_knows(speaker, FACT_CGROUP))
			continue;
		p->cgroup = speaker->cgroup;
		p->read |= FACT_BIT(FACT_CGROUP);
	}
}

struct locks_reader { struct proc_dir proc; };

static void lock_item(void *context, void *own, size_t item, struct ticket *t)
{
	const struct bpf_look *look = context;
	const struct locks_reader *me = own;
	const struct bpf_lock *lock = &look->locks[item];
	struct descriptor *d = &look->fds[lock->place];
	bool locked = fd_table_locked(&me->proc, lock->process->id.pid, d->fd);

	if (ticket_claim(t))
		d->locked = locked;
}

static void *lock_begin(void *context)
{
	struct locks_reader *me = calloc(1, sizeof(*me));

	(void)context;
	return me && !proc_dir_open(&me->proc) ? me : NULL;
}

static void read_locks(struct snapshot *s)
{
	struct work work = { .item = lock_item, .begin = lock_begin, .context = s->bpf,
			     .n = s->bpf->lock_n };
	struct work_result result;

	if (!work.n)
		return;
	live_work(s, &work, &result);
	s->coverage.objects_cut |= result.cut || result.stalled;
}

void bpf_machine(struct snapshot *s, uint32_t facts)
{
	uint64_t start_ns = live_clock_ns();

	if (facts & FACT_BIT(FACT_FDS) && !s->bpf->fd_n && !bpf_read_files(s))
		read_locks(s);
	if (facts & FACT_BIT(FACT_TASKS))
		bpf_read_threads(s);
	s->coverage.took_ns += live_clock_ns() - start_ns;
	if (facts & FACT_BIT(FACT_CGROUP))
		read_cgroups(s);
}

static const struct descriptor *find_fd(const struct process *p, int fd)
{
	size_t low = 0, high = p->fd_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (p->fds[middle].fd < fd)
			low = middle + 1;
		else
			high = middle;
	}
	return low < p->fd_n && p->fds[low].fd == fd ? &p->fds[low] : NULL;
}

unsigned bpf_answer(const struct fd_question *q)
{
	const struct descriptor *d = find_fd(q->process, q->fd);
	unsigned left = q->ask;

	if (!d)
		return left;
	if (d->has_queue && d->kind == FD_PIPE)
		left &= ~(unsigned)ASK_QUEUE;
	/* what fdinfo tells of these is no more than that */
	if (d->cloexec != CLOEXEC_UNKNOWN && d->kind != FD_ANON && d->kind != FD_OTHER)
		left &= ~(unsigned)ASK_FDINFO;
	return left;
}

int bpf_same_file(const struct snapshot *s, const struct same_file *pair)
{
	const struct process *a = snapshot_find(s, pair->a), *b = snapshot_find(s, pair->b);
	const struct descriptor *x = a ? find_fd(a, pair->a_fd) : NULL;
	const struct descriptor *y = b ? find_fd(b, pair->b_fd) : NULL;

	return x && y && x->file_id && y->file_id ? x->file_id == y->file_id : -1;
}

bool bpf_give_sockets(struct snapshot *s)
{
	struct bpf_look *look = s->bpf;

	if (!look || !look->sockets)
		return look && look->gave_sockets;
	s->sockets = look->sockets;
	s->socket_n = look->socket_n;
	s->socket_room = look->socket_room;
	look->sockets = NULL;
	look->socket_n = look->socket_room = 0;
	look->gave_sockets = true;
	return true;
}
