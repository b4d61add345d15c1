/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics, byte for byte; and that neither the number of series nor a label is in the hands
 * of a process.  That Prometheus reads them is tests/integration/prometheus.sh.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "harness.h"
#include "view/views.h"
#include "view_scenes.h"

static const struct { const char *scene; bool open; } cases[] = {
	{ "all", false }, { "all", true }, { "blind", false }, { "clean", false },
	{ "hostile", false }, { "live-zombies", false }, { "nothing-left", true },
};

static char *print(const struct report *const *reports, size_t n, bool open, const char *label)
{
	struct view_options o = { .version = "0.1.0", .label = label };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq((open ? view_openmetrics : view_prometheus)(reports, n, &o, out), 0);
	fclose(out);
	ck_assert_uint_eq(strlen(text), size);
	return text;
}

static size_t series(const char *text)
{
	size_t n = 0;

	for (; *text; text = strchr(text, '\n') + 1)
		n += *text != '#';
	return n;
}

START_TEST(goldens)
{
	struct report *r = scene_make(cases[_i].scene);
	char name[64], *text;

	ck_assert_ptr_nonnull(r);
	text = print((const struct report *const *)&r, 1, cases[_i].open, NULL);
	for (const char *at = text; *at; at++)
		ck_assert(*at == '\n' || (*at >= ' ' && *at < 0x7f));
	snprintf(name, sizeof(name), "%s.%s", cases[_i].scene, cases[_i].open ? "om" : "prom");
	golden_check(name, text, strlen(text));
	free(text);
	scene_free(r);
}
END_TEST

/* The pids of a --pid are added up: one target, and not one for each. */
START_TEST(many_reports_are_one_target)
{
	struct report *r[2] = { scene_make("live-zombies"), scene_make("live-zombies") };
	char *one = print((const struct report *const *)r, 1, false, NULL);
	char *two = print((const struct report *const *)r, 2, false, NULL);

	ck_assert_uint_eq(series(one), series(two));
	ck_assert_ptr_nonnull(strstr(one, "leakscan_zombies{target=\"pid\"} 40\n"));
	ck_assert_ptr_nonnull(strstr(two, "leakscan_zombies{target=\"pid\"} 80\n"));
	free(one);
	free(two);
	scene_free(r[0]);
	scene_free(r[1]);
}
END_TEST

/* As many units as there are findings, some with names that no administrator gives. */
START_TEST(units_are_bounded)
{
	static const char *const bad[] = {
		"a\"b\n.service", "\xff.service", "run-u1.scope", "user@1000.slice", "",
		"\x1b]0;x\a.service",
	};
	struct report *r = scene_make("live-zombies");
	struct process *many = calloc(r->findings.n, sizeof(*many));
	char *text, *at;
	size_t n = 0;

	for (size_t i = 0; i < r->findings.n; i++) {
		process_init(&many[i], (struct process_id){ 10000 + (pid_t)i, 1 });
		many[i].unit = i < ARRAY_SIZE(bad) ? bad[i] :
			       arena_printf(r->arena, "unit-%zu@%zu.service", i, i);
		r->findings.list[i].culprit = &many[i];
		r->findings.list[i].severity = SEV_WARNING;
	}
	text = print((const struct report *const *)&r, 1, false, NULL);
	ck_assert_uint_le(series(text), METRICS_SERIES_MOST);
	ck_assert_ptr_nonnull(strstr(text, "unit=\"other\"} "));
	ck_assert_ptr_nonnull(strstr(text, "unit=\"none\"} 1\n"));
	ck_assert_ptr_nonnull(strstr(text, "unit=\"unit-10@.service\"} 1\n"));
	ck_assert_ptr_null(strstr(text, "run-u1"));
	ck_assert_ptr_null(strchr(text, '\x1b'));
	for (at = text; (at = strstr(at, "leakscan_unit_findings{")); at++)
		n++;
	ck_assert_uint_ge(n, METRICS_UNITS_MOST);
	ck_assert_uint_le(n, METRICS_UNITS_MOST + 1);
	free(text);
	free(many);
	scene_free(r);
}
END_TEST

START_TEST(labels_are_quoted)
{
	struct report *r = scene_make("clean");
	char *text = print((const struct report *const *)&r, 1, false, "a|b=9\"}\n\\\x1b[2J\xff\xc3\xa4");

	ck_assert_ptr_nonnull(strstr(text, "leakscan_orphans{target=\"a|b=9\\\"}\\\\x0a\\\\\\\\x1b[2J"
					   "\\\\xff\xc3\xa4\"} 0\n"));
	free(text);
	scene_free(r);
}
END_TEST

/* The word that was typed, never a pid and never what a process calls itself. */
START_TEST(target_is_what_was_asked)
{
	static const struct { enum target_kind kind; const char *selector, *label; } targets[] = {
		{ TARGET_PID, "pid=4711", "pid" },	   { TARGET_NAME, "name=^a=b", "^a=b" },
		{ TARGET_UNIT, "unit=shop.service", "shop.service" },
		{ TARGET_CGROUP, "cgroup=/a", "/a" },	   { TARGET_COOKIE, "cookie=17", "run" },
		{ TARGET_ALL, "all", "all" },
	};
	struct report *r = scene_make("clean");

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct target t = { .kind = targets[i].kind, .selector = targets[i].selector };
		char want[64], *text;

		r->target = &t;
		text = print((const struct report *const *)&r, 1, false, NULL);
		snprintf(want, sizeof(want), "leakscan_orphans{target=\"%s\"} 0\n", targets[i].label);
		ck_assert_ptr_nonnull(strstr(text, want));
		free(text);
	}
	scene_free(r);
}
END_TEST

START_TEST(full_stream)
{
	struct report *r = scene_make("clean");
	struct view_options o = { .version = "0.1.0" };
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(view_prometheus((const struct report *const *)&r, 1, &o, full), -EIO);
	fclose(full);
	scene_free(r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view/prometheus");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, goldens, 0, ARRAY_SIZE(cases));
	tcase_add_test(tests, many_reports_are_one_target);
	tcase_add_test(tests, units_are_bounded);
	tcase_add_test(tests, labels_are_quoted);
	tcase_add_test(tests, target_is_what_was_asked);
	tcase_add_test(tests, full_stream);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
