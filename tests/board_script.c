/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "board_script.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/unicode.h"

static const struct { const char *name; uint32_t key; } names[] = {
	{ "Up", BKEY_UP }, { "Down", BKEY_DOWN }, { "Left", BKEY_LEFT }, { "Right", BKEY_RIGHT },
	{ "PgUp", BKEY_PAGE_UP }, { "PgDn", BKEY_PAGE_DOWN }, { "Home", BKEY_HOME },
	{ "End", BKEY_END }, { "Enter", BKEY_ENTER }, { "Esc", BKEY_ESC }, { "Tab", BKEY_TAB },
	{ "BackTab", BKEY_BACKTAB }, { "Backspace", BKEY_BACKSPACE }, { "Space", ' ' },
	{ "C-c", 3 }, { "C-l", 12 }, { "C-z", 26 }, { "less", '<' },
};

static uint32_t named_key(const char *name, size_t n)
{
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i].name) == n && !strncmp(names[i].name, name, n))
			return names[i].key;
	if (name[0] == 'F' && !text_u64((struct text){ name + 1, n - 1 }, &number))
		return BKEY_F0 + (uint32_t)number;
	ck_abort_msg("no key <%.*s>", (int)n, name);
	return 0;
}

void board_play(struct board *b, const char *keys)
{
	while (*keys) {
		uint32_t code = 0;
		size_t n;

		if (*keys == '<') {
			n = strcspn(keys, ">");
			board_key(b, named_key(keys + 1, n - 1));
			keys += n + 1;
			continue;
		}
		n = unicode_decode(keys, strlen(keys), &code);
		ck_assert_uint_gt(n, 0);
		board_key(b, code);
		keys += n;
	}
}

char *board_screen(struct board *b, unsigned width, unsigned height, bool tints)
{
	struct grid *g = grid_new(width, height);
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	ck_assert_ptr_nonnull(out);
	board_draw(b, g);
	ck_assert(!board_dirty(b));
	grid_print(g, tints, out);
	fclose(out);
	grid_free(g);
	return text;
}

static void release(void *owner)
{
	++*(int *)owner;
}

void board_tell(struct board *b, const struct report *const *reports, size_t n, int *released)
{
	struct board_news news = {
		.reports = reports, .n = n, .release = release, .owner = released,
		.cpu_ns = 11000000, .cpu_percent = 1.1, .every_ns = UINT64_C(1000000000),
		.adaptive = true,
	};

	board_news(b, &news);
}

struct board_asked board_asks(struct board *b, enum board_wish wish)
{
	struct board_asked asked;

	ck_assert_msg(board_ask(b, &asked), "asks for nothing");
	ck_assert_int_eq(asked.wish, wish);
	return asked;
}

static void check_cell(const struct cell *cell, const struct cell *next, bool ascii)
{
	size_t left = strlen(cell->text), at = 0;

	ck_assert_uint_lt(cell->tint, TINT_N);
	if (!cell->width) {
		ck_assert_uint_eq(left, 0);
		return;
	}
	ck_assert_uint_gt(left, 0);
	while (left) {
		uint32_t code = 0;
		size_t n = unicode_decode(cell->text + at, left, &code);

		ck_assert_uint_gt(n, 0);
		ck_assert_int_eq(unicode_cells(code), at ? 0 : cell->width);
		ck_assert(!ascii || code < 0x80);
		at += n;
		left -= n;
	}
	if (cell->width == 2)
		ck_assert(next && !next->width);
}

void board_check_cells(struct board *b, unsigned width, unsigned height, bool ascii)
{
	struct grid *g = grid_new(width, height);

	board_draw(b, g);
	for (unsigned y = 0; y < height; y++)
		for (unsigned x = 0; x < width; x++)
			check_cell(grid_at(g, x, y), x + 1 < width ? grid_at(g, x + 1, y) : NULL,
				   ascii);
	grid_free(g);
}
