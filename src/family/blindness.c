/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verdict lacks.  "Nothing found" means something only where enough was seen; a
 * process of another user whose descriptors are closed to us is normal, one of the target's
 * own user is not.
 */
#include "family/kinship.h"

static void add(struct report *r, const char *reason)
{
	if (r->blind_n < sizeof(r->blind) / sizeof(r->blind[0]))
		r->blind[r->blind_n++] = reason;
	r->complete = false;
}

static void judge_view(struct report *r)
{
	const struct coverage *c = &r->snapshot->coverage;
	uint64_t seen = snapshot_threads(r->snapshot);

	if (c->hidepid && (!c->pid1_visible || snapshot_unreadable(r->snapshot, FACT_STAT)))
		add(r, "/proc is mounted with hidepid: processes of other users are hidden");
	else if (!c->pid1_visible)
		add(r, "process 1 is not visible: other processes may be hidden, too");
	else if (c->threads_kernel > 64 && seen < (uint64_t)c->threads_kernel / 2)
		add(r, arena_printf(r->arena, "only %llu of the kernel's %lld threads are visible",
				    (unsigned long long)seen, (long long)c->threads_kernel));
	if (c->walk_cut)
		add(r, "reading /proc could not be finished");
}

static void judge_target(struct report *r)
{
	const struct process *p = r->target->process;
	uint32_t needed = FACT_BIT(FACT_FDS) | FACT_BIT(FACT_STATUS);

	if (!p || p->now.state == 'Z')
		return;
	if (p->stalled)
		add(r, "reading the target blocked");
	else if (p->denied & needed)
		add(r, "the target's descriptors could not be read: no link through them is known");
}

void family_blindness(struct report *r)
{
	size_t same = r->family.unjudged_same_user;

	if (!r->snapshot->replayed || r->snapshot->coverage.passes)
		judge_view(r);
	judge_target(r);
	if (same)
		add(r, arena_printf(r->arena, "%zu %s that might belong to it could not be read in full",
				    same, same == 1 ? "process" : "processes"));
}
