/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading what may never answer.  An unprivileged user can make root's read of another
 * process's cmdline, environ, stat and links block for ever; no signal but SIGKILL ends
 * such a read.  So all reading of /proc/PID is done in a forked worker that fills shared
 * memory; this side never reads, it only watches progress.  An item that blocks is left
 * behind with its worker, and the next worker goes on behind it.
 *
 * No signal is sent from here: each worker carries a kernel timer that ends it by SIGKILL
 * once it has made no progress for a while, and dies with us by PR_SET_PDEATHSIG.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct ticket;

/* A list of items to be read.  Items may raise the count while they run. */
struct work {
	/* Runs in the worker.  May block.  Collects privately, then, if ticket_claim() says
	 * true, writes its result to shared memory at once; otherwise it came too late. */
	void (*item)(void *context, void *own, size_t i, struct ticket *t);
	/* Runs once in each new worker before its first item; what it returns is the
	 * worker's own, as `own`, for every later work that begins so, too; NULL ends the
	 * worker.  May be absent. */
	void *(*begin)(void *context);
	/* Runs here, at the end, for each item that was left behind; NULL is fine. */
	void (*stalled)(void *context, size_t i);
	void *context;
	size_t n;		/* items at the start */
	size_t most;		/* items at the end at most; 0: as n */
};

struct work_result {
	size_t done, stalled;
	bool cut;		/* gave up before the end */
};

/* Works in an arena, which must be shared: one worker at a time, which is kept for the next
 * work.  So what a work's context leads to must lie in that arena, or have been there at the
 * first work.  Of one thread: a worker dies with the one that forked it. */
struct crew;
struct crew *crew_new(struct arena *arena);
/* Runs the work to its end.  0, or -errno when no worker could be started at all (out->cut
 * is set then, too). */
int crew_run(struct crew *c, const struct work *w, struct work_result *out);
void crew_end(struct crew *c);

/* The same with a crew of its own. */
int work_run(struct arena *arena, const struct work *w, struct work_result *out);

/* What a worker calls itself: a child of ours of that name is none of the machine's. */
#define WORKER_NAME "leakscan:reader"

bool ticket_claim(struct ticket *t);
/* "Still moving": for items that take long for good reasons. */
void ticket_beat(struct ticket *t);
/* There are n items in all, or work.most: may only grow.  Only of a claimed ticket. */
void ticket_items(struct ticket *t, size_t n);
