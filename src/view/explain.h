/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the findings mean, how they come about, and how to fix them: text for people, kept
 * apart from every view so that `leakscan explain` and the dashboard say the same.
 * Linux reports a state; it never says which mistake in a program led there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* All text is ASCII and static. Code is whole functions or commands, lines end in \n. */
struct explain_fix {
	const char *language;
	const char *how_it_comes_about;
	const char *code;
};

/*
 * Prose is paragraphs that end in \n or at the end of the text. In clean_up_now and limits
 * a paragraph that starts with two blanks is a command, which is never wrapped, and one
 * that starts with a digit is a step, which hangs.
 */
struct explanation {
	const char *id, *kind;			/* "LS101", "orphan" */
	const char *title;			/* one line */
	const char *meaning;
	const char *why_it_matters;
	const struct explain_fix *fixes;	/* Python Node Go Java C shell; ends in {NULL} */
	const char *clean_up_now;
	const char *limits;			/* what a scan cannot know */
};

/* By id or kind, whatever the case; NULL when unknown. */
const struct explanation *explain_find(const char *id_or_kind);

/* In the order of the ids; NULL past the end. */
const struct explanation *explain_at(size_t i);

/* Prose is wrapped at @width cells (0: not at all), code is left as it is. 0 or -EIO. */
int explain_print(const struct explanation *e, FILE *out, unsigned width, bool colour);

/* Only what helps now. */
void explain_print_now(const struct explanation *e, FILE *out, unsigned indent, unsigned width);

/* One line a kind: id, kind, title. 0 or -EIO. */
int explain_list(FILE *out);
