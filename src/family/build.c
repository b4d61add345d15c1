/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The family grows to a fixed point: whoever is attributed may link others (an orphan's
 * session, a descendant's pipe), and the living descendants of an orphan belong with it.
 */
#include "family/kin.h"

#include <stdlib.h>

struct member *kin_add_member(struct kin *k, const struct process *p, enum relation relation,
			      const struct member *judged)
{
	struct member *m = arena_push(k->a, &k->f->members, &k->f->member_n, &k->f->member_room,
				      sizeof(*m));

	*m = judged ? *judged : (struct member){ .confidence = CONF_EXACT };
	m->process = p;
	m->relation = relation;
	if (relation != REL_POSSIBLE)
		kin_mark(k, p, MARK_CORE);
	return m;
}

/* "4790 < 4789 < 4711": the living chain of parents up to a core member. */
static const char *chain(const struct kin *k, const struct process *p)
{
	const char *text = arena_printf(k->a, "%d", p->id.pid);

	for (unsigned depth = 0; depth < 64; depth++) {
		p = snapshot_parent(k->s, p);
		if (!p)
			break;
		text = arena_printf(k->a, "%s < %d", text, p->id.pid);
		if (p == k->t->process || (kin_marked(k, p, MARK_CORE) && depth > 2))
			break;
	}
	return text;
}

static bool is_below(const struct kin *k, const struct process *p, const struct process *head)
{
	for (unsigned depth = 0; p && depth < 4096; depth++) {
		if (p == head)
			return true;
		p = snapshot_parent(k->s, p);
	}
	return false;
}

static void add_descendants(struct kin *k, const struct process *head, enum relation relation)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < k->s->process_n; i++) {
			const struct process *p = &k->s->processes[i];
			const struct process *parent = snapshot_parent(k->s, p);
			struct member *m;

			if (!parent || parent == p || p->gone || p->kernel_thread ||
			    kin_marked(k, p, MARK_CORE | MARK_SELF) ||
			    !kin_marked(k, parent, MARK_CORE) || !is_below(k, parent, head))
				continue;
			m = kin_add_member(k, p, relation, NULL);
			member_add_evidence(k, m, EV_PPID, CONF_EXACT, chain(k, p));
			more = true;
		}
	}
}

static void add_target(struct kin *k)
{
	if (k->t->process) {
		kin_add_member(k, k->t->process, REL_TARGET, NULL);
		add_descendants(k, k->t->process, REL_DESCENDANT);
	}
}

static bool attribute_alone(struct kin *k, const struct process *p)
{
	struct member judged = { .confidence = CONF_NONE };
	struct candidate c;

	if (!kin_candidate(k, p, &c))
		return false;
	c.m = &judged;
	kin_gather(k, &c);
	if (judged.confidence < CONF_STRONG)
		return false;
	kin_add_member(k, p, REL_ORPHAN, &judged);
	add_descendants(k, p, REL_ORPHAN_DESCENDANT);
	return true;
}

/* A reaper among the candidates comes before those it adopted or started: they hang below. */
static bool attribute(struct kin *k, const struct process *p)
{
	const struct process *parent = snapshot_parent(k->s, p);

	if (parent && kin_marked(k, parent, MARK_CANDIDATE) && !kin_marked(k, parent, MARK_CORE) &&
	    attribute_alone(k, parent))
		return true;
	return attribute_alone(k, p);
}

/* An executable or a cgroup in common would list half the machine. */
static bool worth_a_mention(const struct member *m)
{
	for (size_t i = 0; i < m->evidence_n; i++)
		if (m->evidence[i].type != EV_EXE && m->evidence[i].type != EV_CGROUP)
			return true;
	return false;
}

/* Not from the parent of both: made by the target, or in its own group. */
static bool made_by_target(const struct kin *k, const struct member *m)
{
	for (size_t i = 0; i < m->evidence_n; i++)
		if (m->evidence[i].type == EV_PIPE || m->evidence[i].type == EV_SOCKET ||
		    m->evidence[i].type == EV_SAME_FILE || m->evidence[i].type == EV_LAYOUT ||
		    (m->evidence[i].type == EV_PGRP && m->process->pgid == k->t->pid))
			return true;
	return false;
}

