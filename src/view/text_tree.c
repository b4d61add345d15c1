/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The family as a tree.  The kernel forgets who started an orphan: it hangs below the
 * target here, marked, because evidence says so and not because PPID does.
 * libsmartcols measures text in the process locale, so it is given only digits, words and
 * its own lines; the command is put behind by us, who know its width in any locale.
 */
#include "view/text.h"

#include <inttypes.h>
#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"

#define ROWS_MAX 40	/* more lines: processes without a finding are only counted */
#define ALIKE_MAX 3	/* so many equal siblings are shown before the rest is counted */
#define NARROW 60	/* cells; fewer: only the columns that matter most */
#define COMMAND_MIN 8
#define DEPTH_MAX 64	/* a chain of forks can be as long as its author likes */

enum column { COL_PID, COL_STATE, COL_AGE, COL_FDS, COL_WHAT, COL_COMMAND, COL_N };

#define NOBODY SIZE_MAX

struct node {
	const struct member *member;
	size_t parent, child, last_child, sibling;	/* NOBODY: none */
	const char *ids;	/* "LS101 LS202", "" */
	enum severity severity;	/* the worst of them */
	const char *what;
	bool keep;		/* it or one below it has a finding */
	size_t size;		/* it and all below it */
};

struct tree {
	const struct sheet *t;
	const struct report *r;
	struct node *nodes;	/* by pid */
	size_t n;
	size_t *order;		/* of the nodes: oldest first */
	size_t root, last_root;	/* the first of the topmost ones, and the last */
	struct libscols_table *table;
	int columns[COL_N];	/* their numbers in the table; -1: left out */
	const char **commands;	/* by printed line, safe */
	size_t line_n, line_room;
	bool crowded;
	unsigned depth_max;
};

static int by_pid(const void *left, const void *right)
{
	const struct node *a = left, *b = right;
	pid_t x = a->member->process->id.pid, y = b->member->process->id.pid;

	return (x > y) - (x < y);
}

static size_t node_find(const struct tree *tree, pid_t pid)
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

static void nodes_make(struct tree *tree)
{
	const struct family *f = &tree->r->family;

	tree->nodes = arena_calloc(tree->t->a, f->member_n + 1, sizeof(*tree->nodes));
	for (size_t i = 0; i < f->member_n; i++)
		if (f->members[i].relation != REL_POSSIBLE)
			tree->nodes[tree->n++] = (struct node){
				.member = &f->members[i],
				.parent = NOBODY,
				.child = NOBODY,
				.last_child = NOBODY,
				.sibling = NOBODY,
				.ids = "",
			};
	if (tree->n)
		qsort(tree->nodes, tree->n, sizeof(*tree->nodes), by_pid);
}

