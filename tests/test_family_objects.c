/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinship by what two processes hold: pipes, socket pairs, open files, stdio; and how
 * strangers come to hold the same.
 */
#include "harness.h"

#include <string.h>

#include "scene.h"

/* The orphan has nothing in common with the target but what a test adds. */
#define WORLD INIT SHELL_TTY APP P(300, 6000, 1, 290, 290, "comm=x")

START_TEST(pipe_of_the_target)
{
	expect_orphan(WORLD PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 7), 200, 300, EV_PIPE,
		      CONF_STRONG);
	expect_orphan(WORLD PIPE(200, 5, "w", 7) PIPE(300, 0, "r", 7), 200, 300, EV_PIPE,
		      CONF_STRONG);
}
END_TEST

START_TEST(pipe_between_members)
{
	expect_orphan(WORLD P(210, 5500, 200, 100, 100, "comm=worker")
		      PIPE(210, 0, "r", 7)
		      PIPE(300, 1, "w", 7), 200, 300, EV_PIPE, CONF_STRONG);
}
END_TEST

START_TEST(same_end_of_a_pipe)
{
	expect_orphan(WORLD PIPE(200, 5, "w", 7) PIPE(300, 1, "w", 7),
		      200, 300, EV_SAME_FILE, CONF_STRONG);
}
END_TEST

START_TEST(pipe_that_the_launcher_holds)
{
	expect_innocent(WORLD PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 7)
			PIPE(100, 9, "r", 7), 200, 300);
	expect_innocent(WORLD PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 7)
			PIPE(100, 9, "w", 7), 200, 300);
}
END_TEST

START_TEST(pipe_that_an_ancestor_holds)
{
	expect_innocent(INIT P(50, 50, 1, 50, 50, "comm=ci") PIPE(50, 9, "r", 7)
			P(100, 100, 50, 100, 100, "comm=bash")
			FD(100, 0, "rw", "/dev/null") APP
			P(300, 6000, 1, 300, 100, "comm=x") PIPE(200, 5, "w", 7)
			PIPE(300, 1, "w", 7),
			200, 300);
}
END_TEST

START_TEST(pipe_that_the_session_leader_holds)
{
	expect_innocent(INIT P(50, 50, 1, 50, 50, "comm=bash") PIPE(50, 9, "r", 7)
			P(100, 100, 1, 100, 50, "comm=make") FD(100, 0, "rw", "/dev/null")
			P(200, 5000, 100, 100, 50, "comm=app")
			P(300, 6000, 1, 100, 50, "comm=x") PIPE(200, 5, "w", 7)
			PIPE(300, 1, "w", 7),
			200, 300);
}
END_TEST

START_TEST(pipe_with_an_unreadable_launcher)
{
	expect_innocent(INIT P(100, 100, 1, 100, 100, "comm=bash denied=fd read=stat") APP
			P(300, 6000, 1, 300, 300, "comm=x") PIPE(200, 5, "r", 7)
			PIPE(300, 1, "w", 7),
			200, 300);
}
END_TEST

START_TEST(pipe_of_a_brother)
{
	/* app 3>&1 | other, from a shell that lives */
	expect_innocent(INIT SHELL_TTY APP P(300, 6000, 100, 100, 100, "comm=x")
			PIPE(200, 5, "w", 7) PIPE(300, 0, "r", 7), 200, 300);
}
END_TEST

START_TEST(another_pipe)
{
	expect_innocent(WORLD PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 8), 200, 300);
}
END_TEST

START_TEST(older_process_with_a_pipe)
{
	expect_innocent(INIT SHELL_TTY APP P(300, 4000, 1, 300, 300, "comm=x")
			PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 7), 200, 300);
}
END_TEST

START_TEST(pipe_on_the_targets_stdio)
{
	/* from the launcher, which does not hold it any more */
	expect_innocent(WORLD PIPE(200, 1, "w", 7) PIPE(300, 0, "r", 7), 200, 300);
	expect_innocent(WORLD PIPE(200, 1, "w", 7) PIPE(300, 1, "w", 7), 200, 300);
}
END_TEST

