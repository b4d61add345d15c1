/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ranges of the Monitoring Plugins guidelines: `[@][start:]end`.  They say what is all
 * right; outside (or, with @, inside) of it an alert is raised.  Both ends belong to it.
 */
#pragma once

#include "base/text.h"

enum range_unit {
	RANGE_COUNT,
	RANGE_PERCENT,		/* a % behind a number is taken */
	RANGE_SECONDS,		/* and durations: 90, 15m, 2h */
};

struct range {
	bool given;
	bool inside;		/* @: alert inside of it */
	double start, end;	/* may be -INFINITY and INFINITY */
};

/* "10", "10:", "~:10", "10:20", "@10:20", ":10".  0 or -EINVAL; *out untouched then. */
int range_parse(struct text word, enum range_unit unit, struct range *out);
/* Never for one that was not given. */
bool range_alerts(const struct range *r, double value);
/* Whether anything greater than the value would. */
bool range_alerts_above(const struct range *r, double value);
/* As it is written after a figure in performance data; "" when not given. */
char *range_text(const struct range *r, char *buf, size_t size);

struct threshold { struct range warning, critical; };

/* "W", "W,C" or ",C".  0 or -EINVAL; *out untouched then. */
int threshold_parse(struct text word, enum range_unit unit, struct threshold *out);
static inline bool threshold_given(const struct threshold *t)
{
	return t->warning.given || t->critical.given;
}
