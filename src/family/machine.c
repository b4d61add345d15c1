/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole machine: nobody is named as the app, so nobody's orphan is told, only that a
 * process was orphaned: a session that neither it nor its parent made, under a reaper, or
 * stdio whose other end nobody on the machine holds.
 */
#include "family/kin.h"

/* Children that each was certainly given, by index; counted once for all. */
static uint32_t *count_adopted(const struct kin *k)
{
	uint32_t *adopted = arena_calloc(k->a, k->s->process_n + 1, sizeof(*adopted));

	for (size_t i = 0; i < k->s->process_n; i++)
		if (k->adopted[i])
			adopted[k->parents[i]]++;
	return adopted;
}

/* One odd session may also mean that a daemon left its own after it had forked. */
static bool sure_reaper(const struct kin *k, const uint32_t *adopted,
			const struct process *parent)
{
	return parent->id.pid == 1 || (parent->ns_pid == 1 && process_knows(parent, FACT_STATUS)) ||
	       known_reaper(parent) || adopted[kin_index(k, parent)] > 1;
}

/* Somebody we cannot see may hold the other end: an unreadable process, or, from inside a
 * pid namespace, anybody outside of it (a container's stdio is its shim's). */
static void add_abandoned(struct kin *k, struct member *m)
{
	const struct process *p = m->process;
	bool all_seen;

	for (int fd = 0; k->s->coverage.machine_fds && fd <= 2; fd++) {
		const struct descriptor *d = process_fd(p, fd);
		char link[DESCRIPTOR_LINK_SIZE];

		/* stdin at its end is no sign: whoever wrote it may have had no more to say.
		 * And a manager's journal may be restarted under its services. */
		if (!d || (d->kind == FD_PIPE && d->mode != FD_WRITE) ||
		    (d->kind == FD_SOCKET && p->sid == p->id.pid) || !pipe_peerless(k, d))
			continue;
		all_seen = d->readers || d->writers ||
			   (k->s->initial_pid_ns && !kin_holders(k)->denied);
		member_add_evidence(k, m, EV_ABANDONED, all_seen ? CONF_STRONG : CONF_WEAK,
				    arena_printf(k->a, "nobody holds the other end of its fd %d, %s%s", fd,
						 descriptor_link(d, link), all_seen ? "" : ", as far as visible"));
		return;
	}
}

static void judge(struct kin *k, const uint32_t *adopted, const struct process *p,
		  struct member *m)
{
	const struct process *parent = kin_parent(k, p);

	if (p->now.state == 'Z' || !parent || parent->kernel_thread ||
	    (!kin_marked(k, parent, MARK_REAPER) && parent->ns_pid != 1) ||
	    !sure_reaper(k, adopted, parent))
		return;
	m->evidence_n = m->evidence_room = 0;
	m->evidence = NULL;
	m->confidence = CONF_NONE;
	if (kin_adopted(k, p))
		member_add_evidence(k, m, EV_ADOPTED, CONF_EXACT,
				    arena_printf(k->a, "its session %d is neither its own nor that of its parent %d: "
						 "it was adopted%s", p->sid, parent->id.pid,
						 snapshot_find(k->s, p->sid) ? "" : ", and the session's leader is gone"));
	if (marked_and_left(k->s, p))
		member_add_evidence(k, m, EV_COOKIE, CONF_EXACT,
				    arena_printf(k->a, "it bears the mark %016llx of a `leakscan run` that is gone",
						 (unsigned long long)(p->locks_soft & ~(UINT64_C(1) << 62))));
	add_abandoned(k, m);
	if (m->confidence >= CONF_STRONG)
		m->relation = REL_ORPHAN;
	else
		m->confidence = CONF_EXACT;
	if ((p->denied | p->stalled) & FACT_BIT(FACT_FDS) && !known_daemon(p))
		k->f->unjudged++, k->f->unjudged_same_user++;
}

void machine_build(struct kin *k)
{
	const uint32_t *adopted = count_adopted(k);

	k->f->members = arena_calloc(k->a, k->s->process_n + 1, sizeof(*k->f->members));
	k->f->member_room = k->s->process_n;
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];

		if (p->gone || p->kernel_thread || kin_marked(k, p, MARK_SELF))
			continue;
		kin_add_member(k, p, REL_DESCENDANT, NULL);
	}
	family_index(k->f, k->s, k->a);
	for (size_t i = 0; i < k->f->member_n; i++) {
		struct member *m = &k->f->members[i];

		judge(k, adopted, m->process, m);
		if (m->relation == REL_ORPHAN)
			intent_judge(k, m);
		/* `run` gave the command a session of its own: no sign of a daemon */
		if (m->detached && marked_and_left(k->s, m->process))
			m->detached = false;
	}
}
