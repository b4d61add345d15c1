/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of a view: made from the report, sifted, sorted, and the cursor found again by
 * what it was on.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/board_state.h"

static const struct board_view *const views[VIEW_N] = {
	[VIEW_APPS] = &view_apps,
	[VIEW_FINDINGS] = &view_findings,
	[VIEW_TREE] = &view_tree,
	[VIEW_PIPES] = &view_pipes,
};

const struct board_view *board_view(enum view_kind view)
{
	return views[view];
}

const char *sort_name(enum sort s)
{
	static const char *const names[SORT_N] = {
		"worst first", "age", "pid", "kind", "name", "descriptors", "size",
	};

	return names[s];
}

const char *severity_sign(enum severity s)
{
	return s == SEV_CRITICAL ? "!!" : s == SEV_WARNING ? " !" : " .";
}

const char *severity_word(enum severity s)
{
	return s == SEV_CRITICAL ? "CRIT" : s == SEV_WARNING ? "WARN" : "info";
}

struct row *rows_add(struct rows *rows, struct row_key key)
{
	struct row *row = arena_push(rows->arena, &rows->list, &rows->n, &rows->room,
				     sizeof(*row));

	*row = (struct row){ .key = key, .badges = "", .branch = "", .age_ns = UINT64_MAX };
	return row;
}

/* --- order ----------------------------------------------------------------------------- */

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int64_t row_fds(const struct row *row)
{
	const struct process *p = row->app ? row->app->fullest : row->process;

	return row->app ? (int64_t)row->app->percent : p ? p->now.fd_count : -1;
}

static const char *row_name(const struct row *row)
{
	return row->name ? row->name : row->process ? process_label(row->process) : "";
}

static int row_order(const struct row *a, const struct row *b, enum sort by)
{
	switch (by) {
	case SORT_AGE:
		return compare(b->age_ns + 1, a->age_ns + 1);	/* unknown last */
	case SORT_PID:
		return compare((uint64_t)a->key.id.pid, (uint64_t)b->key.id.pid);
	case SORT_KIND:
		return compare(a->finding ? a->finding->kind : KIND_N,
			       b->finding ? b->finding->kind : KIND_N);
	case SORT_NAME:
		return strcasecmp(row_name(a), row_name(b));
	case SORT_FDS:
		return compare((uint64_t)row_fds(b) + 1, (uint64_t)row_fds(a) + 1);
	case SORT_SIZE:
		return compare(b->app ? b->app->size : 0, a->app ? a->app->size : 0);
	default:
		return 0;	/* as it was made: worst first */
	}
}

struct order { enum sort by; bool inverted; };

struct placed { struct row row; size_t at; };

static int placed_order(const void *left, const void *right, void *context)
{
	const struct placed *a = left, *b = right;
	const struct order *o = context;
	int order = row_order(&a->row, &b->row, o->by);

	if (!order)
		order = compare(a->at, b->at);
	return o->inverted ? -order : order;
}

static void rows_sort(struct board *b)
{
	struct order o = { b->sort[b->view], b->inverted[b->view] };
	struct placed *placed;

	if (views[b->view]->is_tree || (o.by == SORT_WORST && !o.inverted))
		return;
	placed = arena_calloc(b->rows.arena, b->rows.n + 1, sizeof(*placed));
	for (size_t i = 0; i < b->rows.n; i++)
		placed[i] = (struct placed){ b->rows.list[i], i };
	qsort_r(placed, b->rows.n, sizeof(*placed), placed_order, &o);
	for (size_t i = 0; i < b->rows.n; i++)
		b->rows.list[i] = placed[i].row;
}

/* --- sifting --------------------------------------------------------------------------- */

static void rows_filter(struct board *b)
{
	struct rows *rows = &b->rows;
	struct arena *a;
	size_t n = 0;

	rows->unfiltered = rows->n;
	if (!b->filter[0])
		return;
	a = arena_new(0);
	for (size_t i = 0; i < rows->n; i++)
		if (row_matches(&rows->list[i], b->filter, a))
			rows->list[n++] = rows->list[i];
	arena_free(a);
	rows->n = n;
}

/* --- the cursor ------------------------------------------------------------------------ */

static void place_find(struct board *b)
{
	struct place *place = &b->places[b->view];
	const struct rows *rows = &b->rows;

	if (!place->touched)
		place->at = place->top = 0;
	for (size_t i = 0; place->touched && i < rows->n; i++)
		if (row_key_same(rows->list[i].key, place->key)) {
			place->at = i;
			return;
		}
	/* What it was on is gone: the same place is the next one in the list. */
	if (place->at >= rows->n)
		place->at = rows->n ? rows->n - 1 : 0;
	if (rows->n)
		place->key = rows->list[place->at].key;
}

void rows_make(struct board *b)
{
	if (!b->rows_old)
		return;
	b->rows_old = false;
	arena_free(b->rows.arena);
	b->rows = (struct rows){ .arena = arena_new(0) };
	if (board_scope(b)->has_news)
		views[b->view]->make(b, &b->rows);
	rows_filter(b);
	if (b->rows.n)
		rows_sort(b);
	place_find(b);
}

const struct row *rows_selected(struct board *b)
{
	rows_make(b);
	return b->rows.n ? &b->rows.list[b->places[b->view].at] : NULL;
}

void rows_select(struct board *b, size_t at)
{
	struct place *place = &b->places[b->view];

	rows_make(b);
	if (!b->rows.n)
		return;
	place->touched = true;
	place->at = at < b->rows.n ? at : b->rows.n - 1;
	place->key = b->rows.list[place->at].key;
	b->dirty = true;
}
