/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of the selected row: the sentence, what it rests on, the pipe, what to do,
 * in the words of the text report; or its descriptors by kind, and what has grown.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "tui/board_state.h"
#include "view/explain.h"
#include "view/family_tree.h"

#define SAME_MOST 3		/* things that are open several times, told by name */
#define IND FINDING_INDENT

static void say(const struct paint *t, const struct page_writer *w, const char *name,
		const char *shown)
{
	sheet_wrap(&w->sheet, INK_PLAIN, IND, IND + 2, arena_printf(t->a, "%s: %s", name, shown));
}

/* --- why ---------------------------------------------------------------------------------- */

static void put_process(const struct paint *t, const struct page_writer *w, const struct row *row)
{
	const struct process *p = row->process;
	const struct member *m = family_find(&row->report->family, p);
	const struct process *parent = snapshot_parent(row->report->snapshot, p);
	const struct sheet *s = &w->sheet;

	if (m) {
		const char *text = relation_name(m->relation);

		if (m->relation != REL_TARGET)
			text = arena_printf(t->a, "%s, %s", text, confidence_name(m->confidence));
		say(t, w, "belongs here as", text);
	}
	for (size_t i = 0; m && i < m->evidence_n; i++)
		sheet_wrap(s, INK_PLAIN, IND, IND + 2,
			   arena_printf(t->a, "evidence (%s, %s): %s",
					evidence_name(m->evidence[i].type),
					confidence_name(m->evidence[i].strength),
					sheet_show(s, m->evidence[i].detail)));
	if (m && m->intent == INTENT_DAEMON && m->intent_why)
		say(t, w, "looks meant", sheet_show(s, m->intent_why));
	say(t, w, "parent", parent ? arena_printf(t->a, "%d %s", (int)parent->id.pid,
						  sheet_cut(s, sheet_label(s, parent), 60)) :
	    arena_printf(t->a, "%d", (int)p->now.ppid));
	say(t, w, "state", arena_printf(t->a, "%s, %u thread%s, group %d, session %d",
					process_state_word(p), p->threads, p->threads == 1 ? "" : "s",
					(int)p->pgid, (int)p->sid));
	if (p->exe)
		say(t, w, "executable", sheet_show(s, p->exe));
	if (p->cwd)
		say(t, w, "directory", sheet_show(s, p->cwd));
	if (p->cgroup)
		say(t, w, "cgroup", sheet_show(s, p->cgroup));
}

static void put_app(const struct paint *t, const struct page_writer *w, const struct app *app)
{
	const struct sheet *s = &w->sheet;

	sheet_wrap(s, INK_PLAIN, IND, IND + 2,
		   arena_printf(t->a, "%s, %s, %s; %s",
				sheet_count(s, app->size, "process", "processes"),
				sheet_count(s, app->orphans, "orphan", "orphans"),
				sheet_count(s, app->zombies, "zombie", "zombies"),
				sheet_count(s, app->findings, "finding of warning or worse",
					    "findings of warning or worse")));
	if (app->fullest)
		sheet_wrap(s, INK_PLAIN, IND, IND + 2,
			   arena_printf(t->a, "nearest to its limit: %d %s, %" PRId64 " of %" PRIu64
					" descriptors", (int)app->fullest->id.pid,
					sheet_cut(s, sheet_label(s, app->fullest), 40),
					app->fullest->now.fd_count, app->fullest->nofile_soft));
	sheet_wrap(s, INK_DIM, IND, IND + 2,
		   "Enter looks at this one alone: then its orphans are told from those of others.");
}

static void put_ghost(const struct paint *t, const struct page_writer *w, const struct row *row)
{
	const char *who = row->key.id.pid ? arena_printf(t->a, "%d", (int)row->key.id.pid) :
		"A process of this family";

	sheet_wrap(&w->sheet, INK_PLAIN, IND, IND + 2,
		   arena_printf(t->a, "%s has exited. What hangs below it here was adopted by a reaper; "
				"PPID no longer tells where it came from, so this is what the dashboard "
				"saw before, or what the evidence says.", who));
}

static void put_findings(const struct paint *t, const struct page_writer *w, const struct row *row)
{
	const struct findings *all = &row->report->findings;
	const struct finding *one = row->finding;

	text_told_as_one(&w->sheet, row->report, row->group ? row->group : &one,
			 row->group ? row->group_n : 1);
	for (size_t i = 0; row->key.what == ROW_PROCESS && i < all->n; i++) {
		const struct finding *f = &all->list[i];

		if (f->subject != row->process || f == row->finding)
			continue;
		putc('\n', w->sheet.out);
		sheet_wrap(&w->sheet, INK_BOLD, IND, IND,
			   arena_printf(t->a, "%s %s", kind_info(f->kind)->id, kind_info(f->kind)->name));
		text_told_as_one(&w->sheet, row->report, &f, 1);
	}
}

