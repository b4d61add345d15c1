/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The family as it lives.  An orphan hangs below the process that it was last seen under
 * before that one died: the kernel forgets it at once, the board has watched.  When it was
 * not seen, the leader of its process group is the best guess, and is called by number only.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "model/wait_status.h"
#include "tui/board_state.h"
#include "view/family_tree.h"

/* A chain of forks can be as long as its author likes: deeper rows are not indented more. */
#define INDENT_MOST 20

enum { T_SIGN, T_PID, T_STATE, T_AGE, T_FDS, T_FOUND, T_COMMAND, T_N };

static const struct column columns[T_N + 1] = {
	[T_SIGN] = { "", 2, true, 30, SORT_N },
	[T_PID] = { "PID", 7, true, 0, SORT_N },
	[T_STATE] = { "STATE", 8, false, 56, SORT_N },
	[T_AGE] = { "AGE", 7, true, 64, SORT_N },
	[T_FDS] = { "FDS", 5, true, 70, SORT_N },
	[T_FOUND] = { "FOUND", 11, false, 44, SORT_N },
	[T_COMMAND] = { "COMMAND", 0, false, 0, SORT_N },
	[T_N] = { NULL, 0, false, 0, SORT_N },
};

struct ghost {			/* who died, and whose children were adopted */
	struct process_id id;	/* pid 0: nobody knows */
	const char *name;
	size_t *orphans, n, room;
};

struct growing {
	struct board *b;
	struct rows *rows;
	struct family_tree tree;
	struct ghost *ghosts;
	size_t ghost_n, ghost_room;
	bool *haunted;		/* nodes that hang below a ghost */
};

static struct ghost *ghost_of(struct growing *g, struct process_id id, const char *name)
{
	struct ghost *ghost;

	for (size_t i = 0; i < g->ghost_n; i++)
		if (process_id_same(g->ghosts[i].id, id))
			return &g->ghosts[i];
	ghost = arena_push(g->rows->arena, &g->ghosts, &g->ghost_n, &g->ghost_room, sizeof(*ghost));
	*ghost = (struct ghost){ .id = id, .name = name };
	return ghost;
}

/* Whom an orphan comes from; false: the target itself. */
static bool origin(struct growing *g, const struct process *p, struct process_id *id,
		   const char **name)
{
	const struct report *r = g->tree.report;
	const struct track *t = memory_track(&board_scope(g->b)->memory, p->id);
	struct arena *a = g->rows->arena;
	pid_t target = r->target->pid;

	if (t && t->parent.pid) {
		*id = t->parent;
		*name = t->parent_name;
		return t->parent.pid != target;
	}
	*name = NULL;
	if (p->pgid == target || (p->sid == target && p->pgid == p->id.pid))
		return r->target->process != NULL && (*id = (struct process_id){ 0, 0 }, true);
	*id = (struct process_id){ snapshot_find(r->snapshot, p->pgid) ? 0 : p->pgid, 0 };
	if (id->pid)
		*name = arena_printf(a, "led group %d", (int)id->pid);
	return true;
}

static bool is_orphan(const struct tree_node *node)
{
	return node->member->relation == REL_ORPHAN;
}

static void find_ghosts(struct growing *g)
{
	g->haunted = arena_calloc(g->rows->arena, g->tree.n + 1, sizeof(*g->haunted));
	if (g->tree.report->target->kind == TARGET_ALL)
		return;
	for (size_t i = 0; i < g->tree.n; i++) {
		size_t at = g->tree.order[i];
		struct process_id id = { 0, 0 };
		struct ghost *ghost;
		const char *name;

		if (!is_orphan(&g->tree.nodes[at]) ||
		    !origin(g, g->tree.nodes[at].member->process, &id, &name))
			continue;
		g->haunted[at] = true;
		ghost = ghost_of(g, id, name);
		*(size_t *)arena_push(g->rows->arena, &ghost->orphans, &ghost->n, &ghost->room,
				      sizeof(size_t)) = at;
	}
}

struct twig { const char *above; unsigned depth; bool last; };

static const char *branch(const struct growing *g, const struct twig *twig)
{
	static const char *const ends[2][2] = {
		{ "\u251c\u2500 ", "\u2514\u2500 " }, { "|- ", "`- " },
	};

	if (!twig->depth)
		return "";
	return arena_printf(g->rows->arena, "%s%s", twig->above,
			    ends[g->b->o.ascii][twig->last]);
}

static struct twig below(const struct growing *g, const struct twig *twig)
{
	struct twig out = { twig->above, twig->depth + 1, false };

	if (twig->depth && twig->depth < INDENT_MOST)
		out.above = arena_printf(g->rows->arena, "%s%s", twig->above,
					 twig->last ? "   " : g->b->o.ascii ? "|  " : "\u2502  ");
	return out;
}

static void put_node(struct growing *g, size_t at, struct twig twig);

static void put_ghost(struct growing *g, const struct ghost *ghost, struct twig twig)
{
	struct row_key key = { ROW_GHOST, ghost->id, 0 };
	struct row *row = rows_add(g->rows, key);
	struct twig under = below(g, &twig);

	row->name = ghost->name ? ghost->name : ghost->id.pid ? "" : "its parent";
	row->branch = branch(g, &twig);
	row->depth = twig.depth;
	row->report = g->tree.report;
	for (size_t i = 0; i < ghost->n; i++) {
		under.last = i + 1 == ghost->n;
		put_node(g, ghost->orphans[i], under);
	}
}

