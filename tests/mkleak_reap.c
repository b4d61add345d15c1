/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Orphans that do not go easily, each in its own way, and zombies whose parent can be
 * nudged.  The target led a session and is dead, so whose they are is never in doubt.
 */
#include "mkleak.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN_N = 3, ZOMBIES_N = 4, LANE_LIFE_US = 20000, MANY_N = 200, THOUSAND_N = 1000 };

/* True in the orphan, once it is one and has said so. */
static bool is_orphan(enum part part)
{
	if (part == PART_FRONT) {
		spawn(PART_TARGET, SPAWN_SESSION);
	} else if (part == PART_TARGET) {
		say("target");
		spawn(PART_ORPHAN, 0);
		_exit(1);
	}
	if (part != PART_ORPHAN)
		return false;
	say_orphaned("orphan");
	return true;
}

static void term_ignored(enum part part)
{
	if (!is_orphan(part))
		return;
	signal(SIGTERM, SIG_IGN);
	rest();
}

static void term_blocked(enum part part)
{
	sigset_t term;

	if (!is_orphan(part))
		return;
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	rest();
}

static void stopped(enum part part)
{
	if (!is_orphan(part))
		return;
	report_close();
	raise(SIGSTOP);
	rest();
}

/* Looks like state D until its child lets it go. */
static void vfork_parent(enum part part)
{
	if (!is_orphan(part))
		return;
	report_close();
	/* NOLINTNEXTLINE: it is the point */
	if (!vfork())
		for (;;)
			pause();
	rest();
}

static void nap(void)
{
	alarm(LAST_RESORT_S);
	report_close();
	for (;;)
		pause();
}

static void respawn(enum part part)
{
	if (!is_orphan(part))
		return;
	for (int i = 0; i < CHILDREN_N; i++)
		if (!must(fork(), "fork"))
			nap();
	report_close();
	for (;;) {
		if (waitpid(-1, NULL, 0) > 0 && !must(fork(), "fork"))
			nap();
	}
}

/* A process that lives for a moment and hands on to its child, for ever. */
static _Noreturn void lane(void)
{
	for (int i = 0; i < LAST_RESORT_S * (1000000 / LANE_LIFE_US); i++) {
		usleep(LANE_LIFE_US);
		if (fork() > 0)
			_exit(0);
	}
	_exit(0);
}

static void storm(enum part part, int lanes)
{
	if (!is_orphan(part))
		return;
	signal(SIGTERM, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < lanes; i++)
		if (!must(fork(), "fork")) {
			report_close();
			lane();
		}
	rest();
}

static void storm_1(enum part part)
{
	storm(part, 1);
}

static void storm_4(enum part part)
{
	storm(part, 4);
}

static void storm_16(enum part part)
{
	storm(part, 16);
}

static void many(enum part part)
{
	if (!is_orphan(part))
		return;
	for (int i = 0; i < MANY_N; i++)
		if (!must(fork(), "fork"))
			nap();
	rest();
}

static void end_children(const pid_t *pids, int n)
{
	for (int i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
}

/* A thousand processes, it and those below it; the machine may have no room for them. */
static void thousand(enum part part)
{
	static pid_t pids[THOUSAND_N];

	if (!is_orphan(part))
		return;
	for (int i = 0; i < THOUSAND_N - 1; i++) {
		pids[i] = fork();
		if (!pids[i])
			nap();
		if (pids[i] < 0) {
			end_children(pids, i);
			skip("no room for 1,000 processes");
		}
	}
	rest();
}

/* Nobody reads what it writes, and SIGPIPE does not end it. */
static void sigpipe(enum part part)
{
	int ends[2];

	if (!is_orphan(part))
		return;
	signal(SIGPIPE, SIG_IGN);
	must(pipe(ends), "pipe");
	close(ends[0]);
	report_close();
	for (;;) {
		if (write(ends[1], "x", 1) != -1 || errno != EPIPE)
			_exit(1);
		usleep(1000);
	}
}

static void other_user(enum part part)
{
	if (!is_orphan(part))
		return;
	if (geteuid())
		skip("only root can become another user");
	must(setresuid(65534, 65534, 65534), "setresuid");
	rest();
}

/* Its child traces it, and swallows what it is sent. */
static void traced(enum part part)
{
	pid_t us = getpid(), child;
	int status;

	if (!is_orphan(part))
		return;
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	child = must(fork(), "fork");
	if (child)
		rest();
	alarm(LAST_RESORT_S);
	must((int)ptrace(PTRACE_SEIZE, us, NULL, NULL), "ptrace");
	say("tracer");
	report_close();
	while (waitpid(us, &status, __WALL) > 0)
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, us, NULL, NULL);
	rest();
}

static void reap_all(int sig)
{
	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void reap_one(int sig)
{
	(void)sig;
	waitpid(-1, NULL, WNOHANG);
}

static void zombies(enum part part, void (*handler)(int))
{
	siginfo_t info;

	if (part == PART_FRONT)
		spawn(PART_TARGET, SPAWN_SESSION);
	if (part != PART_TARGET)
		return;
	say("target");
	for (int i = 0; i < ZOMBIES_N; i++) {
		pid_t pid = must(fork(), "fork");

		if (!pid)
			_exit(1);
		must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), "waitid");
		say_pid("zombie", pid);
	}
	signal(SIGCHLD, handler);
	rest();
}

static void zombies_late(enum part part)
{
	zombies(part, reap_all);
}

static void zombies_one(enum part part)
{
	zombies(part, reap_one);
}

const struct kind reap_kinds[] = {
	{ "reap-term-ignored", "an orphan that ignores SIGTERM", term_ignored, true },
	{ "reap-term-blocked", "an orphan that blocks SIGTERM", term_blocked, true },
	{ "reap-stopped", "an orphan that is stopped", stopped, true },
	{ "reap-vfork", "an orphan that waits for its vfork child", vfork_parent, true },
	{ "reap-respawn", "a supervisor that starts its children anew", respawn, true },
	{ "reap-storm-1", "one lane of processes that hand on, deaf to SIGTERM", storm_1, true },
	{ "reap-storm-4", "four such lanes", storm_4, true },
	{ "reap-storm-16", "sixteen such lanes", storm_16, true },
	{ "reap-many", "an orphan with 200 children", many, true },
	{ "reap-thousand", "an orphan with 999 children", thousand, true },
	{ "reap-sigpipe", "an orphan that writes into a broken pipe for ever", sigpipe, true },
	{ "reap-other-user", "an orphan that is another user's", other_user, true },
	{ "reap-traced", "an orphan whose child traces it", traced, true },
	{ "reap-zombies-late", "zombies whose parent learnt to wait too late", zombies_late, false },
	{ "reap-zombies-one", "zombies whose parent waits for one per signal", zombies_one, false },
	{ NULL, NULL, NULL, false },
};
