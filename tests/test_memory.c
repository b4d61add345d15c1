/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the memory answers, from made machines: series through the growth detectors, ages of
 * zombies, rates, flapping, history, and that it forgets what is old.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "detect/detectors.h"
#include "harness.h"
#include "memory_scene.h"

#define DEAD_AT(pid, ns) "process pid=" #pid " start=6000 ppid=200 pgid=200 sid=200 state=Z " \
	"threads=1 comm=dead exec_start=" #ns "\n"

START_TEST(a_new_file_is_private_and_in_its_place)
{
	struct memory *m = memory_must(place.path);
	struct stat st;

	ck_assert_str_eq(memory_path(m), place.path);
	ck_assert_int_eq(stat(place.path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	memory_close(m);
	ck_assert(!place_has(&place, "state.db-wal"));
	ck_assert_int_eq(sql_number(place.path, "PRAGMA auto_vacuum"), 2);
}
END_TEST

/* One run, looked at in all tables. */
START_TEST(a_run_is_kept_whole)
{
	memory_keep(place.path, memory_scene(APP DEAD_AT(300, 990000000000), 0), "c", 1);
	ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM run WHERE state = 1"), 1);
	ck_assert_int_eq(sql_number(place.path, "SELECT zombies FROM figure"), 1);
	ck_assert_int_eq(sql_number(place.path, "SELECT children FROM figure"), 1);
	ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM zombie"), 1);
	ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM process WHERE pid = 300"), 1);
}
END_TEST

static struct scene_fixture *growing(struct memory *m, unsigned checks, unsigned every, int by)
{
	struct scene_fixture *f = NULL;

	for (unsigned i = 0; i < checks; i++) {
		if (f)
			scene_free(f);
		f = memory_app(i * every, 50 + (int)i * by);
		if (i + 1 < checks)
			memory_put(m, f, "c", 0);
	}
	memory_recall(m, f->snapshot, &f->report->family);
	return f;
}

static const struct finding *growth_found(struct scene_fixture *f)
{
	struct scene scene = { f->snapshot, &f->report->family, &f->policy, NULL };

	f->report->findings.n = 0;
	detect_fd_growth(&scene, &f->report->findings);
	return f->report->findings.n ? &f->report->findings.list[0] : NULL;
}

/* Two more every five minutes: no look of seconds sees that. */
START_TEST(growth_between_checks_is_found)
{
	struct memory *m = memory_must(place.path);
	struct scene_fixture *f = growing(m, 60, 5, 2);
	const struct finding *found = growth_found(f);

	ck_assert_ptr_nonnull(found);
	ck_assert_int_ge(found->severity, SEV_WARNING);
	ck_assert_double_eq_tol(found->value, 0.4, 0.02);
	ck_assert_msg(strstr(found->message, "24 an hour (50 to 168 in 4h 55m)") != NULL, "%s",
		      found->message);
	scene_free(f);
	memory_close(m);
}
END_TEST

START_TEST(a_steady_count_is_none)
{
	struct memory *m = memory_must(place.path);
	struct scene_fixture *f = growing(m, 60, 5, 0);

	ck_assert_uint_ge(f->snapshot->series_n, 1);
	ck_assert_uint_eq(f->snapshot->series[0].n, 60);
	ck_assert_ptr_null(growth_found(f));
	scene_free(f);
	memory_close(m);
}
END_TEST

/* Another process with that pid, or another boot, is another one. */
START_TEST(series_are_of_one_process)
{
	struct memory *m = memory_must(place.path);
	struct scene_fixture *f = growing(m, 20, 5, 2);
	size_t n = f->snapshot->series_n;

	ck_assert_uint_ge(n, 1);
	snapshot_find(f->snapshot, 200)->id.start_ticks = 5001;
	f->snapshot->series_n = 0;
	memory_recall(m, f->snapshot, &f->report->family);
	ck_assert_uint_eq(f->snapshot->series_n, 0);
	snapshot_find(f->snapshot, 200)->id.start_ticks = 5000;
	f->snapshot->boot_id = "boot-2";
	memory_recall(m, f->snapshot, &f->report->family);
	ck_assert_uint_eq(f->snapshot->series_n, 0);
	f->snapshot->boot_id = "boot-1";
	memory_recall(m, f->snapshot, &f->report->family);
	ck_assert_uint_eq(f->snapshot->series_n, n);
	scene_free(f);
	memory_close(m);
}
END_TEST

/* Two checks at once may be kept in the other order; the series is in order all the same. */
START_TEST(series_are_in_order)
{
	static const unsigned order[] = { 0, 10, 5, 15, 15, 20, 17 };
	struct memory *m = memory_must(place.path);
	struct scene_fixture *f;
	const struct series *s;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		f = memory_app(order[i], 50);
		memory_put(m, f, "c", 0);
		scene_free(f);
	}
	f = memory_app(30, 51);
	memory_recall(m, f->snapshot, &f->report->family);
	s = &f->snapshot->series[0];
	ck_assert_uint_eq(s->n, 7);
	for (size_t i = 1; i < s->n; i++)
		ck_assert_uint_gt(s->samples[i].at_ns, s->samples[i - 1].at_ns);
	ck_assert_int_eq(s->samples[6].value, 51);
	scene_free(f);
	memory_close(m);
}
END_TEST

START_TEST(a_zombie_ages_from_check_to_check)
{
	struct memory *m = memory_must(place.path);
	struct scene_fixture *f = memory_scene(APP DEAD_AT(300, 999900000000), 0);
	struct memory_zombie z = { .checks = 77 };
	const struct process *p = snapshot_find(f->snapshot, 300);

	ck_assert(!memory_zombie(m, f->snapshot, p, &z));
	ck_assert_uint_eq(z.checks, 77);
	memory_put(m, f, "c", 0);
	ck_assert(!memory_zombie(m, f->snapshot, p, &z));
	scene_free(f);
	for (unsigned i = 1; i <= 3; i++) {
		f = memory_scene(APP DEAD_AT(300, 999900000000), i * 60);
		p = snapshot_find(f->snapshot, 300);
		ck_assert(memory_zombie(m, f->snapshot, p, &z));
		ck_assert_double_eq_tol(z.age_seconds, i * 3600, 0.1);
		ck_assert_int_eq(z.first_wall_s, WALL_S);
		ck_assert_uint_eq(z.checks, i);
		memory_put(m, f, "c", 0);
		scene_free(f);
	}
	/* a living process of the past is none */
	f = memory_app(240, 3);
	ck_assert(!memory_zombie(m, f->snapshot, snapshot_find(f->snapshot, 200), &z));
	ck_assert(!memory_zombie(NULL, f->snapshot, snapshot_find(f->snapshot, 200), &z));
	scene_free(f);
	memory_close(m);
}
END_TEST

START_TEST(the_check_before)
{
	struct memory *m = memory_must(place.path);
	struct scene_fixture *f = memory_app(0, 40);
	struct memory_before b;

	ck_assert(!memory_before(m, f->report, &b));
	memory_put(m, f, "c", 0);
	scene_free(f);
	f = memory_app(10, 60);
	ck_assert(memory_before(m, f->report, &b));
	ck_assert_double_eq_tol(b.seconds, 600, 0.01);
	ck_assert_int_eq(b.figures.fds, 40);
	ck_assert_int_eq(memory_figures(f->report).fds, 60);
	f->target.selector = "name=app";
	ck_assert(!memory_before(m, f->report, &b));
	scene_free(f);
	memory_close(m);
}
END_TEST

START_TEST(flapping_is_counted_per_check)
{
	static const int states[] = { 0, 0, 2, 2, 0, 1 };
	struct memory *m = memory_must(place.path);
	struct memory_flapping flaps;

	memory_flapping(m, "a", 0, 20, &flaps);
	ck_assert_uint_eq(flaps.checks, 1);
	ck_assert_uint_eq(flaps.changes, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(states); i++) {
		struct scene_fixture *f = memory_app(i, 3);

		memory_put(m, f, "a", states[i]);
		memory_put(m, f, "b", 0);
		scene_free(f);
	}
	memory_flapping(m, "a", 1, 20, &flaps);
	ck_assert_uint_eq(flaps.checks, 7);
	ck_assert_uint_eq(flaps.changes, 3);
	memory_flapping(m, "a", 0, 3, &flaps);
	ck_assert_uint_eq(flaps.checks, 3);
	ck_assert_uint_eq(flaps.changes, 2);
	memory_flapping(m, "b", 0, 20, &flaps);
	ck_assert_uint_eq(flaps.changes, 0);
	memory_flapping(NULL, "b", 0, 20, &flaps);
	ck_assert_uint_eq(flaps.checks, 1);
	memory_close(m);
}
END_TEST

/* ---- history */

static struct history history_of(struct memory *m, struct arena *a, enum target_kind kind,
				 pid_t pid, const char *word)
{
	struct history_question q = { .kind = kind, .pid = pid, .word = word };
	struct history h = { .n = 0 };
	int err = memory_history(m, &q, a, &h, why);

	ck_assert_msg(!err, "%s", why);
	return h;
}

START_TEST(history_of_what_is_gone)
{
	struct memory *m = memory_must(place.path);
	struct arena *a = arena_new(0);
	struct history h;

	for (unsigned i = 0; i < 40; i++) {
		struct scene_fixture *f = memory_app(i * 5, 50 + 2 * (int)(i % 20));

		/* a restart in the middle: another process, another pid */
		if (i >= 20)
			snapshot_find(f->snapshot, 200)->id.start_ticks = 90000;
		f->target.selector = "name=^app$";
		memory_put(m, f, "c", 0);
		scene_free(f);
	}
	h = history_of(m, a, TARGET_NAME, 0, "^app$");
	ck_assert(h.whole);
	ck_assert_uint_eq(h.n, 40);
	ck_assert_int_eq(h.pid, 200);
	ck_assert_str_eq(h.label, "app");
	ck_assert_int_eq(h.points[0].wall_s, WALL_S);
	for (size_t i = 0; i < 40; i++) {
		ck_assert_int_eq(h.points[i].figures.fds, 50 + 2 * (int)(i % 20));
		ck_assert_int_eq(h.points[i].restarted, i == 20);
	}
	ck_assert(h.fds.judged && h.fds.grows);
	/* by another name that fits, and by the pid, of which the last holder is meant */
	ck_assert_uint_eq(history_of(m, a, TARGET_NAME, 0, "ap+").n, 40);
	h = history_of(m, a, TARGET_PID, 200, NULL);
	ck_assert_uint_eq(h.n, 20);
	ck_assert(!h.points[0].restarted);
	arena_free(a);
	memory_close(m);
}
END_TEST

START_TEST(history_since_and_of_nobody)
{
	struct history_question q = { .kind = TARGET_PID, .pid = 200,
				      .since_wall_s = WALL_S + 10 * 60 };
	struct memory *m = memory_must(place.path);
	struct arena *a = arena_new(0);
	struct history h;

	for (unsigned i = 0; i < 20; i++) {
		struct scene_fixture *f = memory_app(i, 50);

		memory_put(m, f, "c", 0);
		scene_free(f);
	}
	ck_assert_int_eq(memory_history(m, &q, a, &h, why), 0);
	ck_assert_uint_eq(h.n, 10);
	q.since_wall_s = WALL_S * 2;
	ck_assert_int_eq(memory_history(m, &q, a, &h, why), 0);
	ck_assert_uint_eq(h.n, 0);
	q.pid = 4711;
	ck_assert_int_eq(memory_history(m, &q, a, &h, why), -ENOENT);
	q = (struct history_question){ .kind = TARGET_NAME, .word = "(" };
	ck_assert_int_eq(memory_history(m, &q, a, &h, why), -EINVAL);
	ck_assert_str_ne(why, "");
	arena_free(a);
	memory_close(m);
}
END_TEST

/* Seen as a member only: its own figures, and the family's are not known. */
START_TEST(history_of_a_member)
{
	struct memory *m = memory_must(place.path);
	struct arena *a = arena_new(0);
	struct history h;

	for (unsigned i = 0; i < 3; i++) {
		struct scene_fixture *f = memory_scene(APP
			"process pid=300 start=6000 ppid=200 pgid=200 sid=200 state=S threads=1 "
			"comm=worker fds=12\n", i);

		memory_put(m, f, "c", 0);
		scene_free(f);
	}
	h = history_of(m, a, TARGET_NAME, 0, "worker");
	ck_assert(!h.whole);
	ck_assert_uint_eq(h.n, 3);
	ck_assert_int_eq(h.points[0].figures.fds, 12);
	ck_assert_int_eq(h.points[0].figures.orphans, -1);
	ck_assert_int_eq(history_of(m, a, TARGET_PID, 300, NULL).points[2].figures.fds, 12);
	arena_free(a);
	memory_close(m);
}
END_TEST

/* Whatever bytes a process calls itself come back as they were. */
START_TEST(hostile_names_are_only_bytes)
{
	static const char name[] = "a'b\";--\n\033[31m\xff|x=9";
	struct memory *m = memory_must(place.path);
	struct scene_fixture *f = memory_app(0, 50);
	struct arena *a = arena_new(0);
	struct history_target *list;
	struct history h;
	size_t n;

	strcpy(snapshot_find(f->snapshot, 200)->comm, name);
	f->target.selector = name;
	memory_put(m, f, name, 0);
	scene_free(f);
	h = history_of(m, a, TARGET_PID, 200, NULL);
	ck_assert_str_eq(h.label, name);
	ck_assert_int_eq(memory_targets(m, a, &list, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(list[0].selector, name);
	ck_assert_int_eq(list[0].checks, 1);
	ck_assert_int_eq(list[0].last.fds, 50);
	arena_free(a);
	memory_close(m);
}
END_TEST

/* ---- forgetting */

START_TEST(the_old_is_forgotten_a_little_at_a_time)
{
	struct memory *m = memory_must(place.path);
	struct scene_fixture *f;

	for (unsigned i = 0; i < 300; i++) {
		f = memory_app(i, 50);
		memory_put(m, f, "c", 0);
		scene_free(f);
	}
	memory_limit(m, 3600, INT64_C(1) << 30);
	/* a clock that is a year ahead for one check must not cost the whole history */
	f = memory_app(300, 50);
	f->snapshot->wall_s += 365 * 86400;
	memory_put(m, f, "c", 0);
	scene_free(f);
	ck_assert_int_ge(sql_number(place.path, "SELECT count(*) FROM run"), 200);
	for (unsigned i = 301; i < 340; i++) {
		f = memory_app(i, 50);
		memory_put(m, f, "c", 0);
		scene_free(f);
	}
	ck_assert_int_eq(sql_number(place.path, "SELECT count(*) FROM run WHERE wall_s <"
				    " 1700000000 + 339 * 60 - 3600"), 0);
	ck_assert_int_ge(sql_number(place.path, "SELECT count(*) FROM run"), 60);
	ck_assert_int_eq(sql_number(place.path, "SELECT (SELECT count(*) FROM run) -"
				    " (SELECT count(*) FROM figure)"), 0);
	memory_close(m);
}
END_TEST

START_TEST(the_file_does_not_grow_past_its_limit)
{
	struct memory *m = memory_must(place.path);
	int64_t limit = 256 * 1024, bytes;

	memory_limit(m, INT64_C(1) << 40, limit);
	for (unsigned i = 0; i < 3000; i++) {
		struct scene_fixture *f = memory_app(i, 50);

		/* everything new each time: the worst for a file */
		snapshot_find(f->snapshot, 200)->id.start_ticks = 7 + i;
		memory_put(m, f, "c", 0);
		scene_free(f);
	}
	memory_close(m);
	bytes = sql_number(place.path, "PRAGMA page_count") * sql_number(place.path, "PRAGMA page_size");
	ck_assert_int_le(bytes, 2 * limit);
	ck_assert_int_ge(sql_number(place.path, "SELECT count(*) FROM run"), 100);
	ck_assert_int_le(sql_number(place.path, "SELECT count(*) FROM process"), 2900);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("memory");
	TCase *c = tcase_create("answers");

	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, place_setup, place_teardown);
	tcase_add_test(c, a_new_file_is_private_and_in_its_place);
	tcase_add_test(c, a_run_is_kept_whole);
	tcase_add_test(c, growth_between_checks_is_found);
	tcase_add_test(c, a_steady_count_is_none);
	tcase_add_test(c, series_are_of_one_process);
	tcase_add_test(c, series_are_in_order);
	tcase_add_test(c, a_zombie_ages_from_check_to_check);
	tcase_add_test(c, the_check_before);
	tcase_add_test(c, flapping_is_counted_per_check);
	tcase_add_test(c, history_of_what_is_gone);
	tcase_add_test(c, history_since_and_of_nobody);
	tcase_add_test(c, history_of_a_member);
	tcase_add_test(c, hostile_names_are_only_bytes);
	tcase_add_test(c, the_old_is_forgotten_a_little_at_a_time);
	tcase_add_test(c, the_file_does_not_grow_past_its_limit);
	suite_add_tcase(suite, c);
	return harness_main(suite);
}
