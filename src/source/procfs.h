/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parsers of /proc's texts.  They take bytes, never a path, so that tests feed them broken
 * ones.  Each fills only its own fields of *p and returns 0, or -EINVAL with *p untouched.
 */
#pragma once

#include "base/text.h"
#include "model/snapshot.h"

/* proc_pid_stat(5).  The name may hold blanks, newlines and ')': only the last ')' counts.
 * Fills id.start_ticks, pgid, sid, comm, kernel_thread, threads, wait_status (field 52; -1
 * where the kernel hides it: it shows 0 then, so only zombies get it), now.state, now.ppid,
 * now.cpu_ticks.  Rejects a record whose pid is not `pid`. */
int procfs_stat(struct text t, pid_t pid, struct process *p);
/* proc_pid_status(5): uid, gid, tracer, threads, ns_depth, ns_pid, sig_*, switches, kernel_thread (6.8+), and, when
 * FACT_STAT was not read: comm (unescaped), now.state, now.ppid, pgid and sid (NSpgid, NSsid first column). */
int procfs_status(struct text t, struct process *p);
int procfs_limits(struct text t, struct process *p);
/* se.exec_start of proc/PID/sched (kernel/sched/debug.c), milliseconds with six decimals. */
int procfs_sched(struct text t, uint64_t *exec_start_ns);
int procfs_io(struct text t, struct look *look);	/* rchar, wchar */
/* The path of "0::", or of "name=systemd" when that one is longer than "/" (hybrid). */
int procfs_cgroup(struct text t, struct text *path);
/* The unit that a control group belongs to, as sd_pid_get_unit(3) would tell: the first name
 * that is no slice, if it is that of a unit, and not of a slice.  root: the control group of process 1, for
 * a container's paths may begin with it.  Escaped names lose their "_".  False: none. */
bool procfs_unit(struct text path, struct text root, struct text *unit);
/* Elf64 or Elf32 by the size of long only: a foreign-word-size process gives -EINVAL. */
int procfs_auxv(struct text t, struct layout *out);
/* NUL-separated NAME=VALUE into pointers in the arena; entries without '=' are dropped. */
int procfs_environ(struct arena *a, struct text t, const char *const **out, size_t *n);
/* Field 4 of loadavg: all threads of the kernel. */
int procfs_loadavg(struct text t, int64_t *threads);
/* "processes N" of /proc/stat: processes and threads made since boot, of all namespaces. */
int procfs_forks(struct text t, uint64_t *forks);
/* Field 5 of loadavg: the number given last in the reader's pid namespace, to a process or a thread. */
int procfs_last_pid(struct text t, uint64_t *pid);
/* hidepid and subset=pid of the mount that shows as `mount_point` ("/proc"; the last such line wins). */
int procfs_mountinfo(struct text t, const char *mount_point, bool *hidepid, bool *subset_pid);
/* The text of a link in /proc/PID/fd into kind, inode, deleted. */
void procfs_fd_link(struct text target, struct descriptor *d);
/* fdinfo of one descriptor: cloexec (flags, octal), watched_pid (Pid:), watches (tfd: and
 * inotify lines; only where the link says epoll or inotify). */
void procfs_fdinfo(struct text t, struct descriptor *d);
bool procfs_fdinfo_locked(struct text t);		/* a "lock:" line */
/* "mnt:[4026531841]" */
/* Inode of the initial pid namespace: PROC_PID_INIT_INO in include/linux/proc_ns.h. */
#define PROCFS_INITIAL_PID_NS UINT64_C(0xEFFFFFFC)
int procfs_namespace(struct text t, uint64_t *inode);
