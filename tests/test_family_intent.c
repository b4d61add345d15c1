/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributed is not leaked: each sign that somebody meant a process to stay, and the
 * process that lacks just that sign.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>

#include "scene.h"

/* Two orphans in the session of the target, alike but for what a test adds to 300. */
#define WORLD INIT P(200, 5000, 1, 200, 200, "comm=app") \
	P(300, 6000, 1, 300, 200, "comm=x") P(310, 6000, 1, 310, 200, "comm=x")
/* In a session of its own, tied to the target by a pipe that is not stdio. */
#define DAEMON(more) INIT SHELL_TTY APP P(300, 6000, 1, 300, 300, "comm=x " more) \
	PIPE(200, 5, "r", 7) PIPE(300, 6, "w", 7)

static void is_daemon(const char *lines, const char *why)
{
	struct scene_fixture *f = scene_from(lines, 200);
	const struct member *m = scene_member(f, 300);

	scene_only_info(f, 300);
	ck_assert_int_eq(m->intent, INTENT_DAEMON);
	ck_assert_msg(strstr(m->intent_why, why), "%s", m->intent_why);
	ck_assert_int_eq(scene_finding(f, KIND_ORPHAN, 300)->intent, INTENT_DAEMON);
	scene_free(f);
}

static void is_leak(const char *lines)
{
	struct scene_fixture *f = scene_from(lines, 200);

	ck_assert_int_eq(scene_member(f, 300)->intent, INTENT_LEAK);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_WARNING);
	scene_free(f);
}

START_TEST(a_leak)
{
	struct scene_fixture *f = scene_from(WORLD, 200);

	ck_assert_int_eq(scene_member(f, 300)->intent, INTENT_LEAK);
	ck_assert_int_eq(scene_member(f, 310)->intent, INTENT_LEAK);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_WARNING);
	scene_free(f);
}
END_TEST

START_TEST(opt_out_variables)
{
	is_daemon(WORLD ENVIRON(300, "LEAKSCAN_KEEP=1"), "LEAKSCAN_KEEP=1");
	is_daemon(WORLD ENVIRON(300, "BUILD_ID=dontKillMe"), "BUILD_ID=dontKillMe");
	is_daemon(WORLD ENVIRON(300, "JENKINS_NODE_COOKIE=dontKillMe"),
		  "JENKINS_NODE_COOKIE=dontKillMe");
}
END_TEST

START_TEST(opt_out_variables_with_other_values)
{
	is_leak(WORLD ENVIRON(300, "LEAKSCAN_KEEP=0 BUILD_ID=17 XLEAKSCAN_KEEP=1"));
	is_leak(WORLD ENVIRON(300, "LEAKSCAN_KEEP="));
}
END_TEST

START_TEST(known_daemons)
{
	static const char *const names[] = { "ssh-agent", "gpg-agent", "tmux:%20server",
		"screen",
		"dbus-daemon", "conmon", "containerd-shim", "bazel(work)" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), INIT P(200, 5000, 1, 200, 200, "comm=app")
			 "process pid=300 start=6000 ppid=1 pgid=300 sid=200 state=S "
			 "threads=1 comm=%s\n"
			 FD(300, 1, "rw", "/dev/pts/0"), names[i]);
		is_daemon(text, "is known as");
	}
}
END_TEST

START_TEST(known_by_their_arguments)
{
	is_daemon(INIT P(300, 6000, 1, 300, 200,
			 "comm=java command=java%20-x%20org.gradle.GradleDaemon%208"),
		  "a build server");
	is_daemon(INIT P(300, 6000, 1, 300, 200,
			 "comm=ssh command=ssh:%20/home/u/.ssh/cm%20[mux]"),
		  "a connection master");
	is_leak(INIT P(300, 6000, 1, 300, 200, "comm=vi command=vi%20/x%20[mux]"));
}
END_TEST

START_TEST(names_that_only_begin_the_same)
{
	is_leak(INIT P(300, 6000, 1, 300, 200, "comm=tmuxer"));
	is_leak(INIT P(300, 6000, 1, 300, 200, "comm=cronjob"));
}
END_TEST

START_TEST(a_unit_of_its_own)
{
	is_daemon(INIT P(200, 5000, 1, 200, 200, "comm=app cgroup=/a.service")
		  P(300, 6000, 1, 300, 200, "comm=x cgroup=/b.service"),
		  "a unit of its own");
	is_daemon(INIT P(200, 5000, 1, 200, 200, "comm=app cgroup=/a.service")
		  P(300, 6000, 1, 300, 200, "comm=x cgroup=/user.slice/run-7.scope"),
		  "/user.slice/run-7.scope");
	is_leak(INIT P(200, 5000, 1, 200, 200, "comm=app cgroup=/a.service")
		P(300, 6000, 1, 300, 200, "comm=x cgroup=/a.service"));
	is_leak(INIT P(200, 5000, 1, 200, 200, "comm=app cgroup=/a.service")
		P(300, 6000, 1, 300, 200, "comm=x cgroup=/batch/17"));
}
END_TEST

START_TEST(a_pid_file)
{
	is_daemon(WORLD "pidfile pid=300 path=/run/x.pid\n", "/run/x.pid");
	is_leak(WORLD "pidfile pid=301 path=/run/x.pid\n");
}
END_TEST

START_TEST(daemonized_by_the_book)
{
	is_daemon(DAEMON("sigign=1") FD(300, 0, "r", "/dev/null")
		  FD(300, 1, "w", "/var/log/x")
		  FD(300, 2, "w", "/var/log/x"), "SIGHUP ignored");
}
END_TEST

