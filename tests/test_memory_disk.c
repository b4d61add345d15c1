/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk that is full, read-only or used up, and somebody who writes for too long: what was
 * kept stays, what could not be kept is said, and the past is told all the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "memory_scene.h"

#define NEED(condition) do { if (!(condition)) { \
	fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, why); _exit(1); } } while (0)

/* The past can be read where nothing can be written. */
static void read_only_past(struct memory *m, int expected)
{
	struct scene_fixture *f = memory_app(100, 50);
	const struct report *r = f->report;

	NEED(strstr(why, "cannot be written"));
	memory_recall(m, f->snapshot, &f->report->family);
	NEED(f->snapshot->series_n && f->snapshot->series[0].n == 21);
	NEED(memory_note(m, &r, 1, "c", 0, why) == expected);
	NEED(*why);
	scene_free(f);
	memory_close(m);
}

static void without_rights(void)
{
	struct memory *m = NULL;

	NEED(!chmod(place.path, 0400));
	NEED(!chmod(place.dir, 0500));
	NEED(!memory_open(place.path, MEMORY_WRITE, &m, why));
	read_only_past(m, -EACCES);
	NEED(!chmod(place.dir, 0700));
}

START_TEST(a_directory_without_rights)
{
	memory_keep_some(place.path, 0, 20);
	ck_assert_int_eq(as_nobody(&place, without_rights), 0);
}
END_TEST

/* ---- disks */

/* What a quota does, too: a write fails though the disk has room. */
START_TEST(a_file_that_may_not_grow)
{
	struct rlimit none = { 4096, 4096 }, before;
	struct memory *m;
	int err = 0;

	memory_keep_some(place.path, 0, 20);
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	none.rlim_max = before.rlim_max;
	m = memory_must(place.path);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
	for (unsigned i = 20; !err && i < 40; i++)
		err = try_note(m, i);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_msg(err == -EFBIG || err == -ENOSPC, "%d: %s", err, why);
	memory_close(m);
	memory_keep_some(place.path, 40, 41);
	ck_assert_int_ge(sql_number(place.path, "SELECT count(*) FROM run"), 21);
}
END_TEST

START_TEST(somebody_else_writes_for_too_long)
{
	struct memory *m;
	sqlite3 *db;

	memory_keep_some(place.path, 0, 3);
	m = memory_must(place.path);
	ck_assert_int_eq(sqlite3_open(place.path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(try_note(m, 3), -EBUSY);
	ck_assert_msg(strstr(why, "more than a second") != NULL, "%s", why);
	ck_assert_int_eq(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ck_assert_int_eq(try_note(m, 4), 0);
	memory_close(m);
	ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM run"), 4);
}
END_TEST

/* A disk of 2 MiB over the place, in a mount namespace of our own. */
static void small_disk(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("small", place.dir, "tmpfs", 0, "size=2m,mode=0700"), 0);
}

/* Fills the disk but for so many pages. */
static void fill(unsigned leave)
{
	static const char page[4096];
	char path[128];
	off_t size = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/filler", place.dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	while (write(fd, page, sizeof(page)) == sizeof(page))
		size += (off_t)sizeof(page);
	ck_assert_int_eq(errno, ENOSPC);
	size -= (off_t)(leave * sizeof(page));
	ck_assert_int_eq(ftruncate(fd, size < 0 ? 0 : size), 0);
	close(fd);
}

/* With anything from no room to enough: kept and there, or not kept and said, and all that
 * was kept before is there. */
START_TEST(a_full_disk)
{
	unsigned kept = 20, refused = 0, minute = 20;

	small_disk();
	memory_keep_some(place.path, 0, kept);
	for (unsigned leave = 0; leave < 64; leave++) {
		struct memory *m = NULL;
		int err;

		fill(leave);
		err = memory_open(place.path, MEMORY_WRITE, &m, why);
		ck_assert_msg(!err, "%u: %d %s", leave, err, why);
		if (*why)
			ck_assert_msg(strstr(why, "disk is full") != NULL, "%s", why);
		err = try_note(m, ++minute);
		if (err)
			ck_assert_msg(err == -ENOSPC && strstr(why, "disk is full"), "%d %s", err, why);
		memory_close(m);
		kept += !err;
		refused += !!err;
		fill(64);
		ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM run"), kept);
	}
	printf("# full disk: %u refused, %u kept\n", refused, kept);
	ck_assert_uint_ge(refused, 1);
	ck_assert_uint_gt(kept, 20);
	/* what is known is told even on a full disk */
	fill(0);
	{
		struct scene_fixture *f = memory_app(1000, 50);
		struct memory *m = NULL;

		ck_assert_int_eq(memory_open(place.path, MEMORY_WRITE, &m, why), 0);
		memory_recall(m, f->snapshot, &f->report->family);
		ck_assert_uint_ge(f->snapshot->series_n, 1);
		scene_free(f);
		memory_close(m);
	}
	ck_assert_int_eq(umount2(place.dir, MNT_DETACH), 0);
}
END_TEST

START_TEST(a_full_disk_without_a_file)
{
	small_disk();
	fill(0);
	ck_assert_int_eq(try_open(place.path), -ENOSPC);
	ck_assert_msg(strstr(why, "disk is full") != NULL, "%s", why);
	fill(40);
	memory_keep_some(place.path, 0, 1);
	ck_assert_int_eq(umount2(place.dir, MNT_DETACH), 0);
}
END_TEST

START_TEST(a_read_only_disk)
{
	struct memory *m = NULL;

	small_disk();
	memory_keep_some(place.path, 0, 20);
	ck_assert_int_eq(mount(NULL, place.dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	ck_assert_int_eq(memory_open(place.path, MEMORY_WRITE, &m, why), 0);
	read_only_past(m, -EROFS);
	ck_assert_int_eq(umount2(place.dir, MNT_DETACH), 0);
}
END_TEST

static bool can_mount(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		      mount("small", "/tmp", "tmpfs", 0, "size=64k"));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

int main(void)
{
	Suite *suite = suite_create("memory-disk");
	TCase *c = tcase_create("disk");

	tcase_set_timeout(c, 300);
	tcase_add_checked_fixture(c, place_setup, place_teardown);
	tcase_add_test(c, a_directory_without_rights);
	tcase_add_test(c, a_file_that_may_not_grow);
	tcase_add_test(c, somebody_else_writes_for_too_long);
	if (can_mount()) {
		tcase_add_test(c, a_full_disk);
		tcase_add_test(c, a_full_disk_without_a_file);
		tcase_add_test(c, a_read_only_disk);
	} else {
		harness_skip("disk:a_full_disk", "no right to mount a small disk");
		harness_skip("disk:a_full_disk_without_a_file", "no right to mount a small disk");
		harness_skip("disk:a_read_only_disk", "no right to mount a small disk");
	}
	suite_add_tcase(suite, c);
	return harness_main(suite);
}
