/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that is damaged, another program's, too new or too old: it is set aside, left alone
 * or converted, and the words say which.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "memory_scene.h"

#define OLD_RUNS 30

/* ---- damaged */

static void is_set_aside(const char *bytes, size_t n)
{
	char aside[128];

	write_bytes(place.path, bytes, n);
	ck_assert_int_eq(try_open(place.path), 0);
	ck_assert_msg(strstr(why, "damaged-1") != NULL, "%s", why);
	snprintf(aside, sizeof(aside), "%s.damaged-1", place.path);
	has_bytes(aside, bytes, n);
	/* and from then on all is well */
	memory_keep_some(place.path, 0, 2);
	ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM run"), 2);
	ck_assert_int_eq(unlink(aside), 0);
	ck_assert_int_eq(unlink(place.path), 0);
}

START_TEST(what_is_no_database_is_set_aside)
{
	static const char zeros[8192];
	char header[4096] = "SQLite format 3";

	is_set_aside("these are notes\n", 16);
	is_set_aside("x", 1);
	is_set_aside(zeros, sizeof(zeros));
	is_set_aside(header, sizeof(header));
}
END_TEST

/* Bytes are changed anywhere, or the end is cut off. */
static void damage(char *bytes, size_t *n)
{
	if (random() % 4 == 0) {
		*n = 1 + (size_t)random() % (*n - 1);
		return;
	}
	for (long k = 1 + random() % 200, at = random() % (long)*n; k > 0; k--) {
		bytes[at] = (char)random();
		at = random() % 8 ? (at + 1) % (long)*n : random() % (long)*n;
	}
}

/* However it is damaged: no crash, no lost bytes, words if it was noticed; and the check
 * after that one works. */
START_TEST(damage_anywhere_is_survived)
{
	unsigned aside = 0, unnoticed = 0;
	char *good, path[128];
	size_t n;

	memory_keep_some(place.path, 0, 40);
	good = bytes_of(place.path, &n);
	snprintf(path, sizeof(path), "%s.damaged-1", place.path);
	srandom(7);
	for (unsigned i = 0; i < 200; i++) {
		struct scene_fixture *f;
		struct memory *m = NULL;
		size_t size = n;
		char *bytes = malloc(n);
		int err;

		memcpy(bytes, good, n);
		damage(bytes, &size);
		write_bytes(place.path, bytes, size);
		err = memory_open(place.path, MEMORY_WRITE, &m, why);
		if (!err) {
			bool told = *why;

			f = memory_app(100, 50);
			memory_recall(m, f->snapshot, &f->report->family);
			scene_free(f);
			err = try_note(m, 100);
			memory_close(m);
			ck_assert_msg(!err, "%u: %d %s", i, err, why);
			ck_assert_int_eq(told || *why, place_has(&place, "state.db.damaged-1"));
		} else {
			/* the header says that it is another's, or newer: it is left alone */
			ck_assert_msg(err == -EEXIST || err == -EPROTONOSUPPORT, "%u: %d %s", i, err, why);
			has_bytes(place.path, bytes, size);
		}
		if (place_has(&place, "state.db.damaged-1")) {
			aside++;
			ck_assert_int_eq(try_open(place.path), 0);
			ck_assert_str_eq(why, "");
			ck_assert_int_eq(unlink(path), 0);
		} else {
			unnoticed++;
		}
		ck_assert_int_eq(unlink(place.path), 0);
		free(bytes);
	}
	printf("# 200 damages: %u set aside, %u left or of no consequence\n", aside, unnoticed);
	ck_assert_uint_ge(aside, 50);
	free(good);
}
END_TEST

START_TEST(nine_damaged_ones_are_enough)
{
	for (unsigned i = 0; i < 9; i++) {
		write_bytes(place.path, "junk junk junk junk", 19);
		ck_assert_int_eq(try_open(place.path), 0);
	}
	write_bytes(place.path, "junk junk junk junk", 19);
	ck_assert_int_eq(try_open(place.path), -EIO);
	has_bytes(place.path, "junk junk junk junk", 19);
}
END_TEST

/* Reading alone never moves it away. */
START_TEST(history_leaves_a_damaged_file)
{
	struct memory *m;

	write_bytes(place.path, "junk junk junk junk", 19);
	ck_assert_int_eq(memory_open(place.path, MEMORY_READ, &m, why), -EBADMSG);
	ck_assert_str_ne(why, "");
	has_bytes(place.path, "junk junk junk junk", 19);
	ck_assert_int_eq(unlink(place.path), 0);
	ck_assert_int_eq(memory_open(place.path, MEMORY_READ, &m, why), -ENOENT);
	ck_assert(!place_has(&place, "state.db"));
}
END_TEST

/* ---- versions */

START_TEST(a_newer_file_is_left_alone)
{
	char *bytes;
	size_t n;

	memory_keep_some(place.path, 0, 3);
	sql_do(place.path, "PRAGMA user_version = 99");
	bytes = bytes_of(place.path, &n);
	ck_assert_int_eq(try_open(place.path), -EPROTONOSUPPORT);
	has_bytes(place.path, bytes, n);
	free(bytes);
}
END_TEST

