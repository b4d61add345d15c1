/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ending what was chosen: the plan with its refusals, one key that confirms it, then the
 * seven steps of everyone as they go.  The board only shows: who is touched is judged by
 * reap/, again and again, and by identity.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/board_state.h"

#define BOX_MOST 100
#define STEPS_SHOWN_MOST 2	/* so many patients at most have each of their steps on a line */

void reap_end(struct board *b)
{
	arena_free(b->reap.arena);
	b->reap.arena = NULL;
	b->reap.plan = NULL;
	b->reap.patients = NULL;
	b->reap.patient_n = 0;
	b->reap.phase = REAP_NONE;
	if (b->overlay == OVER_REAP)
		b->overlay = OVER_NONE;
	b->scroll = 0;
	b->dirty = true;
}

/* Those that no signal would help are in a plan only to say so. */
static bool can_act(const struct plan *p)
{
	return plan_count(p, TREAT_ADVISE) < p->patient_n;
}

bool reap_can_act(const struct board *b)
{
	return b->reap.phase == REAP_SHOWN && can_act(b->reap.plan);
}

/* --- asking ------------------------------------------------------------------------------- */

/* The tagged ones; else those of the row. */
static size_t chosen(struct board *b, const struct row *row)
{
	size_t n = b->tags.n ? b->tags.n : row && row->group ? row->group_n : row && row->process;

	free(b->asked_ids);
	b->asked_ids = calloc(n + 1, sizeof(*b->asked_ids));
	if (!b->asked_ids)
		abort();
	for (size_t i = 0; i < n; i++)
		b->asked_ids[i] = b->tags.n ? b->tags.list[i] :
			row->group ? row->group[i]->subject->id : row->process->id;
	return n;
}

static void ask_for(struct board *b, size_t n)
{
	b->asked_id_n = n;
	b->reap.number++;
	b->reap.phase = REAP_ASKED;
	b->reap.cancels = 0;
	b->overlay = OVER_REAP;
	board_wish(b, (struct board_asked){ .wish = BOARD_PLAN, .ids = b->asked_ids, .id_n = n,
					    .plan = b->reap.number });
}

void reap_ask(struct board *b)
{
	const struct row *row = rows_selected(b);
	const struct report *r = board_report(b);
	size_t n;

	if (b->o.readonly) {
		board_say(b, SEV_WARNING, "reaping is off: --readonly");
		return;
	}
	if (r && r->snapshot->replayed) {
		board_say(b, SEV_WARNING, "this is a record: nothing in it can be reaped");
		return;
	}
	if (b->view == VIEW_APPS && !b->tags.n) {
		board_say(b, SEV_WARNING, "Enter goes into this application; then choose whom to reap");
		return;
	}
	reap_end(b);
	n = chosen(b, row);
	if (n)
		ask_for(b, n);
	else
		board_say(b, SEV_WARNING, "there is no process to reap here");
}

/* A policy takes pids only: one that is somebody else by now must not get past. */
static const char *stranger_in(const struct board *b, const struct plan *plan, struct arena *a)
{
	for (size_t i = 0; i < b->asked_id_n; i++)
		for (size_t j = 0; j < plan->patient_n; j++) {
			struct process_id id = plan->patients[j]->process.id;

			if (id.pid == b->asked_ids[i].pid &&
			    !process_id_same(id, b->asked_ids[i]))
				return arena_printf(a, "%d is another process by now: look again",
						    (int)id.pid);
		}
	return NULL;
}

/* Whoever was not chosen is not worth a line. */
static struct plan *plan_take(struct arena *a, const struct plan *p)
{
	struct plan *copy = plan_copy(a, p);
	size_t n = 0;

	for (size_t i = 0; i < copy->refusal_n; i++)
		if (copy->refusals[i].why != REFUSE_NOT_SELECTED)
			copy->refusals[n++] = copy->refusals[i];
	copy->refusal_n = n;
	return copy;
}

