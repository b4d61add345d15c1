/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinship by what fork hands down and exec keeps: limits, environment, control groups,
 * namespaces, the address layout.
 */
#include "harness.h"

#include <stdio.h>

#include "scene.h"

START_TEST(cookie_of_the_target)
{
	expect_orphan(INIT P(100, 100, 1, 100, 100, "comm=bash locks=unlimited")
		      P(200, 5000, 100, 100, 100, "comm=app locks=4611686018427387910")
		      P(300, 6000, 1, 300, 300, "comm=x locks=4611686018427387910"),
		      200, 300, EV_COOKIE, CONF_EXACT);
}
END_TEST

START_TEST(cookie_of_the_launcher)
{
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash locks=4611686018427387910")
			P(200, 5000, 100, 100, 100, "comm=app locks=4611686018427387910")
			P(300, 6000, 1, 300, 300, "comm=x locks=4611686018427387910"), 200, 300);
}
END_TEST

START_TEST(another_cookie)
{
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash locks=unlimited")
			P(200, 5000, 100, 100, 100, "comm=app locks=4611686018427387910")
			P(300, 6000, 1, 300, 300, "comm=x locks=4611686018427387911"), 200, 300);
}
END_TEST

START_TEST(limits_that_are_no_cookie)
{
	/* a plain limit, and the greatest signed number that some write for "none" */
	expect_innocent(INIT SHELL P(200, 5000, 100, 100, 100, "comm=app locks=1000")
			P(300, 6000, 1, 300, 300, "comm=x locks=1000"), 200, 300);
	expect_innocent(INIT SHELL P(200, 5000, 100, 100, 100, "comm=app locks=9223372036854775807")
			P(300, 6000, 1, 300, 300, "comm=x locks=9223372036854775807"), 200, 300);
}
END_TEST

START_TEST(cookie_of_a_wrapper_that_is_gone)
{
	/* the wrapper marked both and died; they may be brothers */
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd locks=unlimited")
			P(200, 5000, 1, 90, 90, "comm=app locks=4611686018427387910")
			P(300, 6000, 1, 90, 90, "comm=x locks=4611686018427387910"), 200, 300);
}
END_TEST

START_TEST(leakscan_id)
{
	expect_orphan(INIT SHELL ENVIRON(100, "A=1") APP ENVIRON(200, "LEAKSCAN_ID=abc")
		      P(300, 6000, 1, 300, 300, "comm=x") ENVIRON(300, "LEAKSCAN_ID=abc"),
		      200, 300, EV_COOKIE, CONF_STRONG);
}
END_TEST

START_TEST(leakscan_id_of_the_launcher)
{
	expect_innocent(INIT SHELL ENVIRON(100, "LEAKSCAN_ID=abc") APP ENVIRON(200, "LEAKSCAN_ID=abc")
			P(300, 6000, 1, 300, 300, "comm=x") ENVIRON(300, "LEAKSCAN_ID=abc"), 200, 300);
}
END_TEST

START_TEST(leakscan_id_of_an_unreadable_launcher)
{
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash denied=environ read=stat")
			APP ENVIRON(200, "LEAKSCAN_ID=abc")
			P(300, 6000, 1, 300, 300, "comm=x") ENVIRON(300, "LEAKSCAN_ID=abc"), 200, 300);
}
END_TEST

START_TEST(leakscan_id_that_begins_the_same)
{
	expect_innocent(INIT SHELL ENVIRON(100, "A=1") APP ENVIRON(200, "LEAKSCAN_ID=abc")
			P(300, 6000, 1, 300, 300, "comm=x") ENVIRON(300, "LEAKSCAN_ID=abcd"), 200, 300);
}
END_TEST

