/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the state file lives.  A check runs as root from cron or a monitoring daemon, so
 * nobody else may be able to put another file in its place: SQLite opens three names (FILE,
 * FILE-wal, FILE-shm), and a link or a foreign file at any of them would be followed or
 * believed.  So the directory must be ours alone to write, and then no name can change.
 */
#include "memory/store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_DIR "/var/lib/leakscan"
#define NAME "state.db"
/* SQLite appends "-wal", we ".damaged-N". */
#define PATH_ROOM (PATH_MAX - 32)
#define DAMAGED_MOST 9
#define LOCK_TRIES 100
#define LOCK_PAUSE_MS 10

static int refuse(int err, const char *what, char why[MEMORY_WHY])
{
	snprintf(why, MEMORY_WHY, "cannot use the state file: %s", what);
	return -err;
}

/* dir and its parents, as far as they are missing; 0700. */
static int make_dirs(char *dir)
{
	for (char *slash = strchr(dir + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(dir, 0700) && errno != EEXIST && errno != EROFS && errno != EACCES)
			return -errno;
		if (!slash)
			return 0;
		*slash = '/';
	}
}

static int default_dir(char dir[PATH_MAX])
{
	const char *state = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
	int n;

	if (!geteuid() || !faccessat(AT_FDCWD, SYSTEM_DIR, W_OK | X_OK, AT_EACCESS))
		n = snprintf(dir, PATH_ROOM, SYSTEM_DIR);
	else if (state && state[0] == '/')
		n = snprintf(dir, PATH_ROOM, "%s/leakscan", state);
	else if (home && home[0] == '/')
		n = snprintf(dir, PATH_ROOM, "%s/.local/state/leakscan", home);
	else
		return -ENOENT;
	return n < PATH_ROOM ? 0 : -ENAMETOOLONG;
}

/* Whoever may write the directory may put another file in the place of ours. */
static int check_dir(const char *dir, char why[MEMORY_WHY])
{
	uid_t self = geteuid();
	struct stat st;

	if (lstat(dir, &st))
		return refuse(errno, strerror(errno), why);
	if (!S_ISDIR(st.st_mode))
		return refuse(ENOTDIR, "what should be its directory is none", why);
	if (st.st_uid != self && st.st_uid)
		return refuse(EPERM, "its directory belongs to another user; run as that one, or name another file", why);
	if (st.st_mode & S_IWOTH)
		return refuse(EPERM, "others can write to its directory; name one that is yours alone", why);
	if (!self && st.st_mode & S_IWGRP && st.st_gid)
		return refuse(EPERM, "a group can write to its directory; for root it must be root's alone", why);
	return 0;
}

static int find_given(const char *given, char path[PATH_MAX], char why[MEMORY_WHY])
{
	const char *slash = strrchr(given, '/');
	char dir[PATH_MAX], real[PATH_MAX];
	const char *name = slash ? slash + 1 : given;
	int n;

	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return refuse(EISDIR, "that is a directory; name a file in it", why);
	n = snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - given) + 1 : 1,
		     slash ? given : ".");
	if (n >= (int)sizeof(dir) || !realpath(dir, real)) {
		int err = n >= (int)sizeof(dir) ? ENAMETOOLONG : errno;

		return refuse(err, err == ENOENT ? "its directory is not there" : strerror(err), why);
	}
	n = snprintf(path, PATH_MAX, "%s/%s", strcmp(real, "/") ? real : "", name);
	if (n >= PATH_ROOM)
		return refuse(ENAMETOOLONG, strerror(ENAMETOOLONG), why);
	return check_dir(real, why);
}

int place_find(const char *given, enum memory_use use, char path[PATH_MAX], char why[MEMORY_WHY])
{
	char dir[PATH_MAX], file[PATH_MAX];
	int err;

	if (given)
		return find_given(given, path, why);
	err = default_dir(dir);
	if (err == -ENOENT)
		return refuse(ENOENT, "neither HOME nor XDG_STATE_HOME says where it belongs; name one with --state FILE", why);
	if (!err && use == MEMORY_WRITE)
		err = make_dirs(dir);
	if (!err && snprintf(file, sizeof(file), "%.*s/" NAME, PATH_ROOM, dir) >= PATH_ROOM)
		err = -ENAMETOOLONG;
	if (err)
		return refuse(-err, strerror(-err), why);
	return find_given(file, path, why);
}

