/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout.  What is left out first when there is little room: the pane, then the lines
 * of the header below the first, then the key bar; the list goes last.
 */
#include <string.h>

#include "base/escape.h"
#include "tui/board_state.h"

#define LEAST_WIDTH 20
#define LEAST_HEIGHT 5
#define PANE_FROM 16	/* lines of the whole screen */

void paint_hit(const struct paint *t, unsigned x, unsigned y, unsigned width, uint32_t key)
{
	struct board *b = t->b;

	if (b->hit_n < sizeof(b->hits) / sizeof(b->hits[0]))
		b->hits[b->hit_n++] = (struct hit){ x, y, width, key };
}

void draw_box(const struct paint *t, unsigned x, unsigned y, unsigned width, unsigned height,
	      const char *title)
{
	static const char *const lines[2][6] = {
		{ "\u2500", "\u2502", "\u250c", "\u2510", "\u2514", "\u2518" },
		{ "-", "|", "+", "+", "+", "+" },
	};
	const char *const *l = lines[t->b->o.ascii];

	for (unsigned i = 0; i < height; i++) {
		bool edge = !i || i + 1 == height;

		grid_fill(t->g, x, y + i, width, TINT_FRAME, edge ? l[0] : " ");
		grid_text(t->g, x, y + i, 1, TINT_FRAME, !i ? l[2] : edge ? l[4] : l[1]);
		grid_text(t->g, x + width - 1, y + i, 1, TINT_FRAME, !i ? l[3] : edge ? l[5] : l[1]);
	}
	if (width > 6)
		grid_text(t->g, x + 2, y, width - 4, TINT_TITLE,
			  arena_printf(t->a, " %s ", sheet_cut(&t->sheet, title, width - 6)));
}

/* --- the list --------------------------------------------------------------------------- */

struct slot { size_t column; unsigned x, width; };

/* Which columns there is room for, and where. */
static size_t slots_make(const struct paint *t, const struct column *columns, unsigned x,
			 struct slot *slots)
{
	unsigned fixed = x, width = t->g->width, at = x;
	size_t n = 0;

	for (size_t i = 0; columns[i].title; i++)
		if (width >= columns[i].from) {
			slots[n++] = (struct slot){ i, 0, columns[i].width };
			fixed += columns[i].width + (n > 1);
		}
	for (size_t i = 0; i < n; i++) {
		if (!slots[i].width)
			slots[i].width = width > fixed + 1 ? width - fixed : 1;
		slots[i].x = at;
		at += slots[i].width + 1;
	}
	return n;
}

static void draw_field(const struct paint *t, const struct slot *slot, const struct column *column,
		       const struct field *f, const char *branch, unsigned y)
{
	unsigned used = 0, room = slot->width, cells;

	if (!f->text)
		return;
	if (*branch && !column->width) {
		/* of a deep one the nearest lines are what matters */
		cells = (unsigned)escape_cells(branch);
		while (cells > room / 2 && *branch) {
			branch += (unsigned char)*branch < 0x80 ? 1 : 3;
			cells--;
		}
		used = grid_text(t->g, slot->x, y, room, TINT_DIM, branch);
	}
	if (column->right) {
		cells = (unsigned)escape_cells(f->text);
		used = cells < room ? room - cells : 0;
	}
	used += grid_text(t->g, slot->x + used, y, room - used, f->tint,
			  sheet_cut(&t->sheet, f->text, room - used));
	if (f->more && *f->more && (room - used > 8 || room - used >= 2 + escape_cells(f->more)))
		grid_text(t->g, slot->x + used + 2, y, room - used - 2, f->more_tint,
			  sheet_cut(&t->sheet, f->more, room - used - 2));
}

static void mark_found(const struct paint *t, unsigned y)
{
	grid_flag(t->g, 0, y, t->g->width, CELL_FOUND);
}

static void draw_row(const struct paint *t, const struct board_view *view, const struct slot *slots,
		     size_t slot_n, const struct row *row, unsigned y, bool selected)
{
	struct board *b = t->b;
	struct field fields[COLUMNS_MOST] = { { NULL, TINT_PLAIN, NULL, TINT_PLAIN } };
	bool tagged = row->process && id_set_has(&b->tags, row->process->id);

	view->fields(t, row, fields);
	if (selected)
		grid_text(t->g, 0, y, 1, TINT_ACCENT, b->o.ascii ? ">" : "\u25b8");
	if (tagged || row->fresh)
		grid_text(t->g, 1, y, 1, tagged ? TINT_ACCENT : TINT_NEW, tagged ? "*" : "+");
	for (size_t i = 0; i < slot_n; i++)
		draw_field(t, &slots[i], &view->columns[slots[i].column],
			   &fields[slots[i].column], row->branch, y);
	if (tagged)
		grid_flag(t->g, 0, y, t->g->width, CELL_TAGGED);
	if (b->search[0] && row_matches(row, b->search, t->a))
		mark_found(t, y);
	if (selected)
		grid_flag(t->g, 0, y, t->g->width, CELL_SELECTED);
}

