/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workers that block, crash, starve or take long.  Blocking is real: a read from a pipe that
 * nobody writes to, as a read of /proc that never answers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"
#include "source/worker.h"

#define ITEMS 60

struct bench {
	int pipe_of_nobody[2];
	uint8_t got[4 * ITEMS];
	uint8_t stalled[4 * ITEMS];
	uint8_t crashed;
	int workers;
};

static struct arena *arena;
static struct bench *bench;

static void setup(void)
{
	arena = arena_new(1);
	bench = arena_calloc(arena, 1, sizeof(*bench));
}

static void teardown(void)
{
	/* on a loaded machine the last ones may still be dying by their timer: that they do
	 * die is what this waits for */
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	ck_assert_int_eq(errno, ECHILD);
	arena_free(arena);
}

static void finish(size_t i, struct ticket *t)
{
	if (ticket_claim(t))
		bench->got[i]++;
}

/* Workers have closed all they inherited, so each makes its own pipe to hang on. */
static void block(void)
{
	int ends[2];
	char byte;

	if (!pipe(ends) && read(ends[0], &byte, 1) < 0)
		abort();
}

static void note_stall(void *context, size_t i)
{
	(void)context;
	bench->stalled[i]++;
}

static void *count_worker(void *context)
{
	(void)context;
	bench->workers++;
	return bench;
}

static void easy(void *context, void *own, size_t i, struct ticket *t)
{
	ck_assert_ptr_eq(own, context);
	finish(i, t);
}

START_TEST(all_items_are_done_by_one_worker)
{
	struct work w = { .item = easy, .begin = count_worker, .context = bench, .n = ITEMS };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(r.done, ITEMS);
	ck_assert_uint_eq(r.stalled, 0);
	ck_assert(!r.cut);
	for (size_t i = 0; i < ITEMS; i++)
		ck_assert_uint_eq(bench->got[i], 1);
}
END_TEST

static void every_fifth_blocks(void *context, void *own, size_t i, struct ticket *t)
{
	(void)context;
	(void)own;
	if (i % 5 == 2)
		block();
	finish(i, t);
}

START_TEST(blocked_items_are_left_behind)
{
	struct work w = { .item = every_fifth_blocks, .stalled = note_stall, .context = bench,
			  .n = ITEMS };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(r.done, ITEMS - ITEMS / 5);
	ck_assert_uint_eq(r.stalled, ITEMS / 5);
	for (size_t i = 0; i < ITEMS; i++) {
		ck_assert_uint_eq(bench->got[i], i % 5 != 2);
		ck_assert_uint_eq(bench->stalled[i], i % 5 == 2);
	}
}
END_TEST

static void all_block(void *context, void *own, size_t i, struct ticket *t)
{
	(void)context;
	(void)own;
	block();
	finish(i, t);
}

START_TEST(all_items_may_block)
{
	struct work w = { .item = all_block, .stalled = note_stall, .context = bench, .n = ITEMS };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(r.done, 0);
	ck_assert_uint_eq(r.stalled, ITEMS);
}
END_TEST

static void late(void *context, void *own, size_t i, struct ticket *t)
{
	struct timespec rest = { .tv_nsec = 60 * 1000000 };

	(void)context;
	(void)own;
	if (i == 3)
		nanosleep(&rest, NULL);
	finish(i, t);
}

/* Slow is not stuck: an item that was overtaken still counts when it ends in time. */
START_TEST(an_overtaken_item_may_still_finish)
{
	struct work w = { .item = late, .stalled = note_stall, .context = bench, .n = 10 };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	for (size_t i = 0; i < 10; i++)
		ck_assert_uint_eq(bench->got[i] + bench->stalled[i], 1);
	ck_assert_uint_eq(r.done + r.stalled, 10);
}
END_TEST

static void busy(void *context, void *own, size_t i, struct ticket *t)
{
	struct timespec now;
	time_t end = 0;

	(void)context;
	(void)own;
	while (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now), i == 1 && end < 90 * 1000000)
		end = now.tv_sec * 1000000000 + now.tv_nsec;
	finish(i, t);
}

/* 90 ms of its own CPU time is longer than a stall and shorter than a life. */
START_TEST(a_running_worker_is_not_stalled)
{
	struct work w = { .item = busy, .stalled = note_stall, .context = bench, .n = 3 };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(bench->stalled[0] + bench->stalled[2], 0);
	ck_assert_uint_eq(bench->got[0] + bench->got[2], 2);
}
END_TEST

