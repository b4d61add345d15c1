/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only door to the files below /proc: everything is opened relative to one directory
 * descriptor, inside a worker.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

struct proc_late;

struct proc_dir {
	int fd;
	struct proc_late *late;	/* NULL: what is done with is closed at once */
};

/* Opens /proc.  0 or -errno. */
int proc_dir_open(struct proc_dir *d);
void proc_dir_close(struct proc_dir *d);
/* From now on what is done with is closed a hundred at a time, and some stay open: in a
 * worker only, whose descriptors end with it.  0 or -ENOMEM. */
int proc_dir_late(struct proc_dir *d);

/* Reads a whole small file ("stat", pid > 0: below /proc/PID; pid 0: below /proc) into buf;
 * what does not fit is cut.  Number of bytes, or -errno; -ESRCH when the process is gone
 * (the kernel says ENOENT or ESRCH, depending on when). */
ssize_t proc_read(const struct proc_dir *d, pid_t pid, const char *file, char *buf, size_t size);
/* The text of a link, without a NUL.  As proc_read. */
ssize_t proc_link(const struct proc_dir *d, pid_t pid, const char *link, char *buf, size_t size);

/* How many descriptors the process has.  One stat() on Linux 6.2 and newer, where the size
 * of /proc/PID/fd is their number, for any user's process; before that a count of the
 * directory, where permitted.  Number or -errno. */
int64_t proc_fd_count(const struct proc_dir *d, pid_t pid, int size_is_count);
/* Whether the size of /proc/self/fd is that number on this kernel. */
int proc_fd_size_is_count(const struct proc_dir *d);

/* Calls each() with every number in a directory: pids of /proc (pid 0, dir "."), descriptors
 * of /proc/PID/fd ("fd"), threads ("task"); until each() returns non-zero.  0 or -errno. */
int proc_numbers(const struct proc_dir *d, pid_t pid, const char *dir,
		 int (*each)(void *context, int number), void *context);
/* The same in steps, for who reads below that directory meanwhile, relative to its
 * descriptor: the path from /proc is looked up twice for every link (the first time the
 * kernel tries without locks, and /proc refuses that).  Descriptor or -errno. */
int proc_list_open(const struct proc_dir *d, pid_t pid, const char *dir);
int proc_list(int list, int (*each)(void *context, int number), void *context);
/* With the inode number of each entry; of what could not be looked up that is 1. */
int proc_list_inodes(int list, int (*each)(void *context, int number, uint64_t inode),
		     void *context);
void proc_list_close(const struct proc_dir *d, int list);

/* True when it is sure that nobody holds a file lock.  One read, the answer is kept; false
 * where no answer can be kept, and in a pid namespace: the list leaves those out there whose
 * taker has ended, while its children have the lock still. */
bool proc_has_no_locks(const struct proc_dir *d);

/* Writes a number and its NUL; where that NUL is.  11 bytes at most. */
char *proc_number(char *at, unsigned number);
