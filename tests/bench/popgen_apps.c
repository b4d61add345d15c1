/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processes of popgen and their descriptors.  A child gets a copy of all its parent's
 * descriptors, so what each holds is only known once it has closed what is not for it.
 */
#include "popgen.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	/* Where a process finds the read end of its application's log, and from where on
	 * the descriptors are that a child may keep: pipes come first. */
	LOG_FD = 3,
	KEPT_FD = 4,
};

/* Set once in popgen_root(). */
static const struct popgen *want;
static struct shared *shared;

/* The i-th of n shares of a sum, which come out whole. */
long popgen_share(long sum, long i, long n)
{
	return sum * (i + 1) / n - sum * i / n;
}

/* In a process of the population: its init sees to the rest. */
_Noreturn static void fail(const char *what)
{
	int none = 0;

	if (atomic_compare_exchange_strong(&shared->broken, &none, errno ? errno : EIO))
		snprintf(shared->why, sizeof(shared->why), "%s", what);
	for (;;)
		pause();
}

/* The descriptors */

/* Out of 20: 11 pipe ends, 5 unix sockets, 3 files, and one UDP socket or eventfd. */
enum kind { KIND_PIPE, KIND_UNIX, KIND_FILE, KIND_OTHER, KINDS };
static const long per_20[KINDS] = { 11, 5, 3, 1 };

static long kind_open(enum kind k, long nth)
{
	long odd = nth % 2;
	int pair[2], fd;

	switch (k) {
	case KIND_PIPE:
		return pipe2(pair, O_CLOEXEC) < 0 ? -1 : 2;
	case KIND_UNIX:
		return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ? -1 : 2;
	case KIND_FILE:
		return open(odd ? "/proc/self/exe" : "/dev/null", O_RDONLY) < 0 ? -1 : 1;
	default:
		fd = odd ? eventfd(0, 0) : socket(AF_INET, SOCK_DGRAM, 0);
		return fd < 0 ? -1 : 1;
	}
}

/* Opens what is missing to F, the kind next that lags most behind its share. */
static void fds_fill(long have, long pipes, long files)
{
	long is[KINDS] = { [KIND_PIPE] = pipes, [KIND_FILE] = files };
	long lag, most, got;
	enum kind k, next;

	while (have < want->fds) {
		most = -1000000000;
		next = KIND_FILE;
		for (k = 0; k < KINDS; k++) {
			lag = per_20[k] * want->fds - 20 * is[k];
			if (lag > most && (k >= KIND_FILE || want->fds - have >= 2)) {
				most = lag;
				next = k;
			}
		}
		got = kind_open(next, is[next]);
		if (got < 0)
			fail("open");
		is[next] += got;
		have += got;
	}
}

/* A root: /dev/null, the read end of its application's log at LOG_FD, and for as long as
 * it has children to make, what they write it to, which is returned. */
static int fds_of_root(void)
{
	int null, nulls = want->one_stderr ? 2 : 3, log[2], log_w;

	if (close_range(LOG_FD, ~0U, 0) < 0)
		fail("close_range");
	/* Open files of its own: with anybody else's they would be evidence. */
	for (null = 0; null < nulls; null++)
		close(null);
	for (null = 0; null < nulls; null++)
		if (open("/dev/null", O_RDWR) != null)
			fail("/dev/null");
	if (pipe(log) < 0)
		fail("pipe");
	/* Out of the way of the numbers that count. */
	log_w = fcntl(log[1], F_DUPFD_CLOEXEC, (int)want->fds + KEPT_FD);
	if (log_w < 0)
		fail("fcntl");
	close(log[1]);
	fds_fill(4, 4 - nulls, nulls);
	return log_w;
}

/* Any other: stdout and stderr are logs already; everything else of its parent's is
 * closed, but for some of the pipes of its root. */
static void fds_of_child(void)
{
	long kept = want->fds * want->inherit_percent / 100;

	if (kept > want->fds - KEPT_FD)
		kept = want->fds - KEPT_FD;
	close(LOG_FD);
	if (close_range((unsigned)(KEPT_FD + kept), ~0U, 0) < 0)
		fail("close_range");
	fds_fill(3 + kept, 2 + kept, 1);
}

/* The processes */

_Noreturn static void stand(const char *name)
{
	prctl(PR_SET_NAME, name);
	atomic_fetch_add(&shared->standing, 1);
	for (;;)
		pause();
}

static pid_t fork_or_fail(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	return pid;
}

static void orphan_make(void)
{
	pid_t between = fork_or_fail();

	if (!between) {
		if (!fork_or_fail()) {
			while (getppid() != 1)
				sched_yield();
			fds_of_child();
			stand("pop-orphan");
		}
		_exit(0);
	}
	if (waitpid(between, NULL, 0) < 0)
		fail("waitpid");
}

static void zombie_make(void)
{
	siginfo_t info;
	pid_t pid = fork_or_fail();

	if (!pid) {
		prctl(PR_SET_NAME, "pop-zombie");
		_exit(0);
	}
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		fail("waitid");
	atomic_fetch_add(&shared->standing, 1);
}

/* The i-th worker, with its share of the leaves, which find the logs at 1 and 2. */
_Noreturn static void worker(const struct app *a, long i, int log_w)
{
	long orphans = popgen_share(a->orphans, i, a->workers);
	long zombies = popgen_share(a->zombies, i, a->workers);
	long leaf, leaves;

	if (dup2(log_w, 1) < 0 || (!want->one_stderr && dup2(log_w, 2) < 0))
		fail("dup2");
	leaves = popgen_share(a->leaves - a->orphans - a->zombies, i, a->workers);
	for (leaf = 0; leaf < leaves; leaf++)
		if (!fork_or_fail()) {
			fds_of_child();
			stand("pop-leaf");
		}
	while (orphans--)
		orphan_make();
	while (zombies--)
		zombie_make();
	fds_of_child();
	stand("pop-worker");
}

_Noreturn void popgen_root(const struct popgen *wanted, const struct app *a,
			   struct shared *all)
{
	long i;
	int log_w;

	want = wanted;
	shared = all;
	if (setsid() < 0)
		fail("setsid");
	log_w = fds_of_root();
	for (i = 0; i < a->workers; i++)
		if (!fork_or_fail())
			worker(a, i, log_w);
	close(log_w);
	stand("pop-root");
}
