/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over the kernel's list of tasks.  It is in the order of pids, so a process that is
 * born behind the reader's back with a lower number is missed, as in /proc; but here the
 * number that was given out last tells whether anybody was born at all.
 */
#include "source/bpf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "source/bpf_look.h"
#include "source/live_clock.h"
#include "source/live_work.h"
#include "source/procfs.h"
#include "source/walk.h"

#define PASSES_MOST 3
#define NS_PER_S UINT64_C(1000000000)

#define PF_EXITING 0x00000004u	/* include/linux/sched.h */
#define PF_FORKNOEXEC 0x00000040u
#define PF_KTHREAD 0x00200000u

/* Of a thread group, in nanoseconds. */
struct cpu { uint64_t user, system, ran, shown_user, shown_system; };
struct thread_cpu { int32_t pid; uint64_t user, system, ran; };

struct walk {
	struct snapshot *s;
	struct bpf_look *look;
	size_t known;		/* of s->processes, from earlier passes: sorted */
	struct arena *scratch;
	struct cpu *cpu;	/* of s->processes[known] and those behind it */
	size_t cpu_n, cpu_room;
	struct thread_cpu *threads;
	size_t thread_n, thread_room;
	bool older;		/* records that lack what we need */
};

uint64_t bpf_start(const struct bpf_look *look, uint32_t hz, uint64_t start_ns)
{
	return (start_ns + look->boot_offset_ns) / (NS_PER_S / hz);
}

static uint64_t ticks(const struct snapshot *s, uint64_t ns)
{
	return ns / (NS_PER_S / s->hz);
}

/* task_state_index() of include/linux/sched.h. */
char bpf_state(uint32_t state, uint32_t exit_state)
{
	static const char letters[] = "RSDTtXZPI";
	const uint32_t report = 0x7f, idle = 0x402, waits = 0x1000 | 0x8000, uninterruptible = 2;
	uint32_t shown = (state | exit_state) & report;

	if ((state & idle) == idle)
		shown = 0x80;
	if (state & waits)
		shown = uninterruptible;
	return letters[shown ? 32 - __builtin_clz(shown) : 0];
}

/* cputime_adjust() of kernel/sched/cputime.c: the ticks share what really ran, and what has
 * been shown once never shrinks. */
static void adjust(const struct cpu *c, uint64_t *user, uint64_t *system)
{
	uint64_t ran = c->ran, sys = c->system, sum = c->user + c->system;

	*user = c->shown_user;
	*system = c->shown_system;
	if (c->shown_user + c->shown_system >= ran)
		return;
	if (!c->user)
		sys = ran;
	else if (sys)
		sys = (uint64_t)((__extension__ (unsigned __int128)sys) * ran / sum);
	sys = sys > ran ? ran : sys;
	sys = sys < c->shown_system ? c->shown_system : sys;
	*user = ran - sys;
	if (*user < c->shown_user) {
		*user = c->shown_user;
		sys = ran - *user;
	}
	*system = sys;
}

static int64_t fd_count(const struct process *p, const struct bpf_record_process *r)
{
	return p->kernel_thread || p->now.state == 'Z' ? -1 : (int64_t)r->fd_count;
}

static int wait_status(const struct process *p, const struct bpf_record_process *r)
{
	int code = r->bits & BPF_PROCESS_GROUP_EXIT ? r->group_exit_code : r->exit_code;

	return process_is_zombie(p) && code >= 0 && code <= 0xffff ? code : -1;
}

static void set_name(struct process *p, const struct bpf_record_process *r)
{
	size_t n = r->cpu.head.size - offsetof(struct bpf_record_process, name);

	n = n < sizeof(p->comm) - 1 ? n : sizeof(p->comm) - 1;
	memcpy(p->comm, r->name, strnlen(r->name, n));
}

