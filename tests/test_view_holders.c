/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds it: the answer out of a few lines of a record, and what it looks like, byte
 * for byte.  The text is a process's own, so names here are hostile.
 */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "harness.h"
#include "source/record.h"
#include "view/holders.h"
#include "view_scenes.h"

#define FD(pid, fd, mode, target) \
	"fd pid=" #pid " fd=" #fd " mode=" mode " target=" target "\n"

/* 300 has forgotten the write end of the pipe it reads; 400 is the build's child and 500
 * a server that inherited it; 600 could not be asked, 700 ended under our eyes, 800 is a
 * zombie, 900 is ourselves. */
static const char world[] =
	"leakscan record 1\n"
	"machine hz=100 now=1000000000000 pid1=1 self=900 uid=1000 host=host boot=boot\n"
	"process pid=300 start=10 state=S threads=1 comm=make uid=1000 user=build command=make%20-j2\n"
	FD(300, 5, "r", "pipe:[7]") FD(300, 6, "w", "pipe:[7]")
	FD(300, 7, "rw", "socket:[20]") FD(300, 8, "rw", "anon_inode:[eventfd]")
	FD(300, 9, "r", "pipe:[8]")
	"process pid=400 start=20 state=S threads=1 comm=cc1 uid=1000 user=build "
	"command=cc1%20%1b[2J%20x.c\n"
	FD(400, 1, "w", "pipe:[7]") FD(400, 3, "rw", "socket:[21]")
	FD(400, 4, "w", "/tmp/a%20log%20(deleted)") FD(400, 8, "rw", "anon_inode:[eventfd]")
	"process pid=500 start=30 state=S threads=1 comm=server uid=33\n"
	FD(500, 2, "w", "pipe:[7]") FD(500, 3, "rw", "socket:[30]")
	FD(500, 4, "rw", "socket:[31]") FD(500, 8, "rw", "anon_inode:[eventfd]")
	FD(500, 9, "r", "/tmp/a%20log")
	"process pid=600 start=40 state=S threads=1 comm=secret denied=fd\n"
	"process pid=700 start=50 state=S threads=1 comm=sh read=stat\n"
	"process pid=800 start=60 state=Z threads=1 comm=old read=stat\n"
	"process pid=900 start=70 state=R threads=1 comm=leakscan\n"
	FD(900, 1, "w", "pipe:[7]")
	"socket inode=20 family=unix peer=21\n"
	"socket inode=21 family=unix peer=20\n"
	"socket inode=30 family=tcp listening=1 port=8080 state=listen\n"
	"socket inode=31 family=tcp port=8080 state=established remote=127.0.0.1:5555\n"
	"socket inode=32 family=tcp port=5555 state=established remote=127.0.0.1:8080\n"
	"socket inode=33 family=tcp listening=1 port=9090 state=listen\n"
	"same a=300:6 b=400:1\n"
	"same a=300:8 b=400:8\n"
	"end\n";

static const struct {
	const char *name;
	struct who_question q;
	enum who_verdict verdict;
	size_t lines;
	bool golden;
} cases[] = {
	{ "read-end", { .kind = WHO_FD, .pid = 300, .fd = 5 }, WHO_HELD, 4, true },
	{ "write-end", { .kind = WHO_FD, .pid = 300, .fd = 6 }, WHO_HELD, 4, true },
	{ "unix", { .kind = WHO_FD, .pid = 300, .fd = 7 }, WHO_HELD, 2, true },
	/* of all eventfds only the one that kcmp says is the same */
	{ "eventfd", { .kind = WHO_FD, .pid = 300, .fd = 8 }, WHO_HELD, 2, false },
	{ "peerless", { .kind = WHO_FD, .pid = 300, .fd = 9 }, WHO_UNKNOWN, 1, true },
	{ "port", { .kind = WHO_PORT, .port = 8080 }, WHO_HELD, 2, true },
	{ "port-unseen", { .kind = WHO_PORT, .port = 9090 }, WHO_UNKNOWN, 0, true },
	{ "port-free", { .kind = WHO_PORT, .port = 22 }, WHO_NOBODY, 0, true },
	{ "path", { .kind = WHO_PATH, .path = "/tmp/a log" }, WHO_HELD, 2, true },
	/* a longer path, and a shorter one */
	{ "path-part", { .kind = WHO_PATH, .path = "/tmp/a" }, WHO_UNKNOWN, 0, false },
	{ "pipe", { .kind = WHO_PIPE, .inode = 7 }, WHO_HELD, 4, true },
	{ "pipe-none", { .kind = WHO_PIPE, .inode = 77 }, WHO_UNKNOWN, 0, false },
};

