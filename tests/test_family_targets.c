/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who can be an orphan of whom at all: trees, reapers, exact negatives; targets that are
 * a unit, a control group or the whole machine.
 */
#include "harness.h"

#include "scene.h"

#define UNIT INIT P(200, 5000, 1, 200, 200, "comm=a cgroup=/a.service")
#define SEEN MACHINE("machine_fds=1 initial_pid_ns=1")
/* 300 was adopted by init, and nobody in sight knows its session. */
#define WHOLE INIT FD(1, 0, "rw", "/dev/null") P(300, 6000, 1, 280, 290, "comm=x") \
	FD(300, 9, "rw", "/dev/null")

static struct scene_fixture *whole(const char *lines)
{
	return scene_of(lines, TARGET_ALL, 0, NULL, NULL);
}

START_TEST(tree)
{
	struct scene_fixture *f = scene_from(INIT SHELL APP
		P(210, 5500, 200, 100, 100, "comm=a")
		P(220, 5600, 210, 220, 220, "comm=b")
		P(230, 5700, 100, 100, 100, "comm=c"), 200);

	ck_assert_int_eq(scene_member(f, 200)->relation, REL_TARGET);
	ck_assert_int_eq(scene_member(f, 210)->relation, REL_DESCENDANT);
	ck_assert_int_eq(scene_member(f, 220)->relation, REL_DESCENDANT);
	ck_assert_str_eq(scene_evidence(f, 220, EV_PPID)->detail, "220 < 210 < 200");
	ck_assert_ptr_null(scene_member(f, 230));
	ck_assert_ptr_null(scene_member(f, 100));
	ck_assert_ptr_eq(f->report->family.members[0].process, f->target.process);
	scene_free(f);
}
END_TEST

START_TEST(reapers)
{
	/* 50 adopted 60: that session is nobody's above it */
	struct scene_fixture *f = scene_from(INIT P(50, 50, 1, 50, 50, "comm=harness")
		P(60, 900, 50, 55, 55, "comm=x") P(70, 70, 1, 70, 70, "comm=tini")
		P(80, 80, 1, 80, 80, "comm=systemd-udevd")
		P(90, 90, 80, 80, 80, "comm=systemd-udevd"), 200);

	ck_assert_ptr_nonnull(family_reaper(&f->report->family, 1));
	ck_assert_str_eq(family_reaper(&f->report->family, 50)->why,
			 "seen to have adopted");
	ck_assert_str_eq(family_reaper(&f->report->family, 70)->why, "a container init");
	ck_assert_ptr_null(family_reaper(&f->report->family, 60));
	ck_assert_ptr_null(family_reaper(&f->report->family, 80));
	scene_free(f);
}
END_TEST

START_TEST(a_daemon_that_left_its_session_is_no_reaper)
{
	/* it forked 60 in the shell's session, then made one of its own */
	struct scene_fixture *f = scene_from(INIT SHELL
					     P(50, 500, 100, 50, 50, "comm=daemon")
					     P(60, 600, 50, 100, 100, "comm=helper"),
					     200);

	ck_assert_ptr_null(family_reaper(&f->report->family, 50));
	scene_free(f);
}
END_TEST

START_TEST(init_of_a_lower_namespace_is_a_reaper)
{
	struct scene_fixture *f = scene_from(INIT
					     P(50, 50, 1, 50, 50,
					       "comm=app ns_depth=1 ns_pid=1")
					     P(60, 60, 1, 60, 60,
					       "comm=app ns_depth=1 ns_pid=7"), 200);

	ck_assert_ptr_nonnull(family_reaper(&f->report->family, 50));
	ck_assert_ptr_null(family_reaper(&f->report->family, 60));
	scene_free(f);
}
END_TEST

START_TEST(subreaper_that_is_an_ancestor)
{
	/* the harness adopted 300 from the dead session 290, so it may also have
	 * adopted 310 */
	struct scene_fixture *f = scene_from(INIT P(50, 50, 1, 50, 50, "comm=harness")
		FD(50, 0, "rw", "/dev/null") P(200, 5000, 50, 50, 50, "comm=app")
		P(300, 6000, 50, 290, 290, "comm=x") P(310, 9000, 50, 50, 50, "comm=y")
		PIPE(200, 5, "r", 7) PIPE(310, 1, "w", 7), 200);

	scene_is_orphan(f, 310, EV_PIPE, CONF_STRONG);
	scene_says(f, KIND_ORPHAN, 310, "seen to have adopted");
	scene_free(f);
}
END_TEST

