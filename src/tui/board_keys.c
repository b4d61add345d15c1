/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys and clicks: htop's fingers, and a letter for every function key, because terminals
 * keep some of those for themselves. */
#include <string.h>

#include "base/text.h"
#include "tui/board_state.h"
#include "view/explain.h"
#include "view/family_tree.h"

static size_t page_of(const struct board *b)
{
	return b->list_height > 1 ? b->list_height - 1 : 1;
}

/* --- moving ------------------------------------------------------------------------------- */

static bool move_key(struct board *b, uint32_t key)
{
	size_t at = b->places[b->view].at, page = page_of(b);

	switch (key) {
	case BKEY_UP:
		rows_select(b, at ? at - 1 : 0);
		return true;
	case BKEY_DOWN:
		rows_select(b, at + 1);
		return true;
	case BKEY_PAGE_UP:
		rows_select(b, at > page ? at - page : 0);
		return true;
	case BKEY_PAGE_DOWN:
		rows_select(b, at + page);
		return true;
	case BKEY_HOME:
		rows_select(b, 0);
		return true;
	case BKEY_END:
		rows_select(b, SIZE_MAX);
		return true;
	default:
		return false;
	}
}

/* --- views -------------------------------------------------------------------------------- */

/* The cursor goes along to the row about the same process, where there is one. */
static void go_to_view(struct board *b, enum view_kind view)
{
	const struct row *from = rows_selected(b);
	struct process_id id = from && from->process ? from->process->id : (struct process_id){ 0, 0 };
	const struct pipe_map *pipe = from ? from->pipe : NULL;

	if (view == b->view)
		return;
	board_show_view(b, view);
	rows_make(b);
	for (int want_pipe = pipe != NULL; want_pipe >= 0; want_pipe--)
		for (size_t i = 0; id.pid && i < b->rows.n; i++) {
			const struct row *row = &b->rows.list[i];

			if (want_pipe ? row->pipe == pipe :
			    row->process && process_id_same(row->process->id, id)) {
				rows_select(b, i);
				return;
			}
		}
}

static void next_view(struct board *b, bool back)
{
	enum view_kind first = board_has_apps(b) ? VIEW_APPS : VIEW_FINDINGS;

	if (back)
		go_to_view(b, b->view == first ? VIEW_N - 1 : b->view - 1);
	else
		go_to_view(b, b->view == VIEW_N - 1 ? first : b->view + 1);
}

static void enter_app(struct board *b)
{
	const struct row *row = rows_selected(b);

	if (!row || !row->key.id.pid)
		return;
	b->inside = row->key.id;
	b->frozen = false;
	b->search[0] = b->filter[0] = 0;
	board_show_view(b, VIEW_FINDINGS);
	for (enum view_kind v = VIEW_FINDINGS; v < VIEW_N; v++)
		b->places[v] = (struct place){ .at = 0 };
	board_wish(b, (struct board_asked){ .wish = BOARD_TARGET, .target = b->inside });
}

static void leave_app(struct board *b)
{
	board_scope_end(b);
	b->frozen = false;
	b->tags.n = 0;
	board_show_view(b, VIEW_APPS);
	board_wish(b, (struct board_asked){ .wish = BOARD_TARGET_BACK });
}

/* Out of whatever one is in, one thing at a time. */
static void escape_key(struct board *b)
{
	if (b->search[0])
		b->search[0] = 0;
	else if (b->filter[0]) {
		b->filter[0] = 0;
		b->rows_old = true;
	} else if (b->inside.pid) {
		leave_app(b);
	}
}

/* --- tags, folds -------------------------------------------------------------------------- */

static void tag_below(struct board *b, const struct row *row)
{
	const struct family *f = &row->report->family;

	for (size_t i = 0; i < f->member_n; i++)
		if (f->members[i].relation != REL_POSSIBLE &&
		    snapshot_is_above(row->report->snapshot, row->process, f->members[i].process))
			id_set_put(&b->tags, f->members[i].process->id, true);
}

static void tag(struct board *b, bool with_below)
{
	const struct row *row = rows_selected(b);
	bool in;

	if (row && row->group) {
		in = !id_set_has(&b->tags, row->process->id);
		for (size_t i = 0; i < row->group_n; i++)
			id_set_put(&b->tags, row->group[i]->subject->id, in);
	} else if (row && row->process) {
		in = with_below || !id_set_has(&b->tags, row->process->id);
		id_set_put(&b->tags, row->process->id, in);
		if (with_below)
			tag_below(b, row);
	}
	rows_select(b, b->places[b->view].at + 1);
}

