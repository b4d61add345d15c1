/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of leakscan top. */
#pragma once

#include "cmd/target_options.h"
#include "reap/plan.h"

#define TOP_WHO "leakscan top"

struct top_options {
	struct question q;
	struct target_options target;
	struct reap_policy policy;	/* selected: not yet */
	uint64_t delay_ns;		/* 0: as often as the cost allows */
	bool mouse, unicode, readonly;
	const char *colour, *audit;
};

/* -1: go on; else the exit status to end with (help was printed, or an error told). */
int top_options_read(struct top_options *o, int argc, char **argv);
