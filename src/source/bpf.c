/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only door to bpf(2).  The programs come as light skeletons, which load without libbpf
 * and without reading the kernel's BTF here.  A list that was pinned is read as it is: that
 * takes no rights but those on the file - which must be one that only root can have put there.
 */
#include "source/bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "source/live.h"

#define READ_SIZE ((size_t)256 << 10)
#define TRIES_MOST 1000

#ifdef HAVE_BPF_PROGRAMS

#include <linux/bpf.h>
#include <sys/syscall.h>

#include "source/bpf_files_skel.h"
#include "source/bpf_tasks_skel.h"
#include "source/bpf_threads_skel.h"

#define BPFFS_MAGIC 0xcafe4a11

static void close_all(int *fds, size_t n)
{
	while (n)
		close(fds[--n]);
}

static int iterate(int link_fd, int *fds, size_t n)
{
	union bpf_attr attr = { .iter_create = { .link_fd = (__u32)link_fd } };

	for (size_t i = 0; i < n; i++) {
		int err;

		fds[i] = (int)syscall(SYS_bpf, BPF_ITER_CREATE, &attr, sizeof(attr));
		if (fds[i] >= 0)
			continue;
		err = -errno;
		close_all(fds, i);
		return err;
	}
	return 0;
}

/* The iterators keep the program; the rest is let go at once. */
#define DEFINE_LOAD(name)								\
	static int load_##name(int *fds, size_t n)					\
	{										\
		struct bpf_##name *b = bpf_##name##__open();				\
		int err;								\
											\
		if (!b)									\
			return -ENOMEM;							\
		if (getrandom((void *)b->rodata->secret, sizeof(b->rodata->secret), 0) < 0)	\
			err = -errno;							\
		else									\
			err = bpf_##name##__load(b);					\
		err = err ? err : bpf_##name##__##name##__attach(b);			\
		err = err < 0 ? err : iterate(b->links.name##_fd, fds, n);		\
		bpf_##name##__destroy(b);						\
		return err;								\
	}

DEFINE_LOAD(files)
DEFINE_LOAD(tasks)
DEFINE_LOAD(threads)

static const struct { const char *name; int (*load)(int *fds, size_t n); } lists[] = {
	[BPF_TASKS] = { "tasks", load_tasks },
	[BPF_FILES] = { "files", load_files },
	[BPF_THREADS] = { "threads", load_threads },
};

static bool only_roots(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && !st.st_uid && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static int open_pinned(enum bpf_list list, int *fds, size_t n)
{
	int dir = open(BPF_PINS, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = -ENOENT;
	struct statfs fs;
	size_t i = 0;

	if (dir < 0)
		return -errno;
	if (only_roots(dir) && !fstatfs(dir, &fs) && (unsigned long)fs.f_type == BPFFS_MAGIC)
		for (err = 0; i < n && !err; i++) {
			fds[i] = openat(dir, lists[list].name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
			err = fds[i] < 0 || !only_roots(fds[i]) ? -EACCES : 0;
		}
	if (err)
		close_all(fds, i);
	close(dir);
	return err;
}

int bpf_open(enum bpf_list list, int *fds, size_t n)
{
	int err = open_pinned(list, fds, n);

	if (!err)
		return 0;
	err = lists[list].load(fds, n);
	if (!err || err == -EPERM || err == -ENOMEM || err == -EMFILE)
		return err;
	return access("/sys/kernel/btf/vmlinux", F_OK) ? -ENOENT : -EOPNOTSUPP;
}

#else

int bpf_open(enum bpf_list list, int *fds, size_t n)
{
	(void)list;
	(void)fds;
	(void)n;
	return -ENOSYS;
}

#endif

/* The whole records at the start of buf; how many bytes they take, or -EPROTO. */
static ssize_t split(const char *buf, size_t n,
		     void (*record)(void *, const struct bpf_record_head *), void *context)
{
	size_t at = 0;

	while (n - at >= sizeof(struct bpf_record_head)) {
		const struct bpf_record_head *head = (const void *)(buf + at);

		if (head->size < sizeof(*head) || head->size % 8)
			return -EPROTO;
		if (head->size > n - at)
			break;
		record(context, head);
		at += head->size;
	}
	return (ssize_t)at;
}

static int read_all(int fd, char *buf, void (*record)(void *, const struct bpf_record_head *),
		    void *context)
{
	size_t have = 0;
	unsigned tries = 0;

	for (;;) {
		ssize_t n = read(fd, buf + have, READ_SIZE - have), used;

		if (n < 0 && (errno == EINTR || errno == EAGAIN) && tries++ < TRIES_MOST) {
			/* another reader of a pinned list is at it on this CPU */
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
			continue;
		}
		if (n < 0)
			return -errno;
		if (n == 0)
			return have ? -EPROTO : 0;
		have += (size_t)n;
		used = split(buf, have, record, context);
		if (used < 0)
			return (int)used;
		have -= (size_t)used;
		memmove(buf, buf + used, have);
	}
}

int bpf_read(int fd, void (*record)(void *context, const struct bpf_record_head *),
	     void *context)
{
	char *buf = malloc(READ_SIZE);
	int err = buf ? read_all(fd, buf, record, context) : -ENOMEM;

	free(buf);
	close(fd);
	return err;
}

const char *live_bpf_missing(int err)
{
	switch (err) {
	case -ENOSYS:
		return "this leakscan was built without BPF";
	case -EPERM:
		return "it takes the capabilities CAP_BPF and CAP_PERFMON, which root has, or a "
		       "list pinned below " BPF_PINS " that may be read";
	case -ENOENT:
		return "the kernel does not tell its types: there is no /sys/kernel/btf/vmlinux";
	case -EXDEV:
		return "/proc is of another pid namespace than we are, or our user ids are mapped";
	case -EOPNOTSUPP:
		return "the kernel refuses the programs: it may be older than 6.2, or deny them";
	default:
		return strerror(-err);
	}
}
