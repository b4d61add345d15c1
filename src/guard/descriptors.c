/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors while the command runs: how many each process below us has.  Linux counts them
 * for anybody to see (6.2) but keeps no history, so it is looked at now and then: who lives
 * shorter than that is never seen, and at its end a process has none any more.
 */
#include "guard/guard.h"

#include <string.h>

#include "guard/spawn.h"
#include "model/growth.h"
#include "source/live.h"
#include "source/live_clock.h"

#define NS_PER_S UINT64_C(1000000000)
#define SAMPLES_MOST 128	/* of one process; then every second one is let go */
#define WATCHED_MOST 2000
#define COST_SHARE 10	/* of the time at most one part of so many goes into it */
#define PAUSE_MOST_NS NS_PER_S	/* though a busy machine makes a look seem dear */
#define RISE_LEAST 5		/* every program opens a few files as it starts */

struct fd_watch {
	struct process_id id;
	struct process process;		/* a copy; its command line once it has grown */
	bool named, seen;
	int64_t first, most, last;
	uint64_t every_ns;
	struct sample samples[SAMPLES_MOST];
	size_t n;
};

static struct fd_watch *watch_of(struct guard *g, const struct process *p)
{
	struct fd_watch *w;

	for (size_t i = 0; i < g->watched_n; i++)
		if (process_id_same(g->watched[i].id, p->id))
			return &g->watched[i];
	if (g->watched_n == WATCHED_MOST)
		return NULL;
	w = arena_push(g->r->arena, &g->watched, &g->watched_n, &g->watched_room, sizeof(*w));
	*w = (struct fd_watch){ .id = p->id, .process = plan_keep(g->r->arena, p),
				.first = p->now.fd_count };
	return w;
}

static void add_sample(struct fd_watch *w, uint64_t at_ns, int64_t fds)
{
	w->last = fds;
	w->most = fds > w->most ? fds : w->most;
	if (w->n && at_ns - w->samples[w->n - 1].at_ns < w->every_ns)
		return;
	if (w->n == SAMPLES_MOST) {
		w->every_ns = 2 * (at_ns - w->samples[0].at_ns) / SAMPLES_MOST;
		for (size_t i = 0; i < SAMPLES_MOST / 2; i++)
			w->samples[i] = w->samples[2 * i];
		w->n = SAMPLES_MOST / 2;
	}
	w->samples[w->n++] = (struct sample){ .at_ns = at_ns, .value = fds };
}

static int64_t least(const struct sample *samples, size_t n)
{
	int64_t value = INT64_MAX;

	for (size_t i = 0; i < n; i++)
		value = samples[i].value < value ? samples[i].value : value;
	return value;
}

/* A rise that is no proof of a leak, or too short to be one, is a fact all the same. */
static bool has_grown(const struct fd_watch *w, struct growth *growth)
{
	size_t half = w->n / 2;

	*growth = growth_of(w->samples, w->n);
	if (growth->judged && growth->grows)
		return true;
	return w->n > 1 && w->last - w->first >= RISE_LEAST &&
	       least(w->samples + half, w->n - half) > least(w->samples, half);
}

/* Whoever has ended is kept only when there is something to say. */
static void drop_ended(struct guard *g)
{
	struct growth growth;
	size_t kept = 0;

	for (size_t i = 0; i < g->watched_n; i++) {
		struct fd_watch *w = &g->watched[i];

		if (!w->seen && w->id.pid != g->cmd.id.pid && !has_grown(w, &growth))
			continue;
		if (kept != i)
			g->watched[kept] = *w;
		kept++;
	}
	g->watched_n = kept;
}

/* Those that have grown get their command line while they have one. */
static void name_grown(struct guard *g, struct snapshot *s)
{
	struct process **who = arena_calloc(s->arena, g->watched_n + 1, sizeof(*who));
	size_t n = 0;

	for (size_t i = 0; i < g->watched_n; i++) {
		struct fd_watch *w = &g->watched[i];
		struct process *p = snapshot_find(s, w->id.pid);

		if (w->seen && !w->named && w->last - w->first >= RISE_LEAST && p)
			who[n++] = p;
	}
	live_facts(s, who, n, FACT_BIT(FACT_DETAILS));
	for (size_t i = 0; i < n; i++) {
		struct fd_watch *w = watch_of(g, who[i]);

		w->process = plan_keep(g->r->arena, who[i]);
		w->named = true;
	}
}

void fds_look(struct guard *g, uint64_t now_ns)
{
	struct snapshot *s;
	uint64_t cost_ns;

	/* before its exec the command still is a copy of us */
	if (!g->o->fds || !g->proc_ours || now_ns < g->fds_ns || !spawn_settled(g->exec_fd) ||
	    live_walk(LIVE_PROCFS, &s))
		return;
	for (size_t i = 0; i < g->watched_n; i++)
		g->watched[i].seen = false;
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];
		struct fd_watch *w;

		if (p->gone || p->now.fd_count < 0 || process_is_zombie(p) || !left_depth(g, s, p))
			continue;
		w = watch_of(g, p);
		if (!w)
			continue;
		w->seen = true;
		add_sample(w, s->now_ns, p->now.fd_count);
	}
	drop_ended(g);
	name_grown(g, s);
	snapshot_free(s);
	cost_ns = live_clock_ns() - now_ns;
	g->fds_ns = now_ns + cost_ns +
		    (cost_ns * COST_SHARE < PAUSE_MOST_NS ? cost_ns * COST_SHARE : PAUSE_MOST_NS);
}

void fds_tell(struct guard *g)
{
	struct run_report *r = g->r;

	for (size_t i = 0; i < g->watched_n; i++) {
		const struct fd_watch *w = &g->watched[i];
		struct growth growth;
		struct fds_grown *grown;

		if (w->id.pid == r->pid) {
			r->has_fds = true;
			r->fds_first = w->first;
			r->fds_most = w->most;
			r->fds_last = w->last;
		}
		if (!has_grown(w, &growth))
			continue;
		grown = arena_push(r->arena, &r->grown, &r->grown_n, &r->grown_room, sizeof(*grown));
		*grown = (struct fds_grown){ .process = w->process, .first = w->first,
					     .most = w->most, .last = w->last,
					     .steady = growth.judged && growth.grows,
					     .per_minute = growth.per_minute };
	}
}
