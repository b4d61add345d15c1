/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The explanations are whole, found by id and kind, and keep to the width they are given. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "model/finding.h"
#include "view/explain.h"

/* The page as text, to be freed. */
static char *page_of(const struct explanation *e, unsigned width, bool colour)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(explain_print(e, out, width, colour), 0);
	fclose(out);
	return text;
}

static void assert_ascii(const char *what, const char *text)
{
	ck_assert_msg(text && *text, "%s is empty", what);
	for (const char *c = text; *c; c++)
		ck_assert_msg(*c == '\n' || *c == '\t' || (*c >= ' ' && *c <= '~'),
			      "%s has byte %d", what, *c);
}

/* Is the line, less its indent, a line of code or a command of this explanation? */
static bool is_verbatim(const struct explanation *e, const char *line)
{
	char wanted[512];

	while (*line == ' ')
		line++;
	snprintf(wanted, sizeof(wanted), "%s\n", line);
	for (const struct explain_fix *f = e->fixes; f->language; f++)
		if (strstr(f->code, wanted))
			return true;
	snprintf(wanted, sizeof(wanted), "  %s", line);
	return strstr(e->clean_up_now, wanted) || strstr(e->limits, wanted);
}

START_TEST(every_kind_has_every_part)
{
	static const char *const languages[] = { "Python", "Node", "Go", "Java", "C", "shell" };
	const struct explanation *e;
	size_t i;

	for (i = 0; (e = explain_at(i)); i++) {
		size_t n = 0;

		assert_ascii("id", e->id);
		assert_ascii("kind", e->kind);
		assert_ascii("title", e->title);
		assert_ascii("meaning", e->meaning);
		assert_ascii("why_it_matters", e->why_it_matters);
		assert_ascii("clean_up_now", e->clean_up_now);
		assert_ascii("limits", e->limits);
		ck_assert_ptr_null(strchr(e->title, '\n'));
		for (const struct explain_fix *f = e->fixes; f->language; f++, n++) {
			ck_assert_uint_lt(n, 6);
			ck_assert_str_eq(f->language, languages[n]);
			assert_ascii("how_it_comes_about", f->how_it_comes_about);
			assert_ascii("code", f->code);
			ck_assert_int_eq(f->code[strlen(f->code) - 1], '\n');
		}
		ck_assert_uint_eq(n, 6);
	}
	ck_assert_uint_ge(i, 9);
	ck_assert_ptr_null(explain_at(i + 1));
	ck_assert_ptr_null(explain_at((size_t)-1));
}
END_TEST

START_TEST(found_by_id_and_kind)
{
	const struct explanation *e, *orphan = explain_find("LS101");

	ck_assert_ptr_nonnull(orphan);
	ck_assert_ptr_eq(orphan, explain_find("orphan"));
	ck_assert_ptr_eq(orphan, explain_find("ls101"));
	ck_assert_ptr_eq(orphan, explain_find("ORPHAN"));
	for (size_t i = 0; (e = explain_at(i)); i++) {
		ck_assert_ptr_eq(explain_find(e->id), e);
		ck_assert_ptr_eq(explain_find(e->kind), e);
	}
	ck_assert_ptr_null(explain_find(""));
	ck_assert_ptr_null(explain_find("LS1"));
	ck_assert_ptr_null(explain_find("LS1011"));
	ck_assert_ptr_null(explain_find("orphans"));
}
END_TEST

/* In the order of the kinds, by their ids and names. */
START_TEST(named_as_the_kinds_are)
{
	const struct explanation *e;
	size_t at = 0;

	for (size_t k = 0; k < KIND_N; k++) {
		const struct kind_info *info = kind_info((enum kind)k);

		e = explain_at(at);
		if (!e || strcmp(e->id, info->id))
			continue;
		ck_assert_str_eq(e->kind, info->name);
		at++;
	}
	ck_assert_ptr_null(explain_at(at));
}
END_TEST

START_TEST(prose_keeps_to_the_width)
{
	static const unsigned widths[] = { 60, 80, 100 };
	const unsigned width = widths[_i];
	const struct explanation *e;

	for (size_t i = 0; (e = explain_at(i)); i++) {
		char *text = page_of(e, width, false), *save = NULL;
		size_t longest = 0;
		char *line = strtok_r(text, "\n", &save);	/* the title is one line */

		while ((line = strtok_r(NULL, "\n", &save))) {
			if (is_verbatim(e, line))
				continue;
			ck_assert_msg(strlen(line) <= width, "%s: %zu cells at %u: %s", e->id,
				      strlen(line), width, line);
			if (strlen(line) > longest)
				longest = strlen(line);
		}
		/* The width is used, too, not only kept. */
		ck_assert_uint_ge(longest, width - 12);
		free(text);
	}
}
END_TEST

