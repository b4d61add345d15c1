/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mark of a run: a random number that all descendants of the command inherit, as the
 * soft RLIMIT_LOCKS (1 << 62 | id: the kernel has not enforced that limit since 2.4, and it
 * survives env -i, setsid and setuid) and as LEAKSCAN_ID in the environment.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/process.h"

#define COOKIE_NAME "LEAKSCAN_ID"
#define COOKIE_OUTER "LEAKSCAN_OUTER_IDS"	/* of the runs around this one, nearest first */

struct cookie {
	uint64_t id;		/* below 2^60, never 0 */
	char text[17];		/* its 16 hex digits */
	bool marked;		/* the limit can be set */
};

/* 0 or -errno: no randomness. */
int cookie_make(struct cookie *c);

/* In the child: limit and environment.  0 or -errno. */
int cookie_wear(const struct cookie *c);

/* Whether p bears it: by the limit, or else by its environment.  NULL, or how. */
const char *cookie_worn(uint64_t id, const struct process *p);
