/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that sends a signal, and only through a pidfd.  There is no way back to
 * kill(2): without pidfds nothing is signalled.  POLLIN on a pidfd says dead; whether also
 * reaped, POLLHUP says only since Linux 6.15, but a signal to a reaped process has failed
 * with ESRCH ever since.
 */
#include "reap/ops_pidfd.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "source/proc_dir.h"
#include "source/procfs.h"
#include "source/worker.h"

#define PIDFS_MAGIC 0x50494446	/* linux/magic.h, 6.9 */
#define SIGNAL_PROCESS_GROUP 4U	/* linux/pidfd.h, 6.9 */
#define NS_PER_S UINT64_C(1000000000)

enum read_state { READ_STALLED, READ_GONE, READ_DONE };

struct start {
	enum read_state state;
	uint64_t ticks;
};

struct starts {
	const struct process_id *ids;
	const int *errors;
	struct start *read;
};

static void *starts_begin(void *context)
{
	struct proc_dir *proc = malloc(sizeof(*proc));

	(void)context;
	return proc && !proc_dir_open(proc) ? proc : NULL;
}

static void starts_item(void *context, void *own, size_t i, struct ticket *t)
{
	struct starts *s = context;
	struct process p;
	char buf[2048];
	ssize_t n;

	if (s->errors[i])
		return;
	process_init(&p, s->ids[i]);
	n = proc_read(own, s->ids[i].pid, "stat", buf, sizeof(buf));
	if (n < 0 && n != -ESRCH)
		return;
	if (n >= 0 && procfs_stat((struct text){ buf, (size_t)n }, s->ids[i].pid, &p))
		n = 0;
	if (!ticket_claim(t))
		return;
	s->read[i].state = n > 0 ? READ_DONE : READ_GONE;
	s->read[i].ticks = p.id.start_ticks;
}

static int open_one(struct process_id id, struct pin *out)
{
	struct statfs fs;
	struct stat st;
	int err;

	*out = (struct pin){ .id = id };
	out->pidfd = (int)syscall(SYS_pidfd_open, id.pid, 0U);
	if (out->pidfd < 0) {
		err = -errno;
		/* EPERM is seccomp's word: the call itself asks for no right */
		return err == -EPERM ? -ENOSYS : err == -EINVAL ? -ESRCH : err;
	}
	err = pin_signal(out, 0);
	if (err && err != -EPERM)
		return err;
	if (!fstatfs(out->pidfd, &fs) && fs.f_type == PIDFS_MAGIC && !fstat(out->pidfd, &st))
		out->inode = st.st_ino;
	return 0;
}

static int compare(const struct pin *p, const struct start *read, uint64_t inode)
{
	if (read->state == READ_STALLED)
		return -EAGAIN;
	if (read->state == READ_GONE || read->ticks != p->id.start_ticks)
		return -ESRCH;
	if (inode && p->inode && inode != p->inode)
		return -ESRCH;
	/* what was read is the pinned one's only if that one still has its pid */
	return pin_signal(p, 0) == -ESRCH ? -ESRCH : 0;
}

void pin_open_all(const struct process_id *ids, const uint64_t *inodes, size_t n,
		  struct pin *pins, int *errors)
{
	struct arena *a = arena_new(1);
	struct starts s = { .ids = ids, .errors = errors,
			    .read = arena_calloc(a, n, sizeof(*s.read)) };
	struct work work = { .item = starts_item, .begin = starts_begin, .context = &s, .n = n };
	struct work_result result;

	for (size_t i = 0; i < n; i++)
		errors[i] = open_one(ids[i], &pins[i]);
	if (n)
		work_run(a, &work, &result);
	for (size_t i = 0; i < n; i++) {
		if (!errors[i])
			errors[i] = compare(&pins[i], &s.read[i], inodes ? inodes[i] : 0);
		if (errors[i])
			pin_close(&pins[i]);
	}
	arena_free(a);
}

int pin_open(struct process_id id, uint64_t inode_or_0, struct pin *out)
{
	struct pin p;
	int err;

	pin_open_all(&id, &inode_or_0, 1, &p, &err);
	if (!err)
		*out = p;
	return err;
}

int pin_child(pid_t pid, struct pin *out)
{
	struct pin p = { .id = { .pid = pid } };
	siginfo_t info;
	int err = 0;

	p.pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
	if (p.pidfd < 0)
		return errno == EPERM ? -ENOSYS : errno == EINVAL ? -ESRCH : -errno;
	if (waitid(P_PIDFD, (id_t)p.pidfd, &info, WEXITED | WNOHANG | WNOWAIT))
		err = errno == ECHILD ? -ESRCH : errno == EINVAL ? -ENOSYS : -errno;
	if (err)
		pin_close(&p);
	else
		*out = p;
	return err;
}

int pin_self(struct pin *out)
{
	return open_one((struct process_id){ .pid = getpid() }, out);
}

int pin_signal(const struct pin *p, int sig)
{
	if (p->pidfd < 0)
		return -EBADF;
	return syscall(SYS_pidfd_send_signal, p->pidfd, sig, NULL, 0U) ? -errno : 0;
}

int pin_signal_group(const struct pin *p, int sig)
{
	if (p->pidfd < 0)
		return -EBADF;
	return syscall(SYS_pidfd_send_signal, p->pidfd, sig, NULL, SIGNAL_PROCESS_GROUP) ? -errno : 0;
}

int pin_look(const struct pin *p)
{
	struct pollfd ask = { .fd = p->pidfd, .events = POLLIN };

	if (poll(&ask, 1, 0) <= 0 || !(ask.revents & (POLLIN | POLLHUP)))
		return 0;
	return (ask.revents & POLLHUP) || pin_signal(p, 0) == -ESRCH ? 2 : 1;
}

int pin_wait(const struct pin *pins, size_t n, uint64_t ns)
{
	struct timespec limit = { .tv_sec = (time_t)(ns / NS_PER_S),
				  .tv_nsec = (long)(ns % NS_PER_S) };
	struct pollfd *asks = calloc(n + 1, sizeof(*asks));
	size_t used = 0;
	int got;

	if (!asks)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (pins[i].pidfd >= 0 && !pin_look(&pins[i]))
			asks[used++] = (struct pollfd){ .fd = pins[i].pidfd, .events = POLLIN };
	got = ppoll(asks, used, &limit, NULL);
	if (got < 0)
		got = -errno;
	free(asks);
	return got > 0 ? 0 : got ? got : -ETIMEDOUT;
}

void pin_close(struct pin *p)
{
	if (p->pidfd >= 0)
		close(p->pidfd);
	p->pidfd = -1;
}
