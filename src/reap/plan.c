/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is to be cleaned up, leader first, and who is not.  A leak is what the report calls
 * one; what hangs below a leaked process goes with it, for ending the parent alone would
 * make the next orphan.  Everything else is a refusal with its own reason.
 */
#include "reap/plan.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "reap/patient.h"

#define NS_PER_S UINT64_C(1000000000)

struct planner {
	const struct report *r;
	const struct reap_policy *policy;
	const struct holders *holders;
	struct plan *plan;
	struct arena *a;
};

struct reap_policy reap_policy_default(void)
{
	return (struct reap_policy){ .min_age_ns = NS_PER_S, .grace_ns = 5 * NS_PER_S,
				     .confidence = CONF_EXACT, .max = 10 };
}

void plan_free(struct plan *p)
{
	if (p)
		arena_free(p->arena);
}

/* Named by --select itself, not only below somebody who is. */
static bool named(const struct planner *b, const struct process *p)
{
	for (size_t i = 0; i < b->policy->selected_n; i++)
		if (b->policy->selected[i] == p->id.pid)
			return true;
	return false;
}

/* What is asked for and there, or is a leak by the report, and stays: an exit status of 0
 * would be a lie.  Whoever selects others has answered for the rest. */
static bool remains(const struct planner *b, const struct process *p, enum refusal why,
		    const struct finding *f)
{
	if (why == REFUSE_GONE || why == REFUSE_NOT_SELECTED || why == REFUSE_NO_SOCKET)
		return false;
	return named(b, p) || (f && f->severity >= SEV_WARNING);
}

/* f: the finding that makes a leak of it, or NULL.  The detail may die with the report. */
static void refuse(struct planner *b, const struct process *p, const struct finding *f,
		   enum refusal why, const char *detail)
{
	struct plan *plan = b->plan;
	struct refused *r;

	for (size_t i = 0; i < plan->refusal_n; i++)
		if (process_id_same(plan->refusals[i].process.id, p->id))
			return;
	r = arena_push(b->a, &plan->refusals, &plan->refusal_n, &plan->refusal_room, sizeof(*r));
	*r = (struct refused){ plan_keep(b->a, p), why, arena_strdup(b->a, detail),
			       remains(b, p, why, f) };
}

static bool selected(const struct planner *b, const struct process *p)
{
	if (!b->policy->selected_n)
		return true;
	for (unsigned depth = 0; p && depth < 4096; depth++) {
		if (named(b, p))
			return true;
		if (!family_find(&b->r->family, p))
			return false;
		p = snapshot_parent(b->r->snapshot, p);
	}
	return false;
}

/* The target of a report is one process, or a process's place in a unit: then all in it. */
static bool is_target(const struct planner *b, const struct process *p)
{
	return b->r->target->process && process_id_same(b->r->target->process->id, p->id);
}

static enum refusal refusal_of(struct planner *b, const struct member *m,
			       const struct finding *f, const char **detail)
{
	const struct process *p = m->process;
	const struct reap_policy *policy = b->policy;
	enum refusal standing = plan_standing(b->r->snapshot, p, b->a, detail);

	if (standing)
		return standing;
	*detail = NULL;
	if (is_target(b, p) && !policy->with_target)
		return REFUSE_TARGET;
	if (m->confidence <= CONF_WEAK || m->relation == REL_POSSIBLE) {
		*detail = m->evidence_n ? m->evidence[0].detail : NULL;
		return REFUSE_WEAK;
	}
	if (m->confidence < policy->confidence) {
		*detail = arena_printf(b->a, "%s: %s", confidence_name(m->confidence),
				       m->evidence_n ? m->evidence[0].detail : "");
		return REFUSE_CONFIDENCE;
	}
	if (!selected(b, p))
		return REFUSE_NOT_SELECTED;
	if (m->intent == INTENT_DAEMON && !named(b, p)) {
		*detail = m->intent_why;
		return REFUSE_DAEMON;
	}
	if (!f)
		return REFUSE_NOT;
	if (m->relation == REL_ORPHAN && m->detached && !named(b, p))
		return REFUSE_DETACHED;
	if (f->kind == KIND_ORPHAN && snapshot_age_ns(b->r->snapshot, p) < policy->min_age_ns)
		return REFUSE_YOUNG;
	/* of no target, and nothing says that nobody wants it any more */
	if (f->severity < SEV_WARNING && !named(b, p))
		return b->r->target->kind == TARGET_ALL ? REFUSE_WEAK : REFUSE_YOUNG;
	return REFUSE_NOT;
}

