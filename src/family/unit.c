/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A target named as a unit or control group: everything in it belongs to it, exactly.  Its
 * main process is the one a manager started: the oldest that leads a session.  Others in it
 * whose parent is a reaper have lost theirs.
 */
#include "family/kin.h"

#include <string.h>

static bool inside(const struct kin *k, const struct process *p)
{
	const char *path = k->t->cgroup;
	size_t n = strlen(path);

	/* a unit may have groups below its own */
	return p->cgroup && !strncmp(p->cgroup, path, n) &&
	       (!p->cgroup[n] || p->cgroup[n] == '/' || !strcmp(path, "/"));
}

static const struct process *main_process(const struct kin *k)
{
	const struct process *oldest = NULL;

	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];
		const struct process *parent = snapshot_parent(k->s, p);

		if (p->gone || p->kernel_thread || !inside(k, p) || (parent && inside(k, parent)))
			continue;
		if (!oldest || p->id.start_ticks < oldest->id.start_ticks)
			oldest = p;
	}
	return oldest && oldest->sid == oldest->id.pid ? oldest : NULL;
}

static enum relation relation_of(const struct kin *k, const struct process *p,
				 const struct process *main)
{
	const struct process *parent = snapshot_parent(k->s, p);

	if (p == main)
		return REL_TARGET;
	if (parent && inside(k, parent))
		return REL_DESCENDANT;
	return parent && kin_marked(k, parent, MARK_REAPER) ? REL_ORPHAN : REL_TARGET;
}

void unit_build(struct kin *k)
{
	const struct process *main = main_process(k);
	enum evidence_type type = k->t->kind == TARGET_UNIT ? EV_UNIT : EV_CGROUP;

	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];
		struct member *m;

		if (p->gone || p->kernel_thread || kin_marked(k, p, MARK_SELF) || !inside(k, p))
			continue;
		m = kin_add_member(k, p, relation_of(k, p, main), NULL);
		kin_mark(k, p, MARK_TREE);
		member_add_evidence(k, m, type, CONF_EXACT,
				    arena_printf(k->a, "its cgroup is %s", p->cgroup));
	}
}
