/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinship by session and process group: a number in use is given to nobody else, but
 * shells put brothers into one group.
 */
#include "harness.h"

#include "scene.h"

START_TEST(session_of_a_dead_target)
{
	expect_orphan(INIT P(300, 6000, 1, 250, 200, "comm=sleep"), 200, 300, EV_SESSION,
		      CONF_EXACT);
}
END_TEST

START_TEST(session_of_a_living_target)
{
	expect_orphan(INIT P(200, 5000, 1, 200, 200, "comm=app")
		      P(300, 6000, 1, 300, 200, "comm=sleep"), 200, 300, EV_SESSION,
		      CONF_EXACT);
}
END_TEST

START_TEST(session_under_an_unseen_subreaper)
{
	/* 100 is no known reaper, but the child of a dead one in the target's session
	 * says so */
	expect_orphan(INIT SHELL P(200, 5000, 100, 200, 200, "comm=app")
		      P(300, 6000, 100, 300, 200, "comm=sleep"), 200, 300, EV_SESSION,
		      CONF_EXACT);
}
END_TEST

START_TEST(session_that_the_target_does_not_lead)
{
	expect_innocent(INIT SHELL APP P(300, 6000, 1, 100, 100, "comm=sleep"), 200, 300);
}
END_TEST

START_TEST(weak_ones_are_mentioned)
{
	struct scene_fixture *f = scene_from(INIT SHELL APP
					     P(300, 6000, 1, 100, 100, "comm=sleep"),
					     200);

	ck_assert_ptr_nonnull(scene_evidence(f, 300, EV_PGRP));
	ck_assert_ptr_nonnull(scene_evidence(f, 300, EV_SESSION));
	ck_assert_int_eq(scene_member(f, 300)->relation, REL_POSSIBLE);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_INFO);
	scene_free(f);
}
END_TEST

START_TEST(a_brother_is_not_even_mentioned)
{
	struct scene_fixture *f = scene_from(INIT SHELL APP
					     P(300, 6000, 100, 100, 100, "comm=sleep"),
					     200);

	ck_assert_ptr_null(scene_member(f, 300));
	scene_free(f);
}
END_TEST

START_TEST(older_than_the_target)
{
	expect_innocent(INIT P(200, 5000, 1, 200, 200, "comm=app")
			P(300, 4999, 1, 300, 200, "comm=sleep"), 200, 300);
}
END_TEST

START_TEST(born_in_the_tick_of_the_target)
{
	expect_orphan(INIT P(200, 5000, 1, 200, 200, "comm=app")
		      P(300, 5000, 1, 300, 200, "comm=sleep"), 200, 300, EV_SESSION,
		      CONF_EXACT);
}
END_TEST

START_TEST(group_of_a_dead_target)
{
	expect_orphan(INIT SHELL P(300, 6000, 1, 200, 100, "comm=sleep"), 200, 300,
		      EV_PGRP, CONF_STRONG);
}
END_TEST

START_TEST(group_of_a_living_job)
{
	expect_orphan(INIT SHELL P(200, 5000, 100, 200, 100, "comm=app")
		      P(300, 6000, 1, 200, 100, "comm=sleep"), 200, 300, EV_PGRP,
		      CONF_STRONG);
}
END_TEST

START_TEST(pipeline_of_a_shell)
{
	expect_innocent(INIT SHELL P(200, 5000, 100, 200, 100, "comm=app")
			P(300, 5000, 100, 200, 100, "comm=tee"), 200, 300);
}
END_TEST

START_TEST(pipeline_whose_head_has_ended)
{
	expect_innocent(INIT SHELL P(300, 5000, 100, 200, 100, "comm=less"), 200, 300);
}
END_TEST

START_TEST(pipeline_of_a_shell_that_is_gone)
{
	/* both were adopted: who of them is whose cannot be told */
	expect_innocent(INIT P(200, 5000, 1, 200, 100, "comm=app")
			P(300, 5000, 1, 200, 100, "comm=tee"), 200, 300);
}
END_TEST

START_TEST(pipeline_of_a_shell_that_is_init)
{
	/* docker run -it IMAGE bash: `yes | less`, and the first has ended */
	expect_innocent(P(1, 1, 0, 1, 1, "comm=bash")
			P(300, 6000, 1, 200, 1, "comm=less"), 200, 300);
	expect_innocent(P(1, 1, 0, 1, 1, "comm=bash") P(200, 5000, 1, 200, 1, "comm=yes")
			P(300, 6000, 1, 200, 1, "comm=less"), 200, 300);
}
END_TEST