static void fill(const struct snapshot *s, const struct bpf_record_process *r, struct process *p)
{
	p->kernel_thread = r->flags & PF_KTHREAD;
	p->has_execed = !(r->flags & PF_FORKNOEXEC);
	p->has_reaped = r->bits & BPF_PROCESS_REAPED;
	p->now.at_ns = s->now_ns;
	p->now.state = bpf_state(r->state, r->exit_state);
	p->now.ppid = r->ppid;
	p->pgid = r->pgid;
	p->sid = r->sid;
	p->threads = r->threads;
	p->now.fd_count = fd_count(p, r);
	p->wait_status = wait_status(p, r);
	set_name(p, r);
	p->read = FACT_BIT(FACT_STAT);
	if (p->kernel_thread)
		return;
	p->uid = r->uid;
	p->gid = r->gid;
	p->tracer = r->tracer;
	p->ns_depth = r->ns_depth;
	p->ns_pid = r->ns_pid;
	p->sig_pending = r->sig_pending;
	p->sig_blocked = r->sig_blocked;
	p->sig_ignored = r->sig_ignored;
	p->sig_caught = r->sig_caught;
	p->nofile_soft = r->nofile_soft;
	p->nofile_hard = r->nofile_hard;
	p->locks_soft = r->locks_soft;
	p->locks_hard = r->locks_hard;
	p->read |= FACT_BIT(FACT_STATUS) | FACT_BIT(FACT_LIMITS);
	/* of others it is not a fact that stays one */
	if (p->now.state != 'Z')
		return;
	p->exec_start_ns = r->exec_start_ns;
	p->read |= FACT_BIT(FACT_SCHED);
}

static bool is_known(const struct walk *w, struct process_id id)
{
	struct snapshot seen = { .processes = w->s->processes, .process_n = w->known };
	const struct process *p = snapshot_find(&seen, id.pid);

	return p && p->id.start_ticks >= id.start_ticks;
}

static void add_process(struct walk *w, const struct bpf_record_process *r)
{
	struct snapshot *s = w->s;
	struct process_id id = { r->cpu.head.pid, bpf_start(w->look, s->hz, r->start_ns) };

	if (id.pid == s->self)
		s->sched_now_ns = r->exec_start_ns;
	if (is_known(w, id))
		return;
	fill(s, r, snapshot_add(s, id));
	*(struct cpu *)arena_push(w->scratch, &w->cpu, &w->cpu_n, &w->cpu_room, sizeof(struct cpu)) =
		(struct cpu){ r->cpu.user_ns + r->ended_user_ns,
			      r->cpu.system_ns + r->ended_system_ns,
			      r->cpu.ran_ns + r->ended_ran_ns, r->shown_user_ns,
			      r->shown_system_ns };
	if (!s->initial_pid_ns)
		*(struct bpf_number *)arena_push(s->arena, &w->look->numbers, &w->look->number_n,
						 &w->look->number_room, sizeof(struct bpf_number)) =
			(struct bpf_number){ r->global_pid, id.pid };
	if (!(r->flags & (PF_KTHREAD | PF_EXITING)))
		*(struct bpf_group *)arena_push(s->arena, &w->look->groups, &w->look->group_n,
						&w->look->group_room, sizeof(struct bpf_group)) =
			(struct bpf_group){ r->css_set, id.pid };
}

static void walk_record(void *context, const struct bpf_record_head *head)
{
	struct walk *w = context;
	const struct bpf_record_cpu *c = (const void *)head;

	if (head->type == BPF_RECORD_PROCESS && head->size >= sizeof(struct bpf_record_process))
		add_process(w, (const void *)head);
	else if (head->type == BPF_RECORD_CPU && head->size >= sizeof(*c))
		*(struct thread_cpu *)arena_push(w->scratch, &w->threads, &w->thread_n,
						 &w->thread_room, sizeof(struct thread_cpu)) =
			(struct thread_cpu){ head->pid, c->user_ns, c->system_ns, c->ran_ns };
	else
		w->older = true;
}

/* The place of a pid among those of this pass, which ascend; or SIZE_MAX. */
static size_t place_of(const struct walk *w, int32_t pid)
{
	size_t low = w->known, high = w->s->process_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->s->processes[middle].id.pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < w->s->process_n && w->s->processes[low].id.pid == pid ? low : SIZE_MAX;
}

