/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of leakscan reap. */
#pragma once

#include "cmd/judge.h"
#include "reap/plan.h"

#define REAP_WHO "leakscan reap"
#define REAP_PIDS_MOST 256

struct reap_options {
	struct question q;		/* q.pids points into pids */
	struct reap_policy policy;	/* policy.selected points into selected */
	pid_t pids[REAP_PIDS_MOST], selected[REAP_PIDS_MOST];
	bool target_given, yes, json;
	const char *colour, *audit;
};

/* -1: go on; else the exit status to end with (help was printed, or an error told). */
int reap_options_read(struct reap_options *o, int argc, char **argv);
