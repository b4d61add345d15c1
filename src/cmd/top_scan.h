/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scanner of the dashboard: judges again and again on a thread of its own, hands over
 * whole verdicts, and takes its time by what they cost.
 */
#pragma once

#include "cmd/judge.h"

/* A verdict, and how many still need it. */
struct sight;
const struct verdicts *sight_verdicts(const struct sight *s);
struct sight *sight_keep(struct sight *s);
void sight_drop(void *sight);		/* NULL is fine */

struct scanned {
	struct sight *sight;		/* the taker's to drop; NULL: it failed */
	bool stands;			/* the one before is still true, as of at_ns: no sight */
	uint64_t at_ns;			/* CLOCK_BOOTTIME */
	int err;			/* as of judge() */
	char error[256];		/* in words */
	uint64_t cpu_ns;		/* of this scan, workers included */
	double cpu_percent;		/* of one core, all of us, lately; negative: unknown */
	uint64_t every_ns;		/* from one scan to the next, as it is now */
	bool adaptive;
};

struct scanner;

/* delay_ns: from one scan to the next; 0: as often as the cost allows.  wake: an eventfd
 * that is written to when there is something to take.  q is copied, what it points to is
 * not.  0 or -errno. */
int scanner_start(const struct question *q, uint64_t delay_ns, int wake, struct scanner **out);
/* Another target from now on: what is being judged is no longer wanted.  0: back to that
 * of the start. */
void scanner_target(struct scanner *s, pid_t pid);
/* The question that is asked now; valid until the next scanner_target(). */
const struct question *scanner_question(const struct scanner *s);
void scanner_delay(struct scanner *s, uint64_t delay_ns);
void scanner_now(struct scanner *s);
/* The latest, once; false: nothing new. */
bool scanner_take(struct scanner *s, struct scanned *out);
/* One that does not end soon is left to the end of the program. */
void scanner_stop(struct scanner *s);
