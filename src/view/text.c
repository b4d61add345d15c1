/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports for people: the verdict first, then what it rests on, then what was not seen.
 * This file has the order of the parts and the paper; a part is a file of its own.
 */
#include "view/text.h"

#include <errno.h>
#include <string.h>

#include "base/escape.h"

/* Narrower, prose would be one word a line. */
#define PROSE_MIN 20

char *sheet_show(const struct sheet *t, const char *raw)
{
	char *shown = escape_text(t->a, t->o->terminal ? SINK_TERMINAL : SINK_PLAIN, raw);

	return t->o->ascii ? escape_ascii(t->a, shown) : shown;
}

char *sheet_label(const struct sheet *t, const struct process *p)
{
	if (p->command && *p->command)
		return sheet_show(t, p->command);
	return arena_printf(t->a, "[%s]", sheet_show(t, p->comm));
}

char *sheet_cut(const struct sheet *t, const char *shown, size_t cells)
{
	if (cells == SIZE_MAX)
		return arena_strdup(t->a, shown);
	return escape_cut(t->a, shown, cells, t->o->ascii);
}

char *sheet_count(const struct sheet *t, size_t n, const char *one, const char *many)
{
	return arena_printf(t->a, "%zu %s", n, n == 1 ? one : many);
}

void sheet_put(const struct sheet *t, enum ink ink, const char *shown)
{
	static const char *const codes[] = {
		[INK_PLAIN] = "",	   [INK_BOLD] = "\033[1m",
		[INK_DIM] = "\033[2m",	   [INK_RED] = "\033[1;31m",
		[INK_YELLOW] = "\033[33m", [INK_GREEN] = "\033[32m",
	};

	if (t->o->colour && ink != INK_PLAIN && *shown)
		fprintf(t->out, "%s%s\033[0m", codes[ink], shown);
	else
		fputs(shown, t->out);
}

/* Bytes of the next line of at most `room` cells; *skip gets the blank to leave out. */
static size_t line_next(const char *shown, size_t room, size_t *skip)
{
	size_t fits = escape_fit(shown, room), at = fits;

	*skip = 0;
	if (!shown[fits])
		return fits;
	while (at && shown[at] != ' ')
		at--;
	if (at) {
		*skip = 1;
		return at;
	}
	/* A word longer than the line is cut: text off the edge would be lost. */
	return fits ? fits : strlen(shown);
}

void sheet_wrap(const struct sheet *t, enum ink ink, unsigned indent, unsigned hang,
		const char *shown)
{
	do {
		size_t room = SIZE_MAX, skip, n;

		if (t->o->width)
			room = t->o->width > indent + PROSE_MIN ? t->o->width - indent
								: PROSE_MIN;
		n = line_next(shown, room, &skip);
		fprintf(t->out, "%*s", (int)indent, "");
		sheet_put(t, ink, arena_bytes(t->a, shown, n));
		putc('\n', t->out);
		shown += n + skip;
		indent = hang;
	} while (*shown);
}

enum ink ink_of(enum severity s)
{
	return s == SEV_CRITICAL ? INK_RED : s == SEV_WARNING ? INK_YELLOW : INK_DIM;
}

/* The kinds that were found, worst first, each once. */
static void next_steps(const struct sheet *t, const struct report *const *reports,
		       size_t n)
{
	const char *line = "", *others = "";
	bool seen[KIND_N] = { false };
	size_t orphans = 0;

	for (size_t i = 0; i < n; i++) {
		const struct findings *f = &reports[i]->findings;

		orphans += report_count(reports[i], KIND_ORPHAN, SEV_WARNING);
		for (size_t j = 0; j < f->n; j++) {
			enum kind k = f->list[j].kind;
			const char *id = kind_info(k)->id;

			if (seen[k] || sheet_only_possible(t, &f->list[j]))
				continue;
			seen[k] = true;
			if (!*line)
				line = arena_printf(t->a, "leakscan explain %s", id);
			else
				others = arena_printf(t->a, "%s%s%s", others,
						      *others ? ", " : "", id);
		}
	}
	if (*others)
		line = arena_printf(t->a, "%s (and %s)", line, others);
	if (!*line)
		return;
	putc('\n', t->out);
	if (orphans)
		sheet_wrap(t, INK_DIM, 0, 0,
			   "An orphan is alive: people often call it a zombie, but a "
			   "zombie has already died and only waits to be reaped.");
	sheet_wrap(t, INK_PLAIN, 0, 2, arena_printf(t->a, "Why this happens: %s", line));
}

static void one_report(const struct sheet *t, const struct report *r)
{
	text_verdict(t, r);
	text_findings(t, r);
	text_possible(t, r);
	text_tree(t, r);
}

int view_text(const struct report *const *reports, size_t n, const struct view_options *o,
	      FILE *out)
{
	struct sheet t = { .a = arena_new(0), .o = o, .out = out };
	bool failed;

	for (size_t i = 0; i < n; i++) {
		if (i)
			putc('\n', out);
		one_report(&t, reports[i]);
		if (i + 1 == n || reports[i + 1]->snapshot != reports[i]->snapshot) {
			/* Once for all targets that were judged by the same look. */
			size_t first = i;

			while (first &&
			       reports[first - 1]->snapshot == reports[i]->snapshot)
				first--;
			next_steps(&t, reports + first, i + 1 - first);
			putc('\n', out);
			text_coverage(&t, reports[i]);
		}
	}
	failed = fflush(out) || ferror(out);
	arena_free(t.a);
	return failed ? -EIO : 0;
}