START_TEST(subreaper_that_is_not_above_the_target)
{
	/* an orphan of a living target goes to somebody above it */
	expect_innocent(INIT P(50, 50, 1, 50, 50, "comm=systemd") SHELL_TTY APP
			P(300, 6000, 50, 300, 300, "comm=x") PIPE(200, 5, "r", 7)
			PIPE(300, 1, "w", 7),
			200, 300);
}
END_TEST

START_TEST(subreaper_while_the_ancestry_is_hidden)
{
	/* hidepid: the shell's parent belongs to root */
	expect_orphan(P(50, 50, 40, 50, 50, "comm=systemd")
		      P(100, 100, 30, 100, 100, "comm=bash")
		      FD(100, 0, "rw", "/dev/null") APP
		      P(300, 6000, 50, 300, 300, "comm=x")
		      PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 7), 200, 300, EV_PIPE,
		      CONF_STRONG);
}
END_TEST

START_TEST(kernel_threads_and_their_children)
{
	expect_innocent(INIT P(2, 1, 0, 0, 0, "comm=kthreadd kthread=1")
			P(200, 5000, 1, 200, 200, "comm=app")
			P(300, 6000, 1, 200, 200, "comm=x kthread=1"),
			200, 300);
	expect_innocent(INIT P(2, 1, 0, 0, 0, "comm=kthreadd kthread=1")
			P(300, 6000, 2, 200, 200, "comm=modprobe"), 200, 300);
}
END_TEST

START_TEST(leakscan_and_its_own)
{
	/* leakscan in the target's session, its parent and what it started */
	struct scene_fixture *f = scene_from(
		"machine hz=100 now=1000000000000 pid1=1 self=400\n" INIT
		P(200, 5000, 1, 200, 200, "comm=app") P(390, 6000, 1, 390, 200, "comm=sh")
		P(400, 6100, 390, 390, 200, "comm=leakscan")
		P(410, 6100, 400, 390, 200, "comm=leakscan"), 200);

	ck_assert_ptr_null(scene_member(f, 390));
	ck_assert_ptr_null(scene_member(f, 400));
	ck_assert_ptr_null(scene_member(f, 410));
	scene_free(f);
}
END_TEST

START_TEST(gone_at_the_second_look)
{
	expect_innocent(INIT P(200, 5000, 1, 200, 200, "comm=app")
			P(300, 6000, 1, 300, 200, "comm=x gone=1"), 200, 300);
}
END_TEST

START_TEST(unjudged)
{
	/* 300 of the target's user, 310 of another, 320 read in full, 330 a known
	 * daemon */
	struct scene_fixture *f = scene_from(INIT P(100, 100, 1, 100, 100, "comm=bash")
		P(200, 5000, 100, 100, 100, "comm=app uid=7")
		P(300, 6000, 1, 300, 300, "comm=x uid=7 read=stat,status denied=fd")
		P(310, 6000, 1, 310, 310,
		  "comm=x uid=8 read=stat,status denied=fd,environ")
		P(320, 6000, 1, 320, 320, "comm=x uid=7")
		P(330, 6000, 1, 330, 330,
		  "comm=ssh-agent uid=7 read=stat,status denied=fd")
		P(340, 6000, 1, 340, 340, "comm=x read=stat stalled=environ"), 200);

	ck_assert_uint_eq(f->report->family.unjudged, 3);
	ck_assert_uint_eq(f->report->family.unjudged_same_user, 2);
	ck_assert(!f->report->complete);
	ck_assert_int_eq(report_status(f->report), 3);
	scene_free(f);
}
END_TEST

START_TEST(unjudged_is_nothing_to_a_target_without_a_trace)
{
	struct scene_fixture *f = scene_from(INIT
					     P(300, 6000, 1, 300, 300,
					       "comm=x read=stat denied=fd"),
					     200);

	ck_assert_uint_eq(f->report->family.unjudged, 0);
	ck_assert(f->report->complete);
	scene_free(f);
}
END_TEST

START_TEST(unit)
{
	struct scene_fixture *f = scene_of(UNIT
		P(210, 5100, 200, 200, 200, "comm=worker cgroup=/a.service")
		P(300, 6000, 1, 200, 200, "comm=x cgroup=/a.service")
		P(400, 6000, 1, 400, 400, "comm=y cgroup=/b.service"), TARGET_UNIT, 0,
		"/a.service", NULL);

	ck_assert_int_eq(scene_member(f, 200)->relation, REL_TARGET);
	ck_assert_int_eq(scene_member(f, 210)->relation, REL_DESCENDANT);
	scene_is_orphan(f, 300, EV_UNIT, CONF_EXACT);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_WARNING);
	ck_assert_ptr_null(scene_member(f, 400));
	scene_free(f);
}
END_TEST

