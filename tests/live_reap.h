/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the live tests of reap share: one run of it, and what is left after it.  Processes
 * are told by pid and start time, for after a reap the pid alone is nobody's.
 */
#ifndef TESTS_LIVE_REAP_H
#define TESTS_LIVE_REAP_H

#include "live.h"

enum { NO_EXEC = 126, TOGETHER_MOST = 16 };

struct run {
	int status;		/* exit status, 128+n when a signal ended it */
	double seconds;		/* of reap() only */
	json_t *plan;		/* NULL when stdout was no JSON */
	char *out;
};

/* `leakscan reap --json --min-age 0s ARG...` with its stdout there; its pid. */
pid_t reap_start(const char *const *args, int out);
/* Waits for it, reads and closes `out`. */
void reap_end(struct run *r, pid_t pid, int out);
/* The first with -p TARGET; *out is where its stdout goes. */
pid_t reap_target(const struct situation *s, const char *const *more, int *out);
/* One for each situation, all at once: most of a reap is waiting. */
void reap_each(struct run *r, const struct situation *s, size_t n, const char *const *more);
/* One of them, from start to end. */
void reap(struct run *r, const struct situation *s, const char *const *more);
void run_free(struct run *r);
json_t *patient_of(const struct run *r, pid_t pid);	/* or NULL */

/* State letter of a process, and its start; 0 when there is none. */
char state_of(pid_t pid, long long *start);
bool alive(const struct made *m);
/* Processes of this namespace in a session; '\0': in any state but dead. */
size_t count_in_session(pid_t sid, char wanted);
/* mkleak ends the rest; that some have ended before is the point here. */
void situation_drop(struct situation *s);
/* Every line of the audit is a whole one. */
void audit_check(const char *path);

#endif
