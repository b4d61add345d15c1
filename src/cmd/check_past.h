/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a check has from the memory, and what it puts there. */
#pragma once

#include "cmd/check_options.h"
#include "memory/memory.h"

struct past {
	struct memory *memory;		/* NULL: none */
	char *key;			/* names this check from run to run */
	const char *notes[4], *remarks[16];	/* for the report, in the snapshot's arena */
	size_t note_n, remark_n;
	char why[MEMORY_WHY];
};

/* Without a memory o->rule.no_memory says why. */
void past_open(struct past *p, struct check_options *o, int argc, char **argv);
/* Makes zombies as old as they are known to be, and says what has changed. */
void past_apply(struct past *p, const struct verdicts *v);
/* Keeps this run.  False: it could not, and o->rule.no_memory says why. */
bool past_keep(struct past *p, struct check_options *o, const struct verdicts *v,
	       const struct check *c);
void past_close(struct past *p);
