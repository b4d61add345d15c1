/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing is on the disk before all of it is known, so that a scan that is killed leaves no
 * half file behind: only one killed in the milliseconds between open and rename does.
 */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 16 };

int output_open(struct output *o, const char *path)
{
	struct stat st;

	/* rename(2) would put a file where /dev/null was */
	if (!lstat(path, &st) && !S_ISREG(st.st_mode))
		return -EINVAL;
	*o = (struct output){ .path = path };
	o->stream = open_memstream(&o->text, &o->n);
	return o->stream ? 0 : -errno;
}

/* In the same directory: only there rename(2) is one step. */
static int open_beside(const char *path, char *name, size_t size)
{
	const char *slash = strrchr(path, '/');
	int dir_n = slash ? (int)(slash - path) + 1 : 0;
	int fd = -1;

	for (unsigned i = 0; fd < 0 && i < TRIES; i++) {
		uint64_t random;

		/* early in the boot there is none yet: O_EXCL is what counts */
		if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
			random = (uint64_t)getpid() << 8 | i;
		if (snprintf(name, size, "%.*s.leakscan-%016llx.tmp", dir_n, path,
			     (unsigned long long)random) >= (int)size)
			return -ENAMETOOLONG;
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t got = write(fd, bytes, n);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0) {
			bytes += got;
			n -= (size_t)got;
		}
	}
	/* a file system without fsync is no reason to have no metrics; a full one is */
	return fchmod(fd, 0644) || (fsync(fd) && errno != EINVAL && errno != ENOSYS) ? -errno : 0;
}

static int put_in_place(const struct output *o)
{
	char name[PATH_MAX];
	int err, fd = open_beside(o->path, name, sizeof(name));

	if (fd < 0)
		return fd;
	err = write_all(fd, o->text, o->n);
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(name, o->path))
		err = -errno;
	if (err)
		unlink(name);
	return err;
}

int output_commit(struct output *o, int err)
{
	if (fclose(o->stream) && !err)
		err = -ENOMEM;
	if (!err)
		err = put_in_place(o);
	free(o->text);
	return err;
}

int output_private(FILE **out, const char *path, int how)
{
	int fd = open(path, O_WRONLY | O_CREAT | how | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "w");
	int err;

	if (stream) {
		*out = stream;
		return 0;
	}
	err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}
