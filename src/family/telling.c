/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What could still come to light.  Every younger child of an init may be an orphan of the
 * target, and on a big machine those are hundreds; so it is asked first in what a candidate
 * could show anything at all, given what the target, its tree and its ancestors have, and
 * whoever shows nothing there is read no further.
 */
#include "family/kin.h"

/* Forked without exec, by a member: only what no ancestor has tells. */
static bool layout_tells(const struct kin *k)
{
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];

		if ((kin_marked(k, p, MARK_TREE) || kin_left(k, p)) &&
		    process_knows(p, FACT_LAYOUT) && !layout_from_above(k, p))
			return true;
	}
	return false;
}

/* Somebody below the target lives in a deeper pid namespace: an init in there may adopt, and
 * which one is, its status tells. */
static bool deeper_tells(const struct kin *k)
{
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];

		if (kin_marked(k, p, MARK_TREE) && process_knows(p, FACT_STATUS) &&
		    process_knows(k->t->process, FACT_STATUS) &&
		    p->ns_depth > k->t->process->ns_depth)
			return true;
	}
	return false;
}

uint32_t kinship_telling(const struct snapshot *s, const struct target *t, struct arena *a)
{
	uint32_t facts = FACT_BIT(FACT_FDS);
	struct family f;
	struct kin k;

	kin_start(&k, &f, s, t, a);
	facts |= cookie_marked(t->process) ? FACT_BIT(FACT_LIMITS) : 0;
	facts |= cgroup_tells(&k) ? FACT_BIT(FACT_CGROUP) : 0;
	facts |= cwd_tells(&k) ? FACT_BIT(FACT_CWD) : 0;
	facts |= namespace_tells(&k) ? FACT_BIT(FACT_NAMESPACES) : 0;
	facts |= layout_tells(&k) ? FACT_BIT(FACT_LAYOUT) : 0;
	facts |= environ_tells(&k) ? FACT_BIT(FACT_ENVIRON) : 0;
	facts |= deeper_tells(&k) ? FACT_BIT(FACT_STATUS) : 0;
	return facts;
}

bool kinship_settled(const struct snapshot *s, const struct target *t, struct arena *a)
{
	struct family f, started;
	struct kin k;

	family_build(s, t, a, &f);
	kin_start(&k, &started, s, t, a);
	if (deeper_tells(&k))
		return false;
	for (size_t i = 0; i < f.member_n; i++) {
		const struct member *m = &f.members[i];

		if (m->relation != REL_TARGET && m->relation != REL_DESCENDANT &&
		    !kin_left(&k, m->process))
			return false;
	}
	return true;
}