START_TEST(copy_of_the_targets_stdio)
{
	/* exec 3>&1, or a test runner that moves its stdout away: still the launcher's */
	expect_innocent(WORLD PIPE(200, 1, "w", 7) PIPE(200, 5, "w", 7)
			PIPE(300, 1, "w", 7), 200, 300);
	expect_innocent(WORLD PIPE(200, 1, "w", 7) PIPE(200, 5, "w", 7)
			PIPE(300, 0, "r", 7), 200, 300);
	expect_innocent(WORLD FD(200, 1, "w", "/log") FD(200, 5, "w", "/log")
			FD(300, 1, "w", "/log")
			SAME("200:1", "300:1") SAME("200:5", "300:1"), 200, 300);
}
END_TEST

START_TEST(stdio_of_the_target_in_a_member)
{
	expect_innocent(WORLD P(210, 5500, 200, 100, 100, "comm=worker")
			PIPE(200, 1, "w", 7)
			PIPE(210, 4, "w", 7) PIPE(300, 1, "w", 7), 200, 300);
}
END_TEST

START_TEST(both_ends_while_the_target_may_be_adopted)
{
	/* app >(other) from a shell that is gone: born at once */
	expect_innocent(INIT P(200, 5000, 1, 90, 90, "comm=app")
			P(300, 5000, 1, 90, 90, "comm=tee")
			PIPE(200, 63, "w", 7) PIPE(300, 0, "r", 7), 200, 300);
	/* nohup app &, and much later it made a pipe and a child */
	expect_orphan(INIT P(200, 5000, 1, 90, 90, "comm=app")
		      P(300, 9000, 1, 90, 90, "comm=x")
		      PIPE(200, 5, "w", 7) PIPE(300, 0, "r", 7), 200, 300, EV_PIPE,
		      CONF_STRONG);
}
END_TEST

START_TEST(lock_of_a_script_that_is_gone)
{
	/* exec 200>lock; flock 200; setsid app & other & */
	expect_innocent(INIT P(200, 5000, 1, 200, 200, "comm=app")
			P(300, 6000, 1, 90, 90, "comm=x")
			FD(200, 20, "w", "/run/lock/x") FD(300, 20, "w", "/run/lock/x")
			SAME("200:20", "300:20"), 200, 300);
}
END_TEST

START_TEST(socket_pair)
{
	expect_orphan(WORLD SOCKET(200, 5, 7) SOCKET(300, 0, 8) PEERS(7, 8),
		      200, 300, EV_SOCKET, CONF_STRONG);
}
END_TEST

START_TEST(socket_pair_that_the_launcher_holds)
{
	expect_innocent(WORLD SOCKET(200, 5, 7) SOCKET(300, 0, 8) SOCKET(100, 4, 8)
			PEERS(7, 8),
			200, 300);
}
END_TEST

START_TEST(client_of_a_server)
{
	/* accepted sockets bear the name that the server listens on */
	expect_innocent(WORLD SOCKET(200, 5, 7) SOCKET(300, 4, 8)
			"socket inode=7 family=unix peer=8 named=1\n"
			"socket inode=8 family=unix peer=7\n", 200, 300);
}
END_TEST

START_TEST(server_that_the_target_connected_to)
{
	expect_innocent(WORLD SOCKET(200, 5, 7) SOCKET(300, 4, 8)
			"socket inode=8 family=unix peer=7 named=1\n"
			"socket inode=7 family=unix peer=8\n", 200, 300);
}
END_TEST

START_TEST(tcp_connections)
{
	expect_innocent(WORLD SOCKET(200, 5, 7) SOCKET(300, 4, 8)
			"socket inode=7 family=tcp port=80\n"
			"socket inode=8 family=tcp port=4000\n",
			200, 300);
}
END_TEST

START_TEST(listening_socket_of_the_target)
{
	expect_orphan(WORLD SOCKET(200, 5, 7) SOCKET(300, 5, 7)
		      "socket inode=7 family=tcp port=80 listening=1\n", 200, 300,
		      EV_SAME_FILE,
		      CONF_STRONG);
}
END_TEST

START_TEST(listening_socket_of_the_launcher)
{
	expect_innocent(WORLD SOCKET(100, 5, 7) SOCKET(200, 5, 7) SOCKET(300, 5, 7)
			"socket inode=7 family=tcp port=80 listening=1\n", 200, 300);
}
END_TEST

