/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who escaped: let into another pid namespace, which has an init of its own to adopt them.
 * They are not below us, but they bear our mark.  To look at everybody after each command
 * would cost more than most commands: the kernel counts forks, and when there were few, only
 * that many pids behind the last one of the beginning can be new.
 */
#include "guard/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "source/live.h"
#include "source/procfs.h"

#define WINDOW_MOST 64
#define NS_PER_S UINT64_C(1000000000)

/* 0: unknown */
static uint64_t forks_now(const struct guard *g)
{
	size_t size = 1 << 17;
	char *buf = malloc(size);
	uint64_t forks = 0;
	ssize_t n;

	if (!buf)
		return 0;
	n = proc_read(&g->proc, 0, "stat", buf, size);
	if (n > 0)
		procfs_forks((struct text){ buf, (size_t)n }, &forks);
	free(buf);
	return forks;
}

/* Field 5 of /proc/loadavg: the pid given last in our namespace. */
static uint64_t last_pid_now(const struct guard *g)
{
	char buf[256];
	ssize_t n = proc_read(&g->proc, 0, "loadavg", buf, sizeof(buf));
	uint64_t pid = 0;

	if (n > 0)
		procfs_last_pid((struct text){ buf, (size_t)n }, &pid);
	return pid;
}

void escapees_begin(struct guard *g)
{
	g->forks = forks_now(g);
	g->last_pid = last_pid_now(g);
}

static bool any_worn(const struct guard *g, struct snapshot *s)
{
	struct process **who = arena_calloc(s->arena, s->process_n + 1, sizeof(*who));

	for (size_t i = 0; i < s->process_n; i++)
		who[i] = &s->processes[i];
	live_facts(s, who, s->process_n, FACT_BIT(FACT_LIMITS) | FACT_BIT(FACT_ENVIRON));
	for (size_t i = 0; i < s->process_n; i++)
		if (s->processes[i].stalled || cookie_worn(g->cookie.id, &s->processes[i]))
			return true;
	return false;
}

/* Whether anybody who may have come since we began can be the command's. */
static bool somebody_new(const struct guard *g)
{
	uint64_t forks = forks_now(g), now = last_pid_now(g);
	struct snapshot *s;
	char buf[64];
	bool worn;

	if (!g->forks || !g->last_pid || forks < g->forks || forks - g->forks > WINDOW_MOST ||
	    now < g->last_pid)
		return true;
	s = snapshot_new(1);
	for (uint64_t pid = g->last_pid + 1; pid <= g->last_pid + (forks - g->forks); pid++)
		if ((pid_t)pid != getpid() &&
		    proc_read(&g->proc, (pid_t)pid, "comm", buf, sizeof(buf)) > 0)
			snapshot_add(s, (struct process_id){ .pid = (pid_t)pid });
	worn = s->process_n && any_worn(g, s);
	snapshot_free(s);
	return worn;
}

static void add(struct guard *g, const struct snapshot *s, const struct process *p,
		const char *known_by)
{
	struct run_report *r = g->r;
	struct left *l = arena_push(r->arena, &r->left, &r->left_n, &r->left_room, sizeof(*l));

	*l = (struct left){ .process = plan_keep(r->arena, p), .how = LEFT_ESCAPED };
	l->known_by = arena_printf(r->arena, "it %s, but is not below us", known_by);
	l->age_ns = snapshot_age_ns(s, p);
	l->zombie = process_is_zombie(p);
	for (size_t i = 0; i < g->o->allow_n; i++)
		l->allowed |= !regexec(&g->o->allow[i], process_label(p), 0, NULL, 0);
	l->fate_why = "it is not below us, and a mark can be copied: not touched";
}

void escapees_find(struct guard *g)
{
	struct process **who;
	struct snapshot *s;
	size_t n = 0;

	if (!g->proc_ours || !somebody_new(g) || live_walk(LIVE_PROCFS, &s))
		return;
	who = arena_calloc(s->arena, s->process_n + 1, sizeof(*who));
	for (size_t i = 0; i < s->process_n; i++) {
		struct process *p = &s->processes[i];

		if (!p->gone && !p->kernel_thread && p->id.pid != s->self &&
		    p->id.start_ticks >= g->start_ns / (NS_PER_S / s->hz) &&
		    !run_report_find(g->r, p->id))
			who[n++] = p;
	}
	live_facts(s, who, n, FACT_BIT(FACT_LIMITS) | FACT_BIT(FACT_STATUS) |
		   FACT_BIT(FACT_ENVIRON) | FACT_BIT(FACT_DETAILS));
	for (size_t i = 0; i < n; i++) {
		const char *worn = cookie_worn(g->cookie.id, who[i]);

		if (worn && !left_depth(g, s, who[i]))
			add(g, s, who[i], worn);
	}
	snapshot_free(s);
}
