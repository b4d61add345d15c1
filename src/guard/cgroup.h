/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A control group of the run's own, where we may make one: then nobody escapes by leaving
 * our tree, and one write to cgroup.kill ends them all.  v2 only (a v1 freezer or a v1
 * hierarchy without a kill file would be no help).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct own_cgroup {
	int dir;		/* of the group; -1: there is none */
	int parent;		/* of the directory it is in */
	char name[40];
};

/* Tries.  Where the group we are in is not ours to divide there is none: that is no error. */
void own_cgroup_make(struct own_cgroup *g, const char *id);
/* Members as we see them: up to `most` pids; processes of other pid namespaces read as 0 and
 * are only counted in *unseen. */
size_t own_cgroup_members(const struct own_cgroup *g, pid_t *pids, size_t most, size_t *unseen);
/* SIGKILL to every member, those that are forked meanwhile too (5.14).  0 or -errno. */
int own_cgroup_kill(const struct own_cgroup *g);
/* Removes it, if it is empty. */
void own_cgroup_remove(struct own_cgroup *g);