static void fold(struct board *b, bool folded)
{
	const struct row *row = rows_selected(b);

	if (!row || !row->process || (b->view != VIEW_TREE && !row->group))
		return;
	if (row->group)
		id_set_put(&b->opened, row->key.id, !folded);
	else
		id_set_put(&b->folds, row->process->id, folded);
	rows_select(b, b->places[b->view].at);
	b->rows_old = true;
}

/* --- sorting ------------------------------------------------------------------------------ */

static void sort_by(struct board *b, enum sort s)
{
	if (!(board_view(b->view)->sorts >> s & 1))
		return;
	b->sort[b->view] = s;
	b->rows_old = true;
}

static void sort_step(struct board *b, int by)
{
	unsigned sorts = board_view(b->view)->sorts;
	int at = (int)b->sort_at;

	do
		at += by;
	while (at >= 0 && at < SORT_N && !(sorts >> at & 1));
	if (at >= 0 && at < SORT_N)
		b->sort_at = (size_t)at;
}

static void sort_key(struct board *b, uint32_t key)
{
	switch (key) {
	case BKEY_UP:
		sort_step(b, -1);
		return;
	case BKEY_DOWN:
		sort_step(b, 1);
		return;
	case 'I':
		b->inverted[b->view] = !b->inverted[b->view];
		b->rows_old = true;
		return;
	case BKEY_ENTER:
	case '\n':
		sort_by(b, (enum sort)b->sort_at);
		break;
	default:
		break;
	}
	b->overlay = OVER_NONE;
}

/* --- overlays ------------------------------------------------------------------------------ */

void overlay_key(struct board *b, uint32_t key)
{
	size_t page = b->page_height > 1 ? b->page_height - 1 : 1;
	size_t most = b->page_lines > b->page_height ? b->page_lines - b->page_height : 0;

	switch (key) {
	case BKEY_UP:
		b->scroll -= b->scroll > 0;
		break;
	case BKEY_DOWN:
		b->scroll++;
		break;
	case BKEY_PAGE_UP:
		b->scroll = b->scroll > page ? b->scroll - page : 0;
		break;
	case BKEY_PAGE_DOWN:
	case ' ':
		b->scroll += page;
		break;
	case BKEY_HOME:
		b->scroll = 0;
		break;
	case BKEY_END:
		b->scroll = most;
		break;
	default:
		return;
	}
	if (b->scroll > most)
		b->scroll = most;
}

static void page_key(struct board *b, uint32_t key)
{
	switch (key) {
	case BKEY_ESC:
	case BKEY_ENTER:
	case 'q':
	case '?':
	case BKEY_F0 + 1:
	case 3:
		b->overlay = OVER_NONE;
		break;
	case 'e':
		b->overlay = b->overlay == OVER_EXPLAIN ? OVER_NONE : b->overlay;
		break;
	default:
		overlay_key(b, key);
	}
}

static void open_overlay(struct board *b, enum overlay overlay)
{
	b->overlay = overlay;
	b->scroll = 0;
	b->sort_at = b->sort[b->view];
}

static void explain(struct board *b)
{
	const struct row *row = rows_selected(b);

	if (!row || !row->finding) {
		board_say(b, SEV_INFO, "nothing to explain here: choose a finding");
		return;
	}
	b->explained = explain_find(kind_info(row->finding->kind)->id);
	open_overlay(b, OVER_EXPLAIN);
}

static void show_pane(struct board *b, enum pane pane)
{
	if (b->pane == pane || b->height < 16)
		open_overlay(b, OVER_DETAILS);
	b->pane = pane;
}

static void enter_key(struct board *b)
{
	if (b->view == VIEW_APPS)
		enter_app(b);
	else if (rows_selected(b))
		open_overlay(b, OVER_DETAILS);
}

/* --- the keyboard ---------------------------------------------------------------------------- */

static bool view_key(struct board *b, uint32_t key)
{
	switch (key) {
	case '0': case '1': case '2': case '3':
		if (key != '0' || board_has_apps(b))
			go_to_view(b, (enum view_kind)(key - '0'));
		return true;
	case BKEY_TAB:
	case BKEY_BACKTAB:
		next_view(b, key == BKEY_BACKTAB);
		return true;
	case 't': case BKEY_F0 + 5:
		go_to_view(b, b->view == VIEW_TREE ? VIEW_FINDINGS : VIEW_TREE);
		return true;
	case 'p':
		go_to_view(b, b->view == VIEW_PIPES ? VIEW_FINDINGS : VIEW_PIPES);
		return true;
	case '+': case '-':
		fold(b, key == '-');
		return true;
	case '*':
		b->folds.n = 0;
		rows_select(b, b->places[b->view].at);
		b->rows_old = true;
		return true;
	case BKEY_ENTER: case '\n':
		enter_key(b);
		return true;
	case BKEY_RIGHT:
		fold(b, false);
		return true;
	case BKEY_LEFT:
		if (b->view == VIEW_TREE || (rows_selected(b) && rows_selected(b)->group))
			fold(b, true);
		else
			escape_key(b);
		return true;
	case BKEY_ESC: case BKEY_BACKSPACE: case 0x7f:
		escape_key(b);
		return true;
	case 'w': case 'l':
		show_pane(b, key == 'w' ? PANE_WHY : PANE_FDS);
		return true;
	default:
		return false;
	}
}

