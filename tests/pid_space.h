/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pid namespace of a test's own, with its /proc, where the test chooses the pids. */
#ifndef TESTS_PID_SPACE_H
#define TESTS_PID_SPACE_H

#include <sys/types.h>

/* Runs the suite as a child of the init of a new pid namespace, which adopts and reaps.  The
 * value is main()'s; where no namespace can be had, the test `what` is skipped. */
int pid_space_main(const char *what, int (*suite_run)(void));

/* Whoever is forked next gets that pid, when it is free. */
void pid_space_next(pid_t pid);

#endif