START_TEST(first_child_of_a_container_init)
{
	/* tini gives its child a group; whatever else is in it came from that child */
	expect_orphan(P(1, 1, 0, 1, 1, "comm=tini") P(200, 2, 1, 200, 1, "comm=app")
		      P(300, 6000, 1, 200, 1, "comm=sleep"), 200, 300, EV_PGRP,
		      CONF_STRONG);
	expect_innocent(P(1, 1, 0, 1, 1, "comm=tini") P(150, 2, 1, 150, 1, "comm=run.sh")
			P(200, 900, 1, 200, 1, "comm=app")
			P(300, 6000, 1, 200, 1, "comm=sleep"), 200, 300);
}
END_TEST

START_TEST(session_of_a_living_member)
{
	/* a child of the target leads a session; what is left in it is the family's */
	expect_orphan(INIT SHELL APP P(210, 5500, 200, 210, 210, "comm=worker")
		      P(300, 6000, 1, 300, 210, "comm=sleep"), 200, 300, EV_SESSION,
		      CONF_EXACT);
}
END_TEST

START_TEST(session_of_a_zombie_leader)
{
	expect_orphan(INIT SHELL APP ZOMBIE(210, 5500, 200, 210, 210, "comm=worker")
		      P(300, 6000, 1, 210, 210, "comm=sleep"), 200, 300, EV_SESSION,
		      CONF_EXACT);
}
END_TEST

START_TEST(group_of_a_member)
{
	expect_orphan(INIT SHELL APP P(210, 5500, 200, 210, 100, "comm=worker")
		      P(300, 6000, 1, 210, 100, "comm=sleep"), 200, 300, EV_PGRP,
		      CONF_STRONG);
}
END_TEST

START_TEST(leader_younger_than_its_follower)
{
	/* the number came to the member only after: the follower has it from somebody
	 * else */
	expect_innocent(INIT SHELL APP P(210, 7000, 200, 210, 210, "comm=worker")
			P(300, 6000, 1, 300, 210, "comm=sleep"), 200, 300);
}
END_TEST

START_TEST(orphans_of_one_dead_leader)
{
	/* 300 by a pipe of the target, 310 by the session that both have */
	expect_orphan(INIT SHELL_TTY APP P(300, 6000, 1, 290, 290, "comm=a")
		      P(310, 6100, 1, 290, 290, "comm=b")
		      PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 7), 200, 310, EV_SESSION,
		      CONF_STRONG);
}
END_TEST

START_TEST(session_left_before_the_target_left_it)
{
	/* the target had 300, then made its session; 310 is another job of the shell
	 * that is gone */
	expect_innocent(INIT P(200, 5000, 1, 200, 200, "comm=app")
			P(300, 6000, 1, 90, 90, "comm=a")
			P(310, 6100, 1, 90, 90, "comm=b")
			PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 7), 200, 310);
}
END_TEST

START_TEST(session_of_the_launcher)
{
	expect_innocent(INIT P(100, 100, 1, 90, 90, "comm=bash")
			FD(100, 0, "rw", "/dev/null")
			P(200, 5000, 100, 200, 200, "comm=app")
			P(300, 6000, 1, 90, 90, "comm=a")
			P(310, 6100, 1, 90, 90, "comm=b")
			PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 7), 200, 310);
}
END_TEST

START_TEST(the_parent_is_no_reaper)
{
	/* a server that the target's session reached is somebody else's living child */
	expect_innocent(INIT P(200, 5000, 1, 200, 200, "comm=app")
			P(50, 50, 1, 50, 50, "comm=sshd")
			P(300, 6000, 50, 300, 200, "comm=sleep")
			P(301, 6000, 300, 300, 50, "comm=x"),
			200, 301);
}
END_TEST

START_TEST(children_of_an_orphan)
{
	struct scene_fixture *f = scene_from(INIT P(300, 6000, 1, 200, 200, "comm=a")
					     P(310, 6100, 300, 200, 200, "comm=b")
					     P(320, 6200, 310, 320, 320, "comm=c"), 200);

	ck_assert_int_eq(scene_member(f, 310)->relation, REL_ORPHAN_DESCENDANT);
	ck_assert_int_eq(scene_member(f, 320)->relation, REL_ORPHAN_DESCENDANT);
	ck_assert_ptr_eq(scene_member(f, 320)->head, scene_member(f, 300));
	ck_assert_ptr_eq(scene_member(f, 310)->head, scene_member(f, 300));
	ck_assert_ptr_null(scene_finding(f, KIND_ORPHAN, 310));
	scene_says(f, KIND_ORPHAN, 300, "with 2 living descendants");
	scene_free(f);
}
END_TEST

START_TEST(orphan_of_an_orphans_descendant)
{
	/* 310 led a session below the orphan 300; 320 lost its parent there */
	struct scene_fixture *f = scene_from(INIT P(300, 6000, 1, 200, 200, "comm=a")
					     P(310, 6100, 300, 310, 310, "comm=b")
					     P(320, 6200, 1, 320, 310, "comm=c"), 200);

	scene_is_orphan(f, 320, EV_SESSION, CONF_EXACT);
	scene_is_orphan(f, 300, EV_SESSION, CONF_EXACT);
	scene_free(f);
}
END_TEST

