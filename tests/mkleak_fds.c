/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors that are forgotten, and near misses that only look so.  A single look never
 * tells growth from a high level: the growing kinds go on for as long as they are
 * watched.
 */
#include "mkleak.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	GROWTH_US = 250000,
	TOOTH_SIZE = 20,
	TOOTH_US = 80000,
	BURST_AFTER_US = 3000000,
	BURST_SIZE = 60,
	SAME_FILE_SIZE = 40,
	EMPTY_EPOLLS = 12,
	DELETED_LOGS = 8,
	LOG_BYTES = 65536,
	CLOSE_WAITS = 12,
	STALE_PIDFDS = 3,
	CHILD_US = 400000,
	INHERITED_FD = 21,
};

/* All parts but the target are started by it; the front only starts the target. */
static bool is_target(enum part part)
{
	if (part == PART_FRONT)
		spawn(PART_TARGET, SPAWN_SESSION);
	return part == PART_TARGET;
}

static void fd_growth(enum part part)
{
	if (!is_target(part))
		return;
	say("target");
	report_close();
	for (;;) {
		must(eventfd(0, EFD_CLOEXEC), "eventfd");
		usleep(GROWTH_US);
	}
}

static void fd_sawtooth(enum part part)
{
	int fds[TOOTH_SIZE];

	if (!is_target(part))
		return;
	say("target");
	report_close();
	for (;;) {
		for (int i = 0; i < TOOTH_SIZE; i++) {
			fds[i] = must(eventfd(0, EFD_CLOEXEC), "eventfd");
			usleep(TOOTH_US);
		}
		for (int i = 0; i < TOOTH_SIZE; i++)
			close(fds[i]);
	}
}

static void fd_burst(enum part part)
{
	if (!is_target(part))
		return;
	say("target");
	report_close();
	usleep(BURST_AFTER_US);
	for (int i = 0; i < BURST_SIZE; i++)
		must(eventfd(0, EFD_CLOEXEC), "eventfd");
	rest();
}

static void fd_multiplicity(enum part part)
{
	if (!is_target(part))
		return;
	for (int i = 0; i < SAME_FILE_SIZE; i++)
		must(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open");
	say("target");
	rest();
}

static void fd_empty_epoll(enum part part)
{
	if (!is_target(part))
		return;
	for (int i = 0; i < EMPTY_EPOLLS; i++)
		say_fact("fd", (unsigned long long)must(epoll_create1(EPOLL_CLOEXEC),
							"epoll_create1"));
	say("target");
	rest();
}

/* A file that is deleted as soon as it has something in it. */
static int deleted_open(const char *dir, const char *name, int number, int mode)
{
	static const char zeros[LOG_BYTES];
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.%d", dir, name, number);
	fd = must(open(path, mode | O_CREAT | O_EXCL | O_CLOEXEC, 0600), "open");
	if (write(fd, zeros, sizeof(zeros)) != (ssize_t)sizeof(zeros)) {
		unlink(path);
		die("write");
	}
	unlink(path);
	return fd;
}

static void deleted_make(const char *name, int n, int mode)
{
	char dir[] = "/tmp/mkleak-XXXXXX";

	if (!mkdtemp(dir))
		die("mkdtemp");
	for (int i = 0; i < n; i++)
		say_fact("fd", (unsigned long long)deleted_open(dir, name, i, mode));
	rmdir(dir);
}

static void fd_deleted_logs(enum part part)
{
	if (!is_target(part))
		return;
	deleted_make("app.log", DELETED_LOGS, O_WRONLY);
	say("target");
	rest();
}

static void fd_tmpfile(enum part part)
{
	if (!is_target(part))
		return;
	deleted_make("tmpfile", 1, O_RDWR);
	must(memfd_create("scratch", MFD_CLOEXEC), "memfd");
	say("target");
	rest();
}

/* Connections to ourselves whose client side has been closed. */
static void connections_forget(int listening, int n)
{
	struct sockaddr_in to;
	socklen_t size = sizeof(to);
	char byte;

	must(getsockname(listening, (struct sockaddr *)&to, &size), "getsockname");
	for (int i = 0; i < n; i++) {
		int client = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
				  "socket");
		int server;

		must(connect(client, (struct sockaddr *)&to, size), "connect");
		server = must(accept4(listening, NULL, NULL, SOCK_CLOEXEC), "accept");
		close(client);
		/* the end of the stream has arrived: the state is CLOSE_WAIT */
		must((int)recv(server, &byte, 1, MSG_PEEK), "recv");
		say_fact("fd", (unsigned long long)server);
	}
}

static void close_wait(enum part part)
{
	if (!is_target(part))
		return;
	connections_forget(listen_tcp(), CLOSE_WAITS);
	say("target");
	rest();
}

