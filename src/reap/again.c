/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Judged again, with the pidfd in hand: before SIGTERM the whole rule, before SIGKILL what
 * can have changed since, and for those that were forked while we were at work.
 */
#include "reap/patient.h"
#include "reap/plan.h"

enum refusal plan_again(const struct plan *before, const struct plan *now,
			const struct patient *p, const char **detail)
{
	const struct patient *seen;

	*detail = NULL;
	/* the pid that named the target must still name it, or nobody */
	if (before->target_pid && now->target.pid &&
	    (before->target_dead || !process_id_same(before->target, now->target))) {
		*detail = "the target's pid is another process's now";
		return REFUSE_CHANGED;
	}
	seen = plan_find(now, p->process.id);
	/* a parent that cannot be nudged any more, or another one's by now: nothing is sent */
	if (seen && (seen->treatment != p->treatment ||
		     (p->treatment == TREAT_NUDGE && !process_id_same(seen->parent, p->parent)))) {
		*detail = "what would help it is not what was planned";
		return REFUSE_CHANGED;
	}
	if (seen)
		return REFUSE_NOT;
	for (size_t i = 0; i < now->refusal_n; i++) {
		const struct refused *r = &now->refusals[i];

		if (!process_id_same(r->process.id, p->process.id))
			continue;
		*detail = r->detail;
		return r->why;
	}
	return REFUSE_CHANGED;
}

void plan_again_sockets(const struct plan *now, struct patient *p)
{
	const struct patient *seen = plan_find(now, p->process.id);

	for (size_t i = 0; i < p->listener_n; i++) {
		struct listener *l = &p->listeners[i];

		l->end = SOCKET_CHANGED;
		for (size_t j = 0; seen && j < seen->listener_n; j++)
			if (seen->listeners[j].fd == l->fd && seen->listeners[j].inode == l->inode) {
				l->end = seen->listeners[j].end;
				l->shared_with = seen->listeners[j].shared_with;
			}
	}
}

enum refusal plan_still(const struct report *now, const struct patient *p, struct arena *a,
			const char **detail)
{
	const struct process *seen = snapshot_find(now->snapshot, p->process.id.pid);
	const struct member *m;
	enum refusal standing;

	*detail = NULL;
	if (!seen || !process_id_same(seen->id, p->process.id))
		return REFUSE_GONE;
	standing = plan_standing(now->snapshot, seen, a, detail);
	if (standing)
		return standing;
	m = family_find(&now->family, seen);
	if (m && m->intent == INTENT_DAEMON && !p->named) {
		*detail = m->intent_why;
		return REFUSE_DAEMON;
	}
	return REFUSE_NOT;
}

/* Its place, or n.  A pid that several of ours have had is the one's who still has it. */
static size_t held_at(const struct held *held, size_t n, pid_t pid)
{
	size_t at = n;

	for (size_t i = 0; i < n; i++)
		if (held[i].id.pid == pid && (at == n || held[i].unreaped))
			at = i;
	return at;
}

static const struct held *held_as(const struct held *held, size_t n, pid_t pid)
{
	size_t at = held_at(held, n, pid);

	return at < n ? &held[at] : NULL;
}

/* Its pid is in use as sid or pgid, so nobody else can have been given it since, unless all
 * who used it had gone: then that process is seen. */
static bool number_is_theirs(const struct snapshot *s, const struct held *h, pid_t number)
{
	const struct process *now = snapshot_find(s, number);

	if (!now || now->gone)
		return true;
	return h && h->unreaped && h->id.pid == number;
}

enum confidence plan_late_one(const struct snapshot *s, const struct process *p,
			      const struct held *held, size_t held_n, pid_t target_sid,
			      struct arena *a, const char **why)
{
	const struct held *parent = held_as(held, held_n, p->now.ppid);
	const struct held *leader = held_as(held, held_n, p->sid);
	const struct held *first = held_as(held, held_n, p->pgid);

	*why = NULL;
	if (parent && parent->unreaped && p->id.start_ticks >= parent->id.start_ticks) {
		*why = arena_printf(a, "child of %d", parent->id.pid);
		return CONF_EXACT;
	}
	if (leader && leader->led_session && p->id.start_ticks >= leader->id.start_ticks &&
	    number_is_theirs(s, leader, p->sid)) {
		*why = arena_printf(a, "session %d was led by one that was ended", p->sid);
		return CONF_EXACT;
	}
	if (target_sid && p->sid == target_sid && number_is_theirs(s, NULL, target_sid)) {
		*why = arena_printf(a, "session %d was led by the target", p->sid);
		return CONF_EXACT;
	}
	if (first && first->led_group && p->id.start_ticks >= first->id.start_ticks &&
	    number_is_theirs(s, first, p->pgid)) {
		*why = arena_printf(a, "process group %d was led by one that was ended", p->pgid);
		return CONF_STRONG;
	}
	return CONF_NONE;
}

/* Whether a number is still a session's or a group's: also a zombie keeps it in use. */
static void note_use(const struct snapshot *s, struct held *held, size_t held_n)
{
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];
		size_t leader = held_at(held, held_n, p->sid);
		size_t first = held_at(held, held_n, p->pgid);

		if (!p->gone && leader < held_n)
			held[leader].session_seen = true;
		if (!p->gone && first < held_n)
			held[first].group_seen = true;
	}
}

struct patient **plan_late(const struct snapshot *s, struct held *held, size_t held_n,
			   pid_t target_sid, enum confidence least, struct arena *a, size_t *n)
{
	struct patient **list = arena_calloc(a, 1, sizeof(struct patient *));
	size_t room = 1;

	*n = 0;
	note_use(s, held, held_n);
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];
		const struct held *known = held_as(held, held_n, p->id.pid);
		enum confidence confidence;
		struct patient *late;
		const char *why;

		if (p->kernel_thread || p->gone || p->now.state == 'Z' || p->now.state == 'X' ||
		    (known && known->unreaped))
			continue;
		confidence = plan_late_one(s, p, held, held_n, target_sid, a, &why);
		if (confidence == CONF_NONE || confidence < least)
			continue;
		late = patient_new(s, p, a);
		late->late = true;
		late->relation = REL_ORPHAN_DESCENDANT;
		late->confidence = confidence;
		late->why = why;
		*(struct patient **)arena_push(a, &list, n, &room, sizeof(late)) = late;
	}
	return list;
}