static void put_why(const struct paint *t, const struct page_writer *w, const struct row *row)
{
	if (row->finding)
		put_findings(t, w, row);
	else if (row->key.what == ROW_PIPE)
		sheet_wrap(&w->sheet, INK_PLAIN, IND, IND + 2, sheet_pipe(&w->sheet, row->pipe));
	else if (row->app)
		put_app(t, w, row->app);
	else if (row->process)
		put_process(t, w, row);
	else
		put_ghost(t, w, row);
	if (row->process && row->process->command && !row->group)
		say(t, w, "command", sheet_label(&w->sheet, row->process));
}

/* --- descriptors -------------------------------------------------------------------------- */

static const char *fd_kind_text(enum fd_kind kind)
{
	static const char *const names[FD_KINDS] = {
		[FD_UNREADABLE] = "unreadable", [FD_FILE] = "files", [FD_DEVICE] = "devices",
		[FD_PIPE] = "pipes", [FD_SOCKET] = "sockets", [FD_MEMFD] = "memfds",
		[FD_ANON] = "anonymous", [FD_OTHER] = "others",
	};

	return names[kind];
}

static const char *bar(const struct paint *t, size_t value, size_t most, unsigned cells)
{
	size_t n = most ? (value * cells + most - 1) / most : 0;
	char *text = arena_calloc(t->a, n + 1, 4), *end = text;

	for (size_t i = 0; i < n; i++)
		end = stpcpy(end, t->b->o.ascii ? "#" : "\u2501");
	return text;
}

static void put_kinds(const struct paint *t, const struct page_writer *w, const struct process *p,
		      const struct track *track)
{
	size_t n[FD_KINDS] = { 0 }, most = 0;

	for (size_t i = 0; i < p->fd_n; i++)
		n[p->fds[i].kind]++;
	for (size_t k = 0; k < FD_KINDS; k++)
		most = n[k] > most ? n[k] : most;
	for (size_t k = 0; k < FD_KINDS; k++) {
		long long change = track && track->fds_since_ns ?
			(long long)n[k] - (long long)track->fds_first[k] : 0;

		if (!n[k] && !change)
			continue;
		fprintf(w->sheet.out, "%*s%-10s %6zu  ", IND, "", fd_kind_text((enum fd_kind)k), n[k]);
		sheet_put(&w->sheet, change > 0 ? INK_YELLOW : INK_DIM,
			  change ? arena_printf(t->a, "%+6lld", change) : "      ");
		fputs("  ", w->sheet.out);
		sheet_put(&w->sheet, INK_DIM, bar(t, n[k], most, 20));
		putc('\n', w->sheet.out);
	}
}

