/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operations of the reaper on this machine, and those that only predict.  Judging the
 * whole rule again needs the question that was asked, so the caller lends that.
 */
#pragma once

#include <signal.h>

#include "reap/reaper.h"

struct live_reap {
	struct plan *plan;
	const struct reap_policy *policy;
	pid_t target_sid;		/* a dead target's, that led its session; 0 */

	/* Looks and judges anew.  0 and *out (until rejudged() is called), or -errno. */
	int (*rejudge)(void *context, const struct report **out);
	void (*rejudged)(void *context);
	int (*intent)(void *context, const struct patient *p, const char *what);
	void (*result)(void *context, const struct patient *p, const char *what, int err);
	void *context;
	const volatile sig_atomic_t *cancelled;

	struct snapshot *walk;		/* the last one; begins as NULL */
	unsigned target_unseen;		/* walks in a row without anybody in target_sid */
};

void ops_live(struct reap_ops *out, struct live_reap *l);
void ops_live_end(struct live_reap *l);

/* Of those in state D, what for: a vfork is none, a v1 freezer is worse. */
void ops_live_predict(struct plan *plan);

/* What would be sent to each patient: sets `would`, touches nothing. */
void ops_dry_run(struct plan *plan);

/* The control group that all of them are in, as far as known; NULL none, or the root. */
const char *cgroup_common(struct patient *const *who, size_t n);
/* cgroup.kill where that group holds nobody else: ops_cgroup.c.  0, -ENOENT not so. */
int cgroup_kill(struct patient *const *who, const struct pin *pins, size_t n);
/* A listening socket of the pinned one: shut, not closed, so its descriptor table stays as
 * it is.  0, or -EBADF no such descriptor, -ESTALE it is not that socket, or it does not
 * listen; -EPERM, -ESRCH dead, -EBUSY it listens still. */
int close_socket(const struct pin *pin, int fd, uint64_t inode);
