/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes of all kinds; many_fds.c has those that are about descriptors.  Each holds the
 * write end of one pipe until it rests: end of file there means that all do.
 */
#include "many_kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REPORT_FD = 700, NOBODY = 65534, A_DAY_S = 86400, MANY_STACK = 65536 };

static const char *cgroup_dir;

const char *many_cgroup(void)
{
	return cgroup_dir;
}

int many_must(int ret, const char *what)
{
	if (ret >= 0)
		return ret;
	fprintf(stderr, "cannot make the population: %s: %s\n", what, strerror(errno));
	_exit(1);
}

void many_ready(void)
{
	close(REPORT_FD);
}

void many_rest(void)
{
	many_ready();
	for (;;)
		pause();
}

/* A child that rests, too. */
static pid_t child(void)
{
	pid_t pid = many_must(fork(), "fork");

	if (!pid)
		many_rest();
	return pid;
}

static void forked(void)
{
	child();
}

static void execed(void)
{
	char *const args[] = { (char *)"sleep", (char *)"86400", NULL };
	char *const env[] = { (char *)"EMPTY=", (char *)"NAME=a value of some length", NULL };

	many_must(fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC), "fcntl");
	execve("/bin/sleep", args, env);
	many_must(-1, "execve /bin/sleep");
}

static void has_waited(void)
{
	pid_t pid = many_must(fork(), "fork");

	if (!pid) {
		/* has had page faults, which its parent inherits */
		char *page = mmap(NULL, MANY_STACK, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		memset(page, 1, MANY_STACK);
		_exit(0);
	}
	many_must(waitpid(pid, NULL, 0), "waitpid");
}

/* Dead, and nobody waits: by exit, by a signal. */
static void zombies(void)
{
	siginfo_t info;

	for (int i = 0; i < 3; i++) {
		pid_t pid = many_must(fork(), "fork");

		if (!pid) {
			if (i == 1)
				kill(getpid(), SIGKILL);
			_exit(i ? 7 : 0);
		}
		many_must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), "waitid");
	}
}

/* Its parent is gone: init has it now. */
static void orphan(void)
{
	pid_t parent = getpid();

	if (many_must(fork(), "fork"))
		_exit(0);
	while (getppid() == parent)
		sched_yield();
}

static void *thread_rests(void *name)
{
	if (name)
		prctl(PR_SET_NAME, name);
	for (;;)
		pause();
	return NULL;
}

static void thread(void *(*run)(void *), void *context)
{
	pthread_t t;

	if (pthread_create(&t, NULL, run, context))
		many_must(-1, "pthread_create");
}

static void threads(void)
{
	thread(thread_rests, (void *)"first");
	thread(thread_rests, (void *)"second");
	thread(thread_rests, NULL);
}

static void *thread_files(void *context)
{
	(void)context;
	many_must(unshare(CLONE_FILES), "unshare files");
	many_must(dup2(0, 90), "dup2");
	many_ready();
	return thread_rests(NULL);
}

/* Its threads do not agree on what descriptor 90 and 91 are. */
static void unshared_files(void)
{
	thread(thread_files, NULL);
	many_must(dup2(0, 91), "dup2");
}

static void *survivor(void *context)
{
	(void)context;
	many_ready();
	return thread_rests((void *)"survivor");
}

static void dead_leader(void)
{
	thread(survivor, NULL);
	syscall(SYS_exit, 0);
}

static int shares_files(void *context)
{
	(void)context;
	many_rest();
}

/* Two processes with one table of descriptors. */
static void shared_files(void)
{
	char *stack = malloc(MANY_STACK);

	many_must(stack ? clone(shares_files, stack + MANY_STACK, CLONE_FILES | SIGCHLD, NULL) : -1,
		  "clone");
}

static void nobody(void)
{
	many_must(setgid(NOBODY), "setgid");
	many_must(setuid(NOBODY), "setuid");
}

static void effective_nobody(void)
{
	many_must(setresgid(-1, NOBODY, -1), "setresgid");
	many_must(setresuid(-1, NOBODY, -1), "setresuid");
}

static void own_session(void)
{
	many_must(setsid(), "setsid");
	child();
}

static void own_group(void)
{
	many_must(setpgid(0, 0), "setpgid");
	child();
}

static void odd_name(void)
{
	prctl(PR_SET_NAME, "\033[1m)\n\xff S 1");
}

static void empty_name(void)
{
	prctl(PR_SET_NAME, "");
}

static void stops_itself(bool is_traced)
{
	pid_t pid = many_must(fork(), "fork");

	if (!pid) {
		many_ready();
		if (is_traced)
			many_must((int)ptrace(PTRACE_TRACEME, 0, NULL, NULL), "ptrace");
		kill(getpid(), SIGSTOP);
		many_rest();
	}
	many_must(waitpid(pid, NULL, WUNTRACED), "waitpid");
}

static void stopped(void)
{
	stops_itself(false);
}

static void traced(void)
{
	stops_itself(true);
}

/* In state D, without a driver that has failed. */
static void vfork_waits(void)
{
	char *stack = malloc(MANY_STACK);

	many_must(stack ? clone(shares_files, stack + MANY_STACK,
				CLONE_VFORK | CLONE_FILES | SIGCHLD, NULL) : -1, "clone");
}

static void handler(int sig)
{
	(void)sig;
}