START_TEST(daemonized_but_for_one_thing)
{
	/* SIGHUP not ignored; a terminal; its session still that of the target */
	struct scene_fixture *f;

	f = scene_from(DAEMON("sigign=0") FD(300, 0, "r", "/dev/null")
		       FD(300, 1, "w", "/var/log/x"), 200);
	ck_assert_int_eq(scene_member(f, 300)->intent, INTENT_LEAK);
	ck_assert(scene_member(f, 300)->detached);
	scene_only_info(f, 300);
	scene_free(f);
	f = scene_from(DAEMON("sigign=1") FD(300, 0, "rw", "/dev/pts/3"), 200);
	ck_assert_int_eq(scene_member(f, 300)->intent, INTENT_LEAK);
	scene_free(f);
	is_leak(INIT P(300, 6000, 1, 300, 200, "comm=x sigign=1")
		FD(300, 0, "r", "/dev/null")
		FD(300, 1, "w", "/var/log/x"));
}
END_TEST

START_TEST(detached)
{
	struct scene_fixture *f = scene_from(DAEMON("") FD(300, 1, "rw", "/dev/pts/3"),
					     200);

	ck_assert(scene_member(f, 300)->detached);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_INFO);
	scene_free(f);
}
END_TEST

START_TEST(detached_by_two_forks)
{
	struct scene_fixture *f = scene_from(INIT SHELL_TTY APP
					     P(300, 6000, 1, 290, 290, "comm=x")
					     PIPE(200, 5, "r", 7) PIPE(300, 6, "w", 7),
					     200);

	ck_assert(scene_member(f, 300)->detached);
	scene_free(f);
}
END_TEST

START_TEST(not_detached_while_it_has_the_targets_pipe_as_stdout)
{
	struct scene_fixture *f = scene_from(DAEMON("") PIPE(200, 6, "r", 8)
					     PIPE(300, 1, "w", 8), 200);

	ck_assert(!scene_member(f, 300)->detached);
	scene_has_severity(f, KIND_ORPHAN, 300, SEV_WARNING);
	scene_free(f);
}
END_TEST

START_TEST(detached_as_far_as_can_be_read)
{
	struct scene_fixture *f = scene_from(MACHINE("machine_cgroup=1") INIT
		P(200, 5000, 1, 200, 200, "comm=app cgroup=/a.service")
		P(300, 6000, 1, 300, 300,
		  "comm=x cgroup=/a.service denied=fd read=stat,cgroup"), 200);

	scene_is_orphan(f, 300, EV_UNIT, CONF_STRONG);
	scene_only_info(f, 300);
	scene_free(f);
}
END_TEST

START_TEST(busy_daemons_are_daemons)
{
	struct scene_fixture *f = scene_from(INIT
		P(300, 6000, 1, 300, 200,
		  "comm=tmux cpu=100 before=S:1:0:0:0:1:999500000000 at=1000000000000"),
		  200);

	scene_only_info(f, 300);
	ck_assert(scene_finding(f, KIND_ORPHAN, 300)->active);
	ck_assert_int_eq(scene_finding(f, KIND_ORPHAN, 300)->remedy, REMEDY_NONE);
	ck_assert_int_eq(report_status(f->report), 0);
	scene_free(f);
}
END_TEST

START_TEST(what_a_daemon_lost_is_its_own)
{
	/* tmux, first started from the target; its pane's shell lives and left a job */
	struct scene_fixture *f = scene_from(INIT P(200, 5000, 1, 200, 200, "comm=bash")
		P(290, 5500, 1, 290, 200, "comm=tmux:%20server")
		P(295, 5600, 290, 295, 295, "comm=bash")
		P(300, 6000, 1, 299, 295, "comm=x"), 200);

	scene_is_orphan(f, 300, EV_SESSION, CONF_EXACT);
	scene_only_info(f, 300);
	ck_assert_int_eq(scene_member(f, 300)->intent, INTENT_DAEMON);
	scene_free(f);
}
END_TEST

START_TEST(children_of_a_daemon)
{
	struct scene_fixture *f = scene_from(INIT P(300, 6000, 1, 300, 200, "comm=tmux")
					     P(310, 6100, 300, 310, 310, "comm=bash"),
					     200);

	ck_assert_int_eq(scene_member(f, 310)->relation, REL_ORPHAN_DESCENDANT);
	ck_assert_ptr_null(scene_finding(f, KIND_ORPHAN, 310));
	ck_assert_int_eq(report_status(f->report), 0);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("family/intent");
	TCase *tcase = tcase_create("intent");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_leak);
	tcase_add_test(tcase, opt_out_variables);
	tcase_add_test(tcase, opt_out_variables_with_other_values);
	tcase_add_test(tcase, known_daemons);
	tcase_add_test(tcase, known_by_their_arguments);
	tcase_add_test(tcase, names_that_only_begin_the_same);
	tcase_add_test(tcase, a_unit_of_its_own);
	tcase_add_test(tcase, a_pid_file);
	tcase_add_test(tcase, daemonized_by_the_book);
	tcase_add_test(tcase, daemonized_but_for_one_thing);
	tcase_add_test(tcase, detached);
	tcase_add_test(tcase, detached_by_two_forks);
	tcase_add_test(tcase, not_detached_while_it_has_the_targets_pipe_as_stdout);
	tcase_add_test(tcase, detached_as_far_as_can_be_read);
	tcase_add_test(tcase, busy_daemons_are_daemons);
	tcase_add_test(tcase, what_a_daemon_lost_is_its_own);
	tcase_add_test(tcase, children_of_a_daemon);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
