/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a question to reports: looks at the machine (or a record) step by step, asking for
 * no more than the verdict needs.  What scan, and later every other face, shares.
 */
#pragma once

#include "model/report.h"
#include "source/live.h"

struct memory;

struct question {
	enum target_kind kind;
	const pid_t *pids;		/* TARGET_PID */
	size_t pid_n;
	const char *word;		/* TARGET_NAME, TARGET_UNIT, TARGET_CGROUP, TARGET_COOKIE */
	struct policy policy;
	uint64_t for_ns, every_ns;	/* watch that long, that often; 0: no watch */
	const char *from;		/* a record to replay; NULL: this machine, now */
	bool around;			/* look around living pids only, where that tells the same */
	enum live_source source;	/* who tells what is there now */
	/* Judge the pipes of a whole machine, too, where the tables of everybody cost little. */
	bool pipes_of_all;
	/* The verdict before this one, of a machine that is watched: then its look is the
	 * first look, and nothing is waited for.  It should be FOLLOW_LEAST_NS old. */
	const struct snapshot *previous;
	unsigned turn;			/* looks since the first of them */
	bool may_stand;			/* when all is as it was then, no new verdict is wanted */
	struct live_kept *kept;		/* for all of these looks; or NULL */
	bool missing_is_fine;		/* no such target: no report, and no error */
	struct memory *memory;		/* what grew between the checks; NULL: no memory */
};

struct verdicts {
	struct snapshot *snapshot;
	struct report **list;
	size_t n;
	bool stands;			/* the one before does: nothing else is set */
};

/* 0, or -errno with *why (static or in the snapshot's life: printable text) saying what:
 * -EINVAL bad question (usage), -ENOENT nothing matches, others: could not look. */
int judge(const struct question *q, struct verdicts *out, char *why, size_t why_size);
/* In words, why live_walk() of that source has failed. */
void judge_no_look(enum live_source source, int err, char *why, size_t why_size);
void verdicts_free(struct verdicts *v);
