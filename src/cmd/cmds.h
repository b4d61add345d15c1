/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands.
 * Adding one: its file and header here, its line in cmds.c, its section in doc/leakscan.1,
 * its test; main.c stays as it is.
 */
#pragma once

#include <stdio.h>

/* Exit statuses of the commands that report (doc/leakscan.1, EXIT STATUS). */
enum { CMD_CLEAN = 0, CMD_LEAKS = 1, CMD_USAGE = 2, CMD_FAILED = 3 };

struct command {
	const char *name;
	const char *summary;			/* one line of the overview */
	int (*main)(int argc, char **argv);	/* argv[0] is the command's name */
};

/* NULL past the end. */
const struct command *cmd_at(size_t i);

/* Runs what argv asks for; without a command it is scan.  Returns the exit status. */
int cmd_run(int argc, char **argv);

/* Closes stdout and says so when that fails: a report that did not arrive is no report.
 * Returns status, or CMD_FAILED. */
int cmd_finish(int status);
