/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line a report, the worst on top; below it what could not be read, for a machine that
 * is not in the table must not pass for a clean one.
 */
#include "view/fleet.h"

#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "view/text.h"

enum { COLUMN_HOST, COLUMN_TARGET, COLUMN_VERDICT, COLUMN_ORPHANS, COLUMN_ZOMBIES, COLUMN_FDS,
       COLUMN_PIPES, COLUMN_OTHERS, COLUMN_TIME, COLUMN_N };

/* Names come from elsewhere, and one must not push the figures off the screen. */
#define NAME_CELLS 40

struct row { const char *cells[COLUMN_N]; };

static const char *figure(const struct sheet *t, size_t n)
{
	return n ? arena_printf(t->a, "%zu", n) : "-";
}

static struct row row_of(const struct sheet *t, const struct fleet_row *r)
{
	return (struct row){ {
		sheet_cut(t, sheet_show(t, r->host), NAME_CELLS),
		sheet_cut(t, sheet_show(t, r->target), NAME_CELLS),
		fleet_verdict_name(r->verdict),
		figure(t, r->orphans), figure(t, r->zombies), figure(t, r->fds),
		figure(t, r->pipes), figure(t, r->others),
		r->time ? sheet_cut(t, sheet_show(t, r->time), NAME_CELLS) : "-",
	} };
}

static enum ink ink_for(enum fleet_verdict v)
{
	return v == FLEET_CRITICAL ? INK_RED : v == FLEET_CLEAN ? INK_PLAIN : INK_YELLOW;
}

static void put_row(const struct sheet *t, const struct row *r, const size_t *widths, enum ink ink)
{
	for (unsigned c = 0; c < COLUMN_N; c++) {
		int pad = (int)(widths[c] - escape_cells(r->cells[c]));
		bool right = c >= COLUMN_ORPHANS && c <= COLUMN_OTHERS;

		fprintf(t->out, "%s%*s", c ? "  " : "", right ? pad : 0, "");
		sheet_put(t, ink, r->cells[c]);
		if (!right && c < COLUMN_TIME)
			fprintf(t->out, "%*s", pad, "");
	}
	putc('\n', t->out);
}

static void put_table(const struct sheet *t, const struct fleet *f)
{
	static const struct row head = { { "HOST", "TARGET", "VERDICT", "ORPHANS", "ZOMBIES",
					   "FDS", "PIPES", "OTHERS", "TIME" } };
	struct row *rows = arena_calloc(t->a, f->row_n, sizeof(*rows));
	size_t widths[COLUMN_N];

	for (unsigned c = 0; c < COLUMN_N; c++)
		widths[c] = strlen(head.cells[c]);
	for (size_t i = 0; i < f->row_n; i++) {
		rows[i] = row_of(t, &f->rows[i]);
		for (unsigned c = 0; c < COLUMN_N; c++) {
			size_t cells = escape_cells(rows[i].cells[c]);

			widths[c] = cells > widths[c] ? cells : widths[c];
		}
	}
	put_row(t, &head, widths, INK_DIM);
	for (size_t i = 0; i < f->row_n; i++)
		put_row(t, &rows[i], widths, ink_for(f->rows[i].verdict));
}

static void put_sum(const struct sheet *t, const struct fleet *f)
{
	size_t n[FLEET_CRITICAL + 1] = { 0 };

	for (size_t i = 0; i < f->row_n; i++)
		n[f->rows[i].verdict]++;
	sheet_wrap(t, INK_BOLD, 0, 2,
		   arena_printf(t->a, "%s: %zu critical, %zu with leaks, %zu blind, %zu clean.",
				sheet_count(t, f->row_n, "report", "reports"), n[FLEET_CRITICAL],
				n[FLEET_LEAKS], n[FLEET_BLIND], n[FLEET_CLEAN]));
	for (size_t i = 0; i < f->fault_n; i++)
		sheet_wrap(t, INK_YELLOW, 0, 2,
			   arena_printf(t->a, "not read: %s: %s", sheet_show(t, f->faults[i].file),
					f->faults[i].why));
}

int fleet_text(const struct fleet *f, const struct view_options *o, FILE *out)
{
	struct sheet t = { .a = arena_new(0), .o = o, .out = out };
	bool failed;

	if (f->row_n) {
		put_table(&t, f);
		putc('\n', out);
	}
	put_sum(&t, f);
	failed = fflush(out) || ferror(out);
	arena_free(t.a);
	return failed ? -EIO : 0;
}