START_TEST(every_known_cookie)
{
	static const char *const names[] = { "INVOCATION_ID", "JENKINS_NODE_COOKIE", "BUILD_ID",
		"RUNNER_TRACKING_ID", "CI_JOB_ID", "SLURM_JOB_ID" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), INIT SHELL ENVIRON(100, "A=1") APP
			 P(300, 6000, 1, 300, 300, "comm=x") "environ pid=200 %s=7\n"
			 "environ pid=300 %s=7\n", names[i], names[i]);
		expect_orphan(text, 200, 300, EV_ENVIRON, CONF_STRONG);
	}
}
END_TEST

START_TEST(a_long_value_of_its_own)
{
	expect_orphan(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1") SHELL ENVIRON(100, "A=1")
		      APP ENVIRON(200, "DATA=/srv/app/data/run-17")
		      P(300, 6000, 1, 300, 300, "comm=x") ENVIRON(300, "DATA=/srv/app/data/run-17"),
		      200, 300, EV_ENVIRON, CONF_STRONG);
}
END_TEST

START_TEST(a_short_value)
{
	expect_innocent(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1") SHELL ENVIRON(100, "A=1")
			APP ENVIRON(200, "DATA=17") P(300, 6000, 1, 300, 300, "comm=x")
			ENVIRON(300, "DATA=17"), 200, 300);
}
END_TEST

START_TEST(a_long_value_that_an_outsider_has)
{
	expect_innocent(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1") SHELL ENVIRON(100, "A=1")
			P(50, 50, 1, 50, 50, "comm=cron") ENVIRON(50, "DATA=/srv/app/data/run-17")
			APP ENVIRON(200, "DATA=/srv/app/data/run-17")
			P(300, 6000, 1, 300, 300, "comm=x")
			ENVIRON(300, "DATA=/srv/app/data/run-17"), 200, 300);
}
END_TEST

START_TEST(a_long_value_while_not_all_were_asked)
{
	expect_innocent(INIT SHELL ENVIRON(100, "A=1") APP ENVIRON(200, "DATA=/srv/app/data/run-17")
			P(300, 6000, 1, 300, 300, "comm=x")
			ENVIRON(300, "DATA=/srv/app/data/run-17"), 200, 300);
}
END_TEST

START_TEST(everybody_is_asked_for_a_long_value)
{
	struct scene_fixture *f = scene_from(INIT SHELL ENVIRON(100, "A=1")
		APP ENVIRON(200, "DATA=/srv/app/data/run-17")
		P(300, 6000, 1, 300, 300, "comm=x") ENVIRON(300, "DATA=/srv/app/data/run-17"), 200);

	ck_assert_uint_ne(f->machine & FACT_BIT(FACT_ENVIRON), 0);
	scene_free(f);
}
END_TEST

START_TEST(a_long_value_that_a_brother_has)
{
	/* the launcher gave it to both (export in a script): the orphan may be the brother's */
	expect_innocent(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1") SHELL ENVIRON(100, "A=1")
			APP ENVIRON(200, "DATA=/srv/app/data/run-17")
			P(250, 5500, 100, 250, 100, "comm=other")
			ENVIRON(250, "DATA=/srv/app/data/run-17")
			P(300, 6000, 1, 100, 100, "comm=x")
			ENVIRON(300, "DATA=/srv/app/data/run-17"), 200, 300);
}
END_TEST

START_TEST(values_of_terminals_and_logins)
{
	static const char *const values[] = { "TMUX=/tmp/tmux-1000/default,1234,0",
		"SSH_CONNECTION=10.0.0.1%2050000%2010.0.0.2%2022", "SUDO_COMMAND=/usr/bin/make%20all",
		"KITTY_INSTALLATION_DIR=/usr/lib/kitty", "TERMINFO=/usr/lib/kitty/terminfo",
		"VSCODE_GIT_IPC_HANDLE=/run/user/1000/vscode.sock", "PATH=/usr/local/bin:/usr/bin",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus",
		"XDG_RUNTIME_DIR=/run/user/1000", "MAKEFLAGS=-j8%20--jobserver-auth=3,4" };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[2048];

		/* the first pane's shell is the target, the second pane has been closed */
		snprintf(text, sizeof(text), MACHINE("machine_environ=1") INIT
			 ENVIRON(1, "A=1") P(100, 100, 1, 100, 100, "comm=server") ENVIRON(100, "A=1")
			 P(200, 5000, 100, 200, 200, "comm=bash") "environ pid=200 %s\n"
			 P(300, 6000, 1, 290, 280, "comm=x") "environ pid=300 %s\n", values[i], values[i]);
		expect_innocent(text, 200, 300);
	}
}
END_TEST

