/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The applications of a machine.  Linux knows none: an application here is a process whose
 * parent is a reaper or a shell, with all that hangs below it; and what a dead leader of a
 * session has left behind is one, too, for that is how it can be asked for by its pid.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/board_state.h"

#define DEPTH_MOST 4096

enum { A_SIGN, A_WORD, A_PID, A_NAME, A_SIZE, A_ORPHANS, A_ZOMBIES, A_FDS, A_TREND, A_N };

static const struct column columns[A_N + 1] = {
	[A_SIGN] = { "", 2, true, 0, SORT_N },
	[A_WORD] = { "SEV", 4, false, 44, SORT_WORST },
	[A_PID] = { "PID", 7, true, 0, SORT_PID },
	[A_NAME] = { "APPLICATION", 0, false, 0, SORT_NAME },
	[A_SIZE] = { "PROCS", 5, true, 56, SORT_SIZE },
	[A_ORPHANS] = { "ORPH", 4, true, 34, SORT_N },
	[A_ZOMBIES] = { "ZOMB", 4, true, 34, SORT_N },
	[A_FDS] = { "FDS", 5, true, 48, SORT_FDS },
	[A_TREND] = { "TREND", 10, false, 72, SORT_N },
	[A_N] = { NULL, 0, false, 0, SORT_N },
};

struct gathering {
	struct arena *arena;
	const struct report *report;
	struct app *apps;
	size_t n, room;
	/* by the index of a process in the snapshot */
	size_t *app_of;		/* SIZE_MAX: not yet known */
	const struct member **member_of;
};

static bool is_top(const struct report *r, const struct process *parent)
{
	return !parent || parent->id.pid == 1 || parent->kernel_thread ||
		process_is_shell(parent) || family_reaper(&r->family, parent->id.pid);
}

static struct app *app_of(struct gathering *g, struct process_id id)
{
	struct app *app;

	for (size_t i = 0; !id.start_ticks && i < g->n; i++)
		if (process_id_same(g->apps[i].id, id))
			return &g->apps[i];
	app = arena_push(g->arena, &g->apps, &g->n, &g->room, sizeof(*app));
	*app = (struct app){ .id = id };
	return app;
}

/* An adopted one belongs to who led its session, as long as that number says whose it was. */
static size_t place(struct gathering *g, const struct process *p, unsigned depth)
{
	const struct snapshot *s = g->report->snapshot;
	size_t *at = &g->app_of[p - s->processes];
	const struct process *up = snapshot_parent(s, p);
	const struct member *m = g->member_of[p - s->processes];
	struct app *app;

	if (*at != SIZE_MAX)
		return *at;
	if (m && m->relation == REL_ORPHAN && p->sid > 1 && p->sid != p->id.pid) {
		up = snapshot_find(s, p->sid);
		if (!up || up == p) {
			app = app_of(g, (struct process_id){ p->sid, 0 });
			app->name = "has exited, and has left this behind";
			return *at = (size_t)(app - g->apps);
		}
	} else if (is_top(g->report, up)) {
		up = NULL;
	}
	if (up && depth < DEPTH_MOST)
		return *at = place(g, up, depth + 1);
	app = app_of(g, p->id);
	app->process = p;
	return *at = (size_t)(app - g->apps);
}

static void count(struct app *app, const struct process *p, const struct member *m)
{
	app->size++;
	app->zombies += process_is_zombie(p);
	app->orphans += m && m->relation == REL_ORPHAN && p->now.state != 'Z';
	if (process_knows(p, FACT_LIMITS) && p->now.fd_count > 0 && p->nofile_soft) {
		uint64_t percent = (uint64_t)p->now.fd_count * 100 / p->nofile_soft;

		if (!app->fullest || percent > app->percent) {
			app->fullest = p;
			app->percent = percent > 999 ? 999 : (unsigned)percent;
		}
	}
}

static void blame(struct app *app, const struct finding *f)
{
	app->findings += f->severity >= SEV_WARNING;
	if (f->severity > app->worst)
		app->worst = f->severity;
}

static void gather_machine(struct gathering *g)
{
	const struct report *r = g->report;
	const struct snapshot *s = r->snapshot;

	g->app_of = arena_calloc(g->arena, s->process_n + 1, sizeof(*g->app_of));
	memset(g->app_of, 0xff, (s->process_n + 1) * sizeof(*g->app_of));
	g->member_of = arena_calloc(g->arena, s->process_n + 1, sizeof(*g->member_of));
	for (size_t i = 0; i < r->family.member_n; i++)
		g->member_of[r->family.members[i].process - s->processes] = &r->family.members[i];
	for (size_t i = 0; i < s->process_n; i++)
		if (!s->processes[i].kernel_thread && !s->processes[i].gone) {
			size_t at = place(g, &s->processes[i], 0);

			count(&g->apps[at], &s->processes[i], g->member_of[i]);
		}
	for (size_t i = 0; i < r->findings.n; i++) {
		size_t at = g->app_of[r->findings.list[i].subject - s->processes];

		if (at != SIZE_MAX)
			blame(&g->apps[at], &r->findings.list[i]);
	}
}