START_TEST(children_of_a_reaper_that_is_an_orphan)
{
	/* a reaper of its own trade in a dead session, started after what it started
	 * (pids wrap) */
	struct scene_fixture *f = scene_from(INIT P(310, 6000, 1, 200, 200, "comm=bwrap")
					     P(300, 6100, 310, 200, 200, "comm=a"), 200);

	scene_is_orphan(f, 310, EV_SESSION, CONF_EXACT);
	ck_assert_int_eq(scene_member(f, 300)->relation, REL_ORPHAN_DESCENDANT);
	scene_free(f);
}
END_TEST

START_TEST(launcher_of_a_dead_target)
{
	/* the runner reads what the orphan still has as stdout; a brother writes there,
	 * too */
	const char *lines = INIT P(50, 50, 1, 50, 50, "comm=runner") PIPE(50, 9, "r", 7)
			    P(300, 6000, 1, 300, 200, "comm=x") PIPE(300, 1, "w", 7)
			    P(310, 6000, 1, 90, 90, "comm=y") PIPE(310, 1, "w", 7);

	expect_orphan(lines, 200, 300, EV_SESSION, CONF_EXACT);
	expect_innocent(lines, 200, 50);
	expect_innocent(lines, 200, 310);
}
END_TEST

START_TEST(layout_of_a_dead_target)
{
	expect_innocent(INIT P(310, 6000, 1, 200, 200, "comm=w layout=1a:2a:3a:4a:5a")
			P(300, 6000, 1, 90, 90, "comm=w layout=1a:2a:3a:4a:5a"),
			200, 300);
}
END_TEST

START_TEST(nobody_is_left)
{
	struct scene_fixture *f = scene_from(INIT SHELL
					     P(300, 6000, 1, 300, 300, "comm=x"), 200);

	ck_assert_uint_eq(f->report->family.member_n, 0);
	ck_assert_int_eq(report_status(f->report), 0);
	scene_free(f);
}
END_TEST

START_TEST(zombie_left_by_a_dead_target)
{
	struct scene_fixture *f = scene_from(INIT
					     ZOMBIE(300, 6000, 1, 200, 200, "comm=x"),
					     200);

	scene_is_orphan(f, 300, EV_SESSION, CONF_EXACT);
	ck_assert_ptr_null(scene_finding(f, KIND_ORPHAN, 300));
	ck_assert_ptr_nonnull(scene_finding(f, KIND_ZOMBIE, 300));
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("family/session");
	TCase *tcase = tcase_create("session");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, session_of_a_dead_target);
	tcase_add_test(tcase, session_of_a_living_target);
	tcase_add_test(tcase, session_under_an_unseen_subreaper);
	tcase_add_test(tcase, session_that_the_target_does_not_lead);
	tcase_add_test(tcase, weak_ones_are_mentioned);
	tcase_add_test(tcase, a_brother_is_not_even_mentioned);
	tcase_add_test(tcase, older_than_the_target);
	tcase_add_test(tcase, born_in_the_tick_of_the_target);
	tcase_add_test(tcase, group_of_a_dead_target);
	tcase_add_test(tcase, group_of_a_living_job);
	tcase_add_test(tcase, pipeline_of_a_shell);
	tcase_add_test(tcase, pipeline_whose_head_has_ended);
	tcase_add_test(tcase, pipeline_of_a_shell_that_is_gone);
	tcase_add_test(tcase, pipeline_of_a_shell_that_is_init);
	tcase_add_test(tcase, first_child_of_a_container_init);
	tcase_add_test(tcase, session_of_a_living_member);
	tcase_add_test(tcase, session_of_a_zombie_leader);
	tcase_add_test(tcase, group_of_a_member);
	tcase_add_test(tcase, leader_younger_than_its_follower);
	tcase_add_test(tcase, orphans_of_one_dead_leader);
	tcase_add_test(tcase, session_left_before_the_target_left_it);
	tcase_add_test(tcase, session_of_the_launcher);
	tcase_add_test(tcase, the_parent_is_no_reaper);
	tcase_add_test(tcase, children_of_an_orphan);
	tcase_add_test(tcase, orphan_of_an_orphans_descendant);
	tcase_add_test(tcase, children_of_a_reaper_that_is_an_orphan);
	tcase_add_test(tcase, launcher_of_a_dead_target);
	tcase_add_test(tcase, layout_of_a_dead_target);
	tcase_add_test(tcase, nobody_is_left);
	tcase_add_test(tcase, zombie_left_by_a_dead_target);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
