/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address layout of a program image is drawn at random at exec and kept by fork: equal
 * layouts mean one is a fork, without exec, of the other, or both of a third.  The kernel
 * remembers who has never called exec since its fork (PF_FORKNOEXEC), and so where the image
 * was made: if a member of the family has called exec, its copies are its children.  What an
 * ancestor of the target has, too, says nothing: so has everybody whom that one forked.
 */
#include "family/kin.h"

#include <string.h>

bool layout_shared(const struct process *a, const struct process *b)
{
	return process_knows(a, FACT_LAYOUT) && process_knows(b, FACT_LAYOUT) &&
	       a->layout.random && !memcmp(&a->layout, &b->layout, sizeof(a->layout));
}

bool layout_from_above(const struct kin *k, const struct process *p)
{
	for (size_t i = 0; i < k->s->process_n; i++)
		if ((k->marks[i] & MARK_ANCESTOR) && layout_shared(&k->s->processes[i], p))
			return true;
	return false;
}

static bool of_a_third(const struct kin *k, const struct process *p)
{
	for (size_t i = 0; i < k->f->member_n; i++) {
		const struct member *m = &k->f->members[i];

		if (m->confidence >= CONF_STRONG && m->process->has_execed &&
		    layout_shared(m->process, p))
			return false;
	}
	return true;
}

void evidence_layout(const struct kin *k, struct candidate *c)
{
	for (size_t i = 0; i < k->f->member_n; i++) {
		const struct member *m = &k->f->members[i];
		bool strong;

		if (m == c->m || m->confidence < CONF_STRONG || !layout_shared(m->process, c->p))
			continue;
		if (layout_from_above(k, c->p))
			return;
		strong = !of_a_third(k, c->p);
		member_add_evidence(k, c->m, EV_LAYOUT, strong ? CONF_STRONG : CONF_WEAK,
				    arena_printf(k->a, "its address layout is that of %d: a fork without exec%s",
						 m->process->id.pid,
						 strong ? "" : " of it, or both of a third"));
		return;
	}
}
