/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our own children, at the price of one read: a subreaper's are all the orphans below it.
 * No pid of a child of ours is reused before we have reaped it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "guard/canary.h"
#include "guard/cookie.h"
#include "source/proc_dir.h"

#define CHILDREN_MOST 4096	/* looked at in one go: the rest comes with the next */

struct children {
	pid_t pids[CHILDREN_MOST];
	size_t n;
};

/* What else may be a child of ours without being the command's. */
struct strangers {
	struct children before;	/* children of whoever called exec to become us */
	const struct canary *canary;
	bool possible;		/* those, or as an init: anybody may be given to us */
	uint64_t id;		/* the cookie that tells the command's */
	bool marked;
	const char *group;	/* so does its own control group's name; NULL: it has none */
};

/* 0 or -errno (no /proc of this pid namespace, or a kernel without `children` files). */
int children_read(const struct proc_dir *proc, struct children *out);
bool children_has(const struct children *c, pid_t pid);
void children_drop(struct children *c, pid_t pid);

/* Whether a child of ours must be left alone, because it may be a stranger's. */
bool stranger(const struct strangers *s, const struct proc_dir *proc, pid_t child);
