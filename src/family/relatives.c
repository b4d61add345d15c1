/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exact part: who is an ancestor, who a living descendant, and who cannot be an orphan
 * of the target whatever else it shares with it.
 */
#include "family/kin.h"

#include <signal.h>

#define DEPTH_MOST 4096		/* parents; a loop can show when pids are reused mid-scan */

const struct process *kin_parent(const struct kin *k, const struct process *p)
{
	uint32_t parent = k->parents[kin_index(k, p)];

	return parent == KIN_NOBODY ? NULL : &k->s->processes[parent];
}

static void learn_parents(struct kin *k)
{
	k->parents = arena_calloc(k->a, k->s->process_n + 1, sizeof(*k->parents));
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *parent = snapshot_parent(k->s, &k->s->processes[i]);

		k->parents[i] = parent ? (uint32_t)kin_index(k, parent) : KIN_NOBODY;
	}
}

const struct holders *kin_holders(const struct kin *k)
{
	if (!k->f->holders)
		k->f->holders = holders_build(k->a, k->s);
	return k->f->holders;
}

size_t kin_index(const struct kin *k, const struct process *p)
{
	return (size_t)(p - k->s->processes);
}

bool kin_marked(const struct kin *k, const struct process *p, unsigned marks)
{
	return k->marks[kin_index(k, p)] & marks;
}

void kin_mark(struct kin *k, const struct process *p, unsigned marks)
{
	k->marks[kin_index(k, p)] |= (uint8_t)marks;
}

/* Whether they could be followed to the last, which has no parent. */
static bool mark_ancestors(struct kin *k, const struct process *p, unsigned marks)
{
	for (unsigned depth = 0; depth < DEPTH_MOST; depth++) {
		const struct process *parent = kin_parent(k, p);

		if (!parent)
			return !p->now.ppid || p->id.pid == 1;
		if (kin_marked(k, parent, marks))
			return false;
		p = parent;
		kin_mark(k, p, marks);
	}
	return false;
}

/* Marks whoever has a marked ancestor, by walking up from each until something is known. */
static void mark_descendants(struct kin *k, unsigned from, unsigned marks)
{
	enum { UNKNOWN, NO, YES };
	size_t n = k->s->process_n;
	uint8_t *known = arena_alloc(k->a, n + 1);
	bool any = false;

	for (size_t i = 0; i < n; i++)
		if (k->marks[i] & from) {
			known[i] = YES;
			any = true;
		}
	if (!any)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct process *p = &k->s->processes[i];
		uint8_t verdict = NO;

		for (unsigned depth = 0; p && depth < DEPTH_MOST; depth++) {
			if (known[kin_index(k, p)]) {
				verdict = known[kin_index(k, p)];
				break;
			}
			p = kin_parent(k, p);
		}
		for (p = &k->s->processes[i]; p && !known[kin_index(k, p)]; p = kin_parent(k, p))
			known[kin_index(k, p)] = verdict;
	}
	for (size_t i = 0; i < n; i++)
		if (known[i] == YES)
			k->marks[i] |= (uint8_t)marks;
}

static bool in_cgroup(const struct target *t, const struct process *p)
{
	return t->cgroup && p->cgroup && text_is(text_of(p->cgroup), t->cgroup);
}

/* Oldest child of an init that ends with its first child: not adopted. */
static bool first_of_container(const struct kin *k, const struct process *p)
{
	const char *why = known_reaper(k->launcher);

	if (!why || !text_is(text_of(why), "a container init"))
		return false;
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *other = &k->s->processes[i];

		if (other != p && other->now.ppid == k->launcher->id.pid &&
		    other->id.start_ticks <= p->id.start_ticks)
			return false;
	}
	return true;
}

/* Whether a reaper as launcher started the target, or only adopted it, is not to be told in
 * general.  A session of its own is what a manager gives, but also `setsid`. */