START_TEST(unit_whose_name_begins_the_same)
{
	struct scene_fixture *f = scene_of(UNIT
					   P(300, 6000, 1, 300, 300,
					     "comm=x cgroup=/a.service2"),
					   TARGET_UNIT, 0, "/a.service", NULL);

	ck_assert_ptr_null(scene_member(f, 300));
	scene_free(f);
}
END_TEST

START_TEST(groups_below_the_unit)
{
	struct scene_fixture *f = scene_of(UNIT
					   P(300, 6000, 200, 300, 300,
					     "comm=x cgroup=/a.service/c"),
					   TARGET_CGROUP, 0, "/a.service", NULL);

	ck_assert_int_eq(scene_member(f, 300)->relation, REL_DESCENDANT);
	ck_assert_ptr_nonnull(scene_evidence(f, 300, EV_CGROUP));
	scene_free(f);
}
END_TEST

START_TEST(unit_whose_main_process_forked_twice)
{
	/* zabbix and the like: its session was led by the process between, its log is
	 * shared */
	struct scene_fixture *f = scene_of(INIT
		P(200, 5000, 1, 199, 199, "comm=agentd cgroup=/a.service")
		P(210, 5001, 200, 199, 199, "comm=agentd cgroup=/a.service")
		FD(200, 1, "w", "/var/log/x") FD(210, 1, "w", "/var/log/x")
		SAME("200:1", "210:1"),
		TARGET_UNIT, 0, "/a.service", NULL);

	ck_assert_int_eq(report_status(f->report), 0);
	scene_not_accused(f, 200);
	scene_free(f);
	f = scene_of(INIT P(200, 5000, 1, 199, 199, "comm=agentd cgroup=/a.service")
		     "pidfile pid=200 path=/run/a.pid\n", TARGET_UNIT, 0, "/a.service",
		     NULL);
	ck_assert_int_eq(scene_member(f, 200)->relation, REL_TARGET);
	scene_free(f);
}
END_TEST

START_TEST(slice_full_of_services)
{
	/* each has a main process; only what one of them lost is an orphan */
	struct scene_fixture *f = scene_of(INIT
		P(200, 5000, 1, 200, 200, "comm=a cgroup=/system.slice/a.service")
		P(210, 5000, 1, 210, 210, "comm=b cgroup=/system.slice/b.service")
		P(220, 5000, 1, 219, 219, "comm=c cgroup=/system.slice/c.service")
		P(300, 6000, 1, 210, 210, "comm=x cgroup=/system.slice/b.service"),
		TARGET_CGROUP, 0, "/system.slice", NULL);

	ck_assert_int_eq(scene_member(f, 200)->relation, REL_TARGET);
	ck_assert_int_eq(scene_member(f, 210)->relation, REL_TARGET);
	scene_not_accused(f, 220);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_WARNING);
	scene_free(f);
}
END_TEST

START_TEST(exec_into_a_container_is_no_orphan)
{
	struct scene_fixture *f = scene_of(INIT
		P(90, 90, 1, 90, 90, "comm=containerd-shim uid=0")
		P(200, 5000, 90, 200, 200,
		  "comm=app cgroup=/docker/1 uid=0 ns_depth=1 ns_pid=1")
		P(300, 6000, 90, 300, 300,
		  "comm=sh cgroup=/docker/1 uid=0 ns_depth=1 ns_pid=9"),
		TARGET_CGROUP, 0, "/docker/1", NULL);

	ck_assert_int_eq(scene_member(f, 200)->relation, REL_TARGET);
	ck_assert_int_eq(scene_member(f, 300)->relation, REL_TARGET);
	scene_free(f);
}
END_TEST

START_TEST(the_whole_machine)
{
	struct scene_fixture *f = whole(INIT SHELL P(300, 6000, 1, 290, 290, "comm=x")
					P(310, 6000, 100, 310, 100, "comm=y"));

	scene_is_orphan(f, 300, EV_ADOPTED, CONF_EXACT);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_INFO);
	ck_assert_int_eq(scene_member(f, 310)->relation, REL_DESCENDANT);
	ck_assert_int_eq(scene_member(f, 100)->relation, REL_DESCENDANT);
	scene_free(f);
}
END_TEST

START_TEST(abandoned)
{
	struct scene_fixture *f = whole(SEEN WHOLE PIPE(300, 1, "w", 7));

	scene_is_orphan(f, 300, EV_ABANDONED, CONF_STRONG);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_WARNING);
	scene_free(f);
}
END_TEST

START_TEST(abandoned_socket)
{
	struct scene_fixture *f = whole(SEEN WHOLE SOCKET(300, 1, 7)
					"socket inode=7 family=unix\n");

	scene_has_severity(f, KIND_ORPHAN, 300, SEV_WARNING);
	scene_free(f);
}
END_TEST

