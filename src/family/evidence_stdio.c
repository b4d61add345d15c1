/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands on the target's own fd 0-2 came from its launcher, which may have given it to
 * others as well: weak, unless the launcher lives, holds it no more, and nobody on the
 * machine but the target and its possible orphans does.
 */
#include "family/kin.h"

#include <string.h>

static bool same_link(const struct descriptor *x, const struct descriptor *y)
{
	if (x->target && y->target)
		return !strcmp(x->target, y->target);
	return !x->target && !y->target && x->kind == y->kind && x->inode == y->inode &&
	       x->kind != FD_UNREADABLE;
}

static bool anyone_else_holds(const struct kin *k, const struct descriptor *d)
{
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];

		if (!kin_outsider(k, p))
			continue;
		if (!process_knows(p, FACT_FDS))
			return true;
		/* an equal path is no equal description; doubt counts against */
		for (size_t j = 0; j < p->fd_n; j++)
			if (same_link(&p->fds[j], d))
				return true;
	}
	return false;
}

bool stdio_tells(const struct kin *k, const struct candidate *c)
{
	return k->launcher && !c->maybe_brother && !k->sibling_doubt && !k->brother_lost &&
	       !kin_marked(k, k->launcher, MARK_REAPER);
}

static bool made_for_target(const struct kin *k, const struct candidate *c,
			    const struct descriptor *d)
{
	return k->s->coverage.machine_fds && stdio_tells(k, c) && !anyone_else_holds(k, d);
}

void evidence_stdio(const struct kin *k, struct candidate *c)
{
	const struct process *target = k->t->process;

	if (!target)
		return;
	for (int fd = 0; fd <= 2; fd++) {
		const struct descriptor *d = process_fd(target, fd);
		char link[DESCRIPTOR_LINK_SIZE];

		for (size_t i = 0; d && i < c->p->fd_n; i++) {
			const struct descriptor *mine = &c->p->fds[i];
			bool strong;

			if (!fd_same_object(k->s, target, d, c->p, mine))
				continue;
			strong = made_for_target(k, c, d);
			member_add_evidence(k, c->m, EV_STDIO, strong ? CONF_STRONG : CONF_WEAK,
					    arena_printf(k->a, "its fd %d is the target's fd %d, %s%s",
							 mine->fd, fd, descriptor_link(d, link), strong ?
							 ", which nobody else holds" : ""));
			return;
		}
	}
}
