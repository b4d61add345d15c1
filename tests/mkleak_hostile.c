/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that fight the scanner: names that attack a terminal, a process that is a new
 * one each millisecond, and two whose /proc files never answer.  The latter need a file
 * system that does not answer, so this file speaks just enough of the raw FUSE protocol
 * (fuse(4), linux/fuse.h) to serve one file and to leave the read of its page unanswered.
 */
#include "mkleak.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FILE_NODE = 2,
	PAGE_BYTES = 4096,
	STUCK_FD = 20, /* the daemon writes here when the page has been asked for */
	FILE_FD = 21,
	CHILD_STACK_BYTES = 65536,
	REFORK_US = 1000,
};

static void name_escape(enum part part)
{
	static const char name[] = "\033[31m|\n\xff\xe2\x80\xae)";

	if (part == PART_FRONT) {
		spawn(PART_TARGET, SPAWN_SESSION);
		return;
	}
	if (part == PART_TARGET) {
		say("target");
		spawn(PART_ORPHAN, SPAWN_ODDNAME);
		_exit(1);
	}
	must(prctl(PR_SET_NAME, name), "prctl");
	say_orphaned("orphan");
	rest();
}

/* Each generation forks the next and exits, so no pidfd can hold it: it watches a pipe
 * that the target keeps, and ends with the target. */
static void reforker(enum part part)
{
	struct pollfd life = { .fd = STUCK_FD, .events = POLLIN };
	int ends[2];

	switch (part) {
	case PART_FRONT:
		spawn(PART_TARGET, SPAWN_SESSION);
		return;
	case PART_TARGET:
		must(pipe2(ends, O_CLOEXEC), "pipe");
		must(dup2(ends[0], STUCK_FD), "dup2");
		say("target");
		spawn_orphaned(PART_OTHER, 0);
		close(STUCK_FD);
		close(ends[0]);
		spawn_orphaned(PART_ORPHAN, 0);
		rest();
	case PART_ORPHAN:
		say_orphaned("orphan");
		rest();
	default:
		report_close();
		while (poll(&life, 1, 0) == 0) {
			if (must(fork(), "fork"))
				_exit(0);
			usleep(REFORK_US);
		}
		_exit(0);
	}
}

static void fuse_reply(int dev, uint64_t unique, int error, const void *data, size_t len)
{
	struct fuse_out_header *out;
	char buf[1024];

	out = (struct fuse_out_header *)buf;
	*out = (struct fuse_out_header){
		.len = (uint32_t)(sizeof(*out) + len),
		.error = error,
		.unique = unique,
	};
	memcpy(buf + sizeof(*out), data, len);
	/* ENOENT: the request was interrupted meanwhile */
	if (write(dev, buf, out->len) < 0 && errno != ENOENT)
		_exit(1);
}

static struct fuse_attr attr_of(uint64_t node)
{
	bool file = node == FILE_NODE;

	return (struct fuse_attr){
		.ino = node,
		.size = file ? PAGE_BYTES : 0,
		.mode = file ? S_IFREG | 0444 : S_IFDIR | 0555,
		.nlink = 1,
		.uid = getuid(),
		.gid = getgid(),
		.blksize = PAGE_BYTES,
	};
}

/* Serve everything but the contents; say on `stuck` that they were asked for. */
static _Noreturn void fuse_serve(int dev, int stuck)
{
	static char request[65536 + 4096];
	const struct fuse_in_header *in = (const struct fuse_in_header *)request;
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = 0,
		.max_write = PAGE_BYTES,
	};
	struct fuse_entry_out entry = { .nodeid = FILE_NODE, .attr = attr_of(FILE_NODE) };
	struct fuse_open_out opened = { .fh = 1 };
	struct fuse_attr_out attr;
	ssize_t n;

	for (;;) {
		n = read(dev, request, sizeof(request));
		if (n < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN))
			continue;
		if (n < (ssize_t)sizeof(*in))
			_exit(0);
		switch (in->opcode) {
		case FUSE_INIT:
			fuse_reply(dev, in->unique, 0, &init, sizeof(init));
			break;
		case FUSE_LOOKUP:
			fuse_reply(dev, in->unique, 0, &entry, sizeof(entry));
			break;
		case FUSE_GETATTR:
			attr = (struct fuse_attr_out){ .attr = attr_of(in->nodeid) };
			fuse_reply(dev, in->unique, 0, &attr, sizeof(attr));
			break;
		case FUSE_OPEN:
			fuse_reply(dev, in->unique, 0, &opened, sizeof(opened));
			break;
		case FUSE_READ:
			if (write(stuck, "r", 1) != 1)
				_exit(1);
			break;
		case FUSE_FORGET:
		case FUSE_BATCH_FORGET:
		case FUSE_INTERRUPT:
			break;
		case FUSE_FLUSH:
		case FUSE_RELEASE:
			fuse_reply(dev, in->unique, 0, NULL, 0);
			break;
		default:
			fuse_reply(dev, in->unique, -ENOSYS, NULL, 0);
		}
	}
}

static _Noreturn void dir_skip(const char *dir, const char *why)
{
	rmdir(dir);
	skip(why);
}

