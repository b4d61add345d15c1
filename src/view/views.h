/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports to a stream, one file a view.
 * Adding one: the function here, its file, its line in cmd/options.c, its golden in tests.
 */
#pragma once

#include <stdio.h>

#include "model/report.h"

struct view_options {
	bool colour;		/* decided by the caller from --color, NO_COLOR, TERM, isatty */
	bool ascii;		/* no UTF-8 line art */
	bool terminal;		/* stdout is one: SINK_TERMINAL, else SINK_PLAIN */
	unsigned width;		/* cells; 0: no limit */
	unsigned verbose;	/* 1: all evidence and the whole family */
	const char *version;
};

/* Both return 0 or -EIO (the stream failed: full disk, closed pipe). */
int view_text(const struct report *const *reports, size_t n, const struct view_options *o, FILE *out);
int view_json(const struct report *const *reports, size_t n, const struct view_options *o, FILE *out);
