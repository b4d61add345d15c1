/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The family as a tree: what the text report prints and the dashboard shows live.  The
 * kernel forgets who started an orphan, so it hangs below the target here, because evidence
 * says so and not because PPID does.
 */
#pragma once

#include "model/report.h"

#define NOBODY SIZE_MAX

struct tree_node {
	const struct member *member;
	size_t parent, child, last_child, sibling;	/* NOBODY: none */
	const char *ids;	/* "LS101 LS202", "" */
	enum severity severity;	/* the worst of them */
	const struct finding *worst;	/* or NULL */
	bool keep;		/* it or one below it has a finding */
	size_t size;		/* it and all below it */
};

struct family_tree {
	const struct report *report;
	struct arena *arena;
	struct tree_node *nodes;	/* by pid */
	size_t n;
	size_t *order;			/* of the nodes: oldest first */
	size_t root, last_root;		/* the first of the topmost ones, and the last */
};

/* Of all members that are attributed. In the arena. */
void family_tree_build(struct family_tree *tree, const struct report *r, struct arena *a);
size_t family_tree_find(const struct family_tree *tree, pid_t pid);	/* or NOBODY */

/* "sleeping", "zombie", ...; "" unknown */
const char *process_state_word(const struct process *p);
