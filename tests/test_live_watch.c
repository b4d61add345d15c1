/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manners of a watch (scan --for): Ctrl-C ends it early with a report, it is silent on
 * a stderr that is no terminal and leaves nothing on one that is, and it refuses times that
 * make no sense.  What it finds is in test_live_fds.c.
 */
#include "harness.h"
#include "live.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEST_LIMIT_S = 600, WAIT_S = 240 };

struct watch {
	pid_t pid;
	int out, err; /* err: ours of a terminal, or a memfd */
	double began;
};

static void rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
}

static pid_t sleeper_start(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execlp("sleep", "sleep", "120", (char *)NULL);
		_exit(126);
	}
	return pid;
}

static void sleeper_end(pid_t pid)
{
	int status;

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

static int terminal_open(int *other)
{
	int us = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	ck_assert_int_ge(us, 0);
	ck_assert(!grantpt(us) && !unlockpt(us));
	*other = open(ptsname(us), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(*other, 0);
	return us;
}

static void watch_start(struct watch *w, const char *const *args, bool terminal, bool ignore)
{
	const char *argv[16] = { leakscan_path() };
	int err = memfd_create("err", MFD_CLOEXEC), n = 1, execed[2];
	char none;

	while (*args)
		argv[n++] = *args++;
	w->out = memfd_create("out", MFD_CLOEXEC);
	ck_assert(w->out >= 0 && err >= 0);
	w->err = err;
	if (terminal)
		w->err = terminal_open(&err);
	ck_assert_int_eq(pipe2(execed, O_CLOEXEC), 0);
	w->began = now_seconds();
	w->pid = fork();
	ck_assert_int_ge(w->pid, 0);
	if (!w->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGINT, ignore ? SIG_IGN : SIG_DFL);
		dup2(w->out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		execv(argv[0], (char *const *)argv);
		_exit(126);
	}
	if (terminal)
		close(err);
	/* before its exec it still has the handlers of Check */
	close(execed[1]);
	ck_assert_int_eq(read(execed[0], &none, 1), 0);
	close(execed[0]);
}

/* Exit status, 128+n for a signal. */
static int watch_end(struct watch *w, double *seconds)
{
	double limit = now_seconds() + WAIT_S;
	int status = 0;
	pid_t got;

	while (!(got = waitpid(w->pid, &status, WNOHANG)) && now_seconds() < limit)
		rest();
	if (!got) {
		kill(w->pid, SIGKILL);
		waitpid(w->pid, &status, 0);
		ck_abort_msg("the watch did not end");
	}
	*seconds = now_seconds() - w->began;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void text_get(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(fd);
}

/* It is watching once it catches SIGINT. */
static bool watching(pid_t pid)
{
	char path[64], line[256];
	uint64_t caught = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "SigCgt:", 7))
			caught = strtoull(line + 7, NULL, 16);
	fclose(f);
	return caught & UINT64_C(1) << (SIGINT - 1);
}

static void await_watching(pid_t pid)
{
	double limit = now_seconds() + WAIT_S;

	while (!watching(pid)) {
		ck_assert_msg(now_seconds() < limit, "it never began to watch");
		rest();
	}
}

START_TEST(interrupt_ends_it_early)
{
	pid_t sleeper = sleeper_start();
	char pid[16], out[8192], err[1024];
	const char *args[] = { "--pid", pid, "--for", "100s", NULL };
	struct watch w;
	double seconds;
	int status;

	snprintf(pid, sizeof(pid), "%d", (int)sleeper);
	watch_start(&w, args, false, false);
	await_watching(w.pid);
	ck_assert_int_eq(kill(w.pid, SIGINT), 0);
	status = watch_end(&w, &seconds);
	text_get(w.out, out, sizeof(out));
	text_get(w.err, err, sizeof(err));
	ck_assert_msg(status == 0, "status %d: %s%s", status, out, err);
	ck_assert_msg(strstr(out, pid), "no report: %s", out);
	ck_assert_str_eq(err, "");
	ck_assert_double_lt(seconds, 100);
	sleeper_end(sleeper);
}
END_TEST

START_TEST(end_of_all_ends_it_early)
{
	pid_t sleeper = sleeper_start();
	char pid[16], out[8192], err[1024];
	const char *args[] = { "--pid", pid, "--for", "100s", NULL };
	struct watch w;
	double seconds;
	int status;

	snprintf(pid, sizeof(pid), "%d", (int)sleeper);
	watch_start(&w, args, false, false);
	await_watching(w.pid);
	sleeper_end(sleeper);
	status = watch_end(&w, &seconds);
	text_get(w.out, out, sizeof(out));
	text_get(w.err, err, sizeof(err));
	ck_assert_msg(status == 0, "status %d: %s%s", status, out, err);
	ck_assert_msg(strstr(out, pid), "no report: %s", out);
	ck_assert_str_eq(err, "");
	ck_assert_double_lt(seconds, 100);
}
END_TEST

/* As under nohup, or in the background of a script. */
START_TEST(ignored_interrupt_stays_ignored)
{
	pid_t sleeper = sleeper_start();
	char pid[16], out[8192], err[1024];
	const char *args[] = { "--pid", pid, "--for", "2s", "--every", "50ms", NULL };
	struct watch w;
	double seconds;
	int status;

	snprintf(pid, sizeof(pid), "%d", (int)sleeper);
	watch_start(&w, args, false, true);
	rest();
	ck_assert_int_eq(kill(w.pid, SIGINT), 0);
	status = watch_end(&w, &seconds);
	text_get(w.out, out, sizeof(out));
	text_get(w.err, err, sizeof(err));
	ck_assert_msg(status == 0, "status %d: %s%s", status, out, err);
	ck_assert_str_eq(err, "");
	ck_assert_double_ge(seconds, 2);
	sleeper_end(sleeper);
}
END_TEST

START_TEST(terminal_sees_how_far_it_is)
{
	pid_t sleeper = sleeper_start();
	char pid[16], seen[16384] = "";
	const char *args[] = { "--pid", pid, "--for", "1s", NULL };
	size_t n = 0;
	struct watch w;
	double seconds;
	ssize_t got;

	snprintf(pid, sizeof(pid), "%d", (int)sleeper);
	watch_start(&w, args, true, false);
	/* EIO: nobody has the other side any more */
	while (n < sizeof(seen) - 1 && (got = read(w.err, seen + n, sizeof(seen) - 1 - n)) > 0)
		n += (size_t)got;
	ck_assert_int_eq(watch_end(&w, &seconds), 0);
	close(w.err);
	close(w.out);
	ck_assert_msg(strstr(seen, "\rwatching 1 process: "), "seen: %s", seen);
	ck_assert_msg(!strchr(seen, '\n'), "seen: %s", seen);
	/* cleared in the end: blanks, and back to the left */
	ck_assert_uint_gt(n, 10);
	ck_assert_str_eq(seen + n - 10, "         \r");
	sleeper_end(sleeper);
}
END_TEST

START_TEST(times_that_make_no_sense)
{
	static const char *const all[][6] = {
		{ "--for", "0" },
		{ "--for", "soon" },
		{ "--for", "5ms" },
		{ "--for", "25h" },
		{ "--for", "99999999999999999999s" },
		{ "--for", "-1s" },
		{ "--every", "1s" },
		{ "--for", "2s", "--every", "5ms" },
		{ "--for", "2s", "--every", "3s" },
		{ "--for", "2s", "--every", "0" },
		{ "--for", "2s", "--from", "/dev/null" },
	};
	char out[1024], err[1024];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct watch w;
		double seconds;
		int status;

		watch_start(&w, all[i], false, false);
		status = watch_end(&w, &seconds);
		text_get(w.out, out, sizeof(out));
		text_get(w.err, err, sizeof(err));
		ck_assert_msg(status == 2, "%s %s: status %d", all[i][0], all[i][1], status);
		ck_assert_str_eq(out, "");
		ck_assert_msg(strstr(err, "--for") || strstr(err, "--every"), "%s", err);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("live watch");
	TCase *watch = tcase_create("watch");

	tcase_set_timeout(watch, TEST_LIMIT_S);
	tcase_add_test(watch, interrupt_ends_it_early);
	tcase_add_test(watch, end_of_all_ends_it_early);
	tcase_add_test(watch, ignored_interrupt_stays_ignored);
	tcase_add_test(watch, terminal_sees_how_far_it_is);
	tcase_add_test(watch, times_that_make_no_sense);
	suite_add_tcase(suite, watch);
	return harness_main(suite);
}
