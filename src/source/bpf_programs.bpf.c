/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs that the kernel runs for each process, thread and descriptor, and that write
 * the records.  Compiled once with each PROGRAM_..., so that a look loads no more than it needs.
 */
#include "source/bpf_kernel.h"
#include "source/bpf_record.h"

#ifndef PROGRAM_THREADS

#define ACTION_SIZE_MOST 64

/* Room for what the stack has none for.  A pinned program may be run by several readers at
 * once, and one can be interrupted by another on its CPU: who finds it taken asks to be called
 * again. */
struct slot {
	__u32 taken, pad;
	union {
		struct bpf_record_file file;
		struct {
			struct bpf_record_process process;
			char rest_of_name[BPF_NAME_LONG];
			__u64 actions[SIGNALS * ACTION_SIZE_MOST / 8];
		};
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slot);
} slots SEC(".maps");

static __always_inline struct slot *take_slot(void)
{
	__u32 zero = 0;
	struct slot *slot = bpf_map_lookup_elem(&slots, &zero);

	return !slot || __sync_lock_test_and_set(&slot->taken, 1) ? 0 : slot;
}

static __always_inline void leave_slot(struct slot *slot)
{
	*(volatile __u32 *)&slot->taken = 0;	/* whoever else takes it is on this CPU */
}

#endif

#ifdef PROGRAM_TASKS

/* Numbers open, as the size of /proc/PID/fd tells. */
struct counting { const unsigned long *words; __u32 n; };

static long count_word(__u32 i, void *context)
{
	struct counting *c = context;
	unsigned long word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), c->words + i);
	c->n += __builtin_popcountl(word);
	return 0;
}

static __always_inline __u32 count_fds(struct task_struct *t)
{
	struct files_struct *files = t->files;
	struct counting c = { 0, 0 };
	struct fdtable *fdt;

	if (!files)
		return 0;
	fdt = files->fdt;
	c.words = fdt->open_fds;
	if (fdt->max_fds <= LONG_BITS)
		count_word(0, &c);
	else
		bpf_loop(fdt->max_fds / LONG_BITS, count_word, &c, 0);
	return c.n;
}

static __always_inline void signals_of(struct task_struct *t, struct slot *slot)
{
	struct bpf_record_process *p = &slot->process;
	const __u32 size = bpf_core_field_size(t->sighand->action);
	__u64 ignored = 0, usual = 0;

	p->sig_pending = t->signal->shared_pending.signal.sig[0];
	p->sig_blocked = t->blocked.sig[0];
	p->sig_ignored = p->sig_caught = 0;
	if (size > sizeof(slot->actions) ||
	    bpf_probe_read_kernel(slot->actions, size, &t->sighand->action[0].sa.sa_handler))
		return;
#pragma unroll
	for (int i = 0; i < SIGNALS; i++) {
		/* sa_handler comes first */
		__u64 handler = slot->actions[i * (size / SIGNALS / 8)];

		usual |= is_zero(handler) << i;
		ignored |= is_zero(handler ^ 1) << i;
		/* one after the other: all at once do not fit the stack */
		asm volatile("" : "+r"(usual), "+r"(ignored) : : "memory");
	}
	p->sig_ignored = ignored;
	p->sig_caught = ~(usual | ignored);
}

static __always_inline void ids_of(struct task_struct *t, const struct reader *r,
				   struct bpf_record_process *p)
{
	struct pid *pid = t->thread_pid;
	struct signal_struct *signal = t->signal;

	p->ppid = number_of(t->real_parent->group_leader->thread_pid, r);
	p->pgid = number_of(signal->pids[PIDTYPE_PGID], r);
	p->sid = number_of(signal->pids[PIDTYPE_SID], r);
	p->tracer = number_of(t->parent->thread_pid, r) & -(is_zero(t->ptrace) ^ 1);
	p->ns_depth = pid->level - r->level;
	p->ns_pid = number_at(pid, pid->level).nr;
	p->uid = t->real_cred->euid.val;
	p->gid = t->real_cred->egid.val;
}

