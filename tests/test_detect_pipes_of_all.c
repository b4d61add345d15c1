/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes of a whole machine, where nobody has named the application: what is told there, and
 * the ordinary life of pipes, of which nothing is.
 */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "pipe_lines.h"

#include "base/text.h"

/* A script, 200, whose step has ended; 400 is left of it and holds the end that 300 reads to
 * its end: `step | tee log`. */
#define SCRIPT P(200, 5000, 100, 200, 100, "comm=sh") FD(200, 0, "r", "/dev/null") WAITS(200)
#define TEE(rest) P(300, 6000, 200, 200, 100, "comm=tee rchar=5 " rest)
#define TEE_READS TEE("") PIPE(300, 0, "r", 7) READS(300, 0, 990)
#define LEFT_AS(pgid, sid, rest) P(400, 6100, 1, pgid, sid, "comm=server " rest)
#define LEFT LEFT_AS(200, 100, "")
#define STEP SEEN ABOVE SCRIPT TEE_READS LEFT

static const struct pipe_row no_eof[] = {
	{ "a server is left of the step before tee", STEP PIPE(400, 1, "w", 7), SEV_WARNING, 300,
	  400, 0, "waits for the end of pipe:[7] (fd 0), which cannot come: 400 (server) fd 1" },
	{ "and a child of it",
	  STEP PIPE(400, 1, "w", 7) P(410, 6200, 400, 200, 100, "comm=below") PIPE(410, 2, "w", 7),
	  SEV_WARNING, 300, 400, 0, "(and 1 more)" },
	{ "the kernel counts one, and that is seen",
	  STEP "fd pid=400 fd=1 mode=w target=pipe:[7] readers=1 writers=1 file=a\n",
	  SEV_WARNING, 300, 400, 0, NULL },
	/* a live pipeline, and what else just waits */
	{ "tail -f | grep",
	  SEEN ABOVE SCRIPT TEE_READS P(310, 6000, 200, 200, 100, "comm=tail") PIPE(310, 1, "w", 7),
	  -1, 0, 0, 0, NULL },
	{ "one writer is alive and no orphan",
	  STEP PIPE(400, 1, "w", 7) P(310, 6000, 200, 200, 100, "comm=step") PIPE(310, 1, "w", 7),
	  -1, 0, 0, 0, NULL },
	{ "nobody holds the write end: it is about to end", STEP, -1, 0, 0, 0, NULL },
	{ "it does not wait just now",
	  SEEN ABOVE SCRIPT TEE("") PIPE(300, 0, "r", 7)
	  SLEEPS(300) LEFT PIPE(400, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "it polls, as servers do",
	  SEEN ABOVE SCRIPT TEE("") PIPE(300, 0, "r", 7) TASK(300, "polling", "", 990)
	  LEFT PIPE(400, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "it got something between the looks",
	  SEEN ABOVE SCRIPT TEE("before=S:200:0:1:-1:-1:999500000000") PIPE(300, 0, "r", 7)
	  READS(300, 0, 990) LEFT PIPE(400, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "it waits since a moment",
	  SEEN ABOVE SCRIPT TEE("") PIPE(300, 0, "r", 7)
	  "task pid=300 state=S doing=reading fd=0 pipe=1 since=999500000000\n"
	  LEFT PIPE(400, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "a daemon with a session of its own, and its logger",
	  SEEN ABOVE SCRIPT TEE_READS LEFT_AS(390, 390, "") PIPE(400, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "a job of a shell with job control",
	  SEEN ABOVE SCRIPT TEE_READS LEFT_AS(400, 100, "") PIPE(400, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "daemon and logger, both left by the script that started them",
	  SEEN ABOVE P(300, 6000, 1, 200, 100, "comm=tee rchar=5") PIPE(300, 0, "r", 7)
	  READS(300, 0, 990) LEFT PIPE(400, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "the logger is the daemon's child",
	  SEEN ABOVE LEFT PIPE(400, 1, "w", 7) P(300, 6200, 400, 200, 100, "comm=rotatelogs rchar=5")
	  PIPE(300, 0, "r", 7) READS(300, 0, 990), -1, 0, 0, 0, NULL },
	{ "a monitor that adopts what it listens to",
	  SEEN ABOVE P(300, 5000, 100, 200, 150, "comm=conmon rchar=5") PIPE(300, 5, "r", 7)
	  READS(300, 5, 990) P(400, 6100, 300, 200, 100, "comm=c1") PIPE(400, 1, "w", 7)
	  P(401, 6101, 300, 200, 100, "comm=c2") FD(401, 0, "r", "/dev/null"), -1, 0, 0, 0, NULL },
	{ "it was asked to stay",
	  STEP PIPE(400, 1, "w", 7) ENVIRON(400, "LEAKSCAN_KEEP=1"), -1, 0, 0, 0, NULL },
	{ "it is a moment old",
	  SEEN ABOVE SCRIPT TEE_READS P(400, 99950, 1, 200, 100, "comm=server") PIPE(400, 1, "w", 7),
	  -1, 0, 0, 0, NULL },
	/* somebody unseen may be the one who writes */
	{ "one could not be inspected",
	  STEP PIPE(400, 1, "w", 7) P(500, 7000, 1, 500, 500, "comm=secret denied=fd"), -1, 0, 0, 0,
	  NULL },
	{ "the kernel counts another write end, which it tells at another descriptor",
	  STEP PIPE(400, 1, "w", 7) "fd pid=300 fd=3 mode=r target=pipe:[7] readers=1 writers=2 file=b\n",
	  -1, 0, 0, 0, NULL },
	{ "the kernel counts another write end of what it waits for",
	  SEEN ABOVE SCRIPT TEE("") "fd pid=300 fd=0 mode=r target=pipe:[7] readers=1 writers=2 file=b\n"
	  READS(300, 0, 990) LEFT PIPE(400, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "from inside a pid namespace",
	  MACHINE("machine_fds=1 initial_pid_ns=0") ABOVE SCRIPT TEE_READS LEFT PIPE(400, 1, "w", 7),
	  -1, 0, 0, 0, NULL },
	{ "not all tables are known",
	  MACHINE("initial_pid_ns=1") ABOVE SCRIPT TEE_READS LEFT PIPE(400, 1, "w", 7), -1, 0, 0, 0,
	  NULL },
	/* whether a number was agreed upon is written nowhere */
	{ "a sibling has the end under another number",
	  SEEN ABOVE SCRIPT TEE_READS P(310, 6050, 200, 200, 100, "comm=sib") PIPE(310, 6, "w", 7), -1,
	  0, 0, 0, NULL },
};

#define READER TARGET("rchar=10") PIPE(200, 5, "r", 7)
#define WRITER(written) CHILD(written) PIPE(300, 1, "w", 7)

static const struct pipe_row stuck[] = {
	{ "its parent waits for its end and does not read",
	  SEEN ABOVE READER WAITS(200) WRITER("wchar=9000000") WRITES(300, 1, 990), SEV_CRITICAL,
	  300, 200, 1, "it waits for the writer to end" },
	{ "it holds its own read end",
	  SEEN ABOVE TARGET("wchar=9000000") PIPE(200, 5, "r", 7) PIPE(200, 6, "w", 7)
	  WRITES(200, 6, 990), SEV_CRITICAL, 200, 0, 6, "nobody but itself" },
	{ "each waits for the other",
	  SEEN ABOVE READER PIPE(200, 3, "r", 8) READS(200, 3, 980) WRITER("wchar=9000000")
	  PIPE(300, 2, "w", 8) WRITES(300, 1, 990), SEV_CRITICAL, 300, 200, 1, "reads another pipe" },
	/* full pipes of every day */
	{ "the reader sleeps: yes | sleep 1h",
	  SEEN ABOVE READER SLEEPS(200) WRITER("wchar=65536") WRITES(300, 1, 990), -1, 0, 0, 0, NULL },
	{ "somebody reads a terminal: find | less",
	  SEEN ABOVE READER READS(200, 9, 990) FD(200, 9, "rw", "/dev/tty") WRITER("wchar=65536")
	  WRITES(300, 1, 990), -1, 0, 0, 0, NULL },
	{ "a slow reader", SEEN ABOVE READER TASK(200, "running", "", 999) WRITER("wchar=9000000")
	  WRITES(300, 1, 990), -1, 0, 0, 0, NULL },
	{ "it waits for another child: make -j",
	  SEEN ABOVE READER WAITS(200) WRITER("wchar=9000000") WRITES(300, 1, 990)
	  P(310, 6050, 200, 200, 200, "comm=other"), -1, 0, 0, 0, NULL },
	{ "blocked for a moment",
	  SEEN ABOVE READER WAITS(200) WRITER("wchar=9000000")
	  "task pid=300 state=S doing=writing fd=1 pipe=1 since=999500000000\n", -1, 0, 0, 0, NULL },
	{ "the kernel counts another reader",
	  SEEN ABOVE READER WAITS(200) CHILD("wchar=9000000")
	  "fd pid=300 fd=1 mode=w target=pipe:[7] readers=2 writers=1 file=c\n" WRITES(300, 1, 990),
	  -1, 0, 0, 0, NULL },
	{ "one could not be inspected",
	  SEEN ABOVE READER WAITS(200) WRITER("wchar=9000000") WRITES(300, 1, 990)
	  P(500, 7000, 1, 500, 500, "comm=secret denied=fd"), -1, 0, 0, 0, NULL },
	{ "from inside a pid namespace",
	  MACHINE("machine_fds=1") ABOVE READER WAITS(200) WRITER("wchar=9000000")
	  WRITES(300, 1, 990), -1, 0, 0, 0, NULL },
};

#define ENDS(more) TARGET(more) FD(200, 0, "r", "/dev/null") PIPE(200, 5, "r", 7) \
	PIPE(200, 6, "r", 8) PIPE(200, 7, "w", 9)
#define COUNTED(fd, mode, inode, readers, writers) \
	"fd pid=200 fd=" #fd " mode=" mode " target=pipe:[" #inode "] readers=" #readers \
	" writers=" #writers "\n"
#define FOUR_COUNTED COUNTED(5, "r", 7, 1, 0) COUNTED(6, "r", 8, 1, 0) COUNTED(7, "w", 9, 0, 1) \
	COUNTED(8, "w", 10, 0, 1)
#define HIDDEN P(500, 7000, 1, 500, 500, "comm=secret denied=fd")

static const struct pipe_row peerless[] = {
	{ "four of them", SEEN ABOVE ENDS("fds=5") PIPE(200, 8, "r", 10), SEV_WARNING, 200, 0, -1,
	  "holds 4 ends of pipes" },
	{ "the kernel's own count is enough, whoever could not be inspected",
	  SEEN ABOVE TARGET("fds=5") FOUR_COUNTED HIDDEN, SEV_WARNING, 200, 0, -1,
	  "whose other ends nobody holds any more" },
	{ "and even inside a pid namespace",
	  MACHINE("machine_fds=1") ABOVE TARGET("fds=5") FOUR_COUNTED, SEV_WARNING, 200, 0, -1, NULL },
	{ "without it there is doubt",
	  SEEN ABOVE ENDS("fds=5") PIPE(200, 8, "r", 10) HIDDEN, SEV_INFO, 200, 0, -1,
	  "could not be inspected" },
	{ "the other end is on its way through a socket",
	  SEEN ABOVE TARGET("fds=5") COUNTED(5, "r", 7, 1, 1), -1, 0, 0, 0, NULL },
	{ "who held it ended between the looks, and may have children",
	  SEEN ABOVE TARGET("fds=5") PIPE(200, 5, "r", 7) P(300, 6000, 200, 200, 200, "comm=c gone=1")
	  PIPE(300, 1, "w", 7), -1, 0, 0, 0, NULL },
};

START_TEST(ends_of_file)
{
	pipe_row_check_all(&no_eof[_i], KIND_PIPE_NO_EOF);
}
END_TEST

/* All that are counted are seen, but the count stops there: an unseen one may be the one who
 * is meant to write. */
START_TEST(uncounted)
{
	char text[FD_ENDS_MOST * 96 + 4096] = STEP;
	size_t n = strlen(text);
	const struct pipe_row row = { "more write ends than are counted", text, -1, 0, 0, 0, NULL };

	for (int i = 1; i <= FD_ENDS_MOST; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "fd pid=400 fd=%d mode=w target=pipe:[7] readers=1 writers=%d file=%x\n",
				      i, FD_ENDS_MOST, 0x100 + i);
	pipe_row_check_all(&row, KIND_PIPE_NO_EOF);
}
END_TEST

START_TEST(writers)
{
	pipe_row_check_all(&stuck[_i], KIND_PIPE_STUCK_WRITER);
}
END_TEST

START_TEST(ends_alone)
{
	pipe_row_check_all(&peerless[_i], KIND_PIPE_PEERLESS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/pipes_of_all");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, ends_of_file, 0, ARRAY_SIZE(no_eof));
	tcase_add_test(tests, uncounted);
	tcase_add_loop_test(tests, writers, 0, ARRAY_SIZE(stuck));
	tcase_add_loop_test(tests, ends_alone, 0, ARRAY_SIZE(peerless));
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
