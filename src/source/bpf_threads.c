/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's list of threads, and the system call that each is blocked in.  Who is not
 * blocked has registers that mean nothing; it counts as running, as in /proc.
 */
#include "source/bpf.h"

#include <stdlib.h>

#include "source/bpf_look.h"
#include "source/tasks.h"

struct of_process { size_t place; uint64_t born_ns; struct task task; };

struct listing {
	struct snapshot *s;
	struct arena *scratch;
	struct of_process *tasks;
	size_t n, room;
};

static void thread_record(void *context, const struct bpf_record_head *head)
{
	const struct bpf_record_thread *r = (const void *)head;
	struct listing *l = context;
	struct of_process *o;
	struct process *p;

	if (head->type != BPF_RECORD_THREAD || head->size < sizeof(*r))
		return;
	p = bpf_find(l->s, r->head.pid, r->start_ns);
	if (!p || p->now.state == 'Z' || process_knows(p, FACT_TASKS))
		return;
	o = arena_push(l->scratch, &l->tasks, &l->n, &l->room, sizeof(*o));
	o->place = (size_t)(p - l->s->processes);
	o->born_ns = r->tid == p->id.pid ? 0 : r->born_ns;
	o->task = (struct task){ .tid = r->tid, .state = bpf_state(r->state, r->exit_state),
				 .doing = TASK_RUNNING, .fd = -1 };
	if (o->task.state == 'R' || r->call < 0)
		return;
	task_in_call(&o->task, (uint64_t)r->call, (const uint64_t *)r->arguments);
	/* in the sleep of a pipe, not in the wait for its mutex, which no signal ends */
	o->task.in_pipe = r->on_pipe && o->task.state == 'S' &&
		(o->task.doing == TASK_READING || o->task.doing == TASK_WRITING) &&
		(uint64_t)o->task.fd == r->arguments[0];
	o->task.has_since = task_waits(&o->task);
	o->task.since_ns = o->task.has_since ? r->exec_start_ns : 0;
}

/* The leader, and then as they came: so does /proc/PID/task. */
static int by_thread(const void *left, const void *right)
{
	const struct of_process *a = left, *b = right;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return (a->born_ns > b->born_ns) - (a->born_ns < b->born_ns);
}

static void give(struct listing *l)
{
	for (size_t i = 0, end; i < l->n; i = end) {
		struct process *p = &l->s->processes[l->tasks[i].place];
		struct task *tasks;
		size_t n;

		for (end = i; end < l->n && l->tasks[end].place == l->tasks[i].place; end++)
			;
		n = end - i < TASKS_MOST ? end - i : TASKS_MOST;
		tasks = arena_calloc(l->s->arena, n, sizeof(*tasks));
		for (size_t j = 0; j < n; j++)
			tasks[j] = l->tasks[i + j].task;
		p->tasks = tasks;
		p->task_n = n;
		p->read |= FACT_BIT(FACT_TASKS);
	}
}

int bpf_read_threads(struct snapshot *s)
{
	struct listing l = { .s = s, .scratch = arena_new(0) };
	int fd, err = bpf_open(BPF_THREADS, s->bpf->kept, &fd, 1);

	err = err ? err : bpf_read(fd, thread_record, &l);
	if (!err) {
		if (l.n)
			qsort(l.tasks, l.n, sizeof(*l.tasks), by_thread);
		give(&l);
	}
	arena_free(l.scratch);
	return err;
}
