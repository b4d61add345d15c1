/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What screens are made of: cells of odd widths, histories of any length, pages that were
 * printed by the text views.
 */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tui/history.h"
#include "tui/page.h"

static void row_is(const struct grid *g, const char *want)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	ck_assert_ptr_nonnull(out);
	grid_print(g, false, out);
	fclose(out);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(half_a_character_is_never_left)
{
	struct grid *g = grid_new(6, 1);

	ck_assert_uint_eq(grid_text(g, 0, 0, 5, TINT_PLAIN, "\u4e0b\u8f7d\u4e0b"), 4);
	row_is(g, "\u4e0b\u8f7d\n");
	grid_text(g, 1, 0, 2, TINT_PLAIN, "ab");	/* over two halves */
	row_is(g, " ab\n");
	ck_assert_uint_eq(grid_at(g, 3, 0)->width, 1);
	ck_assert_uint_eq(grid_text(g, 5, 0, 9, TINT_PLAIN, "\u4e0b"), 0);	/* no room for both */
	ck_assert_uint_eq(grid_text(g, 4, 0, 9, TINT_PLAIN, "\u4e0b"), 2);
	grid_text(g, 5, 0, 1, TINT_PLAIN, "x");
	row_is(g, " ab  x\n");
	ck_assert_uint_eq(grid_text(g, 0, 7, 9, TINT_PLAIN, "outside"), 0);
	ck_assert_uint_eq(grid_text(g, 7, 0, 9, TINT_PLAIN, "outside"), 0);
	grid_free(g);
}
END_TEST

START_TEST(marks_stay_with_their_character)
{
	struct grid *g = grid_new(4, 1);

	ck_assert_uint_eq(grid_text(g, 0, 0, 9, TINT_OK, "e\u0301\u0302x"), 2);
	ck_assert_str_eq(grid_at(g, 0, 0)->text, "e\u0301\u0302");
	ck_assert_str_eq(grid_at(g, 1, 0)->text, "x");
	/* more than a cell can hold, none before it, and what nobody escaped */
	grid_text(g, 0, 0, 9, TINT_OK, "a\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301");
	ck_assert_uint_lt(strlen(grid_at(g, 0, 0)->text), sizeof(grid_at(g, 0, 0)->text));
	ck_assert_uint_eq(grid_text(g, 2, 0, 9, TINT_OK, "\u0301\x1b\xff\n"), 0);
	ck_assert_str_eq(grid_at(g, 2, 0)->text, " ");
	grid_free(g);
}
END_TEST

static void spark_is(const int *values, size_t n, unsigned cells, bool from_zero, const char *want)
{
	struct history h = { .n = 0 };
	struct arena *a = arena_new(0);

	for (size_t i = 0; i < n; i++)
		history_add(&h, (i + 1) * 1000, values[i]);
	ck_assert_str_eq(history_spark(&h, cells, from_zero, true, a), want);
	arena_free(a);
}

START_TEST(pictures_of_histories)
{
	static const int rise[] = { 0, 1, 2, 3, 4, 5, 6, 7 }, flat[] = { 5, 5, 5 };
	static const int nothing[] = { 0, 0, 0 }, noise[] = { 1000, 1001, 1000 };
	static const int once[] = { 0, 0, 100, 0, 1 };

	spark_is(rise, 0, 8, true, "");
	spark_is(rise, 1, 8, true, "");
	spark_is(rise, 8, 8, true, "_.-~=+*#");
	spark_is(rise, 8, 4, true, ".~+#");
	spark_is(flat, 3, 8, true, "---");
	spark_is(nothing, 3, 8, true, "___");
	spark_is(noise, 3, 8, false, "_._");	/* 1 in 1000 is no cliff */
	spark_is(once, 5, 8, true, "__#_.");	/* but 1 is more than 0 */
}
END_TEST

START_TEST(a_history_is_bounded_and_goes_on)
{
	struct history h = { .n = 0 };

	for (uint64_t i = 1; i <= 100000; i++) {
		history_add(&h, i * 1000000, (int64_t)i);
		ck_assert_uint_le(h.n, HISTORY_MOST);
	}
	ck_assert_int_eq(h.latest, 100000);
	ck_assert_uint_ge(h.n, HISTORY_MOST / 3);
	/* from the beginning to the end, and even */
	ck_assert_int_lt(h.samples[0].value, 2000);
	ck_assert_int_gt(h.samples[h.n - 1].value, 98000);
	for (size_t i = 1; i < h.n; i++)
		ck_assert_int_lt(h.samples[i].value - h.samples[i - 1].value, 4000);
	ck_assert(growth_of(h.samples, h.n).grows);
}
END_TEST

START_TEST(pages_keep_inks_as_tints)
{
	static const char *const labels[] = { "what to do:", NULL };
	struct arena *a = arena_new(0);
	struct grid *g = grid_new(30, 4);
	const struct page *p;
	struct page_writer w;

	page_begin(&w, a, 36, false);
	sheet_wrap(&w.sheet, INK_RED, 6, 6, "red and so long that it goes on");
	sheet_wrap(&w.sheet, INK_PLAIN, 6, 8, "what to do: \\x1b[2J nothing");
	fputs("\n\n", w.sheet.out);
	p = page_end(&w, 6);
	page_label(p, labels, a);
	ck_assert_uint_eq(page_lines(p), 3);
	ck_assert_uint_eq(page_lines(NULL), 0);
	page_draw(p, 0, g, 0, 0, 30, 4);
	row_is(g, "red and so long that it goes\non\nwhat to do: \\x1b[2J nothing\n\n");
	ck_assert_int_eq(grid_at(g, 0, 0)->tint, TINT_CRITICAL);
	ck_assert_int_eq(grid_at(g, 1, 1)->tint, TINT_CRITICAL);
	ck_assert_int_eq(grid_at(g, 0, 2)->tint, TINT_ACCENT);
	ck_assert_int_eq(grid_at(g, 12, 2)->tint, TINT_PLAIN);
	grid_clear(g);
	page_draw(p, 2, g, 2, 3, 4, 9);		/* a box smaller than the page */
	row_is(g, "\n\n\n  what\n");
	grid_free(g);
	arena_free(a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tui_cells");
	TCase *c = tcase_create("cells");

	tcase_add_test(c, half_a_character_is_never_left);
	tcase_add_test(c, marks_stay_with_their_character);
	tcase_add_test(c, pictures_of_histories);
	tcase_add_test(c, a_history_is_bounded_and_goes_on);
	tcase_add_test(c, pages_keep_inks_as_tints);
	suite_add_tcase(s, c);
	return harness_main(s);
}
