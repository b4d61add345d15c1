/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LS303: ends that are of no use any more, and what must be seen to say so. */
#include "harness.h"
#include "pipe_lines.h"

#include "base/text.h"

#define APP_ENDS(more) TARGET(more) FD(200, 0, "r", "/dev/null") PIPE(200, 5, "r", 7) \
	PIPE(200, 6, "r", 8) PIPE(200, 7, "w", 9) PIPE(200, 8, "r", 10)
#define HERE(more) MACHINE(more) ABOVE APP_ENDS("fds=5")

static const struct pipe_row rows[] = {
	{ "four of them", SEEN ABOVE APP_ENDS("fds=5"), SEV_WARNING, 200, 0, -1,
	  "holds 4 ends of pipes (3 to read, 1 to write) whose other ends nobody holds any more" },
	{ "one may be about to be closed", SEEN ABOVE TARGET("") PIPE(200, 5, "r", 7), SEV_INFO,
	  200, 0, 5, "holds the read end of pipe:[7] (fd 5)" },
	{ "fewer descriptors than a moment ago",
	  SEEN ABOVE APP_ENDS("fds=3 before=S:100:0:-1:-1:5:999500000000"), SEV_INFO, 200, 0, -1,
	  NULL },
	{ "of a child, too",
	  SEEN ABOVE TARGET("") FD(200, 0, "r", "/dev/null") CHILD("") PIPE(300, 9, "w", 7),
	  SEV_INFO, 300, 0, 9, "the write end" },
	/* not all was seen */
	{ "one process could not be inspected",
	  SEEN ABOVE APP_ENDS("fds=5") P(500, 7000, 1, 500, 500, "comm=secret denied=fd"), SEV_INFO,
	  200, 0, -1, "(as far as visible: 1 process could not be inspected)" },
	{ "an older stranger could not have inherited it",
	  SEEN ABOVE APP_ENDS("fds=5") P(90, 900, 1, 90, 90, "comm=secret denied=fd"), SEV_WARNING,
	  200, 0, -1, NULL },
	{ "its parent's parent could not be inspected, but its parent holds nothing",
	  SEEN P(1, 100, 0, 0, 0, "comm=init denied=fd") P(100, 1000, 1, 100, 100, "comm=sh fds=0")
	  APP_ENDS("fds=5"), SEV_WARNING, 200, 0, -1, NULL },
	{ "neither its parent nor the one above could be inspected",
	  SEEN INIT FD(1, 0, "rw", "/dev/null") P(90, 900, 1, 90, 90, "comm=secret denied=fd")
	  P(100, 1000, 90, 100, 100, "comm=sh denied=fd") P(200, 5000, 100, 200, 200, "comm=app fds=5")
	  PIPE(200, 5, "r", 7), SEV_INFO, 200, 0, 5, "(as far as visible: 2 process" },
	{ "one ended before it was asked",
	  SEEN ABOVE APP_ENDS("fds=5") P(500, 7000, 1, 500, 500, "comm=brief"), SEV_WARNING, 200,
	  0, -1, NULL },
	{ "processes of others are hidden",
	  HERE("machine_fds=1 initial_pid_ns=1 hidepid=1"), SEV_INFO, 200, 0, -1,
	  "(as far as visible: processes of others are hidden" },
	{ "from inside a pid namespace", HERE("machine_fds=1 initial_pid_ns=0"), SEV_INFO, 200, 0,
	  -1, "inside this pid namespace" },
	{ "not everybody was looked at", HERE("machine_fds=0 initial_pid_ns=1"), -1, 0, 0, 0, NULL },
	/* not peerless */
	{ "a stranger holds the other end",
	  SEEN ABOVE TARGET("") PIPE(200, 5, "r", 7) P(90, 900, 1, 90, 90, "comm=z")
	  PIPE(90, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "it holds both itself", SEEN ABOVE TARGET("") PIPE(200, 5, "r", 7) PIPE(200, 6, "w", 7),
	  -1, 0, 0, 0, NULL },
	{ "open both ways", SEEN ABOVE TARGET("") PIPE(200, 5, "rw", 7), -1, 0, 0, 0, NULL },
	{ "standard streams", SEEN ABOVE TARGET("") PIPE(200, 0, "r", 7) PIPE(200, 1, "w", 8)
	  PIPE(200, 2, "w", 9), -1, 0, 0, 0, NULL },
	{ "sockets, whose peer may not have been accepted yet",
	  SEEN ABOVE TARGET("") SOCKET(200, 5, 7) "socket inode=7 family=unix\n", -1, 0, 0, 0,
	  NULL },
	{ "only another end of the same kind",
	  SEEN ABOVE TARGET("") PIPE(200, 5, "r", 7) P(90, 900, 1, 90, 90, "comm=z")
	  PIPE(90, 4, "r", 7), SEV_INFO, 200, 0, 5, NULL },
};

START_TEST(peerless_ends)
{
	pipe_row_check(&rows[_i], KIND_PIPE_PEERLESS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/pipe_peerless");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, peerless_ends, 0, ARRAY_SIZE(rows));
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
