/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records: what is written comes back byte for byte, what is broken is refused with the
 * number of its line, and passwords stay at home.
 */
#include "harness.h"
#include "random_records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/record.h"

/* In its own allocation, so that a sanitizer sees a step beyond the end. */
static int read_copy(const char *at, size_t n, struct snapshot **out,
		     struct record_error *e)
{
	char *copy = malloc(n ? n : 1);
	int r;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, at, n);
	r = record_read(copy, n, out, e);
	free(copy);
	return r;
}

static struct snapshot *read_good(const char *text)
{
	struct record_error e = { 0, NULL };
	struct snapshot *s = NULL;
	int r = read_copy(text, strlen(text), &s, &e);

	if (r < 0)
		ck_abort_msg("line %u: %s", e.line, e.why);
	return s;
}

static char *written(const struct snapshot *s, size_t *n)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, n);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(record_write(s, f), 0);
	fclose(f);
	return text;
}

#define RECORD(lines) "leakscan record 1\n" lines "end\n"

static const char example[] = RECORD(
	"machine hz=250 now=500000000000 pid1=1 host=a%20b\n"
	"# an orphan\n"
	"process pid=4790 start=9000 ppid=1 pgid=4711 sid=4711 state=S threads=1 "
	"comm=ffmpeg fds=7 user=app command=ffmpeg%20-i denied=io stalled=cwd "
	"before=R:4711:5:-1:-1:6:499000000000\n"
	"fd pid=4790 fd=1 mode=w target=pipe:[81234]\n"
	"fd pid=4790 fd=2 kind=file target=/tmp/x%20(deleted)\n"
	"fd pid=4790 fd=3\n"
	"\n"
	"process pid=1 sigcgt=10000 nofile=1024 ns.pid=5 layout=1:2:3:4:ff\n"
	"environ pid=4790 LEAKSCAN_ID=abc A=b%3d\n"
	"socket inode=7 family=unix peer=8 named=1\n"
	"socket inode=5 family=tcp port=8080 listening=1\n"
	"same a=4711:5 b=4790:1\n"
	"task pid=4790 state=S doing=writing fd=1 pipe=1 since=400000000000\n"
	"task pid=4790 tid=4799 doing=polling\n"
	"fd pid=4790 fd=4 mode=r target=pipe:[81235] cloexec=clear queue=0:65536\n"
	"fd pid=4790 fd=5 target=anon_inode:[pidfd] watched=-1\n"
	"fd pid=4790 fd=6 target=anon_inode:[eventpoll] watches=0 cloexec=set\n"
	"fd pid=4790 fd=7 target=/tmp/y%20(deleted) size=4096\n"
	"fd pid=4790 fd=8 mode=r target=pipe:[81235] readers=1 writers=2 file=fe\n"
	"fd pid=4790 fd=9 kind=pipe mode=r target=what%20else\n"
	"socket inode=9 family=tcp state=close-wait unread=3 idle=60000 remote=192.0.2.1:443\n"
	"series pid=4790 of=kind kind=anon anon=eventfd samples=1:5,2:-1,2:9\n"
	"series pid=77 start=5 of=children samples=1:5\n");

