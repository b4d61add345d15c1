/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS111 and LS112: what is dead for long enough, whose fault it is, and what only looks
 * dead.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "scene.h"

#define APP0(more) INIT P(200, 5000, 1, 200, 200, "comm=app " more)
#define DEAD(more) ZOMBIE(300, 6000, 200, 200, 200, "comm=x " more)

static void has(const char *lines, enum severity severity)
{
	struct scene_fixture *f = scene_from(lines, 200);

	scene_has_severity(f, KIND_ZOMBIE, 300, severity);
	scene_free(f);
}

START_TEST(a_plain_one)
{
	struct scene_fixture *f = scene_from(APP0("uid=0")
					     DEAD("exec_start=990000000000 wait=256"),
					     200);
	const struct finding *found = scene_finding(f, KIND_ZOMBIE, 300);

	scene_has_severity(f, KIND_ZOMBIE, 300, SEV_WARNING);
	ck_assert_int_eq(found->culprit->id.pid, 200);
	ck_assert(found->has_age);
	ck_assert_double_eq_tol(found->age_seconds, 10, 0.001);
	scene_says(f, KIND_ZOMBIE, 300, "exit 1");
	ck_assert_int_eq(report_status(f->report), 1);
	scene_free(f);
}
END_TEST

START_TEST(a_transient_one)
{
	has(APP0("") DEAD("exec_start=999100000000"), SEV_INFO);
	has(APP0("") DEAD("exec_start=999000000000"), SEV_WARNING);
}
END_TEST

START_TEST(seen_once_only)
{
	has(APP0("") ZOMBIE(300, 6000, 200, 200, 200,
			    "comm=once exec_start=990000000000"), SEV_INFO);
}
END_TEST

START_TEST(alive_at_the_first_look)
{
	has(APP0("")
	    DEAD("exec_start=990000000000 at=1000000000000 "
		 "before=S:200:0:-1:-1:3:999500000000"),
	    SEV_INFO);
}
END_TEST

START_TEST(no_age_to_be_read)
{
	struct scene_fixture *f = scene_from(APP0("") DEAD(""), 200);

	scene_has_severity(f, KIND_ZOMBIE, 300, SEV_WARNING);
	ck_assert(!scene_finding(f, KIND_ZOMBIE, 300)->has_age);
	scene_free(f);
}
END_TEST

START_TEST(parent_that_reaped_another_meanwhile)
{
	has(APP0("") DEAD("exec_start=997000000000")
	    ZOMBIE(310, 6000, 200, 200, 200, "comm=y gone=1"), SEV_INFO);
	has(APP0("") DEAD("exec_start=994000000000")
	    ZOMBIE(310, 6000, 200, 200, 200, "comm=y gone=1"), SEV_WARNING);
	has(APP0("") DEAD("") ZOMBIE(310, 6000, 200, 200, 200, "comm=y gone=1"),
	    SEV_INFO);
}
END_TEST

START_TEST(what_another_parent_reaped_is_nothing_to_it)
{
	has(APP0("") DEAD("exec_start=997000000000") P(60, 60, 1, 60, 60, "comm=z")
	    ZOMBIE(310, 6000, 60, 60, 60, "comm=y gone=1"), SEV_WARNING);
	/* and one that ended while it ran was not reaped as a zombie */
	has(APP0("") DEAD("exec_start=997000000000")
	    P(310, 6000, 200, 200, 200, "comm=y gone=1"),
	    SEV_WARNING);
}
END_TEST

START_TEST(reaper_as_parent)
{
	/* an init reaps in passes */
	has(INIT ZOMBIE(300, 6000, 1, 200, 200, "comm=x exec_start=995000000000"),
	    SEV_INFO);
	has(INIT ZOMBIE(300, 6000, 1, 200, 200, "comm=x exec_start=994000000000"),
	    SEV_WARNING);
	has(INIT ZOMBIE(300, 6000, 1, 200, 200, "comm=x"), SEV_INFO);
}
END_TEST

START_TEST(parent_that_has_waited_for_others)
{
	/* it may wait in passes, every few seconds */
	has(APP0("reaped=1") ZOMBIE(300, 6000, 200, 200, 200, "comm=x exec_start=995000000000"),
	    SEV_INFO);
	has(APP0("reaped=1") ZOMBIE(300, 6000, 200, 200, 200, "comm=x exec_start=993000000000"),
	    SEV_WARNING);
}
END_TEST

