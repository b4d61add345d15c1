/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptor table of a process, by readlink and lstat only.  Runs in a worker. */
#pragma once

#include "model/process.h"
#include "source/proc_dir.h"
#include "source/worker.h"

/* Fills fds and fd_n, ascending by number; of a dead leader the table of a living thread.
 * 0, -ESRCH, or -EACCES when the links are closed to us (the fields stay as they are). */
int fd_table_read(const struct proc_dir *proc, struct arena *a, struct process *p,
		  struct ticket *ticket);

/* Whether fdinfo of this descriptor of a file shows a lock.  Not for others: an epoll's fdinfo
 * can block for good. */
bool fd_table_locked(const struct proc_dir *proc, pid_t pid, int fd);