static __always_inline void group_of(struct signal_struct *signal, struct bpf_record_process *p)
{
	p->threads = signal->nr_threads;
	p->ended_user_ns = signal->utime;
	p->ended_system_ns = signal->stime;
	p->ended_ran_ns = signal->sum_sched_runtime;
	p->shown_user_ns = signal->prev_cputime.utime;
	p->shown_system_ns = signal->prev_cputime.stime;
	p->group_exit_code = signal->group_exit_code;
	p->bits = BPF_PROCESS_REAPED * (is_zero(signal->cmin_flt) ^ 1) +
		  BPF_PROCESS_GROUP_EXIT *
		  (is_zero(signal->flags & (SIGNAL_GROUP_EXIT | SIGNAL_STOP_STOPPED)) ^ 1);
	p->nofile_soft = signal->rlim[RLIMIT_NOFILE].rlim_cur;
	p->nofile_hard = signal->rlim[RLIMIT_NOFILE].rlim_max;
	p->locks_soft = signal->rlim[RLIMIT_LOCKS].rlim_cur;
	p->locks_hard = signal->rlim[RLIMIT_LOCKS].rlim_max;
}

static __always_inline void cpu_of(struct task_struct *t, struct bpf_record_cpu *cpu)
{
	cpu->user_ns = t->utime;
	cpu->system_ns = t->stime;
	cpu->ran_ns = t->se.sum_exec_runtime;
}

/* The name of a kernel thread may be longer than comm has room for. */
static __always_inline void name_of(struct task_struct *t, struct bpf_record_process *p)
{
	struct kthread *kthread = UNTRUSTED(t->worker_private, kthread);
	const char *full = kthread->full_name;

	if (full && bpf_probe_read_kernel_str(p->name, BPF_NAME_LONG, full) > 0)
		p->cpu.head.size += BPF_NAME_LONG - sizeof(p->name);
}

static __always_inline int write_cpu(struct seq_file *seq, struct task_struct *t, int pid)
{
	struct bpf_record_cpu cpu = {
		.head = { .type = BPF_RECORD_CPU, .size = sizeof(cpu), .pid = pid },
	};

	cpu_of(t, &cpu);
	bpf_seq_write(seq, &cpu, sizeof(cpu));
	return 0;
}

static __always_inline void fill(struct task_struct *t, const struct reader *r,
				 struct slot *slot)
{
	struct bpf_record_process *p = &slot->process;

	p->cpu.head.type = BPF_RECORD_PROCESS;
	p->cpu.head.size = sizeof(*p);
	p->start_ns = t->start_boottime;
	p->exec_start_ns = t->se.exec_start;
	p->global_pid = t->tgid;
	p->state = t->__state;
	p->exit_state = t->exit_state;
	p->flags = t->flags;
	p->exit_code = t->exit_code;
	cpu_of(t, &p->cpu);
	ids_of(t, r, p);
	group_of(t->signal, p);
	p->cgroup_id = t->cgroups->dfl_cgrp->kn->id;
	p->css_set = hashed(t->cgroups);
	bpf_probe_read_kernel(p->name, sizeof(p->name), t->comm);
	p->fd_count = 0;
	if (p->flags & PF_KTHREAD) {
		name_of(t, p);
	} else {
		signals_of(t, slot);
		p->fd_count = count_fds(t);
	}
}

SEC("iter/task") int tasks(struct bpf_iter__task *context)
{
	struct seq_file *seq = context->meta->seq;
	struct task_struct *t = context->task;
	struct slot *slot;
	struct reader r;
	__u32 size;
	int pid;

	if (!t)
		return 0;
	t = UNTRUSTED(t, task_struct);
	r = reader_now();
	pid = number_of(t->group_leader->thread_pid, &r);
	if (!pid)
		return 0;
	if (t->pid != t->tgid)
		return write_cpu(seq, t, pid);
	slot = take_slot();
	if (!slot)
		return 1;
	slot->process.cpu.head.pid = pid;
	fill(t, &r, slot);
	size = slot->process.cpu.head.size;
	if (size <= sizeof(slot->process) + sizeof(slot->rest_of_name))
		bpf_seq_write(seq, &slot->process, size);
	leave_slot(slot);
	return 0;
}

#endif

#ifdef PROGRAM_FILES

#define PIPE_BUFFERS_MOST 65536

struct queue { struct pipe_buffer *buffers; __u32 tail, mask, bytes; };

static long add_buffer(__u32 i, void *context)
{
	struct queue *q = context;
	struct pipe_buffer *b = (void *)((char *)q->buffers + ((q->tail + i) & q->mask) *
					 bpf_core_type_size(struct pipe_buffer));
	__u32 length = 0;

	bpf_probe_read_kernel(&length, sizeof(length), &b->len);
	q->bytes += length;
	return 0;
}

