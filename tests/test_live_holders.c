/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan holders, the real program, on what mkleak holds: who it names, by which
 * descriptor, and what it says when there is nobody or when not enough can be seen.
 */
#include "harness.h"
#include "live.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEST_LIMIT_S = 600, READ_FD = 20, WRITE_FD = 21 };
enum { HELD = 0, NOBODY_HOLDS = 1, BLIND = 3 }; /* exit statuses */

/* `leakscan holders OPTION WORD --json`, which must end with this status. */
static void ask(struct scan *r, uid_t uid, const char *option, const char *word,
		int status)
{
	const struct scan_how how = { .uid = uid, .bare = true };
	const char *args[] = { "holders", option, word, "--json", NULL };

	scan_run(r, &how, args);
	ck_assert_msg(r->status == status, "status %d: %s%s", r->status, r->out, r->err);
}

static void ask_fd(struct scan *r, uid_t uid, pid_t pid, int fd, int status)
{
	char word[32];

	snprintf(word, sizeof(word), "%d:%d", pid, fd);
	ask(r, uid, "--fd", word, status);
}

/* The line about this descriptor of this process, or NULL. */
static json_t *line_of(const struct scan *r, pid_t pid, int fd)
{
	size_t i;
	json_t *line;

	json_array_foreach(json_object_get(r->report, "holders"), i, line)
	{
		if (json_integer_value(json_object_get(line, "pid")) == pid &&
		    json_integer_value(json_object_get(line, "fd")) == fd)
			return line;
	}
	return NULL;
}

static void line_check(const struct scan *r, pid_t pid, int fd, const char *mode,
		       const char *end)
{
	json_t *line = line_of(r, pid, fd);

	ck_assert_msg(line != NULL, "%d:%d is not named: %s", pid, fd, r->out);
	ck_assert_str_eq(words_of(line, "mode"), mode);
	ck_assert_str_eq(words_of(line, "end"), end);
}

