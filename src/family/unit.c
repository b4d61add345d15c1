/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A target named as a unit or control group: everything in it belongs to it, exactly.  The
 * main process of a group is the one a manager started: the oldest, leading a session.
 * Others in it whose parent is a reaper have lost theirs.
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

bool unit_is_service(const char *cgroup)
{
	const char *last = strrchr(cgroup, '/');
	size_t n = strlen(cgroup);

	return n > 8 && !strcmp(cgroup + n - 8, ".service") && last && strncmp(last, "/user@", 6);
}

bool unit_first(const struct kin *k, const struct process *p)
{
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *other = &k->s->processes[i];

		if (!other->gone && !other->kernel_thread && other->cgroup && p->cgroup &&
		    !strcmp(other->cgroup, p->cgroup) &&
		    other->id.start_ticks < p->id.start_ticks)
			return false;
	}
	return true;
}

static bool has_pidfile(const struct kin *k, const struct process *p)
{
	for (size_t i = 0; i < k->s->pidfile_n; i++)
		if (k->s->pidfiles[i].pid == p->id.pid)
			return true;
	return false;
}

/* A slice has many groups, each with a main process.  One that daemonized by two forks does
 * not lead its session, and looks like the oldest of what a dead one left. */
static enum relation relation_of(const struct kin *k, const struct process *p)
{
	const struct process *parent = snapshot_parent(k->s, p);

	if (parent && inside(k, parent))
		return REL_DESCENDANT;
	if (!parent || !kin_marked(k, parent, MARK_REAPER) || kin_entered(p, parent))
		return REL_TARGET;
	if (!unit_first(k, p))
		return REL_ORPHAN;
	return p->sid == p->id.pid || has_pidfile(k, p) ? REL_TARGET : REL_POSSIBLE;
}

void unit_build(struct kin *k)
{
	static const struct member nothing = { .confidence = CONF_NONE };
	enum evidence_type type = k->t->kind == TARGET_UNIT ? EV_UNIT : EV_CGROUP;

	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];
		enum relation relation;
		struct member *m;

		if (p->gone || p->kernel_thread || kin_marked(k, p, MARK_SELF) || !inside(k, p))
			continue;
		relation = relation_of(k, p);
		m = kin_add_member(k, p, relation, relation == REL_POSSIBLE ? &nothing : NULL);
		kin_mark(k, p, MARK_TREE | MARK_CORE);
		if (relation == REL_POSSIBLE)
			member_add_evidence(k, m, type, CONF_WEAK,
					    arena_printf(k->a, "it is the oldest in cgroup %s: its main process, or left by one",
							 p->cgroup));
		else
			member_add_evidence(k, m, type, CONF_EXACT,
					    arena_printf(k->a, "its cgroup is %s", p->cgroup));
	}
}
