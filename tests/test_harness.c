/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests the harness itself, and is the example to copy. The suites that must fail are run
 * by a second instance of this program (`test_harness fixture NAME`), whose TAP is read.
 */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The fixtures: suites that are only run in the second instance. */

START_TEST(test_good)
{
	printf("ok 7 - said by a test, not by the harness\nno newline at the end");
	fflush(stdout);
	ck_assert_int_eq(1, 1);
}
END_TEST

START_TEST(test_bad)
{
	ck_abort_msg("first\nok 3 - forged # SKIP not really");
}
END_TEST

START_TEST(test_crash)
{
	abort();
}
END_TEST

static Suite *fixture_suite(const char *name)
{
	Suite *suite = suite_create("fixture");
	TCase *tcase = tcase_create("case");

	suite_add_tcase(suite, tcase);
	if (!strcmp(name, "good") || !strcmp(name, "mixed"))
		tcase_add_test(tcase, test_good);
	if (!strcmp(name, "mixed"))
		tcase_add_test(tcase, test_bad);
	if (!strcmp(name, "crash")) {
		tcase_add_test(tcase, test_crash);
		tcase_add_test(tcase, test_good);
	}
	return suite;
}

static int fixture_main(const char *name)
{
	if (!strcmp(name, "skip")) {
		harness_skip("needs a moon", "no moon tonight");
		return harness_main(NULL);
	}
	if (!strcmp(name, "mixed"))
		harness_skip("needs # root", "not\nroot");
	return harness_main(fixture_suite(name));
}

/* Runs the second instance; its stdout goes to out, the value is its exit status. */
static int run_fixture(const char *name, char *out, size_t size)
{
	char self[4096], *command;
	ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
	FILE *pipe;
	int status;

	ck_assert_int_gt(len, 0);
	self[len] = 0;
	ck_assert_int_gt(asprintf(&command, "CK_FORK=yes '%s' fixture %s 2>/dev/null", self, name), 0);
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	out[fread(out, 1, size - 1, pipe)] = 0;
	status = pclose(pipe);
	free(command);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The tests. */

START_TEST(good_suite_passes)
{
	char out[4096];

	ck_assert_int_eq(run_fixture("good", out, sizeof out), 0);
	ck_assert_str_eq(out, "ok - case:test_good\n1..1\n");
}
END_TEST

START_TEST(failure_is_not_ok_and_says_where)
{
	char out[4096];

	ck_assert_int_eq(run_fixture("mixed", out, sizeof out), 1);
	ck_assert_ptr_nonnull(strstr(out, "\nnot ok - case:test_bad: "));
	ck_assert_ptr_nonnull(strstr(out, "test_harness.c:"));
}
END_TEST

START_TEST(message_cannot_break_tap)
{
	char out[4096];

	run_fixture("mixed", out, sizeof out);
	ck_assert_ptr_null(strstr(out, "\nok 3 - forged"));
	ck_assert_ptr_nonnull(strstr(out, ": first\\nok 3 - forged \\# SKIP not really\n"));
}
END_TEST

START_TEST(output_of_a_test_stays_out)
{
	char out[4096];

	run_fixture("mixed", out, sizeof out);
	ck_assert_ptr_null(strstr(out, "said by a test"));
	ck_assert_ptr_null(strstr(out, "no newline"));
}
END_TEST

START_TEST(skip_is_counted_and_says_why)
{
	char out[4096];

	ck_assert_int_eq(run_fixture("skip", out, sizeof out), 0);
	ck_assert_str_eq(out, "ok - needs a moon # SKIP no moon tonight\n1..1\n");
	run_fixture("mixed", out, sizeof out);
	ck_assert_ptr_nonnull(strstr(out, "ok - needs \\# root # SKIP not\\nroot\n"));
	ck_assert_ptr_nonnull(strstr(out, "\n1..3\n"));
}
END_TEST

START_TEST(crash_fails_one_test_only)
{
	char out[4096];

	ck_assert_int_eq(run_fixture("crash", out, sizeof out), 1);
	ck_assert_ptr_nonnull(strstr(out, "not ok - case:test_crash: "));
	ck_assert_ptr_nonnull(strstr(out, "\nok - case:test_good\n1..2\n"));
}
END_TEST

START_TEST(empty_suite_fails)
{
	char out[4096];

	ck_assert_int_eq(run_fixture("empty", out, sizeof out), 1);
	ck_assert_str_eq(out, "1..0\n");
}
END_TEST

static Suite *harness_suite(void)
{
	Suite *suite = suite_create("harness");
	TCase *tcase = tcase_create("tap");

	tcase_add_test(tcase, good_suite_passes);
	tcase_add_test(tcase, failure_is_not_ok_and_says_where);
	tcase_add_test(tcase, message_cannot_break_tap);
	tcase_add_test(tcase, output_of_a_test_stays_out);
	tcase_add_test(tcase, skip_is_counted_and_says_why);
	tcase_add_test(tcase, crash_fails_one_test_only);
	tcase_add_test(tcase, empty_suite_fails);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "fixture"))
		return fixture_main(argv[2]);
	return harness_main(harness_suite());
}
