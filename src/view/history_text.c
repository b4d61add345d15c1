/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A history for people: what grew first, then the picture, then the figures.  Of a long one
 * the table has every so manieth point, and says so.
 */
#include "view/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "view/plot.h"

#define WIDTH_USUAL 80
#define WIDTH_MOST 140
#define ROWS_SHOWN 20
#define FIGURES 6

static const char *const columns[FIGURES] = { "PROCESSES", "FDS", "CHILDREN", "ZOMBIES", "ORPHANS",
					      "PIPES" };

static int64_t figure(const struct figures *f, unsigned column)
{
	const int64_t all[FIGURES] = { f->processes, f->fds, f->children, f->zombies, f->orphans,
				       f->pipes };

	return all[column];
}

static void put_figures(const struct sheet *t, const struct figures *f)
{
	for (unsigned c = 0; c < FIGURES; c++) {
		int64_t value = figure(f, c);

		fprintf(t->out, "  %*s", (int)strlen(columns[c]), value < 0 ? "-" :
			arena_printf(t->a, "%lld", (long long)value));
	}
}

static void put_heads(const struct sheet *t, const char *first, int width)
{
	char *line = arena_printf(t->a, "%-*s", width, first);

	for (unsigned c = 0; c < FIGURES; c++)
		line = arena_printf(t->a, "%s  %s", line, columns[c]);
	sheet_put(t, INK_DIM, line);
}

/* ---- one target */

static void put_growth(const struct sheet *t, const struct history *h)
{
	const struct growth *g = &h->fds;
	const char *unit;
	double rate = growth_rate(g, &unit);
	char age[32];

	if (!g->judged)
		return;
	text_age((uint64_t)(g->seconds * 1e9), age, sizeof(age));
	if (!g->grows)
		sheet_wrap(t, INK_PLAIN, 0, 2, arena_printf(t->a,
			   "Open descriptors do not grow steadily (%s since the last start).", age));
	else
		sheet_wrap(t, INK_YELLOW, 0, 2, arena_printf(t->a,
			   "Open descriptors grow steadily, by %.*f %s (%.0f to %.0f in %s).",
			   rate < 10 ? 1 : 0, rate, unit, g->floor_first, g->floor_last, age));
}

static void put_head(const struct sheet *t, const struct history *h)
{
	int64_t first = h->points[0].wall_s, last = h->points[h->n - 1].wall_s;
	const char *who = h->label ? sheet_show(t, h->label) : "";
	unsigned restarts = 0;
	char age[32];

	for (size_t i = 0; i < h->n; i++)
		restarts += h->points[i].restarted;
	sheet_wrap(t, INK_BOLD, 0, 2,
		   arena_printf(t->a, "%s%s%s%s", sheet_show(t, h->selector), *who ? ": " : "", who,
				h->pid ? arena_printf(t->a, " (process %d)", h->pid) : ""));
	text_age((uint64_t)(last > first ? last - first : 0) * UINT64_C(1000000000), age, sizeof(age));
	if (h->n == 1)
		sheet_wrap(t, INK_PLAIN, 0, 2, arena_printf(t->a, "1 check, at %s.",
							    plot_time(t->a, first, 0)));
	else
		sheet_wrap(t, INK_PLAIN, 0, 2,
			   arena_printf(t->a, "%zu checks from %s to %s (%s)%s.", h->n,
				plot_time(t->a, first, 0), plot_time(t->a, last, first), age,
				restarts ? arena_printf(t->a, ", %s (^)", sheet_count(t, restarts,
							"restart", "restarts")) : ""));
	if (!h->whole)
		sheet_wrap(t, INK_DIM, 0, 2, "It was never the target of a check, only a member of "
			   "another's family: these are its own figures.");
	put_growth(t, h);
}

static void put_plot(const struct sheet *t, const struct history *h, unsigned column,
		     const char *title, unsigned rows)
{
	struct plot_point *points = arena_calloc(t->a, h->n, sizeof(*points));
	unsigned width = t->o->width ? t->o->width : WIDTH_USUAL;

	for (size_t i = 0; i < h->n; i++)
		points[i] = (struct plot_point){ h->points[i].wall_s,
						 figure(&h->points[i].figures, column),
						 h->points[i].restarted };
	putc('\n', t->out);
	plot_draw(t, title, points, h->n, width < WIDTH_MOST ? width : WIDTH_MOST, rows);
}

static void put_table(const struct sheet *t, const struct history *h)
{
	int64_t last = h->points[h->n - 1].wall_s;
	int64_t other = last - h->points[0].wall_s < 600 ? last : 0;
	size_t every = t->o->verbose || h->n <= ROWS_SHOWN ? 1 : (h->n + ROWS_SHOWN - 1) / ROWS_SHOWN;

	putc('\n', t->out);
	put_heads(t, "TIME", 16);
	putc('\n', t->out);
	for (size_t i = 0; i < h->n; i++) {
		const struct history_point *p = &h->points[i];

		/* counted from the end, so that the latest is there */
		if ((h->n - 1 - i) % every && !p->restarted)
			continue;
		fprintf(t->out, "%-16s", plot_time(t->a, p->wall_s, other));
		put_figures(t, &p->figures);
		fputs(p->restarted ? "  restarted\n" : "\n", t->out);
	}
	if (every > 1)
		sheet_wrap(t, INK_DIM, 0, 2, arena_printf(t->a, "One in %zu is shown; --verbose shows all.",
							 every));
}

int history_text(const struct history *h, const struct view_options *o, FILE *out)
{
	struct sheet t = { .a = arena_new(0), .o = o, .out = out };
	bool failed;

	if (!h->n) {
		sheet_wrap(&t, INK_PLAIN, 0, 2, arena_printf(t.a, "%s: no check in that time.",
							    sheet_show(&t, h->selector)));
	} else {
		put_head(&t, h);
		put_plot(&t, h, 1, "Open descriptors", 8);
		put_plot(&t, h, 3, "Zombies", 4);
		put_plot(&t, h, 4, "Orphans", 4);
		put_table(&t, h);
	}
	failed = fflush(out) || ferror(out);
	arena_free(t.a);
	return failed ? -EIO : 0;
}

/* ---- all of them */

int history_targets_text(const struct history_target *list, size_t n, const struct view_options *o,
			 FILE *out)
{
	struct sheet t = { .a = arena_new(0), .o = o, .out = out };
	bool failed;

	if (!n)
		fputs("No check has been kept yet.\n", out);
	else
		put_heads(&t, "LATEST            CHECKS", 24);
	if (n)
		fputs("  TARGET\n", out);
	for (size_t i = 0; i < n; i++) {
		const struct history_target *one = &list[i];

		fprintf(out, "%-16s  %6lld", plot_time(t.a, one->last_wall_s, 0), (long long)one->checks);
		put_figures(&t, &one->last);
		fprintf(out, "  %s", sheet_show(&t, one->selector));
		if (one->label)
			fprintf(out, "  %s", sheet_cut(&t, sheet_show(&t, one->label), 40));
		putc('\n', out);
	}
	failed = fflush(out) || ferror(out);
	arena_free(t.a);
	return failed ? -EIO : 0;
}
