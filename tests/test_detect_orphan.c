/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS101: age, activity, holdings and severity of orphans.
 */
#include "harness.h"

#include <string.h>

#include "scene.h"

/* An orphan of the dead 200. */
#define WORLD INIT P(300, 6000, 1, 300, 200, "comm=x")

static void has(const char *lines, enum severity severity)
{
	struct scene_fixture *f = scene_from(lines, 200);

	scene_has_severity(f, KIND_ORPHAN, 300, severity);
	scene_free(f);
}

START_TEST(a_plain_one)
{
	struct scene_fixture *f = scene_from(WORLD, 200);
	const struct finding *found = scene_finding(f, KIND_ORPHAN, 300);

	scene_has_severity(f, KIND_ORPHAN, 300, SEV_WARNING);
	scene_says(f, KIND_ORPHAN, 300, "runs on under systemd (1)");
	ck_assert_int_eq(found->confidence, CONF_EXACT);
	ck_assert_int_eq(found->remedy, REMEDY_TERMINATE);
	ck_assert(found->has_age);
	ck_assert_double_eq_tol(found->age_seconds, 940, 0.001);
	ck_assert(!found->active);
	ck_assert_ptr_null(found->activity);
	ck_assert_uint_eq(found->hold_n, 0);
	ck_assert_uint_eq(found->evidence_n, scene_member(f, 300)->evidence_n);
	ck_assert_int_eq(report_status(f->report), 1);
	scene_free(f);
}
END_TEST

START_TEST(younger_than_the_minimum_age)
{
	/* 99901 ticks is 0.99 s before now, 99900 just one */
	has(INIT P(300, 99901, 1, 300, 200, "comm=x"), SEV_INFO);
	has(INIT P(300, 99900, 1, 300, 200, "comm=x"), SEV_WARNING);
}
END_TEST

START_TEST(another_minimum_age)
{
	struct policy policy = policy_default();
	struct scene_fixture *f;

	policy.min_age_ns = UINT64_C(60000000000);
	f = scene_of(INIT P(300, 94001, 1, 300, 200, "comm=x")
		     P(310, 94000, 1, 310, 200, "comm=y"),
		     TARGET_PID, 200, NULL, &policy);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_INFO);
	scene_has_severity(f, KIND_ORPHAN, 310, SEV_WARNING);
	scene_free(f);
}
END_TEST

START_TEST(seen_once_only)
{
	/* scene.c gives a second look to everybody but those of this name */
	has(INIT P(300, 6000, 1, 300, 200, "comm=once"), SEV_INFO);
}
END_TEST

START_TEST(zombies_and_the_gone_are_no_orphans)
{
	struct scene_fixture *f = scene_from(INIT ZOMBIE(300, 6000, 1, 300, 200, "comm=x")
					     P(310, 6000, 1, 310, 200, "comm=y gone=1"),
					     200);

	ck_assert_ptr_null(scene_finding(f, KIND_ORPHAN, 300));
	ck_assert_ptr_null(scene_finding(f, KIND_ORPHAN, 310));
	scene_free(f);
}
END_TEST

START_TEST(cpu_and_io)
{
	struct scene_fixture *f = scene_from(INIT
		P(300, 6000, 1, 300, 200,
		  "comm=x cpu=116 rchar=1000 wchar=7000000 at=1000000000000 "
		  "before=S:1:100:1000:1000000:3:999500000000"), 200);
	const struct finding *found = scene_finding(f, KIND_ORPHAN, 300);

	ck_assert(found->active);
	ck_assert_ptr_nonnull(strstr(found->activity, "32 % of a CPU"));
	ck_assert_ptr_nonnull(strstr(found->activity, "written"));
	ck_assert_ptr_null(strstr(found->activity, "read"));
	ck_assert_int_eq(found->severity, SEV_WARNING);
	scene_free(f);
}
END_TEST

START_TEST(unknown_io_is_no_activity)
{
	struct scene_fixture *f = scene_from(INIT
		P(300, 6000, 1, 300, 200,
		  "comm=x cpu=100 at=1000000000000 rchar=5 wchar=5 "
		  "before=S:1:100:-1:-1:3:999500000000"), 200);

	ck_assert(!scene_finding(f, KIND_ORPHAN, 300)->active);
	scene_free(f);
}
END_TEST

