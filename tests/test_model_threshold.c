/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ranges of the Monitoring Plugins guidelines: their own tables, then what they do not
 * say: junk, units, the text that comes back. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "model/threshold.h"

/* alerts: values that raise one; quiet: values that do not; at the ends, too. */
static const struct {
	const char *range;
	double alerts[4], quiet[4];
	const char *text;	/* NULL: as it was given */
} ranges[] = {
	/* "Generate an alert if x...": the guidelines' table */
	{ "10", { -0.1, 10.1, -1e9, 1e9 }, { 0, 10, 5, 9.9 }, NULL },
	{ "10:", { 9.9, 0, -1, -1e9 }, { 10, 10.1, 1e9, INFINITY }, NULL },
	{ "~:10", { 10.1, 11, 1e9, INFINITY }, { 10, 0, -1, -1e9 }, NULL },
	{ "10:20", { 9.9, 20.1, 0, 1e9 }, { 10, 20, 15, 19.9 }, NULL },
	{ "@10:20", { 10, 20, 15, 19.9 }, { 9.9, 20.1, 0, 1e9 }, NULL },
	/* and the ends of its command lines */
	{ "0", { 1, -1, 0.5, 100 }, { 0, 0, 0, 0 }, NULL },
	{ "~:", { NAN, NAN, NAN, NAN }, { 0, -1e9, 1e9, INFINITY }, NULL },
	{ ":10", { -1, 11, 10.1, -0.1 }, { 0, 10, 5, 1 }, "10" },
	{ "0:", { -1, -0.1, -1e9, -2 }, { 0, 1, 1e9, INFINITY }, NULL },
	{ ":", { -1, -0.1, -1e9, -2 }, { 0, 1, 1e9, INFINITY }, "0:" },
	{ "@~:0", { 0, -1, -0.5, -1e9 }, { 0.5, 1, 2, 1e9 }, NULL },
	{ "@5", { 0, 5, 2, 4.9 }, { -0.1, 5.1, 6, -1 }, NULL },
	{ "-20:-10", { -21, -9, 0, 10 }, { -20, -10, -15, -12 }, NULL },
	{ "0.5:1.25", { 0.4, 1.3, 0, 2 }, { 0.5, 1.25, 1, 0.6 }, NULL },
	{ "7:7", { 6, 8, 6.9, 7.1 }, { 7, 7, 7, 7 }, NULL },
};

START_TEST(what_a_range_alerts)
{
	struct range r;
	char text[64];

	ck_assert_int_eq(range_parse(text_of(ranges[_i].range), RANGE_COUNT, &r), 0);
	ck_assert(r.given);
	for (unsigned i = 0; i < 4; i++) {
		if (!isnan(ranges[_i].alerts[i]))
			ck_assert_msg(range_alerts(&r, ranges[_i].alerts[i]), "%s is quiet at %g",
				      ranges[_i].range, ranges[_i].alerts[i]);
		ck_assert_msg(!range_alerts(&r, ranges[_i].quiet[i]), "%s alerts at %g",
			      ranges[_i].range, ranges[_i].quiet[i]);
	}
	ck_assert_str_eq(range_text(&r, text, sizeof(text)),
			 ranges[_i].text ? ranges[_i].text : ranges[_i].range);
}
END_TEST

static const char *const junk[] = {
	"", "@", "~", "@~", "x", "10x", "1e3", "0x10", "+5", "5:3", "@20:10", "10::", "1:2:3",
	"--5", "5-", ".", "-", "1.2.3", " 10", "10 ", "10,20", "~:~", "10:~", "inf", "nan",
	"@@5", "1234567890123456789012345678901234567890", "%", "5%", "5m",
};

START_TEST(what_is_no_range)
{
	struct range r = { .given = false, .start = 3 };

	ck_assert_msg(range_parse(text_of(junk[_i]), RANGE_COUNT, &r) == -EINVAL, "%s", junk[_i]);
	ck_assert(!r.given);
	ck_assert(r.start == 3);
}
END_TEST

