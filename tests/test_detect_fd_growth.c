/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LS201: descriptors that grow while they are watched. */
#include "harness.h"

#include "growth_lines.h"

#include <string.h>

static const enum kind kind = KIND_FD_GROWTH;

START_TEST(what_grows_and_until_when)
{
	struct growth_scene g;
	struct scene_fixture *f;
	const struct finding *found;

	growth_begin(&g, 20, "nofile=1024 nofile_hard=4096");
	growth_line(g.out, "pid=200 of=fds", 10, 8, 0);
	growth_line(g.out, "pid=200 of=kind kind=anon anon=eventfd", 2, 4, 0);
	growth_line(g.out, "pid=200 of=kind kind=anon anon=timerfd", 0, 3, 0);
	growth_line(g.out, "pid=200 of=kind kind=file", 8, 0.1, 0);
	f = growth_end(&g);
	found = scene_finding(f, kind, 200);
	ck_assert_ptr_nonnull(found);
	/* 934 left at 8 a second */
	scene_has_severity(f, kind, 200, SEV_CRITICAL);
	scene_says(f, kind, 200, " a minute (10 to 90 in 10 s)");
	scene_says(f, kind, 200, "what grows: eventfd (40 more), timerfd (30 more);");
	scene_says(f, kind, 200, "soft limit of 1024 is reached in 1m 5");
	ck_assert(found->has_value);
	ck_assert_double_eq_tol(found->value, 480, 20);
	ck_assert_str_eq(found->unit, "per minute");
	ck_assert_int_eq(found->remedy, REMEDY_FIX_APP);
	ck_assert_ptr_null(scene_finding(f, KIND_CHILD_GROWTH, 200));
	scene_free(f);
}
END_TEST

START_TEST(far_from_the_limit)
{
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 20, "nofile=1000000 nofile_hard=1000000");
	growth_line(g.out, "pid=200 of=fds", 10, 8, 0);
	f = growth_end(&g);
	scene_has_severity(f, kind, 200, SEV_WARNING);
	scene_says(f, kind, 200, "soft limit of 1000000 is reached in 1d 10h");
	scene_free(f);
}
END_TEST

START_TEST(no_limit_known)
{
	static const char *const keys[] = { "", "nofile=unlimited" };
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 20, keys[_i]);
	growth_line(g.out, "pid=200 of=fds", 10, 8, 0);
	f = growth_end(&g);
	scene_has_severity(f, kind, 200, SEV_WARNING);
	ck_assert_ptr_null(strstr(scene_finding(f, kind, 200)->message, "limit"));
	scene_free(f);
}
END_TEST

/* A kind that was not there when the watch began had none. */
START_TEST(a_new_kind)
{
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 20, "");
	growth_line(g.out, "pid=200 of=fds", 10, 8, 0);
	fputs("series pid=200 of=kind kind=socket samples=995000000000:40,1000000000000:80\n",
	      g.out);
	f = growth_end(&g);
	scene_says(f, kind, 200, "what grows: sockets (80 more)");
	scene_free(f);
}
END_TEST

/* 90 descriptors at 8 a second are 11 s of a life of 15 minutes. */
START_TEST(not_for_long)
{
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 900, "nofile=100");
	growth_line(g.out, "pid=200 of=fds", 10, 8, 0);
	f = growth_end(&g);
	ck_assert_ptr_nonnull(scene_finding(f, kind, 200));
	scene_says(f, kind, 200, "cannot have for long");
	ck_assert_int_eq(scene_finding(f, kind, 200)->remedy, REMEDY_NONE);
	scene_has_severity(f, kind, 200, SEV_INFO);
	scene_free(f);
}
END_TEST

START_TEST(no_growth)
{
	static const struct { double rate; int64_t reset; } calm[] = {
		{ 0, 0 }, { 0.2, 0 }, { -8, 0 }, { 40, 160 }, { 40, 60 }, { 8, 3 },
	};
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 20, "nofile=1024");
	growth_line(g.out, "pid=200 of=fds", 200, calm[_i].rate, calm[_i].reset);
	f = growth_end(&g);
	ck_assert_ptr_null(scene_finding(f, kind, 200));
	scene_free(f);
}
END_TEST

START_TEST(somebody_else)
{
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 20, "");
	growth_line(g.out, "pid=100 of=fds", 10, 8, 0);
	/* another process that had the pid before */
	growth_line(g.out, "pid=200 start=77 of=fds", 10, 8, 0);
	f = growth_end(&g);
	ck_assert_ptr_null(scene_finding(f, kind, 100));
	ck_assert_ptr_null(scene_finding(f, kind, 200));
	scene_free(f);
}
END_TEST

/* Numbers that only a broken record has. */
START_TEST(out_of_range)
{
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 20, "nofile=1024");
	growth_line(g.out, "pid=200 of=fds", INT64_C(-9000000000000000000), 1e9, 0);
	fputs("series pid=200 of=kind kind=pipe samples=990000000000:-9223372036854775807,"
	      "1000000000000:9223372036854775807\n", g.out);
	f = growth_end(&g);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/fd_growth");
	TCase *tcase = tcase_create("fd_growth");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_grows_and_until_when);
	tcase_add_test(tcase, far_from_the_limit);
	tcase_add_loop_test(tcase, no_limit_known, 0, 2);
	tcase_add_test(tcase, a_new_kind);
	tcase_add_test(tcase, not_for_long);
	tcase_add_loop_test(tcase, no_growth, 0, 6);
	tcase_add_test(tcase, somebody_else);
	tcase_add_test(tcase, out_of_range);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