static __always_inline __u32 pipe_of(const struct file *f, struct bpf_file_pipe *out)
{
	struct pipe_inode_info *pipe = UNTRUSTED(f->private_data, pipe_inode_info);
	struct queue q = { .buffers = pipe->bufs, .tail = pipe->tail, .mask = pipe->ring_size - 1 };
	__u32 n = pipe->head - q.tail;

	if (n && n <= PIPE_BUFFERS_MOST)
		bpf_loop(n, add_buffer, &q, 0);
	out->readers = pipe->readers;
	out->writers = pipe->writers;
	out->queued_bytes = q.bytes;
	out->capacity_pages = pipe->max_usage;
	return sizeof(*out);
}

static __always_inline void unix_of(struct sock *sk, struct bpf_record_file *r)
{
	struct unix_sock *u = UNTRUSTED(sk, unix_sock);
	struct sock *peer = u->peer;
	struct socket *other = peer ? peer->sk_socket : 0;

	r->local.peer_inode = other ? UNTRUSTED(other, socket_alloc)->vfs_inode.i_ino : 0;
	if (u->addr && u->addr->len > (int)sizeof(short))
		r->bits |= BPF_FILE_NAMED;
}

static __always_inline void tcp_of(struct sock *sk, struct bpf_file_inet *out)
{
	struct tcp_sock *tcp = UNTRUSTED(sk, tcp_sock);
	__s32 unread = tcp->rcv_nxt - tcp->copied_seq;

	out->protocol = IPPROTO_TCP;
	out->pad = 0;
	out->port = __builtin_bswap16(UNTRUSTED(sk, inet_sock)->inet_sport);
	out->peer_port = __builtin_bswap16(sk->__sk_common.skc_dport);
	out->unread_bytes = unread > 0 ? unread : 0;
	out->idle_jiffies = (__u32)bpf_jiffies64() - tcp->rcv_tstamp;
	if (sk->__sk_common.skc_family == AF_INET6) {
		bpf_probe_read_kernel(out->peer, sizeof(out->peer), &sk->__sk_common.skc_v6_daddr);
	} else {
		__builtin_memset(out->peer, 0, sizeof(out->peer));
		bpf_probe_read_kernel(out->peer, 4, &sk->__sk_common.skc_daddr);
	}
}

static __always_inline __u32 socket_of(const struct file *f, struct bpf_record_file *r)
{
	struct sock *sk = UNTRUSTED(f->private_data, socket)->sk;

	r->kind = BPF_FILE_SOCKET;
	if (!sk)
		return 0;
	r->family = sk->__sk_common.skc_family;
	r->state = sk->__sk_common.skc_state;
	if (r->family == AF_UNIX) {
		r->kind = BPF_FILE_UNIX;
		unix_of(sk, r);
		return sizeof(r->local);
	}
	if ((r->family == AF_INET || r->family == AF_INET6) && sk->sk_protocol == IPPROTO_TCP) {
		r->kind = BPF_FILE_INET;
		tcp_of(sk, &r->inet);
		return sizeof(r->inet);
	}
	return 0;
}

static __always_inline int holds(struct list_head *list)
{
	struct list_head first = { 0 };

	bpf_probe_read_kernel(&first, sizeof(first), list);
	return first.next != list;
}

static __always_inline __u8 bits_of(struct task_struct *t, struct inode *inode, __u32 fd)
{
	struct file_lock_context *locks = inode->i_flctx;
	unsigned long word = 0;
	__u8 bits = 0;

	bpf_probe_read_kernel(&word, sizeof(word), t->files->fdt->close_on_exec + fd / LONG_BITS);
	if (word >> fd % LONG_BITS & 1)
		bits |= BPF_FILE_CLOEXEC;
	if (locks && (holds(&locks->flc_flock) || holds(&locks->flc_posix) ||
		      holds(&locks->flc_lease)))
		bits |= BPF_FILE_LOCKS;
	return bits;
}

/* What only this kind of file has; its length. */
static __always_inline long tail_of(struct file *file, const struct file *f,
				    struct bpf_record_file *r)
{
	unsigned long magic = f->f_inode->i_sb->s_magic;
	long n;

	if (magic == PIPEFS_MAGIC && (r->mode & S_IFMT) == S_IFIFO) {
		r->kind = BPF_FILE_PIPE;
		return pipe_of(f, &r->pipe);
	}
	if (magic == SOCKFS_MAGIC && (r->mode & S_IFMT) == S_IFSOCK)
		return socket_of(f, r);
	r->kind = BPF_FILE_PATH;
	n = bpf_d_path(&file->f_path, r->path, sizeof(r->path));
	if (n < 1)
		r->path[0] = 0;
	return n < 1 ? 1 : n;
}

