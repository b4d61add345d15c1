/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The top of the screen: whom we look at, how near its limit it is, what has become of it
 * over time, what looking costs, and, when not enough could be seen, that.
 */
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "tui/board_state.h"

#define NS_PER_S UINT64_C(1000000000)
#define OLD_NS (2 * NS_PER_S)	/* a look is said to be that old, and older */

#define STEADY_PER_MINUTE 0.5

/* A pen that moves on by what it writes. */
struct pen { const struct paint *t; unsigned x, y; };

static void put(struct pen *p, enum tint tint, const char *text)
{
	if (p->x < p->t->g->width)
		p->x += grid_text(p->t->g, p->x, p->y, p->t->g->width - p->x, tint, text);
}

/* --- the first line ----------------------------------------------------------------------- */

static const char *target_text(const struct paint *t, const struct report *r, unsigned room)
{
	const struct target *target = r->target;
	const struct process *p = target->process;
	const char *value = target->selector ? strchr(target->selector, '=') : NULL;
	char age[32];
	const char *tail;

	if (t->b->outer.has_news && !t->b->inside.pid && t->b->outer.news.n > 1)
		return sheet_cut(&t->sheet, sheet_show(&t->sheet, value ? value + 1 : "all"), room);
	if (target->kind == TARGET_ALL)
		return arena_printf(t->a, "%s, all processes", r->snapshot->host ?
				    sheet_cut(&t->sheet, sheet_show(&t->sheet, r->snapshot->host), 32) :
				    "this machine");
	if (!target->pid)
		return sheet_cut(&t->sheet, sheet_show(&t->sheet, value ? value + 1 : ""), room);
	if (!p)
		return arena_printf(t->a, "%d has exited", (int)target->pid);
	tail = arena_printf(t->a, "%s%s%s  up %s", p->user ? " (" : "",
			    p->user ? sheet_cut(&t->sheet, sheet_show(&t->sheet, p->user), 16) : "",
			    p->user ? ")" : "",
			    text_age(snapshot_age_ns(r->snapshot, p), age, sizeof(age)));
	if (room < 36)
		tail = "";
	room -= (unsigned)escape_cells(tail) < room ? (unsigned)escape_cells(tail) : room;
	return arena_printf(t->a, "%d %s%s", (int)p->id.pid,
			    sheet_cut(&t->sheet, short_label(&t->sheet, p), room > 12 ? room - 6 : 6),
			    tail);
}

static size_t blind_count(const struct snapshot *s)
{
	size_t n = snapshot_unreadable(s, FACT_FDS);

	return n > s->coverage.stalled ? n : s->coverage.stalled;
}

/* "321 seen, 4 blind  11 ms 1.1 %  2 s ago" */
static const char *cost_text(const struct paint *t, const struct scope *s)
{
	const struct snapshot *snapshot = s->news.reports[0]->snapshot;
	bool wide = t->g->width >= 110;
	char took[32], age[32];
	const char *text = arena_printf(t->a, "%zu seen, %zu blind", snapshot->process_n,
					blind_count(snapshot));

	if (t->g->width < 72)
		text = "";
	text = arena_printf(t->a, "%s%s%s%s", text, *text ? "  " : "", wide ? "a look takes " : "",
			    text_age(s->news.cpu_ns ? s->news.cpu_ns : snapshot->coverage.took_ns,
				     took, sizeof(took)));
	if (s->news.cpu_percent > 0)
		text = arena_printf(t->a, "%s%s %.1f %%%s", text, wide ? "," : "",
				    s->news.cpu_percent, wide ? " of a core" : "");
	if (wide && s->news.every_ns)
		text = arena_printf(t->a, "%s, every %s", text,
				    text_age(s->news.every_ns, age, sizeof(age)));
	if (board_age(t->b) >= OLD_NS && !snapshot->replayed)
		text = arena_printf(t->a, "%s  %s ago", text,
				    text_age(board_age(t->b), age, sizeof(age)));
	return text;
}

