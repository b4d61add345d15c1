/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The JSON report, byte for byte, and that hostile text comes back as what it was.  That
 * the goldens fit the schema is tests/schema.sh.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "harness.h"
#include "view/views.h"
#include "view_scenes.h"

static const char *const cases[] = {
	"dead-orphan", "clean", "nothing-left", "blind",
	"hostile",     "all",	"wide",		"daemons", "pipes",
};

static const struct view_options options = { .version = "0.1.0" };

static char *print(const struct report *const *reports, size_t n, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(view_json(reports, n, &options, out), 0);
	fclose(out);
	return text;
}

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *root = json_loads(text, 0, &error);

	ck_assert_msg(root != NULL, "line %d: %s", error.line, error.text);
	return root;
}

START_TEST(goldens)
{
	struct report *r = scene_make(cases[_i]);
	char name[64], *text;
	size_t n;

	ck_assert_ptr_nonnull(r);
	text = print((const struct report *const *)&r, 1, &n);
	for (size_t i = 0; i < n; i++)
		ck_assert(text[i] == '\n' || (text[i] >= ' ' && text[i] < 0x7f));
	ck_assert_int_eq(text[n - 1], '\n');
	snprintf(name, sizeof(name), "%s.json", cases[_i]);
	golden_check(name, text, n);
	free(text);
	scene_free(r);
}
END_TEST

START_TEST(hostile_text_survives)
{
	struct report *r = scene_make("hostile");
	size_t n;
	char *text = print((const struct report *const *)&r, 1, &n);
	json_t *root = parse(text);
	const char *host = json_string_value(json_object_get(root, "host"));

	ck_assert_ptr_nonnull(host);
	ck_assert_str_eq(host,
			 "\x1b[2J\x1b]0;owned\a\n| a=1 \xe2\x80\xaegpj.exe\xe2\x80\xac "
			 "\xef\xbf\xbd\xc2\x9b\x7f\\x");
	json_decref(root);
	free(text);
	scene_free(r);
}
END_TEST

START_TEST(several_are_an_array)
{
	struct report *r[2] = { scene_make("clean"), scene_make("dead-orphan") };
	size_t n;
	char *text = print((const struct report *const *)r, 2, &n);
	json_t *root = parse(text);

	ck_assert_uint_eq(json_array_size(root), 2);
	ck_assert_str_eq(
		json_string_value(json_object_get(json_array_get(root, 0), "verdict")),
		"clean");
	ck_assert_str_eq(
		json_string_value(json_object_get(json_array_get(root, 1), "verdict")),
		"leaks");
	json_decref(root);
	free(text);
	scene_free(r[0]);
	scene_free(r[1]);
}
END_TEST

/* What a detector divides by zero is unknown, and never the end of the report. */
START_TEST(no_number_is_null)
{
	static const double bad[] = { NAN, INFINITY, -INFINITY };
	struct report *r = scene_make("live-zombies");
	size_t n;
	char *text;
	json_t *root, *first;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		r->findings.list[0].has_value = true;
		r->findings.list[0].value = bad[i];
		text = print((const struct report *const *)&r, 1, &n);
		root = parse(text);
		first = json_array_get(json_object_get(root, "findings"), 0);
		ck_assert(json_is_null(json_object_get(first, "value")));
		json_decref(root);
		free(text);
	}
	scene_free(r);
}
END_TEST

START_TEST(full_stream)
{
	struct report *r = scene_make("clean");
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(view_json((const struct report *const *)&r, 1, &options, full),
			 -EIO);
	fclose(full);
	scene_free(r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view/json");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, goldens, 0, ARRAY_SIZE(cases));
	tcase_add_test(tests, hostile_text_survives);
	tcase_add_test(tests, several_are_an_array);
	tcase_add_test(tests, no_number_is_null);
	tcase_add_test(tests, full_stream);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
