/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LS204: descriptors to deleted files: which are a heap, and which are only temporary. */
#include "harness.h"

#include <stdlib.h>

#include "fd_lines.h"

#define ROTATED "fd pid=200 fd=@ mode=w target=/srv/service.log.@%20(deleted) size=4096\n"
#define GIB "1073741824"
#define ALMOST_GIB "1073741823"

static const enum kind kind = KIND_FD_DELETED;

START_TEST(heap_of_logs)
{
	expect_many(WORLD, 4, ROTATED, kind, SEV_WARNING, 4);
	expect_many(WORLD, 3, ROTATED, kind, SEV_INFO, 3);
	expect_many(WORLD, 8, "fd pid=200 fd=@ mode=w target=/srv/a.log%20(deleted)\n", kind,
		    SEV_WARNING, 8);
	/* in /tmp, too */
	expect_many(WORLD, 4, "fd pid=200 fd=@ mode=w target=/tmp/x/a.log.@%20(deleted)\n", kind,
		    SEV_WARNING, 4);
}
END_TEST

START_TEST(says_how_big_and_which)
{
	char *lines = fd_lines(WORLD, 8, ROTATED);
	struct scene_fixture *f = scene_from(lines, 200);

	scene_says(f, kind, 200, "8 descriptors are open for writing only to deleted files");
	scene_says(f, kind, 200, "/srv/service.log.10;");
	scene_says(f, kind, 200, "32.8 kB");
	scene_free(f);
	free(lines);
}
END_TEST

START_TEST(what_can_be_read_again_is_info)
{
	expect_many(WORLD, 40, "fd pid=200 fd=@ mode=rw target=/db/base.@%20(deleted) size=" GIB "\n",
		    kind, SEV_INFO, 40);
	expect_many(WORLD, 40, "fd pid=200 fd=@ mode=r target=/lib/a.jar%20(deleted)\n", kind,
		    SEV_INFO, 40);
	expect_many(WORLD, 40, "fd pid=200 fd=@ mode=unknown target=/lib/a%20(deleted)\n", kind,
		    SEV_INFO, 40);
}
END_TEST

START_TEST(what_somebody_reads_is_info)
{
	/* exec 3>x 4<x; rm x: a buffer without a name */
	expect_many(WORLD, 4, "fd pid=200 fd=@ mode=w target=/b.@%20(deleted)\n"
		    "fd pid=200 fd=1@ mode=r target=/b.@%20(deleted)\n", kind, SEV_INFO, 8);
	expect_many(WORLD P(300, 6000, 100, 300, 100, "comm=tail"), 4,
		    "fd pid=200 fd=@ mode=w target=/b.@%20(deleted)\n"
		    "fd pid=300 fd=@ mode=r target=/b.@%20(deleted)\n", kind, SEV_INFO, 4);
}
END_TEST

START_TEST(locks_are_info)
{
	expect_many(WORLD, 9, "fd pid=200 fd=@ mode=w target=/run/l.@%20(deleted) locked=1\n", kind,
		    SEV_INFO, 9);
}
END_TEST

START_TEST(unlike_names_are_no_heap)
{
	expect_fds(WORLD FD(200, 10, "w", "/srv/a.1%20(deleted)") FD(200, 11, "w", "/srv/b.2%20(deleted)")
		   FD(200, 12, "w", "/srv/c.3%20(deleted)") FD(200, 13, "w", "/srv/d.4%20(deleted)"),
		   kind, 200, SEV_INFO, 4);
}
END_TEST

START_TEST(stdout_and_stderr_are_one_file)
{
	expect_many(WORLD FD(200, 1, "w", "/srv/service.log.1%20(deleted)")
		    FD(200, 2, "w", "/srv/service.log.1%20(deleted)"), 2, ROTATED, kind, SEV_INFO, 3);
	expect_fds(WORLD "fd pid=200 fd=1 mode=w target=/srv/log%20(deleted) size=600000000\n"
		   "fd pid=200 fd=2 mode=w target=/srv/log%20(deleted) size=600000000\n", kind, 200,
		   SEV_INFO, 1);
}
END_TEST

