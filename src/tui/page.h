/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of text with tints, and where in them one is: what details, explanations, help and
 * plans are shown on.  Made from what the text views print, so that the dashboard says the
 * same as they do, in the same words.
 */
#pragma once

#include "tui/grid.h"
#include "view/text.h"

struct page;

/* A sheet to print on, with the tints on and `width` cells. Then page_end(). */
struct page_writer {
	struct sheet sheet;
	struct view_options options;
	char *text;
	size_t size;
};
void page_begin(struct page_writer *w, struct arena *a, unsigned width, bool ascii);
/* In the arena. Lines lose `outdent` blanks at their beginning, where they have them, and
 * empty lines at the end of the page go. */
const struct page *page_end(struct page_writer *w, unsigned outdent);

/* The words before a colon that open a line, where they are among these (ends in NULL): a
 * tint of their own, so that the eye finds them. */
void page_label(const struct page *p, const char *const *labels, struct arena *a);

size_t page_lines(const struct page *p);	/* NULL: 0 */
/* Lines from `first` on, into a box of the grid. */
void page_draw(const struct page *p, size_t first, struct grid *g, unsigned x, unsigned y,
	       unsigned width, unsigned height);

/* The tint that stands for an ink of the text views. */
enum tint tint_of(enum severity s);
