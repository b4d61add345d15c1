/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two things: that details are what a process really is, for processes that we made; and
 * libproc2 as an oracle for our own parsers, over every process of this machine that held
 * still for the time of three reads.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libproc2/pids.h>

#include "source/details.h"
#include "source/procfs.h"

static struct arena *arena;
static struct details *details;
static int hold[2];		/* children end when its write end is gone */
static pid_t child;

static void start(void)
{
	arena = arena_new(0);
	ck_assert_int_eq(details_open(&details), 0);
	ck_assert_int_eq(pipe2(hold, O_CLOEXEC), 0);
	child = 0;
}

static void stop(void)
{
	close(hold[1]);
	close(hold[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	details_close(details);
	arena_free(arena);
}

static struct text slurp(pid_t pid, const char *name)
{
	char path[64], *buf = arena_alloc(arena, 16384);
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	f = fopen(path, "r");
	if (!f)
		return (struct text){ "", 0 };
	n = fread(buf, 1, 16384, f);
	fclose(f);
	return (struct text){ buf, n };
}

static struct process own_look(pid_t pid)
{
	struct process p = { .id = { .pid = pid, .start_ticks = 0 } };

	if (procfs_stat(slurp(pid, "stat"), pid, &p) == 0)
		p.read |= FACT_BIT(FACT_STAT);
	if (procfs_status(slurp(pid, "status"), &p) == 0)
		p.read |= FACT_BIT(FACT_STATUS);
	return p;
}

/* A cat that reads our pipe, under any arguments; waits until it has become one: execve
 * closes descriptors some time before the new program has its arguments. */
static struct process run_as(char *const argv[])
{
	struct process p;
	int report[2];
	char byte;

	ck_assert_int_eq(pipe2(report, O_CLOEXEC), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		/* what is said about files that are not there is of no interest */
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		dup2(hold[0], STDIN_FILENO);
		execv("/bin/cat", argv);
		_exit(127);
	}
	close(report[1]);
	ck_assert_int_eq((int)read(report[0], &byte, 1), 0);	/* closed by exec */
	close(report[0]);
	while (!slurp(child, "cmdline").n)
		poll(NULL, 0, 1);
	p = own_look(child);
	ck_assert(process_knows(&p, FACT_STAT));
	return p;
}

START_TEST(arguments_and_names)
{
	char *argv[] = { (char *)"my cat", (char *)"-u", (char *)"-", NULL };
	struct process p = run_as(argv);
	char own[64];

	ck_assert_int_eq(details_read(details, arena, &p), 0);
	ck_assert(process_knows(&p, FACT_DETAILS));
	ck_assert_str_eq(p.command, "my cat -u -");
	ck_assert_ptr_nonnull(p.exe);
	ck_assert_int_eq(p.exe[0], '/');
	snprintf(own, sizeof(own), "%d", (int)geteuid());
	ck_assert_ptr_nonnull(p.user);
	ck_assert(geteuid() || !strcmp(p.user, "root") || !strcmp(p.user, own));
	ck_assert_ptr_nonnull(p.group);
}
END_TEST

static const char *const odd_names[] = {
	"[x]", "[cat]", "-", "?", "[]", "[", "]", "\x1b[31m \xff", "a  b",
};

START_TEST(a_process_may_call_itself_anything)
{
	char *argv[] = { (char *)odd_names[_i], NULL };
	struct process p = run_as(argv);

	ck_assert_int_eq(details_read(details, arena, &p), 0);
	ck_assert_ptr_nonnull(p.command);
	ck_assert_str_eq(p.command, odd_names[_i]);
}
END_TEST

START_TEST(empty_arguments_behind_are_dropped)
{
	char *argv[] = { (char *)"cat", (char *)"-u", (char *)"", (char *)"-",
			 (char *)"-", NULL };
	char *none[] = { (char *)"", NULL };
	struct process p = run_as(argv);

	ck_assert_int_eq(details_read(details, arena, &p), 0);
	ck_assert_str_eq(p.command, "cat -u  - -");
	close(hold[1]);
	waitpid(child, NULL, 0);
	ck_assert_int_eq(pipe2(hold, O_CLOEXEC), 0);
	p = run_as(none);
	ck_assert_int_eq(details_read(details, arena, &p), 0);
	ck_assert_ptr_null(p.command);
}
END_TEST

START_TEST(a_long_command_line_has_an_end)
{
	size_t n = 100000;
	char *word = malloc(n + 1);
	char *argv[] = { (char *)"cat", (char *)"-", word, NULL };
	struct process p;

	ck_assert_ptr_nonnull(word);
	memset(word, 'x', n);
	word[n] = 0;
	/* cat stays at "-", its standard input, before it looks for the file */
	p = run_as(argv);
	ck_assert_int_eq(details_read(details, arena, &p), 0);
	ck_assert_uint_gt(strlen(p.command), 10000);
	ck_assert_uint_lt(strlen(p.command), n);
	ck_assert_int_eq(strncmp(p.command, "cat - xxx", 9), 0);
	free(word);
}
END_TEST

START_TEST(zombie_has_no_command_line)
{
	struct process p = { 0 };
	siginfo_t info;

	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(3);
	ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	p = own_look(child);
	ck_assert(process_is_zombie(&p));
	ck_assert_int_eq(p.wait_status, 3 << 8);
	ck_assert_int_eq(details_read(details, arena, &p), 0);
	ck_assert_ptr_null(p.command);
	ck_assert_ptr_null(p.exe);
	ck_assert_ptr_nonnull(p.user);
}
END_TEST

START_TEST(another_identity_is_not_there)
{
	struct process p = own_look(getpid());

	ck_assert_int_eq(details_read(details, arena, &p), 0);
	p.id.start_ticks++;
	p.read = 0;
	p.command = "untouched";
	ck_assert_int_eq(details_read(details, arena, &p), -ESRCH);
	ck_assert_uint_eq(p.read, 0);
	ck_assert_str_eq(p.command, "untouched");
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		_exit(0);
	p = own_look(child);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	child = 0;
	ck_assert_int_eq(details_read(details, arena, &p), -ESRCH);
}
END_TEST

/* The oracle */

enum {
	O_PID, O_PPID, O_PGRP, O_SESSION, O_STATE, O_START, O_THREADS, O_CPU, O_CMD,
	O_EUID, O_EGID, O_BLOCKED, O_CAUGHT, O_IGNORED, O_PENDING, O_FLAGS, O_N
};

static enum pids_item oracle_items[O_N] = {
	PIDS_ID_PID, PIDS_ID_PPID, PIDS_ID_PGRP, PIDS_ID_SESSION, PIDS_STATE,
	PIDS_TICS_BEGAN, PIDS_NLWP, PIDS_TICS_ALL, PIDS_CMD, PIDS_ID_EUID, PIDS_ID_EGID,
	PIDS_SIGBLOCKED, PIDS_SIGCATCH, PIDS_SIGIGNORE, PIDS_SIGNALS, PIDS_FLAGS,
};

static bool held_still(const struct process *a, const struct process *b)
{
	return a->read == (FACT_BIT(FACT_STAT) | FACT_BIT(FACT_STATUS)) &&
	       a->read == b->read && process_id_same(a->id, b->id) &&
	       a->pgid == b->pgid && a->sid == b->sid && !strcmp(a->comm, b->comm) &&
	       a->threads == b->threads &&
	       a->now.state == b->now.state && a->now.ppid == b->now.ppid &&
	       a->now.cpu_ticks == b->now.cpu_ticks && a->uid == b->uid &&
	       a->gid == b->gid && a->sig_pending == b->sig_pending &&
	       a->sig_blocked == b->sig_blocked && a->sig_ignored == b->sig_ignored &&
	       a->sig_caught == b->sig_caught;
}

/* The library decorates the names of kernel workers ("kworker/0:1-events") and makes
 * bytes that it does not like into others: only plain names of programs compare. */
static bool plain_name(const struct process *p)
{
	const char *c;

	for (c = p->comm; *c; c++)
		if (*c < ' ' || *c > '~' || *c == '\\')
			return false;
	return !p->kernel_thread && strlen(p->comm) <= 15;
}

static void compare(const struct process *p, const struct pids_result *head)
{
	const struct { int item; uint64_t mask; } masks[] = {
		{ O_BLOCKED, p->sig_blocked }, { O_CAUGHT, p->sig_caught },
		{ O_IGNORED, p->sig_ignored }, { O_PENDING, p->sig_pending },
	};
	uint64_t value;
	size_t i;

	ck_assert_int_eq(head[O_PID].result.s_int, p->id.pid);
	ck_assert_int_eq(head[O_PPID].result.s_int, p->now.ppid);
	ck_assert_int_eq(head[O_PGRP].result.s_int, p->pgid);
	ck_assert_int_eq(head[O_SESSION].result.s_int, p->sid);
	ck_assert_int_eq(head[O_STATE].result.s_ch, p->now.state);
	ck_assert_uint_eq(head[O_START].result.ull_int, p->id.start_ticks);
	ck_assert_uint_eq((unsigned)head[O_THREADS].result.s_int, p->threads);
	ck_assert_uint_eq(head[O_CPU].result.ull_int, p->now.cpu_ticks);
	ck_assert_uint_eq(head[O_EUID].result.u_int, p->uid);
	ck_assert_uint_eq(head[O_EGID].result.u_int, p->gid);
	ck_assert_int_eq(!!(head[O_FLAGS].result.ul_int & 0x00200000), p->kernel_thread);
	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		struct text hex = text_of(head[masks[i].item].result.str);

		ck_assert_int_eq(text_hex64(hex, &value), 0);
		ck_assert_uint_eq(value, masks[i].mask);
	}
	if (plain_name(p))
		ck_assert_str_eq(head[O_CMD].result.str, p->comm);
}

/* own look, the library's, own look again: true when it held still and was compared */
static bool compare_one(struct pids_info *info, pid_t pid)
{
	struct process before = own_look(pid), after;
	unsigned number = (unsigned)pid;
	struct pids_fetch *fetch = procps_pids_select(info, &number, 1, PIDS_SELECT_PID);

	after = own_look(pid);
	if (!fetch || fetch->counts->total != 1 || !held_still(&before, &after))
		return false;
	compare(&before, fetch->stacks[0]->head);
	return true;
}

START_TEST(libproc2_says_the_same)
{
	char *argv[] = { (char *)"cat", NULL };
	struct process ours = run_as(argv);
	struct pids_info *walk = NULL, *info = NULL;
	struct pids_stack *stack;
	size_t seen = 0, compared = 0;
	bool ours_compared = false;
	int tries;

	ck_assert_int_eq(procps_pids_new(&walk, oracle_items, 1), 0);
	ck_assert_int_eq(procps_pids_new(&info, oracle_items, O_N), 0);
	while ((stack = procps_pids_get(walk, PIDS_FETCH_TASKS_ONLY))) {
		seen++;
		compared += compare_one(info, stack->head[0].result.s_int);
	}
	for (tries = 0; !ours_compared && tries < 1000; tries++) {
		ours_compared = compare_one(info, ours.id.pid);
		if (!ours_compared)
			poll(NULL, 0, 10);
	}
	procps_pids_unref(&walk);
	procps_pids_unref(&info);
	ck_assert(ours_compared);
	ck_assert_uint_gt(seen, 1);
	ck_assert_uint_gt(compared, 0);
	fprintf(stderr, "compared %zu of %zu processes\n", compared, seen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source/details");
	TCase *tcase = tcase_create("details");

	tcase_add_checked_fixture(tcase, start, stop);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, arguments_and_names);
	tcase_add_loop_test(tcase, a_process_may_call_itself_anything, 0,
			    ARRAY_SIZE(odd_names));
	tcase_add_test(tcase, empty_arguments_behind_are_dropped);
	tcase_add_test(tcase, a_long_command_line_has_an_end);
	tcase_add_test(tcase, zombie_has_no_command_line);
	tcase_add_test(tcase, another_identity_is_not_there);
	tcase_add_test(tcase, libproc2_says_the_same);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