static struct patient *admit(struct planner *b, const struct member *m, const struct finding *f,
			     enum treatment treatment)
{
	struct patient *p = patient_new(b->r->snapshot, m->process, b->a);
	struct plan *plan = b->plan;

	p->treatment = treatment;
	p->named = named(b, m->process);
	p->relation = m->relation;
	p->confidence = m->confidence;
	p->finding = f ? kind_info(f->kind)->id : NULL;
	p->why = m->evidence_n ? arena_strdup(b->a, m->evidence[0].detail) : NULL;
	patient_holdings(p, b->r->snapshot, b->holders, m->process, b->a);
	*(struct patient **)arena_push(b->a, &plan->patients, &plan->patient_n,
				       &plan->patient_room, sizeof(p)) = p;
	return p;
}

/* Zombies have findings of their own. */
static void consider(struct planner *b, const struct member *m, const struct finding *f)
{
	const char *detail = NULL;
	enum refusal why;

	if (process_is_zombie(m->process) || m->process->gone ||
	    plan_find(b->plan, m->process->id))
		return;
	why = refusal_of(b, m, f, &detail);
	if (why)
		refuse(b, m->process, f, why, detail);
	else
		admit(b, m, f, TREAT_TERMINATE);
}

static bool is_refused(const struct plan *plan, const struct process *p)
{
	for (size_t i = 0; i < plan->refusal_n; i++)
		if (process_id_same(plan->refusals[i].process.id, p->id))
			return true;
	return false;
}

static void consider_orphan(struct planner *b, const struct member *m, const struct finding *f)
{
	const struct family *family = &b->r->family;

	/* of a whole machine, the innocent are too many to be named one by one */
	if (b->r->target->kind == TARGET_ALL && f->severity < SEV_WARNING &&
	    !named(b, m->process))
		return;
	consider(b, m, f);
	if (is_refused(b->plan, m->process) && !b->policy->selected_n)
		return;
	for (size_t i = 0; i < family->member_n; i++)
		if (family->members[i].head == m && selected(b, family->members[i].process))
			consider(b, &family->members[i], NULL);
}

static bool nudge_helps(const struct planner *b, const struct finding *f, const char **detail)
{
	const struct process *parent = f->culprit;
	const uint64_t chld = SIG_BIT(SIGCHLD);

	return f->remedy == REMEDY_NUDGE_PARENT && parent && process_knows(parent, FACT_STATUS) &&
	       (parent->sig_caught & chld) && !(parent->sig_blocked & chld) &&
	       !plan_standing(b->r->snapshot, parent, b->a, detail);
}

static void consider_zombie(struct planner *b, const struct member *m, const struct finding *f)
{
	const char *detail = NULL;
	struct patient *p;

	if (b->r->snapshot->replayed || !selected(b, m->process))
		refuse(b, m->process, f, b->r->snapshot->replayed ? REFUSE_REPLAYED :
		       REFUSE_NOT_SELECTED, NULL);
	else if (m->confidence < b->policy->confidence)
		refuse(b, m->process, f,
		       m->confidence <= CONF_WEAK ? REFUSE_WEAK : REFUSE_CONFIDENCE, NULL);
	else if (f->severity < SEV_WARNING)
		refuse(b, m->process, f, REFUSE_YOUNG, NULL);
	else {
		p = admit(b, m, f, nudge_helps(b, f, &detail) ? TREAT_NUDGE : TREAT_ADVISE);
		p->advice = arena_strdup(b->a, f->advice);
	}
}

