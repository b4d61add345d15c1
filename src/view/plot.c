/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Braille characters have 2 by 4 dots a cell, so that a terminal of 80 columns shows about
 * 140 moments; where there is no UTF-8 a cell is one star.  A level holds until the next
 * sample, but not across a pause in which nobody looked.
 */
#include "view/plot.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH_LEAST 24
/* A pause this many times the usual distance is a gap. */
#define GAP 4
#define SECONDS_TOLD 600

struct raster {
	unsigned columns, rows;		/* cells */
	unsigned across, down;		/* dots of a cell */
	unsigned char *cells, *marks;
	int64_t low, high, from_s, to_s;
};

static void put_dot(struct raster *r, unsigned x, unsigned y)
{
	static const unsigned char dots[4][2] = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 },
						  { 0x40, 0x80 } };

	r->cells[(y / r->down) * r->columns + x / r->across] |= dots[y % r->down][x % r->across];
}

static unsigned column_of(const struct raster *r, int64_t at_s)
{
	unsigned most = r->columns * r->across - 1;
	double share = r->to_s > r->from_s ?
		(double)(at_s - r->from_s) / (double)(r->to_s - r->from_s) : 0;

	return share <= 0 ? 0 : share >= 1 ? most : (unsigned)(share * most + 0.5);
}

static unsigned row_of(const struct raster *r, int64_t value)
{
	unsigned most = r->rows * r->down - 1;
	double share = r->high > r->low ?
		(double)(value - r->low) / (double)(r->high - r->low) : 0;

	return most - (unsigned)(share * most + 0.5);
}

static void line_up(struct raster *r, unsigned x, unsigned from, unsigned to)
{
	for (unsigned y = from < to ? from : to; y <= (from < to ? to : from); y++)
		put_dot(r, x, y);
}

/* From one known point to the next: along, then up or down. */
static void connect(struct raster *r, const struct plot_point *a, const struct plot_point *b)
{
	unsigned from = column_of(r, a->at_s), to = column_of(r, b->at_s), y = row_of(r, a->value);

	for (unsigned x = from; x < to; x++)
		put_dot(r, x, y);
	line_up(r, to, y, row_of(r, b->value));
}

static void draw(struct raster *r, const struct plot_point *points, size_t n)
{
	const struct plot_point *last = NULL;
	int64_t usual = n > 1 ? (r->to_s - r->from_s) / (int64_t)(n - 1) : 0;

	for (size_t i = 0; i < n; i++) {
		if (points[i].mark)
			r->marks[column_of(r, points[i].at_s) / r->across] = 1;
		if (points[i].value < 0) {
			last = NULL;
			continue;
		}
		put_dot(r, column_of(r, points[i].at_s), row_of(r, points[i].value));
		if (last && points[i].at_s >= last->at_s &&
		    points[i].at_s - last->at_s <= GAP * usual + 1)
			connect(r, last, &points[i]);
		last = &points[i];
	}
}

static bool measure(struct raster *r, const struct plot_point *points, size_t n)
{
	bool any = false;

	r->from_s = INT64_MAX;
	r->to_s = INT64_MIN;
	for (size_t i = 0; i < n; i++) {
		const struct plot_point *p = &points[i];

		r->from_s = p->at_s < r->from_s ? p->at_s : r->from_s;
		r->to_s = p->at_s > r->to_s ? p->at_s : r->to_s;
		if (p->value < 0)
			continue;
		r->low = !any || p->value < r->low ? p->value : r->low;
		r->high = !any || p->value > r->high ? p->value : r->high;
		any = true;
	}
	/* near zero the axis starts there; else a slow rise of a high level would not show */
	if (any && r->low < r->high - r->low)
		r->low = 0;
	return any;
}

/* Nothing to draw: a line at the foot of an axis would look like zero. */
static bool is_level(const struct raster *r, const struct plot_point *points, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (points[i].value < 0 || points[i].mark)
			return false;
	return r->low == r->high;
}

static void put_cell(const struct sheet *t, unsigned char dots)
{
	char utf8[4] = { (char)0xe2, (char)(0xa0 | dots >> 6), (char)(0x80 | (dots & 0x3f)), 0 };

	if (t->o->ascii)
		putc(dots ? '*' : ' ', t->out);
	else
		fputs(dots ? utf8 : " ", t->out);
}

char *plot_time(struct arena *a, int64_t at_s, int64_t other_s)
{
	time_t at = (time_t)at_s, other = (time_t)other_s;
	struct tm x, y;
	char text[64] = "?";

	if (!localtime_r(&at, &x) || !localtime_r(&other, &y))
		return arena_strdup(a, text);
	strftime(text, sizeof(text), llabs(at_s - other_s) < SECONDS_TOLD ? "%H:%M:%S" :
		 x.tm_year != y.tm_year ? "%Y-%m-%d %H:%M" :
		 x.tm_yday != y.tm_yday ? "%m-%d %H:%M" : "%H:%M", &x);
	return arena_strdup(a, text);
}

static void put_axis(const struct sheet *t, const struct raster *r, int margin)
{
	const char *from = plot_time(t->a, r->from_s, r->to_s);
	const char *to = plot_time(t->a, r->to_s, r->from_s);
	int room = (int)r->columns - (int)strlen(from) - (int)strlen(to);

	fprintf(t->out, "%*s %s", margin, "", t->o->ascii ? "+" : "└");
	for (unsigned x = 0; x < r->columns; x++)
		fputs(r->marks[x] ? "^" : t->o->ascii ? "-" : "─", t->out);
	fprintf(t->out, "\n%*s  %s", margin, "", from);
	if (room > 0 && r->to_s > r->from_s)
		fprintf(t->out, "%*s%s", room, "", to);
	putc('\n', t->out);
}

void plot_draw(const struct sheet *t, const char *title, const struct plot_point *points, size_t n,
	       unsigned width, unsigned rows)
{
	struct raster r = { .rows = rows, .across = t->o->ascii ? 1 : 2, .down = t->o->ascii ? 1 : 4 };
	const char *top, *bottom;
	int margin;

	sheet_put(t, INK_BOLD, title);
	if (!measure(&r, points, n)) {
		fputs("  not known\n", t->out);
		return;
	}
	if (!r.high) {
		fputs("  none in all that time\n", t->out);
		return;
	}
	if (n > 1 && is_level(&r, points, n)) {
		fprintf(t->out, "  %lld in all that time\n", (long long)r.high);
		return;
	}
	putc('\n', t->out);
	top = arena_printf(t->a, "%lld", (long long)r.high);
	bottom = arena_printf(t->a, "%lld", (long long)r.low);
	margin = (int)(strlen(top) > strlen(bottom) ? strlen(top) : strlen(bottom));
	if (width < WIDTH_LEAST)
		width = WIDTH_LEAST;
	r.columns = width > (unsigned)margin + 12 ? width - (unsigned)margin - 2 : 10;
	r.cells = arena_calloc(t->a, (size_t)r.columns * r.rows, 1);
	r.marks = arena_calloc(t->a, r.columns, 1);
	draw(&r, points, n);
	for (unsigned y = 0; y < rows; y++) {
		fprintf(t->out, "%*s %s", margin, !y ? top : y + 1 == rows && r.high > r.low ? bottom : "",
			t->o->ascii ? "|" : "│");
		for (unsigned x = 0; x < r.columns; x++)
			put_cell(t, r.cells[y * r.columns + x]);
		putc('\n', t->out);
	}
	put_axis(t, &r, margin);
}