static void signals(void)
{
	sigset_t set;

	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGUSR1, handler);
	signal(SIGCHLD, handler);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGRTMAX);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGRTMAX);
	syscall(SYS_tgkill, getpid(), gettid(), SIGINT);
}

static void set_limit(int which, rlim_t soft, rlim_t hard)
{
	struct rlimit limit = { soft, hard };

	many_must(setrlimit(which, &limit), "setrlimit");
}

static void limits(void)
{
	set_limit(RLIMIT_NOFILE, 77, 777);
	set_limit(RLIMIT_LOCKS, 123456789, UINT64_C(1) << 40);
}

static void no_limits(void)
{
	set_limit(RLIMIT_NOFILE, 0, 0);
	set_limit(RLIMIT_LOCKS, RLIM_INFINITY, RLIM_INFINITY);
}

/* One namespace and two namespaces below, with a zombie there. */
static void nested(void)
{
	siginfo_t info;
	pid_t pid;

	for (int depth = 0; depth < 2; depth++) {
		many_must(unshare(CLONE_NEWPID), "unshare");
		if (many_must(fork(), "fork"))
			many_rest();
	}
	child();
	pid = many_must(fork(), "fork");
	if (!pid)
		_exit(1);
	many_must(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), "waitid");
}

/* What it has open is on a mount that nobody else has. */
static void own_mounts(void)
{
	many_must(unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET), "unshare");
	many_must(mount("none", ".", "tmpfs", 0, NULL), "mount");
	many_must(chdir("."), "chdir");
	many_must(open("over", O_CREAT | O_RDWR, 0600), "open");
	many_must(socket(AF_INET, SOCK_STREAM, 0), "socket");
}

static void own_root(void)
{
	many_must(open("before", O_CREAT | O_RDWR, 0600), "open");
	many_must(mkdir("root", 0700), "mkdir");
	many_must(chroot("root"), "chroot");
	many_must(chdir("/"), "chdir");
	many_must(open("/inside", O_CREAT | O_RDWR, 0600), "open");
}

static void in_cgroup(void)
{
	char path[512];
	int fd;

	if (!many_cgroup())
		return;
	snprintf(path, sizeof(path), "%s/cgroup.procs", many_cgroup());
	fd = many_must(open(path, O_WRONLY), "cgroup.procs");
	many_must((int)write(fd, "0", 1), "cgroup.procs");
	close(fd);
	child();
}

static void reads_pipe(void)
{
	int ends[2];
	char byte;

	many_must(pipe(ends), "pipe");
	many_ready();
	while (read(ends[0], &byte, 1) < 0)
		;
}

static void writes_pipe(void)
{
	static char page[4096];
	int ends[2];

	many_must(pipe(ends), "pipe");
	many_ready();
	for (;;)
		many_must((int)write(ends[1], page, sizeof(page)), "write");
}

static void polls(void)
{
	struct pollfd none = { .fd = -1 };

	many_ready();
	for (;;)
		poll(&none, 1, -1);
}

static void waits(void)
{
	child();
	many_ready();
	for (;;)
		waitpid(-1, NULL, 0);
}

static void sleeps(void)
{
	many_ready();
	for (;;)
		sleep(A_DAY_S);
}

static void locks(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	many_ready();
	pthread_mutex_lock(&lock);
	pthread_mutex_lock(&lock);
}

const struct many_kind many_process_kinds[] = {
	{ "forked", forked }, { "execed", execed }, { "has-waited", has_waited },
	{ "zombies", zombies }, { "orphan", orphan }, { "threads", threads },
	{ "unshared-files", unshared_files }, { "dead-leader", dead_leader },
	{ "shared-files", shared_files }, { "nobody", nobody },
	{ "effective", effective_nobody }, { "own-session", own_session },
	{ "own-group", own_group }, { "odd-name", odd_name }, { "empty-name", empty_name },
	{ "stopped", stopped }, { "traced", traced }, { "vfork-waits", vfork_waits },
	{ "signals", signals }, { "limits", limits }, { "no-limits", no_limits },
	{ "nested", nested }, { "own-mounts", own_mounts }, { "own-root", own_root },
	{ "in-cgroup", in_cgroup }, { "reads-pipe", reads_pipe },
	{ "writes-pipe", writes_pipe }, { "polls", polls }, { "waits", waits },
	{ "sleeps", sleeps }, { "locks", locks }, { NULL, NULL },
};

static void make(const char *dir, const struct many_kind *kind)
{
	char path[512];

	if (many_must(fork(), "fork"))
		return;
	snprintf(path, sizeof(path), "%s/%s", dir, kind->name);
	many_must(mkdir(path, 0700), "mkdir");
	many_must(chdir(path), "chdir");
	syscall(SYS_close_range, 3, REPORT_FD - 1, 0);	/* the caller's */
	prctl(PR_SET_NAME, kind->name);
	kind->run();
	many_rest();
}

void many_kinds_make(const char *dir, const char *cgroup)
{
	int report[2];
	char byte;

	cgroup_dir = cgroup;
	many_must(pipe(report), "pipe");
	many_must(dup2(report[1], REPORT_FD), "dup2");
	close(report[1]);
	for (const struct many_kind *k = many_process_kinds; k->name; k++)
		make(dir, k);
	for (const struct many_kind *k = many_fd_kinds; k->name; k++)
		make(dir, k);
	many_ready();
	many_must((int)read(report[0], &byte, 1), "read");
	close(report[0]);
}
