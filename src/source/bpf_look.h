/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a snapshot keeps of the kernel's lists beyond what the model has a place for. */
#pragma once

#include "source/bpf.h"

/* Who shares a css_set has the same text in /proc/PID/cgroup. */
struct bpf_group { uint64_t css_set; pid_t pid; };

/* A descriptor of an inode that is locked, by whomever. */
struct bpf_lock { struct process *process; size_t place; };

/* What the initial pid namespace calls a process, where ours calls it otherwise. */
struct bpf_number { int32_t global_pid; pid_t pid; };

struct bpf_look {
	struct live_kept *kept;
	uint64_t boot_offset_ns;
	struct bpf_number *numbers;	/* ascending; none: we are in that namespace */
	size_t number_n, number_room;
	struct bpf_group *groups;
	size_t group_n, group_room;
	struct descriptor *fds;	/* of everybody, one behind the other */
	size_t fd_n, fd_room;
	struct bpf_lock *locks;	/* ascending by place */
	size_t lock_n, lock_room;
	struct socket_info *sockets;
	size_t socket_n, socket_room;
	bool gave_sockets;	/* to the snapshot */
};

char bpf_state(uint32_t state, uint32_t exit_state);
uint64_t bpf_start(const struct bpf_look *look, uint32_t hz, uint64_t start_ns);	/* ticks */

/* The process that a record is about, or NULL: another one has its number by now. */
struct process *bpf_find(const struct snapshot *s, int32_t global_pid, uint64_t start_ns);

/* FACT_FDS, FACT_TASKS.  0 or -errno: nothing was read then. */
int bpf_read_files(struct snapshot *s);
int bpf_read_threads(struct snapshot *s);
