/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TARGET of a command line: -p -n -u -g -a and --cookie, for the commands that judge. */
#pragma once

#include "cmd/judge.h"

#define ASK_PIDS_MOST 256
#define ASK_COOKIE 200		/* the option value of --cookie, which has no letter */

/* Members of a getopt_long() table, and the letters that go with them. */
#define ASK_OPTIONS \
	{ "pid", required_argument, NULL, 'p' }, \
	{ "name", required_argument, NULL, 'n' }, \
	{ "unit", required_argument, NULL, 'u' }, \
	{ "cgroup", required_argument, NULL, 'g' }, \
	{ "all", no_argument, NULL, 'a' }, \
	{ "cookie", required_argument, NULL, ASK_COOKIE }
#define ASK_LETTERS "p:n:u:g:a"

struct ask {
	const char *who;		/* "leakscan scan": begins every complaint */
	struct question q;		/* q.pids points into pids */
	pid_t pids[ASK_PIDS_MOST];
	bool given;
};

/* All of the machine, by the default policy. */
void ask_init(struct ask *a, const char *who);
/* Takes one option of the table above; false when it is none of them.  *status is 0, or
 * CMD_USAGE after a complaint on stderr. */
bool ask_take(struct ask *a, int got, const char *word, int *status);
/* "10s" and the like: 0, or CMD_USAGE after a complaint. */
int ask_time(const struct ask *a, const char *option, const char *word, uint64_t *out);
/* Complains about an option's word (NULL: none to show), and returns CMD_USAGE. */
int ask_wrong(const struct ask *a, const char *option, const char *word, const char *why);
