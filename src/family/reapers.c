/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who adopts orphans.  Not only pid 1: the nearest ancestor that called
 * PR_SET_CHILD_SUBREAPER does (a user's systemd, container shims, tini -s, test harnesses),
 * and Linux shows that flag nowhere.  It shows in the children: sessions are inherited or
 * own, so a child whose session is neither its own nor its parent's was born to another.
 */
#include "family/kin.h"

static bool is_adopted(const struct kin *k, const struct process *p)
{
	const struct process *parent = kin_parent(k, p);

	if (!parent || parent->kernel_thread || p->kernel_thread || !p->sid || p->sid == p->id.pid)
		return false;
	/* the parent may have left the session after the birth: one of its own ancestors'
	 * sessions is no proof */
	for (unsigned depth = 0; parent && depth < 4096; depth++) {
		if (parent->sid == p->sid || parent->id.pid == p->sid)
			return false;
		parent = kin_parent(k, parent);
	}
	return true;
}

bool kin_adopted(const struct kin *k, const struct process *p)
{
	return k->adopted[kin_index(k, p)];
}

static const char *why_reaper(const struct kin *k, const struct process *p, bool pid1)
{
	if (pid1)
		return "the init of this pid namespace";
	if (p->ns_pid == 1 && process_knows(p, FACT_STATUS) && p->ns_depth)
		return "the init of a pid namespace below this one";
	if (k->marks[kin_index(k, p)] & MARK_REAPER)
		return "seen to have adopted";
	return known_reaper(p);
}

void kin_learn_reapers(struct kin *k)
{
	const struct snapshot *s = k->s;
	struct reaper *list = NULL;
	size_t n = 0, room = 0;

	k->adopted = arena_calloc(k->a, s->process_n + 1, sizeof(*k->adopted));
	for (size_t i = 0; i < s->process_n; i++) {
		k->adopted[i] = is_adopted(k, &s->processes[i]);
		if (k->adopted[i])
			k->marks[k->parents[i]] |= MARK_REAPER;
	}
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];
		const char *why = p->kernel_thread ? NULL : why_reaper(k, p, p->id.pid == 1);
		struct reaper *r;

		if (!why)
			continue;
		kin_mark(k, p, MARK_REAPER);
		r = arena_push(k->a, &list, &n, &room, sizeof(*r));
		*r = (struct reaper){ .process = p, .why = why };
	}
	k->f->reapers = list;
	k->f->reaper_n = n;
}
