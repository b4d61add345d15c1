/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Histories made by hand and what they look like, byte for byte: a leak with a restart and
 * a pause, one that is only partly known, and a target whose name is hostile.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "harness.h"
#include "view/history.h"
#include "view_scenes.h"

#define WALL_S INT64_C(1700000000)

static struct history_point points[200];

/* 50 descriptors, three more every ten minutes; started anew at 60, nobody looked from 90
 * to 110; a zombie for a while. */
static struct history leak(void)
{
	struct history h = { .selector = "name=^app", .label = "/usr/bin/app --port 80", .pid = 4711,
			     .whole = true, .points = points };

	for (int i = 0; i < 140; i++) {
		if (i >= 90 && i < 110)
			continue;
		points[h.n++] = (struct history_point){
			.wall_s = WALL_S + i * 600, .restarted = i == 60,
			.figures = { 3, 50 + 3 * (i < 60 ? i : i - 60), 2, i >= 30 && i < 40, 0, 0 } };
	}
	h.fds = (struct growth){ .judged = true, .grows = true, .per_minute = 0.3, .floor_first = 50,
				 .floor_last = 287, .seconds = 47400 };
	return h;
}

static struct history member(void)
{
	struct history h = { .selector = "pid=12", .points = points, .n = 3, .pid = 12 };

	for (int i = 0; i < 3; i++)
		points[i] = (struct history_point){
			.wall_s = WALL_S + i * 60, .figures = { -1, i == 1 ? -1 : 1000 + i, 0, 0, -1, -1 } };
	return h;
}

static struct history hostile(void)
{
	struct history h = { .selector = "name=\033[2Jx\n", .label = "=cmd|'\xff\"<b>\x7f", .whole = true,
			     .points = points, .n = 1 };

	points[0] = (struct history_point){ .wall_s = WALL_S, .figures = { 1, 5, 0, 0, 2, 0 } };
	return h;
}

static struct history never(void)
{
	return (struct history){ .selector = "unit=app.service", .whole = true };
}

static const struct {
	const char *golden;
	struct history (*make)(void);
	int (*view)(const struct history *h, const struct view_options *o, FILE *out);
	struct view_options o;
} cases[] = {
	{ "history-leak.80.txt", leak, history_text, { .width = 80 } },
	{ "history-leak.ascii.txt", leak, history_text, { .width = 60, .ascii = true } },
	{ "history-leak.json", leak, history_json, { .version = "test" } },
	{ "history-leak.csv", leak, history_csv, { .width = 0 } },
	{ "history-member.80.txt", member, history_text, { .width = 80 } },
	{ "history-member.json", member, history_json, { .version = "test" } },
	{ "history-member.csv", member, history_csv, { .width = 0 } },
	{ "history-hostile.txt", hostile, history_text, { .width = 80, .terminal = true } },
	{ "history-hostile.json", hostile, history_json, { .version = "test" } },
	{ "history-never.txt", never, history_text, { .width = 80 } },
	{ "history-never.json", never, history_json, { .version = "test" } },
};

START_TEST(is_golden)
{
	struct history h = cases[_i].make();
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	ck_assert_int_eq(cases[_i].view(&h, &cases[_i].o, out), 0);
	fclose(out);
	golden_check(cases[_i].golden, text, n);
	free(text);
}
END_TEST

START_TEST(targets_are_golden)
{
	const struct history_target list[] = {
		{ "name=^app", "/usr/bin/app", 4711, WALL_S, WALL_S + 3600, 61, { 3, 50, 2, 1, 0, 0 } },
		{ "all", NULL, 0, WALL_S, WALL_S + 60, 2, { 100, -1, 90, 0, 1, 0 } },
		{ "name=\033[2J", "\n\xff", 1, WALL_S, WALL_S, 1, { -1, -1, -1, -1, -1, -1 } },
	};
	struct view_options o = { .width = 80, .version = "test" };

	for (int json = 0; json < 2; json++) {
		char *text = NULL;
		size_t n = 0;
		FILE *out = open_memstream(&text, &n);

		ck_assert_int_eq((json ? history_targets_json : history_targets_text)
				 (list, ARRAY_SIZE(list), &o, out), 0);
		fclose(out);
		golden_check(json ? "history-targets.json" : "history-targets.txt", text, n);
		free(text);
	}
}
END_TEST

/* Whatever the figures are, a plot stays within its width and rows. */
START_TEST(any_plot_fits)
{
	srandom(11);
	for (unsigned i = 0; i < 2000; i++) {
		struct view_options o = { .width = 24 + (unsigned)random() % 100, .ascii = random() % 2 };
		struct history h = { .selector = "all", .whole = true, .points = points };
		size_t widest = 0, cells = 0, n = 0;
		char *text = NULL;
		FILE *out;

		h.n = (size_t)random() % ARRAY_SIZE(points) + 1;
		for (size_t k = 0; k < h.n; k++) {
			int64_t value = random() % 3 ? random() % 1000 : random() % 2 ? -1 : INT64_MAX >> random() % 63;

			points[k] = (struct history_point){
				.wall_s = random() % 4 ? (int64_t)k * 60 : random() - (INT64_C(1) << 30),
				.figures = { value, value, value, value, value, value },
				.restarted = random() % 9 == 0 };
		}
		out = open_memstream(&text, &n);
		ck_assert_int_eq(history_text(&h, &o, out), 0);
		fclose(out);
		for (char *at = strstr(text, "Open desc"); *at; at++) {
			cells += (*at & 0xc0) != 0x80;
			if (*at == '\n') {
				widest = cells - 1 > widest ? cells - 1 : widest;
				cells = 0;
			}
			if (!strncmp(at, "\n\nTIME", 6))
				break;
		}
		ck_assert_msg(widest <= o.width + 24, "%zu of %u cells", widest, o.width);
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view-history");
	TCase *c = tcase_create("history");

	setenv("TZ", "UTC", 1);
	tcase_add_loop_test(c, is_golden, 0, ARRAY_SIZE(cases));
	tcase_add_test(c, targets_are_golden);
	tcase_add_test(c, any_plot_fits);
	suite_add_tcase(suite, c);
	return harness_main(suite);
}
