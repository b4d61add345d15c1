/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A figure over the time that the dashboard has been looking, for sparklines and for the
 * time that is left.  Bounded: when it is full every second sample goes, and from then on
 * half as many are taken.
 */
#pragma once

#include "base/arena.h"
#include "model/growth.h"

#define HISTORY_MOST 256

struct history {
	struct sample samples[HISTORY_MOST];	/* oldest first */
	size_t n;
	uint64_t least_gap_ns;
	int64_t latest;
	bool known;		/* `latest` is set */
};

void history_add(struct history *h, uint64_t at_ns, int64_t value);

/* One character a sample, at most `cells`, the latest to the right; "" for less than two.
 * from_zero: the scale begins at 0, for counts; else at the least one seen. */
const char *history_spark(const struct history *h, unsigned cells, bool from_zero, bool ascii,
			  struct arena *a);
