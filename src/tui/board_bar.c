/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tabs above the list, and the line of keys below it. */
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "tui/board_state.h"

static unsigned put_tab(const struct paint *t, unsigned x, unsigned y, enum view_kind view)
{
	const struct board_view *v = board_view(view);
	bool shown = t->b->view == view;
	const struct report *r = board_report(t->b);
	const char *text = view == VIEW_APPS && t->g->width < 48 ? "Apps" : v->name;
	unsigned cells;

	if (view == VIEW_FINDINGS && r) {
		size_t n = 0;

		for (size_t i = 0; i < board_scope(t->b)->news.n; i++)
			n += board_scope(t->b)->news.reports[i]->findings.n;
		text = arena_printf(t->a, "%s %zu", text, n);
	}
	text = arena_printf(t->a, shown ? "[%s]" : " %s ", text);
	cells = grid_text(t->g, x, y, t->g->width, shown ? TINT_TAB : TINT_DIM, text);
	paint_hit(t, x, y, cells, (uint32_t)*v->letter);
	return x + cells;
}

/* What the user should not forget: what is hidden, that time stands still. */
static const char *state_text(const struct paint *t)
{
	struct board *b = t->b;
	const struct memory *m = &board_scope(b)->memory;
	const char *text = "";

	if (m->appeared && m->refreshes > 1)
		text = arena_printf(t->a, "+%zu new", m->appeared);
	if (m->ended)
		text = arena_printf(t->a, "%s%s-%zu gone", text, *text ? "  " : "", m->ended);
	if (b->tags.n)
		text = arena_printf(t->a, "%s%s%zu tagged", text, *text ? "  " : "", b->tags.n);
	if (!board_view(b->view)->is_tree && (b->sort[b->view] != SORT_WORST || b->inverted[b->view]))
		text = arena_printf(t->a, "%s%sby %s%s", text, *text ? "  " : "",
				    sort_name(b->sort[b->view]), b->inverted[b->view] ? ", inverted" : "");
	if (b->filter[0])
		text = arena_printf(t->a, "%s%sfilter %s: %zu of %zu", text, *text ? "  " : "",
				    sheet_show(&t->sheet, b->filter), b->rows.n, b->rows.unfiltered);
	if (b->frozen)
		text = arena_printf(t->a, "%s%sFROZEN", text, *text ? "  " : "");
	return text;
}

void draw_tabs(const struct paint *t, unsigned y)
{
	struct board *b = t->b;
	unsigned x = 0, cells, room;
	const char *state;

	rows_make(b);
	if (b->inside.pid)
		x += grid_text(t->g, x, y, t->g->width, TINT_ACCENT, b->o.ascii ? "<" : "\u2039");
	for (enum view_kind v = board_has_apps(b) ? VIEW_APPS : VIEW_FINDINGS; v < VIEW_N; v++)
		x = put_tab(t, x, y, v);
	state = state_text(t);
	room = t->g->width > x + 2 ? t->g->width - x - 2 : 0;
	state = sheet_cut(&t->sheet, state, room);
	cells = (unsigned)escape_cells(state);
	grid_text(t->g, t->g->width - cells, y, cells, b->frozen ? TINT_WARNING : TINT_NEW, state);
}

struct key_word { const char *key, *word; uint32_t code; unsigned rank; };

static void put_keys(const struct paint *t, unsigned y, const struct key_word *keys, size_t n,
		     unsigned rank, unsigned gap)
{
	unsigned x = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned from = x;

		if (keys[i].rank > rank)
			continue;
		x += grid_text(t->g, x, y, t->g->width, TINT_KEY, keys[i].key);
		x += grid_text(t->g, x, y, t->g->width, TINT_KEY_WORD, keys[i].word);
		paint_hit(t, from, y, x - from, keys[i].code);
		x += gap;
	}
}

static unsigned keys_cells(const struct key_word *keys, size_t n, unsigned rank,
			   unsigned gap)
{
	unsigned cells = 0;

	for (size_t i = 0; i < n; i++)
		if (keys[i].rank <= rank)
			cells += (unsigned)(strlen(keys[i].key) + strlen(keys[i].word)) + gap;
	return cells;
}

/* As many as there is room for, the least needed ones left out first. */
static void draw_keys(const struct paint *t, unsigned y, const struct key_word *keys, size_t n)
{
	unsigned rank = 9, room = t->g->width + 1;

	while (rank && keys_cells(keys, n, rank, 1) > room)
		rank--;
	put_keys(t, y, keys, n, rank, keys_cells(keys, n, rank, 2) <= room + 1 ? 2 : 1);
}

