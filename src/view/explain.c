/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of the explanations, and how one is laid out on a page: prose wrapped, code
 * as it is, so that it can be copied.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "view/explain.h"
#include "view/explain_kinds.h"

static const struct explanation *const explanations[] = {
	&explain_orphan,
	&explain_zombie,
	&explain_dead_leader,
	&explain_child_growth,
	&explain_fd_growth,
	&explain_fd_limit,
	&explain_fd_multiplicity,
	&explain_fd_deleted,
	&explain_close_wait,
	&explain_inherited_fd,
	&explain_pidfd_stale,
	&explain_pipe_stuck_writer,
	&explain_pipe_no_eof,
	&explain_pipe_peerless,
	NULL,
};

struct page {
	FILE *out;
	unsigned width;
	bool colour;
};

const struct explanation *explain_at(size_t i)
{
	const size_t n = sizeof(explanations) / sizeof(explanations[0]) - 1;

	return i < n ? explanations[i] : NULL;
}

const struct explanation *explain_find(const char *id_or_kind)
{
	const struct explanation *e;

	for (size_t i = 0; (e = explain_at(i)); i++)
		if (!strcasecmp(id_or_kind, e->id) || !strcasecmp(id_or_kind, e->kind))
			return e;
	return NULL;
}

static void print_blanks(FILE *out, unsigned n)
{
	fprintf(out, "%*s", (int)n, "");
}

/* One paragraph: @first blanks before its first line, @rest before the others. A word
 * that is longer than the line stands alone and sticks out. */
static void print_paragraph(const struct page *p, const char *text, size_t n,
			    unsigned first, unsigned rest)
{
	const char *const end = text + n;
	size_t used = first;
	bool at_start = true;

	print_blanks(p->out, first);
	while (text < end) {
		size_t word;

		while (text < end && *text == ' ')
			text++;
		for (word = 0; text + word < end && text[word] != ' '; word++)
			;
		if (!word)
			break;
		if (!at_start && p->width && used + 1 + word > p->width) {
			putc('\n', p->out);
			print_blanks(p->out, rest);
			used = rest;
			at_start = true;
		}
		if (!at_start) {
			putc(' ', p->out);
			used++;
		}
		fwrite(text, 1, word, p->out);
		used += word;
		text += word;
		at_start = false;
	}
	putc('\n', p->out);
}

static void print_prose(const struct page *p, const char *text, unsigned indent)
{
	while (*text) {
		const size_t n = strcspn(text, "\n");

		if (!strncmp(text, "  ", 2)) {
			print_blanks(p->out, indent);
			fwrite(text, 1, n, p->out);
			putc('\n', p->out);
		} else if (text[0] >= '0' && text[0] <= '9') {
			print_paragraph(p, text, n, indent, indent + 3);
		} else {
			print_paragraph(p, text, n, indent, indent);
		}
		text += n + (text[n] == '\n');
	}
}

static void print_code(const struct page *p, const char *text, unsigned indent)
{
	while (*text) {
		const size_t n = strcspn(text, "\n");

		if (n)
			print_blanks(p->out, indent);
		fwrite(text, 1, n, p->out);
		putc('\n', p->out);
		text += n + (text[n] == '\n');
	}
}

static void print_heading(const struct page *p, const char *text, unsigned indent)
{
	putc('\n', p->out);
	print_blanks(p->out, indent);
	fprintf(p->out, p->colour ? "\033[1m%s\033[0m\n" : "%s\n", text);
}

int explain_print(const struct explanation *e, FILE *out, unsigned width, bool colour)
{
	const struct page page = { .out = out, .width = width, .colour = colour };

	fprintf(out, colour ? "\033[1m%s %s\033[0m: " : "%s %s: ", e->id, e->kind);
	fprintf(out, "%s\n", e->title);
	print_heading(&page, "What it means", 0);
	print_prose(&page, e->meaning, 2);
	print_heading(&page, "Why it matters", 0);
	print_prose(&page, e->why_it_matters, 2);
	print_heading(&page, "Clean up now", 0);
	print_prose(&page, e->clean_up_now, 2);
	print_heading(&page, "How it comes about, and the fix", 0);
	for (const struct explain_fix *f = e->fixes; f->language; f++) {
		if (f != e->fixes)
			putc('\n', out);
		print_paragraph(&page, f->language, strlen(f->language), 2, 2);
		print_prose(&page, f->how_it_comes_about, 4);
		putc('\n', out);
		print_code(&page, f->code, 6);
	}
	print_heading(&page, "What a scan cannot know", 0);
	print_prose(&page, e->limits, 2);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

void explain_print_now(const struct explanation *e, FILE *out, unsigned indent, unsigned width)
{
	print_prose(&(struct page){ .out = out, .width = width }, e->clean_up_now, indent);
}

int explain_list(FILE *out)
{
	const struct explanation *e;

	for (size_t i = 0; (e = explain_at(i)); i++)
		fprintf(out, "%s  %-17s %s\n", e->id, e->kind, e->title);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
