/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One process, held by a pidfd from before it was judged until after it was signalled.
 * A pid may be given to somebody else at any moment, and (pid, start) is no identity for
 * killing: a pid reused at once mostly has the same start tick.  What holds: open the pidfd,
 * then read and judge whatever has that pid, then signal through the pidfd.  If that arrives,
 * the pid was not free in between, so what was read was read of the one that is hit.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "model/process.h"

struct pin {
	struct process_id id;
	int pidfd;		/* close-on-exec; -1 when not open */
	uint64_t inode;		/* of the pidfd on pidfs (6.9+): never reused in one boot; else 0 */
};

/* Opens a pidfd of id.pid, and only then reads its start time and, when an inode from an
 * earlier pin is given, compares that.  The read is done in a worker (a child of ours for
 * some ms), because it may block.  0 and *out, or
 *   -ESRCH   it is gone, or the pid is another process's now
 *   -EAGAIN  its identity could not be read: it must not be touched
 *   -ENOSYS  no pidfds here (old kernel, seccomp): nothing may be signalled at all
 *   -EMFILE, -ENFILE, -ENOMEM */
int pin_open(struct process_id id, uint64_t inode_or_0, struct pin *out);

/* A child of ours: that the pidfd names one waitid(2) itself confirms, and a child keeps its
 * pid until we reap it, so nothing has to be read (id.start_ticks stays 0).  0, -ESRCH no
 * child of ours, -ENOSYS. */
int pin_child(pid_t pid, struct pin *out);
/* Ourselves.  0 or -errno. */
int pin_self(struct pin *out);

/* pin_open() for many with one worker.  ids[i] goes to pins[i] with errors[i] as pin_open()
 * returns it; inodes may be NULL.  Those with an error are not open. */
void pin_open_all(const struct process_id *ids, const uint64_t *inodes, size_t n,
		  struct pin *pins, int *errors);

/* pidfd_send_signal(2); signal 0 only asks.  0, -ESRCH reaped, -EPERM, -ENOSYS, -EBADF.
 * A dead process that is not reaped takes signals without effect. */
int pin_signal(const struct pin *p, int sig);

/* To the whole process group that p leads or, though reaped, has led (6.9): its number is
 * not given away while it has members, and the pidfd names it, not the number.  At one
 * stroke: a fork that is under way in the group is given up by the kernel.  0 somebody was
 * signalled, -ESRCH nobody is in it, -EINVAL an older kernel, -EPERM none may be. */
int pin_signal_group(const struct pin *p, int sig);

/* 0 alive (or only its leader is dead), 1 dead and not yet reaped, 2 reaped. */
int pin_look(const struct pin *p);

/* Waits until one of them changes to dead, or the time is up, or a signal handler ran.
 * Dead ones (errors != 0, pidfd -1) are left out.  0 something happened, -ETIMEDOUT,
 * -EINTR. */
int pin_wait(const struct pin *pins, size_t n, uint64_t ns);

void pin_close(struct pin *p);