static void draw_main_keys(const struct paint *t, unsigned y)
{
	struct board *b = t->b;
	const struct key_word keys[] = {
		{ "F1", "Help", BKEY_F0 + 1, 1 },
		{ "F3", "Search", BKEY_F0 + 3, 3 },
		{ "F4", "Filter", BKEY_F0 + 4, 2 },
		{ "F5", b->view == VIEW_TREE ? "List" : "Tree", BKEY_F0 + 5, 2 },
		{ "F6", "Sort", BKEY_F0 + 6, board_view(b->view)->sorts ? 4 : 99 },
		{ "F9", "Reap", BKEY_F0 + 9, b->o.readonly ? 99 : 1 },
		{ b->view == VIEW_APPS ? "Enter" : "w", b->view == VIEW_APPS ? " Open" : " Why",
		  b->view == VIEW_APPS ? BKEY_ENTER : 'w', 3 },
		{ "p", " Pipes", 'p', 5 },
		{ "l", " Fds", 'l', 7 },
		{ "e", " Explain", 'e', 3 },
		{ "r", " Save", 'r', 8 },
		{ "Z", b->frozen ? " Thaw" : " Freeze", 'Z', b->frozen ? 1 : 9 },
		{ b->inside.pid ? "Esc" : "q", b->inside.pid ? " Back" : " Quit",
		  b->inside.pid ? BKEY_ESC : 'q', 0 },
	};

	draw_keys(t, y, keys, ARRAY_SIZE(keys));
}

static void draw_prompt(const struct paint *t, unsigned y)
{
	static const char *const titles[] = {
		[PROMPT_SEARCH] = "Search: ", [PROMPT_FILTER] = "Filter: ",
		[PROMPT_DELAY] = "Seconds between looks (auto: as the cost allows): ",
	};
	const struct board *b = t->b;
	unsigned x, cells, room;
	const char *typed = b->o.ascii ? escape_ascii(t->a, b->typed) : b->typed;

	x = grid_text(t->g, 0, y, t->g->width, TINT_KEY, titles[b->prompt]);
	if (x + 4 > t->g->width)
		x = 0;
	room = t->g->width - x - 1;
	cells = (unsigned)escape_cells(typed);
	while (cells > room) {		/* its end is where one types */
		typed++;
		cells = (unsigned)escape_cells(typed);
	}
	x += grid_text(t->g, x, y, room, TINT_PLAIN, typed);
	t->g->has_cursor = true;
	t->g->cursor_x = x;
	t->g->cursor_y = y;
	if (b->prompt == PROMPT_FILTER && !*typed)
		grid_text(t->g, x + 1, y, t->g->width, TINT_DIM,
			  "words, kind:orphan state:zombie sev:crit user:name");
}

void draw_bar(const struct paint *t, unsigned y)
{
	static const struct key_word over[] = {
		{ "Esc", " Close", BKEY_ESC, 0 }, { "Down", " Scroll", BKEY_DOWN, 1 },
	};
	static const struct key_word sorting[] = {
		{ "Enter", " Sort", BKEY_ENTER, 0 }, { "I", " Invert", 'I', 1 },
		{ "Esc", " Cancel", BKEY_ESC, 0 },
	};
	static const struct key_word asking[] = {
		{ "Enter", " Reap them", BKEY_ENTER, 0 }, { "Esc", " Leave them alone", BKEY_ESC, 0 },
	};
	static const struct key_word running[] = { { "Esc", " Stop, no SIGKILL", BKEY_ESC, 0 } };
	const struct board *b = t->b;

	grid_fill(t->g, 0, y, t->g->width, TINT_KEY_WORD, " ");
	if (b->prompt != PROMPT_NONE)
		draw_prompt(t, y);
	else if (b->said.until_ns > b->now_ns && b->overlay != OVER_REAP)
		grid_text(t->g, 0, y, t->g->width, b->said.how == SEV_INFO ? TINT_OK :
			  tint_of(b->said.how), b->said.text);
	else if (b->overlay == OVER_SORT)
		draw_keys(t, y, sorting, ARRAY_SIZE(sorting));
	else if (b->overlay == OVER_REAP && reap_can_act(b))
		draw_keys(t, y, asking, ARRAY_SIZE(asking));
	else if (b->overlay == OVER_REAP && b->reap.phase == REAP_RUNS)
		draw_keys(t, y, running, ARRAY_SIZE(running));
	else if (b->overlay != OVER_NONE)
		draw_keys(t, y, over, ARRAY_SIZE(over));
	else
		draw_main_keys(t, y);
}
