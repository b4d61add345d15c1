/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LS206: what a child got by accident, and all the ways to give it on purpose. */
#include "harness.h"

#include <stdio.h>

#include "fd_lines.h"

/* The server, 200, and a helper of another program, 300. */
#define SERVER P(200, 5000, 100, 100, 100, "comm=app exe=/srv/app command=app")
#define HELPER(more) P(300, 6000, 200, 100, 100, "comm=sleep exe=/bin/sleep " more)
#define BEFORE INIT SHELL SERVER ENVIRON(200, "HOME=/ SHLVL=6")
#define USUAL BEFORE HELPER("command=sleep%20166") ENVIRON(300, "HOME=/ SHLVL=6")
#define LISTENER "socket inode=7 family=tcp port=8080 listening=1 state=listen\n"
#define OPEN(pid, fd, more) \
	"fd pid=" #pid " fd=" #fd " mode=rw target=socket:[7] " more "\n"
#define BOTH LISTENER OPEN(200, 6, "cloexec=clear") OPEN(300, 6, "")

static const enum kind kind = KIND_INHERITED_FD;

START_TEST(listening_socket)
{
	struct scene_fixture *f = scene_from(USUAL BOTH, 200);
	const struct finding *found = scene_finding(f, kind, 300);

	scene_has_severity(f, kind, 300, SEV_WARNING);
	ck_assert_int_eq(found->fd, 6);
	ck_assert_int_eq(found->culprit->id.pid, 200);
	ck_assert_int_eq(found->confidence, CONF_EXACT);
	scene_says(f, kind, 300, "listening tcp port 8080 (fd 6)");
	scene_says(f, kind, 300, "because 200 (app) opened it");
	scene_free(f);
	expect_no_fds(USUAL BOTH, kind, 200);
}
END_TEST

START_TEST(listening_unix_socket)
{
	expect_fds(USUAL "socket inode=7 family=unix listening=1 named=1\n"
		   OPEN(200, 6, "cloexec=clear") OPEN(300, 6, ""), kind, 300, SEV_WARNING, 1);
}
END_TEST

START_TEST(orphan)
{
	/* system("helper &"): the shell between has ended */
	expect_fds(INIT SHELL_TTY SERVER ENVIRON(200, "HOME=/")
		   P(300, 6000, 1, 100, 100, "comm=sleep exe=/bin/sleep command=sleep") ENVIRON(300, "HOME=/")
		   BOTH, kind, 300, SEV_WARNING, 1);
}
END_TEST

START_TEST(other_things_are_info)
{
	expect_fds(USUAL "fd pid=200 fd=6 mode=w target=pipe:[7] cloexec=clear\n" PIPE(300, 6, "w", 7),
		   kind, 300, SEV_INFO, 1);
	expect_fds(USUAL "fd pid=200 fd=6 mode=w target=/var/x cloexec=clear\n" FD(300, 6, "w", "/var/x")
		   SAME("300:6", "200:6"), kind, 300, SEV_INFO, 1);
	expect_fds(USUAL "socket inode=7 family=tcp port=5000 state=established\n"
		   OPEN(200, 6, "cloexec=clear") OPEN(300, 6, ""), kind, 300, SEV_INFO, 1);
	expect_fds(USUAL OPEN(200, 6, "cloexec=clear") OPEN(300, 6, ""), kind, 300, SEV_INFO, 1);
}
END_TEST

START_TEST(several_are_one_finding)
{
	expect_fds(USUAL BOTH "fd pid=200 fd=8 mode=rw target=socket:[9] cloexec=clear\n" SOCKET(300, 8, 9)
		   "socket inode=9 family=tcp port=443 listening=1\n", kind, 300, SEV_WARNING, 2);
	expect_fds(USUAL "fd pid=200 fd=6 mode=w target=pipe:[7] cloexec=clear\n" PIPE(300, 6, "w", 7)
		   "fd pid=200 fd=7 mode=w target=pipe:[8] cloexec=clear\n" PIPE(300, 7, "w", 8)
		   "fd pid=200 fd=8 mode=w target=pipe:[9] cloexec=clear\n" PIPE(300, 8, "w", 9)
		   "fd pid=200 fd=9 mode=w target=pipe:[5] cloexec=clear\n" PIPE(300, 9, "w", 5),
		   kind, 300, SEV_INFO, 4);
}
END_TEST

