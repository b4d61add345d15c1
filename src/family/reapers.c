/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who adopts orphans.  Not only pid 1: the nearest ancestor that called
 * PR_SET_CHILD_SUBREAPER does (a user's systemd, container shims, tini -s, test harnesses),
 * and Linux shows that flag nowhere.  It shows in the children: sessions are inherited or
 * own, so a child whose session is neither its own nor its parent's was born to another.
 */
#include "family/kin.h"

bool kin_certainly_adopted(const struct snapshot *s, const struct process *p)
{
	const struct process *parent = snapshot_parent(s, p);

	if (!parent || parent->kernel_thread || p->kernel_thread || !p->sid || p->sid == p->id.pid)
		return false;
	/* the parent may have left the session after the birth: one of its own ancestors'
	 * sessions is no proof */
	for (unsigned depth = 0; parent && depth < 4096; depth++) {
		if (parent->sid == p->sid || parent->id.pid == p->sid)
			return false;
		parent = snapshot_parent(s, parent);
	}
	return true;
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

	for (size_t i = 0; i < s->process_n; i++)
		if (kin_certainly_adopted(s, &s->processes[i]))
			kin_mark(k, snapshot_parent(s, &s->processes[i]), MARK_REAPER);
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