/* Siblings from `first` on, and behind them the ghosts, when they hang here. */
static void put_children(struct growing *g, size_t first, bool with_ghosts, struct twig twig)
{
	size_t left = with_ghosts ? g->ghost_n : 0;

	for (size_t at = first; at != NOBODY; at = g->tree.nodes[at].sibling)
		left += !g->haunted[at];
	for (size_t at = first; at != NOBODY; at = g->tree.nodes[at].sibling) {
		if (g->haunted[at])
			continue;
		twig.last = !--left;
		put_node(g, at, twig);
	}
	for (size_t i = 0; with_ghosts && i < g->ghost_n; i++) {
		twig.last = !--left;
		put_ghost(g, &g->ghosts[i], twig);
	}
}

static void put_node(struct growing *g, size_t at, struct twig twig)
{
	const struct tree_node *node = &g->tree.nodes[at];
	const struct report *r = g->tree.report;
	const struct process *p = node->member->process;
	struct row *row = rows_add(g->rows, (struct row_key){ ROW_PROCESS, p->id, 0 });

	row->report = r;
	row->process = p;
	row->member = node->member;
	row->badges = node->ids;
	row->severity = node->severity;
	row->marked = *node->ids;
	row->branch = branch(g, &twig);
	row->depth = twig.depth;
	row->age_ns = snapshot_age_ns(r->snapshot, p);
	if (row->marked) {
		row->finding = node->worst;
		row->pipe = row->finding && row->finding->fd_n <= 1 ? row->finding->pipe : NULL;
		row->fresh = memory_fresh(&board_scope(g->b)->memory,
					  finding_key(node->worst, 0), g->b->now_ns);
	}
	if (id_set_has(&g->b->folds, p->id)) {
		row->folded = node->size - 1;
		return;
	}
	put_children(g, node->child, p == r->target->process, below(g, &twig));
}

static void make(struct board *b, struct rows *rows)
{
	const struct board_news *news = &board_scope(b)->news;

	for (size_t i = 0; i < news->n; i++) {
		struct growing g = { .b = b, .rows = rows };
		const struct target *target = news->reports[i]->target;
		struct twig top = { "", 0, false };

		family_tree_build(&g.tree, news->reports[i], rows->arena);
		find_ghosts(&g);
		if (target->pid && !target->process) {
			struct row *row = rows_add(rows, (struct row_key){
				ROW_GHOST, { target->pid, 0 }, 1 });

			row->name = "the target";
			row->report = news->reports[i];
			top.depth = 1;
		}
		put_children(&g, g.tree.root, !target->process, top);
	}
}

static struct field plain(const char *text, enum tint tint)
{
	return (struct field){ text, tint, NULL, 0 };
}

static void ghost_fields(const struct paint *t, const struct row *row, struct field *out)
{
	out[T_PID] = plain(row->key.id.pid ? arena_printf(t->a, "%d", (int)row->key.id.pid) : "?",
			   TINT_DIM);
	out[T_STATE] = plain("dead", TINT_DIM);
	out[T_COMMAND] = (struct field){
		arena_printf(t->a, "%s%s", t->b->o.ascii ? "x " : "\u2020 ", row_label(t, row)),
		TINT_DIM, "has exited", TINT_DIM,
	};
}

static const char *remark(const struct paint *t, const struct row *row)
{
	const struct member *m = row->member;

	if (row->folded)
		return arena_printf(t->a, "+%zu", row->folded);
	if (process_is_zombie(row->process))
		return wait_status_text(t->a, row->process->wait_status);
	if (m->relation == REL_ORPHAN)
		return arena_printf(t->a, "%s, %s", m->intent == INTENT_DAEMON ? "daemon" : "orphan",
				    confidence_name(m->confidence));
	return m->relation == REL_TARGET ? "target" : NULL;
}

static void fields(const struct paint *t, const struct row *row, struct field *out)
{
	const struct process *p = row->process;
	enum tint tint = row->marked ? tint_of(row->severity) : TINT_DIM;
	bool dead;
	char age[32];

	if (!p) {
		ghost_fields(t, row, out);
		return;
	}
	dead = p->now.state == 'Z';
	if (row->marked)
		out[T_SIGN] = plain(severity_sign(row->severity), tint);
	out[T_PID] = plain(arena_printf(t->a, "%d", (int)p->id.pid), TINT_PLAIN);
	out[T_STATE] = plain(process_state_word(p), dead ? tint : TINT_PLAIN);
	out[T_AGE] = plain(arena_strdup(t->a, text_age(row->age_ns, age, sizeof(age))), TINT_PLAIN);
	if (p->now.fd_count >= 0)
		out[T_FDS] = plain(arena_printf(t->a, "%" PRId64, p->now.fd_count), TINT_PLAIN);
	out[T_FOUND] = plain(row->badges, tint);
	out[T_COMMAND] = (struct field){ row_label(t, row), dead ? TINT_DIM : row->marked ? TINT_BOLD :
					 TINT_PLAIN, remark(t, row), TINT_DIM };
}

const struct board_view view_tree = {
	.name = "Tree", .letter = "2", .columns = columns, .is_tree = true, .make = make,
	.fields = fields,
};