START_TEST(both_ends_of_a_pipe)
{
	struct situation s;
	struct scan r;
	pid_t target, orphan;

	situation_start(&s, "pipe-no-eof");
	target = situation_made(&s, "target", 0)->pid;
	orphan = situation_made(&s, "orphan", 0)->pid;
	ask_fd(&r, 0, target, READ_FD, HELD);
	ck_assert_str_eq(words_of(r.report, "verdict"), "held");
	line_check(&r, target, READ_FD, "read", "this");
	line_check(&r, orphan, WRITE_FD, "write", "other");
	ck_assert(json_is_true(json_object_get(line_of(&r, target, READ_FD), "asked")));
	ck_assert_uint_eq(json_array_size(json_object_get(r.report, "holders")), 2);
	scan_free(&r);
	ask_fd(&r, 0, orphan, WRITE_FD, HELD);
	line_check(&r, target, READ_FD, "read", "other");
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(a_pipe_by_its_number)
{
	struct situation s;
	struct scan r;
	char path[64], link[64];
	ssize_t n;

	situation_start(&s, "pipe-no-eof");
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", situation_made(&s, "target", 0)->pid,
		 READ_FD);
	n = readlink(path, link, sizeof(link) - 1);
	ck_assert_int_gt(n, 0);
	link[n] = '\0';
	ask(&r, 0, "--pipe", link, HELD);
	line_check(&r, situation_made(&s, "orphan", 0)->pid, WRITE_FD, "write", "");
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(the_peer_of_a_unix_socket)
{
	struct situation s;
	struct scan r;

	situation_start(&s, "pipe-no-eof-socketpair");
	ask_fd(&r, 0, situation_made(&s, "target", 0)->pid, READ_FD, HELD);
	line_check(&r, situation_made(&s, "orphan", 0)->pid, WRITE_FD, "connected", "other");
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(nobody_writes_any_more)
{
	struct situation s;
	struct scan r;

	situation_start(&s, "pipe-peerless");
	ask_fd(&r, 0, situation_made(&s, "target", 0)->pid, s.fds[0], NOBODY_HOLDS);
	ck_assert_str_eq(words_of(r.report, "verdict"), "nobody");
	ck_assert(json_is_integer(json_object_get(json_object_get(r.report, "coverage"),
						  "uninspected")));
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(who_listens)
{
	struct situation s;
	struct scan r;
	char port[16];
	json_t *line;
	pid_t child;

	situation_start(&s, "inherited-listen");
	child = situation_made(&s, "child", 0)->pid;
	snprintf(port, sizeof(port), "%llu", s.port);
	ask(&r, 0, "--port", port, HELD);
	line_check(&r, situation_made(&s, "target", 0)->pid, s.fds[0], "listening", "");
	line_check(&r, child, s.fds[0], "listening", "");
	scan_free(&r);
	ask_fd(&r, 0, situation_made(&s, "target", 0)->pid, s.fds[0], HELD);
	line = line_of(&r, child, s.fds[0]);
	ck_assert(json_is_true(json_object_get(line, "same_description")));
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(the_peer_has_closed)
{
	struct situation s;
	struct scan r;
	pid_t target;

	situation_start(&s, "close-wait");
	target = situation_made(&s, "target", 0)->pid;
	ask_fd(&r, 0, target, s.fds[0], NOBODY_HOLDS);
	line_check(&r, target, s.fds[0], "close-wait", "this");
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(deleted_files_by_their_name)
{
	struct situation s;
	struct scan r;
	char path[64], link[256];
	json_t *line;
	pid_t target;
	ssize_t n;

	situation_start(&s, "fd-deleted-logs");
	target = situation_made(&s, "target", 0)->pid;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", target, s.fds[0]);
	n = readlink(path, link, sizeof(link) - 1);
	ck_assert_int_gt(n, 0);
	link[n] = '\0';
	ck_assert_ptr_nonnull(strstr(link, " (deleted)"));
	*strstr(link, " (deleted)") = '\0';
	ask(&r, 0, "--path", link, HELD);
	line = line_of(&r, target, s.fds[0]);
	ck_assert_msg(line && json_is_true(json_object_get(line, "deleted")), "%s", r.out);
	ck_assert_uint_eq(json_array_size(json_object_get(r.report, "holders")), 1);
	scan_free(&r);
	ask(&r, 0, "--path", "/nonexistent/file", NOBODY_HOLDS);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(questions_that_are_none)
{
	static const char *const bad[][2] = {
		{ "--fd", "4711" },  { "--fd", "1:x" },	  { "--fd", ":1" },
		{ "--port", "0" },   { "--port", "65536" }, { "--pipe", "pipe:[x]" },
		{ "--pipe", "0" },   { "--nothing", "1" },
	};
	struct scan r;

	ask(&r, 0, bad[_i][0], bad[_i][1], 2);
	ck_assert_str_eq(r.out, "");
	ck_assert_str_ne(r.err, "");
	scan_free(&r);
}
END_TEST

START_TEST(a_descriptor_that_is_none)
{
	struct scan r;

	ask_fd(&r, 0, getpid(), 999, 3);
	ck_assert_str_ne(r.err, "");
	scan_free(&r);
}
END_TEST

/* The kernel tells everybody that the port is in use, and nobody by whom. */
START_TEST(nobody_is_told_no_lie)
{
	struct situation s;
	struct scan r;
	char port[16];
	json_t *coverage;

	situation_start(&s, "inherited-listen");
	snprintf(port, sizeof(port), "%llu", s.port);
	ask(&r, NOBODY, "--port", port, BLIND);
	coverage = json_object_get(r.report, "coverage");
	ck_assert_int_gt(json_integer_value(json_object_get(coverage, "uninspected")), 0);
	ck_assert_int_gt(json_integer_value(json_object_get(coverage, "sockets_unheld")), 0);
	scan_free(&r);
	ask(&r, NOBODY, "--path", "/nonexistent/file", BLIND);
	scan_free(&r);
	ask_fd(&r, NOBODY, situation_made(&s, "target", 0)->pid, s.fds[0], BLIND);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

static int suite_run(void)
{
	Suite *suite = suite_create("live_holders");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, TEST_LIMIT_S);
	tcase_add_test(tests, both_ends_of_a_pipe);
	tcase_add_test(tests, a_pipe_by_its_number);
	tcase_add_test(tests, the_peer_of_a_unix_socket);
	tcase_add_test(tests, who_listens);
	tcase_add_test(tests, the_peer_has_closed);
	tcase_add_loop_test(tests, questions_that_are_none, 0, 8);
	tcase_add_test(tests, a_descriptor_that_is_none);
	if (geteuid() == 0) {
		tcase_add_test(tests, nobody_writes_any_more);
		tcase_add_test(tests, deleted_files_by_their_name);
	} else {
		harness_skip("nobody_writes_any_more", "only root sees everybody's");
		harness_skip("deleted_files_by_their_name", "only root sees everybody's");
	}
	if (nobody_possible("nobody_is_told_no_lie"))
		tcase_add_test(tests, nobody_is_told_no_lie);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}

int main(void)
{
	return namespace_run(suite_run);
}
