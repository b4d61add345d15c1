/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mkleak KIND: makes one real leak, says "ROLE PID START" for each process, then "ready",
 * and ends all of it when stdin closes.  Linux has no lifeline that leaves no trace: a
 * pipe would be shared evidence, PDEATHSIG fires when the wrong parent dies.  So a guard
 * that is no relative of the target holds pidfds of all and a pipe to us; however we die,
 * it ends them.  Before it exists, and should it be killed too, each part's own alarm
 * does.
 */
#include "mkleak.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct kind *const families[] = {
	orphan_kinds, live_kinds, decoy_kinds, zombie_kinds,
	hostile_kinds, fd_kinds, pipe_kinds, reap_kinds, NULL,
};

enum { MADE_MAX = 64, LOG_FD = 8 };

struct made {
	char role[16];
	pid_t pid;
	long long start;
	int pidfd;
};

/* What one process of mkleak is; set once in main(), before anything runs. */
static struct {
	const struct kind *kind;
	pid_t parent;
} self;

_Noreturn void die(const char *what)
{
	fprintf(stderr, "mkleak: %s: %s\n", what, strerror(errno));
	dprintf(REPORT_FD, "failed 0 0 %s: %s\n", what, strerror(errno));
	_exit(1);
}

_Noreturn void skip(const char *why)
{
	dprintf(REPORT_FD, "skip 0 0 %s\n", why);
	_exit(SKIP_STATUS);
}

int must(int ret, const char *what)
{
	if (ret == -1)
		die(what);
	return ret;
}

long long start_of(pid_t pid, char *state)
{
	char path[64], buf[1024];
	long long start = -1;
	char *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	buf[n] = '\0';
	/* comm may hold anything, so count from the last parenthesis */
	p = strrchr(buf, ')');
	if (!p)
		return -1;
	if (state)
		*state = p[2];
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (p)
		start = strtoll(p, NULL, 10);
	return start;
}

bool await_state(pid_t pid, char state)
{
	for (int i = 0; i < 5000; i++) {
		char now = 0;

		if (start_of(pid, &now) < 0)
			now = 0;
		if (now == state)
			return true;
		usleep(1000);
	}
	return false;
}

pid_t first_parent(void)
{
	return self.parent;
}

void say_pid(const char *role, pid_t pid)
{
	char line[80];
	int n = snprintf(line, sizeof(line), "%s %d %lld\n", role, pid,
			 start_of(pid, NULL));

	if (write(REPORT_FD, line, (size_t)n) != n)
		die("report");
}

void say(const char *role)
{
	say_pid(role, getpid());
}

void say_orphaned(const char *role)
{
	while (getppid() == self.parent)
		usleep(500);
	say(role);
}

void say_fact(const char *name, unsigned long long value)
{
	dprintf(REPORT_FD, "fact 0 0 %s %llu\n", name, value);
}

void report_close(void)
{
	close(REPORT_FD);
}

_Noreturn void rest(void)
{
	report_close();
	for (;;)
		pause();
}