static void draw_headings(const struct paint *t, const struct board_view *view,
			  const struct slot *slots, size_t slot_n, unsigned y)
{
	const char *arrow = t->b->inverted[t->b->view] ? (t->b->o.ascii ? "^" : "\u25b4") :
		t->b->o.ascii ? "v" : "\u25be";

	grid_fill(t->g, 0, y, t->g->width, TINT_TITLE, " ");
	for (size_t i = 0; i < slot_n; i++) {
		const struct column *c = &view->columns[slots[i].column];
		bool sorted = !view->is_tree && c->sort == t->b->sort[t->b->view];
		const char *title = sorted && *c->title ?
			arena_printf(t->a, "%s%s", c->title, arrow) : c->title;
		unsigned cells = (unsigned)escape_cells(title), x = slots[i].x;

		if (c->right && cells < slots[i].width)
			x += slots[i].width - cells;
		grid_text(t->g, x, y, slots[i].width, TINT_TITLE, title);
	}
}

/* Nothing to list: then what that means. */
static void draw_empty(const struct paint *t, unsigned y, unsigned height)
{
	struct board *b = t->b;
	const struct report *r = board_report(b);
	struct page_writer w;

	page_begin(&w, t->a, t->g->width > 6 ? t->g->width - 4 : 0, b->o.ascii);
	if (!r)
		sheet_wrap(&w.sheet, INK_DIM, 0, 0, arena_printf(t->a, "Looking at %s ...",
			   b->inside.pid ? arena_printf(t->a, "%d", (int)b->inside.pid) :
			   b->o.what ? sheet_show(&t->sheet, b->o.what) : "the machine"));
	else if (b->filter[0] && b->rows.unfiltered)
		sheet_wrap(&w.sheet, INK_DIM, 0, 0,
			   arena_printf(t->a, "The filter hides all of the %zu here; \\ changes it.",
					b->rows.unfiltered));
	else if (b->view == VIEW_PIPES)
		sheet_wrap(&w.sheet, INK_DIM, 0, 0, "No pipes are known here.");
	else if (header_has_verdict(b))
		text_verdict_notes(&w.sheet, r);
	else
		text_verdict(&w.sheet, r);
	page_draw(page_end(&w, 0), 0, t->g, 2, y + (height > 3), t->g->width - 2,
		  height - (height > 3));
}

static void keep_in_sight(struct place *place, size_t n, unsigned height)
{
	if (place->at < place->top)
		place->top = place->at;
	if (place->at >= place->top + height)
		place->top = place->at + 1 - height;
	if (place->top && place->top + height > n)
		place->top = n > height ? n - height : 0;
}

void draw_table(const struct paint *t, unsigned y, unsigned height)
{
	struct board *b = t->b;
	const struct board_view *view = board_view(b->view);
	struct place *place = &b->places[b->view];
	struct slot slots[COLUMNS_MOST];
	size_t slot_n = slots_make(t, view->columns, 2, slots);

	rows_make(b);
	if (height > 3 && b->rows.n) {
		draw_headings(t, view, slots, slot_n, y++);
		height--;
	}
	b->list_y = y;
	b->list_height = height;
	if (!b->rows.n) {
		draw_empty(t, y, height);
		return;
	}
	keep_in_sight(place, b->rows.n, height);
	for (size_t i = place->top; i < b->rows.n && i < place->top + height; i++)
		draw_row(t, view, slots, slot_n, &b->rows.list[i],
			 y + (unsigned)(i - place->top), i == place->at);
}

/* --- all of it --------------------------------------------------------------------------- */

/* A short list leaves more to the pane, in few steps so that nothing jumps all the time. */
static unsigned pane_height(const struct board *b, unsigned body)
{
	unsigned list = b->rows.n <= 4 ? 6 : b->rows.n <= 8 ? 10 : body;
	unsigned least = body * 2 / 5;

	if (list > body - least)
		return least;
	return body - list;
}

static void draw_all(const struct paint *t)
{
	struct board *b = t->b;
	unsigned height = t->g->height, y, bar = height >= 6, pane = 0;

	y = draw_header(t, height < 8 ? 1 : height < 12 ? 2 : height < 20 ? 3 : 4);
	if (height >= 8)
		draw_tabs(t, y++);
	rows_make(b);
	if (height >= PANE_FROM && t->g->width >= 40 && b->rows.n)
		pane = pane_height(b, height - y - bar);
	draw_table(t, y, height - y - bar - pane);
	if (pane)
		draw_pane(t, height - bar - pane, pane);
	b->page_lines = b->page_height = 0;
	if (b->overlay == OVER_REAP)
		draw_reap(t, y > 1 ? 1 : 0, height - bar - (y > 1));
	else if (b->overlay != OVER_NONE)
		draw_overlay(t, y > 1 ? 1 : 0, height - bar - (y > 1));
	if (bar)
		draw_bar(t, height - 1);
}

void board_draw(struct board *b, struct grid *g)
{
	struct paint t = { .b = b, .g = g, .a = arena_new(0) };
	struct view_options options = { .terminal = true, .ascii = b->o.ascii, .width = g->width };

	t.sheet = (struct sheet){ .a = t.a, .o = &options };
	grid_clear(g);
	b->hit_n = 0;
	b->width = g->width;
	b->height = g->height;
	if (g->width < LEAST_WIDTH || g->height < LEAST_HEIGHT) {
		if (g->width && g->height)
			grid_text(g, 0, g->height / 2, g->width, TINT_WARNING, "terminal too small");
	} else {
		draw_all(&t);
	}
	b->dirty = false;
	arena_free(t.a);
}