static bool list_key(struct board *b, uint32_t key)
{
	switch (key) {
	case '/': case BKEY_F0 + 3:
		prompt_open(b, PROMPT_SEARCH, b->search);
		return true;
	case 'n':
		prompt_next(b);
		return true;
	case '\\': case BKEY_F0 + 4:
		prompt_open(b, PROMPT_FILTER, b->filter);
		return true;
	case 'u':
		prompt_open(b, PROMPT_FILTER, "user:");
		return true;
	case 's': case '.': case '<': case '>': case BKEY_F0 + 6:
		if (board_view(b->view)->sorts)
			open_overlay(b, OVER_SORT);
		return true;
	case 'I':
		b->inverted[b->view] = !b->inverted[b->view];
		b->rows_old = true;
		return true;
	case 'P': case 'N': case 'T': case 'M':
		sort_by(b, key == 'P' ? SORT_WORST : key == 'N' ? SORT_PID :
			key == 'T' ? SORT_AGE : SORT_FDS);
		return true;
	case ' ': case 'c':
		tag(b, key == 'c');
		return true;
	case 'U':
		b->tags.n = 0;
		return true;
	default:
		return false;
	}
}

static void other_key(struct board *b, uint32_t key)
{
	switch (key) {
	case 'q': case 3: case BKEY_F0 + 10:
		board_wish(b, (struct board_asked){ .wish = BOARD_QUIT });
		break;
	case 26:
		board_wish(b, (struct board_asked){ .wish = BOARD_SUSPEND });
		break;
	case 12:
		board_wish(b, (struct board_asked){ .wish = BOARD_REDRAW });
		break;
	case '?': case 'h': case BKEY_F0 + 1:
		open_overlay(b, OVER_HELP);
		break;
	case 'e':
		explain(b);
		break;
	case 'k': case BKEY_F0 + 9:
		reap_ask(b);
		break;
	case 'r':
		board_wish(b, (struct board_asked){ .wish = BOARD_SAVE });
		break;
	case 'R': case 18:
		board_wish(b, (struct board_asked){ .wish = BOARD_SCAN_NOW });
		break;
	case 'd':
		prompt_open(b, PROMPT_DELAY, "");
		break;
	case 'Z':
		b->frozen = !b->frozen;
		if (!b->frozen)
			board_wish(b, (struct board_asked){ .wish = BOARD_SCAN_NOW });
		break;
	default:
		break;
	}
}

void board_key(struct board *b, uint32_t key)
{
	b->dirty = true;
	if (key == 12 || key == 26) {
		other_key(b, key);
		return;
	}
	if (b->prompt != PROMPT_NONE) {
		prompt_key(b, key);
		return;
	}
	b->said.until_ns = 0;
	if (b->overlay == OVER_REAP)
		reap_key(b, key);
	else if (b->overlay == OVER_SORT)
		sort_key(b, key);
	else if (b->overlay != OVER_NONE)
		page_key(b, key);
	else if (!move_key(b, key) && !view_key(b, key) && !list_key(b, key))
		other_key(b, key);
}

/* --- the mouse -------------------------------------------------------------------------------- */

void board_click(struct board *b, unsigned x, unsigned y, enum board_button button)
{
	if (button == BOARD_WHEEL_UP || button == BOARD_WHEEL_DOWN) {
		for (int i = 0; i < 3; i++)
			board_key(b, button == BOARD_WHEEL_UP ? BKEY_UP : BKEY_DOWN);
		return;
	}
	for (size_t i = 0; i < b->hit_n; i++)
		if (b->hits[i].y == y && x >= b->hits[i].x && x < b->hits[i].x + b->hits[i].width) {
			board_key(b, b->hits[i].key);
			return;
		}
	if (b->overlay != OVER_NONE || y < b->list_y || y >= b->list_y + b->list_height)
		return;
	rows_make(b);
	if (b->places[b->view].top + (y - b->list_y) >= b->rows.n)
		return;
	rows_select(b, b->places[b->view].top + (y - b->list_y));
	if (button == BOARD_DOUBLE_CLICK)
		board_key(b, BKEY_ENTER);
}
