/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reaping from the dashboard: the plan of `leakscan reap` is carried out on a thread of its
 * own, and told step by step.  Whom it touches is decided by the reaper, who judges each
 * identity again; rows play no part.
 */
#pragma once

#include "cmd/judge.h"
#include "reap/plan.h"
#include "tui/board.h"

struct reap_job;

/* The plan is the job's from now on.  q and policy are copied, what they point to is not.
 * audit: a file, or NULL.  wake: an eventfd that is written to when something changes.
 * 0, or -errno: the plan is the caller's still. */
int reap_job_start(const struct question *q, const struct reap_policy *policy,
		   const char *audit, struct plan *plan, int wake, struct reap_job **out);
/* As Ctrl-C in `leakscan reap`: first no SIGKILL, then stop at once. */
void reap_job_cancel(struct reap_job *j);
/* Hands what changed to the board.  True when it is over: the job is freed then. */
bool reap_job_tell(struct reap_job *j, struct board *b);
/* Waits until it is over: cancel it before, if that is to be soon. */
void reap_job_end(struct reap_job *j);