void board_plan(struct board *b, unsigned number, const struct plan *plan, const char *why)
{
	struct arena *a;

	if (b->reap.phase != REAP_ASKED || number != b->reap.number)
		return;
	a = arena_new(0);
	if (plan && stranger_in(b, plan, a)) {
		why = stranger_in(b, plan, a);
		plan = NULL;
	}
	if (!plan) {
		reap_end(b);
		board_say(b, SEV_WARNING, why ? why : "no plan could be made");
		arena_free(a);
		return;
	}
	b->reap.arena = a;
	b->reap.plan = plan_take(a, plan);
	b->reap.phase = REAP_SHOWN;
	b->scroll = 0;
	b->dirty = true;
}

void board_progress(struct board *b, const struct board_progress *p)
{
	if (b->reap.phase != REAP_RUNS)
		return;
	b->reap.patients = arena_calloc(b->reap.arena, p->n + 1, sizeof(*p->patients));
	for (size_t i = 0; i < p->n; i++) {
		b->reap.patients[i] = p->patients[i];
		b->reap.patients[i].name = arena_strdup(b->reap.arena, p->patients[i].name);
	}
	b->reap.patient_n = p->n;
	b->reap.kill_at_ns = p->kill_at_ns;
	b->dirty = true;
}

void board_reaped(struct board *b, const struct plan *plan, int err)
{
	if (b->reap.phase != REAP_RUNS)
		return;
	for (size_t i = 0; i < plan->patient_n; i++)
		id_set_put(&b->tags, plan->patients[i]->process.id, false);
	arena_free(b->reap.arena);
	b->reap.arena = arena_new(0);
	b->reap.plan = plan_take(b->reap.arena, plan);
	b->reap.patients = NULL;
	b->reap.patient_n = 0;
	b->reap.phase = REAP_OVER;
	b->reap.err = err;
	b->scroll = 0;
	b->dirty = true;
	board_wish(b, (struct board_asked){ .wish = BOARD_SCAN_NOW });
}

/* --- keys --------------------------------------------------------------------------------- */

static void cancel(struct board *b)
{
	if (b->reap.cancels < 2)
		board_wish(b, (struct board_asked){ .wish = BOARD_CANCEL_REAP });
	b->reap.cancels++;
}

void reap_key(struct board *b, uint32_t key)
{
	bool no = key == BKEY_ESC || key == 'q' || key == 'n' || key == 3;
	bool yes = key == BKEY_ENTER || key == 'y';

	switch (b->reap.phase) {
	case REAP_RUNS:
		if (key == BKEY_ESC || key == 3)
			cancel(b);
		return;
	case REAP_SHOWN:
		if (yes && can_act(b->reap.plan)) {
			b->reap.phase = REAP_RUNS;
			b->reap.kill_at_ns = 0;
			b->scroll = 0;
			board_wish(b, (struct board_asked){ .wish = BOARD_REAP,
							    .plan = b->reap.number });
			return;
		}
		break;
	case REAP_NONE:
	case REAP_ASKED:
	case REAP_OVER:
		break;
	}
	if (no || (yes && b->reap.phase != REAP_ASKED))
		reap_end(b);
	else
		overlay_key(b, key);
}

/* --- drawing ------------------------------------------------------------------------------ */