static void sum_up(struct walk *w)
{
	for (size_t i = 0; i < w->thread_n; i++) {
		const struct thread_cpu *t = &w->threads[i];
		size_t place = place_of(w, t->pid);

		if (place == SIZE_MAX)
			continue;
		w->cpu[place - w->known].user += t->user;
		w->cpu[place - w->known].system += t->system;
		w->cpu[place - w->known].ran += t->ran;
	}
	for (size_t i = 0; i < w->cpu_n; i++) {
		uint64_t user, system;

		adjust(&w->cpu[i], &user, &system);
		w->s->processes[w->known + i].now.cpu_ticks =
			ticks(w->s, user) + ticks(w->s, system);
		w->s->processes[w->known + i].switches = w->cpu[i].ran;
	}
}

static struct text line_of(const char *buf, ssize_t n)
{
	return (struct text){ buf, n > 0 ? (size_t)(n - (buf[n - 1] == '\n')) : 0 };
}

/* The pid that was given out last, of /proc/loadavg; 0 unknown. */
static uint64_t newest_pid(const struct proc_dir *proc)
{
	char buf[256];
	ssize_t n = proc_read(proc, 0, "loadavg", buf, sizeof(buf));
	struct text t = line_of(buf, n), word = { NULL, 0 };
	uint64_t pid = 0;

	while (text_word(&t, &word))
		if (text_u64(word, &pid))
			pid = 0;
	return pid;
}

/* One pass; whether somebody may have been missed. */
static int pass(struct walk *w, const struct proc_dir *proc, int fd, bool *steady)
{
	uint64_t before = newest_pid(proc), after;
	size_t known = w->known;
	int err;

	w->scratch = arena_new(0);
	w->cpu = NULL;
	w->threads = NULL;
	w->cpu_n = w->cpu_room = w->thread_n = w->thread_room = 0;
	err = bpf_read(fd, walk_record, w);
	if (!err && w->older)
		err = -EPROTO;
	if (!err) {
		sum_up(w);
		snapshot_sort(w->s);
		w->known = w->s->process_n;
	}
	arena_free(w->scratch);
	after = newest_pid(proc);
	*steady = (before && before == after) || (known && known == w->known);
	return err;
}

/* What our clock of start times is ahead of the kernel's own: time_namespaces(7). */
static uint64_t boot_offset(const struct proc_dir *proc)
{
	char buf[256];
	ssize_t n = proc_read(proc, 0, "self/timens_offsets", buf, sizeof(buf));
	struct text t = line_of(buf, n), line, name, seconds, ns;
	int64_t s, rest;

	while (text_line(&t, &line))
		if (text_word(&line, &name) && text_is(name, "boottime") &&
		    text_word(&line, &seconds) && text_word(&line, &ns) &&
		    !text_i64(seconds, &s) && !text_i64(ns, &rest))
			return (uint64_t)s * NS_PER_S + (uint64_t)rest;
	return 0;
}

/* Of the whole machine, by /proc/loadavg, whatever pid namespace we are in; 0 unknown. */
static size_t threads_now(const struct proc_dir *proc)
{
	char buf[256];
	ssize_t n = proc_read(proc, 0, "loadavg", buf, sizeof(buf) - 1);
	unsigned long threads;

	buf[n > 0 ? n : 0] = '\0';
	return sscanf(buf, "%*s %*s %*s %*[0-9]/%lu", &threads) == 1 && threads < INT32_MAX ?
		(size_t)threads : 0;
}

/* Address space for as many as there may be: it costs nothing until it is touched. */
static void make_room(struct snapshot *s, struct bpf_look *look, const struct proc_dir *proc)
{
	size_t n = 2 * threads_now(proc);

	s->process_room = n + 1024;
	s->processes = arena_calloc(s->arena, s->process_room, sizeof(*s->processes));
	look->group_room = s->process_room;
	look->groups = arena_calloc(s->arena, look->group_room, sizeof(*look->groups));
	if (s->initial_pid_ns)
		return;
	look->number_room = s->process_room;
	look->numbers = arena_calloc(s->arena, look->number_room, sizeof(*look->numbers));
}