static void stdio_set(unsigned int flags)
{
	int null = must(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");

	must(dup2(null, 0), "dup2");
	for (int fd = 1; (flags & SPAWN_NULL) && fd <= 2; fd++)
		must(dup2(null, fd), "dup2");
	close(null);
}

pid_t spawn(enum part part, unsigned int flags)
{
	static char *const no_env[] = { NULL };
	pid_t parent = getpid();
	char number[16], parent_text[16], name[40];
	char *argv[] = { name, (char *)self.kind->name, number, parent_text, NULL };
	pid_t pid = must(fork(), "fork");

	if (pid)
		return pid;
	if (flags & SPAWN_SESSION)
		must(setsid(), "setsid");
	if (flags & SPAWN_GROUP)
		must(setpgid(0, 0), "setpgid");
	if (flags & SPAWN_NOHUP)
		signal(SIGHUP, SIG_IGN);
	if (flags & SPAWN_KEEP)
		setenv("LEAKSCAN_KEEP", "1", 1);
	stdio_set(flags);
	snprintf(number, sizeof(number), "%d", part);
	snprintf(parent_text, sizeof(parent_text), "%d", parent);
	snprintf(name, sizeof(name), "mkleak-part%s",
		 flags & SPAWN_ODDNAME ? "\033[2J|\n'\xff\xe2\x80\xae\r%n" : "");
	execve("/proc/self/exe", argv, flags & SPAWN_NOENV ? no_env : environ);
	die("exec");
}

void spawn_orphaned(enum part part, unsigned int flags)
{
	pid_t middle = must(fork(), "fork");

	if (!middle) {
		spawn(part, flags);
		_exit(0);
	}
	must(waitpid(middle, NULL, 0), "waitpid");
}

static const struct kind *kind_find(const char *name)
{
	for (size_t f = 0; families[f]; f++)
		for (const struct kind *k = families[f]; k->name; k++)
			if (!strcmp(k->name, name))
				return k;
	return NULL;
}

static void kinds_list(void)
{
	for (size_t f = 0; families[f]; f++)
		for (const struct kind *k = families[f]; k->name; k++)
			printf("%-26s %s\n", k->name, k->what);
}

static bool made_add(struct made *made, int *n, const char *line)
{
	struct made m = { .pidfd = -1 };

	if (sscanf(line, "%15s %d %lld", m.role, &m.pid, &m.start) != 3 || m.pid < 2)
		return true;
	if (*n == MADE_MAX)
		return false;
	m.pidfd = (int)syscall(SYS_pidfd_open, m.pid, 0);
	/* after the open: the number may have changed hands before it; a victim is the
	 * one whose stat may never answer, and it cannot die unnoticed */
	if (m.pidfd >= 0 && strcmp(m.role, "victim") &&
	    start_of(m.pid, NULL) != m.start) {
		close(m.pidfd);
		m.pidfd = -1;
	}
	made[(*n)++] = m;
	return true;
}

static void end_all(const struct made *made, int n)
{
	for (int i = 0; i < n; i++)
		if (made[i].pidfd >= 0)
			syscall(SYS_pidfd_send_signal, made[i].pidfd, SIGKILL, NULL, 0);
}

/* The process that ends the situation when the front cannot; never returns. */
static _Noreturn void guard_run(const struct made *made, int n, int lifeline)
{
	char byte;

	setsid();
	prctl(PR_SET_NAME, "mkleak-guard");
	stdio_set(SPAWN_NULL);
	close(LOG_FD);
	while (read(lifeline, &byte, 1) < 0 && errno == EINTR)
		;
	end_all(made, n);
	_exit(0);
}

/* Those that should live to be judged and do not: nobody may scan a corpse unawares. */
static int early_deaths_count(const struct kind *k, const struct made *made, int n)
{
	int dead = 0;

	for (int i = 0; i < n; i++) {
		struct pollfd p = { .fd = made[i].pidfd, .events = POLLIN };
		bool meant = !strcmp(made[i].role, "zombie") ||
			(!strcmp(made[i].role, "target") && k->target_dies);

		if (meant || (made[i].pidfd >= 0 && poll(&p, 1, 0) == 0))
			continue;
		fprintf(stderr, "mkleak: %s: %s %d ended by itself\n", k->name,
			made[i].role, made[i].pid);
		dead++;
	}
	return dead;
}

/* Poll until all are dead; zombies that somebody keeps are dead too. */
static int survivors_count(const struct made *made, int n)
{
	int left = 0;

	for (int i = 0; i < n; i++) {
		struct pollfd p = { .fd = made[i].pidfd, .events = POLLIN };

		if (made[i].pidfd >= 0 && poll(&p, 1, 10000) != 1)
			left++;
	}
	return left;
}

/* Read the announcements until every part has come to rest.  Returns the number made, or
 * the negated exit status. */
static int situation_read(int report, struct made *made)
{
	FILE *f = fdopen(report, "r");
	int n = 0, status = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "skip ", 5))
			status = SKIP_STATUS;
		else if (!strncmp(line, "failed ", 7) || !made_add(made, &n, line))
			status = 1;
		if (!strncmp(line, "skip 0 0 ", 9) || !strncmp(line, "fact 0 0 ", 9))
			printf("%.4s %s", line, line + 9);
		else
			fputs(line, stdout);
	}
	if (f)
		fclose(f);
	fflush(stdout);
	if (!status)
		return n;
	end_all(made, n);
	return -status;
}