static void put_plan(const struct page_writer *w, const struct plan *p)
{
	const struct sheet *s = &w->sheet;
	char grace[32];

	size_t to_end = plan_count(p, TREAT_TERMINATE), to_nudge = plan_count(p, TREAT_NUDGE);

	if (to_end)
		sheet_wrap(s, INK_BOLD, 0, 0,
			   arena_printf(s->a, "End %s of %s? SIGTERM first; SIGKILL to who lives on "
					"after %s.", sheet_count(s, to_end, "process", "processes"),
					sheet_show(s, p->selector),
					text_age(p->grace_ns, grace, sizeof(grace))));
	if (to_nudge)
		sheet_wrap(s, INK_BOLD, 0, 0,
			   arena_printf(s->a, "%s: the parent is sent SIGCHLD, one for each.",
					sheet_count(s, to_nudge, "zombie", "zombies")));
	if (can_act(p))
		sheet_wrap(s, INK_PLAIN, 0, 0, "Nothing has been sent yet.");
	else
		sheet_wrap(s, INK_BOLD, 0, 0, "Nothing can be done here from outside:");
	putc('\n', s->out);
	for (size_t i = 0, same; i < p->patient_n; i += same) {
		same = plan_alike_n(p, i);
		text_planned(s, p, &p->patients[i], same);
	}
	text_refused(s, p);
	if (!p->complete)
		sheet_wrap(s, INK_DIM, 0, 0, "Not everything could be seen: there may be more.");
}

static const char *countdown(const struct board *b, struct arena *a)
{
	uint64_t left = b->reap.kill_at_ns > b->now_ns ? b->reap.kill_at_ns - b->now_ns : 0;

	if (!b->reap.kill_at_ns)
		return "";
	return arena_printf(a, "%.1f s left", (double)(left / 100000000) / 10);
}

/* How far a patient is at one of its steps. */
static const char *step_state(const struct board *b, const struct board_patient *p, enum step s,
			      enum ink *ink, struct arena *a)
{
	bool skipped = (s == STEP_TERM && !p->termed) || (s == STEP_WAIT && !p->termed) ||
		(s == STEP_KILL && !p->killed);

	*ink = INK_DIM;
	if (!p->over && s == p->at) {
		*ink = INK_YELLOW;
		return s == STEP_WAIT ? arena_printf(a, "waiting  %s", countdown(b, a)) : "now";
	}
	if (!p->over && s > p->at)
		return "";
	if (p->over && s == STEP_GONE) {
		*ink = p->gone ? INK_GREEN : INK_RED;
		return p->gone ? "gone" : "still there";
	}
	if (skipped)
		return "not needed";
	*ink = INK_GREEN;
	return "done";
}

static const char *name_of(const struct sheet *s, const struct board *b,
			   const struct board_patient *p)
{
	const struct patient *known = plan_find(b->reap.plan, p->id);

	if (p->name)
		return arena_printf(s->a, "%s (forked meanwhile)", sheet_show(s, p->name));
	return known ? sheet_label(s, &known->process) : "";
}

static void put_steps(const struct sheet *s, const struct board *b, const struct board_patient *p)
{
	enum ink ink;

	for (enum step step = 0; step < STEP_N; step++) {
		const char *state = step_state(b, p, step, &ink, s->a);

		fprintf(s->out, "           %d ", step + 1);
		sheet_put(s, ink == INK_YELLOW ? INK_BOLD : *state ? INK_PLAIN : INK_DIM,
			  arena_printf(s->a, "%-17s", step_name(step)));
		fputs("  ", s->out);
		sheet_put(s, ink, state);
		putc('\n', s->out);
	}
}

/* The same on one line: 1+ 2+ 3+ 4> 5 6 7  wait */
static void put_short(const struct sheet *s, const struct board *b, const struct board_patient *p)
{
	enum step at = p->over ? STEP_GONE : p->at;
	const char *state, *mark;
	enum ink ink;

	fputs("           ", s->out);
	for (enum step step = 0; step < STEP_N; step++) {
		state = step_state(b, p, step, &ink, s->a);
		mark = !p->over && step == p->at ? (b->o.ascii ? ">" : "\u25b8") :
			ink == INK_GREEN ? (b->o.ascii ? "+" : "\u2713") : *state ? "-" : " ";
		sheet_put(s, ink, arena_printf(s->a, "%d%s ", step + 1, mark));
	}
	state = step_state(b, p, at, &ink, s->a);
	fputs(" ", s->out);
	sheet_put(s, ink, arena_printf(s->a, "%s%s%s", p->over ? "" : step_name(at),
				       p->over ? "" : "  ",
				       p->over ? state : at == STEP_WAIT ? countdown(b, s->a) : ""));
	putc('\n', s->out);
}

