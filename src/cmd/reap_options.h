/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of leakscan reap. */
#pragma once

#include "cmd/target_options.h"
#include "reap/plan.h"

#define REAP_WHO "leakscan reap"

struct reap_options {
	struct question q;
	struct target_options target;	/* points to q */
	struct reap_policy policy;	/* policy.selected points into selected */
	pid_t selected[TARGET_PIDS_MOST];
	bool yes, json;
	const char *colour, *audit;
};

/* -1: go on; else the exit status to end with (help was printed, or an error told). */
int reap_options_read(struct reap_options *o, int argc, char **argv);
