/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Under systemd a group may only be divided by whom it was delegated to, which root could
 * overlook: there we look for the mark of delegation.  Elsewhere the permissions decide.
 */
#include "guard/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/text.h"
#include "source/proc_dir.h"

#define NAME "leakscan-"
#define CGROUP2_MAGIC 0x63677270	/* linux/magic.h */

/* The unified path of /proc/self/cgroup: its line "0::". */
static int own_path(char *path, size_t size)
{
	char buf[4096];
	struct text rest, line;
	struct proc_dir proc;
	ssize_t n;
	int err = proc_dir_open(&proc);

	if (err)
		return err;
	n = proc_read(&proc, 0, "self/cgroup", buf, sizeof(buf));
	proc_dir_close(&proc);
	if (n < 0)
		return (int)n;
	rest = (struct text){ buf, (size_t)n };
	while (text_line(&rest, &line))
		if (text_starts(line, "0::/") && line.n - 3 < size) {
			memcpy(path, line.at + 3, line.n - 3);
			path[line.n - 3] = '\0';
			return strstr(path, "/..") ? -EXDEV : 0;
		}
	return -ENOENT;
}

static int open_dir(const char *root, const char *path)
{
	char full[PATH_MAX];
	struct statfs fs;
	int fd;

	if ((size_t)snprintf(full, sizeof(full), "%s%s", root, path) >= sizeof(full))
		return -1;
	fd = open(full, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && (fstatfs(fd, &fs) || fs.f_type != CGROUP2_MAGIC)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static bool delegated(int dir)
{
	static const char *const marks[] = { "user.delegate", "trusted.delegate" };
	char value[2];

	if (geteuid() || access("/run/systemd/system", F_OK))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (fgetxattr(dir, marks[i], value, sizeof(value)) == 1 && value[0] == '1')
			return true;
	return false;
}

/* Groups of wrappers that were killed: theirs are not locked any more.  One with members
 * stays, for rmdir refuses. */
static void remove_stale(int parent)
{
	int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (list && (e = readdir(list))) {
		if (strncmp(e->d_name, NAME, strlen(NAME)))
			continue;
		fd = openat(parent, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
			unlinkat(parent, e->d_name, AT_REMOVEDIR);
		if (fd >= 0)
			close(fd);
	}
	if (list)
		closedir(list);
	else if (fd >= 0)
		close(fd);
}

static void own_cgroup_forget(struct own_cgroup *g)
{
	close(g->parent);
	g->parent = -1;
}

void own_cgroup_make(struct own_cgroup *g, const char *id)
{
	char path[PATH_MAX];

	*g = (struct own_cgroup){ .dir = -1, .parent = -1 };
	if (own_path(path, sizeof(path)))
		return;
	g->parent = open_dir("/sys/fs/cgroup", path);
	if (g->parent < 0)
		g->parent = open_dir("/sys/fs/cgroup/unified", path);
	if (g->parent < 0)
		return;
	snprintf(g->name, sizeof(g->name), NAME "%s", id);
	if (!delegated(g->parent)) {
		own_cgroup_forget(g);
		return;
	}
	remove_stale(g->parent);
	if (!mkdirat(g->parent, g->name, 0755)) {
		g->dir = openat(g->parent, g->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* without a kill file a group of our own is of little use */
		if (g->dir >= 0 && !flock(g->dir, LOCK_SH | LOCK_NB) &&
		    !faccessat(g->dir, "cgroup.kill", W_OK, 0))
			return;
		own_cgroup_remove(g);
		return;
	}
	own_cgroup_forget(g);
}

static int put(const struct own_cgroup *g, const char *file, const char *word)
{
	int fd = openat(g->dir, file, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, word, strlen(word)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int own_cgroup_enter(const struct own_cgroup *g)
{
	return put(g, "cgroup.procs", "0");
}

size_t own_cgroup_members(const struct own_cgroup *g, pid_t *pids, size_t most, size_t *unseen)
{
	char buf[65536];
	struct text rest, line;
	uint64_t pid;
	size_t n = 0;
	ssize_t got;
	int fd;

	*unseen = 0;
	fd = g->dir < 0 ? -1 : openat(g->dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	got = read(fd, buf, sizeof(buf));
	close(fd);
	rest = (struct text){ buf, got > 0 ? (size_t)got : 0 };
	while (text_line(&rest, &line)) {
		if (text_u64(line, &pid))
			continue;
		if (!pid)
			++*unseen;
		else if (n < most)
			pids[n++] = (pid_t)pid;
	}
	return n;
}

int own_cgroup_kill(const struct own_cgroup *g)
{
	return put(g, "cgroup.kill", "1");
}

void own_cgroup_remove(struct own_cgroup *g)
{
	if (g->dir >= 0)
		close(g->dir);
	if (g->parent >= 0) {
		unlinkat(g->parent, g->name, AT_REMOVEDIR);
		close(g->parent);
	}
	g->dir = g->parent = -1;
}
