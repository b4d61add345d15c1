/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who hangs below whom.  /proc is not read in one instant, so PPIDs can contradict each
 * other: a parent that is younger than its child is none.
 */
#include "view/family_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/order.h"

static int by_pid(const void *left, const void *right)
{
	const struct tree_node *a = left, *b = right;
	pid_t x = a->member->process->id.pid, y = b->member->process->id.pid;

	return (x > y) - (x < y);
}

size_t family_tree_find(const struct family_tree *tree, pid_t pid)
{
	size_t low = 0, high = tree->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		pid_t there = tree->nodes[middle].member->process->id.pid;

		if (there == pid)
			return middle;
		if (there < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return NOBODY;
}

static void nodes_make(struct family_tree *tree)
{
	const struct family *f = &tree->report->family;

	tree->nodes = arena_calloc(tree->arena, f->member_n + 1, sizeof(*tree->nodes));
	for (size_t i = 0; i < f->member_n; i++)
		if (f->members[i].relation != REL_POSSIBLE)
			tree->nodes[tree->n++] = (struct tree_node){
				.member = &f->members[i],
				.parent = NOBODY,
				.child = NOBODY,
				.last_child = NOBODY,
				.sibling = NOBODY,
				.ids = "",
			};
	order(tree->nodes, tree->n, sizeof(*tree->nodes), by_pid);
}

static void nodes_mark(struct family_tree *tree)
{
	const struct findings *f = &tree->report->findings;

	for (size_t i = 0; i < f->n; i++) {
		const struct finding *one = &f->list[i];
		size_t at = family_tree_find(tree, one->subject->id.pid);
		const char *id = kind_info(one->kind)->id;
		struct tree_node *node;

		if (at == NOBODY)
			continue;
		node = &tree->nodes[at];
		if (!node->worst || one->severity > node->severity) {
			node->severity = one->severity;
			node->worst = one;
		}
		if (!strstr(node->ids, id))
			node->ids = arena_printf(tree->arena, "%s%s%s", node->ids,
						 *node->ids ? " " : "", id);
	}
}

/* A parent is older than its child, so chains of parents end and children can be summed
 * up before them.  Equal start times are told apart by pid, which is wrong when the
 * counter has just wrapped: such a child stands at the top instead. */
static bool older(const struct process *parent, const struct process *child)
{
	return parent->id.start_ticks < child->id.start_ticks ||
	       (parent->id.start_ticks == child->id.start_ticks &&
		parent->id.pid < child->id.pid);
}

struct birth { const struct process *process; size_t at; };

static int by_birth(const void *left, const void *right)
{
	const struct birth *a = left, *b = right;

	return older(a->process, b->process) ? -1 : older(b->process, a->process);
}

static void nodes_order(struct family_tree *tree)
{
	struct birth *births = arena_calloc(tree->arena, tree->n + 1, sizeof(*births));

	tree->order = arena_calloc(tree->arena, tree->n + 1, sizeof(*tree->order));
	for (size_t i = 0; i < tree->n; i++)
		births[i] = (struct birth){ tree->nodes[i].member->process, i };
	order(births, tree->n, sizeof(*births), by_birth);
	for (size_t i = 0; i < tree->n; i++)
		tree->order[i] = births[i].at;
}

static void nodes_link(struct family_tree *tree)
{
	const struct process *target = tree->report->target->process;
	size_t top = target ? family_tree_find(tree, target->id.pid) : NOBODY;

	tree->root = tree->last_root = NOBODY;
	for (size_t i = 0; i < tree->n; i++) {
		size_t at = tree->order[i], up, *first, *last;
		const struct member *m = tree->nodes[at].member;
		const struct process *p = m->process;

		up = m->relation == REL_ORPHAN ? top : family_tree_find(tree, p->now.ppid);
		if (at == top || up == at ||
		    (up != NOBODY && !older(tree->nodes[up].member->process, p)))
			up = NOBODY;
		tree->nodes[at].parent = up;
		first = up == NOBODY ? &tree->root : &tree->nodes[up].child;
		last = up == NOBODY ? &tree->last_root : &tree->nodes[up].last_child;
		if (*first == NOBODY)
			*first = at;
		else
			tree->nodes[*last].sibling = at;
		*last = at;
		tree->nodes[at].keep = *tree->nodes[at].ids || at == top;
	}
	for (size_t i = tree->n; i--;) {	/* children first */
		size_t at = tree->order[i], up = tree->nodes[at].parent;

		tree->nodes[at].size++;
		if (up == NOBODY)
			continue;
		tree->nodes[up].size += tree->nodes[at].size;
		tree->nodes[up].keep |= tree->nodes[at].keep;
	}
}

void family_tree_build(struct family_tree *tree, const struct report *r, struct arena *a)
{
	*tree = (struct family_tree){ .report = r, .arena = a };
	nodes_make(tree);
	nodes_mark(tree);
	nodes_order(tree);
	nodes_link(tree);
}

const char *process_state_word(const struct process *p)
{
	switch (p->now.state) {
	case 'R': return "running";
	case 'S': return "sleeping";
	case 'D': return "blocked";
	case 'Z': return process_is_dead_leader(p) ? "leader" : "zombie";
	case 'T': return "stopped";
	case 't': return "traced";
	case 'I': return "idle";
	case 'X': return "dead";
	default: return "";
	}
}
