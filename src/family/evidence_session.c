/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions and process groups.  A number in use as a sid or pgid is not given to a new
 * process, even when its leader is dead and reaped; so an orphan whose sid is a pid can only
 * have inherited it from the process that had that pid.  A process group can also be joined
 * from within the session (setpgid), as shells do for pipelines: strong, not exact.
 */
#include "family/kin.h"

#include <string.h>

/* Whether a shell may have put others into the target's group: one is still there, or the
 * target's stdout goes to a next one of its pipeline, whatever has become of that. */
static bool in_pipeline(const struct kin *k)
{
	static const char *const shells[] = { "bash", "zsh", "sh", "dash", "ksh", "mksh", "fish",
					      "busybox", "tcsh", "csh" };
	const struct process *target = k->t->process;
	const struct descriptor *out = target ? process_fd(target, 1) : NULL;

	for (size_t i = 0; i < k->s->process_n; i++)
		if (k->s->processes[i].pgid == k->t->pid && kin_outsider(k, &k->s->processes[i]))
			return true;
	if (!out || !k->launcher || (out->kind != FD_PIPE && out->kind != FD_SOCKET))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (!strcmp(k->launcher->comm, shells[i]))
			return true;
	return false;
}

/* The target as leader: works for a dead one too. */
static void led_by_target(const struct kin *k, struct candidate *c)
{
	const struct process *p = c->p, *target = k->t->process;
	const struct process *parent = snapshot_parent(k->s, p);
	pid_t pid = k->t->pid;
	bool brothers;

	if (!pid)
		return;
	if (p->sid == pid)
		member_add_evidence(k, c->m, EV_SESSION, CONF_EXACT,
				    arena_printf(k->a, "its session %d was led by the target", pid));
	if (p->pgid != pid)
		return;
	/* a shell puts the processes of one pipeline into the group of the first */
	brothers = c->maybe_brother || (target && k->sibling_doubt) ||
		   (p->sid != pid && in_pipeline(k)) ||
		   (!target && p->sid != pid && parent && parent->sid == p->sid);
	member_add_evidence(k, c->m, EV_PGRP, brothers ? CONF_WEAK : CONF_STRONG,
			    arena_printf(k->a, "its process group %d was led by the target%s", pid,
					 brothers ? ", but a shell may have put both there" : ""));
}

/* Any other member as leader: its descendants and zombies, orphans found earlier. */
static void led_by_member(const struct kin *k, struct candidate *c, const struct member *m)
{
	const struct process *p = c->p, *leader = m->process;

	if (leader->id.pid == k->t->pid || leader->id.start_ticks > p->id.start_ticks)
		return;
	if (p->sid == leader->id.pid && leader->sid == leader->id.pid)
		member_add_evidence(k, c->m, EV_SESSION, m->confidence,
				    arena_printf(k->a, "its session %d is led by a member of the family",
						 leader->id.pid));
	else if (p->pgid == leader->id.pid && leader->pgid == leader->id.pid)
		member_add_evidence(k, c->m, EV_PGRP, CONF_STRONG,
				    arena_printf(k->a, "its process group %d is led by a member of the family",
						 leader->id.pid));
}

/* Orphans of one dead session leader hang together. */
static void same_dead_leader(const struct kin *k, struct candidate *c, const struct member *m)
{
	const struct process *p = c->p, *other = m->process;
	const struct process *leader = snapshot_find(k->s, p->sid);

	if (m->relation != REL_ORPHAN || p->sid != other->sid || p->sid == k->t->pid || leader)
		return;
	if (k->t->process && p->sid == k->t->process->sid)
		return;		/* the launcher's */
	if (k->launcher && p->sid == k->launcher->sid)
		return;
	/* a target that left its launcher's session after it had children, and was adopted */
	if (k->t->process && k->sibling_doubt && k->t->process->sid == k->t->pid)
		return;
	if (!k->t->process && other->sid != k->t->pid && other->pgid == k->t->pid)
		return;		/* a dead target that led its group only: the session is the launcher's */
	member_add_evidence(k, c->m, EV_SESSION, m->confidence,
			    arena_printf(k->a, "its session %d is that of orphan %d, and was led by a process that is gone",
					 p->sid, other->id.pid));
}

void evidence_session(const struct kin *k, struct candidate *c)
{
	const struct process *target = k->t->process;

	led_by_target(k, c);
	for (size_t i = 0; i < k->f->member_n; i++) {
		const struct member *m = &k->f->members[i];

		if (m == c->m || m->confidence < CONF_STRONG)
			continue;
		led_by_member(k, c, m);
		same_dead_leader(k, c, m);
	}
	if (!target || c->m->confidence)
		return;
	if (c->p->pgid == target->pgid)
		member_add_evidence(k, c->m, EV_PGRP, CONF_WEAK,
				    arena_printf(k->a, "its process group %d is the target's, which leads none",
						 target->pgid));
	if (c->p->sid == target->sid && target->sid)
		member_add_evidence(k, c->m, EV_SESSION, CONF_WEAK,
				    arena_printf(k->a, "its session %d is the target's, which leads none",
						 target->sid));
}