SEC("iter/task_file") int files(struct bpf_iter__task_file *context)
{
	struct seq_file *seq = context->meta->seq;
	struct task_struct *t = context->task;
	struct file *file = context->file, *f;
	__u32 fd = context->fd;
	struct bpf_record_file *r;
	struct task_struct *leader;
	struct slot *slot;
	long n;

	if (!t || !file)
		return 0;
	t = UNTRUSTED(t, task_struct);
	leader = t->group_leader;
	/* a thread may have a table of its own; /proc/PID/fd is the leader's while that lives */
	if (t->pid != t->tgid && leader->files)
		return 0;
	slot = take_slot();
	if (!slot)
		return 1;
	f = UNTRUSTED(file, file);
	r = &slot->file;
	r->head.type = BPF_RECORD_FILE;
	r->head.pid = t->tgid;
	r->tid = t->pid;
	r->fd = fd;
	r->start_ns = leader->start_boottime;
	r->inode = f->f_inode->i_ino;
	r->file = hashed(file);
	r->dev = f->f_inode->i_sb->s_dev;
	r->flags = f->f_flags;
	r->mode = f->f_inode->i_mode;
	r->access = f->f_mode & 3;
	r->family = r->state = r->pad = 0;
	r->bits = bits_of(t, f->f_inode, fd);
	n = tail_of(file, f, r);
	n = (n + 7) & ~7;
	if (n >= 0 && n <= (long)sizeof(r->path)) {
		n += __builtin_offsetof(struct bpf_record_file, pipe);
		r->head.size = n;
		bpf_seq_write(seq, r, n);
	}
	leave_slot(slot);
	return 0;
}

#endif

#ifdef PROGRAM_THREADS

/* Descriptors only: whoever may read a pinned list must not learn where others have their
 * memory. */
#define NUMBER_MOST (1 << 20)

static __always_inline __u64 number_only(__u64 argument)
{
	return argument < NUMBER_MOST ? argument : ~0ull;
}

static __always_inline void call_of(struct task_struct *t, struct bpf_record_thread *r)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(t);

	r->call = -1;
	if (!regs)
		return;
	if (bpf_core_field_exists(struct pt_regs, orig_ax)) {
		r->call = (long)regs->orig_ax;
		r->arguments[0] = number_only(regs->di);
		r->arguments[1] = number_only(regs->si);
		r->arguments[2] = number_only(regs->dx);
	} else if (bpf_core_field_exists(struct pt_regs, syscallno)) {
		r->call = regs->syscallno;
		r->arguments[0] = number_only(regs->orig_x0);
		r->arguments[1] = number_only(regs->regs[1]);
		r->arguments[2] = number_only(regs->regs[2]);
	}
}

static __always_inline int on_pipe(struct task_struct *t, __u64 fd)
{
	struct files_struct *files = t->files;
	struct file *file = 0;
	struct fdtable *fdt;

	if (!files)
		return 0;
	fdt = files->fdt;
	if (fd >= fdt->max_fds ||
	    bpf_probe_read_kernel(&file, sizeof(file), fdt->fd + fd) || !file)
		return 0;
	return (UNTRUSTED(file, file)->f_inode->i_mode & S_IFMT) == S_IFIFO;
}

SEC("iter/task") int threads(struct bpf_iter__task *context)
{
	struct task_struct *trusted = context->task, *t;
	struct bpf_record_thread r;
	struct reader reader;

	if (!trusted)
		return 0;
	t = UNTRUSTED(trusted, task_struct);
	if (t->flags & PF_KTHREAD)
		return 0;
	__builtin_memset(&r, 0, sizeof(r));
	reader = reader_now();
	r.head.type = BPF_RECORD_THREAD;
	r.head.size = sizeof(r);
	r.head.pid = t->tgid;
	r.tid = number_of(t->thread_pid, &reader);
	r.state = t->__state;
	r.exit_state = t->exit_state;
	r.start_ns = t->group_leader->start_boottime;
	r.born_ns = t->start_boottime;
	r.exec_start_ns = t->se.exec_start;
	r.call = -1;
	if (!r.exit_state) {
		call_of(trusted, &r);
		r.on_pipe = on_pipe(t, r.arguments[0]);
	}
	bpf_seq_write(context->meta->seq, &r, sizeof(r));
	return 0;
}

#endif

char terms[] SEC("license") = "GPL";
