/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpffs has no link count and no times, and knows no names with a dot, but it can exchange
 * two directories: so what is pinned is replaced whole, or not at all.  The names carry the
 * format of the records: another version of the program does not find what it cannot read.
 */
#include "source/bpf_pin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/text.h"

#define NEW_PREFIX "leakscan_new_"
#define STRING(x) #x
#define NAME(what, format) what STRING(format)

static const char *const names[BPF_LIST_N] = {
	[BPF_TASKS] = NAME("tasks_", BPF_RECORD_FORMAT),
	[BPF_FILES] = NAME("files_", BPF_RECORD_FORMAT),
	[BPF_THREADS] = NAME("threads_", BPF_RECORD_FORMAT),
};

/* 0, or -errno: -EPERM it is not root's alone.  Seen through a user namespace that does not
 * know root, it is nobody's. */
static int root_only(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) || fstat(fd, &st))
		return -errno;
	if (fs.f_type != BPF_FS_MAGIC)
		return -ENOENT;
	return st.st_uid || st.st_mode & (S_IWGRP | S_IWOTH) ? -EPERM : 0;
}

/* A descriptor of the directory (O_PATH), or -errno. */
static int open_dir(void)
{
	int fd = open(BPF_PIN_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int err;

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? -EPERM : -errno;
	err = root_only(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int open_pin(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = root_only(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int bpf_pin_open(enum bpf_list list, int *fds, size_t n)
{
	int dir = open_dir(), err = dir < 0 ? dir : 0;

	for (size_t i = 0; i < n && !err; i++) {
		fds[i] = open_pin(dir, names[list]);
		if (fds[i] >= 0)
			continue;
		err = fds[i];
		while (i)
			close(fds[--i]);
	}
	if (dir >= 0)
		close(dir);
	return err;
}

int bpf_pin_look(struct bpf_pinned *out)
{
	struct bpf_pinned seen = { .there = true };
	struct stat st;
	int dir;

	if (lstat(BPF_PIN_DIR, &st)) {
		if (errno != ENOENT)
			return -errno;
		*out = (struct bpf_pinned){ .there = false };
		return 0;
	}
	seen.gid = st.st_gid;
	dir = open_dir();
	if (dir >= 0) {
		seen.trusted = true;
		/* whoever may not enter cannot say of which format it is */
		seen.current = !fstatat(dir, names[0], &st, AT_SYMLINK_NOFOLLOW) || errno == EACCES;
		close(dir);
	} else if (dir != -EPERM && dir != -ENOENT) {
		return dir;
	}
	*out = seen;
	return 0;
}

/* What one of root's directories holds, and itself. */
static int remove_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent *e;
	int err;
	DIR *dir;

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? -EPERM : -errno;
	err = root_only(fd);
	dir = err ? NULL : fdopendir(fd);
	if (!dir) {
		close(fd);
		return err ? err : -ENOMEM;
	}
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..") &&
		    unlinkat(fd, e->d_name, 0) && errno != ENOENT)
			err = -errno;
	closedir(dir);
	return rmdir(path) && !err ? -errno : err;
}

static int pin_one(int link, const char *path, gid_t gid)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = (uint64_t)(uintptr_t)path;
	attr.bpf_fd = (uint32_t)link;
	if (syscall(SYS_bpf, BPF_OBJ_PIN, &attr, sizeof(attr)) < 0 ||
	    chmod(path, S_IRUSR) || chown(path, 0, gid) || chmod(path, S_IRUSR | S_IRGRP))
		return -errno;
	return 0;
}

/* Where a group may pin for: bpffs, and others may pass through it. */
static int check_root(void)
{
	struct statfs fs;
	struct stat st;

	if (statfs(BPF_PIN_ROOT, &fs) || fs.f_type != BPF_FS_MAGIC)
		return -ENODEV;
	if (stat(BPF_PIN_ROOT, &st))
		return -errno;
	return st.st_mode & S_IXOTH ? 0 : -EXDEV;
}

static int fill(const char *path, const int links[BPF_LIST_N], gid_t gid)
{
	char name[PATH_MAX];

	for (int i = 0; i < BPF_LIST_N; i++) {
		int err;

		snprintf(name, sizeof(name), "%s/%s", path, names[i]);
		err = pin_one(links[i], name, gid);
		if (err)
			return err;
	}
	return chown(path, 0, gid) || chmod(path, S_IRWXU | S_IRGRP | S_IXGRP) ? -errno : 0;
}

/* The new directory to its place; what was there is then under the new one's name. */
static int put_in_place(const char *path)
{
	int fd;

	if (!renameat2(AT_FDCWD, path, AT_FDCWD, BPF_PIN_DIR, RENAME_NOREPLACE))
		return 0;
	if (errno != EEXIST)
		return -errno;
	fd = open_dir();
	if (fd < 0)
		return fd == -ENOENT ? -EPERM : fd;
	close(fd);
	if (renameat2(AT_FDCWD, path, AT_FDCWD, BPF_PIN_DIR, RENAME_EXCHANGE))
		return -errno;
	return remove_dir(path);
}

int bpf_pin_make(const int links[BPF_LIST_N], gid_t gid)
{
	char path[64];
	int err = check_root();

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/" NEW_PREFIX "%d", BPF_PIN_ROOT, (int)getpid());
	if (mkdir(path, S_IRWXU))
		return -errno;
	err = fill(path, links, gid);
	if (!err)
		err = put_in_place(path);
	if (err)
		remove_dir(path);
	return err;
}

/* What a --pin that was killed has left. */
static void remove_unfinished(void)
{
	DIR *dir = opendir(BPF_PIN_ROOT);
	struct dirent *e;
	char path[PATH_MAX];

	while (dir && (e = readdir(dir)))
		if (text_starts(text_of(e->d_name), NEW_PREFIX)) {
			snprintf(path, sizeof(path), "%s/%s", BPF_PIN_ROOT, e->d_name);
			remove_dir(path);
		}
	if (dir)
		closedir(dir);
}

int bpf_pin_remove(void)
{
	int err = remove_dir(BPF_PIN_DIR);

	remove_unfinished();
	return err;
}
