/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The RLIMIT_LOCKS mark of `leakscan run`.  The kernel has not enforced that limit since 2.4
 * but inherits it through fork, exec, setsid, even `env -i`; anybody can read it.  It marks
 * everything below one wrapper, so it says "the target's" only if the target's launcher has
 * not the same.
 */
#include "family/kin.h"

#define LOCKS_MARK (UINT64_C(1) << 62)

bool cookie_marked(const struct process *p)
{
	/* others write "no limit" as the greatest signed number */
	return process_knows(p, FACT_LIMITS) && p->locks_soft != INT64_MAX &&
	       (p->locks_soft & (UINT64_C(3) << 62)) == LOCKS_MARK;
}

void evidence_cookie(const struct kin *k, struct candidate *c)
{
	const struct process *target = k->t->process;
	bool exact;

	if (!target || !cookie_marked(target) || !cookie_marked(c->p) || c->p->locks_soft != target->locks_soft)
		return;
	exact = !k->launcher || !process_knows(k->launcher, FACT_LIMITS) ||
		k->launcher->locks_soft != target->locks_soft;
	exact &= !c->maybe_brother && !k->sibling_doubt;
	member_add_evidence(k, c->m, EV_COOKIE, exact ? CONF_EXACT : CONF_WEAK,
			    arena_printf(k->a, "its RLIMIT_LOCKS mark %llu is the target's%s",
					 (unsigned long long)c->p->locks_soft,
					 exact ? "" : ", and that of others around it"));
}
