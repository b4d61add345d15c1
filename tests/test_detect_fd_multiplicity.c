/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LS203: many descriptors to one file, and epolls that watch nothing. */
#include "harness.h"

#include <stdlib.h>

#include "fd_lines.h"

#define SAME_PATH "fd pid=200 fd=@ mode=w target=/var/log/app.log\n"
#define OTHER_PATHS "fd pid=200 fd=@ mode=rw target=/srv/segment.@\n"
#define EPOLL(watches) \
	"fd pid=200 fd=@ mode=rw target=anon_inode:[eventpoll] watches=" #watches "\n"
#define INOTIFY(watches) "fd pid=200 fd=@ mode=r target=anon_inode:inotify watches=" #watches "\n"

static const enum kind kind = KIND_FD_MULTIPLICITY;

START_TEST(many_of_one_file)
{
	expect_many(WORLD, 16, SAME_PATH, kind, SEV_INFO, 16);
	expect_many(WORLD, 400, SAME_PATH, kind, SEV_INFO, 400);
	expect_none_of_many(WORLD, 15, SAME_PATH, kind);
	expect_none_of_many(WORLD, 600, OTHER_PATHS, kind);
}
END_TEST

START_TEST(each_file_is_told)
{
	char *some = fd_lines(WORLD, 16, SAME_PATH);
	char *more = fd_lines(some, 17, "fd pid=200 fd=1@ mode=r target=/etc/app.conf\n");
	char *all = fd_lines(more, 3, "fd pid=200 fd=9@ mode=r target=/etc/app.confx\n");
	struct scene_fixture *f = scene_from(all, 200);

	ck_assert_uint_eq(f->report->findings.n, 2);
	ck_assert_uint_eq(f->report->findings.list[0].fd_n + f->report->findings.list[1].fd_n, 33);
	scene_free(f);
	free(all);
	free(more);
	free(some);
}
END_TEST

START_TEST(what_is_no_file)
{
	expect_none_of_many(WORLD, 20, "fd pid=200 fd=@ mode=rw target=/dev/null\n", kind);
	expect_none_of_many(WORLD, 20, "fd pid=200 fd=@ mode=w target=pipe:[7]\n", kind);
	expect_none_of_many(WORLD, 20, "fd pid=200 fd=@ mode=rw target=anon_inode:[eventfd]\n", kind);
	expect_none_of_many(WORLD, 20, "fd pid=200 fd=@\n", kind);
	/* that is LS204's */
	expect_none_of_many(WORLD, 20, "fd pid=200 fd=@ mode=w target=/x%20(deleted)\n", kind);
}
END_TEST

START_TEST(epolls_that_watch_nothing)
{
	expect_many(WORLD, 4, EPOLL(0), kind, SEV_WARNING, 4);
	expect_none_of_many(WORLD, 3, EPOLL(0), kind);
	expect_none_of_many(WORLD, 60, EPOLL(1), kind);
	/* not asked */
	expect_none_of_many(WORLD, 60, "fd pid=200 fd=@ mode=rw target=anon_inode:[eventpoll]\n",
			    kind);
	expect_many(WORLD, 4, INOTIFY(0), kind, SEV_WARNING, 4);
	expect_none_of_many(WORLD, 4, INOTIFY(2), kind);
}
END_TEST

START_TEST(a_mixture_is_not_summed)
{
	char *some = fd_lines(WORLD, 3, EPOLL(0));
	char *all = fd_lines(some, 3, "fd pid=200 fd=1@ mode=r target=anon_inode:inotify watches=0\n");

	expect_no_fds(all, kind, 200);
	free(all);
	free(some);
}
END_TEST

START_TEST(one_for_each_thread)
{
	expect_many(INIT SHELL "process pid=200 start=5000 ppid=100 pgid=100 sid=100 state=S "
		    "threads=8 comm=pool\n", 8, EPOLL(0), kind, SEV_INFO, 8);
	expect_many(INIT SHELL "process pid=200 start=5000 ppid=100 pgid=100 sid=100 state=S "
		    "threads=8 comm=pool\n", 9, EPOLL(0), kind, SEV_WARNING, 9);
}
END_TEST

START_TEST(who_is_not_judged)
{
	char *stranger = fd_lines(WORLD P(300, 6000, 100, 300, 100, "comm=brother"), 20,
				  "fd pid=300 fd=@ mode=w target=/var/log/app.log\n");
	char *gone = fd_lines(WORLD P(300, 6000, 200, 100, 100, "comm=child gone=1"), 20,
			      "fd pid=300 fd=@ mode=w target=/var/log/app.log\n");
	char *child = fd_lines(WORLD P(300, 6000, 200, 100, 100, "comm=child"), 20,
			       "fd pid=300 fd=@ mode=w target=/var/log/app.log\n");

	expect_no_fds(stranger, kind, 300);
	expect_no_fds(gone, kind, 300);
	expect_fds(child, kind, 300, SEV_INFO, 20);
	free(stranger);
	free(gone);
	free(child);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/fd_multiplicity");
	TCase *tcase = tcase_create("fd_multiplicity");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, many_of_one_file);
	tcase_add_test(tcase, each_file_is_told);
	tcase_add_test(tcase, what_is_no_file);
	tcase_add_test(tcase, epolls_that_watch_nothing);
	tcase_add_test(tcase, a_mixture_is_not_summed);
	tcase_add_test(tcase, one_for_each_thread);
	tcase_add_test(tcase, who_is_not_judged);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
