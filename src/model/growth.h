/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does a figure grow, or does it only move?  Pure arithmetic over samples.  The kernel tells
 * how many there are now and never which of them are still wanted: so growth is read off
 * the floor, the least that was ever left over, and never off the last minus the first.
 */
#pragma once

#include "model/snapshot.h"

struct growth {
	bool judged;		/* long and dense enough to say anything */
	bool grows;		/* the floor rises steadily, to the end */
	double per_minute;	/* slope of the floor; meaningful when judged */
	double floor_rise;	/* over the time that was watched */
	double floor_first, floor_last;	/* least of the first and of the last window */
	double level;		/* the last sample */
	unsigned windows;
	double seconds;		/* from the first to the last sample */
	double cycle_seconds;	/* no usual cycle of work is longer, for such samples */
};

/* samples: oldest first.  Out of order, too few, too short: not judged. */
struct growth growth_of(const struct sample *samples, size_t n);

/* The same of samples that are minutes apart, over hours: one more in two hours counts, and
 * a day is a usual cycle of work. */
struct growth growth_of_checks(const struct sample *samples, size_t n);
/* Whichever of the two the series is for. */
struct growth growth_of_series(const struct series *s);

/* Whether growth at this rate can be what the process has done for a good part of its
 * life, or was watched for so long that no usual cycle is left to explain it.  A cycle that
 * is longer than the observation looks exactly like growth; but it starts over again and
 * again, so that it never gathers what its age and its slope would come to. */
bool growth_is_lasting(const struct growth *g, double age_seconds);

/* Its rate for people, with *unit "a minute" or, when it is slow, "an hour". */
double growth_rate(const struct growth *g, const char **unit);

/* Seconds until `limit` is reached; 0 when it is.  Only for what grows. */
double growth_seconds_left(const struct growth *g, uint64_t limit);