START_TEST(burning_a_cpu)
{
	has(INIT P(300, 6000, 1, 300, 200, "comm=x cpu=140 at=1000000000000 "
		   "before=R:1:100:-1:-1:3:999500000000"), SEV_CRITICAL);
	has(INIT P(300, 6000, 1, 300, 200, "comm=x cpu=139 at=1000000000000 "
		   "before=R:1:100:-1:-1:3:999500000000"), SEV_WARNING);
}
END_TEST

START_TEST(holding_a_port)
{
	struct scene_fixture *f = scene_from(WORLD SOCKET(300, 4, 7)
					     "socket inode=7 family=tcp listening=1 "
					     "port=8080\n", 200);
	const struct finding *found = scene_finding(f, KIND_ORPHAN, 300);

	ck_assert_int_eq(found->severity, SEV_CRITICAL);
	ck_assert_uint_eq(found->hold_n, 1);
	ck_assert_int_eq(found->holds[0].kind, HOLD_PORT);
	ck_assert_int_eq(found->holds[0].fd, 4);
	ck_assert_ptr_nonnull(strstr(found->holds[0].what, "8080"));
	scene_free(f);
}
END_TEST

START_TEST(a_connection_is_no_port)
{
	struct scene_fixture *f = scene_from(WORLD SOCKET(300, 4, 7)
					     "socket inode=7 family=tcp port=8080\n",
					     200);

	ck_assert_uint_eq(scene_finding(f, KIND_ORPHAN, 300)->hold_n, 0);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_WARNING);
	scene_free(f);
}
END_TEST

START_TEST(a_daemon_with_a_port_is_info)
{
	has(INIT P(300, 6000, 1, 300, 200, "comm=adb") SOCKET(300, 4, 7)
	    "socket inode=7 family=tcp listening=1 port=5037\n", SEV_INFO);
}
END_TEST

START_TEST(holding_a_lock)
{
	struct scene_fixture *f = scene_from(WORLD
		"fd pid=300 fd=5 mode=w target=/run/x.lock locked=1\n"
		"fd pid=300 fd=6 mode=w target=/run/y.lock locked=0\n", 200);
	const struct finding *found = scene_finding(f, KIND_ORPHAN, 300);

	ck_assert_uint_eq(found->hold_n, 1);
	ck_assert_int_eq(found->holds[0].kind, HOLD_LOCK);
	ck_assert_ptr_nonnull(strstr(found->holds[0].what, "/run/x.lock"));
	scene_free(f);
}
END_TEST

START_TEST(holding_a_pipe_of_the_app)
{
	struct scene_fixture *f = scene_from(INIT P(200, 5000, 1, 200, 200, "comm=app")
		P(300, 6000, 1, 300, 200, "comm=x") PIPE(200, 5, "r", 7)
		PIPE(300, 1, "w", 7), 200);
	const struct finding *found = scene_finding(f, KIND_ORPHAN, 300);

	ck_assert_uint_eq(found->hold_n, 1);
	ck_assert_int_eq(found->holds[0].kind, HOLD_PIPE);
	ck_assert_str_eq(found->holds[0].what,
			 "the write end of pipe:[7], whose reader is 200 (fd 5)");
	scene_free(f);
}
END_TEST

START_TEST(pipe_whose_peer_is_gone)
{
	struct scene_fixture *f = scene_from(MACHINE("machine_fds=1 initial_pid_ns=1")
		INIT FD(1, 0, "rw", "/dev/null")
		P(300, 6000, 1, 300, 200, "comm=x") PIPE(300, 1, "w", 7), 200);

	ck_assert_uint_eq(scene_finding(f, KIND_ORPHAN, 300)->hold_n, 1);
	ck_assert_str_eq(scene_finding(f, KIND_ORPHAN, 300)->holds[0].what,
			 "the write end of pipe:[7], whose reader is gone");
	scene_free(f);
	f = scene_from(MACHINE("machine_fds=1 initial_pid_ns=1") INIT
		       FD(1, 0, "rw", "/dev/null")
		       P(50, 50, 1, 50, 50, "comm=z read=stat denied=fd")
		       P(300, 6000, 1, 300, 200, "comm=x") PIPE(300, 0, "r", 7), 200);
	ck_assert_str_eq(scene_finding(f, KIND_ORPHAN, 300)->holds[0].what,
			 "the read end of pipe:[7], whose writer is gone "
			 "as far as visible");
	scene_free(f);
}
END_TEST

