/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fleet's table, out of the goldens of the reports: and of what is no report at all. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "harness.h"
#include "view/fleet.h"
#include "view_scenes.h"

static char *golden_read(const char *name)
{
	char path[512], *text = NULL;
	size_t room = 0;
	FILE *in;

	snprintf(path, sizeof(path), "%s/tests/golden/%s", getenv("TOP_SRCDIR"), name);
	in = fopen(path, "r");
	ck_assert_msg(in && getdelim(&text, &room, 0, in) > 0, "cannot read %s", path);
	fclose(in);
	return text;
}

static void give(struct fleet *f, const char *name, const char *text)
{
	size_t n = strlen(text);
	FILE *in = n ? fmemopen((char *)text, n, "r") : fopen("/dev/null", "r");

	ck_assert_ptr_nonnull(in);
	fleet_read(f, name, in);
	fclose(in);
}

static void give_golden(struct fleet *f, const char *name)
{
	char *text = golden_read(name);

	give(f, name, text);
	free(text);
}

START_TEST(goldens)
{
	static const char *const files[] = {
		"clean.json", "all.json", "hostile.json", "pipes.json", "blind.json", "wide.json",
	};
	struct view_options o = { .version = "0.1.0" };
	struct fleet *f = fleet_new();
	size_t n;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		give_golden(f, files[i]);
	give(f, "a \x1b[2J file.json", "{\"schema\": \"leakscan.report/1\", ");
	fleet_sort(f);
	ck_assert_uint_eq(f->row_n, ARRAY_SIZE(files));
	ck_assert_uint_eq(f->fault_n, 1);
	for (unsigned json = 0; json < 2; json++) {
		char *text = NULL;
		FILE *out = open_memstream(&text, &n);

		ck_assert_int_eq((json ? fleet_json : fleet_text)(f, &o, out), 0);
		fclose(out);
		for (const char *at = text; *at; at++)
			ck_assert(*at == '\n' || (unsigned char)*at >= ' ');
		golden_check(json ? "merge.json" : "merge.txt", text, n);
		free(text);
	}
	fleet_free(f);
}
END_TEST

/* A report cut off anywhere is a fault, and never a row: not one that reads as clean. */
START_TEST(cut_off_anywhere)
{
	char *text = golden_read("dead-orphan.json");
	size_t n = strlen(text);

	for (size_t i = 1; i + 2 < n; i += 7) {
		struct fleet *f = fleet_new();
		FILE *in = fmemopen(text, i, "r");

		fleet_read(f, "cut", in);
		fclose(in);
		ck_assert_uint_eq(f->row_n, 0);
		ck_assert_uint_eq(f->fault_n, 1);
		ck_assert_int_eq(fleet_status(f), 3);
		fleet_free(f);
	}
	free(text);
}
END_TEST

static const struct { const char *text, *why; } faults[] = {
	{ "", "it is empty" },
	{ " \n", "it is empty" },
	{ "{}", "no report of leakscan scan --json" },
	{ "7", "no JSON from line 1, column 1 on" },
	{ "[[]]", "no report of leakscan scan --json" },
	{ "{\"schema\": 1}", "no report of leakscan scan --json" },
	{ "{\"schema\": \"leakscan.report/2\"}", "a report of a newer leakscan" },
	{ "{\"schema\": \"leakscan.report/1\"}", "a report without its target" },
	{ "{\"schema\": \"leakscan.report/1\", \"target\": {\"selector\": \"all\"}}",
	  "a report without a verdict" },
	{ "{\"schema\": \"leakscan.report/1\", \"target\": {\"selector\": \"all\"}, "
	  "\"verdict\": \"critical\"}", "a report without a verdict" },
	{ "{\"schema\": \"leakscan.report/1\", \"target\": {\"selector\": \"all\"}, "
	  "\"verdict\": \"clean\"}", "a report without its findings" },
	{ "{\"schema\": \"leakscan.report/1\", \"target\": {\"selector\": \"all\"}, "
	  "\"verdict\": \"leaks\", \"findings\": [{\"id\": 7, \"severity\": \"info\"}]}",
	  "a finding without id or severity" },
	{ "\xff\xfe", "no JSON from line 1, column 0 on" },
};

START_TEST(what_is_no_report)
{
	struct fleet *f = fleet_new();

	give(f, "x", faults[_i].text);
	ck_assert_uint_eq(f->row_n, 0);
	ck_assert_uint_eq(f->fault_n, 1);
	ck_assert_str_eq(f->faults[0].why, faults[_i].why);
	fleet_free(f);
}
END_TEST

/* What was read before the fault stays, and leaks outweigh what could not be read. */
START_TEST(others_still_count)
{
	char *text = golden_read("all.json"), *clean = golden_read("clean.json");
	struct fleet *f = fleet_new();

	give(f, "clean", clean);
	ck_assert_int_eq(fleet_status(f), 0);
	text = realloc(text, strlen(text) + strlen(clean) + 16);
	strcat(strcat(strcat(text, " "), clean), "{\"schema\"");
	give(f, "two and a half", text);
	ck_assert_uint_eq(f->row_n, 3);
	ck_assert_uint_eq(f->fault_n, 1);
	ck_assert_int_eq(fleet_status(f), 1);
	free(text);
	free(clean);
	fleet_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view/fleet");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, goldens);
	tcase_add_test(tests, cut_off_anywhere);
	tcase_add_loop_test(tests, what_is_no_report, 0, ARRAY_SIZE(faults));
	tcase_add_test(tests, others_still_count);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