static int walk(struct walk *w, const struct proc_dir *proc)
{
	struct coverage *c = &w->s->coverage;
	int fds[PASSES_MOST], err = bpf_open(BPF_TASKS, w->look->kept, fds, PASSES_MOST);
	bool steady = false;

	if (err)
		return err;
	walk_boot(w->s, proc);
	walk_threads(w->s, proc);
	make_room(w->s, w->look, proc);
	w->look->boot_offset_ns = boot_offset(proc);
	for (int i = 0; i < PASSES_MOST; i++) {
		if (err || steady) {
			close(fds[i]);
			continue;
		}
		err = pass(w, proc, fds[i], &steady);
		c->passes++;
	}
	c->unsteady = !steady;
	walk_threads(w->s, proc);
	return err;
}

/* Process 1, for kernels that do not list it. */
struct init_reader { struct proc_dir proc; int size_is_count; };

static void init_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct process *p = context, seen;
	const struct init_reader *me = own;
	char buf[2048];
	ssize_t n = proc_read(&me->proc, 1, "stat", buf, sizeof(buf));

	(void)item;
	process_init(&seen, p->id);
	seen.now.at_ns = p->now.at_ns;
	if (n <= 0 || procfs_stat((struct text){ buf, (size_t)n }, 1, &seen))
		return;
	seen.read = FACT_BIT(FACT_STAT);
	seen.now.fd_count = proc_fd_count(&me->proc, 1, me->size_is_count);
	if (ticket_claim(t))
		*p = seen;
}

static void *init_begin(void *context)
{
	struct init_reader *me = calloc(1, sizeof(*me));

	(void)context;
	if (!me || proc_dir_open(&me->proc))
		return NULL;
	me->size_is_count = proc_fd_size_is_count(&me->proc);
	return me;
}

static void add_init(struct snapshot *s)
{
	struct process *p = arena_calloc(s->arena, 1, sizeof(*p));
	struct work work = { .item = init_item, .begin = init_begin, .context = p, .n = 1 };
	struct work_result result;

	process_init(p, (struct process_id){ .pid = 1 });
	p->now.at_ns = s->now_ns;
	live_work(s, &work, &result);
	if (!p->read)
		return;
	if (p->now.fd_count < 0)
		p->now.fd_count = -1;
	*snapshot_add(s, p->id) = *p;
	snapshot_sort(s);
}

/* Whether a pid and a user id in the lists mean the same as in /proc. */
static bool is_our_proc(const struct snapshot *s, const struct proc_dir *proc)
{
	struct text t, word;
	char buf[4096];
	ssize_t n = proc_link(proc, 0, "self", buf, sizeof(buf));
	uint64_t value = 0;

	if (n <= 0 || text_u64((struct text){ buf, (size_t)n }, &value) < 0 ||
	    value != (uint64_t)s->self)
		return false;
	n = proc_read(proc, 0, "self/uid_map", buf, sizeof(buf));
	t = line_of(buf, n);
	for (int i = 0; i < 3; i++)
		if (!text_word(&t, &word) || text_u64(word, &value) < 0 ||
		    value != (i < 2 ? 0 : UINT32_MAX))
			return false;
	return true;
}

static int by_number(const void *left, const void *right)
{
	const struct bpf_number *a = left, *b = right;

	return (a->global_pid > b->global_pid) - (a->global_pid < b->global_pid);
}

int bpf_walk(struct live_kept *kept, struct snapshot **out)
{
	struct snapshot *s = snapshot_new(1);
	struct walk w = { .s = s, .look = arena_calloc(s->arena, 1, sizeof(*w.look)) };
	struct proc_dir proc;
	int err;

	w.look->kept = kept;
	walk_first_look(s);
	err = proc_dir_open(&proc);
	if (!err) {
		err = is_our_proc(s, &proc) ? walk(&w, &proc) : -EXDEV;
		proc_dir_close(&proc);
	}
	if (err) {
		snapshot_free(s);
		return err;
	}
	if (w.look->number_n)
		qsort(w.look->numbers, w.look->number_n, sizeof(*w.look->numbers), by_number);
	s->bpf = w.look;
	s->coverage.source = "bpf";
	if (!snapshot_find(s, 1))
		add_init(s);
	s->coverage.pid1_visible = snapshot_find(s, 1);
	s->coverage.took_ns = live_clock_ns() - s->now_ns;
	*out = s;
	return 0;
}
