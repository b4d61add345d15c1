/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts of chosen processes, in four rounds from harmless to dangerous, so that a process
 * that blocks a late round has told the earlier ones already:
 *   status, limits, sched, cgroup   take no lock another process can hold for long
 *   io, links, auxv                 take exec_update_lock: an exec that hangs holds it
 *   environ                         takes mmap_lock: a page fault that hangs holds it
 *   the library's details           cmdline, the same
 */
#include "source/live.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/details.h"
#include "source/fd_table.h"
#include "source/live_clock.h"
#include "source/live_work.h"
#include "source/proc_dir.h"
#include "source/procfs.h"
#include "source/tasks.h"

#define ROUNDS 4
#define SCRATCH_SIZE ((size_t)256 << 10)	/* an environment longer than this is cut */

struct facts {
	struct snapshot *s;
	struct process *const *who;
	size_t n;
	uint32_t wanted;
	/* By process: 1 + the round that is being read, and what was passed over because an
	 * earlier round had not come back: that one may still, and would write over ours. */
	_Atomic uint8_t *busy;
	uint32_t *passed;
};

/* A worker's own. */
struct reader {
	struct proc_dir proc;
	struct details *details;	/* opened by the first who needs it */
	bool has_no_details;
	char *scratch;
	char root[PATH_MAX];	/* the control group of process 1 */
};

static const uint32_t rounds[ROUNDS] = {
	FACT_BIT(FACT_STATUS) | FACT_BIT(FACT_LIMITS) | FACT_BIT(FACT_SCHED) |
		FACT_BIT(FACT_CGROUP),
	FACT_BIT(FACT_IO) | FACT_BIT(FACT_FDS) | FACT_BIT(FACT_CWD) |
		FACT_BIT(FACT_NAMESPACES) | FACT_BIT(FACT_LAYOUT) | FACT_BIT(FACT_TASKS),
	FACT_BIT(FACT_ENVIRON),
	FACT_BIT(FACT_DETAILS),
};

static struct text slurp(const struct reader *me, const struct process *p, const char *file,
			 int *err)
{
	ssize_t n = proc_read(&me->proc, p->id.pid, file, me->scratch, SCRATCH_SIZE);

	*err = n < 0 ? (int)n : 0;
	return (struct text){ me->scratch, n > 0 ? (size_t)n : 0 };
}

static int read_sched(const struct reader *me, struct process *p)
{
	int err;
	struct text t = slurp(me, p, "sched", &err);

	return err ? err : procfs_sched(t, &p->exec_start_ns);
}

static int read_cgroup(const struct reader *me, struct arena *a, struct process *p)
{
	int err;
	struct text path, t = slurp(me, p, "cgroup", &err);

	err = err ? err : procfs_cgroup(t, &path);
	if (!err)
		p->cgroup = arena_bytes(a, path.at, path.n);
	return err;
}

/* Where it cannot be read, no path is shortened by it. */
static void read_root(struct reader *me)
{
	struct process init = { .id.pid = 1 };
	struct text path, t;
	int err;

	t = slurp(me, &init, "cgroup", &err);
	if (!err && !procfs_cgroup(t, &path) && path.n < sizeof(me->root))
		memcpy(me->root, path.at, path.n);
}

static int read_cwd(const struct reader *me, struct arena *a, struct process *p)
{
	ssize_t n = proc_link(&me->proc, p->id.pid, "cwd", me->scratch, 4096);

	if (n < 0)
		return (int)n;
	p->cwd = arena_bytes(a, me->scratch, (size_t)n);
	return 0;
}

static int read_namespaces(const struct reader *me, struct process *p)
{
	for (enum namespace_kind k = 0; k < NS_N; k++) {
		char file[32];
		ssize_t n;

		snprintf(file, sizeof(file), "ns/%s", namespace_name(k));
		n = proc_link(&me->proc, p->id.pid, file, me->scratch, 64);
		if (n == -ESRCH && k != NS_CGROUP)
			return -ESRCH;
		if (n < 0 && n != -ESRCH)
			return (int)n;
		if (n > 0)
			procfs_namespace((struct text){ me->scratch, (size_t)n },
					 &p->namespaces[k]);
	}
	return 0;
}

static int read_details(struct reader *me, struct arena *a, struct process *p)
{
	struct text unit;
	int err;

	if (!me->details && !me->has_no_details) {
		me->has_no_details = details_open(&me->details);
		read_root(me);
	}
	err = me->details ? details_read(me->details, a, p) : -ENOSYS;
	if (!err && p->cgroup && procfs_unit(text_of(p->cgroup), text_of(me->root), &unit))
		p->unit = arena_bytes(a, unit.at, unit.n);
	return err;
}

static int read_fact(struct reader *me, struct arena *a, struct process *p, enum fact f,
		     struct ticket *t)
{
	struct text text = { NULL, 0 };
	int err = 0;

