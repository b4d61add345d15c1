/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans and what became of them, byte for byte, as text for a terminal of 80 columns and as
 * JSON.  That the latter fits its schema is tests/schema.sh.
 */
#include "harness.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "plan_scenes.h"
#include "view/plans.h"
#include "view_scenes.h"

static const struct view_options options = { .width = 80, .terminal = true,
					     .version = "0.1.0" };

static const char *const cases[] = {
	"reap-plan", "reap-acted", "reap-sockets", "reap-sockets-acted", "reap-nothing",
	"reap-zombies", "reap-zombies-acted", "reap-refused",
};

enum { CASES_N = sizeof(cases) / sizeof(cases[0]) };

static void check(int i, bool json)
{
	struct plan *plan = plan_scene(cases[i]);
	char name[64], *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq((json ? view_plan_json : view_plan_text)(
		(const struct plan *const *)&plan, 1, &options, out), 0);
	fclose(out);
	for (size_t at = 0; at < n; at++)
		ck_assert_msg(text[at] == '\n' || (unsigned char)text[at] >= ' ',
			      "a control byte: %d", text[at]);
	snprintf(name, sizeof(name), "%s.%s", cases[i], json ? "json" : "80.txt");
	golden_check(name, text, n);
	free(text);
	arena_free(plan->arena);
}

START_TEST(text)
{
	check(_i, false);
}
END_TEST

START_TEST(json)
{
	check(_i, true);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("view_plan");
	TCase *t = tcase_create("goldens");

	setlocale(LC_ALL, "C.UTF-8");
	suite_add_tcase(s, t);
	tcase_add_loop_test(t, text, 0, CASES_N);
	tcase_add_loop_test(t, json, 0, CASES_N);
	return harness_main(s);
}
