/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS202: how near to the limit, and which limits say nothing.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "scene.h"

static struct scene_fixture *app_with(const char *keys)
{
	char text[512];

	snprintf(text, sizeof(text), INIT
		 "process pid=200 start=5000 ppid=1 pgid=200 sid=200 "
		 "state=S threads=1 comm=app %s\n", keys);
	return scene_from(text, 200);
}

static void has(const char *keys, enum severity severity)
{
	struct scene_fixture *f = app_with(keys);

	scene_has_severity(f, KIND_FD_LIMIT, 200, severity);
	scene_free(f);
}

static void none(const char *keys)
{
	struct scene_fixture *f = app_with(keys);

	ck_assert_msg(!scene_finding(f, KIND_FD_LIMIT, 200), "%s", keys);
	scene_free(f);
}

START_TEST(below_the_threshold)
{
	none("fds=799 nofile=1000");
	none("fds=0 nofile=1000");
}
END_TEST

START_TEST(near_the_limit)
{
	has("fds=800 nofile=1000", SEV_WARNING);
	has("fds=949 nofile=1000", SEV_WARNING);
	has("fds=950 nofile=1000", SEV_CRITICAL);
	has("fds=1000 nofile=1000", SEV_CRITICAL);
}
END_TEST

START_TEST(limit_below_what_is_open)
{
	/* lowered afterwards, as the sandbox of a login server does */
	has("fds=9 nofile=1", SEV_INFO);
	has("fds=2000 nofile=1000", SEV_INFO);
}
END_TEST

START_TEST(no_limit_or_none_known)
{
	none("fds=100000 nofile=unlimited");
	none("fds=100000 nofile=0");
	none("nofile=1000");
	none("fds=1000");
}
END_TEST

START_TEST(value_and_advice)
{
	struct scene_fixture *f = scene_from(INIT
		P(200, 5000, 1, 200, 200, "comm=app fds=900 nofile=1000 nofile_hard=4000")
		P(210, 5100, 200, 200, 200,
		  "comm=x fds=1000 nofile=1000 nofile_hard=1000"), 200);
	const struct finding *found = scene_finding(f, KIND_FD_LIMIT, 200);

	ck_assert_double_eq_tol(found->value, 90, 0.001);
	ck_assert_str_eq(found->unit, "%");
	ck_assert_str_eq(found->message, "900 of 1000 descriptors are open (90 %)");
	ck_assert_ptr_nonnull(strstr(found->advice, "prlimit"));
	ck_assert_ptr_null(strstr(scene_finding(f, KIND_FD_LIMIT, 210)->advice,
				  "prlimit"));
	ck_assert_int_eq(f->report->findings.list[0].subject->id.pid, 210);
	scene_free(f);
}
END_TEST

START_TEST(other_thresholds)
{
	struct policy policy = policy_default();
	struct scene_fixture *f;

	policy.fd_warning_percent = 50;
	policy.fd_critical_percent = 60;
	f = scene_of(INIT P(200, 5000, 1, 200, 200, "comm=app fds=50 nofile=100")
		     P(210, 5100, 200, 200, 200, "comm=x fds=60 nofile=100")
		     P(220, 5100, 200, 200, 200, "comm=y fds=49 nofile=100"), TARGET_PID,
		     200, NULL, &policy);
	scene_has_severity(f, KIND_FD_LIMIT, 200, SEV_WARNING);
	scene_has_severity(f, KIND_FD_LIMIT, 210, SEV_CRITICAL);
	ck_assert_ptr_null(scene_finding(f, KIND_FD_LIMIT, 220));
	scene_free(f);
}
END_TEST

START_TEST(only_of_the_family)
{
	struct scene_fixture *f = scene_from(INIT SHELL APP
		P(300, 6000, 1, 100, 100, "comm=weak fds=100 nofile=100")
		P(310, 6000, 1, 310, 310, "comm=stranger fds=100 nofile=100"), 200);

	ck_assert_ptr_null(scene_finding(f, KIND_FD_LIMIT, 300));
	ck_assert_ptr_null(scene_finding(f, KIND_FD_LIMIT, 310));
	scene_free(f);
}
END_TEST

START_TEST(daemons_do_not_raise_the_status)
{
	struct scene_fixture *f = scene_from(INIT
		P(300, 6000, 1, 300, 200, "comm=tmux fds=100 nofile=100"), 200);

	scene_has_severity(f, KIND_FD_LIMIT, 300, SEV_INFO);
	ck_assert_int_eq(report_status(f->report), 0);
	scene_free(f);
}
END_TEST

START_TEST(kernel_threads_and_the_gone)
{
	struct scene_fixture *f = scene_of(INIT
		P(2, 1, 0, 0, 0, "comm=kthreadd kthread=1 fds=9 nofile=9")
		P(300, 6000, 1, 300, 300, "comm=x gone=1 fds=100 nofile=100"), TARGET_ALL,
		0, NULL, NULL);

	ck_assert_uint_eq(f->report->findings.n, 0);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/fd_limit");
	TCase *tcase = tcase_create("fd_limit");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, below_the_threshold);
	tcase_add_test(tcase, near_the_limit);
	tcase_add_test(tcase, limit_below_what_is_open);
	tcase_add_test(tcase, no_limit_or_none_known);
	tcase_add_test(tcase, value_and_advice);
	tcase_add_test(tcase, other_thresholds);
	tcase_add_test(tcase, only_of_the_family);
	tcase_add_test(tcase, daemons_do_not_raise_the_status);
	tcase_add_test(tcase, kernel_threads_and_the_gone);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
