/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a target looked like from check to check: between memory/, which keeps it, and the
 * views.  -1 is unknown everywhere. */
#pragma once

#include "model/family.h"
#include "model/growth.h"

/* Of one target in one look.  Orphans, zombies, pipes: findings of warning or worse; the
 * others: sums over those members who surely belong to it. */
struct figures {
	int64_t processes, fds, children, zombies, orphans, pipes;
};

struct history_question {
	enum target_kind kind;
	pid_t pid;			/* TARGET_PID */
	const char *word;		/* TARGET_NAME (extended regex), UNIT, CGROUP */
	int64_t since_wall_s;		/* CLOCK_REALTIME */
};

struct history_point {
	int64_t wall_s;			/* CLOCK_REALTIME of that check: for people only */
	struct figures figures;
	bool restarted;			/* not the processes of the point before */
};

struct history {
	const char *selector;		/* "pid=4711": as asked, raw */
	const char *label;		/* command line or name, the latest known; raw; or NULL */
	pid_t pid;			/* the latest known; 0: not one process */
	bool whole;			/* false: it was only seen as a member of another target, so
					 * processes, orphans and pipes are not known */
	struct history_point *points;	/* oldest first */
	size_t n, room;
	struct growth fds;		/* since its last restart */
};

struct history_target {
	const char *selector;		/* raw */
	const char *label;		/* raw; or NULL */
	pid_t pid;			/* 0: not one process */
	int64_t first_wall_s, last_wall_s;
	int64_t checks;
	struct figures last;
};
