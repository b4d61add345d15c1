/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text report, byte for byte, and what must hold whatever it says: no control byte
 * but our own, no head line beyond the width.
 */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "base/unicode.h"
#include "harness.h"
#include "view/views.h"
#include "view_scenes.h"

static const struct { const char *scene, *golden; struct view_options o; } cases[] = {
	{ "dead-orphan", "dead-orphan.80.txt", { .width = 80, .terminal = true } },
	{ "dead-orphan", "dead-orphan.40.txt", { .width = 40, .terminal = true } },
	{ "dead-orphan", "dead-orphan.120.txt", { .width = 120, .terminal = true } },
	{ "dead-orphan", "dead-orphan.plain.txt", { .ascii = true } },
	{ "dead-orphan", "dead-orphan.colour.txt",
	  { .width = 80, .terminal = true, .colour = true } },
	{ "live-zombies", "live-zombies.80.txt", { .width = 80, .terminal = true } },
	{ "live-zombies", "live-zombies.ascii.txt",
	  { .width = 80, .terminal = true, .ascii = true } },
	{ "clean", "clean.80.txt", { .width = 80, .terminal = true } },
	{ "nothing-left", "nothing-left.80.txt", { .width = 80, .terminal = true } },
	{ "blind", "blind.80.txt", { .width = 80, .terminal = true } },
	{ "hostile", "hostile.80.txt", { .width = 80, .terminal = true } },
	{ "hostile", "hostile.plain.txt", { .verbose = 1 } },
	{ "hostile", "hostile.ascii.txt", { .ascii = true, .terminal = true } },
	{ "all", "all.80.txt", { .width = 80, .terminal = true } },
	{ "all", "all.verbose.txt", { .width = 120, .terminal = true, .verbose = 1 } },
	{ "wide", "wide.80.txt", { .width = 80, .terminal = true } },
	{ "wide", "wide.40.txt", { .width = 40, .terminal = true } },
	{ "daemons", "daemons.80.txt", { .width = 80, .terminal = true } },
	{ "crowd", "crowd.80.txt", { .width = 80, .terminal = true } },
	{ "pipes", "pipes.80.txt", { .width = 80, .terminal = true } },
	{ "pipes", "pipes.40.txt", { .width = 40, .terminal = true } },
	{ "pipes", "pipes.ascii.txt", { .ascii = true } },
};

static char *print(const struct report *const *reports, size_t n,
		   const struct view_options *o, size_t *size)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(view_text(reports, n, o, out), 0);
	fclose(out);
	return text;
}

static void check_safe(const char *text, size_t n, const struct view_options *o)
{
	while (n) {
		uint32_t code = 0;
		size_t length = unicode_decode(text, n, &code);

		ck_assert_uint_gt(length, 0);
		if (code == 0x1b)
			ck_assert(o->colour);
		else if (code != '\n')
			ck_assert_msg(unicode_cells(code) >= 0, "U+%04X", code);
		if (o->ascii)
			ck_assert_uint_lt(code, 0x80);
		text += length;
		n -= length;
	}
}

static void check_width(const char *text, const struct view_options *o)
{
	struct text rest = text_of(text), line;

	while (!o->colour && o->width && text_line(&rest, &line)) {
		char *copy = strndup(line.at, line.n);

		ck_assert_msg(escape_cells(copy) <= o->width, "too wide: %s", copy);
		free(copy);
	}
}

START_TEST(goldens)
{
	struct report *r = scene_make(cases[_i].scene);
	size_t n;
	char *text;

	ck_assert_ptr_nonnull(r);
	text = print((const struct report *const *)&r, 1, &cases[_i].o, &n);
	check_safe(text, n, &cases[_i].o);
	check_width(text, &cases[_i].o);
	golden_check(cases[_i].golden, text, n);
	free(text);
	scene_free(r);
}
END_TEST

/* Nothing that could not see enough may read as clean. */
START_TEST(blind_is_not_clean)
{
	struct view_options o = { .width = 0 };
	struct report *r = scene_make("blind");
	size_t n;
	char *text = print((const struct report *const *)&r, 1, &o, &n);

	ck_assert_int_eq(report_status(r), 3);
	ck_assert_ptr_null(strstr(text, "nothing"));
	ck_assert_ptr_null(strstr(text, "clean"));
	ck_assert_ptr_nonnull(strstr(text, "could not see enough"));
	free(text);
	scene_free(r);
}
END_TEST

START_TEST(several_reports)
{
	struct view_options o = { .width = 80 };
	struct report *r[2] = { scene_make("clean"), scene_make("dead-orphan") };
	size_t n;
	char *text = print((const struct report *const *)r, 2, &o, &n);

	ck_assert_ptr_nonnull(strstr(text, "nothing leaked"));
	ck_assert_ptr_nonnull(strstr(text, "left 1 process running"));
	free(text);
	scene_free(r[0]);
	scene_free(r[1]);
}
END_TEST

START_TEST(full_stream)
{
	struct view_options o = { .width = 80 };
	struct report *r = scene_make("dead-orphan");
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(view_text((const struct report *const *)&r, 1, &o, full), -EIO);
	fclose(full);
	scene_free(r);
}
END_TEST

/* A chain of processes as deep as the kernel allows must neither crash nor hang us. */
START_TEST(deep_family)
{
	struct view_options o = { .width = 80, .verbose = 1 };
	struct snapshot *s = snapshot_new(0);
	struct report *r = report_new(s);
	struct target target = { .kind = TARGET_PID, .selector = "pid=2", .pid = 2 };
	size_t n = 50000, size;
	char *text;

	s->now_ns = UINT64_C(1000000000000);
	s->hz = 100;
	for (size_t i = 0; i < n; i++) {
		struct process *p = snapshot_add(s, (struct process_id){(pid_t)i + 2, i});

		p->now.ppid = (pid_t)i + 1;
		p->now.state = 'S';
		memcpy(p->comm, "deep", 5);
	}
	snapshot_sort(s);
	r->family.members = arena_calloc(r->arena, n, sizeof(*r->family.members));
	r->family.member_n = n;
	for (size_t i = 0; i < n; i++) {
		r->family.members[i].process = &s->processes[i];
		r->family.members[i].relation = i ? REL_DESCENDANT : REL_TARGET;
	}
	target.process = &s->processes[0];
	r->target = r->family.target = &target;
	text = print((const struct report *const *)&r, 1, &o, &size);
	ck_assert_ptr_nonnull(strstr(text, "deeper"));
	free(text);
	report_free(r);
	snapshot_free(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view/text");
	TCase *tests = tcase_create("all");

	/* libsmartcols draws lines in UTF-8 only where the locale speaks it. */
	if (setlocale(LC_CTYPE, "C.UTF-8")) {
		tcase_add_loop_test(tests, goldens, 0, ARRAY_SIZE(cases));
	} else {
		harness_skip("goldens", "no locale C.UTF-8");
	}
	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, blind_is_not_clean);
	tcase_add_test(tests, several_reports);
	tcase_add_test(tests, full_stream);
	tcase_add_test(tests, deep_family);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
