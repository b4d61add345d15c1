/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real program in trouble: processes that never answer or never hold still, names
 * that attack, output that cannot be written, a user who may see nothing.
 */
#include "harness.h"
#include "live.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TEST_LIMIT_S = 600,
	PROMPT_S = 60, /* a scan among processes that never answer */
	TRANSIENT_SCANS = 200,
	TRANSIENT_S = 40, /* fewer scans on a slow machine, but never under ... */
	TRANSIENT_SCANS_LEAST = 20,
};

START_TEST(names_are_harmless)
{
	struct situation s;
	struct scan r;

	scan_kind(&s, &r, "name-escape");
	for (const char *c = r.out; *c; c++)
		ck_assert_msg((unsigned char)*c >= ' ' || *c == '\n' || *c == '\t',
			      "control byte %d in the report", *c);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(reforker_disturbs_nothing)
{
	const struct scan_how own_age = { .min_age = true };
	struct situation s;
	struct scan r;

	situation_start(&s, "reforker");
	usleep(1200000);
	scan_pid(&r, &own_age, situation_made(&s, "target", 0)->pid);
	ck_assert_msg(r.seconds < PROMPT_S, "took %.1f s", r.seconds);
	orphan_finding(&s, &r);
	ck_assert_int_eq(r.status, 1);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(transient_zombies_are_none)
{
	const struct scan_how own_age = { .min_age = true };
	double begun = now_seconds();
	struct situation s;
	struct scan r;
	int n;

	situation_start(&s, "transient-zombies");
	for (n = 0; n < TRANSIENT_SCANS &&
	     (n < TRANSIENT_SCANS_LEAST || now_seconds() - begun < TRANSIENT_S);
	     n++) {
		scan_pid(&r, &own_age, situation_made(&s, "target", 0)->pid);
		ck_assert_msg(r.report && !leaks_count(&r) && r.status == 0,
			      "scan %d, status %d: %s%s", n, r.status, r.out, r.err);
		scan_free(&r);
	}
	fprintf(stderr, "transient_zombies_are_none: %d scans\n", n);
	situation_end(&s);
}
END_TEST

/* memlock, execlock: the scan ends in time, finds the rest and says whom it left behind.
 */
static void victim_check(const char *kind)
{
	struct situation s;
	struct scan r;
	json_t *coverage;

	scan_kind(&s, &r, kind);
	ck_assert_msg(r.seconds < PROMPT_S, "took %.1f s", r.seconds);
	ck_assert_str_eq(words_of(orphan_finding(&s, &r), "confidence"), "exact");
	ck_assert_int_eq(r.status, 1);
	coverage = json_object_get(r.report, "coverage");
	ck_assert_msg(json_integer_value(json_object_get(coverage, "stalled")) >= 1, "%s",
		      r.out);
	ck_assert(json_array_size(json_object_get(coverage, "unreadable")) > 0);
	scan_free(&r);
	situation_end(&s);
}

START_TEST(held_mmap_lock)
{
	victim_check("memlock");
}
END_TEST

START_TEST(held_exec_lock)
{
	victim_check("execlock");
}
END_TEST

static pid_t dead_pid(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return pid;
}

START_TEST(nothing_left_of_the_dead)
{
	struct made dead = { .pid = dead_pid() };
	struct scan r;

	scan_pid(&r, NULL, dead.pid);
	report_check(&r, &dead, false);
	ck_assert_int_eq(r.status, 0);
	scan_free(&r);
}
END_TEST

static void situation_vanish(void *s)
{
	situation_end(s);
}

START_TEST(vanishing_is_no_error)
{
	struct situation s;
	struct scan_how how = { .meanwhile = situation_vanish, .arg = &s };
	struct scan r;

	situation_start(&s, "orphan-tree");
	scan_pid(&r, &how, situation_made(&s, "target", 0)->pid);
	ck_assert_msg(r.report && (r.status == 0 || r.status == 1), "status %d: %s",
		      r.status, r.err);
	scan_free(&r);
}
END_TEST

START_TEST(output_that_fails)
{
	static const struct scan_how hows[] = { { .out_closed = true },
						{ .out = "/dev/full" } };
	struct situation s;
	struct scan r;

	situation_start(&s, "orphan-session");
	scan_pid(&r, &hows[_i], situation_made(&s, "target", 0)->pid);
	ck_assert_int_eq(r.status, 3);
	ck_assert_str_ne(r.err, "");
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(nobody_sees_sessions)
{
	const struct scan_how nobody = { .uid = NOBODY };
	struct situation s;
	struct scan r;

	situation_start(&s, "orphan-session");
	scan_pid(&r, &nobody, situation_made(&s, "target", 0)->pid);
	ck_assert_msg(r.report != NULL, "no JSON; stderr: %s", r.err);
	ck_assert_str_eq(words_of(orphan_finding(&s, &r), "confidence"), "exact");
	ck_assert_int_eq(r.status, 1);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(nobody_behind_hidepid)
{
	const struct scan_how blind = { .uid = NOBODY, .hidepid = true };
	struct situation s;
	struct scan r;

	situation_start(&s, "orphan-session");
	scan_pid(&r, &blind, situation_made(&s, "target", 0)->pid);
	ck_assert_msg(r.status == 3, "status %d: %s%s", r.status, r.out, r.err);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

static void add_nobody(TCase *tests)
{
	if (nobody_possible("nobody_sees_sessions"))
		tcase_add_test(tests, nobody_sees_sessions);
	if (nobody_possible("nobody_behind_hidepid"))
		tcase_add_test(tests, nobody_behind_hidepid);
}

static int suite_run(void)
{
	Suite *suite = suite_create("live_trouble");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, TEST_LIMIT_S);
	tcase_add_test(tests, names_are_harmless);
	tcase_add_test(tests, reforker_disturbs_nothing);
	tcase_add_test(tests, transient_zombies_are_none);
	if (possible("held_mmap_lock", "memlock"))
		tcase_add_test(tests, held_mmap_lock);
	if (possible("held_exec_lock", "execlock"))
		tcase_add_test(tests, held_exec_lock);
	tcase_add_test(tests, nothing_left_of_the_dead);
	tcase_add_test(tests, vanishing_is_no_error);
	tcase_add_loop_test(tests, output_that_fails, 0, 2);
	add_nobody(tests);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}

int main(void)
{
	return namespace_run(suite_run);
}
