/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes that belong to the target, each with its evidence; built by family/.
 */
#pragma once

#include "model/snapshot.h"

enum confidence { CONF_NONE, CONF_WEAK, CONF_STRONG, CONF_EXACT };	/* in rising order */
const char *confidence_name(enum confidence c);		/* "exact" ... */

enum evidence_type {
	EV_PPID,	/* live chain of parents */
	EV_SESSION,	/* sid */
	EV_PGRP,	/* pgid */
	EV_COOKIE,	/* RLIMIT_LOCKS mark, LEAKSCAN_ID */
	EV_ENVIRON,	/* other environment values */
	EV_CGROUP, EV_UNIT, EV_NAMESPACE,
	EV_PIPE, EV_SOCKET,	/* the other end */
	EV_SAME_FILE,	/* the same open file description */
	EV_LAYOUT,	/* fork without exec */
	EV_STDIO, EV_CWD, EV_EXE,	/* weak ones */
	EV_ABANDONED,	/* nobody holds the other end of its stdio */
	EV_ADOPTED,	/* its parent is a reaper, and how that is known */
	EV_N
};
const char *evidence_name(enum evidence_type t);	/* "ppid", "same-file", ... */

struct evidence {
	enum evidence_type type;
	enum confidence strength;
	const char *detail;	/* one clause with the raw values; may hold raw process text */
};

enum relation {
	REL_TARGET,
	REL_DESCENDANT,	/* its chain of living parents ends at the target */
	REL_ORPHAN,	/* attributed by evidence; its parent is a reaper */
	REL_ORPHAN_DESCENDANT,	/* its chain of living parents ends at such an orphan */
	REL_POSSIBLE,	/* weak evidence only: printed, never attributed */
};
const char *relation_name(enum relation r);

enum intent { INTENT_LEAK, INTENT_DAEMON };

struct member {
	const struct process *process;
	enum relation relation : 8;
	enum confidence confidence : 8;
	enum intent intent : 8;		/* orphans; else INTENT_LEAK without meaning */
	bool detached;			/* own session and no stdio shared with the target */
	const struct evidence *evidence;	/* best first */
	size_t evidence_n, evidence_room;
	const char *intent_why;		/* set for INTENT_DAEMON */
	const struct member *head;	/* the orphan a REL_ORPHAN_DESCENDANT hangs below */
};

enum target_kind {
	TARGET_PID, TARGET_NAME, TARGET_CGROUP, TARGET_UNIT, TARGET_ALL,
	TARGET_COOKIE,	/* what was started under one `leakscan run` */
};

struct target {
	enum target_kind kind;
	const char *selector;		/* "pid=4711": the word in reports */
	pid_t pid;			/* TARGET_PID and TARGET_NAME; 0 for the others */
	const struct process *process;	/* NULL: dead, or not one process */
	const char *cgroup;		/* TARGET_CGROUP and TARGET_UNIT: the path */
	uint64_t cookie;		/* TARGET_COOKIE: the id of the run */
};

struct holders;

struct family {
	const struct target *target;
	const struct holders *holders;	/* when evidence took an index; or NULL */
	struct member *members;		/* target first, then by start time */
	size_t member_n, member_room;
	/* Once it is built: by index in the snapshot's processes, 1 + that in members; or NULL. */
	const uint32_t *places;
	const struct process *first_process;
	size_t place_n;
	/* Reapers learnt by observation, ascending by pid; see family/reapers.c */
	const struct reaper *reapers;
	size_t reaper_n;
	/* Orphans that might have belonged here but could not be judged: facts denied or
	 * stalled.  same_user: those of the target's user (or any, when that is unknown). */
	size_t unjudged, unjudged_same_user;
};

struct reaper { const struct process *process; const char *why; };

/* Call when members will not be moved any more. */
void family_index(struct family *f, const struct snapshot *s, struct arena *a);
const struct member *family_find(const struct family *f, const struct process *p);
const struct reaper *family_reaper(const struct family *f, pid_t pid);
