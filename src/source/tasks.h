/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The threads of a process: one file a thread and question.  Runs in a worker. */
#pragma once

#include "model/process.h"
#include "source/proc_dir.h"
#include "source/worker.h"

#define TASKS_MOST 1024	/* threads looked at per process */

/* What a thread that is blocked in this system call of our own architecture does: doing, fd. */
void task_in_call(struct task *task, uint64_t number, const uint64_t arguments[3]);

/* Whether it is of interest since when it waits: for somebody at the other end. */
bool task_waits(const struct task *task);

/* Fills tasks and task_n.  0, -ESRCH, or -EACCES (the list is there, without what they do). */
int tasks_read(const struct proc_dir *proc, struct arena *a, struct process *p,
	       struct ticket *ticket);

/* Those that were running then are looked at again: most often each had just been woken,
 * and what it waits for shows only while it waits.  a is for the new list. */
void tasks_again(const struct proc_dir *proc, struct arena *a, struct process *p,
		 struct ticket *ticket);
