/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * openat, read, readlinkat and getdents64 below one descriptor of /proc.  Links are only
 * ever read, never followed: following /proc/PID/fd/N can block so that not even SIGKILL
 * helps, and opening one changes the pipe it leads to.
 *
 * These calls are the scan: to name a file, to close it and to ask for "no more" once more
 * would be a third of its cost.
 */
#include "source/proc_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/procfs.h"

/* as the kernel fills it: getdents(2) */
struct dirent_record {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

/* What a worker keeps.  Files that are done with and not yet closed: all numbers from first
 * up to next, each of them given to us by openat and to nobody else since. */
struct proc_late {
	unsigned first, next, most;
	bool locks_asked, no_locks;
};

#define LATE_MOST 128
/* One longest entry: when less room is left in the buffer, there may be more. */
#define ENTRY_MOST (sizeof(struct dirent_record) + 256)
/* The texts of /proc/PID come in one piece, but for lists of short entries (children), and
 * those fill the kernel's page up to its last few bytes. */
#define PIECE_MOST 3072

static int gone_is_esrch(int err)
{
	return err == ENOENT ? -ESRCH : -err;
}

int proc_dir_open(struct proc_dir *d)
{
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	*d = (struct proc_dir){ .fd = fd };
	return 0;
}

void proc_dir_close(struct proc_dir *d)
{
	close(d->fd);
}

int proc_dir_late(struct proc_dir *d)
{
	struct rlimit limit;

	d->late = calloc(1, sizeof(*d->late));
	if (!d->late)
		return -ENOMEM;
	d->late->most = LATE_MOST;
	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur / 8 < LATE_MOST)
		d->late->most = (unsigned)(limit.rlim_cur / 8) + 1;
	return 0;
}

static void close_late(struct proc_late *l)
{
	if (l->first == l->next)
		return;
	if (syscall(SYS_close_range, l->first, l->next - 1, 0U))
		for (unsigned fd = l->first; fd < l->next; fd++)
			close((int)fd);
	l->first = l->next;
}

/* Closes a file, or leaves it for a whole row to be closed by one call. */
static void done_with(const struct proc_dir *d, int fd)
{
	struct proc_late *l = d->late;

	if (!l) {
		close(fd);
		return;
	}
	if (l->next != (unsigned)fd) {
		close_late(l);
		l->first = (unsigned)fd;
	}
	l->next = (unsigned)fd + 1;
	if (l->next - l->first >= l->most)
		close_late(l);
}

char *proc_number(char *at, unsigned number)
{
	char digits[10];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + number % 10);
	while (number /= 10);
	while (n)
		*at++ = digits[--n];
	*at = '\0';
	return at;
}

/* "file", or "PID/file": without printf, for it is half a million names on a big machine. */
static void path_of(char *path, size_t size, pid_t pid, const char *file)
{
	char *at = pid ? proc_number(path, (unsigned)pid) : path;
	size_t n = strlen(file), room = size - (size_t)(at - path) - 2;

	if (pid)
		*at++ = '/';
	n = n < room ? n : room;
	memcpy(at, file, n);
	at[n] = '\0';
}

static int open_below(const struct proc_dir *d, pid_t pid, const char *file, int flags)
{
	char path[128];
	int fd;

	path_of(path, sizeof(path), pid, file);
	flags |= O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
	fd = openat(d->fd, path, flags);
	if (fd < 0 && errno == EMFILE && d->late) {
		close_late(d->late);
		fd = openat(d->fd, path, flags);
	}
	return fd < 0 ? gone_is_esrch(errno) : fd;
}

ssize_t proc_read(const struct proc_dir *d, pid_t pid, const char *file, char *buf, size_t size)
{
	int fd = open_below(d, pid, file, 0), err = 0;
	size_t n = 0;

	if (fd < 0)
		return fd;
	while (n < size) {
		ssize_t got = read(fd, buf + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = errno;
		if (got <= 0)
			break;
		n += (size_t)got;
		if (pid && n < size && (size_t)got < PIECE_MOST)
			break;
	}
	done_with(d, fd);
	return err ? gone_is_esrch(err) : (ssize_t)n;
}

ssize_t proc_link(const struct proc_dir *d, pid_t pid, const char *link, char *buf, size_t size)
{
	char path[128];
	ssize_t n;

	path_of(path, sizeof(path), pid, link);
	n = readlinkat(d->fd, path, buf, size);
	return n < 0 ? gone_is_esrch(errno) : n;
}

int proc_list_open(const struct proc_dir *d, pid_t pid, const char *dir)
{
	return open_below(d, pid, dir, O_DIRECTORY);
}

void proc_list_close(const struct proc_dir *d, int list)
{
	done_with(d, list);
}

int proc_list_inodes(int list, int (*each)(void *context, int number, uint64_t inode),
		     void *context)
{
	_Alignas(struct dirent_record) char buf[32768];
	int err = 0;
	long n;

	while (!err && (n = syscall(SYS_getdents64, list, buf, sizeof(buf))) > 0) {
		for (long at = 0; !err && at < n;) {
			struct dirent_record *e = (void *)(buf + at);
			uint64_t number;

			at += e->length;
			if (!text_u64(text_of(e->name), &number) && number <= INT32_MAX)
				err = each(context, (int)number, e->inode) ? 1 : 0;
		}
		/* /proc stops only at its end or when an entry does not fit */
		if ((size_t)n + ENTRY_MOST < sizeof(buf))
			break;
	}
	return !err && n < 0 ? gone_is_esrch(errno) : 0;
}

struct each_number {
	int (*each)(void *context, int number);
	void *context;
};

static int number_only(void *context, int number, uint64_t inode)
{
	const struct each_number *to = context;

	(void)inode;
	return to->each(to->context, number);
}

int proc_list(int list, int (*each)(void *context, int number), void *context)
{
	struct each_number to = { each, context };

	return proc_list_inodes(list, number_only, &to);
}

int proc_numbers(const struct proc_dir *d, pid_t pid, const char *dir,
		 int (*each)(void *context, int number), void *context)
{
	int list = proc_list_open(d, pid, dir), err;

	if (list < 0)
		return list;
	err = proc_list(list, each, context);
	proc_list_close(d, list);
	return err;
}

int proc_fd_size_is_count(const struct proc_dir *d)
{
	struct stat st;

	return !fstatat(d->fd, "self/fd", &st, 0) && st.st_size > 0;
}

bool proc_has_no_locks(const struct proc_dir *d)
{
	struct proc_late *l = d->late;
	char buf[64];
	uint64_t inode;
	ssize_t n;

	if (!l || l->locks_asked)
		return l && l->no_locks;
	l->locks_asked = true;
	n = proc_link(d, 0, "self/ns/pid", buf, sizeof(buf));
	if (n > 0 && !procfs_namespace((struct text){ buf, (size_t)n }, &inode) &&
	    inode == PROCFS_INITIAL_PID_NS)
		l->no_locks = proc_read(d, 0, "locks", buf, sizeof(buf)) == 0;
	return l->no_locks;
}

static int count_one(void *context, int number)
{
	(void)number;
	++*(int64_t *)context;
	return 0;
}

int64_t proc_fd_count(const struct proc_dir *d, pid_t pid, int size_is_count)
{
	int64_t n = 0;
	int err;

	if (size_is_count) {
		char path[64];
		struct stat st;

		path_of(path, sizeof(path), pid, "fd");
		if (fstatat(d->fd, path, &st, AT_SYMLINK_NOFOLLOW))
			return gone_is_esrch(errno);
		return st.st_size;
	}
	err = proc_numbers(d, pid, "fd", count_one, &n);
	return err ? err : n;
}