static bool may_be_adopted(const struct kin *k, const struct process *p)
{
	bool observed = kin_marked(k, k->launcher, MARK_REAPER) && k->launcher->id.pid != 1 &&
			!(process_knows(k->launcher, FACT_STATUS) && k->launcher->ns_pid == 1) &&
			!known_reaper(k->launcher);

	if (kin_entered(p, k->launcher))
		return true;
	if (!kin_marked(k, k->launcher, MARK_REAPER) || k->unit_main || first_of_container(k, p))
		return false;
	return !(observed && p->sid == p->id.pid);
}

/* Who has never waited for a child, and cares for their ends, still shows all it had. */
static bool may_have_lost_child(const struct kin *k, const struct process *p)
{
	if (p->has_reaped || (p->sig_ignored & SIG_BIT(SIGCHLD)))
		return true;
	for (size_t i = 0; i < k->s->process_n; i++)
		if (k->s->processes[i].now.ppid == p->id.pid &&
		    process_is_zombie(&k->s->processes[i]))
			return true;
	return false;
}

/* stdio, and what sd_listen_fds(3) finds behind it. */
static int last_given(const struct process *target)
{
	const char *listen = target ? process_getenv(target, "LISTEN_FDS") : NULL;
	uint64_t n;

	return listen && !text_u64(text_of(listen), &n) && n < 1000 ? 2 + (int)n : 2;
}

static void mark_target(struct kin *k)
{
	const struct process *p = k->t->process;

	if (p) {
		kin_mark(k, p, MARK_TREE);
		k->ancestry_known = mark_ancestors(k, p, MARK_ANCESTOR);
		k->launcher = snapshot_parent(k->s, p);
	}
	for (size_t i = 0; i < k->s->process_n; i++)
		if (in_cgroup(k->t, &k->s->processes[i]) ||
		    (k->t->kind == TARGET_COOKIE && marked_by(&k->s->processes[i], k->t->cookie)))
			k->marks[i] |= MARK_TREE;
}

void kin_init(struct kin *k, const struct snapshot *s, const struct target *t, struct arena *a,
	      struct family *f)
{
	const struct process *self = snapshot_find(s, s->self);
	const struct process *p = t->process;

	*k = (struct kin){ .s = s, .t = t, .a = a, .f = f, .ancestry_known = true };
	k->marks = arena_alloc(a, s->process_n + 1);
	k->handed = arena_calloc(a, 1, sizeof(*k->handed));
	f->target = t;
	learn_parents(k);
	if (self) {
		kin_mark(k, self, MARK_SELF);
		mark_descendants(k, MARK_SELF, MARK_SELF);
		mark_ancestors(k, self, MARK_SELF);
	}
	kin_learn_reapers(k);
	mark_target(k);
	mark_descendants(k, MARK_TREE, MARK_TREE);
	/* a manager starts a service's main process first, and as leader of a session */
	k->unit_main = p && k->launcher && p->cgroup && unit_is_service(p->cgroup) &&
		       p->sid == p->id.pid && kin_marked(k, k->launcher, MARK_REAPER) &&
		       s->coverage.machine_cgroup && unit_first(k, p);
	k->sibling_doubt = p && k->launcher && may_be_adopted(k, p);
	k->fd_given = last_given(p);
	k->brother_lost = k->launcher && !k->unit_main && may_have_lost_child(k, k->launcher);
}

void kin_mark_tails(struct kin *k)
{
	struct candidate c;

	mark_descendants(k, MARK_CANDIDATE, MARK_TAIL);
	for (size_t i = 0; i < k->s->process_n; i++)
		if ((k->marks[i] & MARK_CANDIDATE) && kin_candidate(k, &k->s->processes[i], &c) &&
		    c.maybe_brother)
			k->marks[i] |= MARK_BROTHER;
	mark_descendants(k, MARK_BROTHER, MARK_BROTHER);
}

