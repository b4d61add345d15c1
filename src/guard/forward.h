/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals: all that can be blocked are read from a descriptor, and what was sent to us is
 * passed on once.  What a terminal or another process sends to our whole process group
 * reaches the command by itself, for with a terminal it is in that group, too; and what the
 * kernel tells us about ourselves does not concern it.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "guard/canary.h"
#include "reap/ops_pidfd.h"

struct forward {
	int fd;			/* signalfd; -1 */
	struct canary canary;
	const struct proc_dir *proc;
	sigset_t old_mask;	/* as it was when we were started: the command's */
};

struct heard {
	bool child;		/* SIGCHLD */
	bool stop;		/* our process group is asked to stop */
	bool go;		/* SIGCONT */
	int end;		/* a signal that asks us to end, or 0 */
};

/* Blocks them, and opens the descriptor.  0 or -errno. */
int forward_open(struct forward *f);
/* The command shares our process group: what the group gets is not passed on, until
 * forward_unshare().  proc must stay. */
void forward_share(struct forward *f, const struct proc_dir *proc);
void forward_unshare(struct forward *f);
/* Reads all that has come, passes on to the command (NULL: it is over) what is for it. */
void forward_read(struct forward *f, const struct pin *cmd, struct heard *out);
/* Stops us by the signal that stopped the command: a shell shows which it was.  Returns when
 * we are continued. */
void forward_stop(const struct pin *self, int sig);
void forward_close(struct forward *f);
