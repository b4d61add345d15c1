/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers without locale, exponent or sign but a minus: as the guidelines have them. */
#include "model/threshold.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MOST 32	/* bytes */

static int plain_number(struct text t, double *out)
{
	char copy[NUMBER_MOST + 1];
	size_t digits = 0, dots = 0;

	if (!t.n || t.n > NUMBER_MOST)
		return -EINVAL;
	for (size_t i = 0; i < t.n; i++) {
		bool digit = t.at[i] >= '0' && t.at[i] <= '9';

		digits += digit;
		dots += t.at[i] == '.';
		if (!digit && t.at[i] != '.' && !(t.at[i] == '-' && !i))
			return -EINVAL;
	}
	if (!digits || dots > 1)
		return -EINVAL;
	memcpy(copy, t.at, t.n);
	copy[t.n] = 0;
	*out = strtod(copy, NULL);
	return 0;
}

static int number(struct text t, enum range_unit unit, double *out)
{
	uint64_t ns;

	if (unit == RANGE_PERCENT && t.n && t.at[t.n - 1] == '%')
		t.n--;
	if (unit != RANGE_SECONDS || !plain_number(t, out))
		return plain_number(t, out);
	if (text_duration_ns(t, &ns))
		return -EINVAL;
	*out = (double)ns / 1e9;
	return 0;
}

int range_parse(struct text word, enum range_unit unit, struct range *out)
{
	struct range r = { .given = true, .end = INFINITY };
	const char *colon;
	struct text start = { .n = 0 };

	if (word.n && word.at[0] == '@') {
		r.inside = true;
		word = (struct text){ word.at + 1, word.n - 1 };
	}
	if (!word.n)
		return -EINVAL;
	colon = memchr(word.at, ':', word.n);
	if (colon) {
		start = (struct text){ word.at, (size_t)(colon - word.at) };
		word = (struct text){ colon + 1, word.n - start.n - 1 };
	}
	if (text_is(start, "~"))
		r.start = -INFINITY;
	else if (start.n && number(start, unit, &r.start))
		return -EINVAL;
	/* without an end it has none; but not without a colon */
	if ((word.n || !colon) && number(word, unit, &r.end))
		return -EINVAL;
	if (r.start > r.end)
		return -EINVAL;
	*out = r;
	return 0;
}

bool range_alerts(const struct range *r, double value)
{
	bool within = value >= r->start && value <= r->end;

	return r->given && within == r->inside;
}

bool range_alerts_above(const struct range *r, double value)
{
	if (!r->given)
		return false;
	return r->inside ? value < r->end : r->end < INFINITY || value < r->start;
}

static size_t put(char *buf, size_t size, size_t used, const char *text)
{
	int n = used < size ? snprintf(buf + used, size - used, "%s", text) : 0;

	return used + (n > 0 ? (size_t)n : 0);
}

static size_t put_number(char *buf, size_t size, size_t used, double value)
{
	char text[64];
	size_t n;

	/* no exponent, and no more digits than somebody typed */
	snprintf(text, sizeof(text), "%.6f", value);
	n = strlen(text);
	while (text[n - 1] == '0')
		n--;
	text[text[n - 1] == '.' ? n - 1 : n] = 0;
	return put(buf, size, used, text);
}

char *range_text(const struct range *r, char *buf, size_t size)
{
	size_t used = 0;

	if (size)
		buf[0] = 0;
	if (!r->given)
		return buf;
	if (r->inside)
		used = put(buf, size, used, "@");
	if (r->start == -INFINITY)
		used = put(buf, size, used, "~:");
	else if (r->start != 0 || r->end == INFINITY)
		used = put(buf, size, put_number(buf, size, used, r->start), ":");
	if (r->end < INFINITY)
		put_number(buf, size, used, r->end);
	return buf;
}

int threshold_parse(struct text word, enum range_unit unit, struct threshold *out)
{
	const char *comma = memchr(word.at, ',', word.n);
	struct threshold t = { .warning.given = false };
	struct text first = word;

	if (comma) {
		struct text second = { comma + 1, word.n - (size_t)(comma - word.at) - 1 };

		first.n = (size_t)(comma - word.at);
		if (range_parse(second, unit, &t.critical))
			return -EINVAL;
	}
	if ((first.n || !comma) && range_parse(first, unit, &t.warning))
		return -EINVAL;
	*out = t;
	return 0;
}
