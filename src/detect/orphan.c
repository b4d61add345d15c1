/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS101 orphan: it runs on though its parent is gone.  Not "ppid 1": the family says whose
 * it was and how sure that is.  Here: is it still at work, what of the app does it hold,
 * and does it hurt.  Linux does not tell when it was orphaned, only how long it has run.
 */
#include "detect/detectors.h"

#include "base/text.h"
#include "detect/holdings.h"

#define NS_PER_S 1e9
#define BURNS_PERCENT 80.0	/* of one CPU between the looks */

struct work_done {
	double cpu_percent, read_rate, write_rate;	/* bytes per second */
	bool known, any;
};

static struct work_done work_between(const struct snapshot *s, const struct process *p)
{
	struct work_done w = { .known = p->before.at_ns && p->now.at_ns > p->before.at_ns };
	double seconds;

	if (!w.known)
		return w;
	seconds = (double)(p->now.at_ns - p->before.at_ns) / NS_PER_S;
	w.cpu_percent = 100.0 * (double)(p->now.cpu_ticks - p->before.cpu_ticks) / s->hz / seconds;
	if (p->now.read_bytes >= 0 && p->before.read_bytes >= 0)
		w.read_rate = (double)(p->now.read_bytes - p->before.read_bytes) / seconds;
	if (p->now.written_bytes >= 0 && p->before.written_bytes >= 0)
		w.write_rate = (double)(p->now.written_bytes - p->before.written_bytes) / seconds;
	w.any = w.cpu_percent > 0 || w.read_rate > 0 || w.write_rate > 0;
	return w;
}

static const char *work_text(struct arena *a, const struct work_done *w)
{
	char read[32], written[32];
	const char *text = NULL;

	if (w->cpu_percent >= 1)
		text = arena_printf(a, "%.0f %% of a CPU", w->cpu_percent);
	if (w->read_rate >= 1)
		text = arena_printf(a, "%s%s%s/s read", text ? text : "", text ? ", " : "",
				    text_bytes((uint64_t)w->read_rate, read, sizeof(read)));
	if (w->write_rate >= 1)
		text = arena_printf(a, "%s%s%s/s written", text ? text : "", text ? ", " : "",
				    text_bytes((uint64_t)w->write_rate, written, sizeof(written)));
	return text || !w->any ? text : "a little";
}

static bool clearly_abandoned(const struct member *m)
{
	for (size_t i = 0; i < m->evidence_n; i++)
		if ((m->evidence[i].type == EV_ABANDONED || m->evidence[i].type == EV_COOKIE) &&
		    m->evidence[i].strength >= CONF_STRONG)
			return true;
	return false;
}

static bool holds_port(const struct finding *f)
{
	for (size_t i = 0; i < f->hold_n; i++)
		if (f->holds[i].kind == HOLD_PORT)
			return true;
	return false;
}

static enum severity severity_of(const struct scene *scene, const struct member *m,
				 const struct finding *f, const struct work_done *w)
{
	const struct process *p = m->process;
	bool confirmed = p->before.at_ns;

	if (m->confidence < CONF_STRONG || m->relation != REL_ORPHAN)
		return SEV_INFO;
	if (m->intent == INTENT_DAEMON || m->detached || !confirmed)
		return SEV_INFO;
	if (snapshot_age_ns(scene->snapshot, p) < scene->policy->min_age_ns)
		return SEV_INFO;
	/* nobody named the app: only what nobody can want any more is a leak */
	if (scene->family->target->kind == TARGET_ALL && !clearly_abandoned(m))
		return SEV_INFO;
	return holds_port(f) || w->cpu_percent >= BURNS_PERCENT ? SEV_CRITICAL : SEV_WARNING;
}

/* By member: how many of those that hang below it live. */
static const uint32_t *living_below(const struct family *family, struct arena *a)
{
	uint32_t *below = arena_calloc(a, family->member_n + 1, sizeof(*below));

	for (size_t i = 0; i < family->member_n; i++)
		if (family->members[i].head && family->members[i].process->now.state != 'Z')
			below[family->members[i].head - family->members]++;
	return below;
}

static const char *sentence(const struct scene *scene, const struct member *m, size_t below,
			    struct arena *a)
{
	const struct snapshot *s = scene->snapshot;
	const struct process *p = m->process, *parent = snapshot_parent(s, p);
	const struct reaper *reaper = family_reaper(scene->family, p->now.ppid);
	const char *with = "";

	if (below)
		with = arena_printf(a, " with %zu living %s", below, below == 1 ? "child" : "descendants");
	if (m->relation == REL_POSSIBLE)
		return arena_printf(a, "runs under %s (%d) and may be related: the evidence is weak%s",
				    parent ? parent->comm : "?", p->now.ppid, with);
	return arena_printf(a, "runs on under %s (%d), %s, for its parent is gone%s",
			    parent ? parent->comm : "?", p->now.ppid,
			    reaper ? reaper->why : "an ancestor of the target", with);
}

static const char *advice_for(const struct family *family, const struct member *m,
			      enum severity severity)
{
	if (m->intent == INTENT_DAEMON)
		return "none needed: it looks meant to stay";
	if (m->relation == REL_POSSIBLE)
		return "nothing ties it to the target for certain: look before you act";
	if (m->detached)
		return "it detached itself: a late scan cannot tell a leak from a daemon";
	if (severity == SEV_INFO && family->target->kind == TARGET_ALL)
		return "whose it was cannot be told from here: scan the application you suspect by its pid, dead or alive";
	if (severity == SEV_INFO)
		return "look again: it may be about to end";
	return "end it with SIGTERM, and with SIGKILL if it is still there after 5 s; fix the path on which the app forgets it";
}

static void judge(const struct scene *scene, const struct member *m, size_t below,
		  struct findings *out)
{
	const struct process *p = m->process;
	struct work_done w = work_between(scene->snapshot, p);
	struct finding *f = findings_add(out, KIND_ORPHAN, p);

	f->confidence = m->confidence;
	f->intent = m->intent;
	f->evidence = m->evidence;
	f->evidence_n = m->evidence_n;
	f->has_age = process_knows(p, FACT_STAT);
	f->age_seconds = (double)snapshot_age_ns(scene->snapshot, p) / NS_PER_S;
	f->active = w.any;
	f->activity = work_text(out->arena, &w);
	holdings_find(scene, p, out->arena, f);
	f->severity = severity_of(scene, m, f, &w);
	f->remedy = f->severity >= SEV_WARNING ? REMEDY_TERMINATE : REMEDY_NONE;
	f->message = sentence(scene, m, below, out->arena);
	f->advice = advice_for(scene->family, m, f->severity);
}

void detect_orphan(const struct scene *scene, struct findings *out)
{
	const uint32_t *below = living_below(scene->family, out->arena);

	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];

		if ((m->relation == REL_ORPHAN || m->relation == REL_POSSIBLE) &&
		    m->process->now.state != 'Z' && !m->process->gone)
			judge(scene, m, below[i], out);
	}
}
