/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule, in this order: what has a threshold of its own is judged by that; else -w and -c
 * judge the sum; without those, each leak counts by its severity.  Then, if all was right:
 * could something that was not seen have made it wrong?
 */
#include "model/check.h"

#include <math.h>

#define FD_KINDS (KIND_BIT(KIND_FD_GROWTH) | KIND_BIT(KIND_FD_LIMIT) | \
		  KIND_BIT(KIND_FD_MULTIPLICITY) | KIND_BIT(KIND_FD_DELETED) | \
		  KIND_BIT(KIND_CLOSE_WAIT) | KIND_BIT(KIND_INHERITED_FD) | \
		  KIND_BIT(KIND_PIDFD_STALE))
#define PIPE_KINDS (KIND_BIT(KIND_PIPE_STUCK_WRITER) | KIND_BIT(KIND_PIPE_NO_EOF) | \
		    KIND_BIT(KIND_PIPE_PEERLESS))

static const struct gauge_info gauges[GAUGE_N] = {
	[GAUGE_LEAKS] = { "leaks", "", RANGE_COUNT, 0 },
	[GAUGE_ORPHANS] = { "orphans", "", RANGE_COUNT, KIND_BIT(KIND_ORPHAN) },
	[GAUGE_ZOMBIES] = { "zombies", "", RANGE_COUNT, KIND_BIT(KIND_ZOMBIE) },
	[GAUGE_PIPES] = { "pipes", "", RANGE_COUNT, PIPE_KINDS },
	[GAUGE_ZOMBIE_AGE] = { "zombie_age", "s", RANGE_SECONDS, KIND_BIT(KIND_ZOMBIE) },
	[GAUGE_FD_PCT] = { "fd_pct", "%", RANGE_PERCENT, KIND_BIT(KIND_FD_LIMIT) },
	[GAUGE_FD_ETA] = { "fd_eta", "s", RANGE_SECONDS, KIND_BIT(KIND_FD_GROWTH) },
};

const struct gauge_info *gauge_info(enum gauge g)
{
	return &gauges[g];
}

const char *check_state_name(enum check_state s)
{
	static const char *const names[] = {
		[CHECK_OK] = "OK", [CHECK_WARNING] = "WARNING",
		[CHECK_CRITICAL] = "CRITICAL", [CHECK_UNKNOWN] = "UNKNOWN",
	};
	return names[s];
}

enum check_state check_worse(enum check_state a, enum check_state b)
{
	static const unsigned rank[] = {
		[CHECK_OK] = 0, [CHECK_UNKNOWN] = 1, [CHECK_WARNING] = 2, [CHECK_CRITICAL] = 3,
	};
	return rank[a] >= rank[b] ? a : b;
}

static void doubt(struct check *c, const char *clause)
{
	for (size_t i = 0; i < c->doubt_n; i++)
		if (c->doubts[i] == clause)
			return;
	if (c->doubt_n < ARRAY_SIZE(c->doubts))
		c->doubts[c->doubt_n++] = clause;
}

static void count(struct reading *r, const struct finding *f)
{
	r->value++;
	if (!r->finding || f->severity > r->finding->severity)
		r->finding = f;
}

static void read_zombie_age(struct reading *r, const struct finding *f)
{
	if (f->confidence < CONF_STRONG)
		return;
	if (!f->has_age) {
		r->unsure = true;
	} else if (!r->finding || f->age_seconds > r->value) {
		r->value = f->age_seconds;
		r->finding = f;
	}
}

static void read_findings(struct check *c, const struct check_rule *rule, const struct report *r)
{
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct finding *f = &r->findings.list[i];
		uint32_t kind = KIND_BIT(f->kind);

		if (f->kind == KIND_ZOMBIE)
			read_zombie_age(&c->readings[GAUGE_ZOMBIE_AGE], f);
		if (f->severity < SEV_WARNING)
			continue;
		c->counts[f->kind]++;
		for (enum gauge g = GAUGE_ORPHANS; g <= GAUGE_PIPES; g++)
			if (gauges[g].kinds & kind)
				count(&c->readings[g], f);
		if (!(rule->kinds & kind))
			continue;
		count(&c->readings[GAUGE_LEAKS], f);
		c->worst = c->readings[GAUGE_LEAKS].finding;
	}
}

static bool can_hold(const struct member *m)
{
	return m->relation != REL_POSSIBLE && m->process->now.state != 'Z' &&
		!m->process->kernel_thread && !m->process->gone;
}

