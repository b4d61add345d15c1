/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A namespace that the target has and its launcher has not (PrivateTmp, a network of its
 * own, a sandbox): whoever else is in it came from the target, or was let in on purpose.
 */
#include "family/kin.h"

/* The reaper of an orphan stands outside of what the orphan's family made for itself. */
static bool made_inside(const struct kin *k, const struct process *p, enum namespace_kind n)
{
	const struct process *reaper = snapshot_parent(k->s, p);
	uint64_t inode = p->namespaces[n];

	if (!reaper || reaper->namespaces[n] == inode ||
	    (!reaper->namespaces[n] && !kin_marked(k, reaper, MARK_ANCESTOR)))
		return false;
	for (size_t i = 0; i < k->s->process_n; i++)
		if (k->s->processes[i].namespaces[n] == inode &&
		    kin_outsider(k, &k->s->processes[i]))
			return false;
	return true;
}

bool namespace_tells(const struct kin *k)
{
	for (enum namespace_kind n = 0; k->launcher && n < NS_N; n++)
		if (k->t->process->namespaces[n] && k->launcher->namespaces[n] &&
		    k->t->process->namespaces[n] != k->launcher->namespaces[n])
			return true;
	return false;
}

void evidence_namespace(const struct kin *k, struct candidate *c)
{
	const struct process *target = k->t->process;

	if (!target || !k->launcher || !process_knows(k->launcher, FACT_NAMESPACES))
		return;
	for (enum namespace_kind n = 0; n < NS_N; n++) {
		uint64_t inode = target->namespaces[n];
		bool strong = !k->sibling_doubt && !k->brother_lost && !c->maybe_brother &&
			      made_inside(k, c->p, n);

		if (!inode || inode != c->p->namespaces[n] ||
		    inode == k->launcher->namespaces[n] || !k->launcher->namespaces[n])
			continue;
		member_add_evidence(k, c->m, EV_NAMESPACE, strong ? CONF_STRONG : CONF_WEAK,
				    arena_printf(k->a, "its %s namespace %llu is the target's, not the launcher's%s",
						 namespace_name(n), (unsigned long long)inode,
						 strong ? "" : ", but others may be in it"));
		return;
	}
}
