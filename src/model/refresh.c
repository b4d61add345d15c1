/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An orphan is made by its parent's end, a zombie by its own: the first shows in the listing,
 * the second in the count.  What shows in neither (a name, a session, CPU time) is looked
 * after in turn, so that it is never older than REFRESH_TURNS looks; and at once of those that
 * the verdict looked at closely.
 *
 * A process that has not run since the look before has done nothing: its descriptors, working
 * directory, namespaces, environment and program are what they were.  The context switches of
 * its one thread tell (of several the leader's would say nothing of the others).  What others
 * can change of it is its limits, its control group, and the text of its links when a file is
 * renamed or deleted: those wait for its turn.
 */
#include "model/refresh.h"

#include <string.h>

/* Who has just been forked is about to become somebody else: exec, setsid, setuid. */
#define YOUNG_NS (UINT64_C(2) * 1000000000)

/* Facts that are read of those only whom the verdict looks at, never of everybody. */
#define CLOSE_FACTS (FACT_BIT(FACT_CWD) | FACT_BIT(FACT_NAMESPACES) | FACT_BIT(FACT_LAYOUT) | \
		     FACT_BIT(FACT_DETAILS) | FACT_BIT(FACT_IO) | FACT_BIT(FACT_TASKS))

/* Those that only a process itself can change. */
#define RESTING_FACTS (FACT_BIT(FACT_CWD) | FACT_BIT(FACT_NAMESPACES) | FACT_BIT(FACT_LAYOUT) | \
		       FACT_BIT(FACT_ENVIRON) | FACT_BIT(FACT_DETAILS) | FACT_BIT(FACT_IO))

bool refresh_fits(const struct snapshot *previous, uint64_t now_ns)
{
	if (!previous || previous->replayed || previous->coverage.walk_cut ||
	    now_ns < previous->now_ns || now_ns - previous->now_ns > REFRESH_OLD_NS)
		return false;
	for (size_t i = 0; i < previous->process_n; i++)
		if (previous->processes[i].stalled & FACT_BIT(FACT_STAT))
			return false;
	return true;
}

static struct refresh_entry *entry_of(struct refresh_entry *list, size_t n, pid_t pid)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && list[low].pid == pid ? &list[low] : NULL;
}

static bool is_same(const struct process *p, const struct refresh_entry *e)
{
	return p->inode && p->inode == e->inode && !p->gone && process_knows(p, FACT_STAT);
}

/* Its parent is not who it was, or has just ended: it may have been adopted. */
static bool parent_left(struct refresh_entry *list, size_t n, const struct refresh_entry *e)
{
	const struct refresh_entry *parent = entry_of(list, n, e->before->now.ppid);

	return !parent || !parent->before || parent->gone ||
	       (parent->fd_count == 0 && parent->before->now.fd_count > 0);
}

static bool was_young(const struct snapshot *s, const struct process *p)
{
	uint64_t start_ns = p->id.start_ticks * (UINT64_C(1000000000) / s->hz);

	return p->now.at_ns < start_ns + YOUNG_NS;
}

static bool has_turn(const struct refresh_rule *rule, const struct process *p, size_t shares)
{
	return (unsigned)p->id.pid / REFRESH_TURNS % shares == rule->turn % shares;
}

static enum refresh_want want_of(const struct refresh_rule *rule, const struct process *p)
{
	size_t n = rule->previous->process_n;

	if ((unsigned)p->id.pid % REFRESH_TURNS == rule->turn % REFRESH_TURNS)
		return REFRESH_READ;
	if (p->kernel_thread || process_is_zombie(p))
		return REFRESH_KEEP;
	/* without any descriptor it looks like a zombie every time */
	if (p->now.state == 'Z' || p->now.fd_count <= 0 || was_young(rule->previous, p))
		return REFRESH_READ;
	if (p->read & CLOSE_FACTS && rule->only_changes && !has_turn(rule, p, REFRESH_RESTS))
		return REFRESH_COUNT;
	if (p->read & CLOSE_FACTS)
		return p->threads == 1 && p->switches && !p->stalled ? REFRESH_REST : REFRESH_READ;
	return has_turn(rule, p, (n + REFRESH_COUNTS - 1) / REFRESH_COUNTS) ? REFRESH_COUNT :
		REFRESH_KEEP;
}

/* A figure that is followed is to be had at each look.  Series are sorted by pid. */
static bool is_followed(const struct snapshot *s, const struct process *p, size_t *at)
{
	while (*at < s->series_n && s->series[*at].id.pid < p->id.pid)
		++*at;
	return *at < s->series_n && s->series[*at].id.pid == p->id.pid;
}

