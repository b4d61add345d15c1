/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A check as the Monitoring Plugins guidelines want it: one line for the operator, of less
 * than 80 characters, the performance data behind its `|`, and below it what explains it.
 */
#pragma once

#include <stdio.h>

#include "model/check.h"

#define NAGIOS_NAME "LEAKSCAN"
#define NAGIOS_LINE_MOST 79	/* bytes, of the first line up to the performance data */

struct nagios_view {
	const struct check *check;
	const struct check_rule *rule;
	const struct snapshot *snapshot;
	const struct report *const *reports;
	size_t n;
	unsigned verbose;		/* 0 to 3 */
	const char *const *notes;	/* always told; may hold raw text */
	size_t note_n;
	const char *const *remarks;	/* told from -vv on; may hold raw text */
	size_t remark_n;
};

/* 0 or -EIO. */
int view_nagios(const struct nagios_view *v, FILE *out);