START_TEST(another_programs_file_is_left_alone)
{
	char *bytes;
	size_t n;

	sql_do(place.path, "CREATE TABLE bookmark (url TEXT); INSERT INTO bookmark VALUES ('x')");
	bytes = bytes_of(place.path, &n);
	ck_assert_int_eq(try_open(place.path), -EEXIST);
	has_bytes(place.path, bytes, n);
	free(bytes);
}
END_TEST

/* As the first version wrote it, in its own words. */
static const char version_1[] =
	"PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
	"CREATE TABLE boot (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);"
	"CREATE TABLE process (id INTEGER PRIMARY KEY, boot INTEGER NOT NULL, pid INTEGER NOT NULL,"
	" start INTEGER NOT NULL, comm BLOB, command BLOB, last_run INTEGER NOT NULL,"
	" UNIQUE (boot, pid, start));"
	"CREATE TABLE run (id INTEGER PRIMARY KEY, boot INTEGER NOT NULL, boot_ns INTEGER NOT NULL,"
	" wall_s INTEGER NOT NULL);"
	"CREATE INDEX run_at ON run (boot, boot_ns);"
	"CREATE TABLE target (id INTEGER PRIMARY KEY, selector BLOB NOT NULL,"
	" process INTEGER NOT NULL, last_run INTEGER NOT NULL, UNIQUE (selector, process));"
	"CREATE TABLE figure (run INTEGER NOT NULL, target INTEGER NOT NULL,"
	" processes INTEGER NOT NULL, fds INTEGER NOT NULL, children INTEGER NOT NULL,"
	" zombies INTEGER NOT NULL, orphans INTEGER NOT NULL, PRIMARY KEY (run, target)) WITHOUT ROWID;"
	"CREATE TABLE sample (run INTEGER NOT NULL, process INTEGER NOT NULL, fds INTEGER NOT NULL,"
	" children INTEGER NOT NULL, zombies INTEGER NOT NULL, soft INTEGER NOT NULL,"
	" PRIMARY KEY (run, process)) WITHOUT ROWID;"
	"PRAGMA application_id = 1818981219; PRAGMA user_version = 1;"
	"INSERT INTO boot VALUES (1, CAST('boot-1' AS BLOB));"
	"INSERT INTO process VALUES (1, 1, 200, 5000, CAST('app' AS BLOB), NULL, 1);"
	"INSERT INTO target VALUES (1, CAST('pid=200' AS BLOB), 1, 1);"
	"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 29)"
	" INSERT INTO run SELECT i + 1, 1, 1000000000000 + i * 60000000000, 1700000000 + i * 60 FROM n;"
	"INSERT INTO figure SELECT id, 1, 1, 49 + id, 0, 0, 0 FROM run;"
	"INSERT INTO sample SELECT id, 1, 49 + id, 0, 0, 1024 FROM run";

START_TEST(an_older_file_is_converted)
{
	struct history_question q = { .kind = TARGET_PID, .pid = 200 };
	struct arena *a = arena_new(0);
	struct scene_fixture *f;
	struct memory *m;
	struct history h;

	sql_do(place.path, version_1);
	ck_assert_int_eq(chmod(place.path, 0600), 0);
	m = memory_must(place.path);
	f = memory_app(OLD_RUNS, 49 + OLD_RUNS + 1);
	memory_recall(m, f->snapshot, &f->report->family);
	ck_assert_uint_eq(f->snapshot->series[0].n, OLD_RUNS + 1);
	ck_assert_int_eq(f->snapshot->series[0].samples[0].value, 50);
	memory_put(m, f, "c", 2);
	scene_free(f);
	ck_assert_int_eq(memory_history(m, &q, a, &h, why), 0);
	ck_assert_uint_eq(h.n, OLD_RUNS + 1);
	ck_assert_int_eq(h.points[0].figures.pipes, -1);
	ck_assert_int_eq(h.points[OLD_RUNS].figures.pipes, 0);
	ck_assert(h.fds.grows);
	memory_close(m);
	arena_free(a);
	ck_assert_int_eq(sql_number(place.path, "PRAGMA user_version"), 2);
	ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM sample"), OLD_RUNS + 1);
}
END_TEST

/* A conversion that fails leaves the old file as it was, to be set aside. */
START_TEST(a_broken_older_file_is_set_aside)
{
	sql_do(place.path, version_1);
	sql_do(place.path, "DROP TABLE figure");
	ck_assert_int_eq(chmod(place.path, 0600), 0);
	ck_assert_int_eq(try_open(place.path), 0);
	ck_assert(place_has(&place, "state.db.damaged-1"));
	ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM run"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("memory-damage");
	TCase *c = tcase_create("damage");

	tcase_set_timeout(c, 300);
	tcase_add_checked_fixture(c, place_setup, place_teardown);
	tcase_add_test(c, what_is_no_database_is_set_aside);
	tcase_add_test(c, damage_anywhere_is_survived);
	tcase_add_test(c, nine_damaged_ones_are_enough);
	tcase_add_test(c, history_leaves_a_damaged_file);
	tcase_add_test(c, a_newer_file_is_left_alone);
	tcase_add_test(c, another_programs_file_is_left_alone);
	tcase_add_test(c, an_older_file_is_converted);
	tcase_add_test(c, a_broken_older_file_is_set_aside);
	suite_add_tcase(suite, c);
	return harness_main(suite);
}