START_TEST(values_while_the_target_may_be_adopted)
{
	/* setsid app & nohup other &, and the shell is gone */
	expect_innocent(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1")
			P(200, 5000, 1, 200, 200, "comm=app") ENVIRON(200, "DATA=/srv/app/data/run-17")
			P(300, 6000, 1, 90, 80, "comm=x")
			ENVIRON(300, "DATA=/srv/app/data/run-17"), 200, 300);
}
END_TEST

START_TEST(service_of_the_target)
{
	expect_orphan(MACHINE("machine_cgroup=1") P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
		      P(200, 5000, 1, 200, 200, "comm=app cgroup=/system.slice/app.service")
		      P(300, 6000, 1, 290, 290, "comm=x cgroup=/system.slice/app.service"),
		      200, 300, EV_UNIT, CONF_STRONG);
}
END_TEST

START_TEST(service_of_the_user)
{
	expect_orphan(MACHINE("machine_cgroup=1") P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
		      P(90, 90, 1, 90, 90, "comm=systemd cgroup=/user@1.service/init.scope")
		      P(200, 5000, 90, 200, 200, "comm=app cgroup=/user@1.service/app.service")
		      P(300, 6000, 90, 290, 290, "comm=x cgroup=/user@1.service/app.service"),
		      200, 300, EV_UNIT, CONF_STRONG);
}
END_TEST

START_TEST(service_with_an_older_main_process)
{
	/* both are left by jobs of cron, which leads the unit */
	expect_innocent(MACHINE("machine_cgroup=1") P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
			P(50, 50, 1, 50, 50, "comm=cron cgroup=/system.slice/cron.service")
			P(200, 5000, 1, 200, 200, "comm=app cgroup=/system.slice/cron.service")
			P(300, 6000, 1, 290, 290, "comm=x cgroup=/system.slice/cron.service"),
			200, 300);
}
END_TEST

START_TEST(service_while_not_all_were_asked)
{
	struct scene_fixture *f = scene_from(P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
		P(200, 5000, 1, 200, 200, "comm=app cgroup=/system.slice/app.service")
		P(300, 6000, 1, 290, 290, "comm=x cgroup=/system.slice/app.service"), 200);

	scene_not_accused(f, 300);
	ck_assert_uint_ne(f->machine & FACT_BIT(FACT_CGROUP), 0);
	scene_free(f);
}
END_TEST

START_TEST(cgroup_of_its_own)
{
	expect_orphan(MACHINE("machine_cgroup=1") P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
		      P(100, 100, 1, 100, 100, "comm=bash cgroup=/session.scope")
		      P(200, 5000, 100, 100, 100, "comm=app cgroup=/jobs/17")
		      P(300, 6000, 1, 300, 300, "comm=x cgroup=/jobs/17"), 200, 300, EV_CGROUP, CONF_STRONG);
}
END_TEST

START_TEST(cgroup_with_an_outsider)
{
	expect_innocent(MACHINE("machine_cgroup=1") P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
			P(50, 50, 1, 50, 50, "comm=y cgroup=/jobs/17")
			P(100, 100, 1, 100, 100, "comm=bash cgroup=/session.scope")
			P(200, 5000, 100, 100, 100, "comm=app cgroup=/jobs/17")
			P(300, 6000, 1, 300, 300, "comm=x cgroup=/jobs/17"), 200, 300);
}
END_TEST