START_TEST(unknown_socket)
{
	expect_innocent(WORLD SOCKET(200, 5, 7) SOCKET(300, 5, 8), 200, 300);
}
END_TEST

START_TEST(same_file)
{
	expect_orphan(WORLD FD(200, 5, "w", "/var/x") FD(300, 5, "w", "/var/x")
		      SAME("200:5", "300:5"),
		      200, 300, EV_SAME_FILE, CONF_STRONG);
	expect_orphan(WORLD FD(200, 5, "w", "/var/x") FD(300, 5, "w", "/var/x")
		      SAME("300:5", "200:5"),
		      200, 300, EV_SAME_FILE, CONF_STRONG);
}
END_TEST

START_TEST(same_path_opened_twice)
{
	expect_innocent(WORLD FD(200, 5, "w", "/var/x") FD(300, 6, "w", "/var/x"),
			200, 300);
}
END_TEST

START_TEST(same_device)
{
	expect_innocent(WORLD FD(200, 5, "rw", "/dev/pts/0")
			FD(300, 6, "rw", "/dev/pts/0")
			SAME("200:5", "300:6"), 200, 300);
}
END_TEST

START_TEST(same_kind_of_anonymous_inode)
{
	expect_innocent(WORLD FD(200, 5, "rw", "anon_inode:[eventpoll]")
			FD(300, 5, "rw", "anon_inode:[eventpoll]") SAME("200:5", "300:5"),
			200, 300);
}
END_TEST

START_TEST(memory_file)
{
	expect_orphan(WORLD FD(200, 5, "rw", "/memfd:x%20(deleted)")
		      FD(300, 5, "rw", "/memfd:x%20(deleted)")
		      SAME("200:5", "300:5"), 200, 300, EV_SAME_FILE, CONF_STRONG);
}
END_TEST

START_TEST(file_of_the_launcher)
{
	expect_innocent(WORLD FD(100, 5, "w", "/var/x") FD(200, 5, "w", "/var/x")
			FD(300, 6, "w", "/var/x") SAME("200:5", "300:6")
			SAME("200:5", "100:5"), 200, 300);
}
END_TEST

START_TEST(stranger_that_was_handed_a_descriptor)
{
	/* through a broker: its own socket leads to somebody else */
	expect_innocent(WORLD P(50, 50, 1, 50, 50, "comm=broker") SOCKET(50, 9, 21)
			SOCKET(300, 4, 22)
			PEERS(21, 22) FD(200, 5, "rw", "/memfd:x%20(deleted)")
			FD(300, 6, "rw", "/memfd:x%20(deleted)") SAME("200:5", "300:6"),
			200, 300);
	expect_innocent(WORLD SOCKET(300, 4, 22) PEERS(21, 22) PIPE(200, 5, "r", 7)
			PIPE(300, 8, "w", 7), 200, 300);
}
END_TEST

START_TEST(client_that_was_handed_a_descriptor)
{
	/* a sound server or compositor and its client: the socket is the server's named
	 * one */
	expect_innocent(WORLD SOCKET(200, 4, 21) SOCKET(300, 4, 22)
			"socket inode=21 family=unix peer=22 named=1\n"
			"socket inode=22 family=unix peer=21\n"
			FD(200, 30, "rw", "/memfd:pipewire%20(deleted)")
			FD(300, 7, "rw", "/memfd:pipewire%20(deleted)")
			SAME("200:30", "300:7"), 200, 300);
}
END_TEST

START_TEST(socket_pair_and_descriptors)
{
	/* what could be handed over the family's own socket pair is the family's */
	expect_orphan(WORLD SOCKET(200, 4, 21) SOCKET(300, 3, 22) PEERS(21, 22)
		      FD(200, 5, "w", "/a") FD(300, 5, "w", "/a") SAME("200:5", "300:5"),
		      200, 300, EV_SAME_FILE, CONF_STRONG);
}
END_TEST

START_TEST(a_strong_link_behind_a_weak_one)
{
	/* with the target by a file that both may have from elsewhere, with its child
	 * for sure */
	expect_orphan(INIT P(200, 5000, 1, 200, 200, "comm=app")
		      P(210, 5500, 200, 200, 200, "comm=y")
		      P(300, 6000, 1, 300, 300, "comm=x") FD(200, 5, "w", "/a")
		      FD(300, 5, "w", "/a") SAME("200:5", "300:5") PIPE(210, 4, "w", 9)
		      PIPE(300, 1, "w", 9), 200, 300, EV_SAME_FILE, CONF_STRONG);
}
END_TEST

