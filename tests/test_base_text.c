/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers, words and figures.  The texts have no NUL behind them and something misleading
 * where a careless reader would go on.
 */
#include "harness.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define UNTOUCHED 77

START_TEST(test_words_and_lines)
{
	struct text t = text_of(" a\t bb \n\nlast"), line, word;

	ck_assert(text_line(&t, &line));
	ck_assert(text_is(line, " a\t bb "));
	ck_assert(text_is(text_trim(line), "a\t bb"));
	ck_assert(text_word(&line, &word) && text_is(word, "a"));
	ck_assert(text_word(&line, &word) && text_is(word, "bb"));
	ck_assert(!text_word(&line, &word));
	ck_assert(text_line(&t, &line) && line.n == 0);
	ck_assert(text_line(&t, &line) && text_is(line, "last"));
	ck_assert(!text_line(&t, &line));
	ck_assert(text_starts(text_of("abc"), "ab") && !text_starts(text_of("a"), "ab"));
	ck_assert(!text_is(text_of("abc"), "ab") && !text_is(text_of("a"), "ab"));
	ck_assert(text_trim(text_of(" \t ")).n == 0);
}
END_TEST

static const struct { const char *text; int result; uint64_t value; } unsigned_rows[] = {
	{ "0", 0, 0 },
	{ "007", 0, 7 },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "18446744073709551625", -ERANGE, 0 },
	{ "99999999999999999999999999999999999999999", -ERANGE, 0 },
	{ "99999999999999999999999999999999999999999x", -EINVAL, 0 },
	{ "", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "+1", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 }, { "1\n", -EINVAL, 0 }, { "0x1", -EINVAL, 0 },
	{ "1.0", -EINVAL, 0 }, { "a", -EINVAL, 0 }, { "1:", -EINVAL, 0 },
};

START_TEST(test_unsigned)
{
	uint64_t value = UNTOUCHED;

	ck_assert_int_eq(text_u64(text_of(unsigned_rows[_i].text), &value),
			 unsigned_rows[_i].result);
	ck_assert_uint_eq(value, unsigned_rows[_i].result ? UNTOUCHED :
							    unsigned_rows[_i].value);
}
END_TEST

