/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples, thinned out as they get many, and a picture of them one line high. */
#include "tui/history.h"

#include <string.h>

#define LEVELS 8
/* A range smaller than that part of the figure is noise: not blown up to the full height. */
#define NOISE_PART 10
/* A count that stays as it is is drawn at this part of the height. */
#define FLAT 3

void history_add(struct history *h, uint64_t at_ns, int64_t value)
{
	h->latest = value;
	h->known = true;
	if (h->n && at_ns < h->samples[h->n - 1].at_ns + h->least_gap_ns)
		return;
	if (h->n == HISTORY_MOST) {
		uint64_t span = at_ns - h->samples[0].at_ns;

		for (size_t i = 0; i < HISTORY_MOST / 2; i++)
			h->samples[i] = h->samples[2 * i + 1];
		h->n = HISTORY_MOST / 2;
		/* a little less than the even distance, so that jitter loses none */
		h->least_gap_ns = span / HISTORY_MOST * 9 / 5;
	}
	h->samples[h->n++] = (struct sample){ at_ns, value };
}

/* The figure at cell i of n: the latest of the samples that fall into it. */
static int64_t value_in(const struct history *h, size_t i, size_t n)
{
	size_t at = n < h->n ? (i + 1) * h->n / n - 1 : i;

	return i + 1 == n ? h->latest : h->samples[at].value;
}

static int level_of(int64_t value, int64_t low, int64_t high)
{
	int64_t range = high - low, level;

	if (range <= 0 || value <= low)
		return 0;
	level = (int64_t)((double)(value - low) * (LEVELS - 1) / (double)range + 0.5);
	/* what is more than the least must look like more */
	return level < 1 ? 1 : level >= LEVELS ? LEVELS - 1 : (int)level;
}

const char *history_spark(const struct history *h, unsigned cells, bool from_zero, bool ascii,
			  struct arena *a)
{
	static const char *const bars[2][LEVELS] = {
		{ "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588" },
		{ "_", ".", "-", "~", "=", "+", "*", "#" },
	};
	size_t n = h->n < 2 ? 0 : h->n < cells ? h->n : cells;
	int64_t low = INT64_MAX, high = INT64_MIN;
	char *text = arena_calloc(a, n + 1, 4), *end = text;

	for (size_t i = 0; i < n; i++) {
		int64_t value = value_in(h, i, n);

		low = value < low ? value : low;
		high = value > high ? value : high;
	}
	if (n && from_zero && low == high && high)
		high = FLAT * high;	/* what does not move is no reason to shout */
	if (n && from_zero)
		low = 0;
	else if (n && high - low < low / NOISE_PART + 1)
		high = low + low / NOISE_PART + 1;
	for (size_t i = 0; i < n; i++) {
		const char *bar = bars[ascii][level_of(value_in(h, i, n), low, high)];

		end = stpcpy(end, bar);
	}
	return text;
}