static void naps(void *context, void *own, size_t i, struct ticket *t)
{
	struct timespec rest = { .tv_nsec = 3 * 1000000 };

	(void)context;
	(void)own;
	for (int nap = 0; i == 1 && nap < 20; nap++)
		nanosleep(&rest, NULL);
	finish(i, t);
}

/* Asleep whenever looked at, for 60 ms, and still not blocked: it ran in between. */
START_TEST(a_worker_that_wakes_is_not_stalled)
{
	struct work w = { .item = naps, .stalled = note_stall, .context = bench, .n = 3 };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(bench->stalled[0] + bench->stalled[1] + bench->stalled[2], 0);
	ck_assert_uint_eq(bench->got[0] + bench->got[1] + bench->got[2], 3);
}
END_TEST

static void slow_but_alive(void *context, void *own, size_t i, struct ticket *t)
{
	struct timespec rest = { .tv_nsec = 5 * 1000000 };

	(void)context;
	(void)own;
	for (int step = 0; i == 0 && step < 60; step++) {
		nanosleep(&rest, NULL);
		ticket_beat(t);
	}
	finish(i, t);
}

/* 300 ms in one item, twice the life of a silent worker: the beats keep it alive, or, where
 * the machine starves it between two of them, it is tried again.  It is never lost. */
START_TEST(a_beat_is_a_sign_of_life)
{
	struct work w = { .item = slow_but_alive, .stalled = note_stall, .context = bench, .n = 2 };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(bench->got[1], 1);
	ck_assert_uint_eq(bench->got[0] + bench->stalled[0], 1);
}
END_TEST

static void crash_once(void *context, void *own, size_t i, struct ticket *t)
{
	(void)context;
	(void)own;
	if (i == 4 && !bench->crashed++)
		_exit(1);
	finish(i, t);
}

START_TEST(a_crashed_item_is_tried_again)
{
	struct work w = { .item = crash_once, .stalled = note_stall, .context = bench, .n = 10 };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(r.done, 10);
	ck_assert_uint_eq(bench->crashed, 2);
	ck_assert_uint_eq(bench->got[4], 1);
}
END_TEST

static void crash_always(void *context, void *own, size_t i, struct ticket *t)
{
	(void)context;
	(void)own;
	if (i == 4)
		_exit(1);
	finish(i, t);
}

START_TEST(an_item_that_always_crashes_is_left_behind)
{
	struct work w = { .item = crash_always, .stalled = note_stall, .context = bench, .n = 10 };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(r.done, 9);
	ck_assert_uint_eq(bench->stalled[4], 1);
}
END_TEST

static void multiply(void *context, void *own, size_t i, struct ticket *t)
{
	(void)context;
	(void)own;
	if (ticket_claim(t) && !i)
		ticket_items(t, 2 * ITEMS);
	bench->got[i]++;
}

static void many_block(void *context, void *own, size_t i, struct ticket *t)
{
	(void)context;
	(void)own;
	if (i % 2)
		block();
	finish(i, t);
}

/* However many block, it comes to an end; what was given up is said. */
START_TEST(so_many_may_block_and_no_more)
{
	struct work w = { .item = many_block, .context = bench, .n = 4 * ITEMS };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert(r.cut);
	ck_assert_uint_lt(r.stalled, 2 * ITEMS);
	ck_assert_uint_eq(bench->got[0], 1);
	ck_assert_uint_eq(bench->got[4 * ITEMS - 2], 0);
}
END_TEST

START_TEST(items_can_be_added_up_to_the_most)
{
	struct work w = { .item = multiply, .context = bench, .n = 1, .most = ITEMS };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(r.done, ITEMS);
	ck_assert_uint_eq(bench->got[ITEMS - 1], 1);
	ck_assert_uint_eq(bench->got[ITEMS], 0);
}
END_TEST

static void look_around(void *context, void *own, size_t i, struct ticket *t)
{
	char here[64];

	(void)context;
	(void)own;
	/* stdio leads nowhere, nothing else is open, the directory is the root's */
	bench->got[i] = !isatty(0) && lseek(0, 0, SEEK_CUR) == 0 && dup(1) == 3 &&
			getcwd(here, sizeof(here)) && !strcmp(here, "/");
	ticket_claim(t);
}

START_TEST(a_worker_holds_nothing_of_ours)
{
	struct work w = { .item = look_around, .context = bench, .n = 1 };
	struct work_result r;

	ck_assert_int_eq(work_run(arena, &w, &r), 0);
	ck_assert_uint_eq(bench->got[0], 1);
}
END_TEST

/* By item: who did it. */
static void sign(void *context, void *own, size_t i, struct ticket *t)
{
	pid_t *by = context;

	ck_assert_ptr_eq(own, bench);
	if (ticket_claim(t))
		by[i] = getpid();
}

