/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A namespace that the target has and its launcher has not (PrivateTmp, a network of its
 * own, a sandbox): whoever else is in it came from the target, or was let in on purpose.
 */
#include "family/kin.h"

void evidence_namespace(const struct kin *k, struct candidate *c)
{
	const struct process *target = k->t->process;

	if (!target || !k->launcher || !process_knows(k->launcher, FACT_NAMESPACES))
		return;
	for (enum namespace_kind n = 0; n < NS_N; n++) {
		uint64_t inode = target->namespaces[n];
		bool strong = !k->sibling_doubt && !c->maybe_brother;

		if (!inode || inode != c->p->namespaces[n] ||
		    inode == k->launcher->namespaces[n] || !k->launcher->namespaces[n])
			continue;
		member_add_evidence(k, c->m, EV_NAMESPACE, strong ? CONF_STRONG : CONF_WEAK,
				    arena_printf(k->a, "its %s namespace %llu is the target's, not the launcher's",
						 namespace_name(n), (unsigned long long)inode));
		return;
	}
}