static void put_progress(const struct page_writer *w, const struct board *b)
{
	const struct sheet *s = &w->sheet;
	bool brief = b->reap.patient_n > STEPS_SHOWN_MOST;

	sheet_wrap(s, INK_BOLD, 0, 0, b->reap.cancels > 1 ? "Stopping at once." :
		   b->reap.cancels ? "Stopping: nobody will be sent SIGKILL. Esc again stops at once." :
		   b->reap.kill_at_ns > b->now_ns ?
		   arena_printf(s->a, "Waiting for them to end: %s. Esc keeps SIGKILL from them.",
				countdown(b, s->a)) : "At work.");
	if (brief)
		sheet_wrap(s, INK_DIM, 0, 0, "1 pipe  2 running?  3 TERM  4 wait  5 KILL  6 reap  7 gone");
	putc('\n', s->out);
	for (size_t i = 0; i < b->reap.patient_n; i++) {
		const struct board_patient *p = &b->reap.patients[i];

		fprintf(s->out, "  %7d  ", (int)p->id.pid);
		sheet_put(s, INK_BOLD, sheet_cut(s, name_of(s, b, p), 50));
		putc('\n', s->out);
		(brief ? put_short : put_steps)(s, b, p);
	}
}

static void put_end(const struct page_writer *w, const struct board *b)
{
	const struct plan *p = b->reap.plan;
	const struct sheet *s = &w->sheet;
	bool well = !plan_status(p) && !b->reap.err;

	if (b->reap.err)
		sheet_wrap(s, INK_RED, 0, 0,
			   arena_printf(s->a, "It could not be carried out: %s", strerror(-b->reap.err)));
	sheet_wrap(s, well ? INK_GREEN : INK_YELLOW, 0, 0, well ? "Done: all of them are gone." :
		   "Over, but not all of them are gone.");
	putc('\n', s->out);
	for (size_t i = 0, same; i < p->patient_n; i += same) {
		same = plan_alike_n(p, i);
		text_treated(s, &p->patients[i], same);
	}
	text_refused(s, p);
}

static const char *title_of(const struct board *b)
{
	switch (b->reap.phase) {
	case REAP_ASKED:
		return "reap: making a plan";
	case REAP_SHOWN:
		return "reap: the plan";
	case REAP_RUNS:
		return "reap: at work";
	default:
		return "reap: what became of it";
	}
}

void draw_reap(const struct paint *t, unsigned y, unsigned height)
{
	struct board *b = t->b;
	unsigned width = t->g->width < BOX_MOST ? t->g->width : BOX_MOST, lines;
	unsigned x = (t->g->width - width) / 2;
	struct page_writer w;
	const struct page *page;

	page_begin(&w, t->a, width > 4 ? width - 4 : 1, b->o.ascii);
	if (b->reap.phase == REAP_ASKED)
		sheet_wrap(&w.sheet, INK_DIM, 0, 0, "Reading everything anew ...");
	else if (b->reap.phase == REAP_SHOWN)
		put_plan(&w, b->reap.plan);
	else if (b->reap.phase == REAP_RUNS)
		put_progress(&w, b);
	else
		put_end(&w, b);
	page = page_end(&w, 0);
	lines = (unsigned)page_lines(page);
	if (lines + 2 < height) {	/* no higher than it must be */
		y += (height - lines - 2) / 3;
		height = lines + 2;
	}
	draw_box(t, x, y, width, height, title_of(b));
	b->page_lines = lines;
	b->page_height = height - 2;
	if (b->scroll + b->page_height > lines)
		b->scroll = lines > b->page_height ? lines - b->page_height : 0;
	page_draw(page, b->scroll, t->g, x + 2, y + 1, width - 4, height - 2);
	if (b->scroll + b->page_height < lines && width > 20)
		grid_text(t->g, x + width - 12, y + height - 1, 9, TINT_ACCENT, " more... ");
}