static void *begin_with_bench(void *context)
{
	(void)context;
	bench->workers++;
	return bench;
}

/* True when one worker did two lists, the second of which was made when it had long been
 * forked, and begun once for both; on a starved machine another may have had to take over. */
static bool one_did_both(struct crew *c, const struct timespec *rest)
{
	struct work w = { .item = sign, .begin = begin_with_bench, .n = ITEMS };
	struct work_result r;
	pid_t *first, *second;
	int workers;

	first = w.context = arena_calloc(arena, ITEMS, sizeof(pid_t));
	ck_assert_int_eq(crew_run(c, &w, &r), 0);
	ck_assert_uint_eq(r.done, ITEMS);
	workers = bench->workers;
	nanosleep(rest, NULL);
	second = w.context = arena_calloc(arena, ITEMS, sizeof(pid_t));
	ck_assert_int_eq(crew_run(c, &w, &r), 0);
	ck_assert_uint_eq(r.done, ITEMS);
	for (size_t i = 0; i < ITEMS; i++)
		if (first[i] != first[0] || second[i] != first[0])
			return false;
	return bench->workers == workers;
}

START_TEST(a_crew_keeps_its_worker)
{
	struct timespec none = { .tv_nsec = 0 }, idle = { .tv_nsec = 400 * 1000000 };
	struct crew *c = crew_new(arena);
	int tries = 0;

	while (!one_did_both(c, &none))
		ck_assert_int_lt(++tries, 100);
	/* to have nothing to do for longer than a life is no stall */
	while (!one_did_both(c, &idle))
		ck_assert_int_lt(++tries, 100);
	crew_end(c);
}
END_TEST

static void finish_again(void *context, void *own, size_t i, struct ticket *t)
{
	(void)context;
	(void)own;
	finish(i, t);
}

START_TEST(a_crew_goes_on_after_a_stall)
{
	struct work bad = { .item = every_fifth_blocks, .stalled = note_stall, .context = bench,
			    .n = ITEMS };
	struct work good = { .item = finish_again, .context = bench, .n = ITEMS };
	struct crew *c = crew_new(arena);
	struct work_result r;

	for (unsigned round = 1; round <= 3; round++) {
		ck_assert_int_eq(crew_run(c, &bad, &r), 0);
		ck_assert_uint_eq(r.stalled, ITEMS / 5);
		ck_assert_int_eq(crew_run(c, &good, &r), 0);
		ck_assert_uint_eq(r.done, ITEMS);
		ck_assert_uint_eq(r.stalled, 0);
		for (size_t i = 0; i < ITEMS; i++)
			ck_assert_uint_eq(bench->got[i], round * (1 + (i % 5 != 2)));
	}
	crew_end(c);
}
END_TEST

static void crash_at_the_end(void *context, void *own, size_t i, struct ticket *t)
{
	(void)context;
	(void)own;
	finish(i, t);
	if (i == ITEMS - 1 && !bench->crashed++)
		_exit(1);
}

/* One that is gone is missed when there is work, not before. */
START_TEST(a_crew_misses_who_is_gone)
{
	struct work w = { .item = crash_at_the_end, .context = bench, .n = ITEMS };
	struct crew *c = crew_new(arena);
	struct work_result r;

	for (int round = 0; round < 2; round++) {
		ck_assert_int_eq(crew_run(c, &w, &r), 0);
		ck_assert_uint_eq(r.done, ITEMS);
	}
	crew_end(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("source/worker");
	TCase *c = tcase_create("worker");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, all_items_are_done_by_one_worker);
	tcase_add_test(c, blocked_items_are_left_behind);
	tcase_add_test(c, all_items_may_block);
	tcase_add_test(c, an_overtaken_item_may_still_finish);
	tcase_add_test(c, a_running_worker_is_not_stalled);
	tcase_add_test(c, a_worker_that_wakes_is_not_stalled);
	tcase_add_test(c, a_beat_is_a_sign_of_life);
	tcase_add_test(c, a_crashed_item_is_tried_again);
	tcase_add_test(c, an_item_that_always_crashes_is_left_behind);
	tcase_add_test(c, so_many_may_block_and_no_more);
	tcase_add_test(c, items_can_be_added_up_to_the_most);
	tcase_add_test(c, a_worker_holds_nothing_of_ours);
	tcase_add_test(c, a_crew_keeps_its_worker);
	tcase_add_test(c, a_crew_goes_on_after_a_stall);
	tcase_add_test(c, a_crew_misses_who_is_gone);
	suite_add_tcase(s, c);
	return harness_main(s);
}
