/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of popgen share: the namespace and its init, and the processes.
 */
#pragma once

#include <stdatomic.h>

enum {
	POPGEN_WORKERS = 6,
	POPGEN_FDS_LEAST = 4,	/* a root has stdin to stderr, and a log */
};

struct popgen {
	long processes, fds, app, orphan_percent, zombie_percent, inherit_percent;
	long apps, orphans, zombies;
	long one_stderr;	/* 0, 1 */
	char **command;
};

/* How many of one application are what; the one that is left over is the root. */
struct app { long processes, workers, leaves, orphans, zombies; };

/* What all of them see. */
struct shared {
	atomic_long standing;	/* processes that are complete */
	atomic_int broken;	/* errno of the first that could not */
	char why[64];
};

/* The i-th of n shares of a sum, which come out whole. */
long popgen_share(long sum, long i, long n);

/* In a child of init: becomes the application. */
_Noreturn void popgen_root(const struct popgen *want, const struct app *a,
			   struct shared *shared);
