/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options that name a TARGET, the same for every command that takes one by default. */
#pragma once

#include "cmd/judge.h"

#define TARGET_PIDS_MOST 256
#define OPT_COOKIE 0x1000	/* of struct option; beyond those of any command */

/* For getopt: ":" TARGET_LETTERS "..." */
#define TARGET_LETTERS "p:n:u:g:a"
#define TARGET_OPTIONS							\
	{ "pid", required_argument, NULL, 'p' },			\
	{ "name", required_argument, NULL, 'n' },			\
	{ "unit", required_argument, NULL, 'u' },			\
	{ "cgroup", required_argument, NULL, 'g' },			\
	{ "all", no_argument, NULL, 'a' },				\
	{ "cookie", required_argument, NULL, OPT_COOKIE }

struct target_options {
	const char *who;		/* "leakscan scan" */
	struct question *q;		/* .pids points into pids once one was given */
	pid_t pids[TARGET_PIDS_MOST];
	bool given;
};

/* Takes what getopt_long() returned.  0 taken; -1 it is none of these; else the exit
 * status, and why was told. */
int target_option(struct target_options *o, int got, const char *argument);

/* Tells what is wrong with an option and returns the exit status.  word may be NULL. */
int usage_error(const char *who, const char *what, const char *word, const char *why);