START_TEST(not_the_same)
{
	/* unknown or set close-on-exec, another number, another end, another file, stdio */
	expect_no_fds(USUAL LISTENER OPEN(200, 6, "") OPEN(300, 6, ""), kind, 300);
	expect_no_fds(USUAL LISTENER OPEN(200, 6, "cloexec=set") OPEN(300, 6, ""), kind, 300);
	expect_no_fds(USUAL LISTENER OPEN(200, 6, "cloexec=clear") OPEN(300, 7, ""), kind, 300);
	expect_no_fds(USUAL LISTENER OPEN(200, 2, "cloexec=clear") OPEN(300, 2, ""), kind, 300);
	expect_no_fds(USUAL "fd pid=200 fd=6 mode=r target=pipe:[7] cloexec=clear\n" PIPE(300, 6, "w", 7),
		      kind, 300);
	expect_no_fds(USUAL "fd pid=200 fd=6 mode=w target=/var/x cloexec=clear\n"
		      FD(300, 6, "w", "/var/x"), kind, 300);
	expect_no_fds(USUAL "fd pid=200 fd=6 mode=rw target=/dev/null cloexec=clear\n"
		      FD(300, 6, "rw", "/dev/null") SAME("300:6", "200:6"), kind, 300);
}
END_TEST

START_TEST(first_number_above_stdio)
{
	expect_fds(USUAL LISTENER OPEN(200, 3, "cloexec=clear") OPEN(300, 3, ""), kind, 300,
		   SEV_WARNING, 1);
}
END_TEST

START_TEST(same_program)
{
	expect_no_fds(BEFORE P(300, 6000, 200, 100, 100, "comm=app exe=/srv/app command=app")
		      ENVIRON(300, "HOME=/") BOTH, kind, 300);
	expect_no_fds(INIT SHELL P(200, 5000, 100, 100, 100, "comm=app exe=/srv/app%20(deleted)")
		      ENVIRON(200, "A=b") P(300, 6000, 200, 100, 100, "comm=app exe=/srv/app command=app")
		      ENVIRON(300, "HOME=/") BOTH, kind, 300);
	expect_no_fds(BEFORE P(300, 6000, 200, 100, 100, "comm=sleep command=sleep")
		      ENVIRON(300, "HOME=/") BOTH, kind, 300);
	expect_no_fds(INIT SHELL P(200, 5000, 100, 100, 100, "comm=app") HELPER("command=sleep")
		      ENVIRON(300, "HOME=/") BOTH, kind, 300);
	/* a fork without exec, whatever the names say */
	expect_no_fds(INIT SHELL P(200, 5000, 100, 100, 100, "comm=app exe=/srv/app layout=1:2:3:4:5")
		      HELPER("command=x layout=1:2:3:4:5") ENVIRON(300, "HOME=/") BOTH, kind, 300);
	expect_fds(INIT SHELL P(200, 5000, 100, 100, 100, "comm=app exe=/srv/app layout=1:2:3:4:5")
		   HELPER("command=x layout=1:2:3:4:6") ENVIRON(300, "HOME=/") BOTH, kind, 300,
		   SEV_WARNING, 1);
}
END_TEST

static void told(const char *helper, const char *environ)
{
	char lines[4096];

	snprintf(lines, sizeof(lines), "%sprocess pid=300 start=6000 ppid=200 pgid=100 sid=100 "
		 "state=S threads=1 comm=x exe=/bin/x command=%s\nenviron pid=300 HOME=/ %s\n%s",
		 BEFORE, helper, environ, BOTH);
	expect_no_fds(lines, kind, 300);
}

static void not_told(const char *helper, const char *environ)
{
	char lines[4096];

	snprintf(lines, sizeof(lines), "%sprocess pid=300 start=6000 ppid=200 pgid=100 sid=100 "
		 "state=S threads=1 comm=x exe=/bin/x command=%s\nenviron pid=300 HOME=/ %s\n%s",
		 BEFORE, helper, environ, BOTH);
	expect_fds(lines, kind, 300, SEV_WARNING, 1);
}

START_TEST(announced_by_environment)
{
	told("x", "LISTEN_FDS=4");		/* 3, 4, 5, 6 */
	not_told("x", "LISTEN_FDS=3");
	not_told("x", "LISTEN_FDS=0 LISTEN_PID=6");
	told("x", "MAKEFLAGS=%20-j%20--jobserver-auth=5,6");
	told("x", "MAKEFLAGS=--jobserver-fds=6,7");
	told("x", "CARGO_MAKEFLAGS=-j%20--jobserver-fds=6,7");
	not_told("x", "MAKEFLAGS=-j6");
	told("x", "NODE_CHANNEL_FD=6");
	told("x", "WAYLAND_SOCKET=6");
	told("x", "NGINX=6;7;");
	told("x", "NGINX=5;6;");
	told("x", "FPM_SOCKETS=0.0.0.0:9000=6");
	told("x", "ANY=6");
	told("x", "ANY=fd:6");
	told("x", "ANY=/dev/fd/6");
	not_told("x", "ANY=16");
	not_told("x", "ANY=60");
	not_told("x", "ANY=1.6");
	not_told("x", "ANY=6.1");
	not_told("x", "ANY=utf6");
	not_told("x", "ANY=6s");
	not_told("x", "ANY=/srv/6/x");
	not_told("x", "SHLVL=6");
	not_told("x", "LINES=6");
}
END_TEST