static void draw_title(const struct paint *t, const struct scope *s, const struct report *r)
{
	struct pen p = { t, 0, 0 };
	const char *cost = r && t->g->width >= 50 ? cost_text(t, s) : "";
	unsigned cells = (unsigned)escape_cells(cost);

	grid_fill(t->g, 0, 0, t->g->width, TINT_PLAIN, " ");
	if (t->g->width >= 34) {
		put(&p, TINT_ACCENT, "leakscan");
		p.x += 2;
	}
	if (r)
		put(&p, TINT_BOLD, sheet_cut(&t->sheet, target_text(t, r, t->g->width - p.x - cells - 2),
					     t->g->width - p.x - (cells ? cells + 2 : 0)));
	else
		put(&p, TINT_BOLD, sheet_cut(&t->sheet, sheet_show(&t->sheet, t->b->o.what),
					     t->g->width - p.x));
	if (cells)
		grid_text(t->g, t->g->width - cells, 0, cells, TINT_DIM, cost);
}

/* --- descriptors ---------------------------------------------------------------------------- */

static enum tint gauge_tint(uint64_t percent)
{
	return percent >= 90 ? TINT_GAUGE_CRITICAL : percent >= 80 ? TINT_GAUGE_WARNING : TINT_GAUGE_OK;
}

static void draw_gauge(struct pen *p, uint64_t value, uint64_t limit, unsigned cells)
{
	bool ascii = p->t->b->o.ascii;
	uint64_t percent = value * 100 / limit;
	unsigned filled = (unsigned)(value * cells / limit);

	if (value && !filled)
		filled = 1;
	if (filled > cells)
		filled = cells;
	if (ascii)
		put(p, TINT_DIM, "[");
	grid_fill(p->t->g, p->x, p->y, filled, gauge_tint(percent), ascii ? "#" : "\u2501");
	grid_fill(p->t->g, p->x + filled, p->y, cells - filled, TINT_GAUGE_EMPTY,
		  ascii ? "-" : "\u2500");
	p->x += cells;
	if (ascii)
		put(p, TINT_DIM, "]");
}

static void draw_trend(struct pen *p, const struct history *h, uint64_t limit)
{
	struct growth g = growth_of(h->samples, h->n);
	double left;
	char age[32];

	if (!g.judged)
		return;
	p->x += 2;
	if (!g.grows) {
		if (g.floor_rise < 1 && g.per_minute < STEADY_PER_MINUTE)
			put(p, TINT_DIM, "steady");
		return;
	}
	put(p, TINT_WARNING, arena_printf(p->t->a, "+%.*f/min", g.per_minute < 10, g.per_minute));
	left = limit ? growth_seconds_left(&g, limit) : 1e10;
	if (left < 1e8) {
		p->x += 2;
		put(p, left < 3600 ? TINT_CRITICAL : TINT_WARNING,
		    arena_printf(p->t->a, "full in %s",
				 text_age((uint64_t)(left * 1e9), age, sizeof(age))));
	}
}

static void draw_fds(struct pen *p, const struct scope *s, const struct figures *f)
{
	unsigned width = p->t->g->width;
	unsigned gauge = width >= 110 ? 32 : width >= 72 ? 22 : width >= 52 ? 12 : 0;
	unsigned spark = width >= 110 ? 24 : width >= 72 ? 12 : width >= 40 ? 8 : 0;

	put(p, TINT_DIM, "fds ");
	put(p, TINT_BOLD, arena_printf(p->t->a, "%" PRId64, f->fds));
	if (f->limit && f->limit != LIMIT_UNLIMITED) {
		put(p, TINT_PLAIN, arena_printf(p->t->a, "/%" PRIu64 " ", f->limit));
		if (gauge)
			draw_gauge(p, (uint64_t)f->fds, f->limit, gauge);
		put(p, TINT_DIM, arena_printf(p->t->a, "%s%" PRIu64 " %%", gauge ? " " : "",
					      (uint64_t)f->fds * 100 / f->limit));
	}
	if (spark) {
		p->x += 2;
		put(p, TINT_ACCENT, history_spark(&s->memory.fds, spark, false, p->t->b->o.ascii,
						  p->t->a));
	}
	draw_trend(p, &s->memory.fds, f->limit == LIMIT_UNLIMITED ? 0 : f->limit);
}

