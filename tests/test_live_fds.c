/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real program on descriptors that are really forgotten, and on healthy processes
 * that show the same numbers.  The growing kinds are watched together, in one scan of all.
 */
#include "harness.h"
#include "live_rows.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEST_LIMIT_S = 600 };

static const struct live_row rows[] = {
	/* a pool of readers looks the same */
	{ .kind = "fd-multiplicity", .finding = "fd-multiplicity", .info = true },
	{ .kind = "fd-empty-epoll", .finding = "fd-multiplicity", .fds = true },
	{ .kind = "fd-deleted-logs", .finding = "fd-deleted", .fds = true },
	{ .kind = "close-wait", .finding = "close-wait", .fds = true },
	{ .kind = "pidfd-stale", .finding = "pidfd-stale", .fds = true },
	{ .kind = "inherited-listen", .finding = "inherited-fd", .role = "child",
	  .culprit = "target", .fds = true },
	{ .kind = "fd-tmpfile" },
	{ .kind = "inherited-announced" },
	{ .kind = "dead-leader-fds" },
	/* whether it is forgotten, one look at one connection cannot tell */
	{ .kind = "close-wait-one" },
	{ .kind = "fd-sawtooth" },
	{ .kind = "fd-burst" },
	{ .kind = "fd-growth" },
	{ .kind = "child-growth" },
};

enum { ROWS_N = sizeof(rows) / sizeof(rows[0]), OWN_N = 5 };

START_TEST(forgotten)
{
	live_row_check(&rows[_i], 0);
}
END_TEST

START_TEST(forgotten_by_nobody)
{
	live_row_check(&rows[_i], NOBODY);
}
END_TEST

START_TEST(seen_by_nobody)
{
	live_row_check_blind(&rows[_i]);
}
END_TEST

static const struct live_row growing[] = {
	{ .kind = "fd-growth", .finding = "fd-growth" },
	{ .kind = "child-growth", .finding = "child-growth" },
	{ .kind = "fd-sawtooth" },
	{ .kind = "fd-burst" },
};

enum { GROWING_N = sizeof(growing) / sizeof(growing[0]) };

static json_t *report_of(const struct scan *r, pid_t pid)
{
	size_t i;
	json_t *one;

	json_array_foreach(r->report, i, one)
	{
		if (json_integer_value(json_object_get(json_object_get(one, "target"),
						       "pid")) == pid)
			return one;
	}
	ck_abort_msg("no report of %d: %.3000s", pid, r->out);
}

static void growth_check(const struct live_row *row, const struct situation *s,
			 const struct scan *all)
{
	pid_t pid = situation_made(s, "target", 0)->pid;
	struct scan one = { .report = report_of(all, pid) };
	json_t *f;

	live_row_accusations(row, s, json_object_get(one.report, "findings"), all->out);
	if (!row->finding)
		return;
	f = finding_of(&one, row->finding, pid);
	ck_assert_msg(f && finding_is_leak(f), "no %s: %.3000s", row->finding, all->out);
	/* by the minute: 240 descriptors, 150 children; a slow machine makes fewer */
	ck_assert_msg(json_number_value(json_object_get(f, "value")) > 0, "%.3000s", all->out);
}

static void growth_watch(uid_t uid)
{
	struct situation s[GROWING_N];
	const struct scan_how how = { .uid = uid };
	char pids[GROWING_N][16];
	const char *args[2 * GROWING_N + 3];
	size_t n = 0;
	struct scan r;

	args[n++] = "--for";
	args[n++] = "10s";
	for (int i = 0; i < GROWING_N; i++) {
		situation_start(&s[i], growing[i].kind);
		snprintf(pids[i], sizeof(pids[i]), "%d",
			 situation_made(&s[i], "target", 0)->pid);
		args[n++] = "--pid";
		args[n++] = pids[i];
	}
	args[n] = NULL;
	scan_run(&r, &how, args);
	ck_assert_msg(json_is_array(r.report), "no JSON; stderr: %s", r.err);
	for (int i = 0; i < GROWING_N; i++)
		growth_check(&growing[i], &s[i], &r);
	scan_free(&r);
	for (int i = 0; i < GROWING_N; i++)
		situation_end(&s[i]);
}

START_TEST(growth_is_found)
{
	growth_watch(0);
}
END_TEST

/* The counts of descriptors and of children are everybody's to read. */
START_TEST(growth_is_found_by_nobody)
{
	growth_watch(NOBODY);
}
END_TEST

static void kind_add(Suite *suite, int i)
{
	char name[64];
	TCase *one;

	snprintf(name, sizeof(name), "%s", rows[i].kind);
	one = tcase_create(rows[i].kind);
	tcase_set_timeout(one, TEST_LIMIT_S);
	tcase_add_loop_test(one, forgotten, i, i + 1);
	if (nobody_possible(name)) {
		tcase_add_loop_test(one, seen_by_nobody, i, i + 1);
		if (i < OWN_N)
			tcase_add_loop_test(one, forgotten_by_nobody, i, i + 1);
	}
	suite_add_tcase(suite, one);
}

static int suite_run(void)
{
	Suite *suite = suite_create("live_fds");
	TCase *growth = tcase_create("growth");

	for (int i = 0; i < ROWS_N; i++)
		if (possible(rows[i].kind, rows[i].kind))
			kind_add(suite, i);
	tcase_set_timeout(growth, TEST_LIMIT_S);
	tcase_add_test(growth, growth_is_found);
	if (nobody_possible("growth_is_found_by_nobody"))
		tcase_add_test(growth, growth_is_found_by_nobody);
	suite_add_tcase(suite, growth);
	return harness_main(suite);
}

int main(void)
{
	return namespace_run(suite_run);
}
