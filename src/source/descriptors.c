/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What only a single descriptor can tell: its fdinfo, the size of a deleted file, what is
 * queued in a pipe.  The last two need the description itself: pidfd_getfd(2) copies it into
 * the worker for a moment, which no other process notices; opening the link instead would
 * turn a pipe without a reader into one with a reader.
 */
#include "source/live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/bpf.h"
#include "source/live_clock.h"
#include "source/live_work.h"
#include "source/proc_dir.h"
#include "source/procfs.h"

struct asking {
	struct snapshot *s;
	const struct fd_question *questions;
	size_t n;
};

struct asker { struct proc_dir proc; };

static void read_fdinfo(const struct asker *me, const struct fd_question *q,
			struct descriptor *d)
{
	char file[64], buf[65536];
	ssize_t n;

	snprintf(file, sizeof(file), "fdinfo/%d", q->fd);
	n = proc_read(&me->proc, q->process->id.pid, file, buf, sizeof(buf));
	if (n > 0)
		procfs_fdinfo((struct text){ buf, (size_t)n }, d);
}

/* A copy of the descriptor, or -errno. */
static int fetch(const struct fd_question *q)
{
	int pidfd = (int)syscall(SYS_pidfd_open, q->process->id.pid, 0);
	int fd = pidfd < 0 ? -errno : (int)syscall(SYS_pidfd_getfd, pidfd, q->fd, 0);

	fd = fd < 0 ? -errno : fd;
	if (pidfd >= 0)
		close(pidfd);
	return fd;
}

/* DONT_SYNC: a network or user-space file system is not asked, it might never answer. */
static void read_size(int fd, struct descriptor *d)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BLOCKS | STATX_SIZE, &st))
		return;
	d->has_size = true;
	d->size_bytes = st.stx_mask & STATX_BLOCKS ? st.stx_blocks * 512 : st.stx_size;
}

static void read_queue(int fd, struct descriptor *d)
{
	int queued, capacity = fcntl(fd, F_GETPIPE_SZ);

	if (capacity < 0 || ioctl(fd, FIONREAD, &queued))
		return;
	d->has_queue = true;
	d->queued_bytes = (uint32_t)queued;
	d->capacity_bytes = (uint32_t)capacity;
}

/* Neither the process nor the descriptor is another one by now. */
static bool is_still(const struct asker *me, const struct fd_question *q,
		     const struct descriptor *d)
{
	struct process seen;
	char buf[4096], made[DESCRIPTOR_LINK_SIZE];
	const char *link = descriptor_link(d, made);
	ssize_t n = proc_read(&me->proc, q->process->id.pid, "stat", buf, sizeof(buf));

	process_init(&seen, q->process->id);
	if (n <= 0 || procfs_stat((struct text){ buf, (size_t)n }, seen.id.pid, &seen) ||
	    !process_id_same(seen.id, q->process->id) || !link)
		return false;
	snprintf(buf, sizeof(buf), "fd/%d", q->fd);
	n = proc_link(&me->proc, seen.id.pid, buf, buf, sizeof(buf));
	return n > 0 && strlen(link) == (size_t)n && !memcmp(buf, link, (size_t)n);
}

/* Only what was asked: a late answer must not take back another one. */
static void give(const struct fd_question *q, const struct descriptor *seen,
		 struct descriptor *d)
{
	if (q->ask & (ASK_FDINFO | ASK_WATCHES)) {
		d->cloexec = seen->cloexec;
		if (seen->has_watched) {
			d->has_watched = true;
			d->watched_pid = seen->watched_pid;
		} else if (seen->has_watches) {
			d->has_watches = true;
			d->watches = seen->watches;
		}
	}
	if ((q->ask & ASK_SIZE) && seen->has_size) {
		d->has_size = true;
		d->size_bytes = seen->size_bytes;
	}
	if ((q->ask & ASK_QUEUE) && seen->has_queue) {
		d->has_queue = true;
		d->queued_bytes = seen->queued_bytes;
		d->capacity_bytes = seen->capacity_bytes;
	}
}

static void asking_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct asking *a = context;
	/* what can block for good comes last: first all without watches, then those */
	const struct fd_question *q = &a->questions[item % a->n];
	bool watches = item >= a->n;
	struct descriptor *d = (struct descriptor *)(uintptr_t)process_fd(q->process, q->fd);
	struct descriptor seen;
	int fd;

	if (!d || watches != !!(q->ask & ASK_WATCHES) || q->process->stalled)
		return;
	seen = *d;
	if (q->ask & (ASK_FDINFO | ASK_WATCHES))
		read_fdinfo(own, q, &seen);
	if (q->ask & (ASK_SIZE | ASK_QUEUE)) {
		fd = fetch(q);
		if (fd >= 0 && (q->ask & ASK_SIZE))
			read_size(fd, &seen);
		if (fd >= 0 && (q->ask & ASK_QUEUE))
			read_queue(fd, &seen);
		if (fd >= 0)
			close(fd);
	}
	/* what was read may be another one's */
	if (is_still(own, q, d) && ticket_claim(t))
		give(q, &seen, d);
}

static void *asking_begin(void *context)
{
	struct asker *me = calloc(1, sizeof(*me));

	(void)context;
	return me && !proc_dir_open(&me->proc) && !proc_dir_late(&me->proc) ? me : NULL;
}

/* What the kernel's lists have answered already is not asked again. */
static const struct fd_question *unanswered(const struct snapshot *s,
					    const struct fd_question *questions, size_t *n)
{
	struct fd_question *left;
	size_t kept = 0;

	if (!s->bpf)
		return questions;
	left = arena_calloc(s->arena, *n, sizeof(*left));
	for (size_t i = 0; i < *n; i++) {
		left[kept] = questions[i];
		left[kept].ask = bpf_answer(&questions[i]);
		kept += !!left[kept].ask;
	}
	*n = kept;
	return left;
}

void live_descriptors(struct snapshot *s, const struct fd_question *questions, size_t n)
{
	struct asking *a = arena_calloc(s->arena, 1, sizeof(*a));
	uint64_t start_ns = live_clock_ns();
	struct work work = { .item = asking_item, .begin = asking_begin, .context = a };
	struct work_result result;

	questions = unanswered(s, questions, &n);
	work.n = 2 * n;
	if (!n)
		return;
	*a = (struct asking){ .s = s, .n = n,
			      .questions = live_copy(s, questions, n, sizeof(*questions)) };
	live_work(s, &work, &result);
	s->coverage.objects_cut |= result.cut || result.stalled;
	s->coverage.took_ns += live_clock_ns() - start_ns;
}
