/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zombies, one reason each why the parent does not reap; what only looks like one (a dead
 * leader whose threads live on); and descriptor limits.  Nothing in /proc says why a
 * parent does not wait: it must be read from its signal masks, its state and the tracer
 * of the dead.
 */
#include "mkleak.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ZOMBIES_MANY = 20, FD_SOFT_LIMIT = 200, CHILD_STATUS = 7 };

/* A child that is dead and announced when we return.  `sig` 0: it exits with
 * CHILD_STATUS. */
static pid_t zombie_make(int sig)
{
	static const struct rlimit no_core = { 0, 0 };
	siginfo_t info;
	pid_t pid = must(fork(), "fork");

	if (!pid) {
		setrlimit(RLIMIT_CORE, &no_core);
		if (sig)
			raise(sig);
		_exit(CHILD_STATUS);
	}
	must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), "waitid");
	say_pid("zombie", pid);
	return pid;
}

static bool is_target(enum part part)
{
	if (part == PART_FRONT)
		spawn(PART_TARGET, SPAWN_SESSION);
	if (part != PART_TARGET)
		return false;
	say("target");
	return true;
}

static void zombie_default(enum part part)
{
	if (!is_target(part))
		return;
	zombie_make(0);
	rest();
}

static void zombie_blocked(enum part part)
{
	sigset_t chld;

	if (!is_target(part))
		return;
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	zombie_make(0);
	rest();
}

static void zombie_ignored_late(enum part part)
{
	if (!is_target(part))
		return;
	zombie_make(0);
	signal(SIGCHLD, SIG_IGN);
	rest();
}

static volatile sig_atomic_t child_died;

static void flag_set(int sig)
{
	(void)sig;
	child_died = 1;
}

static void children_reap(int sig)
{
	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void zombie_handler(enum part part)
{
	if (!is_target(part))
		return;
	signal(SIGCHLD, flag_set);
	zombie_make(0);
	rest();
}

/* A parent that would reap, had it not been stopped before the death. */
static void zombie_stopped_parent(enum part part)
{
	pid_t target = getpid();

	if (!is_target(part))
		return;
	signal(SIGCHLD, children_reap);
	if (!must(fork(), "fork")) {
		alarm(LAST_RESORT_S);
		say("zombie");
		report_close();
		_exit(await_state(target, 'T') ? CHILD_STATUS : 1);
	}
	report_close();
	raise(SIGSTOP);
	rest();
}

static void zombie_signalled(enum part part)
{
	if (!is_target(part))
		return;
	zombie_make(SIGSEGV);
	zombie_make(SIGKILL);
	rest();
}

static void zombie_many(enum part part)
{
	if (!is_target(part))
		return;
	for (int i = 0; i < ZOMBIES_MANY; i++)
		zombie_make(0);
	rest();
}

/* Dead for its tracer, not yet for its parent: waitpid() of the parent does not see it.
 */
static void zombie_traced(enum part part)
{
	pid_t child, tracer;
	int ready[2];
	char byte;

	if (!is_target(part))
		return;
	must(pipe2(ready, O_CLOEXEC), "pipe");
	child = must(fork(), "fork");
	if (!child) {
		alarm(LAST_RESORT_S);
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		report_close();
		must((int)write(ready[1], "r", 1), "write");
		for (;;)
			pause();
	}
	must((int)read(ready[0], &byte, 1), "read");
	tracer = must(fork(), "fork");
	if (!tracer) {
		alarm(LAST_RESORT_S);
		must((int)ptrace(PTRACE_SEIZE, child, NULL, NULL), "ptrace");
		must(kill(child, SIGKILL), "kill");
		if (!await_state(child, 'Z'))
			die("the traced child did not die");
		say_pid("zombie", child);
		say("tracer");
		close(ready[0]);
		close(ready[1]);
		rest();
	}
	close(ready[0]);
	close(ready[1]);
	report_close();
	/* a diligent parent: it asks for this child again and again */
	while (waitpid(child, NULL, WNOHANG) == 0)
		usleep(20000);
	rest();
}

static void *thread_rest(void *leader_status)
{
	(void)leader_status;
	if (await_state(getpid(), 'Z'))
		say("leader");
	rest();
}

static void dead_leader(enum part part)
{
	pthread_t thread;

	if (!is_target(part))
		return;
	if (must(fork(), "fork"))
		rest();
	alarm(LAST_RESORT_S);
	if (pthread_create(&thread, NULL, thread_rest, NULL))
		die("pthread_create");
	pthread_exit(NULL);
}

/* Exactly `open_max` descriptors of FD_SOFT_LIMIT, counted once the report is closed. */
static void fds_fill(int open_max)
{
	const struct rlimit lim = { FD_SOFT_LIMIT, FD_SOFT_LIMIT };

	must(setrlimit(RLIMIT_NOFILE, &lim), "setrlimit");
	/* 0-2 are there; REPORT_FD's number is taken now and free again later */
	for (int n = 3; n < open_max; n++)
		must(open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null");
}

static void fd_limit(enum part part)
{
	if (!is_target(part))
		return;
	fds_fill(FD_SOFT_LIMIT * 95 / 100);
	rest();
}

static void fd_limit_ok(enum part part)
{
	if (!is_target(part))
		return;
	fds_fill(FD_SOFT_LIMIT * 59 / 100);
	rest();
}

const struct kind zombie_kinds[] = {
	{ "zombie-default", "SIGCHLD at its default, no wait", zombie_default, false },
	{ "zombie-blocked", "SIGCHLD blocked", zombie_blocked, false },
	{ "zombie-ignored-late", "SIGCHLD ignored after the death", zombie_ignored_late,
	  false },
	{ "zombie-stopped-parent", "the parent is stopped", zombie_stopped_parent,
	  false },
	{ "zombie-handler", "a handler that only sets a flag", zombie_handler, false },
	{ "zombie-signalled", "two, of SIGSEGV and SIGKILL", zombie_signalled, false },
	{ "zombie-traced", "held by a tracer, not the parent", zombie_traced, false },
	{ "zombie-many", "twenty", zombie_many, false },
	{ "dead-leader", "thread-group leader gone, a thread lives", dead_leader, false },
	{ "fd-limit", "95 % of the soft limit in use", fd_limit, false },
	{ "fd-limit-ok", "59 % of the soft limit in use", fd_limit_ok, false },
	{ NULL, NULL, NULL, false },
};
