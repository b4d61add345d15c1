/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinship by where a process is: control groups, namespaces, the address layout, the
 * working directory; and who else is there.
 */
#include "harness.h"

#include "scene.h"

START_TEST(service_of_the_target)
{
	expect_orphan(MACHINE("machine_cgroup=1")
		      P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
		      P(200, 5000, 1, 200, 200,
			"comm=app cgroup=/system.slice/app.service")
		      P(300, 6000, 1, 290, 290,
			"comm=x cgroup=/system.slice/app.service"),
		      200, 300, EV_UNIT, CONF_STRONG);
}
END_TEST

START_TEST(service_of_the_user)
{
	expect_orphan(MACHINE("machine_cgroup=1")
		      P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
		      P(90, 90, 1, 90, 90,
			"comm=systemd cgroup=/user@1.service/init.scope")
		      P(200, 5000, 90, 200, 200,
			"comm=app cgroup=/user@1.service/app.service")
		      P(300, 6000, 90, 290, 290,
			"comm=x cgroup=/user@1.service/app.service"),
		      200, 300, EV_UNIT, CONF_STRONG);
}
END_TEST

START_TEST(service_with_an_older_main_process)
{
	/* both are left by jobs of cron, which leads the unit */
	expect_innocent(MACHINE("machine_cgroup=1")
			P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
			P(50, 50, 1, 50, 50,
			  "comm=cron cgroup=/system.slice/cron.service")
			P(200, 5000, 1, 200, 200,
			  "comm=app cgroup=/system.slice/cron.service")
			P(300, 6000, 1, 290, 290,
			  "comm=x cgroup=/system.slice/cron.service"),
			200, 300);
}
END_TEST

START_TEST(service_while_not_all_were_asked)
{
	struct scene_fixture *f = scene_from(P(1, 1, 0, 1, 1,
					       "comm=systemd cgroup=/init.scope")
		P(200, 5000, 1, 200, 200, "comm=app cgroup=/system.slice/app.service")
		P(300, 6000, 1, 290, 290, "comm=x cgroup=/system.slice/app.service"),
		200);

	scene_not_accused(f, 300);
	ck_assert_uint_ne(f->machine & FACT_BIT(FACT_CGROUP), 0);
	scene_free(f);
}
END_TEST

START_TEST(cgroup_of_its_own)
{
	expect_orphan(MACHINE("machine_cgroup=1")
		      P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
		      P(100, 100, 1, 100, 100, "comm=bash cgroup=/session.scope")
		      P(200, 5000, 100, 100, 100, "comm=app cgroup=/jobs/17")
		      P(300, 6000, 1, 300, 300, "comm=x cgroup=/jobs/17"), 200, 300,
		      EV_CGROUP, CONF_STRONG);
}
END_TEST

START_TEST(cgroup_with_an_outsider)
{
	expect_innocent(MACHINE("machine_cgroup=1")
			P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
			P(50, 50, 1, 50, 50, "comm=y cgroup=/jobs/17")
			P(100, 100, 1, 100, 100, "comm=bash cgroup=/session.scope")
			P(200, 5000, 100, 100, 100, "comm=app cgroup=/jobs/17")
			P(300, 6000, 1, 300, 300, "comm=x cgroup=/jobs/17"), 200, 300);
}
END_TEST

START_TEST(cgroup_with_a_brother)
{
	expect_innocent(MACHINE("machine_cgroup=1")
			P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
			P(100, 100, 1, 100, 100, "comm=bash cgroup=/session.scope")
			P(200, 5000, 100, 100, 100, "comm=app cgroup=/jobs/17")
			P(250, 5500, 100, 100, 100, "comm=app cgroup=/jobs/17")
			P(300, 6000, 1, 100, 100, "comm=x cgroup=/jobs/17"), 200, 300);
}
END_TEST

START_TEST(cgroup_of_the_launcher)
{
	expect_innocent(MACHINE("machine_cgroup=1")
			P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
			P(100, 100, 1, 100, 100, "comm=bash cgroup=/session.scope")
			P(200, 5000, 100, 100, 100, "comm=app cgroup=/session.scope")
			P(300, 6000, 1, 100, 100, "comm=x cgroup=/session.scope"),
			200, 300);
}
END_TEST

START_TEST(cgroup_of_the_whole_machine)
{
	expect_innocent(MACHINE("machine_cgroup=1") INIT
			P(100, 100, 1, 100, 100, "comm=bash cgroup=/a")
			P(200, 5000, 100, 200, 200, "comm=app cgroup=/")
			P(300, 6000, 1, 300, 300, "comm=x cgroup=/"), 200, 300);
}
END_TEST

START_TEST(namespace_of_its_own)
{
	expect_orphan(P(1, 1, 0, 1, 1, "comm=systemd ns.net=5 ns.mnt=4")
		      P(100, 100, 1, 100, 100, "comm=bash ns.net=5 ns.mnt=4")
		      P(200, 5000, 100, 100, 100, "comm=app ns.net=6 ns.mnt=4")
		      P(300, 6000, 1, 300, 300, "comm=x ns.net=6 ns.mnt=4"),
		      200, 300, EV_NAMESPACE, CONF_STRONG);
}
END_TEST