START_TEST(pipe_of_which_nothing_can_be_said)
{
	static const char *const scenes[] = {
		WORLD PIPE(300, 1, "w", 7),		/* not all were looked at */
		MACHINE("machine_fds=1") WORLD PIPE(300, 1, "w", 7)
			P(40, 40, 1, 40, 40, "comm=y") P(50, 50, 40, 40, 40, "comm=z")
			PIPE(50, 3, "r", 7),	/* a stranger reads it */
		MACHINE("machine_fds=1") WORLD PIPE(300, 1, "unknown", 7),
		MACHINE("machine_fds=1") WORLD PIPE(300, 1, "rw", 7),
	};

	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		struct scene_fixture *f = scene_from(scenes[i], 200);

		ck_assert_msg(!scene_finding(f, KIND_ORPHAN, 300)->hold_n, "scene %zu",
			      i);
		scene_free(f);
	}
}
END_TEST

START_TEST(living_children)
{
	struct scene_fixture *f = scene_from(WORLD P(310, 6100, 300, 300, 200, "comm=a")
					     ZOMBIE(320, 6100, 300, 300, 200, "comm=b"),
					     200);

	scene_says(f, KIND_ORPHAN, 300, "with 1 living child");
	scene_free(f);
}
END_TEST

START_TEST(weak_evidence_is_info)
{
	struct scene_fixture *f = scene_from(INIT SHELL APP
		P(300, 6000, 1, 100, 100, "comm=x cpu=200 "
		"at=1000000000000 before=R:1:100:-1:-1:3:999500000000"), 200);
	const struct finding *found = scene_finding(f, KIND_ORPHAN, 300);

	scene_has_severity(f, KIND_ORPHAN, 300, SEV_INFO);
	scene_says(f, KIND_ORPHAN, 300, "may be related");
	ck_assert_int_eq(found->confidence, CONF_WEAK);
	ck_assert_int_eq(found->remedy, REMEDY_NONE);
	ck_assert_int_eq(report_status(f->report), 0);
	scene_free(f);
}
END_TEST

START_TEST(worst_comes_first)
{
	struct scene_fixture *f = scene_from(INIT P(300, 6000, 1, 300, 200, "comm=adb")
		P(310, 6000, 1, 310, 200, "comm=x") P(320, 6000, 1, 320, 200, "comm=y")
		SOCKET(320, 4, 7)
		"socket inode=7 family=tcp listening=1 port=80\n", 200);

	ck_assert_uint_ge(f->report->findings.n, 3);
	ck_assert_int_eq(f->report->findings.list[0].subject->id.pid, 320);
	ck_assert_int_eq(f->report->findings.list[1].subject->id.pid, 310);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/orphan");
	TCase *tcase = tcase_create("orphan");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_plain_one);
	tcase_add_test(tcase, younger_than_the_minimum_age);
	tcase_add_test(tcase, another_minimum_age);
	tcase_add_test(tcase, seen_once_only);
	tcase_add_test(tcase, zombies_and_the_gone_are_no_orphans);
	tcase_add_test(tcase, cpu_and_io);
	tcase_add_test(tcase, unknown_io_is_no_activity);
	tcase_add_test(tcase, burning_a_cpu);
	tcase_add_test(tcase, holding_a_port);
	tcase_add_test(tcase, a_connection_is_no_port);
	tcase_add_test(tcase, a_daemon_with_a_port_is_info);
	tcase_add_test(tcase, holding_a_lock);
	tcase_add_test(tcase, holding_a_pipe_of_the_app);
	tcase_add_test(tcase, pipe_whose_peer_is_gone);
	tcase_add_test(tcase, pipe_of_which_nothing_can_be_said);
	tcase_add_test(tcase, living_children);
	tcase_add_test(tcase, weak_evidence_is_info);
	tcase_add_test(tcase, worst_comes_first);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
