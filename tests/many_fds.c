/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors of all kinds: see many_kinds.h. */
#include "many_kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void pipes(void)
{
	int ends[2];

	many_must(pipe(ends), "pipe");
	many_must(pipe2(ends, O_CLOEXEC | O_NONBLOCK), "pipe2");
	many_must((int)write(ends[1], "12345", 5), "write");
	many_must(pipe(ends), "pipe");
	close(ends[0]);
	many_must(pipe(ends), "pipe");
	close(ends[1]);
	many_must(mkfifo("fifo", 0600), "mkfifo");
	many_must(open("fifo", O_RDWR), "open");
}

static void *in_un(struct sockaddr_un *a, const char *path)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strcpy(a->sun_path, path);
	return a;
}

static void unix_sockets(void)
{
	struct sockaddr_un a;
	int ends[2], fd;

	many_must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
	many_must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), "socketpair");
	many_must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), "socketpair");
	close(ends[0]);
	fd = many_must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
	many_must(bind(fd, in_un(&a, "listens"), sizeof(a)), "bind");
	many_must(listen(fd, 4), "listen");
	fd = many_must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
	many_must(connect(fd, in_un(&a, "listens"), sizeof(a)), "connect");
	many_must(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
}

static void tcp(int family, struct sockaddr *a, socklen_t n)
{
	int listens = many_must(socket(family, SOCK_STREAM, 0), "socket"), fd;

	many_must(bind(listens, a, n), "bind");
	many_must(listen(listens, 4), "listen");
	many_must(getsockname(listens, a, &n), "getsockname");
	for (int i = 0; i < 2; i++) {
		fd = many_must(socket(family, SOCK_STREAM, 0), "socket");
		many_must(connect(fd, a, n), "connect");
		many_must((int)write(fd, "unread", 6), "write");
		many_must(accept(listens, NULL, NULL), "accept");
		if (i)
			close(fd);	/* the other end is in CLOSE_WAIT */
	}
}

static void inet_sockets(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 b = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int probe = socket(AF_INET6, SOCK_STREAM, 0);

	tcp(AF_INET, (struct sockaddr *)&a, sizeof(a));
	if (probe >= 0 && !bind(probe, (struct sockaddr *)&b, sizeof(b)))
		tcp(AF_INET6, (struct sockaddr *)&b, sizeof(b));
	many_must(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	many_must(socket(AF_NETLINK, SOCK_RAW, 0), "socket");
	many_must(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "socket");
}

static int file(const char *path, int flags)
{
	return many_must(open(path, O_CREAT | flags, 0600), path);
}

static void files(void)
{
	int fd;

	file("read", O_RDONLY);
	file("write", O_WRONLY | O_APPEND | O_CLOEXEC);
	file("both", O_RDWR | O_NONBLOCK);
	file("is not (deleted)", O_RDWR);
	file("odd \n\t\\\xff name", O_RDWR);
	fd = file("gone", O_RDWR);
	many_must((int)write(fd, "takes room", 10), "write");
	many_must(unlink("gone"), "unlink");
	file("gone (deleted)", O_RDWR);
	many_must(unlink("gone (deleted)"), "unlink");
	file("was", O_RDWR);
	many_must(rename("was", "is"), "rename");
	many_must(open(".", O_TMPFILE | O_RDWR, 0600), "O_TMPFILE");
	many_must(open(".", O_RDONLY | O_DIRECTORY), "open");
	many_must(open("both", O_PATH), "O_PATH");
	many_must(symlink("both", "link"), "symlink");
	many_must(open("link", O_PATH | O_NOFOLLOW), "O_PATH");
	many_must(dup(fd), "dup");
}

static void locked_files(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	many_must(flock(file("flock", O_RDWR), LOCK_EX), "flock");
	many_must(flock(file("shared", O_RDWR), LOCK_SH), "flock");
	many_must(fcntl(file("posix", O_RDWR), F_SETLK, &lock), "F_SETLK");
	lock.l_len = 1;
	many_must(fcntl(file("ofd", O_RDWR), F_OFD_SETLK, &lock), "F_OFD_SETLK");
	many_must(fcntl(file("lease", O_RDONLY), F_SETLEASE, F_RDLCK), "F_SETLEASE");
	/* a child has it open, and not the posix one's lock */
	if (!many_must(fork(), "fork"))
		many_rest();
}

/* Longer than any buffer that fits into a stack frame. */
static void deep_files(void)
{
	char name[201];

	memset(name, 'd', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int depth = 0; depth < 25; depth++) {
		many_must(mkdir(name, 0700), "mkdir");
		many_must(chdir(name), "chdir");
		if (depth % 4 == 0)
			file("deep", O_RDWR);
	}
	many_must(chdir("/"), "chdir");
}

static void devices(void)
{
	many_must(open("/dev/null", O_RDWR), "open");
	many_must(open("/dev/zero", O_RDONLY | O_CLOEXEC), "open");
	many_must(open("/proc/self/status", O_RDONLY), "open");
	many_must(open("/proc/self/ns/net", O_RDONLY), "open");
	if (posix_openpt(O_RDWR | O_NOCTTY) < 0 && errno != ENOENT)
		many_must(-1, "posix_openpt");
}

static void events(void)
{
	struct epoll_event e = { .events = EPOLLIN };
	int watched = many_must(eventfd(3, 0), "eventfd"), fd;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	many_must(eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE), "eventfd");
	many_must(epoll_create1(0), "epoll");
	fd = many_must(epoll_create1(EPOLL_CLOEXEC), "epoll");
	many_must(epoll_ctl(fd, EPOLL_CTL_ADD, watched, &e), "epoll_ctl");
	many_must(timerfd_create(CLOCK_MONOTONIC, 0), "timerfd");
	many_must(signalfd(-1, &set, 0), "signalfd");
	many_must(inotify_init1(0), "inotify");
	fd = many_must(inotify_init1(IN_CLOEXEC), "inotify");
	many_must(inotify_add_watch(fd, ".", IN_CREATE), "inotify");
	many_must(memfd_create("a memfd", MFD_CLOEXEC), "memfd");
	many_must(memfd_create("x (deleted)", MFD_ALLOW_SEALING), "memfd");
}

static void pidfds(void)
{
	pid_t gone;

	many_must((int)syscall(SYS_pidfd_open, getpid(), 0), "pidfd_open");
	many_must((int)syscall(SYS_pidfd_open, 1, 0), "pidfd_open");
	gone = many_must(fork(), "fork");
	if (!gone)
		_exit(0);
	many_must((int)syscall(SYS_pidfd_open, gone, 0), "pidfd_open");
	many_must(waitpid(gone, NULL, 0), "waitpid");
}

/* Sparse, and more than fit into one read of a directory. */
static void many(void)
{
	struct rlimit limit;
	int fd = file("many", O_RDWR);

	many_must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	many_must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	for (int i = 1000; i < 3000; i++)
		many_must(dup2(fd, i), "dup2");
	many_must(dup2(fd, (int)(limit.rlim_max < 9000 ? limit.rlim_max : 9000) - 1), "dup2");
}

static void none(void)
{
	many_ready();
	syscall(SYS_close_range, 0, ~0U, 0);
}

const struct many_kind many_fd_kinds[] = {
	{ "pipes", pipes }, { "unix-sockets", unix_sockets }, { "inet-sockets", inet_sockets },
	{ "files", files }, { "locked-files", locked_files }, { "deep-files", deep_files },
	{ "devices", devices }, { "events", events }, { "pidfds", pidfds }, { "many", many },
	{ "none", none }, { NULL, NULL },
};