/* SQLite takes whatever is shorter than a page for an empty file, and would overwrite it. */
static int check_head(const char *path)
{
	static const char head[16] = "SQLite format 3";
	char bytes[512];
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
	int err = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (err || !n)
		return err;
	return n < (ssize_t)sizeof(bytes) || memcmp(bytes, head, sizeof(head)) ? -EBADMSG : 0;
}

int place_check_file(const char *path, char why[MEMORY_WHY])
{
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? -ENOENT : refuse(errno, strerror(errno), why);
	if (S_ISLNK(st.st_mode))
		return refuse(ELOOP, "it is a symbolic link", why);
	if (!S_ISREG(st.st_mode))
		return refuse(EPERM, "it is not a regular file", why);
	if (st.st_uid != geteuid())
		return refuse(EPERM, "it belongs to another user; run as that one, or name another file", why);
	if (st.st_nlink > 1)
		return refuse(EPERM, "it has a second name (a hard link)", why);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return refuse(EPERM, "others can write to it", why);
	return check_head(path);
}

static void dir_of(const char *path, char dir[PATH_MAX])
{
	char *slash;

	snprintf(dir, PATH_MAX, "%s", path);
	slash = strrchr(dir, '/');
	slash[slash == dir] = '\0';
}

int place_lock(const char *path)
{
	char dir[PATH_MAX];
	int fd;

	dir_of(path, dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	for (unsigned tries = 0; flock(fd, LOCK_EX | LOCK_NB); tries++) {
		int err = errno;

		if (err != EWOULDBLOCK || tries == LOCK_TRIES) {
			close(fd);
			return err == EWOULDBLOCK ? -EBUSY : -err;
		}
		poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return fd;
}

int place_make(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	close(fd);
	return 0;
}

int place_obstacle(const char *path, int seen)
{
	char dir[PATH_MAX];

	dir_of(path, dir);
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) ||
	    (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) && errno != ENOENT))
		return -errno;
	return seen ? -seen : -EROFS;
}

int place_inode(const char *path, ino_t *out)
{
	struct stat st;

	if (lstat(path, &st))
		return -errno;
	*out = st.st_ino;
	return 0;
}

/* Never over something else: only we write here, and under the lock. */
static int move(const char *from, const char *to)
{
	struct stat st;

	if (!lstat(to, &st))
		return -EEXIST;
	return rename(from, to) ? -errno : 0;
}

static int set_aside(const char *path, unsigned n, char why[MEMORY_WHY])
{
	char from[PATH_MAX + 8], to[PATH_MAX + 32];
	int err;

	snprintf(to, sizeof(to), "%s.damaged-%u", path, n);
	err = move(path, to);
	if (err)
		return err;
	/* what was not yet copied from the log belongs to it */
	snprintf(from, sizeof(from), "%s-wal", path);
	snprintf(to, sizeof(to), "%s.damaged-%u-wal", path, n);
	move(from, to);
	snprintf(from, sizeof(from), "%s-shm", path);
	unlink(from);
	snprintf(why, MEMORY_WHY, "the state file was damaged; it has been set aside beside it (.damaged-%u), and the history starts anew",
		 n);
	return 0;
}

int place_set_aside(const char *path, ino_t inode, char why[MEMORY_WHY])
{
	int err = 0;
	ino_t now;

	/* somebody else may have done it already */
	if (place_inode(path, &now) || now != inode)
		return 0;
	for (unsigned n = 1; n <= DAMAGED_MOST; n++) {
		err = set_aside(path, n, why);
		if (err != -EEXIST)
			break;
	}
	if (err == -EEXIST)
		return refuse(EIO, "it is damaged, and so are nine before it: look at that disk, and remove them", why);
	return err ? refuse(-err, "it is damaged and cannot be set aside", why) : 0;
}
