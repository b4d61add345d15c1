/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LS207: pidfds to processes that have been reaped. */
#include "harness.h"

#include "fd_lines.h"

#define PIDFD(pid) "fd pid=200 fd=@ mode=rw target=anon_inode:[pidfd] watched=" pid "\n"

static const enum kind kind = KIND_PIDFD_STALE;

START_TEST(stale_ones)
{
	expect_many(WORLD, 1, PIDFD("-1"), kind, SEV_INFO, 1);
	expect_many(WORLD, 2, PIDFD("-1"), kind, SEV_WARNING, 2);
	expect_many(WORLD, 50, "fd pid=200 fd=@ mode=rw target=pidfd:[8@] watched=-1\n", kind,
		    SEV_WARNING, 50);
}
END_TEST

START_TEST(others)
{
	expect_none_of_many(WORLD, 50, PIDFD("42"), kind);
	expect_none_of_many(WORLD, 50, PIDFD("0"), kind);	/* of another pid namespace */
	expect_none_of_many(WORLD, 50, "fd pid=200 fd=@ mode=rw target=anon_inode:[pidfd]\n", kind);
}
END_TEST

START_TEST(only_the_stale_ones_are_listed)
{
	struct scene_fixture *f = scene_from(WORLD
		"fd pid=200 fd=5 mode=rw target=anon_inode:[pidfd] watched=42\n"
		"fd pid=200 fd=6 mode=rw target=anon_inode:[pidfd] watched=-1\n", 200);

	scene_says(f, kind, 200, "fd 6 is a pidfd");
	ck_assert_int_eq(scene_finding(f, kind, 200)->fd, 6);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/pidfd_stale");
	TCase *tcase = tcase_create("pidfd_stale");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, stale_ones);
	tcase_add_test(tcase, others);
	tcase_add_test(tcase, only_the_stale_ones_are_listed);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