size_t refresh_listed(const struct refresh_rule *rule, struct refresh_entry *list, size_t n)
{
	const struct snapshot *previous = rule->previous;
	size_t at = 0, series_at = 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct refresh_entry *e = &list[i];

		while (at < previous->process_n && previous->processes[at].id.pid < e->pid)
			at++;
		e->before = NULL;
		e->gone = false;
		e->fd_count = -1;
		if (at < previous->process_n && previous->processes[at].id.pid == e->pid &&
		    is_same(&previous->processes[at], e))
			e->before = &previous->processes[at];
		e->want = e->before ? want_of(rule, e->before) : REFRESH_READ;
		kept += !!e->before;
		if (e->want == REFRESH_KEEP && !process_is_zombie(e->before) &&
		    is_followed(previous, e->before, &series_at))
			e->want = REFRESH_COUNT;
	}
	return previous->process_n - kept;
}

void refresh_counted(struct refresh_entry *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct refresh_entry *e = &list[i];

		if (e->gone || e->want == REFRESH_READ)
			continue;
		if (e->want != REFRESH_KEEP && e->fd_count != e->before->now.fd_count)
			e->want = REFRESH_READ;
		else if (!e->before->kernel_thread && parent_left(list, n, e))
			e->want = REFRESH_READ;
	}
}

bool refresh_rests(const struct process *before, const struct process *now)
{
	return before->switches && now->switches == before->switches && now->threads == 1 &&
	       before->threads == 1 && now->now.state == before->now.state &&
	       now->now.state != 'R' && now->now.ppid == before->now.ppid;
}

static bool is_state(const struct process *a, const struct process *b, char state)
{
	return (a->now.state == state) != (b->now.state == state);
}

bool refresh_looked_at(const struct process *p)
{
	return p->read & CLOSE_FACTS;
}

bool refresh_differs(const struct process *before, const struct process *now)
{
	return !process_id_same(before->id, now->id) || !process_knows(now, FACT_STAT) ||
	       is_state(before, now, 'Z') || is_state(before, now, 'T') ||
	       before->now.ppid != now->now.ppid || before->pgid != now->pgid ||
	       before->sid != now->sid || before->now.fd_count != now->now.fd_count ||
	       before->has_execed != now->has_execed || before->has_reaped != now->has_reaped ||
	       (process_is_dead_leader(before) && before->threads != now->threads) ||
	       (!before->kernel_thread && strcmp(before->comm, now->comm));
}

bool refresh_fds_differ(const struct process *before, const struct process *now)
{
	if (!process_knows(now, FACT_FDS) || before->fd_n != now->fd_n)
		return true;
	for (size_t i = 0; i < now->fd_n; i++) {
		const struct descriptor *a = &before->fds[i], *b = &now->fds[i];

		if (a->fd != b->fd || a->kind != b->kind || a->mode != b->mode ||
		    a->inode != b->inode || !a->target != !b->target ||
		    (a->target && strcmp(a->target, b->target)))
			return true;
	}
	return false;
}

static bool is_source(const struct snapshot *a, const struct snapshot *b)
{
	return a->coverage.source && b->coverage.source &&
	       !strcmp(a->coverage.source, b->coverage.source);
}

bool refresh_same(const struct snapshot *before, const struct snapshot *now)
{
	if (before->process_n != now->process_n || !is_source(before, now))
		return false;
	for (size_t i = 0; i < now->process_n; i++) {
		const struct process *a = &before->processes[i], *b = &now->processes[i];

		if (a->id.pid == now->self && b->id.pid == now->self)
			continue;
		if (a->gone || refresh_differs(a, b) ||
		    (refresh_looked_at(a) && a->now.state != 'Z' && a->switches != b->switches))
			return false;
	}
	return true;
}

/* --- what the look before tells --- */

static void copy_environ(struct arena *a, const struct process *from, struct process *to)
{
	const char **list = arena_calloc(a, from->environ_n, sizeof(*list));

	for (size_t i = 0; i < from->environ_n; i++)
		list[i] = arena_strdup(a, from->environ[i]);
	to->environ = list;
}

/* What was asked of single ones (sizes, queues, watches) others change: that is asked again. */
static void copy_fds(struct arena *a, const struct process *from, struct process *to)
{
	struct descriptor *list = arena_calloc(a, from->fd_n, sizeof(*list));

	for (size_t i = 0; i < from->fd_n; i++) {
		const struct descriptor *d = &from->fds[i];

		list[i] = (struct descriptor){
			.fd = d->fd, .kind = d->kind, .mode = d->mode, .deleted = d->deleted,
			.locked = d->locked, .inode = d->inode,
			.target = arena_strdup(a, d->target),
		};
	}
	to->fds = list;
}

