/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each thread of a process is blocked in: /proc/PID/task/TID/{stat,wchan,syscall,sched}.
 * wchan is a function of the kernel whose name varies by version (pipe_write,
 * anon_pipe_write); without rights it reads "0", which is not "not blocked".  syscall gives
 * the number and its arguments, the first of which is often the descriptor.  sched tells
 * when the thread last ran, and so for how long it has been blocked.
 */
#include "source/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "source/procfs.h"

struct call { long number; enum task_doing doing; int fd_argument; };

/* fd_argument: which argument is the descriptor it blocks on; -1: none. */
static const struct call calls[] = {
	{ SYS_read, TASK_READING, 0 },
	{ SYS_readv, TASK_READING, 0 },
	{ SYS_pread64, TASK_READING, 0 },
	{ SYS_recvfrom, TASK_READING, 0 },
	{ SYS_recvmsg, TASK_READING, 0 },
	{ SYS_write, TASK_WRITING, 0 },
	{ SYS_writev, TASK_WRITING, 0 },
	{ SYS_sendto, TASK_WRITING, 0 },
	{ SYS_sendmsg, TASK_WRITING, 0 },
	{ SYS_sendfile, TASK_WRITING, 0 },
	{ SYS_vmsplice, TASK_WRITING, 0 },
	{ SYS_splice, TASK_WRITING, 2 },
	{ SYS_tee, TASK_WRITING, 1 },
#ifdef SYS_poll
	{ SYS_poll, TASK_POLLING, -1 },
	{ SYS_select, TASK_POLLING, -1 },
	{ SYS_epoll_wait, TASK_POLLING, -1 },
#endif
	{ SYS_ppoll, TASK_POLLING, -1 },
	{ SYS_pselect6, TASK_POLLING, -1 },
	{ SYS_epoll_pwait, TASK_POLLING, -1 },
	{ SYS_wait4, TASK_WAITING_CHILD, -1 },
	{ SYS_waitid, TASK_WAITING_CHILD, -1 },
	{ SYS_nanosleep, TASK_SLEEPING, -1 },
	{ SYS_clock_nanosleep, TASK_SLEEPING, -1 },
	{ SYS_futex, TASK_LOCKING, -1 },
};

void task_in_call(struct task *task, uint64_t number, const uint64_t arguments[3])
{
	task->doing = TASK_RUNNING;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if ((uint64_t)calls[i].number != number)
			continue;
		task->doing = calls[i].doing;
		if (calls[i].fd_argument >= 0 && arguments[calls[i].fd_argument] <= INT32_MAX)
			task->fd = (int)arguments[calls[i].fd_argument];
		return;
	}
}

/* "1 0x4 0x7f.. ...", or "running", or "-1 0x.. 0x.." when blocked outside a call. */
static void parse_syscall(struct text t, struct task *task)
{
	uint64_t number, arguments[3];
	struct text word;

	task->doing = TASK_RUNNING;
	if (!text_word(&t, &word))
		return;
	if (text_is(word, "running"))
		task->state = 'R';	/* woken since its stat was read */
	if (text_u64(word, &number))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		if (!text_word(&t, &word) || word.n <= 2 ||
		    text_hex64((struct text){ word.at + 2, word.n - 2 }, &arguments[i]))
			return;
	task_in_call(task, number, arguments);
}

static bool contains(const char *text, const char *part)
{
	return strstr(text, part);
}

/* The state of a thread.  False: it ended meanwhile. */
static bool read_state(const struct proc_dir *proc, pid_t pid, struct task *t)
{
	char path[64], buf[2048];
	struct process p;
	ssize_t n;

	snprintf(path, sizeof(path), "task/%d/stat", t->tid);
	n = proc_read(proc, pid, path, buf, sizeof(buf));
	process_init(&p, (struct process_id){ .pid = t->tid });
	if (n <= 0 || procfs_stat((struct text){ buf, (size_t)n }, t->tid, &p))
		return false;
	t->state = p.now.state;
	return true;
}