bool kin_outsider(const struct kin *k, const struct process *p)
{
	if (p->kernel_thread || p->gone || p->now.state == 'Z' || p->id.pid == k->s->self)
		return false;
	if (kin_marked(k, p, MARK_TREE | MARK_CORE))
		return false;
	return kin_marked(k, p, MARK_BROTHER) || !kin_marked(k, p, MARK_CANDIDATE | MARK_TAIL);
}

/* Orphans go to a reaper of their own pid namespace.  A parent further out is that of an
 * entrant, unless this is the init of the inner one. */
bool kin_entered(const struct process *p, const struct process *parent)
{
	return process_knows(p, FACT_STATUS) && process_knows(parent, FACT_STATUS) &&
	       p->ns_depth > parent->ns_depth && p->ns_pid != 1;
}

/* Who adopts the orphans of a living target is above it, but for the init of a namespace
 * that it entered. */
static bool may_adopt(const struct kin *k, const struct process *parent)
{
	return !k->ancestry_known || parent->id.pid == 1 || kin_marked(k, parent, MARK_ANCESTOR) ||
	       (process_knows(parent, FACT_STATUS) && parent->ns_pid == 1 && parent->ns_depth);
}

bool kin_left(const struct kin *k, const struct process *p)
{
	for (unsigned depth = 0; k->t->process && p && depth < DEPTH_MOST; depth++) {
		if (p->sid == k->t->pid)
			return true;
		p = kin_parent(k, p);
	}
	return false;
}

/* A session has only its leader and the leader's descendants in it, and its number is nobody
 * else's as long as one of them lives: so p descends from the leader, whoever died between.
 * If it descended from the target as well, one of the two descended from the other.  Not the
 * leader, if it is older.  And if the target did, through others that are gone (the leader is
 * not above it), then p was forked while the target was in that session.  It is in another,
 * so it leads that, and has left the first after it had forked: as unlikely as it is that it
 * comes between itself and its own forebear, whose p is all the same.  Sessions of the
 * target's ancestors are left to evidence. */
static bool of_another_session(const struct kin *k, const struct process *p)
{
	const struct process *target = k->t->process, *above = target;
	const struct process *leader = snapshot_find(k->s, p->sid);

	if (!leader || leader == p || leader->sid != p->sid || leader->gone ||
	    !process_knows(leader, FACT_STAT) || !process_knows(target, FACT_STAT) ||
	    leader->id.start_ticks >= target->id.start_ticks ||
	    kin_marked(k, leader, MARK_TREE | MARK_ANCESTOR))
		return false;
	for (unsigned depth = 0; above && depth < DEPTH_MOST; depth++) {
		if (above->sid == p->sid)
			return false;
		above = kin_parent(k, above);
	}
	return k->ancestry_known;
}

bool kin_candidate(const struct kin *k, const struct process *p, struct candidate *c)
{
	const struct process *parent = kin_parent(k, p);
	const struct process *target = k->t->process;

	if (p->kernel_thread || p->gone || !parent)
		return false;
	if (kin_marked(k, p, MARK_SELF | MARK_ANCESTOR | MARK_TREE))
		return false;
	if (parent->kernel_thread || kin_entered(p, parent))
		return false;
	if (target && !may_adopt(k, parent))
		return false;
	if (target && process_knows(p, FACT_STAT) && p->id.start_ticks < target->id.start_ticks)
		return false;
	if (target && of_another_session(k, p))
		return false;
	/* an init of its own pid namespace adopts all of its orphans itself */
	if (target && process_knows(target, FACT_STATUS) && target->ns_pid == 1)
		return false;
	*c = (struct candidate){ .p = p };
	c->certainly_adopted = kin_adopted(k, p);
	if (target)
		c->maybe_brother = !kin_marked(k, parent, MARK_REAPER);
	return kin_marked(k, parent, MARK_REAPER) ||
	       (target && kin_marked(k, parent, MARK_ANCESTOR));
}
