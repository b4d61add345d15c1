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
#define DEPTH_MOST 32	/* of groups in groups */

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

/* The groups in dir, and in those, and so on: first those that are in one, then itself to
 * each(); then after(), its name in its parent. */
static void each_below(int dir, unsigned depth, void (*after)(int parent, const char *name),
		       void (*each)(void *context, int dir), void *context)
{
	struct stat st;
	struct dirent *e;
	DIR *list;
	int fd;

	/* kernfs counts subdirectories as links */
	if (!depth || fstat(dir, &st) || st.st_nlink <= 2)
		return;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	list = fd < 0 ? NULL : fdopendir(fd);
	if (!list && fd >= 0)
		close(fd);
	while (list && (e = readdir(list))) {
		if (e->d_type != DT_DIR || !strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		fd = openat(dir, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			continue;
		each_below(fd, depth - 1, after, each, context);
		if (each)
			each(context, fd);
		close(fd);
		if (after)
			after(dir, e->d_name);
	}
	if (list)
		closedir(list);
}

static void remove_one(int parent, const char *name)
{
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* With the groups that the command, or a run inside this one, has made in it; one with
 * members stays, for rmdir refuses. */
static void remove_all(int parent, const char *name, int dir)
{
	if (!unlinkat(parent, name, AT_REMOVEDIR) || dir < 0)
		return;
	each_below(dir, DEPTH_MOST, remove_one, NULL, NULL);
	unlinkat(parent, name, AT_REMOVEDIR);
}

/* Groups of wrappers that were killed: theirs are not locked any more. */
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
			remove_all(parent, e->d_name, fd);
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

struct members {
	pid_t *pids;
	size_t n, most, unseen;
};

/* A read gives a page at most, of whole lines. */
static void list_members(void *context, int dir)
{
	struct members *m = context;
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	struct text rest, line;
	char buf[8192];
	ssize_t got;
	uint64_t pid;

	while (fd >= 0 && (got = read(fd, buf, sizeof(buf))) > 0) {
		rest = (struct text){ buf, (size_t)got };
		while (text_line(&rest, &line)) {
			if (text_u64(line, &pid))
				continue;
			if (!pid)
				m->unseen++;
			else if (m->n < m->most)
				m->pids[m->n++] = (pid_t)pid;
		}
	}
	if (fd >= 0)
		close(fd);
}

size_t own_cgroup_members(const struct own_cgroup *g, pid_t *pids, size_t most, size_t *unseen)
{
	struct members m = { .pids = pids, .most = most };

	if (g->dir >= 0) {
		list_members(&m, g->dir);
		each_below(g->dir, DEPTH_MOST, NULL, list_members, &m);
	}
	*unseen = m.unseen;
	return m.n;
}

int own_cgroup_kill(const struct own_cgroup *g)
{
	return put(g, "cgroup.kill", "1");
}

void own_cgroup_remove(struct own_cgroup *g)
{
	if (g->parent >= 0) {
		remove_all(g->parent, g->name, g->dir);
		close(g->parent);
	}
	if (g->dir >= 0)
		close(g->dir);
	g->dir = g->parent = -1;
}
