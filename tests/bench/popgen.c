/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * popgen -n N -f F [-a APP] [-c] [-i %] [-o %] [-z %] -- COMMAND...: a population of
 * exactly N sleeping processes with exactly F descriptors each, in a pid, mount and net
 * namespace of its own; COMMAND runs in it once all are asleep, and its exit status is
 * ours.  Applications of APP processes, each a session as a service manager would start
 * it: root, workers, leaves; -o so many of all are orphans, -z zombies (no descriptors).
 * -i: so many of the descriptors of each are ends of its root's pipes, as inherited.  -c:
 * stderr of all is one pipe, as in a container; else each application has a log.
 *
 * Nothing of it can be left behind: the kernel ends a pid namespace with its init, and
 * that dies with COMMAND, or with us (PDEATHSIG).  Not root: in a user namespace.
 *
 * COMMAND's environment has POPGEN_PROCESSES, _FDS (of each), _APPS, _ORPHANS, _ZOMBIES
 * and, of one application in the middle, _APP (pid of its root), _APP_PROCESSES,
 * _APP_ORPHANS, _APP_ZOMBIES.  Exit status 77: namespaces cannot be made here; 99:
 * something broke.
 */
#include "popgen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	STATUS_CANNOT = 77,
	STATUS_BROKEN = 99,
	APP_NUMBERS = 9,	/* the arguments of an application */
	STILL_TRIES = 600,	/* of 100 ms, for the last process to fall asleep */
};

static struct popgen want = {
	.fds = 10, .app = 50, .orphan_percent = 2, .zombie_percent = 1,
	.inherit_percent = 20,
};
static struct shared *shared;
static int shared_fd, complaints = STDERR_FILENO;
static char app_name[] = "pop-app";

__attribute__((format(printf, 2, 3)))
_Noreturn static void quit(int status, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	dprintf(complaints, "popgen: ");
	vdprintf(complaints, format, ap);
	dprintf(complaints, "\n");
	va_end(ap);
	_exit(status);
}

static long number(const char *text, long least)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < least)
		quit(2, "%s is no number from %ld on", text, least);
	return n;
}

/* What follows from what was asked. */
static void want_fill(void)
{
	want.apps = (want.processes + want.app - 1) / want.app;
	want.orphans = want.processes * want.orphan_percent / 100;
	want.zombies = want.processes * want.zombie_percent / 100;
}

static void shared_map(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      shared_fd, 0);
	if (shared == MAP_FAILED)
		quit(STATUS_BROKEN, "mmap: %s", strerror(errno));
}

static struct app app_of(long i)
{
	struct app a = { .processes = popgen_share(want.processes, i, want.apps) };

	a.workers = a.processes > 2 * POPGEN_WORKERS ? POPGEN_WORKERS : a.processes > 1;
	a.leaves = a.processes - 1 - a.workers;
	a.orphans = popgen_share(want.orphans, i, want.apps);
	a.zombies = popgen_share(want.zombies, i, want.apps);
	if (a.orphans + a.zombies > a.leaves)
		quit(2, "too many orphans and zombies for %ld processes", a.processes);
	return a;
}

/* The namespace */

/* Takes what COMMAND will have as stdin to stderr out of the population's way, and gives
 * that one stderr, for those who keep it: a pipe that we read. */
static void streams_keep(int kept[3])
{
	int i, log[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (pipe2(log, O_CLOEXEC) < 0)
		quit(STATUS_BROKEN, "pipe: %s", strerror(errno));
	for (i = 0; i < 3; i++) {
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
		if (i == STDERR_FILENO)
			complaints = kept[i];
		if (kept[i] < 0 || dup2(i == STDERR_FILENO ? log[1] : null, i) < 0)
			quit(STATUS_BROKEN, "stdin to stderr: %s", strerror(errno));
	}
	close(null);
	close(log[1]);
}

static void file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		dprintf(complaints, "popgen: %s: %s\n", path, strerror(errno));
	close(fd);
}

static void pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

