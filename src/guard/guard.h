/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `leakscan run`: starts a command, stands in its place until it ends, then knows what it
 * left and ends that.  As a subreaper we are the parent of every orphan below us, and
 * waitid(2) saying ECHILD proves that nothing is left; only what entered another pid
 * namespace or was started by somebody else on the command's behalf is not below us.
 * One thread, one child list: no pid of a child of ours is reused before we reap it.
 */
#pragma once

#include <regex.h>

#include "guard/cgroup.h"
#include "guard/children.h"
#include "guard/cookie.h"
#include "guard/forward.h"
#include "model/run.h"
#include "reap/ops_pidfd.h"

struct guard_options {
	char *const *argv;
	uint64_t grace_ns;
	uint64_t timeout_ns;		/* 0: none */
	bool reap, fds;
	bool sigchld_ignored;		/* when we were started */
	const regex_t *allow;
	size_t allow_n;
	unsigned fail_on;
	const int *keep;		/* descriptors of the caller that are to stay open */
	size_t keep_n;
};

/* Runs it to its end.  0 and *out (free with run_report_free(); ours is all but the exit
 * status), or -errno when we failed before there was a command. */
int guard_run(const struct guard_options *o, struct run_report **out);

/* ---- between the files of this room */

/* Somebody left, held from before he was judged. */
struct victim {
	struct process_id id;
	struct pin pin;			/* not open: not judged, or given up */
	unsigned depth;			/* below us: 1 our child */
	bool judged;			/* since it was pinned */
	bool termed, denied, refused;
};

struct guard {
	const struct guard_options *o;
	struct run_report *r;
	struct proc_dir proc;
	struct forward forward;
	struct cookie cookie;
	struct own_cgroup cgroup;
	struct strangers strangers;
	struct pin cmd, self;
	int exec_fd;			/* see spawn() */
	bool running;			/* the command, and its time is not over */
	bool cmd_over;			/* and reaped */
	bool shares_terminal;
	bool proc_ours;			/* /proc is of our pid namespace */
	struct children seen;		/* orphans that came to us while the command ran */
	uint64_t output[2];		/* inode of its stdout and stderr when that is a pipe */
	uint64_t start_ns, end_ns;	/* CLOCK_BOOTTIME */
	uint64_t forks, last_pid;	/* when we began: see escapees.c */
	struct victim *victims;
	size_t victim_n, victim_room;
	size_t reaped;			/* children, so far */
	struct fd_watch *watched;	/* see descriptors.c */
	size_t watched_n, watched_room;
	uint64_t fds_ns;		/* when to look next */
	bool pins_refused;		/* no pidfds: nothing may be signalled */
};

/* guard.c: reaps what has ended, some of it.  0, or -ECHILD: no child is left. */
int guard_reap(struct guard *g);
/* Sleeps until a signal comes, ms at most; forwards; 0 time is up. */
bool guard_sleep(struct guard *g, int ms, struct heard *heard);
/* Nothing of the command's is left: no child but strangers, nobody in its control group. */
bool guard_alone(struct guard *g);

/* left.c: looks at the machine; adds whom it finds to the report and the victims.  Unless it
 * is late, it looks anew at those that are in the report. */
void left_gather(struct guard *g, bool late);
/* --allow names it: its program or its command line. */
bool left_named(const struct guard *g, const struct process *p);
/* Below us in the snapshot, and the command's: its depth, else 0. */
unsigned left_depth(const struct guard *g, const struct snapshot *s, const struct process *p);
/* A child of ours that --allow lets live. */
bool left_spared(const struct guard *g, pid_t child);

/* descriptors.c: with --fds, how many everybody below us has; now and then, and at the end. */
void fds_look(struct guard *g, uint64_t now_ns);
void fds_tell(struct guard *g);

/* clean.c: the seven steps, for all that was gathered. */
void guard_clean(struct guard *g);

/* escapees.c: whoever bears the mark and is not below us. */
void escapees_begin(struct guard *g);
void escapees_find(struct guard *g);
