/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LS120: children that grow in number while they are watched. */
#include "harness.h"

#include "growth_lines.h"

#include <string.h>

static const enum kind kind = KIND_CHILD_GROWTH;

START_TEST(living_children)
{
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 20, "nofile=1024");
	growth_line(g.out, "pid=200 of=children", 3, 2, 0);
	f = growth_end(&g);
	scene_has_severity(f, kind, 200, SEV_WARNING);
	scene_says(f, kind, 200, "by 120 a minute (3 to 23 in 10 s)");
	ck_assert_ptr_null(strstr(scene_finding(f, kind, 200)->message, "dead"));
	ck_assert_str_eq(scene_finding(f, kind, 200)->unit, "per minute");
	ck_assert_ptr_null(scene_finding(f, KIND_FD_GROWTH, 200));
	scene_free(f);
}
END_TEST

START_TEST(zombies_among_them)
{
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 20, "");
	fputs(ZOMBIE(201, 98500, 200, 100, 100, "comm=a") ZOMBIE(202, 98500, 200, 100, 100, "comm=b")
	      ZOMBIE(203, 98500, 100, 100, 100, "comm=c"), g.out);
	growth_line(g.out, "pid=200 of=children", 3, 2, 0);
	f = growth_end(&g);
	scene_says(f, kind, 200, "2 are dead and not waited for");
	scene_free(f);
}
END_TEST

START_TEST(not_for_long)
{
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 900, "");
	growth_line(g.out, "pid=200 of=children", 3, 2, 0);
	f = growth_end(&g);
	scene_has_severity(f, kind, 200, SEV_INFO);
	scene_says(f, kind, 200, "cannot have for long");
	scene_free(f);
}
END_TEST

START_TEST(no_growth)
{
	static const struct { double rate; int64_t reset; } calm[] = {
		{ 0, 0 }, { 0.2, 0 }, { 4, 8 }, { 20, 30 },
	};
	struct growth_scene g;
	struct scene_fixture *f;

	growth_begin(&g, 20, "");
	growth_line(g.out, "pid=200 of=children", 3, calm[_i].rate, calm[_i].reset);
	f = growth_end(&g);
	ck_assert_ptr_null(scene_finding(f, kind, 200));
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/child_growth");
	TCase *tcase = tcase_create("child_growth");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, living_children);
	tcase_add_test(tcase, zombies_among_them);
	tcase_add_test(tcase, not_for_long);
	tcase_add_loop_test(tcase, no_growth, 0, 4);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