static char state_of(long pid)
{
	char path[64], line[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	line[n] = '\0';
	p = strrchr(line, ')');
	return p && p[1] ? p[2] : 0;
}

/* All stand; the last of them may not sleep yet.  Pids of a young namespace are dense. */
static void wait_still(long last)
{
	int tries = STILL_TRIES;
	long pid = 2;
	char state;

	while (pid <= last) {
		state = state_of(pid);
		if (!state || state == 'S' || state == 'Z') {
			pid++;
			continue;
		}
		if (!tries--)
			quit(STATUS_BROKEN, "%ld does not fall asleep (%c)", pid, state);
		pause_ms(100);
	}
}

static void wait_standing(void)
{
	while (atomic_load(&shared->standing) < want.processes) {
		if (atomic_load(&shared->broken))
			quit(STATUS_BROKEN, "%s: %s", shared->why,
			     strerror(atomic_load(&shared->broken)));
		if (waitpid(-1, NULL, WNOHANG) > 0)
			quit(STATUS_BROKEN, "an application has ended");
		pause_ms(5);
	}
}

static void env_number(const char *name, long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", value);
	setenv(name, text, 1);
}

static void env_fill(pid_t app_pid, const struct app *app)
{
	env_number("POPGEN_PROCESSES", want.processes);
	env_number("POPGEN_FDS", want.fds);
	env_number("POPGEN_APPS", want.apps);
	env_number("POPGEN_ORPHANS", want.orphans);
	env_number("POPGEN_ZOMBIES", want.zombies);
	env_number("POPGEN_APP", app_pid);
	env_number("POPGEN_APP_PROCESSES", app->processes);
	env_number("POPGEN_APP_ORPHANS", app->orphans);
	env_number("POPGEN_APP_ZOMBIES", app->zombies);
}

/* Also reaps what COMMAND leaves to us. */
static int command_run(const int kept[3])
{
	pid_t pid = fork(), got;
	int i, status;

	if (!pid) {
		for (i = 0; i < 3; i++)
			dup2(kept[i], i);
		execvp(want.command[0], want.command);
		quit(127, "%s: %s", want.command[0], strerror(errno));
	}
	if (pid < 0)
		quit(STATUS_BROKEN, "fork: %s", strerror(errno));
	do {
		got = waitpid(-1, &status, 0);
	} while (got != pid && (got > 0 || errno == EINTR));
	if (got < 0)
		return STATUS_BROKEN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void namespace_enter(int lifeline)
{
	struct pollfd p = { .fd = lifeline, .events = POLLIN };

	/* Whoever started us may have died before this was in force. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || poll(&p, 1, 0) != 0)
		_exit(STATUS_BROKEN);
	close(lifeline);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		quit(STATUS_CANNOT, "no proc of a new namespace: %s", strerror(errno));
	/* Since Linux 6.14 each namespace has its own; the machine's bounds it too. */
	file_write("/proc/sys/kernel/pid_max", "4194304");
}

/* What a service manager gives a service: some programs read it of every process. */
static void service_env(long i)
{
	char own[64];

	clearenv();
	setenv("LANG", "C.UTF-8", 1);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", 1);
	setenv("SHELL", "/bin/sh", 1);
	setenv("LOG_LEVEL", "info", 1);
	snprintf(own, sizeof(own), "service-%ld", i);
	setenv("USER", own, 1);
	setenv("LOGNAME", own, 1);
	snprintf(own, sizeof(own), "/var/lib/service-%ld", i);
	setenv("HOME", own, 1);
	setenv("PWD", own, 1);
	setenv("STATE_DIRECTORY", own, 1);
	snprintf(own, sizeof(own), "/run/service-%ld", i);
	setenv("RUNTIME_DIRECTORY", own, 1);
	snprintf(own, sizeof(own), "postgresql://service-%ld@localhost/service", i);
	setenv("DATABASE_URL", own, 1);
}

/* An application is a program of its own, with an address layout of its own and a short
 * name: argv[0] is app_name, then come its number and what was asked. */
_Noreturn static void app_exec(long i)
{
	const long numbers[APP_NUMBERS] = {
		i, shared_fd, want.processes, want.fds, want.app,
		want.orphan_percent, want.zombie_percent, want.inherit_percent,
		want.one_stderr,
	};
	char text[APP_NUMBERS][24], *argv[APP_NUMBERS + 2] = { app_name };
	size_t n;

	for (n = 0; n < APP_NUMBERS; n++) {
		snprintf(text[n], sizeof(text[n]), "%ld", numbers[n]);
		argv[n + 1] = text[n];
	}
	fcntl(shared_fd, F_SETFD, 0);
	service_env(i);
	execv("/proc/self/exe", argv);
	quit(STATUS_BROKEN, "cannot run myself: %s", strerror(errno));
}

_Noreturn static void app_main(char **argv)
{
	struct app app;

	shared_fd = (int)number(argv[2], 0);
	want.processes = number(argv[3], 1);
	want.fds = number(argv[4], 1);
	want.app = number(argv[5], 1);
	want.orphan_percent = number(argv[6], 0);
	want.zombie_percent = number(argv[7], 0);
	want.inherit_percent = number(argv[8], 0);
	want.one_stderr = number(argv[9], 0);
	want_fill();
	shared_map();
	app = app_of(number(argv[1], 0));
	popgen_root(&want, &app, shared);
}

_Noreturn static void init_main(int lifeline)
{
	long i, middle = want.apps / 2;
	pid_t pid, app_pid = 0;
	struct app app;
	int kept[3];

	namespace_enter(lifeline);
	streams_keep(kept);
	for (i = 0; i < want.apps; i++) {
		app_of(i);
		pid = fork();
		if (!pid)
			app_exec(i);
		if (pid < 0)
			quit(STATUS_BROKEN, "fork: %s", strerror(errno));
		if (i == middle)
			app_pid = pid;
	}
	wait_standing();
	/* One more process has a pid above all of theirs. */
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	wait_still(pid);
	app = app_of(middle);
	env_fill(app_pid, &app);
	_exit(command_run(kept));
}

/* Outside */

static void namespaces_make(void)
{
	int flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET;
	unsigned uid = getuid(), gid = getgid();
	char map[64];

	if (unshare(flags) == 0)
		return;
	if (errno != EPERM || unshare(flags | CLONE_NEWUSER) < 0)
		quit(STATUS_CANNOT, "no new namespaces: %s", strerror(errno));
	snprintf(map, sizeof(map), "0 %u 1", uid);
	file_write("/proc/self/uid_map", map);
	file_write("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", gid);
	file_write("/proc/self/gid_map", map);
}

static void limits_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void options_read(int argc, char **argv)
{
	int opt;

	while ((opt = getopt(argc, argv, "+n:f:a:ci:o:z:")) != -1) {
		switch (opt) {
		case 'n': want.processes = number(optarg, 1); break;
		case 'f': want.fds = number(optarg, POPGEN_FDS_LEAST); break;
		case 'a': want.app = number(optarg, 1); break;
		case 'c': want.one_stderr = 1; break;
		case 'i': want.inherit_percent = number(optarg, 0); break;
		case 'o': want.orphan_percent = number(optarg, 0); break;
		case 'z': want.zombie_percent = number(optarg, 0); break;
		default: exit(2);
		}
	}
	if (!want.processes || optind >= argc)
		quit(2, "-n N -f F [-a APP] [-c] [-i %%] [-o %%] [-z %%] -- COMMAND...");
	want.command = argv + optind;
	want_fill();
}

int main(int argc, char **argv)
{
	int status, lifeline[2];
	pid_t init;

	if (argc == APP_NUMBERS + 1 && strcmp(argv[0], app_name) == 0)
		app_main(argv);
	options_read(argc, argv);
	limits_raise();
	shared_fd = memfd_create("popgen", MFD_CLOEXEC);
	if (shared_fd < 0 || ftruncate(shared_fd, sizeof(*shared)) < 0 ||
	    pipe2(lifeline, O_CLOEXEC) < 0)
		quit(STATUS_BROKEN, "%s", strerror(errno));
	shared_map();
	namespaces_make();
	init = fork();
	if (init < 0)
		quit(STATUS_CANNOT, "fork: %s", strerror(errno));
	if (!init) {
		close(lifeline[1]);
		init_main(lifeline[0]);
	}
	while (waitpid(init, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_BROKEN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