	switch (f) {
	case FACT_STATUS:
		text = slurp(me, p, "status", &err);
		return err ? err : procfs_status(text, p);
	case FACT_LIMITS:
		text = slurp(me, p, "limits", &err);
		return err ? err : procfs_limits(text, p);
	case FACT_SCHED:
		return read_sched(me, p);
	case FACT_CGROUP:
		return read_cgroup(me, a, p);
	case FACT_IO:
		text = slurp(me, p, "io", &err);
		return err ? err : procfs_io(text, &p->now);
	case FACT_FDS:
		return fd_table_read(&me->proc, a, p, t);
	case FACT_CWD:
		return read_cwd(me, a, p);
	case FACT_NAMESPACES:
		return read_namespaces(me, p);
	case FACT_LAYOUT:
		text = slurp(me, p, "auxv", &err);
		return err ? err : procfs_auxv(text, &p->layout);
	case FACT_TASKS:
		return tasks_read(&me->proc, a, p, t);
	case FACT_ENVIRON:
		text = slurp(me, p, "environ", &err);
		return err ? err : procfs_environ(a, text, &p->environ, &p->environ_n);
	case FACT_DETAILS:
		return read_details(me, a, p);
	case FACT_STAT:
	case FACT_N:
		break;
	}
	return -EINVAL;
}

/* What a process cannot have: the kernel would only say ESRCH or EACCES. */
static uint32_t pointless(const struct process *p)
{
	if (p->kernel_thread)
		return ~(FACT_BIT(FACT_STATUS) | FACT_BIT(FACT_DETAILS));
	/* a dead leader's threads still have a table */
	if (process_is_dead_leader(p))
		return (rounds[1] | rounds[2]) & ~FACT_BIT(FACT_FDS);
	if (p->now.state == 'Z')
		return rounds[1] | rounds[2];
	return FACT_BIT(FACT_SCHED);
}

/* It ended between the walk and now: gone, or a zombie with nothing left to read. */
static void note_end(const struct reader *me, struct process *p)
{
	struct process seen;
	char buf[2048];
	ssize_t n = proc_read(&me->proc, p->id.pid, "stat", buf, sizeof(buf));

	process_init(&seen, p->id);
	if (n > 0 && !procfs_stat((struct text){ buf, (size_t)n }, p->id.pid, &seen) &&
	    process_id_same(seen.id, p->id)) {
		p->now.state = seen.now.state;
		p->threads = seen.threads;
		p->wait_status = seen.wait_status;
	} else if (n == -ESRCH || n > 0) {
		p->gone = true;
	}
}

static void facts_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct facts *f = context;
	struct reader *me = own;
	size_t round = item / f->n;
	struct process *p = f->who[item % f->n];
	struct process seen = *p;
	_Atomic uint8_t *busy = &f->busy[item % f->n];
	uint8_t idle = 0, mine = (uint8_t)(round + 1);
	uint32_t todo = f->wanted & rounds[round] & ~(p->read | p->denied | p->stalled);

	todo &= ~pointless(p);
	if (!todo || (round && p->stalled))
		return;
	if (!atomic_compare_exchange_strong(busy, &idle, mine) && idle != mine) {
		if (ticket_claim(t))
			f->passed[item % f->n] |= todo;
		return;
	}
	for (enum fact fact = 0; fact < FACT_N; fact++) {
		int err;

		if (!(todo & FACT_BIT(fact)))
			continue;
		err = read_fact(me, f->s->arena, &seen, fact, t);
		if (!err)
			seen.read |= FACT_BIT(fact);
		else if (err != -ESRCH)
			seen.denied |= FACT_BIT(fact);	/* whatever the reason */
		else if (fact == FACT_STATUS || fact == FACT_FDS)
			note_end(me, &seen);
	}
	if (ticket_claim(t))
		*p = seen;
	atomic_store(busy, 0);
}

static void *facts_begin(void *context)
{
	struct reader *me = calloc(1, sizeof(*me));

	(void)context;
	if (!me || proc_dir_open(&me->proc) || proc_dir_late(&me->proc))
		return NULL;
	me->scratch = malloc(SCRATCH_SIZE);
	if (!me->scratch)
		return NULL;
	return me;
}

static void facts_stalled(void *context, size_t item)
{
	struct facts *f = context;
	struct process *p = f->who[item % f->n];

	if (!p->stalled)
		f->s->coverage.stalled++;
	p->stalled |= f->wanted & rounds[item / f->n] & ~(p->read | p->denied);
}

void live_facts(struct snapshot *s, struct process *const *who, size_t n, uint32_t facts)
{
	struct facts *f = arena_calloc(s->arena, 1, sizeof(*f));
	uint64_t start_ns = live_clock_ns();
	struct work work = { .item = facts_item, .begin = facts_begin, .stalled = facts_stalled,
			     .context = f, .n = ROUNDS * n };
	struct work_result result;

	if (!n)
		return;
	/* the unit is in the control group */
	if (facts & FACT_BIT(FACT_DETAILS))
		facts |= FACT_BIT(FACT_CGROUP);
	*f = (struct facts){ .s = s, .who = live_copy(s, who, n, sizeof(*who)),
			     .n = n, .wanted = facts };
	f->busy = arena_alloc(s->arena, n);
	f->passed = arena_calloc(s->arena, n, sizeof(*f->passed));
	live_work(s, &work, &result);
	for (size_t i = 0; i < n; i++) {
		uint32_t missed = f->passed[i] & ~(who[i]->read | who[i]->denied);

		s->coverage.stalled += missed && !who[i]->stalled;
		who[i]->stalled |= missed;
	}
	s->coverage.walk_cut |= result.cut;
	s->coverage.took_ns += live_clock_ns() - start_ns;
}