START_TEST(minimum_age_above_that_of_slow_parents)
{
	struct policy policy = policy_default();
	struct scene_fixture *f;

	policy.min_age_ns = UINT64_C(60000000000);
	f = scene_of(APP0("") DEAD("exec_start=990000000000")
		     ZOMBIE(310, 6000, 200, 200, 200, "comm=y exec_start=900000000000"),
		     TARGET_PID, 200, NULL, &policy);
	scene_has_severity(f, KIND_ZOMBIE, 300, SEV_INFO);
	scene_has_severity(f, KIND_ZOMBIE, 310, SEV_WARNING);
	scene_free(f);
}
END_TEST

START_TEST(why_the_parent_does_not_wait)
{
	static const struct { const char *keys, *says; enum remedy remedy; } parents[] = {
		{ "uid=0 sigign=10000", "ignores SIGCHLD", REMEDY_FIX_APP },
		{ "uid=0 sigblk=10000", "blocks SIGCHLD", REMEDY_FIX_APP },
		{ "uid=0 sigblk=10000 sigcgt=10000", "blocks SIGCHLD", REMEDY_FIX_APP },
		{ "uid=0 sigcgt=10000", "handles SIGCHLD", REMEDY_NUDGE_PARENT },
		{ "uid=0 sigcgt=8000", "at its default", REMEDY_FIX_APP },
		{ "uid=0", "at its default", REMEDY_FIX_APP },
		{ "", "could not be read", REMEDY_FIX_APP },
	};

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		char text[1024];
		struct scene_fixture *f;

		snprintf(text, sizeof(text), INIT
			 "process pid=200 start=5000 ppid=1 pgid=200 sid=200 "
			 "state=S threads=1 comm=app %s\n" DEAD(""), parents[i].keys);
		f = scene_from(text, 200);
		scene_says(f, KIND_ZOMBIE, 300, parents[i].says);
		ck_assert_int_eq(scene_finding(f, KIND_ZOMBIE, 300)->remedy,
				 parents[i].remedy);
		scene_free(f);
	}
}
END_TEST

START_TEST(stopped_or_hanging_parents)
{
	static const struct { const char *keys, *says; } parents[] = {
		{ "state=T uid=0 sigcgt=10000", "is stopped" },
		{ "state=t uid=0 sigcgt=10000", "is stopped" },
		{ "state=D uid=0", "hangs in the kernel" },
		{ "state=D uid=0 at=1000000000000 before=S:1:0:-1:-1:3:999500000000",
			"at its default" },
	};

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
		char text[1024];
		struct scene_fixture *f;

		snprintf(text, sizeof(text), INIT
			 "process pid=200 start=5000 ppid=1 pgid=200 sid=200 "
			 "threads=1 comm=app %s\n" DEAD(""), parents[i].keys);
		f = scene_from(text, 200);
		scene_says(f, KIND_ZOMBIE, 300, parents[i].says);
		scene_free(f);
	}
}
END_TEST

START_TEST(traced)
{
	struct scene_fixture *f = scene_from(APP0("uid=0") DEAD("tracer=77"), 200);

	scene_says(f, KIND_ZOMBIE, 300, "process 77 traces it");
	ck_assert_int_eq(scene_finding(f, KIND_ZOMBIE, 300)->remedy, REMEDY_NONE);
	scene_free(f);
	f = scene_from(APP0("uid=0") DEAD("tracer=200"), 200);
	scene_says(f, KIND_ZOMBIE, 300, "at its default");
	scene_free(f);
}
END_TEST

START_TEST(how_it_ended)
{
	static const struct { int status; const char *says; } ends[] = {
		{ 0, "exit 0" }, { 22 << 8, "exit 22" }, { 255 << 8, "exit 255" },
		{ 9, "killed by SIGKILL:" },
		{ 139, "killed by SIGSEGV (core dumped)" }, { 34, "killed by signal 34" },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char text[1024];
		struct scene_fixture *f;

		snprintf(text, sizeof(text), APP0("")
			 "process pid=300 start=6000 ppid=200 pgid=200 "
			 "sid=200 state=Z threads=1 comm=x wait=%d\n", ends[i].status);
		f = scene_from(text, 200);
		scene_says(f, KIND_ZOMBIE, 300, ends[i].says);
		scene_free(f);
	}
}
END_TEST

