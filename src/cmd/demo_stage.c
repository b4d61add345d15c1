/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stage of leakscan demo: starts scripts, and sees to it that none outlives us.
 *
 * No signal is sent. Whatever is started here, or is started by that in turn, watches a
 * FIFO whose only write end is ours (see examples/downloader): it ends when we close it,
 * and the kernel closes it for us when we die, SIGKILL included. A small guard process
 * waits for the same moment, then for the last watcher, and removes the directory.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/demo_stage.h"

#define GUARD_LIMIT_MS 10000

/* The names of the FIFOs: one for the server and one for each act. */
static const char *const lifeline_names[] = { "server.life", "leaky.life", "fixed.life" };

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static void sleep_ms(long ms)
{
	const struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

int stage_wait(struct stage *s, int fd, long ms)
{
	struct pollfd set[2] = { { .fd = s->signal_fd, .events = POLLIN },
				 { .fd = fd, .events = POLLIN } };
	const long long end = now_ms() + ms;

	for (;;) {
		const long long left = end - now_ms();
		const int n = poll(set, 2, left > 0 ? (int)left : 0);

		if (n > 0 && set[0].revents) {
			struct signalfd_siginfo info;

			if (read(s->signal_fd, &info, sizeof(info)) == sizeof(info))
				s->stopped_by = (int)info.ssi_signo;
			return -EINTR;
		}
		if (n > 0)
			return 1;
		if (left <= 0)
			return 0;
	}
}

int path_join(char *path, size_t size, const char *dir, const char *name)
{
	const int n = snprintf(path, size, "%s/%s", dir, name);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* ---- the guard ------------------------------------------------------------------- */

static void remove_dir(const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	if (stream) {
		while ((entry = readdir(stream)))
			if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
				unlinkat(dirfd(stream), entry->d_name, 0);
		closedir(stream);
	}
	rmdir(dir);
}

/* Is somebody still reading a lifeline? Opening a FIFO for writing without blocking
 * fails with ENXIO when it has no reader (fifo(7)): then all who watched it are gone. */
static bool lifeline_watched(const char *dir)
{
	char path[PATH_MAX];
	bool watched = false;

	for (size_t i = 0; i < LIFE_COUNT; i++) {
		int fd;

		if (path_join(path, sizeof(path), dir, lifeline_names[i]))
			continue;
		fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0) {
			watched = true;
			close(fd);
		}
	}
	return watched;
}

/* Runs in a process of its own: waits for the end of the demo, however it comes. */
static _Noreturn void guard_main(const char *dir, int fd)
{
	const int null = open("/dev/null", O_RDWR);
	bool watched;
	long long end;
	char byte;

	/* A Ctrl-C is for the demo, and whoever reads our output must see it end. */
	setsid();
	for (int i = 0; i < 3 && null >= 0; i++)
		dup2(null, i);
	while (read(fd, &byte, 1) < 0 && errno == EINTR)
		;
	end = now_ms() + GUARD_LIMIT_MS;
	while ((watched = lifeline_watched(dir)) && now_ms() < end)
		sleep_ms(20);
	remove_dir(dir);
	_exit(watched);
}

static int guard_start(struct stage *s)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	s->guard = fork();
	if (s->guard < 0) {
		const int rc = -errno;

		close(ends[0]);
		close(ends[1]);
		return rc;
	}
	if (!s->guard) {
		/* The signals stay blocked here: only the end of the demo ends the guard. */
		close(ends[1]);
		guard_main(s->dir, ends[0]);
	}
	close(ends[0]);
	s->guard_fd = ends[1];
	return 0;
}

/* ---- what is started -------------------------------------------------------------- */

/* Makes lifeline @which. Reading as well keeps the open from waiting for a reader; the
 * reading end is closed again so that only those who watch count as readers. */
int lifeline_open(struct stage *s, enum lifeline which)
{
	char path[PATH_MAX];
	int rc = path_join(path, sizeof(path), s->dir, lifeline_names[which]);
	int reader;

	if (rc)
		return rc;
	if (mkfifo(path, 0600) < 0)
		return -errno;
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (reader < 0)
		return -errno;
	s->life[which] = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	rc = s->life[which] < 0 ? -errno : 0;
	close(reader);
	return rc;
}

void lifeline_close(struct stage *s, enum lifeline which)
{
	if (s->life[which] >= 0)
		close(s->life[which]);
	s->life[which] = -1;
}

pid_t script_start(struct stage *s, enum lifeline which, const char *script,
		   const char *const *args, int *out)
{
	char life[PATH_MAX];
	int ends[2], rc;
	pid_t pid;

	rc = path_join(life, sizeof(life), s->dir, lifeline_names[which]);
	if (rc)
		return rc;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		rc = -errno;
	if (!pid) {
		char *argv[] = { (char *)"python3", (char *)script, (char *)args[0],
				 args[0] ? (char *)args[1] : NULL, NULL };
		const int null = open("/dev/null", O_RDONLY);

		/* Held through exec on purpose: it makes a script that does not know of
		 * its lifeline count as a watcher too, so that the guard waits for it. */
		open(life, O_RDONLY | O_NONBLOCK);
		setsid();
		dup2(null, 0);
		dup2(ends[1], 1);
		dup2(ends[1], 2);
		setenv("DEMO_LIFELINE", life, 1);
		setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
		sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
		execvp("python3", argv);
		_exit(127);
	}
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return rc;
	}
	*out = ends[0];
	return pid;
}

/* ---- open and close -------------------------------------------------------------- */

int stage_open(struct stage *s)
{
	const char *tmp = getenv("TMPDIR");
	sigset_t stop;
	int rc;

	for (int i = 0; i < LIFE_COUNT; i++)
		s->life[i] = -1;
	s->stopped_by = 0;
	rc = path_join(s->dir, sizeof(s->dir), tmp && *tmp ? tmp : "/tmp",
			   "leakscan-demo-XXXXXX");

	if (rc)
		return rc;
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, &s->old_mask);
	s->signal_fd = signalfd(-1, &stop, SFD_CLOEXEC);
	if (s->signal_fd < 0)
		return -errno;
	if (!mkdtemp(s->dir)) {
		rc = -errno;
		close(s->signal_fd);
		return rc;
	}
	rc = guard_start(s);
	if (rc) {
		rmdir(s->dir);
		close(s->signal_fd);
	}
	return rc;
}

int stage_close(struct stage *s)
{
	int status = 1;

	for (int i = 0; i < LIFE_COUNT; i++)
		lifeline_close(s, (enum lifeline)i);
	close(s->guard_fd);
	while (waitpid(s->guard, &status, 0) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
	close(s->signal_fd);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EBUSY;
}

