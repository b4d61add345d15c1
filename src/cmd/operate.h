/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans and their execution on this machine: what reap and the dashboard share. */
#pragma once

#include <signal.h>

#include "cmd/audit.h"
#include "cmd/judge.h"
#include "reap/reaper.h"

/* With what is predicted for each patient.  Free with plan_free(). */
struct plan *operate_plan(const struct report *r, const struct reap_policy *policy);

/* Each patient is held by a descriptor: as many as we may have.  For the whole program. */
void operate_prepare(void);

struct operation {
	const struct question *q;		/* what the plan is an answer to */
	const struct reap_policy *policy;
	struct plan *plan;
	struct audit *audit;
	const volatile sig_atomic_t *cancelled;	/* how many times Ctrl-C; or NULL */
	/* Operations around these, for somebody who looks on; or NULL. */
	const struct reap_ops *(*watch)(void *watcher, const struct reap_ops *ops);
	void *watcher;
};

/* Fills in fates and steps of o->plan.  As reaper_run(). */
int operate(const struct operation *o);