static void nodes_mark(struct tree *tree)
{
	const struct findings *f = &tree->r->findings;

	for (size_t i = 0; i < f->n; i++) {
		const struct finding *one = &f->list[i];
		size_t at = node_find(tree, one->subject->id.pid);
		const char *id = kind_info(one->kind)->id;
		struct node *node;

		if (at == NOBODY)
			continue;
		node = &tree->nodes[at];
		if (one->severity > node->severity)
			node->severity = one->severity;
		if (!strstr(node->ids, id))
			node->ids = arena_printf(tree->t->a, "%s%s%s", node->ids,
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

static void nodes_order(struct tree *tree)
{
	struct birth *births = arena_calloc(tree->t->a, tree->n + 1, sizeof(*births));

	tree->order = arena_calloc(tree->t->a, tree->n + 1, sizeof(*tree->order));
	for (size_t i = 0; i < tree->n; i++)
		births[i] = (struct birth){ tree->nodes[i].member->process, i };
	qsort(births, tree->n, sizeof(*births), by_birth);
	for (size_t i = 0; i < tree->n; i++)
		tree->order[i] = births[i].at;
}

static void nodes_link(struct tree *tree)
{
	const struct process *target = tree->r->target->process;
	size_t top = target ? node_find(tree, target->id.pid) : NOBODY;

	tree->root = tree->last_root = NOBODY;
	for (size_t i = 0; i < tree->n; i++) {
		size_t at = tree->order[i], up, *first, *last;
		const struct member *m = tree->nodes[at].member;
		const struct process *p = m->process;

		up = m->relation == REL_ORPHAN ? top : node_find(tree, p->now.ppid);
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

/* Relation, what it rests on where that is not plain, and the findings. */
static void nodes_say(struct tree *tree)
{
	bool narrow = tree->columns[COL_AGE] < 0;

	for (size_t i = 0; i < tree->n; i++) {
		struct node *node = &tree->nodes[i];
		const struct member *m = node->member;
		const char *what = relation_name(m->relation), *extra = "";

		if (m->relation == REL_ORPHAN_DESCENDANT)
			what = "below orphan";
		if (m->relation == REL_ORPHAN && m->intent == INTENT_DAEMON)
			what = "daemon";
		if (m->relation != REL_TARGET && m->confidence != CONF_EXACT)
			extra = arena_printf(tree->t->a, " (%s)",
					     confidence_name(m->confidence));
		else if (m->relation == REL_ORPHAN)
			extra = " (exact)";
		if (narrow)
			node->what = *node->ids ? node->ids : what;
		else
			node->what = arena_printf(tree->t->a, "%s%s%s%s", what, extra,
						  *node->ids ? " " : "", node->ids);
	}
}

static const char *state_word(const struct process *p)
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

static void columns_make(struct tree *tree)
{
	static const struct { const char *name; int flags; bool wide; } columns[COL_N] = {
		[COL_PID] = { "PID", SCOLS_FL_TREE, false },
		[COL_STATE] = { "STATE", 0, true },
		[COL_AGE] = { "AGE", SCOLS_FL_RIGHT, true },
		[COL_FDS] = { "FDS", SCOLS_FL_RIGHT, true },
		[COL_WHAT] = { "WHAT", 0, false },
		[COL_COMMAND] = { "COMMAND", 0, false },
	};
	bool narrow = tree->t->o->width && tree->t->o->width < NARROW;
	int n = 0;

	for (size_t i = 0; i < COL_N; i++) {
		tree->columns[i] = -1;
		if (narrow && columns[i].wide)
			continue;
		if (!scols_table_new_column(tree->table, columns[i].name, 0,
					    columns[i].flags))
			abort();
		tree->columns[i] = n++;
	}
}

static void cell(const struct tree *tree, struct libscols_line *line, enum column c,
		 const char *data)
{
	if (tree->columns[c] >= 0 &&
	    scols_line_set_data(line, (size_t)tree->columns[c], data))
		abort();
}

static struct libscols_line *line_make(struct tree *tree, struct libscols_line *parent,
				       const char *pid, const char *what,
				       const char *command)
{
	struct libscols_line *line = scols_table_new_line(tree->table, parent);

	if (!line)
		abort();
	cell(tree, line, COL_PID, pid);
	cell(tree, line, COL_WHAT, what);
	cell(tree, line, COL_COMMAND, "@");	/* where ours goes */
	*(const char **)arena_push(tree->t->a, &tree->commands, &tree->line_n,
				   &tree->line_room, sizeof(command)) = command;
	return line;
}

static struct libscols_line *node_line(struct tree *tree, const struct node *node,
				       struct libscols_line *parent)
{
	const struct process *p = node->member->process;
	struct arena *a = tree->t->a;
	char age[32];
	struct libscols_line *line =
		line_make(tree, parent, arena_printf(a, "%d", (int)p->id.pid), node->what,
			  sheet_label(tree->t, p));

	cell(tree, line, COL_STATE, state_word(p));
	cell(tree, line, COL_AGE,
	     text_age(snapshot_age_ns(tree->r->snapshot, p), age, sizeof(age)));
	if (p->now.fd_count >= 0)
		cell(tree, line, COL_FDS, arena_printf(a, "%" PRId64, p->now.fd_count));
	if (tree->t->o->colour && *node->ids)
		scols_line_set_color(line,
				     node->severity == SEV_CRITICAL ? "red"
					     : node->severity == SEV_WARNING
					     ? "brown"
					     : "darkgray");
	return line;
}

static bool alike(const struct node *a, const struct node *b)
{
	const struct process *p = a->member->process, *q = b->member->process;

	return a->child == NOBODY && b->child == NOBODY && !strcmp(a->what, b->what) &&
		p->now.state == q->now.state &&
		!strcmp(process_label(p), process_label(q));
}

/* All siblings from `at` on, each with what hangs below it. */
static void lines_make(struct tree *tree, size_t at, struct libscols_line *parent,
		       unsigned depth)
{
	struct arena *a = tree->t->a;
	size_t hidden = 0;
	bool verbose = tree->t->o->verbose;

	while (at != NOBODY) {
		const struct node *node = &tree->nodes[at];
		size_t run = 1, next = node->sibling;

		if ((tree->crowded && !node->keep) || depth == tree->depth_max) {
			hidden += node->size;
			at = next;
			continue;
		}
		while (!verbose && next != NOBODY && alike(node, &tree->nodes[next])) {
			run++;
			next = tree->nodes[next].sibling;
		}
		for (size_t i = 0; i < run; i++, at = tree->nodes[at].sibling) {
			struct libscols_line *line;

			if (run > ALIKE_MAX + 1 && i == ALIKE_MAX) {
				line_make(tree, parent, arena_printf(a, "+%zu", run - i),
					  node->what, "more like these");
				at = next;
				break;
			}
			line = node_line(tree, &tree->nodes[at], parent);
			lines_make(tree, tree->nodes[at].child, line, depth + 1);
		}
	}
	if (hidden)
		line_make(tree, parent, arena_printf(a, "+%zu", hidden),
			  depth == tree->depth_max ? "deeper" : "no finding",
			  "not shown");
}

/* The table without its commands, line by line; each goes where its mark is. */
static void lines_print(const struct tree *tree, char *table)
{
	const struct sheet *t = tree->t;
	struct text rest = text_of(table), line;
	size_t prefix = 0, room = SIZE_MAX;

	for (size_t i = 0; text_line(&rest, &line); i++) {
		const char *mark;
		char *head;

		if (!i) {	/* the headings: all ASCII, so bytes are cells */
			head = arena_bytes(t->a, line.at, line.n);
			mark = strstr(head, "COMMAND");
			prefix = mark ? (size_t)(mark - head) : line.n;
			if (t->o->width)
				room = t->o->width > prefix + COMMAND_MIN ?
				       t->o->width - prefix : COMMAND_MIN;
			sheet_put(t, INK_DIM, head);
			putc('\n', t->out);
			continue;
		}
		mark = memrchr(line.at, '@', line.n);
		if (!mark || i > tree->line_n) {
			fprintf(t->out, "%.*s\n", (int)line.n, line.at);
			continue;
		}
		fwrite(line.at, 1, (size_t)(mark - line.at), t->out);
		fputs(sheet_cut(t, tree->commands[i - 1], room), t->out);
		fwrite(mark + 1, 1, line.n - (size_t)(mark + 1 - line.at), t->out);
		putc('\n', t->out);
	}
}

static char *table_make(struct tree *tree)
{
	const struct sheet *t = tree->t;
	const struct target *target = tree->r->target;
	struct libscols_line *top = NULL;
	char *text = NULL;

	tree->table = scols_new_table();
	if (!tree->table)
		abort();
	scols_table_enable_ascii(tree->table, t->o->ascii);
	scols_table_enable_colors(tree->table, t->o->colour);
	scols_table_enable_noencoding(tree->table, 1);
	scols_table_set_termforce(tree->table, SCOLS_TERMFORCE_NEVER);
	columns_make(tree);
	nodes_say(tree);
	tree->line_n = 0;
	if (target->pid > 0 && !target->process) {
		top = line_make(tree, NULL, arena_printf(t->a, "%d", (int)target->pid),
				"target", "(has exited)");
		cell(tree, top, COL_STATE, "gone");
	}
	lines_make(tree, tree->root, top, 0);
	if (scols_print_table_to_string(tree->table, &text) || !text)
		abort();
	scols_unref_table(tree->table);
	return text;
}

void text_tree(const struct sheet *t, const struct report *r)
{
	struct tree tree = { .t = t, .r = r, .depth_max = DEPTH_MAX };
	char *table;

	nodes_make(&tree);
	if (!tree.n || (r->target->kind == TARGET_ALL && !t->o->verbose))
		return;		/* a machine is no family */
	nodes_mark(&tree);
	nodes_order(&tree);
	nodes_link(&tree);
	if (t->o->width && !t->o->verbose)
		tree.depth_max = t->o->width / 4 < 8 ? 8 : t->o->width / 4 < DEPTH_MAX ?
				 t->o->width / 4 : DEPTH_MAX;
	table = table_make(&tree);
	if (tree.line_n > ROWS_MAX && !t->o->verbose) {
		free(table);
		tree.crowded = true;
		table = table_make(&tree);
	}
	putc('\n', t->out);
	lines_print(&tree, table);
	free(table);
}