START_TEST(not_given_never_alerts)
{
	struct range r = { .given = false };
	char text[8] = "x";

	ck_assert(!range_alerts(&r, -1) && !range_alerts(&r, 1e9));
	ck_assert(!range_alerts_above(&r, 0));
	ck_assert_str_eq(range_text(&r, text, sizeof(text)), "");
}
END_TEST

START_TEST(units)
{
	struct range r;

	ck_assert_int_eq(range_parse(text_of("80%"), RANGE_PERCENT, &r), 0);
	ck_assert(r.end == 80);
	ck_assert_int_eq(range_parse(text_of("15m:2h"), RANGE_SECONDS, &r), 0);
	ck_assert(r.start == 900 && r.end == 7200);
	ck_assert_int_eq(range_parse(text_of("90"), RANGE_SECONDS, &r), 0);
	ck_assert(r.end == 90);
	ck_assert_int_eq(range_parse(text_of("2h:15m"), RANGE_SECONDS, &r), -EINVAL);
	ck_assert_int_eq(range_parse(text_of("5%"), RANGE_SECONDS, &r), -EINVAL);
}
END_TEST

START_TEST(whether_more_would_alert)
{
	static const struct { const char *range; double value; bool would; } rows[] = {
		{ "10", 3, true }, { "10", 11, true }, { "~:", 3, false }, { "10:", 12, false },
		{ "10:", 3, true }, { "@5:8", 3, true }, { "@5:8", 8, false }, { "@5:8", 9, false },
		{ "@5:", 9, true }, { "0:", 0, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct range r;

		ck_assert_int_eq(range_parse(text_of(rows[i].range), RANGE_COUNT, &r), 0);
		ck_assert_msg(range_alerts_above(&r, rows[i].value) == rows[i].would, "%s at %g",
			      rows[i].range, rows[i].value);
	}
}
END_TEST

START_TEST(pairs)
{
	struct threshold t = { .warning.given = false };

	ck_assert_int_eq(threshold_parse(text_of("5,10"), RANGE_COUNT, &t), 0);
	ck_assert(t.warning.end == 5 && t.critical.end == 10);
	ck_assert_int_eq(threshold_parse(text_of(",10:"), RANGE_COUNT, &t), 0);
	ck_assert(!t.warning.given && t.critical.start == 10);
	ck_assert_int_eq(threshold_parse(text_of("@1:2"), RANGE_COUNT, &t), 0);
	ck_assert(t.warning.inside && !t.critical.given);
	for (size_t i = 0; i < 6; i++) {
		static const char *const bad[] = { "", ",", "5,", "5,6,7", "x,5", "5,x" };

		ck_assert_msg(threshold_parse(text_of(bad[i]), RANGE_COUNT, &t) == -EINVAL, "%s",
			      bad[i]);
		ck_assert(t.warning.inside && !t.critical.given);
	}
}
END_TEST

START_TEST(text_stays_in_its_buffer)
{
	struct range r;

	ck_assert_int_eq(range_parse(text_of("@-1234.5:98765.25"), RANGE_COUNT, &r), 0);
	for (size_t n = 0; n < 24; n++) {
		char text[32];

		memset(text, '#', sizeof(text));
		range_text(&r, text, n);
		for (size_t i = n; i < sizeof(text); i++)
			ck_assert_int_eq(text[i], '#');
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model/threshold");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, what_a_range_alerts, 0, ARRAY_SIZE(ranges));
	tcase_add_loop_test(tests, what_is_no_range, 0, ARRAY_SIZE(junk));
	tcase_add_test(tests, not_given_never_alerts);
	tcase_add_test(tests, units);
	tcase_add_test(tests, whether_more_would_alert);
	tcase_add_test(tests, pairs);
	tcase_add_test(tests, text_stays_in_its_buffer);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
