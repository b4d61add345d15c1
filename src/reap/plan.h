/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a report to a plan.  Pure: no system call, no clock, so every refusal is tested on a
 * few lines of text.  In doubt it refuses, and says why.
 */
#pragma once

#include "model/plan.h"

struct reap_policy {
	uint64_t min_age_ns;		/* of orphans; what hangs below them goes with them */
	uint64_t grace_ns;
	enum confidence confidence;	/* least: CONF_EXACT or CONF_STRONG */
	bool with_target;
	bool sockets_only;		/* shut the sockets of victims, signal nobody */
	size_t max;			/* more victims than this: none at all */
	const pid_t *selected;		/* none: all that the report calls leaked */
	size_t selected_n;
};
struct reap_policy reap_policy_default(void);

/* Free with plan_free(). */
struct plan *plan_build(const struct report *r, const struct reap_policy *policy);
void plan_free(struct plan *p);		/* NULL is fine */
/* More victims than that in all of them together: none in any.  A rule that matches too much
 * matches many targets. */
void plans_limit(struct plan *const *plans, size_t n, size_t max);

/* What no selection and no evidence overrides: who it is.  REFUSE_NOT when nothing stands
 * against it.  *detail may be NULL. */
enum refusal plan_standing(const struct snapshot *s, const struct process *p, struct arena *a,
			   const char **detail);

/* Judged again.  Before SIGTERM: the whole rule on a new report; what was accepted must be
 * accepted once more, with the same identity and for the same target.  REFUSE_NOT or why. */
enum refusal plan_again(const struct plan *before, const struct plan *now,
			const struct patient *p, const char **detail);
/* Before SIGKILL: its pidfd was held since, so whose it is cannot have changed; who it is
 * can (exec, another uid, a unit of its own). */
enum refusal plan_still(const struct report *now, const struct patient *p, struct arena *a,
			const char **detail);

/* Of a patient whose sockets are to be shut, who shares them now. */
void plan_again_sockets(const struct plan *now, struct patient *p);

/* Somebody we have been holding, and what others inherit from him. */
struct held {
	struct process_id id;
	bool unreaped;			/* his pid is still his */
	bool led_session, led_group;	/* once: his pid is theirs as long as it is in use */
	bool session_seen, group_seen;	/* plan_late(): it is, by somebody */
};

/* Processes that were forked by those held, and are not held themselves.  target_sid: of a
 * dead target that led its session; 0 else.  Only what has a start time or, in a look that
 * was taken while a pidfd was held, a status.  Returns into the arena; *n. */
struct patient **plan_late(const struct snapshot *s, struct held *held, size_t held_n,
			   pid_t target_sid, enum confidence least, struct arena *a, size_t *n);
/* The one question of plan_late() about one process: CONF_NONE, or how it belongs. */
enum confidence plan_late_one(const struct snapshot *s, const struct process *p,
			      const struct held *held, size_t held_n, pid_t target_sid,
			      struct arena *a, const char **why);
