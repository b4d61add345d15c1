/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinship by marks that fork and exec hand down: the limit of locks, the environment; and
 * what launchers, terminals and logins hand to everybody.
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
	expect_innocent(INIT P(100, 100, 1, 100, 100,
			       "comm=bash locks=4611686018427387910")
			P(200, 5000, 100, 100, 100, "comm=app locks=4611686018427387910")
			P(300, 6000, 1, 300, 300, "comm=x locks=4611686018427387910"),
			200, 300);
}
END_TEST

START_TEST(another_cookie)
{
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash locks=unlimited")
			P(200, 5000, 100, 100, 100, "comm=app locks=4611686018427387910")
			P(300, 6000, 1, 300, 300, "comm=x locks=4611686018427387911"),
			200, 300);
}
END_TEST

START_TEST(limits_that_are_no_cookie)
{
	/* a plain limit, and the greatest signed number that some write for "none" */
	expect_innocent(INIT SHELL P(200, 5000, 100, 100, 100, "comm=app locks=1000")
			P(300, 6000, 1, 300, 300, "comm=x locks=1000"), 200, 300);
	expect_innocent(INIT SHELL P(200, 5000, 100, 100, 100,
				     "comm=app locks=9223372036854775807")
			P(300, 6000, 1, 300, 300, "comm=x locks=9223372036854775807"),
			200, 300);
}
END_TEST

START_TEST(cookie_of_a_wrapper_that_is_gone)
{
	/* the wrapper marked both and died; they may be brothers */
	expect_innocent(P(1, 1, 0, 1, 1, "comm=systemd locks=unlimited")
			P(200, 5000, 1, 90, 90, "comm=app locks=4611686018427387910")
			P(300, 6000, 1, 90, 90, "comm=x locks=4611686018427387910"),
			200, 300);
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
	expect_innocent(INIT SHELL ENVIRON(100, "LEAKSCAN_ID=abc") APP
			ENVIRON(200, "LEAKSCAN_ID=abc")
			P(300, 6000, 1, 300, 300, "comm=x")
			ENVIRON(300, "LEAKSCAN_ID=abc"), 200, 300);
}
END_TEST

START_TEST(leakscan_id_of_an_unreadable_launcher)
{
	expect_innocent(INIT P(100, 100, 1, 100, 100,
			       "comm=bash denied=environ read=stat")
			APP ENVIRON(200, "LEAKSCAN_ID=abc")
			P(300, 6000, 1, 300, 300, "comm=x")
			ENVIRON(300, "LEAKSCAN_ID=abc"), 200, 300);
}
END_TEST

START_TEST(leakscan_id_that_begins_the_same)
{
	expect_innocent(INIT SHELL ENVIRON(100, "A=1") APP ENVIRON(200, "LEAKSCAN_ID=abc")
			P(300, 6000, 1, 300, 300, "comm=x")
			ENVIRON(300, "LEAKSCAN_ID=abcd"), 200, 300);
}
END_TEST

START_TEST(every_known_cookie)
{
	static const char *const names[] = { "INVOCATION_ID", "JENKINS_NODE_COOKIE",
		"BUILD_ID",
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
	expect_orphan(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1") SHELL
		      ENVIRON(100, "A=1")
		      APP ENVIRON(200, "DATA=/srv/app/data/run-17")
		      P(300, 6000, 1, 300, 300, "comm=x")
		      ENVIRON(300, "DATA=/srv/app/data/run-17"),
		      200, 300, EV_ENVIRON, CONF_STRONG);
}
END_TEST

START_TEST(a_short_value)
{
	expect_innocent(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1") SHELL
			ENVIRON(100, "A=1")
			APP ENVIRON(200, "DATA=17") P(300, 6000, 1, 300, 300, "comm=x")
			ENVIRON(300, "DATA=17"), 200, 300);
}
END_TEST

START_TEST(a_long_value_that_an_outsider_has)
{
	expect_innocent(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1") SHELL
			ENVIRON(100, "A=1")
			P(50, 50, 1, 50, 50, "comm=cron")
			ENVIRON(50, "DATA=/srv/app/data/run-17")
			APP ENVIRON(200, "DATA=/srv/app/data/run-17")
			P(300, 6000, 1, 300, 300, "comm=x")
			ENVIRON(300, "DATA=/srv/app/data/run-17"), 200, 300);
}
END_TEST

START_TEST(a_long_value_while_not_all_were_asked)
{
	expect_innocent(INIT SHELL ENVIRON(100, "A=1") APP
			ENVIRON(200, "DATA=/srv/app/data/run-17")
			P(300, 6000, 1, 300, 300, "comm=x")
			ENVIRON(300, "DATA=/srv/app/data/run-17"), 200, 300);
}
END_TEST

START_TEST(everybody_is_asked_for_a_long_value)
{
	struct scene_fixture *f = scene_from(INIT SHELL ENVIRON(100, "A=1")
		APP ENVIRON(200, "DATA=/srv/app/data/run-17")
		P(300, 6000, 1, 300, 300, "comm=x")
		ENVIRON(300, "DATA=/srv/app/data/run-17"), 200);

	ck_assert_uint_ne(f->machine & FACT_BIT(FACT_ENVIRON), 0);
	scene_free(f);
}
END_TEST

START_TEST(a_long_value_that_a_brother_has)
{
	/* the launcher gave it to both (export in a script): the orphan may be the
	 * brother's */
	expect_innocent(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1") SHELL
			ENVIRON(100, "A=1")
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
		"SSH_CONNECTION=10.0.0.1%2050000%2010.0.0.2%2022",
		"SUDO_COMMAND=/usr/bin/make%20all",
		"KITTY_INSTALLATION_DIR=/usr/lib/kitty",
		"TERMINFO=/usr/lib/kitty/terminfo",
		"VSCODE_GIT_IPC_HANDLE=/run/user/1000/vscode.sock",
		"PATH=/usr/local/bin:/usr/bin",
		"DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus",
		"XDG_RUNTIME_DIR=/run/user/1000", "MAKEFLAGS=-j8%20--jobserver-auth=3,4"
		};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[2048];

		/* the first pane's shell is the target, the second pane was closed */
		snprintf(text, sizeof(text), MACHINE("machine_environ=1") INIT
			 ENVIRON(1, "A=1") P(100, 100, 1, 100, 100, "comm=server")
			 ENVIRON(100, "A=1")
			 P(200, 5000, 100, 200, 200, "comm=bash") "environ pid=200 %s\n"
			 P(300, 6000, 1, 290, 280, "comm=x") "environ pid=300 %s\n",
			 values[i], values[i]);
		expect_innocent(text, 200, 300);
	}
}
END_TEST

START_TEST(values_while_the_target_may_be_adopted)
{
	/* setsid app & nohup other &, and the shell is gone */
	expect_innocent(MACHINE("machine_environ=1") INIT ENVIRON(1, "A=1")
			P(200, 5000, 1, 200, 200, "comm=app")
			ENVIRON(200, "DATA=/srv/app/data/run-17")
			P(300, 6000, 1, 90, 80, "comm=x")
			ENVIRON(300, "DATA=/srv/app/data/run-17"), 200, 300);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("family/marks");
	TCase *tcase = tcase_create("marks");

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
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
