/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS302: an end of file that cannot come, because an orphan or a sibling has the write end;
 * and pipes on which one waits for good reason.
 */
#include "harness.h"
#include "pipe_lines.h"

#include "base/text.h"

#define READER TARGET("") PIPE(200, 5, "r", 7)
#define LEFT ORPHAN("") PIPE(400, 1, "w", 7)
#define NOTHING(pid) FD(pid, 0, "r", "/dev/null")
#define SIBLING(rest) P(310, 6050, 200, 200, 200, "comm=sib " rest)
/* 300 reads its input, which 200 has closed, and 200 waits for it. */
#define STDIN TARGET("layout=1:2:3:4:5") NOTHING(200) WAITS(200) CHILD("") \
	PIPE(300, 0, "r", 7) READS(300, 0, 990)
#define HIGHER TARGET("layout=1:2:3:4:5") NOTHING(200) WAITS(200) CHILD("") \
	PIPE(300, 6, "r", 7) READS(300, 6, 990)

static const struct pipe_row rows[] = {
	{ "the step has ended, its server has not",
	  SEEN ABOVE READER READS(200, 5, 990) LEFT
	  ZOMBIE(300, 6000, 200, 200, 200, "comm=step"), SEV_CRITICAL, 200, 400, 5,
	  "waits for the end of pipe:[7] (fd 5), which cannot come: 400 (left) fd 1, an orphan" },
	{ "the target does not read just now",
	  SEEN ABOVE READER SLEEPS(200) LEFT, SEV_WARNING, 200, 400, 5, "would wait" },
	{ "a child of the orphan has it",
	  SEEN ABOVE READER READS(200, 5, 990) ORPHAN("") NOTHING(400)
	  P(410, 6200, 400, 200, 200, "comm=below") PIPE(410, 2, "w", 7), SEV_CRITICAL, 200, 410,
	  5, NULL },
	{ "orphan and child have it: the orphan is named",
	  SEEN ABOVE READER READS(200, 5, 990) LEFT
	  P(390, 6200, 400, 200, 200, "comm=below") PIPE(390, 2, "w", 7), SEV_CRITICAL, 200, 400,
	  5, "(and 1 more)" },
	{ "a socket pair of Node",
	  SEEN ABOVE TARGET("") SOCKET(200, 5, 7) TASK(200, "polling", "", 999)
	  ORPHAN("") SOCKET(400, 1, 8) PEERS(7, 8), SEV_WARNING, 200, 400, 5,
	  "holds the other end" },
	{ "a descendant reads what the target had opened",
	  SEEN ABOVE READER CHILD("") PIPE(300, 4, "r", 7) READS(300, 4, 990) LEFT, SEV_CRITICAL,
	  300, 400, 4, NULL },
	/* a sibling has the input's other end */
	{ "forked while it was open",
	  SEEN ABOVE STDIN SIBLING("layout=1:2:3:4:5") PIPE(310, 6, "w", 7), SEV_CRITICAL, 300,
	  310, 0, "a sibling that inherited it" },
	{ "another number, another program",
	  SEEN ABOVE HIGHER SIBLING("layout=9:9:9:9:9") PIPE(310, 8, "w", 7), SEV_WARNING, 300,
	  310, 6, NULL },
	{ "another number, workers given pipes to one another",
	  SEEN ABOVE HIGHER SIBLING("layout=1:2:3:4:5") PIPE(310, 8, "w", 7), SEV_INFO, 300, 310,
	  6, NULL },
	{ "nobody waits for it",
	  SEEN ABOVE TARGET("") NOTHING(200) SLEEPS(200) CHILD("") PIPE(300, 0, "r", 7)
	  READS(300, 0, 990) SIBLING("") PIPE(310, 6, "w", 7), SEV_INFO, 300, 310, 0, NULL },
	/* meant */
	{ "a daemon that the target listens to",
	  SEEN ABOVE READER READS(200, 5, 990) ORPHAN("") PIPE(400, 1, "w", 7)
	  ENVIRON(400, "LEAKSCAN_KEEP=1"), SEV_INFO, 200, 400, 5, NULL },
	{ "a child that writes", SEEN ABOVE READER READS(200, 5, 990) CHILD("")
	  PIPE(300, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "a child and an orphan write",
	  SEEN ABOVE READER READS(200, 5, 990) CHILD("") PIPE(300, 1, "w", 7) LEFT, -1, 0, 0, 0,
	  NULL },
	{ "the input that its parent holds",
	  SEEN ABOVE TARGET("") PIPE(200, 6, "w", 7) CHILD("") PIPE(300, 0, "r", 7)
	  READS(300, 0, 990), -1, 0, 0, 0, NULL },
	{ "the parent holds it, and so does a sibling",
	  SEEN ABOVE TARGET("") PIPE(200, 6, "w", 7) WAITS(200) CHILD("") PIPE(300, 0, "r", 7)
	  READS(300, 0, 990) SIBLING("") PIPE(310, 6, "w", 7), -1, 0, 0, 0, NULL },
	{ "a pipeline",
	  SEEN ABOVE STDIN SIBLING("") PIPE(310, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "process substitution, tee >(gzip)",
	  SEEN ABOVE STDIN SIBLING("command=tee%20/dev/fd/63") PIPE(310, 63, "w", 7), -1, 0, 0, 0,
	  NULL },
	{ "told by its environment",
	  SEEN ABOVE STDIN SIBLING("") ENVIRON(310, "LOG_FD=6") PIPE(310, 6, "w", 7), -1, 0, 0, 0,
	  NULL },
	{ "orphans of a pipeline among themselves",
	  SEEN ABOVE TARGET("") NOTHING(200) LEFT P(420, 6200, 1, 200, 200, "comm=b")
	  PIPE(420, 0, "r", 7) READS(420, 0, 990), -1, 0, 0, 0, NULL },
	{ "a stranger writes", SEEN ABOVE READER READS(200, 5, 990)
	  P(90, 900, 1, 90, 90, "comm=z") PIPE(90, 1, "w", 7), -1, 0, 0, 0, NULL },
	{ "nobody writes", SEEN ABOVE READER READS(200, 5, 990), -1, 0, 0, 0, NULL },
	{ "it writes to itself",
	  SEEN ABOVE READER READS(200, 5, 990) PIPE(200, 6, "w", 7) LEFT, -1, 0, 0, 0, NULL },
	{ "a client of a server",
	  SEEN ABOVE TARGET("") SOCKET(200, 5, 7) ORPHAN("") SOCKET(400, 5, 8)
	  "socket inode=7 family=unix peer=8 named=1\nsocket inode=8 family=unix peer=7\n", -1, 0,
	  0, 0, NULL },
	/* what could not be seen */
	{ "one who cannot be seen might write",
	  SEEN ABOVE READER READS(200, 5, 990) LEFT
	  P(500, 7000, 1, 500, 500, "comm=secret denied=fd"), SEV_INFO, 200, 400, 5,
	  "1 process could not be inspected" },
};

START_TEST(no_ends_of_file)
{
	pipe_row_check(&rows[_i], KIND_PIPE_NO_EOF);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/pipe_no_eof");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, no_ends_of_file, 0, ARRAY_SIZE(rows));
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