START_TEST(cgroup_with_a_brother)
{
	expect_innocent(MACHINE("machine_cgroup=1") P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
			P(100, 100, 1, 100, 100, "comm=bash cgroup=/session.scope")
			P(200, 5000, 100, 100, 100, "comm=app cgroup=/jobs/17")
			P(250, 5500, 100, 100, 100, "comm=app cgroup=/jobs/17")
			P(300, 6000, 1, 100, 100, "comm=x cgroup=/jobs/17"), 200, 300);
}
END_TEST

START_TEST(cgroup_of_the_launcher)
{
	expect_innocent(MACHINE("machine_cgroup=1") P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
			P(100, 100, 1, 100, 100, "comm=bash cgroup=/session.scope")
			P(200, 5000, 100, 100, 100, "comm=app cgroup=/session.scope")
			P(300, 6000, 1, 100, 100, "comm=x cgroup=/session.scope"), 200, 300);
}
END_TEST

START_TEST(cgroup_of_the_whole_machine)
{
	expect_innocent(MACHINE("machine_cgroup=1") INIT P(100, 100, 1, 100, 100, "comm=bash cgroup=/a")
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
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd ns.net=5") P(100, 100, 1, 100, 100, "comm=bash ns.net=6")
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
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd ns.net=5") P(50, 50, 1, 50, 50, "comm=y ns.net=6")
			P(100, 100, 1, 100, 100, "comm=bash ns.net=5")
			P(200, 5000, 100, 100, 100, "comm=app ns.net=6")
			P(300, 6000, 1, 300, 300, "comm=x ns.net=6"), 200, 300);
}
END_TEST

START_TEST(entrant_of_a_container)
{
	/* docker exec: the target is let into it, and the container's workers are its init's */
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd ns.pid=5 uid=0")
			P(90, 90, 1, 90, 90, "comm=containerd-shim ns.pid=5 uid=0")
			P(110, 110, 90, 110, 110, "comm=nginx ns_depth=1 ns_pid=1 uid=0")
			P(200, 5000, 90, 200, 200, "comm=sh ns.pid=6 ns_depth=1 ns_pid=30 uid=0")
			P(300, 6000, 110, 110, 110, "comm=nginx ns.pid=6 ns_depth=1 ns_pid=31 uid=0"),
			200, 300);
}
END_TEST

START_TEST(orphan_of_an_entrant)
{
	expect_orphan(P(1, 1, 0, 1, 1, "comm=systemd ns.pid=5 uid=0")
		      P(90, 90, 1, 90, 90, "comm=containerd-shim ns.pid=5 uid=0")
		      P(110, 110, 90, 110, 110, "comm=nginx ns_depth=1 ns_pid=1 uid=0")
		      P(200, 5000, 90, 200, 200, "comm=sh ns.pid=6 ns_depth=1 ns_pid=30 uid=0")
		      P(300, 6000, 110, 300, 200, "comm=x ns.pid=6 ns_depth=1 ns_pid=31 uid=0"),
		      200, 300, EV_SESSION, CONF_EXACT);
}
END_TEST

START_TEST(an_entrant_is_no_orphan)
{
	/* another exec into the same container as the target's tree: its parent is further out */
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd uid=0")
			P(200, 5000, 1, 200, 200, "comm=app uid=0")
			P(300, 6000, 1, 300, 200, "comm=sh ns_depth=1 ns_pid=31 uid=0"), 200, 300);
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
		      P(200, 5000, 100, 100, 100, "comm=app layout=1a:2a:3a:4a:5a")
		      P(300, 6000, 1, 300, 300, "comm=app layout=1a:2a:3a:4a:5a"),
		      200, 300, EV_LAYOUT, CONF_STRONG);
}
END_TEST

START_TEST(layout_of_the_launcher)
{
	/* subshells of one shell */
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash layout=1a:2a:3a:4a:5a")
			P(200, 5000, 100, 100, 100, "comm=bash layout=1a:2a:3a:4a:5a")
			P(300, 6000, 1, 300, 300, "comm=bash layout=1a:2a:3a:4a:5a"), 200, 300);
}
END_TEST

