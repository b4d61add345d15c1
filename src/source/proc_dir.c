/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * openat, read, readlinkat and getdents64 below one descriptor of /proc.  Links are only
 * ever read, never followed: following /proc/PID/fd/N can block so that not even SIGKILL
 * helps, and opening one changes the pipe it leads to.
 */
#include "source/proc_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* as the kernel fills it: getdents(2) */
struct dirent_record {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static int gone_is_esrch(int err)
{
	return err == ENOENT ? -ESRCH : -err;
}

int proc_dir_open(struct proc_dir *d)
{
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	d->fd = fd;
	return 0;
}

void proc_dir_close(struct proc_dir *d)
{
	close(d->fd);
}

static void path_of(char *path, size_t size, pid_t pid, const char *file)
{
	if (pid)
		snprintf(path, size, "%d/%s", (int)pid, file);
	else
		snprintf(path, size, "%s", file);
}

ssize_t proc_read(const struct proc_dir *d, pid_t pid, const char *file, char *buf, size_t size)
{
	char path[128];
	size_t n = 0;
	int fd, err = 0;

	path_of(path, sizeof(path), pid, file);
	fd = openat(d->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return gone_is_esrch(errno);
	while (n < size) {
		ssize_t got = read(fd, buf + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = errno;
		if (got <= 0)
			break;
		n += (size_t)got;
		/* one read gives a small file whole: save the one that says "end" */
		if (n < size && (size_t)got < 1024)
			break;
	}
	close(fd);
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

int proc_numbers(const struct proc_dir *d, pid_t pid, const char *dir,
		 int (*each)(void *context, int number), void *context)
{
	_Alignas(struct dirent_record) char buf[32768];
	char path[64];
	int fd, err = 0;
	long n;

	path_of(path, sizeof(path), pid, dir);
	fd = openat(d->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return gone_is_esrch(errno);
	while (!err && (n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; !err && at < n;) {
			struct dirent_record *e = (void *)(buf + at);
			uint64_t number;

			at += e->length;
			if (!text_u64(text_of(e->name), &number) && number <= INT32_MAX)
				err = each(context, (int)number) ? 1 : 0;
		}
	}
	if (!err && n < 0)
		err = gone_is_esrch(errno);
	close(fd);
	return err < 0 ? err : 0;
}

int proc_fd_size_is_count(const struct proc_dir *d)
{
	struct stat st;

	return !fstatat(d->fd, "self/fd", &st, 0) && st.st_size > 0;
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
