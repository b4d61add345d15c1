/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes one kind of process tree, prints the pids that will stay as "pid N" lines, and ends
 * with status 0.  Whatever it leaves ends by itself after a minute, so that a failing test
 * leaves nothing for long.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIFE_S 60
#define CHURN_S 120

static void told(pid_t pid)
{
	printf("pid %d\n", (int)pid);
	fflush(stdout);
}

static void linger(void)
{
	alarm(LIFE_S);
	for (;;)
		pause();
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (!pid)
		linger();
	return pid;
}

static void plain(int n)
{
	for (int i = 0; i < n; i++)
		told(sleeper());
}

static void deaf(int n)
{
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	plain(n);
}

/* Its parent is gone, its session its own, its environment empty. */
static void daemonized(int n)
{
	static char *const nothing[] = { NULL };
	static char *const args[] = { (char *)"sleep", (char *)"60", NULL };

	(void)n;
	if (fork() == 0) {
		pid_t pid;

		setsid();
		pid = fork();
		if (!pid)
			execve("/bin/sleep", args, nothing);
		told(pid);
		_exit(0);
	}
	wait(NULL);
}

static void subreaper(int n)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		if (fork() == 0) {
			plain(n);
			_exit(0);
		}
		linger();
	}
	told(pid);
	usleep(100000);
}

/* Each link forks the next and exits.  Their dead must not use up the pids of the machine,
 * and an alarm is not inherited: so they count, and look at the clock. */
static void churn(int lanes)
{
	struct rlimit few = { 2000, 2000 };
	time_t end = time(NULL) + CHURN_S;

	signal(SIGTERM, SIG_IGN);
	setrlimit(RLIMIT_NPROC, &few);
	for (int i = 0; i < lanes; i++) {
		if (fork())
			continue;
		while (time(NULL) < end) {
			pid_t pid;

			/* as fast as it can be, a storm is felt by everybody on the machine */
			usleep(5000);
			pid = fork();

			if (pid > 0)
				_exit(0);
			if (pid < 0)
				usleep(100);
		}
		_exit(0);
	}
}

static void stopped(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t pid = sleeper();
		siginfo_t info;

		kill(pid, SIGSTOP);
		waitid(P_PID, (id_t)pid, &info, WSTOPPED);
		told(pid);
	}
}

static void vforked(int n)
{
	pid_t pid = fork();

	(void)n;
	if (!pid) {
		pid_t inner = vfork();

		if (!inner) {
			alarm(LIFE_S);
			for (;;)
				pause();
		}
		_exit(0);
	}
	told(pid);
	usleep(100000);
}

static void traced(int n)
{
	int ready[2];
	char byte;
	pid_t tracer;

	(void)n;
	if (pipe(ready))
		exit(1);
	tracer = fork();
	if (!tracer) {
		pid_t pid = fork();

		if (!pid) {
			ptrace(PTRACE_TRACEME, 0, NULL, NULL);
			raise(SIGSTOP);
			linger();
		}
		waitpid(pid, NULL, 0);
		told(pid);
		if (write(ready[1], "x", 1) != 1)
			_exit(1);
		linger();
	}
	told(tracer);
	if (read(ready[0], &byte, 1) != 1)
		exit(1);
}

static void writer(int n)
{
	pid_t pid = fork();

	(void)n;
	if (!pid) {
		signal(SIGPIPE, SIG_IGN);
		alarm(LIFE_S);
		for (;;) {
			if (write(STDERR_FILENO, "", 0) < 0)
				usleep(1000);
			usleep(1000);
		}
	}
	told(pid);
}

static void respawner(int n)
{
	pid_t pid = fork();

	if (!pid) {
		for (int i = 0; i < n; i++)
			told(sleeper());
		for (int i = 0; i < 1000; i++) {
			wait(NULL);
			sleeper();
		}
		_exit(0);
	}
	told(pid);
	usleep(100000);
}

static void deep(int n)
{
	for (int i = 0; i < n; i++) {
		if (fork()) {
			if (i)
				linger();
			usleep(200000);
			return;
		}
	}
	linger();
}

static void forget(int sig)
{
	(void)sig;
}

static void zombies(int n)
{
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();
		siginfo_t info;

		if (!pid)
			_exit(7);
		waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
		told(pid);
	}
}

/* Parents that live on, each with a zombie, and each in a way of its own not to collect it. */
static void zombie_keepers(int n)
{
	static void (*const ways[])(int) = { SIG_DFL, SIG_IGN, forget };
	sigset_t blocked;

	(void)n;
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	for (int way = 0; way < 5; way++) {
		pid_t pid = fork(), child;
		siginfo_t info;

		if (pid) {
			/* the last one is stopped */
			waitid(P_PID, (id_t)pid, &info, WSTOPPED);
			if (way < 4)
				kill(pid, SIGCONT);
			told(pid);
			continue;
		}
		if (way == 3)
			sigprocmask(SIG_BLOCK, &blocked, NULL);
		child = fork();
		if (!child)
			_exit(7);
		waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
		/* too late for the kernel to reap it */
		signal(SIGCHLD, ways[way < 3 ? way : 0]);
		raise(SIGSTOP);
		linger();
	}
}

/* As a copy that is setuid root: a child that the user who called it may not signal. */
static void other_user(int n)
{
	if (setresuid(geteuid(), geteuid(), geteuid()) == 0)
		plain(n);
}

/* Children that live as long as it does; says how many it could make. */
static void crowd(int n)
{
	pid_t us = getpid();
	int made = 0;

	while (made < n) {
		pid_t pid = fork();

		if (pid < 0)
			break;
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				if (getppid() != us)
					_exit(0);
				else
					pause();
		}
		made++;
	}
	printf("made %d\n", made);
	fflush(stdout);
	alarm(LIFE_S * 5);
	pause();
}

static const struct { const char *name; void (*make)(int n); } kinds[] = {
	{ "plain", plain }, { "deaf", deaf }, { "daemonized", daemonized },
	{ "subreaper", subreaper }, { "churn", churn }, { "stopped", stopped },
	{ "vforked", vforked }, { "traced", traced }, { "writer", writer },
	{ "respawner", respawner }, { "deep", deep }, { "zombies", zombies },
	{ "zombie-keepers", zombie_keepers }, { "other-user", other_user },
	{ "crowd", crowd },
};

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[2]) : 1;

	for (size_t i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, argv[1])) {
			kinds[i].make(n);
			return 0;
		}
	fprintf(stderr, "usage: mktree KIND [N]\n");
	return 2;
}