static void copy_tasks(struct arena *a, const struct process *from, struct process *to)
{
	struct task *list = arena_calloc(a, from->task_n, sizeof(*list));

	if (from->task_n)
		memcpy(list, from->tasks, from->task_n * sizeof(*list));
	to->tasks = list;
}

static void copy_details(struct arena *a, const struct process *from, struct process *to)
{
	to->command = arena_strdup(a, from->command);
	to->exe = arena_strdup(a, from->exe);
	to->user = arena_strdup(a, from->user);
	to->group = arena_strdup(a, from->group);
	to->unit = arena_strdup(a, from->unit);
}

/* *to is a copy of *from: gives it its own of what that one points to. */
static void own(struct arena *a, const struct process *from, struct process *to)
{
	to->before = (struct look){ .state = '?', .read_bytes = -1, .written_bytes = -1,
				    .fd_count = -1 };
	copy_environ(a, from, to);
	copy_fds(a, from, to);
	copy_tasks(a, from, to);
	to->cgroup = arena_strdup(a, from->cgroup);
	to->cwd = arena_strdup(a, from->cwd);
	copy_details(a, from, to);
}

/* By kind of fact, of one that has not run since. */
static void take_facts(struct arena *a, const struct process *from, struct process *to)
{
	uint32_t taken = from->read & ~to->read & RESTING_FACTS;

	if (taken & FACT_BIT(FACT_ENVIRON)) {
		copy_environ(a, from, to);
		to->environ_n = from->environ_n;
	}
	if (taken & FACT_BIT(FACT_CWD))
		to->cwd = arena_strdup(a, from->cwd);
	if (taken & FACT_BIT(FACT_NAMESPACES))
		memcpy(to->namespaces, from->namespaces, sizeof(to->namespaces));
	if (taken & FACT_BIT(FACT_LAYOUT))
		to->layout = from->layout;
	if (taken & FACT_BIT(FACT_IO)) {
		to->now.read_bytes = from->now.read_bytes;
		to->now.written_bytes = from->now.written_bytes;
	}
	if (taken & FACT_BIT(FACT_DETAILS))
		copy_details(a, from, to);
	to->read |= taken;
}

void refresh_facts(const struct snapshot *before, struct snapshot *now)
{
	for (size_t i = 0; i < now->process_n; i++) {
		struct process *p = &now->processes[i];
		const struct process *old = snapshot_find(before, p->id.pid);

		if (old && refresh_looked_at(old) && process_id_same(old->id, p->id) &&
		    p->switches && old->switches == p->switches && !old->stalled)
			take_facts(now->arena, old, p);
	}
}

/* What `stat` and the listing tell. */
static void keep_bare(const struct process *before, struct process *out)
{
	process_init(out, before->id);
	memcpy(out->comm, before->comm, sizeof(out->comm));
	out->inode = before->inode;
	out->pgid = before->pgid;
	out->sid = before->sid;
	out->kernel_thread = before->kernel_thread;
	out->has_execed = before->has_execed;
	out->has_reaped = before->has_reaped;
	out->threads = before->threads;
	out->wait_status = before->wait_status;
	out->now = before->now;
	out->now.read_bytes = out->now.written_bytes = -1;
	out->read = FACT_BIT(FACT_STAT);
}

void refresh_keep(struct arena *a, const struct refresh_entry *e, uint64_t now_ns,
		  struct process *out)
{
	const struct process *before = e->before;

	if (!process_is_zombie(before)) {
		keep_bare(before, out);
		return;
	}
	/* nothing changes of the dead until they are reaped, and this one is there */
	*out = *before;
	out->now.at_ns = now_ns;
	own(a, before, out);
}

void refresh_rest(struct arena *a, const struct process *before, const struct process *now,
		  struct process *out)
{
	*out = *before;
	out->now.at_ns = now->now.at_ns;
	out->now.fd_count = now->now.fd_count;
	out->uid = now->uid;
	out->gid = now->gid;
	out->tracer = now->tracer;
	out->sig_pending = now->sig_pending;
	out->sig_blocked = now->sig_blocked;
	out->sig_ignored = now->sig_ignored;
	out->sig_caught = now->sig_caught;
	out->read |= FACT_BIT(FACT_STATUS);
	own(a, before, out);
}