static void gather_one(struct gathering *g)
{
	const struct report *r = g->report;
	struct app *app = arena_push(g->arena, &g->apps, &g->n, &g->room, sizeof(*app));

	*app = (struct app){
		.id = r->target->process ? r->target->process->id :
			(struct process_id){ r->target->pid, 0 },
		.process = r->target->process, .name = r->target->process ? NULL : r->target->selector,
	};
	for (size_t i = 0; i < r->family.member_n; i++)
		if (r->family.members[i].relation != REL_POSSIBLE)
			count(app, r->family.members[i].process, &r->family.members[i]);
	for (size_t i = 0; i < r->findings.n; i++)
		blame(app, &r->findings.list[i]);
}

static int worst_first(const void *left, const void *right)
{
	const struct app *a = left, *b = right;

	if (a->worst != b->worst)
		return a->worst > b->worst ? -1 : 1;
	if (a->findings != b->findings)
		return a->findings > b->findings ? -1 : 1;
	if (a->orphans + a->zombies != b->orphans + b->zombies)
		return a->orphans + a->zombies > b->orphans + b->zombies ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return a->id.pid < b->id.pid ? -1 : 1;
}

const struct app *apps_make(const struct board_news *news, struct arena *a, size_t *n)
{
	struct gathering g = { .arena = a };

	for (size_t i = 0; i < news->n; i++) {
		g.report = news->reports[i];
		if (g.report->target->kind == TARGET_ALL)
			gather_machine(&g);
		else
			gather_one(&g);
	}
	if (g.n)
		qsort(g.apps, g.n, sizeof(*g.apps), worst_first);
	*n = g.n;
	return g.apps;
}

static void make(struct board *b, struct rows *rows)
{
	const struct board_news *news = &board_scope(b)->news;
	const struct snapshot *s = news->reports[0]->snapshot;
	size_t n;
	const struct app *apps = apps_make(news, rows->arena, &n);

	for (size_t i = 0; i < n; i++) {
		struct row *row = rows_add(rows, (struct row_key){ ROW_APP, apps[i].id, 0 });

		row->app = &apps[i];
		row->process = apps[i].process;
		row->name = apps[i].name;
		row->report = news->reports[0];
		row->severity = apps[i].worst;
		row->marked = apps[i].worst > SEV_INFO;
		if (row->process)
			row->age_ns = snapshot_age_ns(s, row->process);
	}
}

static struct field number(const struct paint *t, size_t n, enum tint tint)
{
	return (struct field){ n ? arena_printf(t->a, "%zu", n) : t->b->o.ascii ? "-" : "\u00b7",
			       n ? tint : TINT_DIM, NULL, 0 };
}

static void fields(const struct paint *t, const struct row *row, struct field *out)
{
	const struct app *app = row->app;
	const struct history *trend = memory_trend(&board_scope(t->b)->memory, app->id);
	enum tint text = row->marked ? TINT_BOLD : TINT_PLAIN;

	if (row->marked) {
		out[A_SIGN] = (struct field){ severity_sign(app->worst), tint_of(app->worst), NULL, 0 };
		out[A_WORD] = (struct field){ severity_word(app->worst), tint_of(app->worst), NULL, 0 };
	}
	out[A_PID] = (struct field){ arena_printf(t->a, "%d", (int)app->id.pid),
				     app->process ? TINT_PLAIN : TINT_DIM, NULL, 0 };
	out[A_NAME] = (struct field){ row_label(t, row), app->process ? text : TINT_DIM, NULL, 0 };
	out[A_SIZE] = (struct field){ arena_printf(t->a, "%zu", app->size), TINT_PLAIN, NULL, 0 };
	out[A_ORPHANS] = number(t, app->orphans, TINT_WARNING);
	out[A_ZOMBIES] = number(t, app->zombies, TINT_WARNING);
	if (app->fullest)
		out[A_FDS] = (struct field){
			arena_printf(t->a, "%u %%", app->percent),
			app->percent >= 90 ? TINT_CRITICAL : app->percent >= 80 ? TINT_WARNING : TINT_PLAIN,
			NULL, 0 };
	if (trend)
		out[A_TREND] = (struct field){ history_spark(trend, 10, false, t->b->o.ascii, t->a),
					       TINT_ACCENT, NULL, 0 };
}

const struct board_view view_apps = {
	.name = "Applications", .letter = "0", .columns = columns,
	.sorts = 1U << SORT_WORST | 1U << SORT_PID | 1U << SORT_NAME | 1U << SORT_FDS |
		1U << SORT_SIZE,
	.make = make, .fields = fields,
};