START_TEST(copy_of_what_was_announced)
{
	expect_no_fds(BEFORE HELPER("command=sleep%20--fd=6") ENVIRON(300, "HOME=/ SHLVL=6")
		      BOTH OPEN(200, 20, "cloexec=clear") OPEN(300, 20, ""), kind, 300);
}
END_TEST

START_TEST(announced_by_command)
{
	told("x%206", "A=b");
	told("x%20--fd=6", "A=b");
	told("x%20--fd6", "A=b");
	told("x%20-d6", "A=b");
	told("x%20/dev/fd/6", "A=b");
	told("x%20/proc/self/fd/6", "A=b");
	told("x%20tracker_fd=6,%20pipe_handle=8", "A=b");
	not_told("x%2066", "A=b");
	not_told("x%20-d60", "A=b");
	not_told("x%20/srv/6", "A=b");
	not_told("python3.6", "A=b");
	not_told("x%20--version=1.6", "A=b");
}
END_TEST

START_TEST(what_was_only_passed_on)
{
	/* the giver had it word for word: it says nothing of what the giver opened later */
	expect_fds(INIT SHELL SERVER ENVIRON(200, "WORKERS=6") HELPER("command=x")
		   ENVIRON(300, "WORKERS=6") BOTH, kind, 300, SEV_WARNING, 1);
	expect_no_fds(INIT SHELL SERVER ENVIRON(200, "WORKERS=5") HELPER("command=x")
		      ENVIRON(300, "WORKERS=6") BOTH, kind, 300);
	expect_no_fds(INIT SHELL SERVER HELPER("command=x") ENVIRON(300, "WORKERS=6") BOTH, kind, 300);
	/* but make hands on what it was handed */
	expect_no_fds(INIT SHELL SERVER ENVIRON(200, "MAKEFLAGS=--jobserver-auth=6,7") HELPER("command=x")
		      ENVIRON(300, "MAKEFLAGS=--jobserver-auth=6,7") BOTH, kind, 300);
	expect_no_fds(INIT SHELL SERVER ENVIRON(200, "NGINX=6;7;") HELPER("command=x")
		      ENVIRON(300, "NGINX=6;7;") BOTH, kind, 300);
}
END_TEST

START_TEST(given_from_outside)
{
	/* by systemd to the server, which may mean it for all below it */
	expect_fds(INIT SHELL SERVER ENVIRON(200, "LISTEN_FDS=4") HELPER("command=x")
		   ENVIRON(300, "HOME=/") BOTH, kind, 300, SEV_INFO, 1);
	/* by a supervisor that holds it still */
	expect_fds(USUAL BOTH OPEN(100, 9, ""), kind, 300, SEV_INFO, 1);
	/* what the launcher redirected is of no interest at all */
	expect_no_fds(USUAL "fd pid=200 fd=6 mode=w target=pipe:[7] cloexec=clear\n" PIPE(300, 6, "w", 7)
		      PIPE(100, 6, "w", 7), kind, 300);
}
END_TEST

#define BASH P(200, 5000, 100, 100, 100, "comm=bash exe=/bin/bash command=bash") \
	ENVIRON(200, "HOME=/")

START_TEST(shells)
{
	static const int special[] = { 60, 63, 255 };
	char lines[4096];

	for (size_t i = 0; i < 3; i++) {
		snprintf(lines, sizeof(lines), "%sfd pid=200 fd=%d mode=w target=pipe:[7] cloexec=clear\n"
			 "fd pid=300 fd=%d mode=w target=pipe:[7]\n",
			 INIT SHELL BASH HELPER("command=x") ENVIRON(300, "HOME=/"), special[i], special[i]);
		expect_no_fds(lines, kind, 300);
	}
	expect_fds(INIT SHELL BASH HELPER("command=x") ENVIRON(300, "HOME=/")
		   "fd pid=200 fd=59 mode=w target=pipe:[7] cloexec=clear\n" PIPE(300, 59, "w", 7), kind, 300,
		   SEV_INFO, 1);
	/* no shell: any number is as good as another */
	expect_fds(USUAL "fd pid=200 fd=63 mode=w target=pipe:[7] cloexec=clear\n" PIPE(300, 63, "w", 7),
		   kind, 300, SEV_INFO, 1);
	/* whatever a shell gives was asked for, or given to it */
	expect_fds(INIT SHELL BASH HELPER("command=x") ENVIRON(300, "HOME=/") BOTH, kind, 300, SEV_INFO, 1);
}
END_TEST

