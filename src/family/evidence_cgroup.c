/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups survive setsid, double fork, `env -i` and setuid.  One that only the family
 * is in, or a service whose main process is the target, says much; a scope or slice shared
 * with the launcher says nothing.
 */
#include "family/kin.h"

#include <string.h>

static bool same_path(const struct process *a, const struct process *b)
{
	return a->cgroup && b->cgroup && !strcmp(a->cgroup, b->cgroup);
}

static bool only_family_inside(const struct kin *k, const struct process *target)
{
	if (!k->s->coverage.machine_cgroup)
		return false;
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];

		if (!kin_outsider(k, p))
			continue;
		if (!process_knows(p, FACT_CGROUP) || same_path(p, target))
			return false;
	}
	return true;
}

bool cgroup_tells(const struct kin *k)
{
	const struct process *target = k->t->process;

	return target->cgroup && strcmp(target->cgroup, "/") && k->launcher &&
	       !same_path(k->launcher, target);
}

void evidence_cgroup(const struct kin *k, struct candidate *c)
{
	const struct process *target = k->t->process, *p = c->p;

	if (!target || !same_path(p, target) || !strcmp(p->cgroup, "/"))
		return;
	if (!k->launcher || same_path(k->launcher, target)) {
		member_add_evidence(k, c->m, EV_CGROUP, CONF_WEAK,
				    arena_printf(k->a, "its cgroup %s is the target's and its launcher's",
						 p->cgroup));
		return;
	}
	if (k->unit_main)
		member_add_evidence(k, c->m, EV_UNIT, CONF_STRONG,
				    arena_printf(k->a, "its unit cgroup %s has the target as main process",
						 p->cgroup));
	else if (!k->sibling_doubt && !k->brother_lost && !c->maybe_brother &&
		 only_family_inside(k, target))
		member_add_evidence(k, c->m, EV_CGROUP, CONF_STRONG,
				    arena_printf(k->a, "its cgroup %s has only the family in it", p->cgroup));
	else
		member_add_evidence(k, c->m, EV_CGROUP, CONF_WEAK,
				    arena_printf(k->a, "its cgroup %s is the target's", p->cgroup));
}