static struct snapshot *world_read(void)
{
	struct record_error e = { 0, NULL };
	struct snapshot *s = NULL;
	int err = record_read(world, strlen(world), &s, &e);

	ck_assert_msg(!err, "line %u: %s", e.line, e.why);
	/* as a live scan: we leave ourselves out */
	s->replayed = false;
	return s;
}

static void golden(const struct who_answer *w, const char *name, const char *suffix,
		   int (*view)(const struct who_answer *, const struct view_options *, FILE *))
{
	static const struct view_options o = { .width = 80, .terminal = true,
					       .version = "0.1.0" };
	char file[64], *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(view(w, &o, out), 0);
	fclose(out);
	snprintf(file, sizeof(file), "holders-%s.%s", name, suffix);
	golden_check(file, text, n);
	free(text);
}

START_TEST(answers)
{
	struct snapshot *s = world_read();
	struct who_answer w;

	ck_assert_int_eq(who_holds(s, &cases[_i].q, s->arena, &w), 0);
	ck_assert_int_eq(w.verdict, cases[_i].verdict);
	ck_assert_uint_eq(w.line_n, cases[_i].lines);
	ck_assert_uint_eq(w.unseen, 1);
	ck_assert_uint_eq(w.ended, 1);
	if (cases[_i].golden) {
		golden(&w, cases[_i].name, "txt", holders_text);
		golden(&w, cases[_i].name, "json", holders_json);
	}
	snapshot_free(s);
}
END_TEST

/* With everybody seen, nobody is nobody. */
START_TEST(nobody_when_all_were_seen)
{
	static const struct who_question questions[] = {
		{ .kind = WHO_FD, .pid = 300, .fd = 9 },
		{ .kind = WHO_PIPE, .inode = 77 },
		{ .kind = WHO_PATH, .path = "/nowhere" },
	};
	struct snapshot *s = world_read();
	struct who_answer w;

	snapshot_find(s, 600)->denied = 0;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		ck_assert_int_eq(who_holds(s, &questions[i], s->arena, &w), 0);
		ck_assert_int_eq(w.verdict, WHO_NOBODY);
	}
	/* unless the walk was cut: then whoever was not read counts */
	s->coverage.walk_cut = true;
	ck_assert_int_eq(who_holds(s, &questions[0], s->arena, &w), 0);
	ck_assert_int_eq(w.verdict, WHO_UNKNOWN);
	snapshot_free(s);
}
END_TEST

START_TEST(no_such_descriptor)
{
	static const struct {
		pid_t pid;
		int fd, err;
	} bad[] = { { 301, 0, -ESRCH }, { 300, 77, -EBADF }, { 600, 1, -EACCES },
		    { 800, 1, -EBADF } };
	struct snapshot *s = world_read();
	struct who_answer w = { .line_n = 42 };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct who_question q = { .kind = WHO_FD, .pid = bad[i].pid, .fd = bad[i].fd };

		ck_assert_int_eq(who_holds(s, &q, s->arena, &w), bad[i].err);
	}
	ck_assert_uint_eq(w.line_n, 42);
	snapshot_free(s);
}
END_TEST

/* Only what can be the same open file: same text, same mode. */
START_TEST(pairs_to_compare)
{
	struct who_question q = { .kind = WHO_FD, .pid = 300, .fd = 6 };
	struct snapshot *s = world_read();
	const struct same_file *pairs;
	size_t n;

	pairs = who_pairs(s, &q, s->arena, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(pairs[0].b, 400);
	ck_assert_int_eq(pairs[1].b, 500);
	snapshot_free(s);
}
END_TEST

START_TEST(full_stream)
{
	static const struct view_options o = { .version = "" };
	struct snapshot *s = world_read();
	FILE *full = fopen("/dev/full", "w");
	struct who_answer w;

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(who_holds(s, &cases[0].q, s->arena, &w), 0);
	ck_assert_int_eq(holders_text(&w, &o, full), -EIO);
	ck_assert_int_eq(holders_json(&w, &o, full), -EIO);
	fclose(full);
	snapshot_free(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view/holders");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, answers, 0, ARRAY_SIZE(cases));
	tcase_add_test(tests, nobody_when_all_were_seen);
	tcase_add_test(tests, no_such_descriptor);
	tcase_add_test(tests, pairs_to_compare);
	tcase_add_test(tests, full_stream);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