START_TEST(layout_of_an_unreadable_launcher)
{
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash denied=layout read=stat")
			P(200, 5000, 100, 100, 100, "comm=bash layout=1a:2a:3a:4a:5a")
			P(300, 6000, 1, 300, 300, "comm=bash layout=1a:2a:3a:4a:5a"), 200, 300);
}
END_TEST

START_TEST(layout_of_a_third)
{
	/* four workers of a master that is gone, each with a session of its own and one log */
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
			P(300, 6000, 1, 300, 300, "comm=app layout=1a:2a:3a:4a:5b"), 200, 300);
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash layout=1:2:3:4:5")
			P(200, 5000, 100, 100, 100, "comm=app layout=0:0:0:0:0")
			P(300, 6000, 1, 300, 300, "comm=app layout=0:0:0:0:0"), 200, 300);
}
END_TEST

START_TEST(directory_and_program)
{
	struct scene_fixture *f = scene_from(INIT P(100, 100, 1, 100, 100, "comm=bash cwd=/root")
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
	struct scene_fixture *f = scene_from(INIT P(100, 100, 1, 100, 100, "comm=bash cwd=/srv")
		P(200, 5000, 100, 100, 100, "comm=app cwd=/srv")
		P(300, 6000, 1, 300, 300, "comm=app cwd=/srv"), 200);

	ck_assert_ptr_null(scene_member(f, 300));
	scene_free(f);
}
END_TEST

START_TEST(many_weak_ones_stay_weak)
{
	struct scene_fixture *f = scene_from(MACHINE("machine_environ=1 machine_cgroup=1 machine_fds=1")
		P(1, 1, 0, 1, 1, "comm=systemd cgroup=/init.scope")
		P(100, 100, 1, 100, 100, "comm=bash cwd=/root cgroup=/s ns.net=1 locks=4611686018427387910")
		P(200, 5000, 100, 100, 100, "comm=app cwd=/srv exe=/x cgroup=/s ns.net=1 locks=4611686018427387910")
		P(300, 6000, 1, 100, 100, "comm=app cwd=/srv exe=/x cgroup=/s ns.net=1 locks=4611686018427387910")
		ENVIRON(100, "BUILD_ID=7") ENVIRON(200, "BUILD_ID=7") ENVIRON(300, "BUILD_ID=7")
		PIPE(100, 1, "w", 9) PIPE(200, 1, "w", 9) PIPE(300, 1, "w", 9), 200);

	scene_not_accused(f, 300);
	ck_assert_uint_ge(scene_member(f, 300)->evidence_n, 5);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("family/marks");
	TCase *tcase = tcase_create("marks");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, cookie_of_the_target);
	tcase_add_test(tcase, cookie_of_the_launcher);
	tcase_add_test(tcase, another_cookie);
	tcase_add_test(tcase, limits_that_are_no_cookie);
	tcase_add_test(tcase, cookie_of_a_wrapper_that_is_gone);
	tcase_add_test(tcase, leakscan_id);
	tcase_add_test(tcase, leakscan_id_of_the_launcher);
	tcase_add_test(tcase, leakscan_id_of_an_unreadable_launcher);
	tcase_add_test(tcase, leakscan_id_that_begins_the_same);
	tcase_add_test(tcase, every_known_cookie);
	tcase_add_test(tcase, a_long_value_of_its_own);
	tcase_add_test(tcase, a_short_value);
	tcase_add_test(tcase, a_long_value_that_an_outsider_has);
	tcase_add_test(tcase, a_long_value_while_not_all_were_asked);
	tcase_add_test(tcase, everybody_is_asked_for_a_long_value);
	tcase_add_test(tcase, a_long_value_that_a_brother_has);
	tcase_add_test(tcase, values_of_terminals_and_logins);
	tcase_add_test(tcase, values_while_the_target_may_be_adopted);
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