START_TEST(not_abandoned)
{
	static const char *const scenes[] = {
		/* not all were looked at; others may be out of sight; one could not be
		 * read; somebody reads it */
		"machine hz=100 now=1000000000000 machine_fds=1 initial_pid_ns=0\n"
			WHOLE PIPE(300, 1, "w", 7),
		WHOLE PIPE(300, 1, "w", 7),
		SEEN WHOLE PIPE(300, 1, "w", 7)
			P(400, 400, 1, 400, 400, "comm=z read=stat denied=fd"),
		SEEN WHOLE PIPE(300, 1, "w", 7) P(400, 400, 1, 400, 400, "comm=z")
			PIPE(400, 9, "r", 7),
		/* stdin at its end: echo x | nohup server & */
		SEEN WHOLE PIPE(300, 0, "r", 7),
		/* open both ways, or on no stdio */
		SEEN WHOLE PIPE(300, 1, "rw", 7),
		SEEN WHOLE PIPE(300, 3, "w", 7),
		SEEN WHOLE FD(300, 1, "rw", "/dev/pts/0"),
		/* named, listening or connected sockets */
		SEEN WHOLE SOCKET(300, 1, 7) "socket inode=7 family=unix named=1\n",
		SEEN WHOLE SOCKET(300, 1, 7) "socket inode=7 family=unix listening=1\n",
		SEEN WHOLE SOCKET(300, 1, 7) PEERS(7, 8),
		SEEN WHOLE SOCKET(300, 1, 7),
	};

	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		struct scene_fixture *f = whole(scenes[i]);

		const struct evidence *e = scene_evidence(f, 300, EV_ABANDONED);

		ck_assert_msg(!e || e->strength == CONF_WEAK, "scene %zu", i);
		ck_assert_int_ne(report_status(f->report), 1);
		scene_free(f);
	}
}
END_TEST

START_TEST(service_whose_journal_went_away)
{
	struct scene_fixture *f = whole(SEEN INIT FD(1, 0, "rw", "/dev/null")
		P(300, 6000, 1, 300, 300, "comm=httpd")
		P(310, 6001, 300, 300, 300, "comm=httpd")
		SOCKET(300, 1, 7) SOCKET(310, 1, 7) "socket inode=7 family=unix\n");

	ck_assert_int_eq(scene_member(f, 300)->relation, REL_DESCENDANT);
	ck_assert_int_eq(report_status(f->report), 0);
	scene_free(f);
}
END_TEST

START_TEST(one_odd_session_makes_no_orphan_of_the_machine)
{
	/* a daemon that forked and then left its session, and whose own parent has
	 * ended */
	struct scene_fixture *f = whole(INIT P(50, 500, 1, 50, 50, "comm=daemon")
					P(60, 600, 50, 40, 40, "comm=helper"));

	ck_assert_int_eq(scene_member(f, 60)->relation, REL_DESCENDANT);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("family/targets");
	TCase *tcase = tcase_create("targets");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, tree);
	tcase_add_test(tcase, reapers);
	tcase_add_test(tcase, a_daemon_that_left_its_session_is_no_reaper);
	tcase_add_test(tcase, init_of_a_lower_namespace_is_a_reaper);
	tcase_add_test(tcase, subreaper_that_is_an_ancestor);
	tcase_add_test(tcase, subreaper_that_is_not_above_the_target);
	tcase_add_test(tcase, subreaper_while_the_ancestry_is_hidden);
	tcase_add_test(tcase, kernel_threads_and_their_children);
	tcase_add_test(tcase, leakscan_and_its_own);
	tcase_add_test(tcase, gone_at_the_second_look);
	tcase_add_test(tcase, unjudged);
	tcase_add_test(tcase, unjudged_is_nothing_to_a_target_without_a_trace);
	tcase_add_test(tcase, unit);
	tcase_add_test(tcase, unit_whose_name_begins_the_same);
	tcase_add_test(tcase, groups_below_the_unit);
	tcase_add_test(tcase, unit_whose_main_process_forked_twice);
	tcase_add_test(tcase, slice_full_of_services);
	tcase_add_test(tcase, exec_into_a_container_is_no_orphan);
	tcase_add_test(tcase, the_whole_machine);
	tcase_add_test(tcase, abandoned);
	tcase_add_test(tcase, abandoned_socket);
	tcase_add_test(tcase, not_abandoned);
	tcase_add_test(tcase, service_whose_journal_went_away);
	tcase_add_test(tcase, one_odd_session_makes_no_orphan_of_the_machine);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