START_TEST(a_big_log)
{
	expect_fds(WORLD "fd pid=200 fd=5 mode=w target=/srv/log%20(deleted) size=" GIB "\n", kind, 200,
		   SEV_WARNING, 1);
	expect_fds(WORLD "fd pid=200 fd=5 mode=w target=/srv/log%20(deleted) size=" ALMOST_GIB "\n",
		   kind, 200, SEV_INFO, 1);
	expect_fds(WORLD "fd pid=200 fd=5 mode=w target=/srv/a%20(deleted) size=600000000\n"
		   "fd pid=200 fd=6 mode=w target=/srv/b%20(deleted) size=600000000\n", kind, 200,
		   SEV_WARNING, 2);
}
END_TEST

START_TEST(temporary_files_are_normal)
{
	expect_none_of_many(WORLD, 2, "fd pid=200 fd=@ mode=rw target=/tmp/tmp@%20(deleted)\n", kind);
	expect_none_of_many(WORLD, 2, "fd pid=200 fd=@ mode=rw target=/var/tmp/x%20(deleted)\n", kind);
	expect_many(WORLD, 3, "fd pid=200 fd=@ mode=rw target=/tmp/tmp@%20(deleted)\n", kind,
		    SEV_INFO, 3);
	expect_many(WORLD, 1, "fd pid=200 fd=@ mode=rw target=/tmpx/tmp@%20(deleted)\n", kind,
		    SEV_INFO, 1);
	expect_none_of_many(WORLD ENVIRON(200, "TMPDIR=/scratch"), 2,
			    "fd pid=200 fd=@ mode=rw target=/scratch/x%20(deleted)\n", kind);
}
END_TEST

START_TEST(files_that_never_had_a_name)
{
	expect_none_of_many(WORLD, 40, "fd pid=200 fd=@ mode=w target=/memfd:x%20(deleted)\n", kind);
	expect_none_of_many(WORLD, 40, "fd pid=200 fd=@ mode=w target=/dev/shm/x@%20(deleted)\n", kind);
	expect_none_of_many(WORLD, 40, "fd pid=200 fd=@ mode=w target=/tmp/#@%20(deleted)\n", kind);
	expect_none_of_many(WORLD, 40, "fd pid=200 fd=@ mode=w target=/srv/#@%20(deleted)\n", kind);
	expect_none_of_many(WORLD, 40, "fd pid=200 fd=@ mode=w target=/SYSV0000%20(deleted)\n", kind);
	expect_none_of_many(WORLD, 40, "fd pid=200 fd=@ mode=rw target=/dev/zero%20(deleted)\n", kind);
	/* nearly such names */
	expect_many(WORLD, 4, "fd pid=200 fd=@ mode=w target=/srv/#@x%20(deleted)\n", kind,
		    SEV_WARNING, 4);
	expect_none_of_many(WORLD, 40, "fd pid=200 fd=@ mode=w target=/srv/a.@\n", kind);
}
END_TEST

START_TEST(a_heap_and_the_rest)
{
	char *lines = fd_lines(WORLD FD(200, 5, "r", "/srv/old%20(deleted)"), 4, ROTATED);
	struct scene_fixture *f = scene_from(lines, 200);

	ck_assert_uint_eq(f->report->findings.n, 2);
	ck_assert_int_eq(f->report->findings.list[0].severity, SEV_WARNING);
	ck_assert_uint_eq(f->report->findings.list[0].fd_n, 4);
	ck_assert_int_eq(f->report->findings.list[1].severity, SEV_INFO);
	ck_assert_int_eq(f->report->findings.list[1].fd, 5);
	scene_free(f);
	free(lines);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/fd_deleted");
	TCase *tcase = tcase_create("fd_deleted");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, heap_of_logs);
	tcase_add_test(tcase, says_how_big_and_which);
	tcase_add_test(tcase, what_can_be_read_again_is_info);
	tcase_add_test(tcase, what_somebody_reads_is_info);
	tcase_add_test(tcase, locks_are_info);
	tcase_add_test(tcase, unlike_names_are_no_heap);
	tcase_add_test(tcase, stdout_and_stderr_are_one_file);
	tcase_add_test(tcase, a_big_log);
	tcase_add_test(tcase, temporary_files_are_normal);
	tcase_add_test(tcase, files_that_never_had_a_name);
	tcase_add_test(tcase, a_heap_and_the_rest);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