START_TEST(namespace_of_the_launcher)
{
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd ns.net=5")
			P(100, 100, 1, 100, 100, "comm=bash ns.net=6")
			P(200, 5000, 100, 100, 100, "comm=app ns.net=6")
			P(300, 6000, 1, 300, 300, "comm=x ns.net=6"), 200, 300);
}
END_TEST

START_TEST(namespace_of_an_unreadable_launcher)
{
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd ns.net=5")
			P(100, 100, 1, 100, 100, "comm=bash denied=namespaces read=stat")
			P(200, 5000, 100, 100, 100, "comm=app ns.net=6")
			P(300, 6000, 1, 300, 300, "comm=x ns.net=6"), 200, 300);
}
END_TEST

START_TEST(namespace_that_the_target_was_let_into)
{
	/* ip netns exec: somebody older is in it already */
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd ns.net=5")
			P(50, 50, 1, 50, 50, "comm=y ns.net=6")
			P(100, 100, 1, 100, 100, "comm=bash ns.net=5")
			P(200, 5000, 100, 100, 100, "comm=app ns.net=6")
			P(300, 6000, 1, 300, 300, "comm=x ns.net=6"), 200, 300);
}
END_TEST

START_TEST(entrant_of_a_container)
{
	/* docker exec: the target is let into it, and the container's workers are its
	 * init's */
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd ns.pid=5 uid=0")
			P(90, 90, 1, 90, 90, "comm=containerd-shim ns.pid=5 uid=0")
			P(110, 110, 90, 110, 110, "comm=nginx ns_depth=1 ns_pid=1 uid=0")
			P(200, 5000, 90, 200, 200,
			  "comm=sh ns.pid=6 ns_depth=1 ns_pid=30 uid=0")
			P(300, 6000, 110, 110, 110,
			  "comm=nginx ns.pid=6 ns_depth=1 ns_pid=31 uid=0"),
			200, 300);
}
END_TEST

START_TEST(orphan_of_an_entrant)
{
	expect_orphan(P(1, 1, 0, 1, 1, "comm=systemd ns.pid=5 uid=0")
		      P(90, 90, 1, 90, 90, "comm=containerd-shim ns.pid=5 uid=0")
		      P(110, 110, 90, 110, 110, "comm=nginx ns_depth=1 ns_pid=1 uid=0")
		      P(200, 5000, 90, 200, 200,
			"comm=sh ns.pid=6 ns_depth=1 ns_pid=30 uid=0")
		      P(300, 6000, 110, 300, 200,
			"comm=x ns.pid=6 ns_depth=1 ns_pid=31 uid=0"),
		      200, 300, EV_SESSION, CONF_EXACT);
}
END_TEST

START_TEST(an_entrant_is_no_orphan)
{
	/* another exec into the same container as the target's tree: its parent is
	 * further out */
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd uid=0")
			P(200, 5000, 1, 200, 200, "comm=app uid=0")
			P(300, 6000, 1, 300, 200, "comm=sh ns_depth=1 ns_pid=31 uid=0"),
			200, 300);
}
END_TEST

START_TEST(init_of_a_namespace_adopts_itself)
{
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd uid=0")
			P(200, 5000, 1, 200, 200, "comm=app ns_depth=1 ns_pid=1 uid=0")
			P(300, 6000, 1, 300, 200, "comm=sh uid=0"), 200, 300);
}
END_TEST

START_TEST(layout_of_the_target)
{
	expect_orphan(INIT P(100, 100, 1, 100, 100, "comm=bash layout=1:2:3:4:5")
		      P(200, 5000, 100, 100, 100, "comm=app execed=1 layout=1a:2a:3a:4a:5a")
		      P(300, 6000, 1, 300, 300, "comm=app layout=1a:2a:3a:4a:5a"),
		      200, 300, EV_LAYOUT, CONF_STRONG);
}
END_TEST

START_TEST(layout_of_the_launcher)
{
	/* subshells of one shell */
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash layout=1a:2a:3a:4a:5a")
			P(200, 5000, 100, 100, 100, "comm=bash layout=1a:2a:3a:4a:5a")
			P(300, 6000, 1, 300, 300, "comm=bash layout=1a:2a:3a:4a:5a"),
			200, 300);
}
END_TEST

START_TEST(layout_of_an_unreadable_launcher)
{
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash denied=layout read=stat")
			P(200, 5000, 100, 100, 100, "comm=bash layout=1a:2a:3a:4a:5a")
			P(300, 6000, 1, 300, 300, "comm=bash layout=1a:2a:3a:4a:5a"),
			200, 300);
}
END_TEST

