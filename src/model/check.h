/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a monitoring check makes of reports: figures, the ranges they must stay in, and one
 * state.  Pure.  What was seen outweighs what was not; but "all right" is only said by who
 * could have seen otherwise.
 */
#pragma once

#include "model/history.h"
#include "model/report.h"
#include "model/threshold.h"

/* The values are the exit statuses of the Monitoring Plugins guidelines. */
enum check_state { CHECK_OK, CHECK_WARNING, CHECK_CRITICAL, CHECK_UNKNOWN };
const char *check_state_name(enum check_state s);	/* "OK" ... */
/* Critical, warning, unknown, ok: the order in which they win. */
enum check_state check_worse(enum check_state a, enum check_state b);

enum gauge {
	GAUGE_LEAKS,		/* findings of warning or worse, of the kinds that count */
	GAUGE_ORPHANS, GAUGE_ZOMBIES, GAUGE_PIPES,
	GAUGE_ZOMBIE_AGE,	/* seconds; of the oldest, young ones included */
	GAUGE_FD_PCT,		/* of its soft limit, of the process nearest to it */
	GAUGE_FD_ETA,		/* seconds until the first one reaches it; INFINITY: none grows */
	GAUGE_N
};
struct gauge_info {
	const char *label, *uom;	/* in performance data */
	enum range_unit unit;
	uint32_t kinds;			/* judged by it and no longer by their severity; bits */
};
const struct gauge_info *gauge_info(enum gauge g);

#define KIND_BIT(k) (UINT32_C(1) << (k))
#define KINDS_ALL (KIND_BIT(KIND_N) - 1)

struct check_rule {
	struct threshold limits[GAUGE_N];
	uint32_t kinds;			/* that count, KIND_BIT */
	enum check_state if_missing;
	const char *no_memory;		/* why nothing is known of the past; NULL: it is */
};

struct reading {
	bool known;			/* false: nothing to measure, or it could not be */
	bool unsure;			/* it may be worse: somebody could not be measured */
	double value;
	const struct finding *finding;	/* the worst it is about; or NULL */
	const struct process *who;	/* the one it was measured at; or NULL */
};

struct check {
	enum check_state state;
	struct reading readings[GAUGE_N];
	bool by_gauge;			/* the state comes from `gauge`, not from severities */
	enum gauge gauge;
	size_t counts[KIND_N];		/* leaks, of all kinds */
	const struct finding *worst;	/* of the kinds that count; or NULL */
	size_t missing;			/* targets */
	const char *doubts[12];		/* what "nothing found" would not cover, clauses */
	size_t doubt_n;
	struct figures figures;		/* the caller's */
	double seconds;			/* the look took, without its pauses */
};

/* reports: of that snapshot; none when the target was not found.  Texts in the arena. */
void check_judge(const struct check_rule *rule, const struct snapshot *s,
		 const struct report *const *reports, size_t n, struct arena *a,
		 struct check *out);