/* In these calls nobody waits in a pipe. */
static bool waits_elsewhere(const struct task *t)
{
	return t->doing == TASK_POLLING || t->doing == TASK_WAITING_CHILD ||
	       t->doing == TASK_SLEEPING || t->doing == TASK_LOCKING;
}

/* state: where it is known already; else 0. */
bool task_waits(const struct task *task)
{
	return task->in_pipe || task->fd >= 0;
}

static bool read_task(const struct proc_dir *proc, pid_t pid, pid_t tid, char state,
		      struct task *out, int *err)
{
	struct task t = { .tid = tid, .state = state, .fd = -1 };
	char path[64], buf[4096];
	ssize_t n;

	if (!state && !read_state(proc, pid, &t))
		return false;
	snprintf(path, sizeof(path), "task/%d/syscall", tid);
	n = proc_read(proc, pid, path, buf, sizeof(buf));
	if (n == -ESRCH)
		return false;
	if (n > 0)
		parse_syscall((struct text){ buf, (size_t)n - (buf[n - 1] == '\n') }, &t);
	else if (n == -EACCES || n == -EPERM)
		*err = -EACCES;
	if (!waits_elsewhere(&t)) {
		snprintf(path, sizeof(path), "task/%d/wchan", tid);
		n = proc_read(proc, pid, path, buf, sizeof(buf) - 1);
		buf[n > 0 ? n : 0] = '\0';
		t.in_pipe = contains(buf, "pipe_read") || contains(buf, "pipe_write");
	}
	if (task_waits(&t)) {
		snprintf(path, sizeof(path), "task/%d/sched", tid);
		n = proc_read(proc, pid, path, buf, sizeof(buf));
		t.has_since = n > 0 && !procfs_sched((struct text){ buf, (size_t)n }, &t.since_ns);
	}
	*out = t;
	return true;
}

struct task_list {
	const struct proc_dir *proc;
	struct arena *arena;
	struct ticket *ticket;
	pid_t pid;
	char state;		/* of all of them: there is one */
	struct task *tasks;
	size_t n, room;
	int err;
};

static int add_task(void *context, int tid)
{
	struct task_list *l = context;
	struct task t;

	if (read_task(l->proc, l->pid, tid, l->state, &t, &l->err))
		*(struct task *)arena_push(l->arena, &l->tasks, &l->n, &l->room, sizeof(t)) = t;
	ticket_beat(l->ticket);
	return l->n >= TASKS_MOST;
}

int tasks_read(const struct proc_dir *proc, struct arena *a, struct process *p, struct ticket *ticket)
{
	struct task_list l = { .proc = proc, .arena = a, .ticket = ticket, .pid = p->id.pid };
	int err = 0;

	if (p->threads == 1) {
		l.state = p->now.state;
		add_task(&l, p->id.pid);
	} else {
		err = proc_numbers(proc, p->id.pid, "task", add_task, &l);
	}
	if (err)
		return err;
	p->tasks = l.tasks;
	p->task_n = l.n;
	return l.err;
}

static bool is_running(const struct task *t)
{
	return t->state == 'R' && t->doing == TASK_RUNNING;
}

void tasks_again(const struct proc_dir *proc, struct arena *a, struct process *p,
		 struct ticket *ticket)
{
	struct task *tasks;
	size_t n = 0, running = 0;
	int err = 0;

	for (size_t i = 0; i < p->task_n; i++)
		running += is_running(&p->tasks[i]);
	if (!running)
		return;
	tasks = arena_calloc(a, p->task_n, sizeof(*tasks));
	for (size_t i = 0; i < p->task_n; i++) {
		tasks[n] = p->tasks[i];
		n += !is_running(&p->tasks[i]) ||
			read_task(proc, p->id.pid, p->tasks[i].tid,
				  p->threads == 1 ? p->now.state : 0, &tasks[n], &err);
		ticket_beat(ticket);
	}
	p->tasks = tasks;
	p->task_n = n;
}
