/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel as the BPF programs see it, and what all of them ask of it.  Of its structs only the fields that are read are
 * declared here: the loader finds them by name in the running kernel.  Pointers are cast to
 * "untrusted" first: the verifier then needs a fifth of the time, and a pointer that has
 * become stale reads as 0.
 *
 * What else loading takes its time for: the kernel remembers the last 31 structs by a hash of
 * their names, and searches all its types for one that it does not know (any more).  Some
 * names that are wanted here push out each other - signal_struct and files_struct, pid and
 * pipe_inode_info, inode and list_head, tcp_sock and unix_sock, kthread and k_sigaction - so
 * each program does without one of the two where it can, or uses them one after the other.
 */
#pragma once

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define KERNEL __attribute__((preserve_access_index))
#define SIGNALS 64
#define LONG_BITS 64
#define PIDTYPE_TGID 1
#define PIDTYPE_PGID 2
#define PIDTYPE_SID 3
#define RLIMIT_NOFILE 7
#define RLIMIT_LOCKS 10
#define PF_KTHREAD 0x00200000u
#define SIGNAL_STOP_STOPPED 1u
#define SIGNAL_GROUP_EXIT 4u
#define S_IFMT 0170000
#define S_IFIFO 0010000
#define S_IFSOCK 0140000
#define PIPEFS_MAGIC 0x50495045
#define SOCKFS_MAGIC 0x534F434B
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6

struct pid_namespace;
struct upid { int nr; struct pid_namespace *ns; } KERNEL;	/* as struct number below */
struct pid { unsigned int level; struct upid numbers[1]; } KERNEL;
struct rlimit { unsigned long rlim_cur, rlim_max; } KERNEL;
typedef struct { unsigned long sig[1]; } sigset_t;
struct sigpending { sigset_t signal; } KERNEL;
struct prev_cputime { __u64 utime, stime; } KERNEL;
struct signal_struct {
	int nr_threads;
	struct sigpending shared_pending;
	int group_exit_code;
	unsigned int flags;
	struct pid *pids[4];
	__u64 utime, stime;
	struct prev_cputime prev_cputime;
	unsigned long cmin_flt;
	unsigned long long sum_sched_runtime;
	struct rlimit rlim[16];
} KERNEL;
struct sigaction { void *sa_handler; } KERNEL;
struct k_sigaction { struct sigaction sa; } KERNEL;
struct sighand_struct { struct k_sigaction action[SIGNALS]; } KERNEL;
typedef struct { unsigned int val; } kuid_t;
typedef struct { unsigned int val; } kgid_t;
struct cred { kuid_t euid; kgid_t egid; } KERNEL;
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *close_on_exec, *open_fds;
} KERNEL;
struct super_block { unsigned int s_dev; unsigned long s_magic; } KERNEL;
struct list_head { struct list_head *next; };
struct file_lock_context { struct list_head flc_flock, flc_posix, flc_lease; } KERNEL;
struct inode {
	unsigned short i_mode;
	unsigned long i_ino;
	struct super_block *i_sb;
	struct file_lock_context *i_flctx;
} KERNEL;
struct path { void *mnt; } KERNEL;
struct file {
	unsigned int f_mode, f_flags;
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
} KERNEL;
struct files_struct { struct fdtable *fdt; } KERNEL;
struct kernfs_node { __u64 id; } KERNEL;
struct cgroup { struct kernfs_node *kn; } KERNEL;
struct css_set { struct cgroup *dfl_cgrp; } KERNEL;
struct kthread { char *full_name; } KERNEL;
struct sched_entity { __u64 exec_start, sum_exec_runtime; } KERNEL;
struct task_struct {
	unsigned int __state;
	unsigned int flags, ptrace;
	struct sched_entity se;
	int exit_state, exit_code;
	int pid, tgid;
	struct task_struct *real_parent, *parent, *group_leader;
	struct pid *thread_pid;
	void *worker_private;
	__u64 utime, stime, start_boottime;
	const struct cred *real_cred;
	char comm[16];
	struct files_struct *files;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	sigset_t blocked;
	struct css_set *cgroups;
} KERNEL;

