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
	const char *label;	/* metrics: the value of the label target; NULL: of the selector */
};

/* All return 0 or -EIO (the stream failed: full disk, closed pipe). */
int view_text(const struct report *const *reports, size_t n, const struct view_options *o, FILE *out);
int view_json(const struct report *const *reports, size_t n, const struct view_options *o, FILE *out);

/*
 * Metrics of all these reports together, under one value of the label `target`: that is how
 * the number of series stays bounded (METRICS_SERIES_MOST), whatever processes call
 * themselves, and from scan to scan.  No pid, no name of a process is ever a label.
 */
#define METRICS_UNITS_MOST 20
#define METRICS_SERIES_MOST 100
/* Prometheus' text format 0.0.4, for a textfile collector; and OpenMetrics 1.0. */
int view_prometheus(const struct report *const *reports, size_t n, const struct view_options *o,
		    FILE *out);
int view_openmetrics(const struct report *const *reports, size_t n, const struct view_options *o,
		     FILE *out);
