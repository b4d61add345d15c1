/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One verdict about one target: what views print and exit statuses are made from.
 */
#pragma once

#include "model/finding.h"
#include "model/holders.h"

struct policy {
	uint64_t min_age_ns;		/* younger orphans and zombies are info */
	unsigned fd_warning_percent, fd_critical_percent;	/* of the soft limit */
};
struct policy policy_default(void);

/* What detectors look at. */
struct scene {
	const struct snapshot *snapshot;
	const struct family *family;
	const struct policy *policy;
	const struct holders *holders;
};

/* What "nothing found" would say nothing of; bits. */
enum blindness {
	BLIND_MACHINE = 1,	/* processes may be there that were not seen at all */
	BLIND_TARGET = 2,	/* the target itself could not be read in full */
	BLIND_CANDIDATES = 4,	/* whether somebody is its orphan could not be told */
};

struct report {
	struct arena *arena;		/* owns all but the snapshot */
	const struct snapshot *snapshot;
	const struct target *target;
	struct family family;
	struct findings findings;
	bool complete;			/* false: "nothing found" would not mean clean */
	unsigned blind_to;		/* enum blindness */
	const char *blind[8];		/* why not complete, one clause each */
	size_t blind_n;
};

struct report *report_new(const struct snapshot *s);
void report_free(struct report *r);	/* NULL is fine; leaves the snapshot */

/* 0 clean, 1 leaks (a finding of warning or worse), 3 nothing found but blind. */
int report_status(const struct report *r);
size_t report_count(const struct report *r, enum kind k, enum severity at_least);
