/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an unrelated process started beside the target would show as well: the working
 * directory, the executable.  Always weak, however many come together.
 */
#include "family/kin.h"

#include <string.h>

bool cwd_tells(const struct kin *k)
{
	const char *cwd = k->t->process->cwd;

	return cwd && strcmp(cwd, "/") &&
	       (!k->launcher || !k->launcher->cwd || strcmp(k->launcher->cwd, cwd));
}

void evidence_circumstance(const struct kin *k, struct candidate *c)
{
	const struct process *target = k->t->process, *p = c->p;

	if (!target)
		return;
	if (cwd_tells(k) && p->cwd && !strcmp(p->cwd, target->cwd))
		member_add_evidence(k, c->m, EV_CWD, CONF_WEAK,
				    arena_printf(k->a, "its working directory %s is the target's", p->cwd));
	/* supports other evidence, is none alone: family/build.c */
	if (p->exe && target->exe && !strcmp(p->exe, target->exe))
		member_add_evidence(k, c->m, EV_EXE, CONF_WEAK,
				    arena_printf(k->a, "its executable %s is the target's", p->exe));
}
