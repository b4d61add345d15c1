/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of records about pipes, and a table of what is to be said of them. */
#ifndef TESTS_PIPE_LINES_H
#define TESTS_PIPE_LINES_H

#include "scene.h"

/* Everybody was seen; the target, 200, leads its session, and started 300. */
#define SEEN MACHINE("machine_fds=1 initial_pid_ns=1")
#define ABOVE INIT FD(1, 0, "rw", "/dev/null") SHELL_TTY
#define TARGET(rest) P(200, 5000, 100, 200, 200, "comm=app " rest)
#define CHILD(rest) P(300, 6000, 200, 200, 200, "comm=child " rest)
#define ORPHAN(rest) P(400, 6100, 1, 200, 200, "comm=left " rest)

/* The first thread, and since which second of 1000 it is so. */
#define TASK(pid, doing, more, since_s) \
	"task pid=" #pid " state=S doing=" doing " " more " since=" #since_s "000000000\n"
#define WRITES(pid, fd, since_s) TASK(pid, "writing", "fd=" #fd " pipe=1", since_s)
#define READS(pid, fd, since_s) TASK(pid, "reading", "fd=" #fd " pipe=1", since_s)
#define WAITS(pid) TASK(pid, "waiting-child", "", 900)
#define SLEEPS(pid) TASK(pid, "sleeping", "", 900)

struct pipe_row {
	const char *name, *lines;
	int severity;		/* enum severity; -1: no finding */
	pid_t subject, culprit;	/* culprit 0: nobody */
	int fd;			/* -1: several */
	const char *says;	/* a part of the message, or NULL */
};

/* Exactly this of the kind is found with target 200, or nothing. */
void pipe_row_check(const struct pipe_row *row, enum kind kind);
/* The same of a scan of the whole machine. */
void pipe_row_check_all(const struct pipe_row *row, enum kind kind);

#endif