START_TEST(kept_numbers)
{
	/* a client of some bus that kept its descriptors' numbers was forked */
	expect_orphan(WORLD SOCKET(300, 9, 22) "socket inode=22 family=unix peer=21\n"
		      FD(200, 5, "w", "/a") FD(200, 6, "w", "/b") FD(300, 5, "w", "/a")
		      FD(300, 6, "w", "/b") SAME("200:5", "300:5") SAME("200:6", "300:6"),
		      200, 300, EV_SAME_FILE, CONF_STRONG);
}
END_TEST

START_TEST(stdio_is_not_handed)
{
	expect_orphan(WORLD SOCKET(300, 9, 22) "socket inode=22 family=unix peer=21\n"
		      PIPE(200, 5, "r", 7) PIPE(300, 1, "w", 7), 200, 300, EV_PIPE,
		      CONF_STRONG);
}
END_TEST

START_TEST(log_that_only_the_family_has)
{
	/* app >log & in a script: the shell opened it for the target alone */
	expect_orphan(MACHINE("machine_fds=1") INIT FD(1, 0, "rw", "/dev/null") SHELL_TTY
		      APP
		      P(300, 6000, 1, 100, 100, "comm=x") FD(200, 1, "w", "/log")
		      FD(300, 1, "w", "/log") SAME("200:1", "300:1"), 200, 300, EV_STDIO,
		      CONF_STRONG);
}
END_TEST

START_TEST(log_while_not_all_were_asked)
{
	struct scene_fixture *f = scene_from(WORLD FD(200, 1, "w", "/log")
					     FD(300, 1, "w", "/log")
					     SAME("200:1", "300:1"), 200);

	scene_not_accused(f, 300);
	ck_assert_ptr_nonnull(scene_evidence(f, 300, EV_STDIO));
	ck_assert_uint_ne(f->machine & FACT_BIT(FACT_FDS), 0);
	scene_free(f);
}
END_TEST

START_TEST(log_that_others_have)
{
	expect_innocent(MACHINE("machine_fds=1") INIT FD(1, 0, "rw", "/dev/null")
			SHELL_TTY APP
			P(50, 50, 1, 50, 50, "comm=tail") FD(50, 3, "r", "/log")
			P(300, 6000, 1, 100, 100, "comm=x") FD(200, 1, "w", "/log")
			FD(300, 1, "w", "/log") SAME("200:1", "300:1"), 200, 300);
	expect_innocent(MACHINE("machine_fds=1") INIT FD(1, 0, "rw", "/dev/null")
			SHELL_TTY APP
			P(250, 5500, 100, 100, 100, "comm=brother")
			FD(250, 1, "w", "/log")
			P(300, 6000, 1, 100, 100, "comm=x") FD(200, 1, "w", "/log")
			FD(300, 1, "w", "/log") SAME("200:1", "300:1"), 200, 300);
}
END_TEST

START_TEST(log_of_an_adopted_target)
{
	/* start.sh >log started both, and has ended */
	expect_innocent(MACHINE("machine_fds=1") INIT FD(1, 0, "rw", "/dev/null")
			P(200, 5000, 1, 90, 90, "comm=app")
			P(300, 6000, 1, 90, 90, "comm=x")
			FD(200, 1, "w", "/log") FD(300, 1, "w", "/log")
			SAME("200:1", "300:1"), 200, 300);
}
END_TEST

START_TEST(terminal_of_both)
{
	expect_innocent(MACHINE("machine_fds=1") INIT FD(1, 0, "rw", "/dev/null")
			SHELL_TTY APP
			P(300, 6000, 1, 100, 100, "comm=x") FD(200, 1, "rw", "/dev/pts/0")
			FD(300, 1, "rw", "/dev/pts/0"), 200, 300);
}
END_TEST

START_TEST(descriptor_that_could_not_be_read)
{
	expect_innocent(WORLD "fd pid=200 fd=5\nfd pid=300 fd=5\n" SAME("200:5", "300:5"),
			200, 300);
}
END_TEST