/* Below the limit: who has more open than it allows had it lowered afterwards, on purpose. */
static void read_fd_pct(struct reading *r, const struct process *p)
{
	double percent;

	r->unsure |= !!((p->denied | p->stalled) & FACT_BIT(FACT_LIMITS));
	if (p->now.fd_count < 0 || !process_knows(p, FACT_LIMITS))
		return;
	percent = p->nofile_soft && p->nofile_soft != LIMIT_UNLIMITED ?
		(double)p->now.fd_count * 100 / (double)p->nofile_soft : 0;
	if (percent > 100 || (r->known && percent <= r->value))
		return;
	*r = (struct reading){ .known = true, .unsure = r->unsure, .value = percent, .who = p };
}

static void read_fd_eta(struct reading *r, const struct snapshot *s, const struct process *p)
{
	for (size_t i = 0; i < s->series_n; i++) {
		const struct series *series = &s->series[i];
		struct growth g;
		double left;

		if (series->kind != SERIES_FDS || !process_id_same(series->id, p->id))
			continue;
		g = growth_of_series(series);
		if (!g.judged)
			continue;
		left = INFINITY;
		if (process_knows(p, FACT_LIMITS) && p->nofile_soft != LIMIT_UNLIMITED &&
		    growth_is_lasting(&g, (double)snapshot_age_ns(s, p) / 1e9))
			left = growth_seconds_left(&g, p->nofile_soft);
		if (!r->known || left < r->value)
			*r = (struct reading){ .known = true, .value = left, .who = p };
	}
}

/* Of the whole machine not everybody is asked for links; and who ended meanwhile has no
 * number either, which root need not take for a refusal. */
static bool is_closed(const struct snapshot *s, const struct report *r, const struct process *p)
{
	if ((p->denied | p->stalled) & FACT_BIT(FACT_FDS))
		return true;
	if (r->target->kind == TARGET_ALL)
		return p->now.fd_count < 0 && s->uid;
	return snapshot_fds_known(s, p, true) == FDS_UNSEEN;
}

/* Members whose descriptors are closed to us. */
static size_t read_members(struct check *c, const struct snapshot *s, const struct report *r)
{
	size_t unread = 0;

	for (size_t i = 0; i < r->family.member_n; i++) {
		const struct member *m = &r->family.members[i];
		const struct process *p = m->process;

		if (!can_hold(m))
			continue;
		read_fd_pct(&c->readings[GAUGE_FD_PCT], p);
		read_fd_eta(&c->readings[GAUGE_FD_ETA], s, p);
		unread += is_closed(s, r, p);
	}
	return unread;
}

static bool is_missing(const struct report *r)
{
	const struct target *t = r->target;

	if (t->process || (t->kind != TARGET_PID && t->kind != TARGET_NAME) || r->findings.n)
		return false;
	for (size_t i = 0; i < r->family.member_n; i++)
		if (r->family.members[i].relation != REL_POSSIBLE)
			return false;
	return true;
}

static uint32_t kinds_with_limits(const struct check_rule *rule)
{
	uint32_t kinds = 0;

	for (enum gauge g = GAUGE_ORPHANS; g < GAUGE_N; g++)
		if (threshold_given(&rule->limits[g]))
			kinds |= gauges[g].kinds;
	return kinds;
}

/* Kinds that are judged by their severity. */
static uint32_t kinds_by_severity(const struct check_rule *rule)
{
	return threshold_given(&rule->limits[GAUGE_LEAKS]) ? 0 :
	       rule->kinds & ~kinds_with_limits(rule);
}

static void judge_gauges(struct check *c, const struct check_rule *rule)
{
	for (enum gauge g = 0; g < GAUGE_N; g++) {
		const struct reading *r = &c->readings[g];
		enum check_state state =
			!r->known ? CHECK_OK :
			range_alerts(&rule->limits[g].critical, r->value) ? CHECK_CRITICAL :
			range_alerts(&rule->limits[g].warning, r->value) ? CHECK_WARNING : CHECK_OK;

		if (state > c->state) {
			c->state = state;
			c->by_gauge = true;
			c->gauge = g;
		}
	}
}