static void close_wait_one(enum part part)
{
	if (!is_target(part))
		return;
	connections_forget(listen_tcp(), 1);
	say("target");
	rest();
}

/* Another program, which knows nothing of what it inherits; it ends by itself. */
static void helper_start(const char *number)
{
	char seconds[16];
	pid_t pid;

	snprintf(seconds, sizeof(seconds), "%d", LAST_RESORT_S);
	pid = must(fork(), "fork");
	if (!pid) {
		close(REPORT_FD);
		execlp("sleep", "sleep", seconds, number, NULL);
		_exit(1);
	}
	/* named only once it is that program */
	for (int i = 0; i < 5000; i++) {
		char path[64], exe[256], own[256];
		ssize_t n, m;

		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		n = readlink(path, exe, sizeof(exe));
		m = readlink("/proc/self/exe", own, sizeof(own));
		if (n > 0 && (n != m || memcmp(exe, own, (size_t)n) != 0))
			break;
		usleep(1000);
	}
	say_pid("child", pid);
}

static void listen_and_start(const char *number)
{
	int fd = listen_tcp();

	must(dup2(fd, INHERITED_FD), "dup2");
	close(fd);
	say_fact("fd", INHERITED_FD);
	say("target");
	helper_start(number);
	rest();
}

static void inherited_listen(enum part part)
{
	if (is_target(part))
		listen_and_start(NULL);
}

static void inherited_announced(enum part part)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", INHERITED_FD);
	if (is_target(part))
		listen_and_start(number);
}

static void pidfd_stale(enum part part)
{
	if (!is_target(part))
		return;
	for (int i = 0; i < STALE_PIDFDS; i++) {
		pid_t pid = must(fork(), "fork");
		int fd;

		if (!pid)
			_exit(0);
		fd = (int)syscall(SYS_pidfd_open, pid, 0);
		if (fd < 0)
			skip("no pidfds here");
		must(waitpid(pid, NULL, 0), "waitpid");
		say_fact("fd", (unsigned long long)fd);
	}
	say("target");
	rest();
}

/* They end with the target, so nobody need know their names. */
static void child_growth(enum part part)
{
	if (!is_target(part))
		return;
	say("target");
	report_close();
	for (;;) {
		pid_t parent = getpid();

		if (!must(fork(), "fork")) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			alarm(LAST_RESORT_S);
			if (getppid() != parent)
				_exit(0);
			for (;;)
				pause();
		}
		usleep(CHILD_US);
	}
}

static void *thread_rest(void *leader)
{
	pthread_join(*(pthread_t *)leader, NULL);
	/* the process is a dead leader now; its table is this thread's */
	report_close();
	for (;;)
		pause();
	return NULL;
}

/* The target's pipe has a writer: a thread of a process whose /proc/PID/fd is empty. */
static void dead_leader_fds(enum part part)
{
	static pthread_t leader;
	pthread_t thread;
	int ends[2];

	if (is_target(part)) {
		must(pipe2(ends, O_CLOEXEC), "pipe");
		must(dup2(ends[1], INHERITED_FD), "dup2");
		close(ends[1]);
		say_fact("fd", (unsigned long long)ends[0]);
		say("target");
		spawn(PART_OTHER, 0);
		close(INHERITED_FD);
		rest();
	}
	if (part == PART_FRONT)
		return;
	say("leader");
	leader = pthread_self();
	if (pthread_create(&thread, NULL, thread_rest, &leader))
		die("pthread_create");
	pthread_exit(NULL);
}

const struct kind fd_kinds[] = {
	{ "fd-growth", "an eventfd more every 250 ms", fd_growth, false },
	{ "fd-sawtooth", "up to 20 more, then all closed", fd_sawtooth, false },
	{ "fd-burst", "60 at once after 3 s, then none", fd_burst, false },
	{ "fd-multiplicity", "one file opened 40 times", fd_multiplicity, false },
	{ "fd-empty-epoll", "12 epolls that watch nothing", fd_empty_epoll, false },
	{ "fd-deleted-logs", "8 deleted logs", fd_deleted_logs, false },
	{ "fd-tmpfile", "one deleted file, one memfd", fd_tmpfile, false },
	{ "close-wait", "12 connections whose peer has closed", close_wait, false },
	{ "close-wait-one", "one such connection", close_wait_one, false },
	{ "inherited-listen", "a helper has the listening socket", inherited_listen,
	  false },
	{ "inherited-announced", "a helper was told the socket's number",
	  inherited_announced, false },
	{ "pidfd-stale", "pidfds of the reaped", pidfd_stale, false },
	{ "child-growth", "a child more every 400 ms", child_growth, false },
	{ "dead-leader-fds", "the pipe's writer is a thread without its leader",
	  dead_leader_fds, false },
	{ NULL, NULL, NULL, false },
};