/* What an announcement cannot promise of itself: the dead are dead. */
static bool situation_settled(const struct kind *k, const struct made *made, int n)
{
	for (int i = 0; i < n; i++) {
		if (!strcmp(made[i].role, "zombie") && !await_state(made[i].pid, 'Z'))
			return false;
		if (!strcmp(made[i].role, "target") && k->target_dies &&
		    !await_state(made[i].pid, 0))
			return false;
	}
	return true;
}

static void stdin_drain(void)
{
	char buf[256];
	ssize_t n;

	do
		n = read(STDIN_FILENO, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EINTR));
}

static int front_run(const struct kind *k)
{
	struct made made[MADE_MAX];
	int report[2], lifeline[2], log, n, left;
	pid_t launcher, guard;

	/* whatever our caller left open would be shared by all, and take our fixed
	 * numbers */
	syscall(SYS_close_range, 3, ~0U, 0);
	setsid(); /* the launcher's own session; fails under a job-control shell, no
		     matter */
	signal(SIGPIPE, SIG_IGN);
	must(pipe2(report, O_CLOEXEC), "pipe");
	must(pipe2(lifeline, O_CLOEXEC), "pipe");
	must(dup2(report[1], REPORT_FD), "dup2");
	close(report[1]);
	/* the log that the launcher gives to all it starts, in place of our own stdout */
	log = must(memfd_create("log", MFD_CLOEXEC), "memfd");
	must(dup3(log, LOG_FD, O_CLOEXEC), "dup3");
	close(log);
	alarm(LAST_RESORT_S);

	launcher = must(fork(), "fork");
	if (!launcher) {
		/* the launcher proper: a child, so that our stdout is never in its hands
		 */
		must(dup2(LOG_FD, 1), "dup2");
		must(dup2(LOG_FD, 2), "dup2");
		close(lifeline[0]);
		close(lifeline[1]);
		close(report[0]);
		alarm(LAST_RESORT_S);
		k->run(PART_FRONT);
		say("launcher");
		report_close();
		for (;;) /* a target of ours that ends is reaped, as a shell would */
			if (waitpid(-1, NULL, 0) < 0)
				pause();
	}
	close(REPORT_FD);
	n = situation_read(report[0], made);
	if (n < 0) {
		kill(launcher, SIGKILL);
		waitpid(launcher, NULL, 0);
		return -n;
	}
	guard = must(fork(), "fork");
	if (!guard) {
		close(lifeline[1]);
		guard_run(made, n, lifeline[0]);
	}
	close(lifeline[0]);
	if (situation_settled(k, made, n)) {
		printf("ready\n");
		fflush(stdout);
		stdin_drain();
		left = early_deaths_count(k, made, n);
	} else {
		fprintf(stderr, "mkleak: %s: the situation did not settle\n", k->name);
		left = 1;
	}
	end_all(made, n);
	left += survivors_count(made, n);
	close(lifeline[1]);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	return left ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct kind *k;
	sigset_t none;

	if (argc == 2 && !strcmp(argv[1], "--list")) {
		kinds_list();
		return 0;
	}
	/* dispositions come in through exec: whoever started us may ignore SIGCHLD */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	k = argc >= 2 ? kind_find(argv[1]) : NULL;
	if (!k || (argc != 2 && argc != 4)) {
		fprintf(stderr, "usage: mkleak KIND | mkleak --list\n");
		return 2;
	}
	self.kind = k;
	if (argc == 2)
		return front_run(k);
	self.parent = (pid_t)atoi(argv[3]);
	/* not the "exe" that execve() of the link left */
	prctl(PR_SET_NAME, "mkleak-part");
	alarm(LAST_RESORT_S);
	k->run((enum part)atoi(argv[2]));
	return 1;
}
