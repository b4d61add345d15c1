/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked about single descriptors: enough for a verdict, each once. */
#include "harness.h"
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "family/kinship.h"

enum { CHILDREN = 300 };

static size_t asked(const struct scene_fixture *f, pid_t pid, int fd, unsigned what)
{
	const struct fd_question *list;
	size_t n, count = 0;

	list = family_questions(f->snapshot, &f->report->family, f->snapshot->arena, &n);
	for (size_t i = 0; i < n; i++)
		count += list[i].process->id.pid == pid && list[i].fd == fd &&
			 list[i].ask == what;
	return count;
}

static struct scene_fixture *crowd(const char *of_last)
{
	struct scene_fixture *f;
	char *lines = NULL;
	size_t size;
	FILE *out = open_memstream(&lines, &size);

	ck_assert_ptr_nonnull(out);
	fputs(INIT P(200, 5000, 1, 200, 200, "comm=app"), out);
	fputs("fd pid=200 fd=5 mode=rw target=socket:[7]\n", out);
	for (int i = 0; i < CHILDREN; i++) {
		fprintf(out, "process pid=%d start=%d ppid=200 pgid=200 sid=200 state=S threads=1 "
			"comm=child\n", 1000 + i, 6000 + i);
		fprintf(out, "fd pid=%d fd=5 mode=rw target=socket:[7]\n", 1000 + i);
	}
	fprintf(out, "%s", of_last);
	ck_assert_int_eq(fclose(out), 0);
	f = scene_from(lines, 200);
	free(lines);
	return f;
}

START_TEST(parent_of_many_is_asked_once)
{
	struct scene_fixture *f = crowd("");

	ck_assert_uint_eq(asked(f, 200, 5, ASK_FDINFO), 1);
	scene_free(f);
}
END_TEST

/* Brothers give nothing to one another: those above do. */
START_TEST(brothers_are_not_asked)
{
	struct scene_fixture *f = crowd("");

	for (int i = 0; i < CHILDREN; i++)
		ck_assert_uint_eq(asked(f, 1000 + i, 5, ASK_FDINFO), 0);
	scene_free(f);
}
END_TEST

START_TEST(orphan_may_have_it_from_whoever_is_left)
{
	struct scene_fixture *f = crowd(
		P(2000, 9000, 1, 200, 200, "comm=left")
		"fd pid=2000 fd=5 mode=rw target=socket:[7]\n");

	ck_assert_uint_eq(asked(f, 200, 5, ASK_FDINFO), 1);
	ck_assert_uint_eq(asked(f, 1000, 5, ASK_FDINFO), 1);
	scene_free(f);
}
END_TEST

START_TEST(queue_of_whoever_blocks)
{
	struct scene_fixture *f = crowd(
		"fd pid=1299 fd=6 mode=w target=pipe:[9]\n"
		"task pid=1299 state=S doing=writing fd=6 pipe=1\n");

	ck_assert_uint_eq(asked(f, 1299, 6, ASK_QUEUE), 1);
	scene_free(f);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("family/ask");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, parent_of_many_is_asked_once);
	tcase_add_test(tests, brothers_are_not_asked);
	tcase_add_test(tests, orphan_may_have_it_from_whoever_is_left);
	tcase_add_test(tests, queue_of_whoever_blocks);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
