/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the verdict lacks.  "Nothing found" means something only where enough was seen; a
 * process of another user whose descriptors are closed to us is normal, one of the target's
 * own user is not.
 */
#include "family/kinship.h"

static void add(struct report *r, enum blindness to, const char *reason)
{
	if (r->blind_n < sizeof(r->blind) / sizeof(r->blind[0]))
		r->blind[r->blind_n++] = reason;
	r->blind_to |= to;
	r->complete = false;
}

static void judge_view(struct report *r)
{
	const char *limit = snapshot_limited(r->snapshot, r->arena);

	if (limit)
		add(r, BLIND_MACHINE, limit);
	if (r->snapshot->coverage.walk_cut)
		add(r, BLIND_MACHINE, "reading /proc could not be finished");
}

static void judge_target(struct report *r)
{
	const struct process *p = r->target->process;
	uint32_t needed = FACT_BIT(FACT_FDS) | FACT_BIT(FACT_STATUS);

	if (!p || p->now.state == 'Z')
		return;
	if (p->stalled)
		add(r, BLIND_TARGET, "reading the target blocked");
	else if (p->denied & needed)
		add(r, BLIND_TARGET,
		    "the descriptors of the target could not be read: no link through them is known");
}

void family_blindness(struct report *r)
{
	size_t same = r->family.unjudged_same_user;

	if (!r->snapshot->replayed || r->snapshot->coverage.passes)
		judge_view(r);
	judge_target(r);
	if (same)
		add(r, BLIND_CANDIDATES,
		    arena_printf(r->arena, "%zu %s that might belong to it could not be read in full",
				 same, same == 1 ? "process" : "processes"));
}
