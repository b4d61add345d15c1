/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a machine that is watched must be read again, and what the look before still tells.
 * Pure: rules over the look before and a bare listing of /proc, which gives for each process
 * its number and the inode number of its directory.
 *
 * That inode number is an identity that costs nothing.  The inode hangs on the kernel's struct
 * pid, not on the number: when a process is reaped the kernel drops it (proc_flush_pid() in
 * fs/proc/base.c), and whoever gets the number next gets a new inode, numbered by a counter
 * that only goes up (get_next_ino() in fs/inode.c, 32 bits).  An inode that was dropped for
 * want of memory comes back with another number, too, and costs one read more.  So a number
 * that stayed means a process that stayed; exec keeps it.
 */
#pragma once

#include "model/snapshot.h"

/* Looks until the last of those that nothing has happened to has been read again. */
#define REFRESH_TURNS 16
/* How many of them are counted at each look; all, where they are not more. */
#define REFRESH_COUNTS 4096
/* Where only a change is looked for: looks until each of those whom the verdict looked at
 * closely has been asked whether it has run. */
#define REFRESH_RESTS 8
/* Older than this the look before tells nothing. */
#define REFRESH_OLD_NS (UINT64_C(600) * 1000000000)

/* In rising order of what it costs. */
enum refresh_want {
	REFRESH_KEEP,	/* as it was */
	REFRESH_COUNT,	/* its descriptors: none any more is the sign of a zombie */
	REFRESH_REST,	/* counted, and its `status`: whether it has run since (refresh_rests()) */
	REFRESH_READ,	/* counted, and its `stat` */
};

struct refresh_entry {
	pid_t pid;
	uint64_t inode;			/* of /proc/PID; 0 unknown */
	const struct process *before;	/* who it was in the look before; NULL: not there */
	enum refresh_want want;
	bool gone;			/* ended since it was listed */
	int64_t fd_count;		/* -1: not counted */
};

struct refresh_rule {
	const struct snapshot *previous;
	unsigned turn;			/* goes up by one at each look */
	bool only_changes;		/* whether there is any; not: for a new verdict */
};

/* Whether the look before is fit to be refreshed. */
bool refresh_fits(const struct snapshot *previous, uint64_t now_ns);

/* After the listing (ascending by pid; pid and inode are set): finds `before`, says whom to
 * count, and whom to read whatever the count will be.  How many of the look before are no
 * longer there. */
size_t refresh_listed(const struct refresh_rule *rule, struct refresh_entry *list, size_t n);
/* After the counts (fd_count, gone): who else is to be read.  What the counts made one read,
 * only ever rises. */
void refresh_counted(struct refresh_entry *list, size_t n);

/* `now` is the process of `before`, its status and count just read: it has not run since, so
 * what only it can change is as it was. */
bool refresh_rests(const struct process *before, const struct process *now);

/* `now` has been read again: whether anything that a verdict can hang on is not as it was. */
bool refresh_differs(const struct process *before, const struct process *now);
/* Whether the verdict looked at it closely: then its descriptors count, too. */
bool refresh_looked_at(const struct process *p);
bool refresh_fds_differ(const struct process *before, const struct process *now);

/* The same of two whole looks that read everybody, for `switches` that go up whenever any thread
 * runs: whether anything differs but us. */
bool refresh_same(const struct snapshot *before, const struct snapshot *now);
/* What is dear to read of those who have not run since, taken over from there. */
void refresh_facts(const struct snapshot *before, struct snapshot *now);

/* The process of an entry that was not read, at this look. */
void refresh_keep(struct arena *a, const struct refresh_entry *e, uint64_t now_ns,
		  struct process *out);
/* That of one that rests: with all its facts, copied into the arena; status and count are
 * those of `now`. */
void refresh_rest(struct arena *a, const struct process *before, const struct process *now,
		  struct process *out);
