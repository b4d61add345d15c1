/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second look: who is still there, as what, and what it did meanwhile. */
#include "source/live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/live_clock.h"
#include "source/live_work.h"
#include "source/proc_dir.h"
#include "source/procfs.h"
#include "source/tasks.h"

struct again {
	struct snapshot *s;
	struct process *const *who;
	uint64_t sched_now_ns;
};

struct looker {
	struct proc_dir proc;
	int size_is_count;
};

/* Our own last time on a CPU is the scheduler's now: on a CPU of its own clock, but those
 * differ by microseconds. */
static void read_clock(struct again *a, const struct looker *me, struct ticket *t)
{
	uint64_t now_ns = 0;
	char buf[4096];
	ssize_t n = proc_read(&me->proc, 0, "self/sched", buf, sizeof(buf));

	if (n > 0 && !procfs_sched((struct text){ buf, (size_t)n }, &now_ns) && ticket_claim(t))
		a->sched_now_ns = now_ns;
}

static void look_again(struct again *a, const struct looker *me, struct process *p,
		       struct ticket *t)
{
	struct process seen;
	char buf[2048];
	ssize_t n;

	if (p->stalled & FACT_BIT(FACT_STAT))
		return;
	process_init(&seen, p->id);
	seen.tasks = p->tasks;
	seen.task_n = p->task_n;
	n = proc_read(&me->proc, p->id.pid, "stat", buf, sizeof(buf));
	if (n < 0 && n != -ESRCH) {
		if (ticket_claim(t))
			p->denied |= FACT_BIT(FACT_STAT);	/* and so not confirmed */
		return;
	}
	if (n <= 0 || procfs_stat((struct text){ buf, (size_t)n }, p->id.pid, &seen) ||
	    !process_id_same(seen.id, p->id)) {
		if (ticket_claim(t))
			p->gone = true;
		return;
	}
	seen.now.at_ns = live_clock_ns();
	if (process_knows(p, FACT_IO) && seen.now.state != 'Z') {
		n = proc_read(&me->proc, p->id.pid, "io", buf, sizeof(buf));
		if (n > 0)
			procfs_io((struct text){ buf, (size_t)n }, &seen.now);
	}
	if (p->now.fd_count >= 0 && seen.now.state != 'Z') {
		int64_t fds = proc_fd_count(&me->proc, p->id.pid, me->size_is_count);

		seen.now.fd_count = fds >= 0 ? fds : -1;
	}
	tasks_again(&me->proc, a->s->arena, &seen, t);
	if (!ticket_claim(t))
		return;
	p->tasks = seen.tasks;
	p->task_n = seen.task_n;
	p->before = p->now;
	p->now = seen.now;
	p->threads = seen.threads;
	p->wait_status = seen.wait_status;
}

/* The clock first, then everybody. */
static void again_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct again *a = context;

	if (item)
		look_again(a, own, a->who[item - 1], t);
	else
		read_clock(a, own, t);
}

static void *again_begin(void *context)
{
	struct looker *me = calloc(1, sizeof(*me));

	(void)context;
	if (!me || proc_dir_open(&me->proc) || proc_dir_late(&me->proc))
		return NULL;
	me->size_is_count = proc_fd_size_is_count(&me->proc);
	return me;
}

static void again_stalled(void *context, size_t item)
{
	struct again *a = context;
	struct process *p = item ? a->who[item - 1] : NULL;

	if (!p)
		return;
	if (!p->stalled)
		a->s->coverage.stalled++;
	p->stalled |= FACT_BIT(FACT_STAT);
}

void live_again(struct snapshot *s, struct process *const *who, size_t n, uint64_t after_ns)
{
	struct again *a = arena_calloc(s->arena, 1, sizeof(*a));
	struct work work = { .item = again_item, .begin = again_begin,
			     .stalled = again_stalled, .context = a, .n = n + 1 };
	struct work_result result;
	uint64_t start_ns, until_ns = s->now_ns + after_ns;

	for (uint64_t now = live_clock_ns(); now < until_ns; now = live_clock_ns()) {
		struct timespec rest = { .tv_sec = (time_t)((until_ns - now) / 1000000000),
					 .tv_nsec = (long)((until_ns - now) % 1000000000) };
		clock_nanosleep(CLOCK_BOOTTIME, 0, &rest, NULL);
	}
	start_ns = live_clock_ns();
	*a = (struct again){ .s = s, .who = live_copy(s, who, n, sizeof(*who)) };
	if (n)
		live_work(s, &work, &result);
	s->now_ns = live_clock_ns();
	s->sched_now_ns = a->sched_now_ns;
	s->coverage.took_ns += s->now_ns - start_ns;
}
