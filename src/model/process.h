/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One process as far as it was seen.  A process is never a bare pid: the number is reused,
 * so an identity is pid and start time within one boot (good for reporting; for killing not
 * even that is enough, see RELIABILITY in doc/ARCHITECTURE.md).
 * Each group of facts was read, denied (EACCES is data), or stalled (the read blocked and
 * was abandoned); a fact that is neither was not asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct process_id {
	pid_t pid;
	uint64_t start_ticks;	/* since boot, 1/hz s: proc_pid_stat(5) field 22 */
};

static inline bool process_id_same(struct process_id a, struct process_id b)
{
	return a.pid == b.pid && a.start_ticks == b.start_ticks;
}

/* Groups of facts that are read together, in the order in which they are safe to read:
 * the first never block, `stat` and the links can, command and environ are the worst. */
enum fact {
	FACT_STATUS,	/* /proc/PID/status: uids, masks, tracer */
	FACT_LIMITS,	/* /proc/PID/limits: nofile, locks */
	FACT_SCHED,	/* /proc/PID/sched: se.exec_start */
	FACT_CGROUP,	/* /proc/PID/cgroup */
	FACT_STAT,	/* /proc/PID/stat */
	FACT_IO,	/* /proc/PID/io */
	FACT_FDS,	/* readlink and lstat of /proc/PID/fd/N */
	FACT_CWD,	/* readlink */
	FACT_NAMESPACES,/* readlink of /proc/PID/ns/N */
	FACT_LAYOUT,	/* /proc/PID/auxv */
	FACT_TASKS,	/* /proc/PID/task/TID: stat, wchan, syscall, sched */
	FACT_ENVIRON,	/* /proc/PID/environ */
	FACT_DETAILS,	/* by libproc2: command line, executable, user, group, unit */
	FACT_N
};
#define FACT_BIT(f) (UINT32_C(1) << (f))
const char *fact_name(enum fact f);	/* "fd" for FACT_FDS: the word in JSON and records */

enum fd_kind {
	FD_UNREADABLE,	/* the link could not be read */
	FD_FILE,	/* a path, directories too */
	FD_DEVICE,	/* below /dev, /dev/null and terminals too */
	FD_PIPE,
	FD_SOCKET,
	FD_MEMFD,
	FD_ANON,	/* anon_inode: eventfd, epoll, ... */
	FD_OTHER,
};

enum fd_mode { FD_MODE_UNKNOWN, FD_READ, FD_WRITE, FD_READ_WRITE };

enum fd_cloexec { CLOEXEC_UNKNOWN, CLOEXEC_SET, CLOEXEC_CLEAR };

/* There are hundreds of thousands of them: every byte counts. */
struct descriptor {
	int fd;
	enum fd_kind kind : 4;
	enum fd_mode mode : 2;
	enum fd_cloexec cloexec : 2;
	bool deleted : 1;	/* target ends in " (deleted)" and is not a memfd */
	bool locked : 1;	/* fdinfo shows a lock of this process */
	bool has_watched : 1, has_watches : 1, has_size : 1, has_queue : 1;	/* one at most */
	/* A pipe: descriptions that are open to read and to write, by the kernel's own count;
	 * both 0: unknown.  FD_ENDS_MOST: so many or more. */
	uint8_t readers, writers;
	uint64_t inode;		/* pipes and sockets; 0 else */
	const char *target;	/* the link's text, raw; see descriptor_link() */
	union {			/* what it is, the kind tells, and has_... whether it is known */
		pid_t watched_pid;	/* pidfd: its process; -1: that one has been reaped */
		uint32_t watches;	/* epoll, inotify: how many things it watches */
		uint64_t size_bytes;	/* a deleted file: what it still takes on its disk */
		struct { uint32_t queued_bytes, capacity_bytes; };	/* a pipe: FIONREAD, F_GETPIPE_SZ */
	};
	/* Equal in two descriptors of one snapshot: the same open file description; 0 unknown. */
	uint64_t file_id;
};
#define FD_ENDS_MOST UINT8_MAX

/* The link's text, raw; NULL when it could not be read.  Of a pipe or socket its target is
 * NULL where kind and inode say it all: then the text is made in buf. */
#define DESCRIPTOR_LINK_SIZE 32
const char *descriptor_link(const struct descriptor *d, char buf[DESCRIPTOR_LINK_SIZE]);

/* What a thread does in the kernel right now. */
enum task_doing {
	TASK_UNKNOWN,		/* could not be read: wchan says "0" to those without rights */
	TASK_RUNNING,		/* or in a system call of no interest here */
	TASK_READING,		/* blocked in read and the like on `fd` */
	TASK_WRITING,		/* blocked in write and the like on `fd` */
	TASK_POLLING,		/* poll, select, epoll_wait */
	TASK_WAITING_CHILD,	/* wait4, waitid */
	TASK_SLEEPING,		/* a timed sleep */
	TASK_LOCKING,		/* futex */
};