static int by_target(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* What is open more than once, most often first. */
static void put_same(const struct paint *t, const struct page_writer *w, const struct process *p)
{
	const char **targets = arena_calloc(t->a, p->fd_n + 1, sizeof(*targets));
	struct { const char *target; size_t n; } top[SAME_MOST] = { { NULL, 1 } };
	size_t n = 0, run;

	for (size_t i = 0; i < p->fd_n; i++) {
		char buf[DESCRIPTOR_LINK_SIZE];
		const char *link = descriptor_link(&p->fds[i], buf);

		if (link)
			targets[n++] = link == buf ? arena_strdup(t->a, buf) : link;
	}
	if (n)
		qsort(targets, n, sizeof(*targets), by_target);
	for (size_t i = 0; i < n; i += run) {
		size_t at = SAME_MOST;

		for (run = 1; i + run < n && !strcmp(targets[i], targets[i + run]); run++)
			;
		while (at && run > 1 && run > top[at - 1].n)
			at--;
		if (run == 1 || at == SAME_MOST)
			continue;
		memmove(&top[at + 1], &top[at], (SAME_MOST - 1 - at) * sizeof(top[0]));
		top[at].target = targets[i];
		top[at].n = run;
	}
	for (size_t i = 0; i < SAME_MOST && top[i].target; i++)
		sheet_wrap(&w->sheet, INK_DIM, IND, IND + 2,
			   arena_printf(t->a, "%zu times %s", top[i].n,
					sheet_show(&w->sheet, top[i].target)));
}

static void put_fds(const struct paint *t, const struct page_writer *w, const struct row *row)
{
	const struct process *p = row->app ? row->app->fullest : row->process;
	const struct track *track = p ? memory_track(&board_scope(t->b)->memory, p->id) : NULL;
	const char *line;
	char age[32];

	if (t->b->pane != PANE_FDS) {	/* behind the rest */
		if (!p || p->now.fd_count < 0 || !p->fd_n)
			return;
		putc('\n', w->sheet.out);
		sheet_wrap(&w->sheet, INK_BOLD, IND, IND, "Descriptors");
	}
	if (!p || p->now.fd_count < 0) {
		sheet_wrap(&w->sheet, INK_DIM, IND, IND, p && p->now.state == 'Z' ?
			   "A zombie has no descriptors: they were closed when it died." :
			   "Its descriptors could not be read.");
		return;
	}
	line = arena_printf(t->a, "%d has %" PRId64 " open", (int)p->id.pid, p->now.fd_count);
	if (process_knows(p, FACT_LIMITS) && p->nofile_soft != LIMIT_UNLIMITED)
		line = arena_printf(t->a, "%s of %" PRIu64 " (the hard limit is %" PRIu64 ")", line,
				    p->nofile_soft, p->nofile_hard);
	if (track && track->fds_since_ns && p->now.at_ns > track->fds_since_ns)
		line = arena_printf(t->a, "%s; changes are those of the last %s", line,
				    text_age(p->now.at_ns - track->fds_since_ns, age, sizeof(age)));
	sheet_wrap(&w->sheet, INK_PLAIN, IND, IND + 2, line);
	put_kinds(t, w, p, track);
	put_same(t, w, p);
}

/* As `leakscan explain` says it; how to mend the program is there, too. */
static void put_now(const struct page_writer *w, const struct row *row)
{
	const struct kind_info *kind = kind_info(row->finding->kind);

	putc('\n', w->sheet.out);
	sheet_wrap(&w->sheet, INK_BOLD, IND, IND, "Clean up now (e explains more)");
	explain_print_now(explain_find(kind->id), w->sheet.out, IND, w->options.width);
}

/* --- the pane ------------------------------------------------------------------------------ */

const struct page *details_page(const struct paint *t, unsigned width)
{
	static const char *const labels[] = {
		"what to do:", "evidence (", "still working:", "holds ", "at fault:", "looks meant:",
		"and weak evidence:", "belongs here as:", "parent:", "state:", "executable:",
		"directory:", "cgroup:", "command:", "nearest to its limit:", NULL,
	};
	const struct row *row = rows_selected(t->b);
	const struct page *page;
	struct page_writer w;

	page_begin(&w, t->a, width + IND, t->b->o.ascii);
	if (row && t->b->pane == PANE_WHY)
		put_why(t, &w, row);
	if (row && row->key.what != ROW_GHOST)
		put_fds(t, &w, row);
	if (row && row->finding && t->b->pane == PANE_WHY)
		put_now(&w, row);
	page = page_end(&w, IND);
	page_label(page, labels, t->a);
	return page;
}

static const char *pane_title(const struct paint *t, const struct row *row)
{
	const char *what = t->b->pane == PANE_FDS ? "descriptors" : "why";

	if (row->finding && t->b->pane == PANE_WHY)
		return arena_printf(t->a, "%s  %s %s: %s", what, kind_info(row->finding->kind)->id,
				    severity_name(row->finding->severity),
				    kind_info(row->finding->kind)->title);
	return arena_printf(t->a, "%s  %d %s", what, (int)row->key.id.pid, row_label(t, row));
}

void draw_pane(const struct paint *t, unsigned y, unsigned height)
{
	const struct row *row = rows_selected(t->b);
	unsigned width = t->g->width, cells;
	const struct page *page;
	const char *more = "";

	grid_fill(t->g, 0, y, width, TINT_FRAME, t->b->o.ascii ? "-" : "\u2500");
	if (!row)
		return;
	page = details_page(t, width - 2);
	page_draw(page, 0, t->g, 1, y + 1, width - 2, height - 1);
	if (page_lines(page) > height - 1)
		more = arena_printf(t->a, " %s: %zu more ", t->b->pane == PANE_WHY ? "w" : "l",
				    page_lines(page) - (height - 1));
	cells = (unsigned)strlen(more);
	grid_text(t->g, 2, y, width - 4, TINT_TITLE,
		  arena_printf(t->a, " %s ", sheet_cut(&t->sheet, pane_title(t, row),
						       width - 8 - cells)));
	grid_text(t->g, width - cells - 2, y, cells, TINT_ACCENT, more);
}
