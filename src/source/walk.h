/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk over /proc, and what every walk begins with, by whatever way it goes on. */
#pragma once

#include "source/live.h"
#include "source/proc_dir.h"

/* As live_walk() with LIVE_PROCFS. */
int walk_procfs(struct snapshot **out);

/* Who looks, and when; at which boot, in which pid namespace.  They wait for nobody. */
void walk_first_look(struct snapshot *s);
void walk_boot(struct snapshot *s, const struct proc_dir *proc);
/* The kernel's own count of threads, before and after: the lower one is compared with what was
 * seen, for a crowd that came or went meanwhile is no hidden one. */
void walk_threads(struct snapshot *s, const struct proc_dir *proc);
/* Reads its stat: *seen is all that is known of it then, but for the count of its descriptors:
 * whether it can have some.  May block. */
bool walk_stat(const struct snapshot *s, const struct proc_dir *proc, pid_t pid,
	       struct process *seen);
/* Its boot, the scheduler's clock, our pid namespace, and how /proc is mounted. */
void walk_machine(struct snapshot *s, const struct proc_dir *proc);

/* A worker of ours (self), seen by itself or by the next one: not the machine's, and gone
 * soon. */
bool walk_is_worker(const struct snapshot *s, const struct process *self,
		    const struct process *p);
