/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS301: who is stuck for certain, who for long, and who only writes to a slow reader.
 */
#include "harness.h"
#include "pipe_lines.h"

#include "base/text.h"

#define FULL "wchar=65536 "
#define BUSY "wchar=9000000 "
#define READER TARGET("rchar=10") PIPE(200, 5, "r", 7)
#define WRITER(written) CHILD(written) PIPE(300, 1, "w", 7)
#define BROTHER P(310, 6050, 200, 200, 200, "comm=other") FD(310, 0, "r", "/dev/null")
#define HOUSE WAITS(200) \
	"task pid=200 tid=201 state=S doing=locking since=900000000000\n" \
	"task pid=200 tid=202 state=S doing=locking since=999000000000\n"
#define JAVA READER HOUSE
/* It ran for so many ticks, and read and wrote so many bytes, in the last half second. */
#define MOVING_JAVA(ticks, rchar, wchar) \
	TARGET("cpu=1" #ticks " rchar=1" #rchar " wchar=1" #wchar \
	       " before=S:100:100:1000:1000:-1:999500000000") PIPE(200, 5, "r", 7) HOUSE
#define WRITES_QUEUED(queued) CHILD("wchar=65256") \
	"fd pid=300 fd=1 mode=w target=pipe:[7] queue=" #queued ":65536\n" WRITES(300, 1, 990)