START_TEST(lines_by_hand)
{
	struct snapshot *s = read_good(example);
	const struct process *p, *init;

	ck_assert(s->replayed && s->hz == 250 && s->coverage.pid1_visible);
	ck_assert_str_eq(s->host, "a b");
	ck_assert_int_eq(s->coverage.threads_kernel, -1);
	ck_assert_uint_eq(s->process_n, 2);
	init = snapshot_find(s, 1);
	p = snapshot_find(s, 4790);
	ck_assert(init && p);
	ck_assert_uint_eq(p->read, FACT_BIT(FACT_STAT) | FACT_BIT(FACT_FDS) |
				   FACT_BIT(FACT_TASKS) | FACT_BIT(FACT_ENVIRON) | FACT_BIT(FACT_DETAILS));
	ck_assert_uint_eq(p->denied, FACT_BIT(FACT_IO));
	ck_assert_uint_eq(p->stalled, FACT_BIT(FACT_CWD));
	ck_assert_uint_eq(init->read, FACT_BIT(FACT_STATUS) | FACT_BIT(FACT_LIMITS) |
				      FACT_BIT(FACT_NAMESPACES) | FACT_BIT(FACT_LAYOUT));
	ck_assert(p->now.at_ns == s->now_ns && p->now.state == 'S' && p->now.ppid == 1);
	ck_assert(p->before.state == 'R' && p->before.ppid == 4711 &&
		  p->before.cpu_ticks == 5 && p->before.read_bytes == -1 &&
		  p->before.fd_count == 6);
	ck_assert(p->uid == (uid_t)-1 && p->wait_status == -1 && p->now.read_bytes == -1);
	ck_assert_str_eq(p->command, "ffmpeg -i");
	ck_assert_ptr_null(p->exe);
	ck_assert_uint_eq(p->fd_n, 9);
	ck_assert(p->fds[0].kind == FD_PIPE && p->fds[0].inode == 81234 &&
		  p->fds[0].mode == FD_WRITE);
	ck_assert(p->fds[1].kind == FD_FILE && !p->fds[1].deleted);
	ck_assert(p->fds[2].kind == FD_UNREADABLE && !p->fds[2].target);
	ck_assert_str_eq(process_getenv(p, "LEAKSCAN_ID"), "abc");
	ck_assert_str_eq(process_getenv(p, "A"), "b=");
	ck_assert(init->layout.random == 0xff && init->namespaces[NS_PID] == 5 &&
		  init->nofile_hard == LIMIT_UNLIMITED && init->before.at_ns == 0);
	ck_assert(snapshot_socket(s, 5)->port == 8080 && snapshot_socket(s, 7)->named);
	ck_assert(snapshot_same_file(s, 4790, 1, 4711, 5));
	snapshot_free(s);
}
END_TEST

START_TEST(deeper_lines_by_hand)
{
	struct snapshot *s = read_good(example);
	const struct process *p = snapshot_find(s, 4790);
	const struct descriptor *d = p->fds;
	const struct socket_info *i = snapshot_socket(s, 9);
	const struct series *n = s->series;
	char link[DESCRIPTOR_LINK_SIZE];

	ck_assert_uint_eq(p->task_n, 2);
	ck_assert(p->tasks[0].tid == 4790 && p->tasks[0].state == 'S' &&
		  p->tasks[0].doing == TASK_WRITING && p->tasks[0].fd == 1 &&
		  p->tasks[0].in_pipe && p->tasks[0].has_since &&
		  p->tasks[0].since_ns == UINT64_C(400000000000));
	ck_assert(p->tasks[1].tid == 4799 && p->tasks[1].state == '?' &&
		  p->tasks[1].doing == TASK_POLLING && p->tasks[1].fd == -1 &&
		  !p->tasks[1].has_since);
	ck_assert(d[0].cloexec == CLOEXEC_UNKNOWN && !d[0].has_queue && !d[0].has_size &&
		  !d[0].has_watches && !d[0].has_watched);
	ck_assert(d[3].cloexec == CLOEXEC_CLEAR && d[3].has_queue && !d[3].queued_bytes &&
		  d[3].capacity_bytes == 65536);
	ck_assert(d[4].kind == FD_ANON && d[4].has_watched && d[4].watched_pid == -1);
	ck_assert(d[5].cloexec == CLOEXEC_SET && d[5].has_watches && !d[5].watches);
	ck_assert(d[6].deleted && d[6].has_size && d[6].size_bytes == 4096);
	ck_assert(d[7].readers == 1 && d[7].writers == 2 && d[7].file_id == 0xfe && !d[3].file_id);
	ck_assert_ptr_null(d[7].target);
	ck_assert_str_eq(descriptor_link(&d[7], link), "pipe:[81235]");
	ck_assert_str_eq(descriptor_link(&d[8], link), "what else");
	ck_assert(i->tcp_state == TCP_STATE_CLOSE_WAIT && i->unread_bytes == 3 &&
		  i->has_idle && i->idle_ms == 60000);
	ck_assert_str_eq(i->peer, "192.0.2.1:443");
	ck_assert(!snapshot_socket(s, 7)->has_idle && !snapshot_socket(s, 7)->tcp_state);
	ck_assert_uint_eq(s->series_n, 2);
	ck_assert(process_id_same(n[0].id, p->id) && n[0].kind == SERIES_FDS_OF_KIND &&
		  n[0].fd_kind == FD_ANON && n[0].n == 3 && n[0].samples[1].value == -1);
	ck_assert_str_eq(n[0].anon, "eventfd");
	ck_assert(n[1].id.pid == 77 && n[1].id.start_ticks == 5 &&
		  n[1].kind == SERIES_CHILDREN && !n[1].anon);
	snapshot_free(s);
}
END_TEST