START_TEST(detail_names_both_ends)
{
	struct scene_fixture *f = scene_from(WORLD PIPE(200, 5, "r", 7)
					     PIPE(300, 1, "w", 7), 200);
	const char *detail = scene_evidence(f, 300, EV_PIPE)->detail;

	ck_assert_ptr_nonnull(strstr(detail, "its fd 1 is the write end of pipe:[7]"));
	ck_assert_ptr_nonnull(strstr(detail, "fd 5 of 200"));
	scene_free(f);
}
END_TEST

START_TEST(best_evidence_comes_first)
{
	struct scene_fixture *f = scene_from(INIT
		P(100, 100, 1, 100, 100, "comm=bash cwd=/root")
		FD(100, 0, "rw", "/dev/null")
		P(200, 5000, 100, 200, 200, "comm=app cwd=/srv")
		P(300, 6000, 1, 300, 200, "comm=x cwd=/srv") PIPE(200, 5, "r", 7)
		PIPE(300, 1, "w", 7), 200);
	const struct member *m = scene_member(f, 300);

	ck_assert_uint_eq(m->evidence_n, 3);
	ck_assert_int_eq(m->evidence[0].type, EV_SESSION);
	ck_assert_int_eq(m->evidence[1].type, EV_PIPE);
	ck_assert_int_eq(m->evidence[2].type, EV_CWD);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("family/objects");
	TCase *tcase = tcase_create("objects");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, pipe_of_the_target);
	tcase_add_test(tcase, pipe_between_members);
	tcase_add_test(tcase, same_end_of_a_pipe);
	tcase_add_test(tcase, pipe_that_the_launcher_holds);
	tcase_add_test(tcase, pipe_that_an_ancestor_holds);
	tcase_add_test(tcase, pipe_that_the_session_leader_holds);
	tcase_add_test(tcase, pipe_with_an_unreadable_launcher);
	tcase_add_test(tcase, pipe_of_a_brother);
	tcase_add_test(tcase, another_pipe);
	tcase_add_test(tcase, older_process_with_a_pipe);
	tcase_add_test(tcase, pipe_on_the_targets_stdio);
	tcase_add_test(tcase, copy_of_the_targets_stdio);
	tcase_add_test(tcase, stdio_of_the_target_in_a_member);
	tcase_add_test(tcase, both_ends_while_the_target_may_be_adopted);
	tcase_add_test(tcase, lock_of_a_script_that_is_gone);
	tcase_add_test(tcase, socket_pair);
	tcase_add_test(tcase, socket_pair_that_the_launcher_holds);
	tcase_add_test(tcase, client_of_a_server);
	tcase_add_test(tcase, server_that_the_target_connected_to);
	tcase_add_test(tcase, tcp_connections);
	tcase_add_test(tcase, listening_socket_of_the_target);
	tcase_add_test(tcase, listening_socket_of_the_launcher);
	tcase_add_test(tcase, unknown_socket);
	tcase_add_test(tcase, same_file);
	tcase_add_test(tcase, same_path_opened_twice);
	tcase_add_test(tcase, same_device);
	tcase_add_test(tcase, same_kind_of_anonymous_inode);
	tcase_add_test(tcase, memory_file);
	tcase_add_test(tcase, file_of_the_launcher);
	tcase_add_test(tcase, stranger_that_was_handed_a_descriptor);
	tcase_add_test(tcase, client_that_was_handed_a_descriptor);
	tcase_add_test(tcase, socket_pair_and_descriptors);
	tcase_add_test(tcase, a_strong_link_behind_a_weak_one);
	tcase_add_test(tcase, kept_numbers);
	tcase_add_test(tcase, stdio_is_not_handed);
	tcase_add_test(tcase, log_that_only_the_family_has);
	tcase_add_test(tcase, log_while_not_all_were_asked);
	tcase_add_test(tcase, log_that_others_have);
	tcase_add_test(tcase, log_of_an_adopted_target);
	tcase_add_test(tcase, terminal_of_both);
	tcase_add_test(tcase, descriptor_that_could_not_be_read);
	tcase_add_test(tcase, detail_names_both_ends);
	tcase_add_test(tcase, best_evidence_comes_first);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