static void judge_severities(struct check *c, const struct check_rule *rule,
			     const struct report *r)
{
	uint32_t kinds = kinds_by_severity(rule);

	for (size_t i = 0; i < r->findings.n; i++) {
		const struct finding *f = &r->findings.list[i];
		enum check_state state =
			f->severity == SEV_CRITICAL ? CHECK_CRITICAL :
			f->severity == SEV_WARNING ? CHECK_WARNING : CHECK_OK;

		if (!(kinds & KIND_BIT(f->kind)) || state <= c->state)
			continue;
		c->state = state;
		c->by_gauge = false;
		c->worst = f;
	}
}

/* Whether one more that was not seen could raise an alert; of a figure that falls (the time
 * left) one more could lower it. */
static bool would_matter(const struct check *c, const struct check_rule *rule, enum gauge g)
{
	const struct threshold *t = &rule->limits[g];
	double value = c->readings[g].value;

	if (g == GAUGE_FD_ETA)
		return threshold_given(t);
	return range_alerts_above(&t->warning, value) || range_alerts_above(&t->critical, value);
}

/* The kinds of which one more would. */
static uint32_t kinds_that_matter(const struct check *c, const struct check_rule *rule)
{
	uint32_t kinds = kinds_by_severity(rule);

	if (would_matter(c, rule, GAUGE_LEAKS))
		kinds |= rule->kinds;
	for (enum gauge g = GAUGE_ORPHANS; g < GAUGE_N; g++)
		if (would_matter(c, rule, g))
			kinds |= gauges[g].kinds;
	return kinds;
}

static void doubt_report(struct check *c, const struct report *r, uint32_t kinds)
{
	uint32_t by_tree = KIND_BIT(KIND_ZOMBIE) | KIND_BIT(KIND_DEAD_LEADER) |
		KIND_BIT(KIND_CHILD_GROWTH);
	unsigned to = BLIND_MACHINE;

	/* zombies are everybody's to see, and of the whole machine all of them count */
	if (kinds & ~by_tree)
		to |= BLIND_TARGET;
	if (kinds & ~by_tree || r->target->kind != TARGET_ALL)
		to |= BLIND_CANDIDATES;
	if (kinds && r->blind_to & to)
		for (size_t i = 0; i < r->blind_n; i++)
			doubt(c, r->blind[i]);
}

static void doubt_all(struct check *c, const struct check_rule *rule, const struct snapshot *s,
		      const struct report *const *reports, size_t n, size_t unread,
		      struct arena *a)
{
	uint32_t kinds = kinds_that_matter(c, rule);
	const char *limited = n ? NULL : snapshot_limited(s, a);

	for (size_t i = 0; i < n; i++)
		doubt_report(c, reports[i], kinds);
	/* of a target that was not found there is no report to say so */
	if (limited)
		doubt(c, limited);
	if (unread && kinds & (FD_KINDS | PIPE_KINDS))
		doubt(c, arena_printf(a, "the descriptors of %zu %s could not be read", unread,
				      unread == 1 ? "process" : "processes"));
	if (c->readings[GAUGE_FD_PCT].unsure && would_matter(c, rule, GAUGE_FD_PCT) && !unread)
		doubt(c, "descriptor limits could not all be read");
	if (c->readings[GAUGE_ZOMBIE_AGE].unsure && would_matter(c, rule, GAUGE_ZOMBIE_AGE))
		doubt(c, "how long a zombie has been dead is not known");
	if (rule->no_memory && threshold_given(&rule->limits[GAUGE_FD_ETA]) &&
	    !c->readings[GAUGE_FD_ETA].known)
		doubt(c, arena_printf(a, "nothing is known of earlier checks: %s", rule->no_memory));
}

void check_judge(const struct check_rule *rule, const struct snapshot *s,
		 const struct report *const *reports, size_t n, struct arena *a,
		 struct check *out)
{
	size_t unread = 0;

	*out = (struct check){ .state = CHECK_OK, .seconds = (double)s->coverage.took_ns / 1e9 };
	for (enum gauge g = 0; g <= GAUGE_ZOMBIE_AGE; g++)
		out->readings[g].known = true;
	for (size_t i = 0; i < n; i++) {
		read_findings(out, rule, reports[i]);
		unread += read_members(out, s, reports[i]);
		out->missing += is_missing(reports[i]);
	}
	if (!n)
		out->missing = 1;
	judge_gauges(out, rule);
	for (size_t i = 0; i < n; i++)
		judge_severities(out, rule, reports[i]);
	doubt_all(out, rule, s, reports, n, unread, a);
	if (out->doubt_n)
		out->state = check_worse(out->state, CHECK_UNKNOWN);
	else if (out->missing)
		out->state = check_worse(out->state, rule->if_missing);
}