START_TEST(carriage_returns_are_dropped)
{
	struct snapshot *s = read_good("leakscan record 1\r\n"
				       "process pid=5 comm=a\r\nend\r\n");

	ck_assert_str_eq(snapshot_find(s, 5)->comm, "a");
	snapshot_free(s);
}
END_TEST

START_TEST(read_is_taken_at_its_word)
{
	struct snapshot *s = read_good(RECORD("process pid=5 comm=a sigcgt=1 read=fd,io\n"
					      "environ pid=5 A=b\n"
					      "process pid=6 comm=a read=none\n"));

	ck_assert_uint_eq(snapshot_find(s, 5)->read,
			  FACT_BIT(FACT_FDS) | FACT_BIT(FACT_IO));
	ck_assert_uint_eq(snapshot_find(s, 6)->read, 0);
	snapshot_free(s);
}
END_TEST

static const struct { const char *text; unsigned line; const char *why; } bad_rows[] = {
	{ "", 1, "not a record" }, { "\n", 1, "not a record" },
	{ "leakscan", 1, "not a record" }, { "leakscan record 1", 1, "not a record" },
	{ "{\"schema\":1}\nend\n", 1, "not a record" },
	{ "leakscan record 2\nend\n", 1, "another version" },
	{ "leakscan record 11\nend\n", 1, "another version" },
	{ "leakscan record 1\n", 2, "cut off" },
	{ "leakscan record 1\nend", 2, "cut off" },
	{ RECORD("") "x\n", 3, "behind" }, { RECORD("") "end\n", 3, "behind" },
	{ RECORD("thing pid=1\n"), 2, "kind of line" },
	{ RECORD("\n#\nprocess pid=1 colour=red\n"), 4, "key" },
	{ RECORD("process pid=1 pid=2\n"), 2, "twice" },
	{ RECORD("process pid=1\nprocess pid=1\n"), 3, "twice" },
	{ RECORD("process pid=1 start=1\nprocess pid=1 start=2\n"), 3, "twice" },
	{ RECORD("machine\nmachine\n"), 3, "second" },
	{ RECORD("process comm=a\n"), 2, "without a pid" },
	{ RECORD("process pid=0\n"), 2, "without a pid" },
	{ RECORD("process pid\n"), 2, "'='" },
	{ RECORD("process pid=\n"), 2, "value" },
	{ RECORD("process pid=-1\n"), 2, "value" },
	{ RECORD("process pid=4194305\n"), 2, "value" },
	{ RECORD("process pid=4294967297\n"), 2, "value" },
	{ RECORD("process pid=1 start=18446744073709551616\n"), 2, "value" },
	{ RECORD("process pid=1 state=SS\n"), 2, "value" },
	{ RECORD("process pid=1 state=\n"), 2, "value" },
	{ RECORD("process pid=1 comm=a%00b\n"), 2, "value" },
	{ RECORD("process pid=1 comm=a%4\n"), 2, "value" },
	{ RECORD("process pid=1 comm=%zz\n"), 2, "value" },
	{ RECORD("process pid=1 comm="
		 "0123456789012345678901234567890123456789012345678901234567890123\n"), 2,
	  "value" },
	{ RECORD("process pid=1 read=stat,\n"), 2, "value" },
	{ RECORD("process pid=1 read=stat,,io\n"), 2, "value" },
	{ RECORD("process pid=1 read=\n"), 2, "value" },
	{ RECORD("process pid=1 read=smell\n"), 2, "value" },
	{ RECORD("process pid=1 before=S:1:2:3:4:5\n"), 2, "value" },
	{ RECORD("process pid=1 before=S:1:2:3:4:5:0\n"), 2, "value" },
	{ RECORD("process pid=1 before=S:1:2:3:4:5:6:7\n"), 2, "value" },
	{ RECORD("process pid=1 layout=1:2:3:4\n"), 2, "value" },
	{ RECORD("process pid=1 gone=2\n"), 2, "value" },
	{ RECORD("process pid=1 sigcgt=0x1\n"), 2, "value" },
	{ RECORD("machine hz=0\n"), 2, "value" },
	{ RECORD("machine hz=4294967295\n"), 2, "value" },
	{ RECORD("fd pid=1 fd=1\n"), 2, "descriptor" },
	{ RECORD("process pid=1\nfd pid=1\n"), 3, "descriptor" },
	{ RECORD("process pid=1\nfd fd=1\n"), 3, "descriptor" },
	{ RECORD("process pid=1\nfd pid=1 fd=-1\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 kind=tube\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 mode=x\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 kind=pipe inode=5\n"), 3, "target" },
	{ RECORD("environ pid=1 A=b\n"), 2, "environment" },
	{ RECORD("process pid=1\nenviron A=b\n"), 3, "environment" },
	{ RECORD("process pid=1\nenviron pid=1 A\n"), 3, "value" },
	{ RECORD("process pid=1\nenviron pid=1 =b\n"), 3, "value" },
	{ RECORD("socket port=1\n"), 2, "socket" },
	{ RECORD("socket inode=1 port=65536\n"), 2, "value" },
	{ RECORD("same a=1:2\n"), 2, "pair" },
	{ RECORD("same a=1:2 b=0:1\n"), 2, "value" },
	{ RECORD("same a=1 b=2\n"), 2, "value" },
	{ RECORD("task tid=1\n"), 2, "thread" },
	{ RECORD("task pid=1\n"), 2, "thread" },
	{ RECORD("process pid=1\ntask pid=1 doing=nothing\n"), 3, "value" },
	{ RECORD("process pid=1\ntask pid=1 since=\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 cloexec=1\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 watched=-2\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 watched=4194305\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 watches=4294967296\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 size=-1\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 queue=1\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 queue=1:2:3\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 queue=1:2 size=3\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 watched=1 watches=0\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 readers=256\n"), 3, "value" },
	{ RECORD("process pid=1\nfd pid=1 fd=1 file=x\n"), 3, "value" },
	{ RECORD("socket inode=1 state=open\n"), 2, "value" },
	{ RECORD("socket inode=1 state=256\n"), 2, "value" },
	{ RECORD("series of=fds samples=1:1\n"), 2, "series" },
	{ RECORD("series pid=1 of=fds\n"), 2, "series" },
	{ RECORD("series pid=1 of=sockets samples=1:1\n"), 2, "value" },
	{ RECORD("series pid=1 samples=\n"), 2, "value" },
	{ RECORD("series pid=1 samples=1\n"), 2, "value" },
	{ RECORD("series pid=1 samples=1:1,\n"), 2, "value" },
	{ RECORD("series pid=1 samples=1:1,,2:2\n"), 2, "value" },
	{ RECORD("series pid=1 samples=1:1:1\n"), 2, "value" },
	{ RECORD("series pid=1 samples=2:1,1:1\n"), 2, "value" },
};

