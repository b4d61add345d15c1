/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers out of bytes, and figures for people.  The C library's own number readers skip
 * blanks, take signs, follow the locale and need a NUL; texts out of /proc have none, and
 * a name in them may hold anything.  So each reader here looks at every byte itself.
 */
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)
#define PID_LIMIT (UINT64_C(1) << 22)	/* PID_MAX_LIMIT of a 64-bit kernel */

struct text text_of(const char *nul_terminated)
{
	return (struct text){ nul_terminated, strlen(nul_terminated) };
}

bool text_is(struct text t, const char *word)
{
	size_t n = strlen(word);

	return t.n == n && (n == 0 || memcmp(t.at, word, n) == 0);
}

bool text_starts(struct text t, const char *prefix)
{
	size_t n = strlen(prefix);

	return t.n >= n && (n == 0 || memcmp(t.at, prefix, n) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct text text_trim(struct text t)
{
	while (t.n > 0 && is_blank(t.at[0])) {
		t.at++;
		t.n--;
	}
	while (t.n > 0 && is_blank(t.at[t.n - 1]))
		t.n--;
	return t;
}

bool text_line(struct text *rest, struct text *line)
{
	const char *end;
	size_t taken;

	if (rest->n == 0)
		return false;
	end = memchr(rest->at, '\n', rest->n);
	line->at = rest->at;
	line->n = end ? (size_t)(end - rest->at) : rest->n;
	taken = line->n + (end ? 1 : 0);
	rest->at += taken;
	rest->n -= taken;
	return true;
}

bool text_word(struct text *rest, struct text *word)
{
	size_t n = 0;

	while (rest->n > 0 && is_blank(rest->at[0])) {
		rest->at++;
		rest->n--;
	}
	if (rest->n == 0)
		return false;
	while (n < rest->n && !is_blank(rest->at[n]))
		n++;
	*word = (struct text){ rest->at, n };
	rest->at += n;
	rest->n -= n;
	return true;
}

static unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	if (c >= 'A' && c <= 'F')
		return (unsigned)(c - 'A') + 10;
	return 99;
}

static int number(struct text t, unsigned base, uint64_t *out)
{
	uint64_t value = 0;
	bool wrapped = false;
	size_t i;

	if (t.n == 0)
		return -EINVAL;
	for (i = 0; i < t.n; i++) {
		unsigned digit = digit_of(t.at[i]);

		if (digit >= base)
			return -EINVAL;
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			wrapped = true;
	}
	if (wrapped)
		return -ERANGE;
	*out = value;
	return 0;
}

int text_u64(struct text t, uint64_t *out)
{
	return number(t, 10, out);
}

int text_hex64(struct text t, uint64_t *out)
{
	return number(t, 16, out);
}

int text_octal64(struct text t, uint64_t *out)
{
	return number(t, 8, out);
}

int text_i64(struct text t, int64_t *out)
{
	bool negative = t.n > 0 && t.at[0] == '-';
	uint64_t size, limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	int r;

	if (negative) {
		t.at++;
		t.n--;
	}
	r = number(t, 10, &size);
	if (r < 0)
		return r;
	if (size > limit)
		return -ERANGE;
	/* -size would not fit for INT64_MIN itself */
	*out = negative && size > 0 ? -(int64_t)(size - 1) - 1 : (int64_t)size;
	return 0;
}

int text_pid(struct text t, int *out)
{
	uint64_t pid;
	int r = text_u64(t, &pid);

	if (r < 0)
		return r;
	if (pid < 1 || pid > PID_LIMIT)
		return -ERANGE;
	*out = (int)pid;
	return 0;
}

static const struct unit { const char *name; uint64_t ns; } units[] = {
	{ "ms", NS_PER_MS },
	{ "s", NS_PER_S },
	{ "m", 60 * NS_PER_S },
	{ "h", 3600 * NS_PER_S },
	{ "d", 86400 * NS_PER_S },
	{ "", NS_PER_S },
};

static size_t digits(struct text t)
{
	size_t n = 0;

	while (n < t.n && digit_of(t.at[n]) < 10)
		n++;
	return n;
}

int text_duration_ns(struct text t, uint64_t *out)
{
	struct text whole = { t.at, digits(t) }, fraction = { t.at, 0 };
	struct text unit = { t.at + whole.n, t.n - whole.n };
	uint64_t value, scale;
	size_t i, u;
	int r;

	if (whole.n == 0)
		return -EINVAL;
	if (unit.n > 0 && unit.at[0] == '.') {
		fraction.at = unit.at + 1;
		fraction.n = digits((struct text){ unit.at + 1, unit.n - 1 });
		if (fraction.n == 0)
			return -EINVAL;
		unit.at += fraction.n + 1;
		unit.n -= fraction.n + 1;
	}
	for (u = 0; u < ARRAY_SIZE(units) && !text_is(unit, units[u].name); u++)
		;
	if (u == ARRAY_SIZE(units))
		return -EINVAL;
	r = text_u64(whole, &value);
	if (r < 0)
		return r;
	scale = units[u].ns;
	if (__builtin_mul_overflow(value, scale, &value))
		return -ERANGE;
	for (i = 0; i < fraction.n; i++) {
		scale /= 10;	/* 0 in the end: what is below a nanosecond is dropped */
		if (__builtin_add_overflow(value, digit_of(fraction.at[i]) * scale,
					   &value))
			return -ERANGE;
	}
	*out = value;
	return 0;
}

char *text_age(uint64_t ns, char *buf, size_t size)
{
	unsigned long long s = ns / NS_PER_S;

	if (s < 1)
		snprintf(buf, size, "%llu ms", (unsigned long long)(ns / NS_PER_MS));
	else if (s < 60)
		snprintf(buf, size, "%llu s", s);
	else if (s < 3600)
		snprintf(buf, size, "%llum %02llus", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, size, "%lluh %02llum", s / 3600, s / 60 % 60);
	else
		snprintf(buf, size, "%llud %02lluh", s / 86400, s / 3600 % 24);
	return buf;
}

char *text_bytes(uint64_t bytes, char *buf, size_t size)
{
	static const char names[][3] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	uint64_t scale = 1, tenths;
	size_t u = 0;

	if (bytes < 1000) {
		snprintf(buf, size, "%u B", (unsigned)bytes);
		return buf;
	}
	/* the rounded figure decides: 999 960 bytes are 1.0 MB, never 1000.0 kB */
	do {
		uint64_t tenth;

		scale *= 1000;
		u++;
		tenth = scale / 10;
		tenths = bytes / tenth + (bytes % tenth >= tenth / 2 ? 1 : 0);
	} while (tenths >= 10000 && u + 1 < ARRAY_SIZE(names));
	snprintf(buf, size, "%u.%u %s", (unsigned)(tenths / 10), (unsigned)(tenths % 10),
		 names[u]);
	return buf;
}
