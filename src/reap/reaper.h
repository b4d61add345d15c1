/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carries a plan out: one table from state and event to action and next state, driven by
 * injected operations, so that the same machine acts, says what it would do, and is tested
 * in a world that owns its clock.  It never stops or freezes anybody: killed at any
 * instruction it leaves everyone either untouched or signalled, and can be run again.
 */
#pragma once

#include "reap/ops_pidfd.h"
#include "reap/plan.h"

enum reap_state {
	RS_PLANNED,		/* pinned, to be judged again */
	RS_NUDGE_PLANNED,	/* the same for a zombie */
	RS_TERMING,
	RS_KILL_JUDGING,	/* the grace period is over: judged once more */
	RS_KILLING,
	RS_NUDGED,
	RS_CLOSE_PLANNED,	/* pinned, its sockets are to be shut */
	RS_CLOSED,		/* that has been tried; it lives */
	RS_LINGERING,		/* dead: its parent is given a moment to reap */
	RS_REAPED, RS_UNREAPED, RS_STALE, RS_DENIED, RS_STUCK, RS_REFUSED, RS_CANCELLED,
	RS_SHUT,
	RS_N
};
#define RS_FIRST_END RS_REAPED

enum reap_event {
	RE_JUDGED,	/* it is still what it was */
	RE_REFUSED,
	RE_STALE,	/* a signal or a pin says ESRCH */
	RE_DENIED,
	RE_DEAD,	/* and not reaped */
	RE_REAPED,
	RE_TIMEOUT,
	RE_CANCEL,
	RE_FAILED,	/* the intent could not be written down */
	RE_N
};

enum reap_action { RA_NONE, RA_TERM, RA_JUDGE, RA_KILL, RA_NUDGE, RA_CLOSE };

struct reap_move { enum reap_action action; enum reap_state next; };

/* The table; an end stays an end. */
struct reap_move reap_move(enum reap_state state, enum reap_event event);

enum judge_how {
	JUDGE_AGAIN,	/* before SIGTERM: the whole rule */
	JUDGE_STILL,	/* before SIGKILL: who it is */
	JUDGE_LATE,	/* one forked while we were at work: the link to those held */
};

struct reap_ops {
	void *context;

	/* As pin_open_all(), pin_signal(), pin_look(), pin_close(), pin_wait(). */
	void (*pin)(void *context, const struct process_id *ids, size_t n, struct pin *pins,
		    int *errors);
	int (*signal)(void *context, const struct pin *p, int sig);
	int (*look)(void *context, const struct pin *p);
	void (*close)(void *context, struct pin *p);
	int (*wait)(void *context, const struct pin *pins, size_t n, uint64_t ns);
	uint64_t (*now)(void *context);		/* ns of a clock that never steps */
	int (*cancelled)(void *context);	/* how many times Ctrl-C */

	/* All of them are pinned.  Reads everything anew and sets verdict[i] (REFUSE_NOT: go
	 * on), who[i]->process.now.state and, for a refusal, who[i]->fate_why. */
	void (*judge)(void *context, enum judge_how how, struct patient *const *who, size_t n,
		      const struct held *held, size_t held_n, enum refusal *verdict);
	/* Those forked meanwhile by somebody held; not pinned.  In the plan's arena.  Sets
	 * held[i].session_seen and group_seen.  NULL: could not look. */
	struct patient **(*late)(void *context, struct held *held, size_t held_n, size_t *n);
	/* A control group that holds nobody but those, each by his pin: kills it at once, 0;
	 * else -ENOENT.  May be NULL. */
	int (*kill_group)(void *context, struct patient *const *who, const struct pin *pins,
			  size_t n);
	/* As close_socket().  TREAT_CLOSE only. */
	int (*close_socket)(void *context, const struct pin *pin, int fd, uint64_t inode);

	/* What is about to be done to whom, and what came of it.  A negative intent: it must
	 * not be done. */
	int (*intent)(void *context, const struct patient *p, const char *what);
	void (*result)(void *context, const struct patient *p, const char *what, int err);
	/* What holds a stuck one; NULL unknown.  In the plan's arena. */
	const char *(*wchan)(void *context, const struct patient *p);
	/* Whose child a dead one is by now.  -ESRCH not known.  May be NULL. */
	int (*adopter)(void *context, const struct patient *p, struct process_id *out,
		       char name[64]);
};

/* Fills in fates and steps.  0, or -ENOSYS (no pidfds: nothing was done), -EIO (the audit
 * could not be written: nothing more was done). */
int reaper_run(struct plan *plan, const struct reap_ops *ops);