START_TEST(broken_records)
{
	struct record_error e = { 0, NULL };
	struct snapshot *s = NULL;
	int r = read_copy(bad_rows[_i].text, strlen(bad_rows[_i].text), &s, &e);

	ck_assert_int_eq(r, -EINVAL);
	ck_assert_ptr_null(s);
	ck_assert_uint_eq(e.line, bad_rows[_i].line);
	ck_assert_ptr_nonnull(strstr(e.why, bad_rows[_i].why));
}
END_TEST

/* A random snapshot */

START_TEST(everything_comes_back)
{
	int round;

	for (round = 0; round < 300; round++) {
		struct snapshot *s, *back;
		struct record_error e;
		char *one, *two;
		size_t n, m, i;

		dice_seed((unsigned)round + 1);
		s = random_snapshot();
		one = written(s, &n);
		if (read_copy(one, n, &back, &e) < 0)
			ck_abort_msg("line %u: %s", e.line, e.why);
		ck_assert_uint_eq(s->process_n, back->process_n);
		for (i = 0; i < s->process_n; i++)
			compare(&s->processes[i], &back->processes[i]);
		compare_sockets(s, back);
		compare_series(s, back);
		ck_assert(s->coverage.took_ns == back->coverage.took_ns &&
			  s->coverage.stalled == back->coverage.stalled &&
			  s->coverage.threads_kernel == back->coverage.threads_kernel);
		ck_assert(back->replayed && s->hz == back->hz);
		ck_assert_int_eq(s->wall_s, back->wall_s);
		two = written(back, &m);
		ck_assert_uint_eq(n, m);
		ck_assert(!memcmp(one, two, n));
		free(one);
		free(two);
		snapshot_free(s);
		snapshot_free(back);
	}
}
END_TEST

