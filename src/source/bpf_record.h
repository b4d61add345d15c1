/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs write and bpf.c reads: records one behind the other, each as long as
 * its head says, a multiple of 8.  A reader passes over types that it does not know, and a
 * record that is longer than it knows has more at its end.  No record holds an address of the
 * kernel: what is needed to tell "the same" is hashed with a secret of the load.
 */
#pragma once

#include <linux/types.h>

/* For what is pinned: another one when a reader of today would take it for something else. */
#define BPF_RECORD_FORMAT 1

enum bpf_record_type {
	BPF_RECORD_PROCESS = 1,
	BPF_RECORD_CPU,		/* of a thread that is not the leader */
	BPF_RECORD_FILE,
	BPF_RECORD_THREAD,
};

struct bpf_record_head {
	__u16 type;
	__u16 size;		/* of the whole record */
	__s32 pid;		/* thread group */
};

/* Nanoseconds on CPUs.  Of the pids here and in bpf_record_process, all but global_pid are
 * numbers of the reader's pid namespace; in other records only tid of a thread is. */
struct bpf_record_cpu {
	struct bpf_record_head head;
	__u64 user_ns, system_ns, ran_ns;	/* by ticks; by ticks; by the scheduler */
};

#define BPF_PROCESS_REAPED	1u	/* has waited for a child some time */
#define BPF_PROCESS_GROUP_EXIT	2u	/* group_exit_code is what it ended with */

struct bpf_record_process {
	struct bpf_record_cpu cpu;		/* of the leader alone */
	__u64 ended_user_ns, ended_system_ns, ended_ran_ns;	/* of threads that ended */
	__u64 shown_user_ns, shown_system_ns;	/* what /proc has shown before */
	__u64 start_ns, exec_start_ns;		/* start_ns: of the initial time namespace */
	__s32 global_pid, ppid, pgid, sid, tracer, ns_pid;
	__u32 ns_depth;
	__u32 state, exit_state, flags;		/* as in task_struct */
	__u32 threads, uid, gid, fd_count;
	__s32 exit_code, group_exit_code;
	__u32 bits, pad;			/* bits: BPF_PROCESS_* */
	__u64 nofile_soft, nofile_hard, locks_soft, locks_hard;
	__u64 sig_pending, sig_blocked, sig_ignored, sig_caught;
	__u64 cgroup_id, css_set;		/* css_set: hashed */
	char name[16];				/* of a kernel thread: name[BPF_NAME_LONG] */
};
#define BPF_NAME_LONG 64

#define BPF_FILE_CLOEXEC	1u
#define BPF_FILE_LOCKS		2u	/* there are locks on its inode, anybody's */
#define BPF_FILE_NAMED		4u	/* a unix socket: bound to a name */

enum bpf_file_kind { BPF_FILE_PATH, BPF_FILE_PIPE, BPF_FILE_UNIX, BPF_FILE_INET, BPF_FILE_SOCKET };

struct bpf_file_pipe { __u32 readers, writers, queued_bytes, capacity_pages; };
struct bpf_file_unix { __u64 peer_inode; };
struct bpf_file_inet {
	__u16 protocol, port, peer_port, pad;	/* host order */
	__u32 unread_bytes, idle_jiffies;
	__u8 peer[16];				/* network order; IPv4: the first four */
};

struct bpf_record_file {
	struct bpf_record_head head;
	__s32 tid;
	__u32 fd;
	__u64 start_ns;		/* of the thread group */
	__u64 inode, file;	/* file: hashed, equal for one open file description */
	__u32 dev, flags;	/* flags: f_flags */
	__u16 mode;		/* of the inode */
	__u8 access;		/* 1 read, 2 write, 3 both, 0 neither */
	__u8 kind, bits;
	__u8 family, state;	/* of a socket */
	__u8 pad;
	union {			/* only what the kind has is written */
		struct bpf_file_pipe pipe;
		struct bpf_file_unix local;
		struct bpf_file_inet inet;
		char path[4096];	/* NUL-terminated */
	};
};

struct bpf_record_thread {
	struct bpf_record_head head;
	__s32 tid;
	__u32 state, exit_state, pad;
	__u64 start_ns;		/* of the thread group */
	__u64 born_ns;		/* of the thread */
	__u64 exec_start_ns;
	__s64 call;		/* -1: in none; what the three mean hangs on it */
	__u64 arguments[3];
	__u32 on_pipe;		/* the first of them is the number of a pipe or FIFO */
	__u32 pad2;
};