struct task {
	pid_t tid;
	char state;
	enum task_doing doing;
	int fd;			/* -1 where `doing` names none */
	bool in_pipe;		/* wchan says pipe_read or pipe_write */
	bool has_since;
	uint64_t since_ns;	/* by the scheduler's clock: when it last ran */
};

enum namespace_kind { NS_CGROUP, NS_IPC, NS_MNT, NS_NET, NS_PID, NS_USER, NS_UTS, NS_N };
const char *namespace_name(enum namespace_kind k);

/* The address layout of a program image, from auxv.  Equal in two processes only when one
 * is a fork, without exec, of the other (or both of a third). */
struct layout { uint64_t vdso, phdr, base, entry, random; };

/* What changes from look to look. */
struct look {
	uint64_t at_ns;		/* CLOCK_BOOTTIME; 0: there was no such look */
	char state;		/* stat field 3: R S D Z T t X I */
	pid_t ppid;
	uint64_t cpu_ticks;	/* utime + stime */
	int64_t read_bytes, written_bytes;	/* rchar, wchar of io; -1 unknown */
	int64_t fd_count;	/* -1 unknown */
};

#define LIMIT_UNLIMITED UINT64_MAX
/* Descriptors listed per process; what is beyond is only counted. */
#define PROCESS_FDS_MOST 65536

struct process {
	struct process_id id;
	pid_t pgid, sid;
	char comm[64];		/* raw bytes, NUL-terminated; kernel workers have long ones */
	bool kernel_thread;	/* PF_KTHREAD, never guessed from a name */
	bool has_execed;	/* since it was forked: PF_FORKNOEXEC is clear in its flags */
	bool has_reaped;	/* has waited for a child some time: its cminflt is not 0 */
	bool gone;		/* was there at the first look, not at the second */
	uint32_t threads;	/* 0 unknown */
	uint64_t inode;		/* of its directory in /proc; 0 unknown: model/refresh.h */
	int wait_status;	/* as waitpid would tell; zombies, where permitted; -1 unknown */

	struct look now;	/* the latest look: state and ppid are here */
	struct look before;	/* the look before; at_ns 0 when there was only one */

	uint32_t read, denied, stalled;	/* FACT_BIT masks */

	/* FACT_STATUS */
	uid_t uid, gid;		/* effective */
	pid_t tracer;
	unsigned ns_depth;	/* pid namespaces below ours: 0 same, 1 one below, ... */
	pid_t ns_pid;		/* its pid in its innermost namespace; 1: that one's init */
	uint64_t sig_pending;	/* shared (ShdPnd) */
	uint64_t sig_blocked, sig_ignored, sig_caught;
	/* Goes up when its first thread runs (where the kernel's lists told: when any does): turns
	 * given up, or nanoseconds; 0 unknown. */
	uint64_t switches;
	/* FACT_LIMITS; LIMIT_UNLIMITED */
	uint64_t nofile_soft, nofile_hard, locks_soft, locks_hard;
	/* FACT_SCHED: last time on a CPU by the scheduler's clock: for a zombie, its death */
	uint64_t exec_start_ns;
	/* FACT_CGROUP: the unified path, or name=systemd's on hybrid hosts; raw */
	const char *cgroup;
	/* FACT_FDS */
	const struct descriptor *fds;
	size_t fd_n;
	/* FACT_TASKS */
	const struct task *tasks;
	size_t task_n;
	/* FACT_CWD, FACT_NAMESPACES (0 unknown), FACT_LAYOUT */
	const char *cwd;
	uint64_t namespaces[NS_N];
	struct layout layout;
	/* FACT_ENVIRON: NAME=VALUE each, as at exec */
	const char *const *environ;
	size_t environ_n;
	/* FACT_DETAILS; NULL unknown.  command: the arguments joined by blanks, raw */
	const char *command, *exe, *user, *group, *unit;
};

/* Everything unknown but the identity. */
void process_init(struct process *p, struct process_id id);

#define SIG_BIT(sig) (UINT64_C(1) << ((sig) - 1))

static inline bool process_knows(const struct process *p, enum fact f)
{
	return p->read & FACT_BIT(f);
}
/* State Z and the last thread gone: what waitpid would return.  A dead leader with living
 * threads also shows Z, and is neither dead nor reapable. */
static inline bool process_is_zombie(const struct process *p)
{
	return p->now.state == 'Z' && p->threads <= 1;
}

/* By its executable, or by its name when that is not known. */
bool process_is_shell(const struct process *p);
static inline bool process_is_dead_leader(const struct process *p)
{
	return p->now.state == 'Z' && p->threads > 1;
}
/* What to call it: the command line, else "[comm]" for kernel threads and zombies, else
 * comm.  Raw text: escape before showing. */
const char *process_label(const struct process *p);
/* The environment's value of a name, or NULL. */
const char *process_getenv(const struct process *p, const char *name);
/* Whether the environment holds this whole NAME=VALUE. */
bool process_has_entry(const struct process *p, const char *entry);
const struct descriptor *process_fd(const struct process *p, int fd);	/* or NULL */
