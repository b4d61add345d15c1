/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runx [-t SECONDS] [-m] [-r TIMES] [-u UID] COMMAND...: runs it and says on fd 3, in one
 * line of numbers, what it and all that it started have cost: status, wall, user and
 * system CPU in microseconds (wait4(2)), KiB of the largest process, KiB of all at once,
 * and whether the time ran out.
 *
 * What waited-for children cost is part of their parent's figures.  Those that a program
 * leaves behind come to us, a subreaper, and are waited for.  -m looks every few ms at
 * the memory of all of them at the same time (Pss: what is shared counts once); that
 * costs CPU, so such a run is not one to be timed.  -r: the sum of so many runs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REPORT_FD = 3, TICK_MS = 100, MEMORY_TICK_MS = 2, LEFT_S = 20, US = 1000000 };

struct cost {
	int status;
	long long wall_us, user_us, sys_us;
	long largest_kib, all_kib;
	bool timed_out;
};

_Noreturn static void die(const char *what)
{
	perror(what);
	exit(99);
}

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * (long long)US + t.tv_nsec / 1000;
}

static long pss_kib(long pid)
{
	char path[64], line[128];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/smaps_rollup", pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Pss: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

/* The memory of all below a process, itself included unless it is us. */
static long tree_kib(long pid)
{
	char path[64];
	long child, kib = pid == getpid() ? 0 : pss_kib(pid);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", pid, pid);
	f = fopen(path, "re");
	if (!f)
		return kib;
	while (fscanf(f, "%ld", &child) == 1)
		kib += tree_kib(child);
	fclose(f);
	return kib;
}

/* Whoever is below us and will not end. */
static void tree_kill(long pid)
{
	char path[64];
	long child;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", pid, pid);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fscanf(f, "%ld", &child) == 1) {
		tree_kill(child);
		kill((pid_t)child, SIGKILL);
	}
	fclose(f);
}

static void cost_add(struct cost *c, const struct rusage *u)
{
	c->user_us += u->ru_utime.tv_sec * (long long)US + u->ru_utime.tv_usec;
	c->sys_us += u->ru_stime.tv_sec * (long long)US + u->ru_stime.tv_usec;
	if (u->ru_maxrss > c->largest_kib)
		c->largest_kib = u->ru_maxrss;
}

/* Waits for the command, then for all that it left to us.  None of them is polled for
 * while it runs: a look would cost what is being measured. */
static void wait_all(pid_t pid, int pidfd, int limit_s, bool memory, struct cost *c)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	long long begin = now_us(), limit = begin + limit_s * (long long)US;
	struct rusage u;
	int status;
	pid_t got;

	while (poll(&p, 1, memory ? MEMORY_TICK_MS : TICK_MS) == 0) {
		long kib = memory ? tree_kib(getpid()) : 0;

		if (kib > c->all_kib)
			c->all_kib = kib;
		if (!c->timed_out && now_us() > limit) {
			c->timed_out = true;
			tree_kill(getpid());
		}
	}
	c->wall_us += now_us() - begin;
	limit = now_us() + LEFT_S * (long long)US;
	for (;;) {
		got = wait4(-1, &status, WNOHANG, &u);
		if (got < 0 && errno == ECHILD)
			return;
		if (got > 0) {
			cost_add(c, &u);
			if (got == pid)
				c->status = WIFEXITED(status) ? WEXITSTATUS(status) :
					    128 + WTERMSIG(status);
			continue;
		}
		if (now_us() > limit)
			tree_kill(getpid());
		poll(NULL, 0, 1);
	}
}

static void run_once(char **command, int limit_s, bool memory, long uid, struct cost *c)
{
	pid_t pid = vfork();
	int pidfd;

	if (pid < 0)
		die("vfork");
	if (!pid) {
		close(REPORT_FD);
		/* glibc's tell all threads, and after vfork() those are our parent's. */
		if (uid >= 0 && (syscall(SYS_setgroups, 0, NULL) < 0 ||
				 syscall(SYS_setresgid, uid, uid, uid) < 0 ||
				 syscall(SYS_setresuid, uid, uid, uid) < 0))
			_exit(126);
		execvp(command[0], command);
		_exit(127);
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		die("pidfd_open");
	wait_all(pid, pidfd, limit_s, memory, c);
	close(pidfd);
}

int main(int argc, char **argv)
{
	int opt, limit_s = 600, times = 1;
	struct cost c = { 0 };
	bool memory = false;
	long uid = -1;

	while ((opt = getopt(argc, argv, "+t:mr:u:")) != -1) {
		switch (opt) {
		case 't': limit_s = atoi(optarg); break;
		case 'r': times = atoi(optarg); break;
		case 'u': uid = atol(optarg); break;
		case 'm': memory = true; break;
		default: return 99;
		}
	}
	if (optind >= argc || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		die("runx");
	while (times--)
		run_once(argv + optind, limit_s, memory, uid, &c);
	dprintf(REPORT_FD, "%d %lld %lld %lld %ld %ld %d\n", c.status, c.wall_us,
		c.user_us, c.sys_us, c.largest_kib, c.all_kib, c.timed_out);
	return 0;
}
