/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the text report, for text*.c and for the dashboard.  A sheet is the paper they write on; all
 * text that a process can choose gets onto it through sheet_show() and in no other way.
 */
#pragma once

#include "base/arena.h"
#include "view/views.h"

struct sheet {
	struct arena *a;	/* for what is put together while printing */
	const struct view_options *o;
	FILE *out;
};

enum ink { INK_PLAIN, INK_BOLD, INK_DIM, INK_RED, INK_YELLOW, INK_GREEN };

/* Made safe for where the report goes. */
char *sheet_show(const struct sheet *t, const char *raw);
/* The command line, or the name in brackets when that is all there is; safe. */
char *sheet_label(const struct sheet *t, const struct process *p);
/* Cut to so many cells; SIZE_MAX: as it is. */
char *sheet_cut(const struct sheet *t, const char *shown, size_t cells);
/* "1 zombie", "2 zombies" */
char *sheet_count(const struct sheet *t, size_t n, const char *one, const char *many);

/* Text that is safe already, in an ink (which is nothing without colour). */
void sheet_put(const struct sheet *t, enum ink ink, const char *shown);
/* A line of prose, broken at blanks to the width; later lines are indented by `hang`. */
void sheet_wrap(const struct sheet *t, enum ink ink, unsigned indent, unsigned hang,
		const char *shown);

enum ink ink_of(enum severity s);

/* What the findings of a report add up to. */
struct tally {
	size_t leaks[KIND_N];	/* of warning or worse */
	size_t all_leaks, critical, daemons, infos;	/* infos: without the daemons */
	size_t below;		/* living processes below leaked orphans */
	size_t possible, attributed;	/* members; attributed: without the target */
};
struct tally tally_of(const struct report *r);

/* Why nothing of a dead target may be found. */
void text_late(const struct sheet *t);
/* The first sentence of a report. */
const char *sheet_verdict(const struct sheet *t, const struct report *r);
void text_verdict_notes(const struct sheet *t, const struct report *r);	/* what follows it */
void text_verdict(const struct sheet *t, const struct report *r);
void text_findings(const struct sheet *t, const struct report *r);
/* What is known of one finding, or of several that are told as one, below its head line;
 * indented by FINDING_INDENT. */
void text_told_as_one(const struct sheet *t, const struct report *r,
		      const struct finding **findings, size_t n);
bool sheet_told_as_one(const struct finding *a, const struct finding *b);
#define FINDING_INDENT 6
/* The map of a pipe: writer -> [what is in it] -> reader. */
const char *sheet_pipe(const struct sheet *t, const struct pipe_map *map);
void text_pipe(const struct sheet *t, enum ink ink, const struct pipe_map *map);
/* A finding that is told in the list of the possibly related, not as a block. */
bool sheet_only_possible(const struct sheet *t, const struct finding *f);
void text_possible(const struct sheet *t, const struct report *r);
void text_tree(const struct sheet *t, const struct report *r);
void text_coverage(const struct sheet *t, const struct report *r);

/* A patient before and after, and whom the plan leaves alone. */
struct patient;
struct plan;
void text_planned(const struct sheet *t, const struct plan *plan, struct patient *const *list,
		  size_t n);
void text_treated(const struct sheet *t, struct patient *const *list, size_t n);
/* How many from `at` on are told as one: list above, n. */
size_t plan_alike_n(const struct plan *plan, size_t at);
void text_refused(const struct sheet *t, const struct plan *plan);
