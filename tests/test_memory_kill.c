/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kill -9 at a thousand random moments, and two checks at once: what was acknowledged is
 * there, what is there is whole.  A check is a process that opens, keeps, closes, over and
 * over, and says through a pipe which runs it has kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "memory_scene.h"

enum { KILLS = 1000, RUNS_MOST = 200000, WRITERS = 2, RUNS_EACH = 100 };

/* Runs whose being kept was acknowledged, by wall_s. */
static unsigned char kept[RUNS_MOST];

/* Keeps runs that are told apart by wall_s; what is not whole is seen by the zombie. */
static struct scene_fixture *whole_scene(void)
{
	return memory_scene("process pid=200 start=5000 ppid=100 pgid=100 sid=100 state=S "
			    "threads=1 comm=app fds=50\n"
			    "process pid=300 start=6000 ppid=200 pgid=200 sid=200 state=Z "
			    "threads=1 comm=dead exec_start=990000000000\n", 0);
}

/* Never returns.  The outcome of each run goes to `ack`: its number, or ~its errno. */
static void check_again_and_again(int ack, struct scene_fixture *f, uint32_t first, uint32_t runs)
{
	const struct report *r = f->report;

	for (uint32_t i = first; i < first + runs; i++) {
		struct memory *m = NULL;
		int32_t word = (int32_t)i;
		int err;

		f->snapshot->wall_s = i;
		f->snapshot->now_ns += 1000000;
		do {
			memory_close(m);
			m = NULL;
			err = memory_open(place.path, MEMORY_WRITE, &m, why);
			err = err ? err : memory_note(m, &r, 1, "c", (int)(i % 4), why);
			/* a machine that is busy for more than a second: said, not kept */
		} while (err == -EBUSY);
		if (err || *why) {
			fprintf(stderr, "run %u: %d %s\n", i, err, why);
			word = -1;
		}
		if (write(ack, &word, sizeof(word)) != sizeof(word))
			_exit(9);
		memory_close(m);
	}
	_exit(0);
}

/* Everything in the pipe; fails on a run that could not be kept. */
static unsigned take_acks(int from)
{
	unsigned n = 0;
	int32_t word;
	ssize_t got;

	while ((got = read(from, &word, sizeof(word))) == sizeof(word)) {
		ck_assert_msg(word >= 0 && word < RUNS_MOST, "a run was not kept");
		kept[word] = 1;
		n++;
	}
	ck_assert_int_eq(got, 0);
	return n;
}

static void file_is_whole(void)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(place.path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	ck_assert_str_eq((const char *)sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
	sqlite3_close(db);
}

/* No half run: each has its figures, its sample and has seen the zombie. */
static void runs_are_whole(void)
{
	ck_assert_int_eq(sql_number(place.path,
		"SELECT count(*) FROM run r WHERE NOT EXISTS (SELECT 1 FROM figure WHERE run = r.id"
		" AND zombies = 1) OR NOT EXISTS (SELECT 1 FROM sample WHERE run = r.id)"), 0);
	ck_assert_int_eq(sql_number(place.path, "SELECT (SELECT count(*) FROM run) - checks FROM zombie"),
			 0);
}

static unsigned missing(void)
{
	unsigned char *there = calloc(RUNS_MOST, 1);
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	unsigned n = 0;

	ck_assert_ptr_nonnull(there);
	ck_assert_int_eq(sqlite3_open(place.path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT wall_s FROM run", -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		there[sqlite3_column_int64(st, 0)] = 1;
	sqlite3_finalize(st);
	sqlite3_close(db);
	for (size_t i = 0; i < RUNS_MOST; i++)
		n += kept[i] && !there[i];
	free(there);
	return n;
}

static void sleep_us(long us)
{
	struct timespec t = { 0, us * 1000 };

	nanosleep(&t, NULL);
}

START_TEST(killed_a_thousand_times)
{
	struct scene_fixture *f = whole_scene();
	unsigned acks = 0, idle = 0;
	long most_us = 8000;

	srandom(20261124);
	for (unsigned i = 0; i < KILLS; i++) {
		int ack[2], status;
		unsigned n;
		pid_t pid;

		ck_assert_int_eq(pipe2(ack, O_CLOEXEC), 0);
		pid = fork();
		ck_assert_int_ge(pid, 0);
		if (!pid) {
			close(ack[0]);
			check_again_and_again(ack[1], f, i * 150, 150);
		}
		close(ack[1]);
		sleep_us(random() % most_us);
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		n = take_acks(ack[0]);
		close(ack[0]);
		ck_assert(WIFSIGNALED(status) || (WIFEXITED(status) && !WEXITSTATUS(status)));
		acks += n;
		idle += !n;
		/* on any machine some are killed before their first run, most in a later one */
		if (n > 1 && most_us > 1000)
			most_us -= most_us / 32;
		else if (!n && most_us < 400000)
			most_us += most_us / 16;
		if (i % 100 == 0 && acks)
			file_is_whole();
	}
	scene_free(f);
	printf("# %d kills, %u runs kept, %u killed before the first\n", KILLS, acks, idle);
	ck_assert_uint_gt(acks, KILLS / 4);
	file_is_whole();
	runs_are_whole();
	ck_assert_uint_eq(missing(), 0);
	ck_assert(!place_has(&place, "state.db.damaged-1"));
}
END_TEST

/* Together from the very first moment, so that they also make the file together. */
START_TEST(two_checks_at_once)
{
	struct scene_fixture *f = whole_scene();
	int ack[2];
	pid_t pids[WRITERS];

	ck_assert_int_eq(pipe2(ack, O_CLOEXEC), 0);
	for (unsigned i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		ck_assert_int_ge(pids[i], 0);
		if (!pids[i]) {
			close(ack[0]);
			check_again_and_again(ack[1], f, i * RUNS_EACH, RUNS_EACH);
		}
	}
	close(ack[1]);
	ck_assert_uint_eq(take_acks(ack[0]), WRITERS * RUNS_EACH);
	close(ack[0]);
	for (unsigned i = 0; i < WRITERS; i++) {
		int status;

		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert(WIFEXITED(status) && !WEXITSTATUS(status));
	}
	scene_free(f);
	file_is_whole();
	runs_are_whole();
	ck_assert_uint_eq(missing(), 0);
	ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM run"), WRITERS * RUNS_EACH);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("memory-kill");
	TCase *c = tcase_create("kill");

	tcase_set_timeout(c, 300);
	tcase_add_checked_fixture(c, place_setup, place_teardown);
	tcase_add_test(c, two_checks_at_once);
	tcase_add_test(c, killed_a_thousand_times);
	suite_add_tcase(suite, c);
	return harness_main(suite);
}
