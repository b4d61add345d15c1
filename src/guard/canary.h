/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells a signal that a process sent to our whole process group from one that it sent to us
 * alone, which Linux does not: a child that sits in the group with all signals blocked.  What
 * is pending there was sent to the group.  The kernel goes through a group from its youngest
 * member on, so the canary, born after us, has the signal before we can read ours.
 */
#pragma once

#include <stdbool.h>

#include "reap/ops_pidfd.h"
#include "source/proc_dir.h"

struct canary {
	struct pin pin;		/* not open: there is none, and nothing is known */
};

/* Puts one into our process group; all signals are blocked. */
void canary_begin(struct canary *c);
/* Whether this signal is pending there.  Ask before the next canary is put. */
bool canary_has(const struct canary *c, const struct proc_dir *proc, int sig);
/* Ends it and reaps it. */
void canary_end(struct canary *c);