START_TEST(how_it_ended_is_unknown)
{
	struct scene_fixture *f = scene_from(APP0("") DEAD(""), 200);

	ck_assert_ptr_null(strstr(scene_finding(f, KIND_ZOMBIE, 300)->message, "exit"));
	scene_free(f);
}
END_TEST

START_TEST(reaped_meanwhile_or_a_brothers)
{
	struct scene_fixture *f = scene_from(APP0("")
		ZOMBIE(300, 6000, 200, 200, 200, "comm=x gone=1")
		ZOMBIE(310, 6000, 1, 310, 310, "comm=y"), 200);

	ck_assert_ptr_null(scene_finding(f, KIND_ZOMBIE, 300));
	ck_assert_ptr_null(scene_finding(f, KIND_ZOMBIE, 310));
	scene_free(f);
}
END_TEST

START_TEST(dead_leader)
{
	struct scene_fixture *f = scene_from(APP0("")
		"process pid=300 start=6000 ppid=200 pgid=200 sid=200 state=Z "
		"threads=3 comm=x\n", 200);

	ck_assert_ptr_null(scene_finding(f, KIND_ZOMBIE, 300));
	scene_has_severity(f, KIND_DEAD_LEADER, 300, SEV_INFO);
	scene_says(f, KIND_DEAD_LEADER, 300, "2 others live on");
	ck_assert_double_eq_tol(scene_finding(f, KIND_DEAD_LEADER, 300)->value, 2, 0.001);
	ck_assert_int_eq(report_status(f->report), 0);
	scene_free(f);
}
END_TEST

START_TEST(dead_leader_with_one_thread_or_gone)
{
	struct scene_fixture *f = scene_from(APP0("")
		"process pid=300 start=6000 ppid=200 pgid=200 sid=200 state=Z "
		"threads=2 comm=x\n"
		"process pid=310 start=6000 ppid=200 pgid=200 sid=200 state=Z "
		"threads=2 comm=x gone=1\n", 200);

	scene_says(f, KIND_DEAD_LEADER, 300, "1 other lives on");
	ck_assert_ptr_null(scene_finding(f, KIND_DEAD_LEADER, 310));
	scene_free(f);
}
END_TEST

START_TEST(target_that_is_a_zombie)
{
	struct scene_fixture *f = scene_from(INIT P(100, 100, 1, 100, 100, "comm=sh")
		ZOMBIE(200, 5000, 100, 100, 100, "comm=app exec_start=990000000000"),
		200);

	scene_has_severity(f, KIND_ZOMBIE, 200, SEV_WARNING);
	ck_assert_int_eq(scene_finding(f, KIND_ZOMBIE, 200)->culprit->id.pid, 100);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/zombie");
	TCase *tcase = tcase_create("zombie");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_plain_one);
	tcase_add_test(tcase, a_transient_one);
	tcase_add_test(tcase, seen_once_only);
	tcase_add_test(tcase, alive_at_the_first_look);
	tcase_add_test(tcase, no_age_to_be_read);
	tcase_add_test(tcase, parent_that_reaped_another_meanwhile);
	tcase_add_test(tcase, what_another_parent_reaped_is_nothing_to_it);
	tcase_add_test(tcase, reaper_as_parent);
	tcase_add_test(tcase, parent_that_has_waited_for_others);
	tcase_add_test(tcase, minimum_age_above_that_of_slow_parents);
	tcase_add_test(tcase, why_the_parent_does_not_wait);
	tcase_add_test(tcase, stopped_or_hanging_parents);
	tcase_add_test(tcase, traced);
	tcase_add_test(tcase, how_it_ended);
	tcase_add_test(tcase, how_it_ended_is_unknown);
	tcase_add_test(tcase, reaped_meanwhile_or_a_brothers);
	tcase_add_test(tcase, dead_leader);
	tcase_add_test(tcase, dead_leader_with_one_thread_or_gone);
	tcase_add_test(tcase, target_that_is_a_zombie);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