START_TEST(code_is_kept_as_it_is)
{
	const struct explanation *e;

	for (size_t i = 0; (e = explain_at(i)); i++) {
		char *text = page_of(e, 40, false);

		for (const struct explain_fix *f = e->fixes; f->language; f++)
			for (const char *c = f->code; *c; c = strchr(c, '\n') + 1) {
				const int n = (int)strcspn(c, "\n");
				char line[256];

				if (!n)
					continue;
				/* On a terminal of 80 columns it must not wrap. */
				ck_assert_msg(n <= 74, "%s %s: %.*s", e->id, f->language, n, c);
				snprintf(line, sizeof(line), "\n      %.*s\n", n, c);
				ck_assert_msg(strstr(text, line), "%s %s: %.*s", e->id,
					      f->language, n, c);
			}
		free(text);
	}
}
END_TEST

/* Commands to copy must not wrap either, on a terminal of 80 columns. */
START_TEST(commands_fit_a_terminal)
{
	const struct explanation *e;
	size_t seen = 0;

	for (size_t i = 0; (e = explain_at(i)); i++)
		for (const char *c = e->clean_up_now; c; c = strchr(c, '\n')) {
			c += *c == '\n';
			if (strncmp(c, "  ", 2))
				continue;
			seen++;
			ck_assert_msg(strcspn(c, "\n") <= 78, "%s: %.90s", e->id, c);
		}
	ck_assert_uint_ge(seen, 4);
}
END_TEST

START_TEST(no_trailing_blanks_and_no_words_lost)
{
	const struct explanation *e;

	for (size_t i = 0; (e = explain_at(i)); i++) {
		char *narrow = page_of(e, 60, false), *wide = page_of(e, 0, false);
		const char *a = narrow, *b = wide;

		ck_assert_ptr_null(strstr(narrow, " \n"));
		ck_assert_ptr_null(strstr(wide, " \n"));
		for (;;) {
			while (isspace((unsigned char)*a))
				a++;
			while (isspace((unsigned char)*b))
				b++;
			ck_assert_int_eq(*a, *b);
			if (!*a)
				break;
			a++, b++;
		}
		free(narrow);
		free(wide);
	}
}
END_TEST

START_TEST(colour_only_when_asked)
{
	char *plain = page_of(explain_at(0), 80, false);
	char *coloured = page_of(explain_at(0), 80, true);

	ck_assert_ptr_null(strchr(plain, '\033'));
	ck_assert_ptr_nonnull(strstr(coloured, "\033[1mLS101 orphan\033[0m: "));
	free(plain);
	free(coloured);
}
END_TEST

/* What the documented incident and the words of the project ask of the text. */
START_TEST(orphan_says_what_it_must)
{
	static const char *const steps[] = { "stdout.close()", "poll()", "terminate()",
					     "wait(timeout=5)", "kill()", "wait()" };
	const struct explanation *e = explain_find("orphan");
	const char *at = strstr(e->fixes[0].code, "finally:");

	ck_assert_ptr_nonnull(strstr(e->meaning, "zombie"));
	ck_assert_ptr_nonnull(strstr(e->meaning, "subreaper"));
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		ck_assert_msg(at, "before %s", steps[i]);
		at = strstr(at + 1, steps[i]);
	}
	ck_assert_ptr_nonnull(at);
	ck_assert_ptr_nonnull(strstr(explain_find("dead-leader")->meaning, "no zombie"));
}
END_TEST

START_TEST(list_has_a_line_each)
{
	char *text = NULL;
	size_t n = 0, lines = 0;
	FILE *out = open_memstream(&text, &n);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(explain_list(out), 0);
	fclose(out);
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	ck_assert_uint_ge(lines, 9);
	for (size_t i = 0; i < lines; i++)
		ck_assert_ptr_nonnull(explain_at(i));
	ck_assert_ptr_null(explain_at(lines));
	ck_assert_ptr_nonnull(strstr(text, "LS112  dead-leader "));
	free(text);
}
END_TEST

START_TEST(full_disk_is_an_error)
{
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_lt(explain_print(explain_at(0), full, 80, false), 0);
	fclose(full);
	full = fopen("/dev/full", "w");
	ck_assert_ptr_nonnull(full);
	ck_assert_int_lt(explain_list(full), 0);
	fclose(full);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view_explain");
	TCase *tc = tcase_create("explain");

	tcase_add_test(tc, every_kind_has_every_part);
	tcase_add_test(tc, found_by_id_and_kind);
	tcase_add_test(tc, named_as_the_kinds_are);
	tcase_add_loop_test(tc, prose_keeps_to_the_width, 0, 3);
	tcase_add_test(tc, code_is_kept_as_it_is);
	tcase_add_test(tc, commands_fit_a_terminal);
	tcase_add_test(tc, no_trailing_blanks_and_no_words_lost);
	tcase_add_test(tc, colour_only_when_asked);
	tcase_add_test(tc, orphan_says_what_it_must);
	tcase_add_test(tc, list_has_a_line_each);
	tcase_add_test(tc, full_disk_is_an_error);
	suite_add_tcase(suite, tc);
	return harness_main(suite);
}
