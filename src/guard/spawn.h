/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting the command so that it sees what it would see without us: descriptors, signal
 * dispositions, terminal.  New is only its mark, and where there is no terminal to share,
 * a session of its own.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "guard/cgroup.h"
#include "guard/cookie.h"
#include "reap/ops_pidfd.h"

struct spawn {
	char *const *argv;	/* NULL at its end */
	const struct cookie *cookie;
	const struct own_cgroup *cgroup;
	const sigset_t *mask;	/* what the command is to have */
	bool own_session;
	bool sigchld_ignored;	/* as it was when we were started */
};

/* 0 with *child pinned, and *exec_fd: where it reports when the program cannot be run, closed
 * by the exec.  That may take as long as a file system likes, so nobody waits for it.
 * -errno: no process. */
int spawn(const struct spawn *s, struct pin *child, int *exec_fd);
/* Whether the program runs, or the child has given up. */
bool spawn_settled(int exec_fd);
/* Once the child has ended: errno with which the program could not be run (the child then
 * ended with 126 or 127), or 0.  Closes it. */
int spawn_error(int exec_fd);

/* A controlling terminal: then job control needs us in one process group with the command. */
bool spawn_shares_terminal(void);

/* Closes our copies of all that the command has inherited but stderr, so that nobody waits
 * for an end of file because of us.  keep: descriptors of ours; n of them. */
void spawn_let_go(const int *keep, size_t n);