static void mention_possible(struct kin *k, const struct process *p)
{
	uint32_t needed = FACT_BIT(FACT_FDS) | FACT_BIT(FACT_ENVIRON) | FACT_BIT(FACT_STAT);
	struct member judged = { .confidence = CONF_NONE };
	struct candidate c;

	if (p->now.state == 'Z' || !kin_candidate(k, p, &c))
		return;
	c.m = &judged;
	kin_gather(k, &c);
	/* what a brother of the target shares with it, it has from their parent */
	judged.process = p;
	if (judged.confidence == CONF_WEAK && worth_a_mention(&judged) &&
	    (!c.maybe_brother || made_by_target(k, &judged)))
		kin_add_member(k, p, REL_POSSIBLE, &judged);
	/* what cannot be read can only hide a link to somebody who is there */
	if ((((p->denied | p->stalled) & needed) || (k->s->coverage.objects_cut && p->fd_n)) &&
	    k->f->member_n && !known_daemon(p)) {
		k->f->unjudged++;
		/* whoever blocks a reader may do so to hide, whatever its user */
		k->f->unjudged_same_user += !k->t->process || !process_knows(p, FACT_STATUS) ||
					    p->stalled || p->uid == k->t->process->uid;
	}
}

static int by_relation_and_age(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	bool a_first = a->relation == REL_TARGET, b_first = b->relation == REL_TARGET;

	if (a_first != b_first)
		return a_first ? -1 : 1;
	if (a->process->id.start_ticks != b->process->id.start_ticks)
		return a->process->id.start_ticks < b->process->id.start_ticks ? -1 : 1;
	return a->process->id.pid < b->process->id.pid ? -1 : 1;
}

static void find_heads(struct kin *k)
{
	for (size_t i = 0; i < k->f->member_n; i++) {
		struct member *m = &k->f->members[i];
		const struct process *p = m->process;

		if (m->relation != REL_ORPHAN_DESCENDANT)
			continue;
		for (unsigned depth = 0; p && !m->head && depth < 4096; depth++) {
			const struct member *above = family_find(k->f, p);

			if (above && above->relation == REL_ORPHAN)
				m->head = above;
			p = snapshot_parent(k->s, p);
		}
	}
}

void family_build(const struct snapshot *s, const struct target *t, struct arena *a,
		  struct family *f)
{
	family_build_by(s, t, NULL, a, f);
}

void family_build_by(const struct snapshot *s, const struct target *t,
		     const struct holders *holders, struct arena *a, struct family *f)
{
	struct candidate c;
	struct kin k;
	bool more = true;

	*f = (struct family){ .target = t, .holders = holders };
	kin_init(&k, s, t, a, f);
	if (t->kind == TARGET_ALL) {
		machine_build(&k);
		return;
	}
	if (t->kind == TARGET_COOKIE) {
		marked_build(&k);
		if (f->member_n)
			qsort(f->members, f->member_n, sizeof(*f->members), by_relation_and_age);
		family_index(f, s, a);
		/* in a run everything left behind is a leak: no intent is looked for */
		find_heads(&k);
		return;
	}
	if (t->cgroup)
		unit_build(&k);
	else
		add_target(&k);
	for (size_t i = 0; i < s->process_n; i++)
		if (kin_candidate(&k, &s->processes[i], &c))
			k.marks[i] |= MARK_CANDIDATE;
	kin_mark_tails(&k);
	while (more) {
		more = false;
		for (size_t i = 0; i < s->process_n; i++)
			if ((k.marks[i] & MARK_CANDIDATE) && !(k.marks[i] & MARK_CORE))
				more |= attribute(&k, &s->processes[i]);
	}
	for (size_t i = 0; i < s->process_n; i++)
		if ((k.marks[i] & MARK_CANDIDATE) && !(k.marks[i] & MARK_CORE))
			mention_possible(&k, &s->processes[i]);
	if (f->member_n)
		qsort(f->members, f->member_n, sizeof(*f->members), by_relation_and_age);
	family_index(f, s, a);
	for (size_t i = 0; i < f->member_n; i++)
		if (f->members[i].relation == REL_ORPHAN || f->members[i].relation == REL_POSSIBLE)
			intent_judge(&k, &f->members[i]);
	find_heads(&k);
	for (size_t i = 0; i < f->member_n; i++)
		intent_inherit(&k, &f->members[i]);
}
