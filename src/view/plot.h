/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A figure over time, drawn in characters. */
#pragma once

#include "view/text.h"

struct plot_point {
	int64_t at_s;
	int64_t value;		/* -1: unknown */
	bool mark;		/* a `^` below the axis */
};

/* rows: of the drawing, without axis and labels; width: cells in all, 24 at least.  Oldest
 * first; what is out of order is drawn where it belongs. */
void plot_draw(const struct sheet *t, const char *title, const struct plot_point *points, size_t n,
	       unsigned width, unsigned rows);
/* "17:05:12", "17:05", "11-24 17:05", "2025-11-24 17:05": as much as tells it from the other. */
char *plot_time(struct arena *a, int64_t at_s, int64_t other_s);
