/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of leakscan reap. */
#pragma once

#include "cmd/ask.h"
#include "reap/plan.h"

#define REAP_WHO "leakscan reap"

struct reap_options {
	struct ask ask;
	struct reap_policy policy;	/* policy.selected points into selected */
	pid_t selected[ASK_PIDS_MOST];
	bool yes, json;
	const char *colour, *audit;
};

/* -1: go on; else the exit status to end with (help was printed, or an error told). */
int reap_options_read(struct reap_options *o, int argc, char **argv);