static const struct { const char *text; int result; int64_t value; } signed_rows[] = {
	{ "0", 0, 0 },
	{ "-0", 0, 0 },
	{ "-1", 0, -1 },
	{ "9223372036854775807", 0, INT64_MAX },
	{ "-9223372036854775808", 0, INT64_MIN },
	{ "9223372036854775808", -ERANGE, 0 },
	{ "-9223372036854775809", -ERANGE, 0 },
	{ "18446744073709551617", -ERANGE, 0 },
	{ "-", -EINVAL, 0 }, { "--1", -EINVAL, 0 }, { "+1", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
};

START_TEST(test_signed)
{
	int64_t value = UNTOUCHED;

	ck_assert_int_eq(text_i64(text_of(signed_rows[_i].text), &value),
			 signed_rows[_i].result);
	ck_assert_int_eq(value, signed_rows[_i].result ? UNTOUCHED :
							 signed_rows[_i].value);
}
END_TEST

START_TEST(test_a_number_ends_where_its_text_ends)
{
	uint64_t value;

	ck_assert_int_eq(text_u64((struct text){ "1234", 2 }, &value), 0);
	ck_assert_uint_eq(value, 12);
}
END_TEST

START_TEST(test_every_number_comes_back)
{
	uint64_t x = 1, value;
	int64_t back;
	char buf[32];
	int i;

	for (i = 0; i < 20000; i++) {
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		uint64_t number = x >> (i % 64);

		snprintf(buf, sizeof(buf), "%" PRIu64, number);
		ck_assert(text_u64(text_of(buf), &value) == 0 && value == number);
		snprintf(buf, sizeof(buf), "%" PRIx64, number);
		ck_assert(text_hex64(text_of(buf), &value) == 0 && value == number);
		snprintf(buf, sizeof(buf), "%" PRIo64, number);
		ck_assert(text_octal64(text_of(buf), &value) == 0 && value == number);
		snprintf(buf, sizeof(buf), "%" PRId64, (int64_t)number);
		ck_assert(text_i64(text_of(buf), &back) == 0 && back == (int64_t)number);
	}
}
END_TEST

START_TEST(test_other_bases)
{
	uint64_t value = UNTOUCHED;

	ck_assert_int_eq(text_hex64(text_of("10000000000000000"), &value), -ERANGE);
	ck_assert_int_eq(text_hex64(text_of("0x10"), &value), -EINVAL);
	ck_assert_int_eq(text_hex64(text_of("g"), &value), -EINVAL);
	ck_assert_int_eq(text_octal64(text_of("8"), &value), -EINVAL);
	ck_assert_uint_eq(value, UNTOUCHED);
	ck_assert_int_eq(text_hex64(text_of("fFfF"), &value), 0);
	ck_assert_uint_eq(value, 0xffff);
	ck_assert_int_eq(text_octal64(text_of("02100001"), &value), 0);
	ck_assert_uint_eq(value, 02100001);
}
END_TEST

static const struct { const char *text; int result, value; } pid_rows[] = {
	{ "1", 0, 1 }, { "4194304", 0, 4194304 },
	{ "0", -ERANGE, 0 }, { "4194305", -ERANGE, 0 }, { "4294967297", -ERANGE, 0 },
	{ "18446744073709551617", -ERANGE, 0 },
	{ "-1", -EINVAL, 0 }, { "+1", -EINVAL, 0 }, { "1:", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 }, { "self", -EINVAL, 0 },
};

START_TEST(test_pid)
{
	int value = UNTOUCHED;

	ck_assert_int_eq(text_pid(text_of(pid_rows[_i].text), &value),
			 pid_rows[_i].result);
	ck_assert_int_eq(value, pid_rows[_i].result ? UNTOUCHED : pid_rows[_i].value);
}
END_TEST

#define S UINT64_C(1000000000)
static const struct { const char *text; int result; uint64_t ns; } duration_rows[] = {
	{ "250ms", 0, S / 4 }, { "10s", 0, 10 * S }, { "5m", 0, 300 * S },
	{ "2h", 0, 7200 * S },
	{ "1d", 0, 86400 * S }, { "1.5s", 0, 3 * S / 2 }, { "7", 0, 7 * S },
	{ "0", 0, 0 },
	{ "0.5", 0, S / 2 }, { "1.25h", 0, 4500 * S }, { "0.1ms", 0, 100000 },
	{ "0.00000000000000000009s", 0, 0 }, { "213503d", 0, 86400 * S * 213503 },
	{ "213504d", -ERANGE, 0 }, { "18446744074s", -ERANGE, 0 },
	{ "18446744073.9s", -ERANGE, 0 }, { "99999999999999999999", -ERANGE, 0 },
	{ "", -EINVAL, 0 }, { "s", -EINVAL, 0 }, { ".5s", -EINVAL, 0 },
	{ "1.s", -EINVAL, 0 },
	{ "1.", -EINVAL, 0 }, { "1,5s", -EINVAL, 0 }, { "-1s", -EINVAL, 0 },
	{ "1 s", -EINVAL, 0 }, { "1S", -EINVAL, 0 }, { "1w", -EINVAL, 0 },
	{ "1sm", -EINVAL, 0 }, { "1e3", -EINVAL, 0 }, { "1.5.5s", -EINVAL, 0 },
	{ "inf", -EINVAL, 0 }, { "nan", -EINVAL, 0 },
};

START_TEST(test_duration)
{
	uint64_t ns = UNTOUCHED;

	ck_assert_int_eq(text_duration_ns(text_of(duration_rows[_i].text), &ns),
			 duration_rows[_i].result);
	ck_assert_uint_eq(ns, duration_rows[_i].result ? UNTOUCHED :
							 duration_rows[_i].ns);
}
END_TEST

static const struct { uint64_t ns; const char *text; } age_rows[] = {
	{ 0, "0 ms" }, { 999999, "0 ms" }, { 850 * S / 1000, "850 ms" },
	{ S - 1, "999 ms" },
	{ S, "1 s" }, { 59 * S, "59 s" }, { 60 * S, "1m 00s" }, { 123 * S, "2m 03s" },
	{ 3600 * S - 1, "59m 59s" }, { 3600 * S, "1h 00m" }, { 11520 * S, "3h 12m" },
	{ 86400 * S, "1d 00h" }, { 446400 * S, "5d 04h" }, { UINT64_MAX, "213503d 23h" },
};

START_TEST(test_age)
{
	char buf[64];

	ck_assert_str_eq(text_age(age_rows[_i].ns, buf, sizeof(buf)), age_rows[_i].text);
}
END_TEST

static const struct { uint64_t bytes; const char *text; } byte_rows[] = {
	{ 0, "0 B" }, { 999, "999 B" }, { 1000, "1.0 kB" }, { 1049, "1.0 kB" },
	{ 1050, "1.1 kB" }, { 999949, "999.9 kB" }, { 999950, "1.0 MB" },
	{ 12400000, "12.4 MB" }, { 1000000000, "1.0 GB" }, { UINT64_MAX, "18.4 EB" },
};

START_TEST(test_bytes)
{
	char buf[64];

	ck_assert_str_eq(text_bytes(byte_rows[_i].bytes, buf, sizeof(buf)),
			 byte_rows[_i].text);
}
END_TEST

START_TEST(test_figures_stay_in_their_buffer)
{
	char buf[4] = "???";

	text_age(UINT64_MAX, buf, 3);
	ck_assert_str_eq(buf, "21");
	text_bytes(UINT64_MAX, buf, 3);
	ck_assert_str_eq(buf, "18");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/text");
	TCase *tcase = tcase_create("text");

	tcase_add_test(tcase, test_words_and_lines);
	tcase_add_loop_test(tcase, test_unsigned, 0, ARRAY_SIZE(unsigned_rows));
	tcase_add_loop_test(tcase, test_signed, 0, ARRAY_SIZE(signed_rows));
	tcase_add_test(tcase, test_a_number_ends_where_its_text_ends);
	tcase_add_test(tcase, test_every_number_comes_back);
	tcase_add_test(tcase, test_other_bases);
	tcase_add_loop_test(tcase, test_pid, 0, ARRAY_SIZE(pid_rows));
	tcase_add_loop_test(tcase, test_duration, 0, ARRAY_SIZE(duration_rows));
	tcase_add_loop_test(tcase, test_age, 0, ARRAY_SIZE(age_rows));
	tcase_add_loop_test(tcase, test_bytes, 0, ARRAY_SIZE(byte_rows));
	tcase_add_test(tcase, test_figures_stay_in_their_buffer);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