/* --- counts ----------------------------------------------------------------------------------- */

static void draw_count(struct pen *p, const char *what, const struct history *h, enum tint tint,
		       unsigned spark)
{
	put(p, TINT_DIM, what);
	put(p, h->latest ? tint : TINT_DIM, arena_printf(p->t->a, " %" PRId64, h->latest));
	if (!spark || h->n < 2)
		return;
	p->x++;
	put(p, TINT_ACCENT, history_spark(h, spark, true, p->t->b->o.ascii, p->t->a));
}

static void draw_counts(const struct paint *t, const struct scope *s, unsigned y, bool machine)
{
	const struct memory *m = &s->memory;
	unsigned width = t->g->width, third = width / 3;
	unsigned spark = width >= 110 ? 20 : width >= 72 ? 10 : 0;
	bool bold = !spark && width < 46;
	struct pen p = { t, 0, y };

	draw_count(&p, bold ? "zomb" : "zombies", &m->zombies, TINT_WARNING, spark);
	p.x = third;
	draw_count(&p, bold ? "orph" : "orphans", &m->orphans, TINT_WARNING, spark);
	p.x = 2 * third;
	draw_count(&p, machine ? bold ? "procs" : "processes" : bold ? "kids" : "children",
		   machine ? &m->processes : &m->children, TINT_BOLD, spark);
}

/* --- what was not seen --------------------------------------------------------------------------- */

static bool draw_blind(const struct paint *t, const struct scope *s, const struct report *r,
		       unsigned y)
{
	const char *text = NULL;

	if (s->error[0])
		text = arena_printf(t->a, "the last look failed: %s", sheet_show(&t->sheet, s->error));
	else if (r->snapshot->replayed)
		text = "from a record: not how the machine is now";
	else if (!r->complete)
		text = arena_printf(t->a, "there may be more: %s%s", r->blind_n ?
				    sheet_show(&t->sheet, r->blind[0]) : "not enough could be seen",
				    r->blind_n > 1 ? arena_printf(t->a, " (and %zu more)", r->blind_n - 1) :
				    "");
	if (!text)
		return false;
	grid_text(t->g, 0, y, t->g->width, TINT_WARNING,
		  sheet_cut(&t->sheet, arena_printf(t->a, "! %s", text), t->g->width));
	return true;
}

static enum tint verdict_tint(const struct report *r)
{
	struct tally n = tally_of(r);

	return n.critical ? TINT_CRITICAL : n.all_leaks || !r->complete ? TINT_WARNING : TINT_OK;
}

bool header_has_verdict(struct board *b)
{
	struct scope *s = board_scope(b);

	return s->has_news && b->height >= 8 &&
		(s->news.n != 1 || figures_of(s->news.reports[0]).fds < 0);
}

unsigned draw_header(const struct paint *t, unsigned rows)
{
	struct board *b = t->b;
	struct scope *s = board_scope(b);
	const struct report *r = board_report(b);
	unsigned y = 1;
	struct figures f;

	draw_title(t, s, r);
	if (!r) {
		if (s->error[0] && rows > 1)
			grid_text(t->g, 0, y++, t->g->width, TINT_WARNING,
				  arena_printf(t->a, "! %s", sheet_show(&t->sheet, s->error)));
		return y;
	}
	f = figures_of(r);
	if (y < rows) {
		struct pen p = { t, 0, y++ };

		if (!header_has_verdict(b))
			draw_fds(&p, s, &f);
		else
			put(&p, verdict_tint(r), sheet_cut(&t->sheet, sheet_verdict(&t->sheet, r),
						      t->g->width));
	}
	if (y < rows)
		draw_counts(t, s, y++, !r->target->process);
	if (y < rows || (rows > 1 && !r->complete))
		y += draw_blind(t, s, r, y);
	return y;
}
