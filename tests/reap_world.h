/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world for the reaper in which we own the clock, the pids and everybody's fate, and see
 * who is hit.  Before each operation something may happen: a pid may change hands.
 */
#ifndef TESTS_REAP_WORLD_H
#define TESTS_REAP_WORLD_H

#include "reap/reaper.h"

enum { WORLD_MAX = 64, SENT_MAX = 256 };

struct soul {
	pid_t pid;
	uint64_t start;
	int dead;		/* as pin_look() */
	bool innocent;
	bool ignores_term, stuck, denied, stopped;
	bool never_reaped;	/* its parent does not wait */
	bool forks_once;	/* leaves a child behind when it is terminated */
	bool dies_when_judged;	/* by itself, and is reaped a while later */
	uint64_t reaped_at_ns;
	pid_t ppid;
	uint64_t dies_at_ns;	/* after a SIGTERM it takes so long: term_ns */
	uint64_t term_ns;
	bool term_pending;
	unsigned signals;	/* that reached it */
	unsigned shut;		/* sockets of it */
	int zombies;		/* of a parent: what it takes per SIGCHLD: -1 all, n, 0 none */
};

struct world {
	uint64_t now_ns;
	struct soul souls[WORLD_MAX];
	size_t n;
	struct { pid_t pid; int sig; size_t soul; } sent[SENT_MAX];
	size_t sent_n;
	unsigned ops, judged[3], waits;
	int cancelled, cancel_at_wait, cancel_again_at_wait;
	bool audit_fails, groups_work;
	/* How many looks for late ones there were, in how many of them a session is still
	 * seen, and how often a dead one was said to have led one. */
	unsigned looks, session_looks, sessions_offered;
	int close_error;		/* what every close_socket() returns */
	int no_pidfd;
	enum refusal refuse_at[3];	/* by enum judge_how */
	unsigned refuse_times;		/* so often; 0 always */
	/* at this operation (1 first) the process of that pid is replaced */
	unsigned reuse_at;
	pid_t reuse_pid;
	bool same_tick;
	struct plan *plan;
};

struct soul *world_add(struct world *w, pid_t pid);
/* A patient of it in the world's plan. */
struct patient *world_patient(struct world *w, const struct soul *s, enum treatment t);
/* NULL or who has the pid now. */
struct soul *world_who(struct world *w, pid_t pid);
void world_open(struct world *w);
void world_close(struct world *w);
void world_ops(struct world *w, struct reap_ops *out);
int world_run(struct world *w);
/* Something may happen now. */
void world_tick(struct world *w);
int world_hit(struct world *w, struct soul *s, int sig);
size_t world_sent(const struct world *w, pid_t pid, int sig);
/* Signals that hit an innocent one. */
unsigned world_wrong(const struct world *w);

#endif