static void consider_target(struct planner *b)
{
	const struct family *family = &b->r->family;

	for (size_t i = 0; b->policy->with_target && i < family->member_n; i++)
		if (family->members[i].relation == REL_TARGET ||
		    family->members[i].relation == REL_DESCENDANT)
			consider(b, &family->members[i], NULL);
}

/* Whoever was named and has not come up: not leaked, not of the family, or not there. */
static void answer_named(struct planner *b)
{
	for (size_t i = 0; i < b->policy->selected_n; i++) {
		pid_t pid = b->policy->selected[i];
		const struct process *p = snapshot_find(b->r->snapshot, pid);
		const struct member *m = p ? family_find(&b->r->family, p) : NULL;
		const char *detail = NULL;
		struct process nobody;
		enum refusal why = REFUSE_UNRELATED;

		if (!p) {
			process_init(&nobody, (struct process_id){ pid, 0 });
			refuse(b, &nobody, NULL, REFUSE_GONE, NULL);
			continue;
		}
		if (plan_find(b->plan, p->id) || is_refused(b->plan, p))
			continue;
		if (m)
			why = is_target(b, p) ? REFUSE_TARGET : REFUSE_NOT_LEAKED;
		if (plan_standing(b->r->snapshot, p, b->a, &detail))
			why = plan_standing(b->r->snapshot, p, b->a, &detail);
		refuse(b, p, NULL, why, detail);
	}
}

static int by_depth(const void *a, const void *b)
{
	const struct patient *x = *(struct patient *const *)a, *y = *(struct patient *const *)b;

	if (x->treatment != y->treatment)
		return x->treatment < y->treatment ? -1 : 1;
	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	if (x->process.id.start_ticks != y->process.id.start_ticks)
		return x->process.id.start_ticks < y->process.id.start_ticks ? -1 : 1;
	return (x->process.id.pid > y->process.id.pid) - (x->process.id.pid < y->process.id.pid);
}

/* Leader first: parents before children.  What is killed first cannot start the other anew. */
static void put_in_order(const struct snapshot *s, struct plan *plan)
{
	for (size_t i = 0; i < plan->patient_n; i++) {
		struct patient *p = plan->patients[i];
		const struct process *up = snapshot_find(s, p->parent.pid);

		for (unsigned depth = 0; up && plan_find(plan, up->id) && depth < 4096; depth++) {
			p->depth++;
			up = snapshot_parent(s, up);
		}
	}
	if (plan->patient_n)
		qsort(plan->patients, plan->patient_n, sizeof(*plan->patients), by_depth);
}

/* Shut for one is shut for all who have it: whoever is no patient must not hold it, and of
 * the family nobody may be unread. */
static pid_t sharer(const struct planner *b, uint64_t inode)
{
	const struct family *family = &b->r->family;
	const struct holder *list;
	size_t n;

	list = holders_find(b->holders, FD_SOCKET, inode, &n);
	for (size_t i = 0; i < n; i++)
		if (!plan_find(b->plan, list[i].process->id))
			return list[i].process->id.pid;
	for (size_t i = 0; i < family->member_n; i++) {
		const struct process *p = family->members[i].process;

		if (!p->gone && !process_is_zombie(p) && !process_knows(p, FACT_FDS) &&
		    !plan_find(b->plan, p->id))
			return p->id.pid;
	}
	return 0;
}

/* Whoever was to be ended and listens keeps his life; nothing happens to the others. */
static void only_sockets(struct planner *b)
{
	struct plan *plan = b->plan;
	size_t n = 0;

	for (size_t i = 0; i < plan->patient_n; i++) {
		struct patient *p = plan->patients[i];

		if (p->treatment != TREAT_TERMINATE || !p->listener_n) {
			refuse(b, &p->process, NULL, REFUSE_NO_SOCKET, NULL);
			continue;
		}
		p->treatment = TREAT_CLOSE;
		for (size_t j = 0; j < p->listener_n; j++) {
			p->listeners[j].shared_with = sharer(b, p->listeners[j].inode);
			if (p->listeners[j].shared_with)
				p->listeners[j].end = SOCKET_SHARED;
		}
		plan->patients[n++] = p;
	}
	plan->patient_n = n;
}