static const struct pipe_row rows[] = {
	/* proven */
	{ "the parent waits for it",
	  SEEN ABOVE READER WAITS(200) WRITER(BUSY) WRITES(300, 1, 990), SEV_CRITICAL, 300, 200,
	  1, "200 (app) fd 5 holds the read end and does not read: it waits for the writer" },
	{ "so it does for its grandchild",
	  SEEN ABOVE READER WAITS(200) CHILD("") FD(300, 0, "r", "/dev/null") WAITS(300)
	  P(320, 6200, 300, 200, 200, "comm=grand") PIPE(320, 2, "w", 7) WRITES(320, 2, 990),
	  SEV_CRITICAL, 320, 200, 2, "blocked for 10 s" },
	{ "it holds its own read end",
	  SEEN ABOVE TARGET(BUSY) PIPE(200, 5, "r", 7) PIPE(200, 6, "w", 7) WRITES(200, 6, 990),
	  SEV_CRITICAL, 200, 0, 6, "nobody but itself holds the read end (fd 5)" },
	{ "java waits, and nothing was ever read",
	  SEEN ABOVE JAVA WRITER(FULL) WRITES(300, 1, 990), SEV_CRITICAL, 300, 200, 1, NULL },
	{ "java keeps house, a tick long",
	  SEEN ABOVE MOVING_JAVA(01, 000, 000) WRITER(FULL) WRITES(300, 1, 990), SEV_CRITICAL,
	  300, 200, 1, "it waits for the writer to end" },
	{ "java reads and writes something else: the pipe still holds all",
	  SEEN ABOVE MOVING_JAVA(05, 900, 300) WRITES_QUEUED(65256), SEV_CRITICAL, 300, 200, 1,
	  NULL },
	{ "it reads the other pipe of the writer",
	  SEEN ABOVE READER PIPE(200, 3, "r", 8) READS(200, 3, 980) WRITER(BUSY)
	  PIPE(300, 2, "w", 8) WRITES(300, 1, 990), SEV_CRITICAL, 300, 200, 1,
	  "it reads another pipe, which only the writer could fill" },
	{ "the zombie beside it is not waited for",
	  SEEN ABOVE READER WAITS(200) WRITER(BUSY) WRITES(300, 1, 990)
	  ZOMBIE(310, 6050, 200, 200, 200, "comm=dead"), SEV_CRITICAL, 300, 200, 1, NULL },
	/* nothing was ever read, for long */
	{ "the reader sleeps from the start",
	  SEEN ABOVE READER SLEEPS(200) WRITER(FULL) WRITES(300, 1, 990), SEV_WARNING, 300, 200,
	  1, "blocked for 10 s writing" },
	{ "the same, not yet for long",
	  SEEN ABOVE READER SLEEPS(200) WRITER(FULL) WRITES(300, 1, 998), SEV_INFO, 300, 200, 1,
	  "blocked for 2 s so far" },
	/* a slow reader is no leak */
	{ "it has read before",
	  SEEN ABOVE READER SLEEPS(200) WRITER(BUSY) WRITES(300, 1, 990), SEV_INFO, 300, 200, 1,
	  NULL },
	{ "one big write, read in pieces",
	  SEEN ABOVE READER SLEEPS(200) WRITER("wchar=0") WRITES(300, 1, 990), SEV_INFO, 300,
	  200, 1, NULL },
	{ "java reads slowly",
	  SEEN ABOVE JAVA WRITER(BUSY) WRITES(300, 1, 990), SEV_INFO, 300, 200, 1, NULL },
	{ "the shell waits for another child",
	  SEEN ABOVE READER WAITS(200) WRITER(BUSY) WRITES(300, 1, 990) BROTHER, SEV_INFO, 300,
	  200, 1, NULL },
	{ "it reads a pipe that somebody else may fill",
	  SEEN ABOVE READER PIPE(200, 3, "r", 8) READS(200, 3, 980) WRITER(BUSY)
	  PIPE(300, 2, "w", 8) WRITES(300, 1, 990) BROTHER PIPE(310, 1, "w", 8), SEV_INFO, 300,
	  200, 1, NULL },
	{ "a shell does something with each line",
	  SEEN ABOVE TARGET("rchar=10 exe=/bin/bash") PIPE(200, 5, "r", 7) WAITS(200) WRITER(FULL)
	  WRITES(300, 1, 990) BROTHER, SEV_INFO, 300, 200, 1, NULL },
	{ "a brother waits before it reads",
	  SEEN ABOVE TARGET("rchar=10") FD(200, 0, "r", "/dev/null") WRITER(FULL)
	  WRITES(300, 1, 990) BROTHER PIPE(310, 3, "r", 7) WAITS(310), SEV_INFO, 300, 310, 1,
	  NULL },
	{ "a pager waits for a key",
	  SEEN ABOVE READER FD(200, 3, "r", "/dev/tty")
	  TASK(200, "reading", "fd=3", 900) WRITER(FULL) WRITES(300, 1, 990), SEV_INFO, 300, 200,
	  1, NULL },
	{ "an event loop holds it back",
	  SEEN ABOVE READER TASK(200, "polling", "", 900) WRITER(FULL) WRITES(300, 1, 990),
	  SEV_INFO, 300, 200, 1, NULL },
	{ "the reader has moved between the looks",
	  SEEN ABOVE TARGET("rchar=10 cpu=5 before=S:100:4:10:-1:-1:999500000000")
	  PIPE(200, 5, "r", 7) WAITS(200) WRITER(FULL) WRITES(300, 1, 990), SEV_INFO, 300, 200, 1,
	  NULL },
	{ "java works, and may read then",
	  SEEN ABOVE MOVING_JAVA(06, 000, 000) WRITES_QUEUED(65256), SEV_INFO, 300, 200, 1,
	  NULL },
	{ "java reads a little at a time",
	  SEEN ABOVE MOVING_JAVA(01, 025, 000) WRITES_QUEUED(65231), SEV_INFO, 300, 200, 1,
	  NULL },
	{ "java reads, and what the pipe holds is not known",
	  SEEN ABOVE MOVING_JAVA(01, 025, 000) WRITER(FULL) WRITES(300, 1, 990), SEV_INFO, 300,
	  200, 1, NULL },
	{ "java keeps house, not yet for long",
	  SEEN ABOVE MOVING_JAVA(01, 000, 000) WRITER(FULL) WRITES(300, 1, 996), SEV_INFO, 300,
	  200, 1, "blocked for 4 s so far" },
	{ "a thread of java runs",
	  SEEN ABOVE MOVING_JAVA(01, 000, 000)
	  "task pid=200 tid=203 state=R doing=running\n" WRITES_QUEUED(65256), SEV_INFO, 300,
	  200, 1, NULL },
	{ "what its threads do is not known",
	  SEEN ABOVE READER WRITER(FULL) WRITES(300, 1, 990), SEV_INFO, 300, 200, 1, NULL },
	{ "the reader is stopped",
	  SEEN ABOVE "process pid=200 start=5000 ppid=100 pgid=200 sid=200 state=T threads=1 "
	  "comm=app\n" PIPE(200, 5, "r", 7) WAITS(200) WRITER(FULL) WRITES(300, 1, 990),
	  SEV_INFO, 300, 200, 1, "it is stopped" },
	{ "one of two readers may read",
	  SEEN ABOVE READER WAITS(200) WRITER(BUSY) WRITES(300, 1, 990) BROTHER
	  PIPE(310, 4, "r", 7) SLEEPS(310), SEV_INFO, 300, 200, 1, "with 1 other" },
	/* nothing at all */
	{ "somebody reads right now",
	  SEEN ABOVE READER READS(200, 5, 999) WRITER(BUSY) WRITES(300, 1, 990), -1, 0, 0, 0,
	  NULL },
	{ "only for a moment",
	  SEEN ABOVE READER SLEEPS(200) WRITER(BUSY)
	  "task pid=300 state=S doing=writing fd=1 pipe=1 since=999500000000\n", -1, 0, 0, 0,
	  NULL },
	{ "the writer has moved between the looks",
	  SEEN ABOVE READER WAITS(200)
	  CHILD("wchar=2000000 before=S:200:0:-1:1000000:-1:999500000000")
	  PIPE(300, 1, "w", 7) WRITES(300, 1, 990), -1, 0, 0, 0, NULL },
	{ "it writes to a file",
	  SEEN ABOVE READER WAITS(200) CHILD(FULL) FD(300, 1, "w", "/tmp/x")
	  TASK(300, "writing", "fd=1", 990), -1, 0, 0, 0, NULL },
	{ "it writes to another pipe than it is blocked in",
	  SEEN ABOVE READER WAITS(200) WRITER(FULL) TASK(300, "writing", "fd=1", 990), -1, 0, 0,
	  0, NULL },
	/* what could not be seen */
	{ "one who cannot be seen might read",
	  SEEN ABOVE READER WAITS(200) WRITER(BUSY) WRITES(300, 1, 990)
	  P(500, 7000, 1, 500, 500, "comm=secret denied=fd"), SEV_INFO, 300, 200, 1,
	  "(as far as visible: 1 process could not be inspected)" },
	{ "nobody seen holds the read end",
	  SEEN ABOVE TARGET("") FD(200, 0, "r", "/dev/null") WRITER(FULL) WRITES(300, 1, 990)
	  P(500, 7000, 1, 500, 500, "comm=secret denied=fd"), SEV_INFO, 300, 0, 1,
	  "somebody who cannot be seen holds the read end" },
	/* a pair of sockets, as Node makes them */
	{ "a socket pair, and the parent waits",
	  SEEN ABOVE TARGET("") SOCKET(200, 5, 7) WAITS(200) CHILD("") SOCKET(300, 1, 8)
	  TASK(300, "writing", "fd=1", 990) PEERS(7, 8), SEV_CRITICAL, 300, 200, 1, NULL },
	{ "a connection to a server is none",
	  SEEN ABOVE TARGET("") SOCKET(200, 5, 7) WAITS(200) CHILD("") SOCKET(300, 1, 8)
	  TASK(300, "writing", "fd=1", 990) "socket inode=7 family=unix peer=8 named=1\n"
	  "socket inode=8 family=unix peer=7\n", -1, 0, 0, 0, NULL },
};