START_TEST(through_a_shell)
{
	/* both got it from the server, and only the server is at fault */
	const char *lines = BEFORE P(250, 5900, 200, 100, 100, "comm=sh exe=/bin/sh command=sh")
		ENVIRON(250, "HOME=/") P(300, 6000, 250, 100, 100, "comm=sleep exe=/bin/sleep command=x")
		ENVIRON(300, "HOME=/") BOTH OPEN(250, 6, "cloexec=clear");
	struct scene_fixture *f = scene_from(lines, 200);

	ck_assert_int_eq(scene_finding(f, kind, 300)->culprit->id.pid, 200);
	ck_assert_int_eq(scene_finding(f, kind, 250)->culprit->id.pid, 200);
	scene_free(f);
	/* the same program again, but by way of a shell: python, sh, python */
	expect_fds(BEFORE P(250, 5900, 200, 100, 100, "comm=sh exe=/bin/sh command=sh")
		   ENVIRON(250, "HOME=/") P(300, 6000, 250, 100, 100, "comm=app exe=/srv/app command=x")
		   ENVIRON(300, "HOME=/") BOTH OPEN(250, 6, "cloexec=clear"), kind, 300, SEV_WARNING, 1);
}
END_TEST

START_TEST(brothers_give_nothing)
{
	/* the server has closed it since: the elder helper is not at fault */
	expect_no_fds(BEFORE P(250, 5900, 200, 100, 100, "comm=nc exe=/bin/nc command=nc")
		      ENVIRON(250, "HOME=/") HELPER("command=x") ENVIRON(300, "HOME=/") LISTENER
		      OPEN(250, 6, "cloexec=clear") OPEN(300, 6, ""), kind, 300);
}
END_TEST

START_TEST(not_proven)
{
	/* its environment or command could not be read, or it is just starting */
	expect_fds(BEFORE HELPER("command=x") BOTH, kind, 300, SEV_INFO, 1);
	expect_fds(BEFORE HELPER("") ENVIRON(300, "HOME=/") BOTH, kind, 300, SEV_INFO, 1);
	expect_fds(INIT SHELL SERVER P(300, 99950, 200, 100, 100, "comm=x exe=/bin/x command=x")
		   ENVIRON(300, "HOME=/") BOTH, kind, 300, SEV_INFO, 1);
	expect_fds(INIT SHELL SERVER P(300, 99900, 200, 100, 100, "comm=x exe=/bin/x command=x")
		   ENVIRON(300, "HOME=/") BOTH, kind, 300, SEV_WARNING, 1);
}
END_TEST

START_TEST(at_work_on_it)
{
	expect_no_fds(USUAL BOTH "task pid=300 tid=300 state=S doing=reading fd=6\n", kind, 300);
	expect_fds(USUAL BOTH "task pid=300 tid=300 state=S doing=reading fd=7\n", kind, 300, SEV_WARNING, 1);
}
END_TEST

START_TEST(parents_in_a_circle)
{
	expect_no_fds(INIT P(200, 5000, 300, 100, 100, "comm=app exe=/srv/app")
		      P(300, 5000, 200, 100, 100, "comm=x exe=/bin/x command=x") ENVIRON(300, "HOME=/")
		      LISTENER OPEN(300, 6, "cloexec=clear") OPEN(200, 6, ""), kind, 200);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/inherited_fd");
	TCase *tcase = tcase_create("inherited_fd");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, listening_socket);
	tcase_add_test(tcase, listening_unix_socket);
	tcase_add_test(tcase, orphan);
	tcase_add_test(tcase, other_things_are_info);
	tcase_add_test(tcase, several_are_one_finding);
	tcase_add_test(tcase, not_the_same);
	tcase_add_test(tcase, first_number_above_stdio);
	tcase_add_test(tcase, same_program);
	tcase_add_test(tcase, announced_by_environment);
	tcase_add_test(tcase, copy_of_what_was_announced);
	tcase_add_test(tcase, announced_by_command);
	tcase_add_test(tcase, what_was_only_passed_on);
	tcase_add_test(tcase, given_from_outside);
	tcase_add_test(tcase, shells);
	tcase_add_test(tcase, through_a_shell);
	tcase_add_test(tcase, brothers_give_nothing);
	tcase_add_test(tcase, not_proven);
	tcase_add_test(tcase, at_work_on_it);
	tcase_add_test(tcase, parents_in_a_circle);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
