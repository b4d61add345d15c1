/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lies over the list until it is closed: help, an explanation, all details, the
 * choice of an order. */
#include "base/text.h"
#include "tui/board_state.h"
#include "view/explain.h"

#define BOX_MOST 100

static const char *const help_text[][2] = {
	{ "", "Look" },
	{ "Up Down PgUp PgDn Home End", "move; the cursor stays on its process" },
	{ "Tab  1 2 3", "findings, family tree, pipes (0: applications)" },
	{ "t  F5", "tree, and back" },
	{ "p", "pipes, who holds which end" },
	{ "Enter", "all details; of an application: go into it" },
	{ "w  l", "below the list: why it was found, or its descriptors" },
	{ "e", "explain this kind of finding, and how to fix it" },
	{ "Esc", "close, go back, drop search and filter" },
	{ "", "Find" },
	{ "/  F3  n", "search while you type; the next one" },
	{ "\\  F4", "filter: words, or kind:orphan state:zombie sev:crit user:name pid:1" },
	{ "s  F6  I", "sort by; the other way round (N pid, T age, M descriptors)" },
	{ "+ - *", "in the tree: unfold, fold, unfold all" },
	{ "Z", "freeze what is shown" },
	{ "d", "seconds between looks" },
	{ "R", "look now" },
	{ "", "Act" },
	{ "Space  c  U", "tag; with all below it; untag all" },
	{ "k  F9", "reap the tagged, or this one: shows a plan first" },
	{ "r", "write what is seen to files, for a report" },
	{ "q  F10  Ctrl-C", "quit" },
	{ "", "Signs" },
	{ "!! CRIT   ! WARN   . info", "how bad it is" },
	{ "+  *", "came up a moment ago; tagged" },
};

static void put_help(const struct paint *t, const struct page_writer *w)
{
	for (size_t i = 0; i < ARRAY_SIZE(help_text); i++) {
		const char *key = help_text[i][0], *what = help_text[i][1];
		unsigned width = t->g->width >= 70 ? 28 : 16;

		if (!*key) {
			if (i)
				putc('\n', w->sheet.out);
			sheet_wrap(&w->sheet, INK_BOLD, 0, 0, what);
			continue;
		}
		if (t->b->o.readonly && *key == 'k')
			what = "reaping is off: --readonly";
		sheet_wrap(&w->sheet, INK_PLAIN, 2, width + 2,
			   arena_printf(t->a, "%-*s %s", (int)width - 1, key, what));
	}
}

static void put_explanation(const struct paint *t, const struct page_writer *w)
{
	if (t->b->explained)
		explain_print(t->b->explained, w->sheet.out, w->options.width, true);
}

static const char *title_of(const struct board *b)
{
	switch (b->overlay) {
	case OVER_HELP:
		return "help";
	case OVER_EXPLAIN:
		return b->explained ? b->explained->id : "explain";
	default:
		return b->pane == PANE_FDS ? "descriptors" : "why";
	}
}

static void draw_sort(const struct paint *t, unsigned y)
{
	const struct board_view *view = board_view(t->b->view);
	unsigned x = t->g->width > 40 ? 8 : 0, row = y + 1, n = 0;

	for (enum sort s = 0; s < SORT_N; s++)
		n += view->sorts >> s & 1;
	draw_box(t, x, y, 24 < t->g->width - x ? 24 : t->g->width - x, n + 2, "sort by");
	for (enum sort s = 0; s < SORT_N; s++) {
		if (!(view->sorts >> s & 1))
			continue;
		grid_text(t->g, x + 2, row, 20, TINT_PLAIN,
			  arena_printf(t->a, "%s %s", s == t->b->sort[t->b->view] ? "*" : " ",
				       sort_name(s)));
		if (s == (enum sort)t->b->sort_at)
			grid_flag(t->g, x + 1, row, 22, CELL_SELECTED);
		row++;
	}
}

void draw_overlay(const struct paint *t, unsigned y, unsigned height)
{
	struct board *b = t->b;
	unsigned width = t->g->width < BOX_MOST ? t->g->width : BOX_MOST;
	unsigned x = (t->g->width - width) / 2;
	struct page_writer w;
	const struct page *page;

	if (b->overlay == OVER_SORT) {
		draw_sort(t, y + 3 < height ? y + 3 : y);
		return;
	}
	draw_box(t, x, y, width, height, title_of(b));
	if (b->overlay == OVER_DETAILS) {
		page = details_page(t, width - 4);
	} else {
		page_begin(&w, t->a, width - 4, b->o.ascii);
		(b->overlay == OVER_HELP ? put_help : put_explanation)(t, &w);
		page = page_end(&w, 0);
	}
	b->page_lines = page_lines(page);
	b->page_height = height - 2;
	if (b->scroll + b->page_height > b->page_lines)
		b->scroll = b->page_lines > b->page_height ? b->page_lines - b->page_height : 0;
	page_draw(page, b->scroll, t->g, x + 2, y + 1, width - 4, height - 2);
	if (b->scroll + b->page_height < b->page_lines)
		grid_text(t->g, x + width - 10, y + height - 1, 8, TINT_ACCENT, " more... ");
}