START_TEST(stuck_writers)
{
	pipe_row_check(&rows[_i], KIND_PIPE_STUCK_WRITER);
}
END_TEST

/* A monitor that waits a minute before it calls something a leak waits here, too. */
START_TEST(younger_than_the_minimum_age)
{
	struct policy policy = policy_default();
	struct scene_fixture *f;

	policy.min_age_ns = UINT64_C(60000000000);
	f = scene_of(rows[0].lines, TARGET_PID, 200, NULL, &policy);
	scene_has_severity(f, KIND_PIPE_STUCK_WRITER, 300, SEV_INFO);
	scene_free(f);
}
END_TEST

START_TEST(the_map)
{
	struct scene_fixture *f = scene_from(
		SEEN ABOVE READER WAITS(200) CHILD(BUSY)
		"fd pid=300 fd=1 mode=w target=pipe:[7] queue=65536:65536\n" WRITES(300, 1, 990),
		200);
	const struct finding *found = scene_finding(f, KIND_PIPE_STUCK_WRITER, 300);

	ck_assert_ptr_nonnull(found);
	ck_assert_str_eq(found->pipe->name, "pipe:[7]");
	ck_assert(found->pipe->writer_n == 1 && found->pipe->writers[0].fd == 1 &&
		  found->pipe->writers[0].process->id.pid == 300);
	ck_assert(found->pipe->reader_n == 1 && found->pipe->readers[0].fd == 5);
	ck_assert(found->pipe->has_queue && found->pipe->queued_bytes == 65536 &&
		  !found->pipe->both_ways && !found->pipe->unseen);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/pipe_stuck_writer");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, stuck_writers, 0, ARRAY_SIZE(rows));
	tcase_add_test(tests, younger_than_the_minimum_age);
	tcase_add_test(tests, the_map);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