START_TEST(layout_of_a_third)
{
	/* four workers of a master that is gone, each with a session of its own and one
	 * log */
	expect_innocent(INIT P(200, 5000, 1, 200, 200, "comm=work layout=1a:2a:3a:4a:5a")
			P(300, 5001, 1, 300, 300, "comm=work layout=1a:2a:3a:4a:5a")
			FD(200, 1, "w", "/var/log/work") FD(300, 1, "w", "/var/log/work")
			SAME("200:1", "300:1"), 200, 300);
}
END_TEST

START_TEST(layout_that_differs_or_is_unknown)
{
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash layout=1:2:3:4:5")
			P(200, 5000, 100, 100, 100, "comm=app layout=1a:2a:3a:4a:5a")
			P(300, 6000, 1, 300, 300, "comm=app layout=1a:2a:3a:4a:5b"),
			200, 300);
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash layout=1:2:3:4:5")
			P(200, 5000, 100, 100, 100, "comm=app layout=0:0:0:0:0")
			P(300, 6000, 1, 300, 300, "comm=app layout=0:0:0:0:0"), 200, 300);
}
END_TEST

START_TEST(directory_and_program)
{
	struct scene_fixture *f = scene_from(INIT
		P(100, 100, 1, 100, 100, "comm=bash cwd=/root")
		P(200, 5000, 100, 100, 100, "comm=app cwd=/srv exe=/bin/x")
		P(300, 6000, 1, 300, 300, "comm=app cwd=/srv exe=/bin/x")
		P(310, 6000, 1, 310, 310, "comm=app cwd=/ exe=/bin/x"), 200);

	scene_not_accused(f, 300);
	ck_assert_ptr_nonnull(scene_evidence(f, 300, EV_CWD));
	ck_assert_ptr_nonnull(scene_evidence(f, 300, EV_EXE));
	ck_assert_ptr_null(scene_member(f, 310));
	scene_free(f);
}
END_TEST

START_TEST(directory_of_the_launcher)
{
	struct scene_fixture *f = scene_from(INIT
		P(100, 100, 1, 100, 100, "comm=bash cwd=/srv")
		P(200, 5000, 100, 100, 100, "comm=app cwd=/srv")
		P(300, 6000, 1, 300, 300, "comm=app cwd=/srv"), 200);

	ck_assert_ptr_null(scene_member(f, 300));
	scene_free(f);
}
END_TEST

START_TEST(many_weak_ones_stay_weak)
{
	struct scene_fixture *f =
		scene_from(MACHINE("machine_environ=1 machine_cgroup=1 machine_fds=1")
		P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
		P(100, 100, 1, 100, 100,
		  "comm=bash cwd=/root cgroup=/s ns.net=1 locks=4611686018427387910")
		P(200, 5000, 100, 100, 100,
		  "comm=app cwd=/srv exe=/x cgroup=/s ns.net=1 locks=4611686018427387910")
		P(300, 6000, 1, 100, 100,
		  "comm=app cwd=/srv exe=/x cgroup=/s ns.net=1 locks=4611686018427387910")
		ENVIRON(100, "BUILD_ID=7") ENVIRON(200, "BUILD_ID=7")
		ENVIRON(300, "BUILD_ID=7")
		PIPE(100, 1, "w", 9) PIPE(200, 1, "w", 9) PIPE(300, 1, "w", 9), 200);

	scene_not_accused(f, 300);
	ck_assert_uint_ge(scene_member(f, 300)->evidence_n, 5);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("family/places");
	TCase *tcase = tcase_create("places");

	tcase_add_test(tcase, service_of_the_target);
	tcase_add_test(tcase, service_of_the_user);
	tcase_add_test(tcase, service_with_an_older_main_process);
	tcase_add_test(tcase, service_while_not_all_were_asked);
	tcase_add_test(tcase, cgroup_of_its_own);
	tcase_add_test(tcase, cgroup_with_an_outsider);
	tcase_add_test(tcase, cgroup_with_a_brother);
	tcase_add_test(tcase, cgroup_of_the_launcher);
	tcase_add_test(tcase, cgroup_of_the_whole_machine);
	tcase_add_test(tcase, namespace_of_its_own);
	tcase_add_test(tcase, namespace_of_the_launcher);
	tcase_add_test(tcase, namespace_of_an_unreadable_launcher);
	tcase_add_test(tcase, namespace_that_the_target_was_let_into);
	tcase_add_test(tcase, entrant_of_a_container);
	tcase_add_test(tcase, orphan_of_an_entrant);
	tcase_add_test(tcase, an_entrant_is_no_orphan);
	tcase_add_test(tcase, init_of_a_namespace_adopts_itself);
	tcase_add_test(tcase, layout_of_the_target);
	tcase_add_test(tcase, layout_of_the_launcher);
	tcase_add_test(tcase, layout_of_an_unreadable_launcher);
	tcase_add_test(tcase, layout_of_a_third);
	tcase_add_test(tcase, layout_that_differs_or_is_unknown);
	tcase_add_test(tcase, directory_and_program);
	tcase_add_test(tcase, directory_of_the_launcher);
	tcase_add_test(tcase, many_weak_ones_stay_weak);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
