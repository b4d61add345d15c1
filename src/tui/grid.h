/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen without a terminal: cells, each with its text, its width and a tint that says
 * what it means.  board_draw() fills one, curses.c shows it, tests print it.  Tints are
 * meanings; which colours a terminal has for them is for curses.c to say.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Nothing is said by a tint alone: what is critical also has a sign and a word. */
enum tint {
	TINT_PLAIN,
	TINT_DIM,		/* less important; the dead */
	TINT_BOLD,
	TINT_CRITICAL,		/* red */
	TINT_WARNING,		/* yellow; for the colour-blind bright against dim */
	TINT_OK,		/* green, or blue for the colour-blind */
	TINT_ACCENT,		/* the one accent: names, keys, sparklines */
	TINT_TITLE,		/* headings of columns and of panes */
	TINT_TAB,		/* the view that is shown, of several */
	TINT_NEW,		/* was not there at the look before */
	TINT_KEY,		/* in the key bar: the key ... */
	TINT_KEY_WORD,		/* ... and what it does */
	TINT_FRAME,		/* lines and boxes */
	TINT_GAUGE_OK, TINT_GAUGE_WARNING, TINT_GAUGE_CRITICAL,	/* its filled part */
	TINT_GAUGE_EMPTY,
	TINT_N
};

/* Bits above a tint. */
enum cell_flag {
	CELL_SELECTED = 1,	/* in the row the cursor is on: reverse, whatever the tint */
	CELL_TAGGED = 2,	/* in a tagged row: bold; the row has a sign, too */
	CELL_FOUND = 4,		/* what was searched for: underlined */
};

struct cell {
	/* One character in UTF-8 with its combining marks, NUL-terminated; "" in the right
	 * half of a wide one, which must not be written. ASCII if the board is. Never a
	 * control character. */
	char text[16];
	uint8_t width;		/* 1, 2, or 0: the right half of a wide one */
	uint8_t tint;		/* enum tint */
	uint8_t flags;		/* enum cell_flag */
};

struct grid {
	unsigned width, height;		/* cells */
	struct cell *cells;		/* row by row */
	/* where the cursor belongs while text is typed; else not shown */
	bool has_cursor;
	unsigned cursor_x, cursor_y;
};

/* All blank. Aborts without memory. Free with grid_free(). */
struct grid *grid_new(unsigned width, unsigned height);
void grid_free(struct grid *g);			/* NULL is fine */
void grid_clear(struct grid *g);
/* Blank and of another size. */
void grid_resize(struct grid *g, unsigned width, unsigned height);

struct cell *grid_at(const struct grid *g, unsigned x, unsigned y);	/* inside only */

/* Text that is safe already (escape(), SINK_TERMINAL) at x, y, cut at `room` cells and at
 * the edge. Returns the cells it took. Half of a wide character is never left over. */
unsigned grid_text(struct grid *g, unsigned x, unsigned y, unsigned room, enum tint tint,
		   const char *shown);
/* n times one character of one cell. */
void grid_fill(struct grid *g, unsigned x, unsigned y, unsigned n, enum tint tint,
	       const char *character);
void grid_flag(struct grid *g, unsigned x, unsigned y, unsigned n, unsigned flags);

/* Rows as lines without trailing blanks: for tests and for pictures without a terminal.
 * tints: below each row a second one with a letter for each tint and flag. */
void grid_print(const struct grid *g, bool tints, FILE *out);