/* A zombie whose parent is ended gets another one, who mostly reaps it: until then there is
 * nobody to be nudged. */
static void orphan_zombies(struct plan *plan)
{
	for (size_t i = 0; i < plan->patient_n; i++) {
		struct patient *p = plan->patients[i];
		const struct patient *parent = plan_find(plan, p->parent);

		if ((p->treatment != TREAT_NUDGE && p->treatment != TREAT_ADVISE) || !parent ||
		    parent->treatment != TREAT_TERMINATE)
			continue;
		p->treatment = TREAT_ADVISE;
		p->advice = "its parent is ended, and whoever adopts it then can reap it";
	}
}

static bool is_victim(const struct patient *p)
{
	return p->treatment == TREAT_TERMINATE || p->treatment == TREAT_CLOSE;
}

/* Of one process that several targets claim, only the first claim counts. */
static size_t victims_of(struct plan *const *plans, size_t at)
{
	size_t n = 0;

	for (size_t i = 0; i < plans[at]->patient_n; i++) {
		const struct patient *p = plans[at]->patients[i];
		bool first = is_victim(p);

		for (size_t j = 0; first && j < at; j++)
			first = !plan_find(plans[j], p->process.id);
		n += first;
	}
	return n;
}

static void refuse_all(struct plan *plan, size_t victims, size_t max)
{
	for (size_t i = 0; i < plan->patient_n; i++)
		*(struct refused *)arena_push(plan->arena, &plan->refusals, &plan->refusal_n,
					      &plan->refusal_room, sizeof(struct refused)) =
			(struct refused){ plan->patients[i]->process, REFUSE_MANY,
					  arena_printf(plan->arena, "%zu victims, and --max is %zu",
						       victims, max), true };
	plan->patient_n = 0;
}

void plans_limit(struct plan *const *plans, size_t n, size_t max)
{
	size_t victims = 0;

	for (size_t i = 0; i < n; i++)
		victims += victims_of(plans, i);
	for (size_t i = 0; victims > max && i < n; i++)
		refuse_all(plans[i], victims, max);
}

static void name_target(struct planner *b)
{
	const struct report *r = b->r;
	struct plan *plan = b->plan;

	plan->selector = arena_strdup(b->a, r->target->selector);
	plan->target_pid = r->target->pid;
	plan->target_dead = r->target->pid > 0 && !r->target->process;
	if (r->target->process)
		plan->target = r->target->process->id;
	plan->host = arena_strdup(b->a, r->snapshot->host);
	plan->boot_id = arena_strdup(b->a, r->snapshot->boot_id);
	plan->wall_s = r->snapshot->wall_s;
	plan->grace_ns = b->policy->grace_ns;
	plan->complete = r->complete;
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct finding *f = &r->findings.list[i];

		plan->elsewhere += f->severity >= SEV_WARNING && f->kind != KIND_ORPHAN &&
			f->kind != KIND_ZOMBIE;
	}
}

struct plan *plan_build(const struct report *r, const struct reap_policy *policy)
{
	struct arena *a = arena_new(0);
	struct planner b = { .r = r, .policy = policy, .a = a,
			     .holders = holders_build(a, r->snapshot),
			     .plan = arena_calloc(a, 1, sizeof(struct plan)) };

	b.plan->arena = a;
	name_target(&b);
	consider_target(&b);
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct finding *f = &r->findings.list[i];
		const struct member *m = family_find(&r->family, f->subject);

		if (m && f->kind == KIND_ORPHAN)
			consider_orphan(&b, m, f);
		else if (m && f->kind == KIND_ZOMBIE)
			consider_zombie(&b, m, f);
	}
	answer_named(&b);
	put_in_order(r->snapshot, b.plan);
	if (policy->sockets_only)
		only_sockets(&b);
	orphan_zombies(b.plan);
	plans_limit(&b.plan, 1, policy->max);
	return b.plan;
}
