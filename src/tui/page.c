/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text views tell their inks as escape sequences, their own only: text of processes has
 * lost every ESC in base/escape before it gets there.  So the sequences can be read back.
 */
#include "tui/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct span { enum tint tint; const char *text; };

struct page_line {
	struct span *spans;
	size_t n, room;
};

struct page {
	struct page_line *lines;
	size_t n, room;
};

void page_begin(struct page_writer *w, struct arena *a, unsigned width, bool ascii)
{
	*w = (struct page_writer){
		.options = { .colour = true, .ascii = ascii, .terminal = true, .width = width },
	};
	w->sheet = (struct sheet){ .a = a, .o = &w->options, .out = open_memstream(&w->text, &w->size) };
	if (!w->sheet.out)
		abort();
}

static enum tint tint_read(struct text code)
{
	static const struct { const char *code; enum tint tint; } codes[] = {
		{ "1", TINT_BOLD }, { "2", TINT_DIM }, { "1;31", TINT_CRITICAL },
		{ "33", TINT_WARNING }, { "32", TINT_OK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (text_is(code, codes[i].code))
			return codes[i].tint;
	return TINT_PLAIN;
}

static void add_span(struct arena *a, struct page_line *line, enum tint tint, const char *at,
		     size_t n)
{
	struct span *span;

	if (!n)
		return;
	span = arena_push(a, &line->spans, &line->n, &line->room, sizeof(*span));
	*span = (struct span){ tint, arena_bytes(a, at, n) };
}

/* *tint: an ink may go on in the next line. */
static void read_line(struct arena *a, struct text text, struct page_line *line, enum tint *tint)
{
	while (text.n) {
		const char *escape = memchr(text.at, 0x1b, text.n);
		const char *end = escape ? memchr(escape, 'm', text.n - (size_t)(escape - text.at)) : NULL;

		add_span(a, line, *tint, text.at, end ? (size_t)(escape - text.at) : text.n);
		if (!end)
			return;
		*tint = tint_read((struct text){ escape + 2, (size_t)(end - escape) - 2 });
		text.n -= (size_t)(end + 1 - text.at);
		text.at = end + 1;
	}
}

const struct page *page_end(struct page_writer *w, unsigned outdent)
{
	struct arena *a = w->sheet.a;
	struct page *p = arena_calloc(a, 1, sizeof(*p));
	enum tint tint = TINT_PLAIN;
	struct text rest, line;

	if (fclose(w->sheet.out))
		abort();
	rest = (struct text){ w->text, w->size };
	while (text_line(&rest, &line)) {
		for (unsigned i = 0; i < outdent && line.n && *line.at == ' '; i++) {
			line.at++;
			line.n--;
		}
		read_line(a, line, arena_push(a, &p->lines, &p->n, &p->room, sizeof(*p->lines)),
			  &tint);
	}
	while (p->n && !p->lines[p->n - 1].n)
		p->n--;
	free(w->text);
	return p;
}

static size_t label_length(const char *text, const char *const *labels)
{
	for (; *labels; labels++)
		if (!strncmp(text, *labels, strlen(*labels)))
			return strcspn(text, ":") + (strchr(text, ':') != NULL);
	return 0;
}

void page_label(const struct page *p, const char *const *labels, struct arena *a)
{
	for (size_t i = 0; i < p->n; i++) {
		struct page_line *line = &p->lines[i], old = *line;
		size_t n = old.n ? label_length(old.spans[0].text, labels) : 0;

		if (!n || old.spans[0].tint != TINT_PLAIN)
			continue;
		*line = (struct page_line){ .n = 0 };
		add_span(a, line, TINT_ACCENT, old.spans[0].text, n);
		add_span(a, line, TINT_PLAIN, old.spans[0].text + n, strlen(old.spans[0].text + n));
		for (size_t j = 1; j < old.n; j++)
			add_span(a, line, old.spans[j].tint, old.spans[j].text,
				 strlen(old.spans[j].text));
	}
}

size_t page_lines(const struct page *p)
{
	return p ? p->n : 0;
}

void page_draw(const struct page *p, size_t first, struct grid *g, unsigned x, unsigned y,
	       unsigned width, unsigned height)
{
	for (unsigned i = 0; i < height && first + i < page_lines(p); i++) {
		const struct page_line *line = &p->lines[first + i];
		unsigned used = 0;

		for (size_t j = 0; j < line->n && used < width; j++)
			used += grid_text(g, x + used, y + i, width - used, line->spans[j].tint,
					  line->spans[j].text);
	}
}

enum tint tint_of(enum severity s)
{
	return s == SEV_CRITICAL ? TINT_CRITICAL : s == SEV_WARNING ? TINT_WARNING : TINT_DIM;
}