START_TEST(a_cut_record_is_refused)
{
	size_t n;

	for (n = 0; n < strlen(example); n++) {
		struct record_error e = { 0, NULL };
		struct snapshot *s = NULL;

		ck_assert_int_eq(read_copy(example, n, &s, &e), -EINVAL);
		ck_assert(!s && e.line && e.why);
	}
}
END_TEST

START_TEST(any_bytes)
{
	static const char nasty[] = "\n\r\t =:,%#-0019azAZ[]\xff";
	size_t good = 0;
	int round;

	dice_seed(77);
	for (round = 0; round < 5000; round++) {
		size_t n = strlen(example), i, changes = 1 + dice(6);
		struct record_error e = { 0, NULL };
		struct snapshot *s = NULL;
		char broken[sizeof(example)], *again;

		memcpy(broken, example, n);
		for (i = 0; i < changes; i++)
			broken[dice((unsigned)n)] = dice(3) ? nasty[dice(sizeof(nasty))] :
							      (char)dice(256);
		if (read_copy(broken, n, &s, &e) < 0) {
			ck_assert(!s && e.line && e.why);
			continue;
		}
		/* still a record: then it can be written, too */
		good++;
		again = written(s, &n);
		snapshot_free(s);
		ck_assert_int_eq(record_read(again, n, &s, &e), 0);
		snapshot_free(s);
		free(again);
	}
	ck_assert_uint_gt(good, 0);
}
END_TEST

START_TEST(passwords_stay_at_home)
{
	struct snapshot *s = read_good(RECORD(
		"process pid=1\n"
		"environ pid=1 BUILD_ID=shown A=hunter2 LONG=0123456789abcdef E= "
		"LEAKSCAN_IDX=hidden1\n"
		"process pid=2\n"
		"environ pid=2 B=hunter2 C=hunter3 LONG=0123456789abcdef "
		"M=#0123456789abcdef N=#0123456789ab O=#0123456789AB\n"));
	const struct process *p, *q;
	struct snapshot *back;
	char *text, *again;
	size_t n, m;

	text = written(s, &n);
	ck_assert_ptr_null(strstr(text, "hunter"));
	ck_assert_ptr_null(strstr(text, "=0123456789abcdef"));
	ck_assert_ptr_null(strstr(text, "hidden1"));
	back = read_good(text);
	p = snapshot_find(back, 1);
	q = snapshot_find(back, 2);
	ck_assert_str_eq(process_getenv(p, "BUILD_ID"), "shown");
	ck_assert_str_eq(process_getenv(p, "E"), "");
	ck_assert_str_eq(process_getenv(p, "A"), process_getenv(q, "B"));
	ck_assert_str_ne(process_getenv(q, "B"), process_getenv(q, "C"));
	ck_assert_str_eq(process_getenv(p, "LONG"), process_getenv(q, "LONG"));
	ck_assert_uint_ge(strlen(process_getenv(p, "LONG")), 16);
	ck_assert_uint_lt(strlen(process_getenv(p, "A")), 16);
	ck_assert_str_eq(process_getenv(q, "M"), "#0123456789abcdef");
	ck_assert_str_eq(process_getenv(q, "N"), "#0123456789ab");
	ck_assert_str_ne(process_getenv(q, "O"), "#0123456789AB");
	again = written(back, &m);
	ck_assert(n == m && !memcmp(text, again, n));
	free(text);
	free(again);
	snapshot_free(s);
	snapshot_free(back);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
	struct snapshot *s = read_good(example);
	FILE *f = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(record_write(s, f), -EIO);
	fclose(f);
	snapshot_free(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source/record");
	TCase *tcase = tcase_create("record");

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, lines_by_hand);
	tcase_add_test(tcase, deeper_lines_by_hand);
	tcase_add_test(tcase, carriage_returns_are_dropped);
	tcase_add_test(tcase, read_is_taken_at_its_word);
	tcase_add_loop_test(tcase, broken_records, 0,
			    sizeof(bad_rows) / sizeof(bad_rows[0]));
	tcase_add_test(tcase, everything_comes_back);
	tcase_add_test(tcase, a_cut_record_is_refused);
	tcase_add_test(tcase, any_bytes);
	tcase_add_test(tcase, passwords_stay_at_home);
	tcase_add_test(tcase, a_full_disk_is_told);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