/* The mount lives in a namespace of the daemon and the victim alone; nothing to undo. */
static int fuse_mount(const char *dir)
{
	char options[128];
	int dev;

	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		dir_skip(dir, "no access to /dev/fuse");
	if (unshare(CLONE_NEWNS | (geteuid() ? CLONE_NEWUSER : 0)) < 0)
		dir_skip(dir, "no mount namespace of its own for this user");
	if (geteuid() == 0)
		must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%d,group_id=%d",
		 dev, (int)getuid(), (int)getgid());
	if (mount("mkleak", dir, "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		dir_skip(dir, "mounting a FUSE file system was refused");
	return dev;
}

static void fuse_start(void)
{
	char dir[] = "/tmp/mkleak-XXXXXX", path[64];
	int dev, ends[2], file;

	if (!mkdtemp(dir))
		die("mkdtemp");
	dev = fuse_mount(dir);
	must(pipe2(ends, O_CLOEXEC), "pipe");
	if (!must(fork(), "fork")) {
		alarm(LAST_RESORT_S);
		say("fuse");
		report_close();
		fuse_serve(dev, ends[1]);
	}
	close(dev);
	close(ends[1]);
	snprintf(path, sizeof(path), "%s/page", dir);
	file = must(open(path, O_RDONLY | O_CLOEXEC), path);
	must(dup2(file, FILE_FD), "dup2");
	must(dup2(ends[0], STUCK_FD), "dup2");
	close(file);
	close(ends[0]);
	/* gone from our namespace; the open file keeps the file system alive */
	umount2(dir, MNT_DETACH);
	rmdir(dir);
}

static void *page_read(void *page)
{
	int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char byte;

	/* not a fault: access_remote_vm() keeps mmap_lock while the page is awaited */
	if (pread(mem, &byte, 1, (off_t)(uintptr_t)page) < 0)
		return NULL;
	return page;
}

static void *mmap_queue(void *go)
{
	char byte;

	if (read(*(const int *)go, &byte, 1) == 1)
		mmap(NULL, PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return NULL;
}

static char thread_state(pid_t tid)
{
	char path[64], buf[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	p = strrchr(buf, ')');
	return p ? p[2] : 0;
}

struct queue_thread {
	int go;
	pid_t tid;
};

static void *queue_run(void *arg)
{
	struct queue_thread *q = arg;

	q->tid = (pid_t)syscall(SYS_gettid);
	return mmap_queue(&q->go);
}

/* On return, mmap_lock of this process is held for reading by one thread that waits for
 * the page, and a writer queues behind it: from here on every new reader waits.  Nothing
 * that maps, grows the stack or faults may be done afterwards. */
static void mmap_lock_wedge(void)
{
	static struct queue_thread queue;
	pthread_t reader, writer;
	int go[2];
	char byte;
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_PRIVATE, FILE_FD, 0);

	if (page == MAP_FAILED)
		die("mmap of the FUSE file");
	must(pipe2(go, O_CLOEXEC), "pipe");
	queue.go = go[0];
	if (pthread_create(&writer, NULL, queue_run, &queue) ||
	    pthread_create(&reader, NULL, page_read, page))
		die("pthread_create");
	if (read(STUCK_FD, &byte, 1) != 1 || write(go[1], "g", 1) != 1)
		die("the page was not asked for");
	for (int i = 0; i < 5000 && thread_state(queue.tid) != 'D'; i++)
		usleep(1000);
}

static void victim_family(enum part part)
{
	switch (part) {
	case PART_FRONT:
		spawn(PART_TARGET, SPAWN_SESSION);
		return;
	case PART_TARGET:
		say("target");
		spawn_orphaned(PART_ORPHAN, 0);
		spawn(PART_OTHER, 0);
		rest();
	case PART_ORPHAN:
		say_orphaned("orphan");
		rest();
	default:
		fuse_start();
	}
}

static void memlock(enum part part)
{
	victim_family(part);
	if (part != PART_OTHER)
		return;
	say("victim");
	mmap_lock_wedge();
	rest();
}

struct exec_plan {
	int go;
	char path[16];
};

static int exec_run(void *arg)
{
	struct exec_plan *plan = arg;
	char *const argv[] = { plan->path, NULL };
	char byte;

	close(REPORT_FD); /* a copy of our own: fork without CLONE_FILES */
	/* it will stand in exec_mmap(), with exec_update_lock held, for the old mm's lock
	 */
	if (read(plan->go, &byte, 1) == 1)
		execve(plan->path, argv, argv + 1);
	return 1;
}

/* The state from `status`, the one file that never waits; `stat` would take us in, too.
 */
static char status_state(pid_t pid)
{
	char path[64], buf[256], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	p = strstr(buf, "State:\t");
	return p ? p[7] : 0;
}

static void execlock(enum part part)
{
	static struct exec_plan plan = { .path = "/bin/true" };
	static char stack[CHILD_STACK_BYTES];
	pid_t child;
	int go[2];

	victim_family(part);
	if (part != PART_OTHER)
		return;
	say("holder");
	must(pipe2(go, O_CLOEXEC), "pipe");
	plan.go = go[0];
	/* present before the lock is gone: nothing can be faulted in afterwards */
	memset(stack, 0, sizeof(stack));
	child = must(clone(exec_run, stack + sizeof(stack), CLONE_VM | SIGCHLD, &plan),
		     "clone");
	say_pid("victim", child);
	mmap_lock_wedge();
	must((int)write(go[1], "g", 1), "write");
	for (int i = 0; i < 5000 && status_state(child) != 'D'; i++)
		usleep(1000);
	if (status_state(child) != 'D')
		skip("exec does not wait for the lock of the old address space here");
	rest();
}

const struct kind hostile_kinds[] = {
	{ "name-escape", "ESC, newline, bad UTF-8 in its names", name_escape, true },
	{ "reforker", "a new process each millisecond", reforker, false },
	{ "memlock", "cmdline and environ hang every reader", memlock, false },
	{ "execlock", "even stat and the links hang", execlock, false },
	{ NULL, NULL, NULL, false },
};
