/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cells.  A wide character takes two: whoever writes over one half of it blanks the other,
 * for half a character on a terminal shifts the rest of its line.
 */
#include "tui/grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/unicode.h"

static const struct cell blank = { .text = " ", .width = 1, .tint = TINT_PLAIN };

struct grid *grid_new(unsigned width, unsigned height)
{
	struct grid *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	grid_resize(g, width, height);
	return g;
}

void grid_free(struct grid *g)
{
	if (!g)
		return;
	free(g->cells);
	free(g);
}

void grid_clear(struct grid *g)
{
	for (size_t i = 0; i < (size_t)g->width * g->height; i++)
		g->cells[i] = blank;
	g->has_cursor = false;
}

void grid_resize(struct grid *g, unsigned width, unsigned height)
{
	struct cell *cells = calloc((size_t)width * height + 1, sizeof(*cells));

	if (!cells)
		abort();
	free(g->cells);
	g->cells = cells;
	g->width = width;
	g->height = height;
	grid_clear(g);
}

struct cell *grid_at(const struct grid *g, unsigned x, unsigned y)
{
	return &g->cells[(size_t)y * g->width + x];
}

/* Makes room for a character at x: what it cuts in two goes. */
static void cut(const struct grid *g, unsigned x, unsigned y, unsigned width)
{
	if (x && !grid_at(g, x, y)->width)
		*grid_at(g, x - 1, y) = blank;
	if (x + width < g->width && !grid_at(g, x + width, y)->width)
		*grid_at(g, x + width, y) = blank;
}

static void put(const struct grid *g, unsigned x, unsigned y, enum tint tint,
		const char *bytes, size_t n, unsigned width)
{
	struct cell *cell = grid_at(g, x, y);

	cut(g, x, y, width);
	*cell = (struct cell){ .width = (uint8_t)width, .tint = (uint8_t)tint };
	memcpy(cell->text, bytes, n);
	if (width == 2)
		*grid_at(g, x + 1, y) = (struct cell){ .tint = (uint8_t)tint };
}

/* A mark goes into the cell before it, as long as there is room. */
static void add_mark(const struct grid *g, unsigned x, unsigned y, const char *bytes, size_t n)
{
	struct cell *cell = grid_at(g, x, y);
	size_t used = strlen(cell->text);

	if (used + n < sizeof(cell->text))
		memcpy(cell->text + used, bytes, n);
}

unsigned grid_text(struct grid *g, unsigned x, unsigned y, unsigned room, enum tint tint,
		   const char *shown)
{
	unsigned at = x, last = x;
	size_t left = strlen(shown);

	if (y >= g->height || x >= g->width)
		return 0;
	if (room > g->width - x)
		room = g->width - x;
	while (left) {
		uint32_t code = 0;
		size_t n = unicode_decode(shown, left, &code);
		int width = n ? unicode_cells(code) : -1;

		if (width < 0) {	/* not from escape() */
			shown++;
			left--;
			continue;
		}
		if (at + (unsigned)width > x + room)
			break;
		if (width) {
			put(g, at, y, tint, shown, n, (unsigned)width);
			last = at;
			at += (unsigned)width;
		} else if (at > x) {
			add_mark(g, last, y, shown, n);
		}
		shown += n;
		left -= n;
	}
	return at - x;
}

void grid_fill(struct grid *g, unsigned x, unsigned y, unsigned n, enum tint tint,
	       const char *character)
{
	for (unsigned i = 0; i < n; i++)
		grid_text(g, x + i, y, 1, tint, character);
}

void grid_flag(struct grid *g, unsigned x, unsigned y, unsigned n, unsigned flags)
{
	for (unsigned i = x; y < g->height && i < x + n && i < g->width; i++)
		grid_at(g, i, y)->flags |= (uint8_t)flags;
}

static void print_row(const struct grid *g, unsigned y, FILE *out)
{
	unsigned end = g->width;

	while (end && !strcmp(grid_at(g, end - 1, y)->text, " "))
		end--;
	for (unsigned x = 0; x < end; x++)
		fputs(grid_at(g, x, y)->text, out);
	putc('\n', out);
}

static char tint_letter(const struct cell *cell)
{
	static const char letters[TINT_N + 1] = ".dbCWOatTnkwfgGX-";

	if (cell->flags & CELL_SELECTED)
		return '#';
	return cell->flags & CELL_FOUND ? '_' : cell->flags & CELL_TAGGED ? '*' :
		letters[cell->tint];
}

static void print_tints(const struct grid *g, unsigned y, FILE *out)
{
	unsigned end = g->width;

	while (end && tint_letter(grid_at(g, end - 1, y)) == '.')
		end--;
	for (unsigned x = 0; x < end; x++)
		putc(tint_letter(grid_at(g, x, y)), out);
	putc('\n', out);
}

void grid_print(const struct grid *g, bool tints, FILE *out)
{
	for (unsigned y = 0; y < g->height; y++) {
		print_row(g, y, out);
		if (tints)
			print_tints(g, y, out);
	}
}
