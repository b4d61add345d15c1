/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guarded command did and left behind: guard/ makes it, views show it.  Processes are
 * copies, so it outlives the snapshots it was made from.
 */
#pragma once

#include "model/plan.h"

enum left_how {
	LEFT_BELOW,	/* hung below the command until that ended */
	LEFT_ORPHANED,	/* was seen to be orphaned while the command still ran */
	LEFT_ESCAPED,	/* not below us: it bears our mark, or is in our control group */
	LEFT_TIMEOUT,	/* the command was not over, but its time was */
};
const char *left_how_name(enum left_how h);	/* "below", "orphaned", ... */

struct left {
	struct process process;		/* a copy, as it was seen first */
	enum left_how how;
	const char *known_by;		/* one clause: how we know that it is the command's */
	uint64_t age_ns;
	bool zombie;			/* had ended; nobody had waited for it */
	bool by_itself;			/* ended without being asked to, soon after the command */
	bool allowed;			/* --allow, or below one of those */
	bool late;			/* came up while we were cleaning */
	bool holds_output;		/* the command's own stdout or stderr, and that is a pipe */
	const char *const *holds;	/* one clause each; raw process text */
	size_t hold_n, hold_room;
	unsigned sent;			/* signals of ours that have reached it */
	enum fate fate;			/* FATE_NONE: left running, as asked */
	const char *fate_why;		/* or NULL */
};

/* Descriptors of a process below us, the command itself or another, while that ran. */
struct fds_grown {
	struct process process;		/* a copy */
	int64_t first, most, last;
	bool steady;			/* watched long enough: a leak, as far as that can be told */
	double per_minute;		/* of the floor, when steady */
};

struct run_report {
	struct arena *arena;
	const char *command;		/* the arguments joined by blanks, raw */
	const char *host;
	uint64_t id;			/* LEAKSCAN_ID */
	int64_t wall_s;
	uint64_t took_ns;		/* until the command ended */
	pid_t pid;			/* of the command */
	int wait_status;		/* as waitpid would tell; -1: could not be started */
	int exec_error;			/* errno of exec, or 0 */
	bool timed_out;
	bool marked, own_cgroup, own_session;
	bool reap;			/* clean-up was wanted */
	struct left *left;
	size_t left_n, left_room;
	size_t late_unnamed;		/* forked and ended so fast in the clean-up that they
					 * were never seen by name */
	size_t adopted;			/* orphans that ended by themselves while it ran */
	size_t inherited;		/* children that were ours before the command: not its */
	bool cleaned;			/* there was something, and the steps were gone through */
	bool proven;			/* waitid(2) said ECHILD: no descendant is left */
	bool blind;			/* something is left that /proc does not show us */
	struct step_result steps[STEP_N];
	uint64_t grace_ns, waited_ns;
	bool fds;			/* --fds */
	bool has_fds;			/* --fds: the command's descriptors while it ran */
	int64_t fds_first, fds_most, fds_last;
	struct fds_grown *grown;	/* --fds: whose descriptors have become more */
	size_t grown_n, grown_room;
	/* the verdict */
	unsigned fail_on;		/* RUN_ORPHAN | RUN_ZOMBIE */
	int status;			/* exit status */
};

enum { RUN_ORPHAN = 1, RUN_ZOMBIE = 2 };

struct run_report *run_report_new(void);
void run_report_free(struct run_report *r);	/* NULL is fine */

struct left *run_report_find(struct run_report *r, struct process_id id);	/* or NULL */
/* Counts against the command: neither allowed, nor over by itself, nor of another kind. */
bool left_counts(const struct run_report *r, const struct left *l);
size_t run_report_leaks(const struct run_report *r);
/* Still there, allowed ones apart. */
size_t run_report_survivors(const struct run_report *r);
