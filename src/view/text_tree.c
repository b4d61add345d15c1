/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The family as a tree, printed.
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
#include "view/family_tree.h"

#define ROWS_MAX 40	/* more lines: processes without a finding are only counted */
#define ALIKE_MAX 3	/* so many equal siblings are shown before the rest is counted */
#define NARROW 60	/* cells; fewer: only the columns that matter most */
#define COMMAND_MIN 8
#define DEPTH_MAX 64	/* a chain of forks can be as long as its author likes */

enum column { COL_PID, COL_STATE, COL_AGE, COL_FDS, COL_WHAT, COL_COMMAND, COL_N };

struct tree {
	const struct sheet *t;
	const struct report *r;
	struct family_tree family;
	const char **what;	/* of the nodes */
	struct libscols_table *table;
	int columns[COL_N];	/* their numbers in the table; -1: left out */
	const char **commands;	/* by printed line, safe */
	size_t line_n, line_room;
	bool crowded;
	unsigned depth_max;
};

/* Relation, what it rests on where that is not plain, and the findings. */
static void nodes_say(struct tree *tree)
{
	bool narrow = tree->columns[COL_AGE] < 0;

	tree->what = arena_calloc(tree->t->a, tree->family.n + 1, sizeof(*tree->what));
	for (size_t i = 0; i < tree->family.n; i++) {
		const struct tree_node *node = &tree->family.nodes[i];
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
			tree->what[i] = *node->ids ? node->ids : what;
		else
			tree->what[i] = arena_printf(tree->t->a, "%s%s%s%s", what, extra,
						  *node->ids ? " " : "", node->ids);
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

static struct libscols_line *node_line(struct tree *tree, size_t at,
				       struct libscols_line *parent)
{
	const struct tree_node *node = &tree->family.nodes[at];
	const struct process *p = node->member->process;
	struct arena *a = tree->t->a;
	char age[32];
	struct libscols_line *line =
		line_make(tree, parent, arena_printf(a, "%d", (int)p->id.pid), tree->what[at],
			  sheet_label(tree->t, p));

	cell(tree, line, COL_STATE, process_state_word(p));
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

static bool alike(const struct tree *tree, size_t left, size_t right)
{
	const struct tree_node *a = &tree->family.nodes[left], *b = &tree->family.nodes[right];
	const struct process *p = a->member->process, *q = b->member->process;

	return a->child == NOBODY && b->child == NOBODY && !strcmp(tree->what[left], tree->what[right]) &&
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
		const struct tree_node *node = &tree->family.nodes[at];
		size_t run = 1, next = node->sibling, first = at;

		if ((tree->crowded && !node->keep) || depth == tree->depth_max) {
			hidden += node->size;
			at = next;
			continue;
		}
		while (!verbose && next != NOBODY && alike(tree, first, next)) {
			run++;
			next = tree->family.nodes[next].sibling;
		}
		for (size_t i = 0; i < run; i++, at = tree->family.nodes[at].sibling) {
			struct libscols_line *line;

			if (run > ALIKE_MAX + 1 && i == ALIKE_MAX) {
				line_make(tree, parent, arena_printf(a, "+%zu", run - i),
					  tree->what[first], "more like these");
				at = next;
				break;
			}
			line = node_line(tree, at, parent);
			lines_make(tree, tree->family.nodes[at].child, line, depth + 1);
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
	lines_make(tree, tree->family.root, top, 0);
	if (scols_print_table_to_string(tree->table, &text) || !text)
		abort();
	scols_unref_table(tree->table);
	return text;
}

void text_tree(const struct sheet *t, const struct report *r)
{
	struct tree tree = { .t = t, .r = r, .depth_max = DEPTH_MAX };
	char *table;

	family_tree_build(&tree.family, r, t->a);
	if (!tree.family.n || (r->target->kind == TARGET_ALL && !t->o->verbose))
		return;		/* a machine is no family */
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