struct pipe_buffer { unsigned int len; } KERNEL;
struct pipe_inode_info {
	unsigned int head, tail, max_usage, ring_size, readers, writers;
	struct pipe_buffer *bufs;
} KERNEL;
struct in6_addr { __u8 bytes[16]; };
struct sock_common {
	__u32 skc_daddr;
	__u16 skc_dport;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
} KERNEL;
struct socket;
struct sock { struct sock_common __sk_common; struct socket *sk_socket; __u16 sk_protocol; } KERNEL;
struct socket { struct sock *sk; } KERNEL;
struct socket_alloc { struct socket socket; struct inode vfs_inode; } KERNEL;
struct unix_address { int len; } KERNEL;
struct unix_sock { struct unix_address *addr; struct sock *peer; } KERNEL;
struct inet_sock { __u16 inet_sport; } KERNEL;
struct tcp_sock { __u32 copied_seq, rcv_nxt, rcv_tstamp; } KERNEL;

/* x86_64 and arm64: which of the fields are there tells which it is. */
struct pt_regs {
	unsigned long orig_ax, di, si, dx;
	__u64 regs[31], orig_x0;
	int syscallno;
} KERNEL;

struct seq_file;
struct bpf_iter_meta { struct seq_file *seq; } KERNEL;
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; } KERNEL;
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} KERNEL;

extern void *bpf_rdonly_cast(void *object, __u32 type) __ksym;
#define UNTRUSTED(object, type) \
	((struct type *)bpf_rdonly_cast((void *)(object), bpf_core_type_id_kernel(struct type)))

const volatile __u64 secret[2];

/* SipHash-1-3 of one word: nothing of an address can be told from it without the secret. */
#define ROTATE(x, n) ((x) << (n) | (x) >> (64 - (n)))
#define SIP_ROUND \
	v0 += v1, v1 = ROTATE(v1, 13) ^ v0, v0 = ROTATE(v0, 32), \
	v2 += v3, v3 = ROTATE(v3, 16) ^ v2, \
	v0 += v3, v3 = ROTATE(v3, 21) ^ v0, \
	v2 += v1, v1 = ROTATE(v1, 17) ^ v2, v2 = ROTATE(v2, 32)

static __always_inline __attribute__((unused)) __u64 hashed(const void *address)
{
	__u64 word = 0, length = 8ULL << 56;
	__u64 v0 = secret[0] ^ 0x736f6d6570736575ULL, v1 = secret[1] ^ 0x646f72616e646f6dULL;
	__u64 v2 = secret[0] ^ 0x6c7967656e657261ULL, v3 = secret[1] ^ 0x7465646279746573ULL;

	/* the verifier knows a pointer, and allows no arithmetic with one */
	bpf_probe_read_kernel(&word, sizeof(word), &address);
	v3 ^= word;
	SIP_ROUND;
	v0 ^= word;
	v3 ^= length;
	SIP_ROUND;
	v0 ^= length;
	v2 ^= 0xff;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	return v0 ^ v1 ^ v2 ^ v3;
}

/* Without a branch, here and below: the verifier walks each way behind each of them. */
static __always_inline __u64 is_zero(__u64 x)
{
	__u64 minus = -x;

	asm volatile("" : "+r"(minus));		/* or clang makes it a branch */
	return ((x | minus) >> 63) ^ 1;
}

/* Who reads: pids are numbers of its namespace. */
struct reader { __u32 level; __u64 ns; };
struct number { __u64 nr, ns; };

static __always_inline struct number number_at(struct pid *pid, __u32 level)
{
	struct number n = { 0, 0 };

	bpf_probe_read_kernel(&n, sizeof(n), (char *)&pid->numbers[0].nr +
					     level * bpf_core_type_size(struct upid));
	n.nr = (__u32)n.nr;
	return n;
}

static __always_inline struct reader reader_now(void)
{
	struct pid *pid = UNTRUSTED(bpf_get_current_task_btf(), task_struct)->thread_pid;
	struct reader r = { .level = pid->level };

	r.ns = number_at(pid, r.level).ns;
	return r;
}

/* As pid_nr_ns(): 0 for who is not in that namespace.  Of no pid at all, all reads as 0. */
static __always_inline int number_of(struct pid *pid, const struct reader *r)
{
	struct number n = number_at(pid, r->level);
	__u64 below = (__u64)((__s64)pid->level - r->level) >> 63;

	return n.nr & -(is_zero(n.ns ^ r->ns) & (below ^ 1));
}
