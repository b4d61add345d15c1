/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live source: this machine into a snapshot, step by step.  The kernel's own lists (BPF
 * iterators) are read at once and wait for nobody; all reading of /proc runs in killable
 * workers and comes back in bounded time.  What could not be read is marked in the processes
 * and in the coverage, never an error.
 *
 * One pass over /proc is not a snapshot: a process that forks and exits between the listing
 * and the read is missed.  So the walk lists again until a pass brings nothing new (three
 * at most), and whoever is to be reported is looked at again some hundred ms later
 * (live_again): same pid, same start, still in that state.
 */
#pragma once

#include "model/snapshot.h"

enum live_source {
	LIVE_AUTO,	/* LIVE_BPF where it can be had, else, without a word, LIVE_PROCFS */
	LIVE_BPF,
	LIVE_PROCFS,
};

/* The machine and all its processes: FACT_STAT, fd_count, now; by LIVE_BPF FACT_STATUS,
 * FACT_LIMITS and FACT_SCHED, too.  0 and *out (shared arena), or -errno: no /proc at all, no
 * process could be started; of LIVE_BPF what live_bpf_missing() tells in words. */
int live_walk(enum live_source source, struct snapshot **out);
const char *live_bpf_missing(int err);
/* What is kept from look to look so that it need not be made again: the loaded programs, until
 * the end.  Of the thread that looks; a snapshot must not be read into beyond it. */
struct live_kept;
struct live_kept *live_keep(void);		/* NULL: no memory; then nothing is kept */
void live_keep_end(struct live_kept *kept);	/* NULL is fine */

/* The look before, of a machine that is watched. */
struct live_before {
	const struct snapshot *snapshot;	/* NULL: there was none */
	unsigned turn;		/* looks since the first: goes up by one each time */
	bool may_stand;		/* nobody needs a snapshot when all is as it was in that one */
	struct live_kept *kept;	/* or NULL */
};
/* The same for a fraction: what the look before still tells is taken from there (now.at_ns
 * says when it was read).  *out is NULL when it may stand, and does. */
int live_refresh(enum live_source source, const struct live_before *before,
		 struct snapshot **out);

/* The processes around these living ones only: themselves and all below them, their ancestors
 * with all their children, who was left behind in a session of theirs, the leaders of all those,
 * and ourselves; coverage.partial is set.  As live_walk() with LIVE_PROCFS, but of descriptors only the
 * targets' are counted.  -EXDEV: that cannot be told apart from the rest (see targeted.c). */
int live_walk_around(const pid_t *targets, size_t n, struct snapshot **out);

/* Reads facts (FACT_BIT mask) of these processes; those that were read already are not read
 * again. */
void live_facts(struct snapshot *s, struct process *const *who, size_t n, uint32_t facts);

/* The same of everybody but kernel threads, and says so in the coverage.  Where the walk was
 * by LIVE_BPF, FACT_FDS, FACT_CGROUP and FACT_TASKS cost one pass of the kernel each. */
void live_machine(struct snapshot *s, uint32_t facts);

/* Whether that is so: then to know the tables and threads of everybody costs little. */
bool live_lists_all(const struct snapshot *s);

/* unix sockets with their peers, and TCP sockets in the given states (1 << enum tcp_state),
 * of our network namespace, by sock_diag(7): no rights needed.  Anew at each call. */
#define LIVE_TCP_STATES (1U << TCP_STATE_LISTEN | 1U << TCP_STATE_CLOSE_WAIT)
void live_sockets(struct snapshot *s, unsigned tcp_states);

/* Answers go into the descriptors; what cannot be had stays unknown. */
void live_descriptors(struct snapshot *s, const struct fd_question *questions, size_t n);

/* One sample of each: descriptors and children, into s->series; with kinds also the
 * descriptors by kind (reads all links).  How many of them have not ended. */
size_t live_sample(struct snapshot *s, struct process *const *who, size_t n, bool kinds);

/* Compares descriptors by kcmp(2); keeps those that are the same open file description. */
void live_same_files(struct snapshot *s, const struct same_file *pairs, size_t n);

/* Pid files below /run. */
void live_pidfiles(struct snapshot *s);

/* The second look at these processes: now moves to before, gone is set for whoever left.
 * Waits until `after_ns` have passed since the first look. */
void live_again(struct snapshot *s, struct process *const *who, size_t n, uint64_t after_ns);
