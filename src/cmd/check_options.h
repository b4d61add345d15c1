/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of leakscan check. */
#pragma once

#include "cmd/target_options.h"
#include "model/check.h"

#define CHECK_WHO "leakscan check"

struct check_options {
	struct question q;
	struct target_options target;
	struct check_rule rule;
	uint64_t timeout_ns;
	const char *state;		/* --state; NULL: the default one */
	bool no_state;
	unsigned verbose;
};

/* -1: go on; else the exit status to end with (help was printed, or a complaint). */
int check_options_read(struct check_options *o, int argc, char **argv);
