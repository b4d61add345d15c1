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
#include <time.h>
#include <unistd.h>

#include "source/bpf_pin.h"

#define READ_SIZE ((size_t)256 << 10)
#define TRIES_MOST 1000

#ifdef HAVE_BPF_PROGRAMS

#include <linux/bpf.h>
#include <sys/syscall.h>

#include "source/bpf_files_skel.h"
#include "source/bpf_tasks_skel.h"
#include "source/bpf_threads_skel.h"

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

static int keep(int fd)
{
	int kept = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return kept < 0 ? -errno : kept;
}

/* A link keeps its program, and an iterator both; the rest is let go at once. */
#define DEFINE_LINK(name)								\
	static int link_##name(void)							\
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
		err = err < 0 ? err : keep(b->links.name##_fd);				\
		bpf_##name##__destroy(b);						\
		return err;								\
	}

DEFINE_LINK(files)
DEFINE_LINK(tasks)
DEFINE_LINK(threads)

static int (*const links_of[BPF_LIST_N])(void) = {
	[BPF_TASKS] = link_tasks, [BPF_FILES] = link_files, [BPF_THREADS] = link_threads,
};

/* The loader hardly says more than that it was refused. */
static int link_list(enum bpf_list list)
{
	int fd = links_of[list]();

	if (fd >= 0 || fd == -EPERM || fd == -ENOMEM || fd == -EMFILE)
		return fd;
	return access("/sys/kernel/btf/vmlinux", F_OK) ? -ENOENT : -EOPNOTSUPP;
}

int bpf_links(int links[BPF_LIST_N])
{
	for (size_t i = 0; i < BPF_LIST_N; i++) {
		int err = links[i] = link_list((enum bpf_list)i);

		if (err < 0) {
			close_all(links, i);
			return err;
		}
	}
	return 0;
}

int bpf_open(enum bpf_list list, struct live_kept *kept, int *fds, size_t n)
{
	int link = kept ? kept->links[list] : -1, err;

	if (link >= 0)
		return iterate(link, fds, n);
	if (!bpf_pin_open(list, fds, n))
		return 0;
	link = link_list(list);
	if (link < 0)
		return link;
	err = iterate(link, fds, n);
	if (kept && !err)
		kept->links[list] = link;
	else
		close(link);
	return err;
}

#else

int bpf_open(enum bpf_list list, struct live_kept *kept, int *fds, size_t n)
{
	(void)list;
	(void)kept;
	(void)fds;
	(void)n;
	return -ENOSYS;
}

int bpf_links(int links[BPF_LIST_N])
{
	(void)links;
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
