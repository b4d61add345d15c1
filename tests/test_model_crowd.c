/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One pipe in thousands of hands: what is kept of it must not grow with the square. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "scene.h"

#define MANY 2000

static struct scene_fixture *crowd(int n)
{
	static const char head[] = MACHINE("machine_fds=1 initial_pid_ns=1") INIT SHELL APP;
	size_t room = sizeof(head) + (size_t)n * 160;
	char *lines = malloc(room);
	struct scene_fixture *f;
	size_t at;

	ck_assert_ptr_nonnull(lines);
	strcpy(lines, head);
	at = strlen(lines);
	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(lines + at, room - at,
			"process pid=%d start=6000 ppid=200 pgid=100 sid=100 state=S threads=1 comm=w\n"
			"fd pid=%d fd=9 mode=w target=pipe:[7]\n", 1000 + i, 1000 + i);
	f = scene_from(lines, 200);
	free(lines);
	return f;
}

START_TEST(each_finding_names_a_few_and_counts_all)
{
	struct scene_fixture *f = crowd(MANY);
	size_t found = 0;

	for (size_t i = 0; i < f->report->findings.n; i++) {
		const struct pipe_map *map = f->report->findings.list[i].pipe;

		if (!map)
			continue;
		found++;
		ck_assert_uint_eq(map->writer_n, MANY);
		ck_assert_uint_eq(pipe_ends_named(map->writer_n), PIPE_ENDS_MOST);
		ck_assert_int_eq(map->writers[PIPE_ENDS_MOST - 1].process->id.pid,
				 1000 + PIPE_ENDS_MOST - 1);
	}
	ck_assert_uint_eq(found, MANY);
	scene_free(f);
}
END_TEST

START_TEST(memory_grows_with_the_number)
{
	struct scene_fixture *few = crowd(MANY / 4), *many = crowd(MANY);

	/* arrays that double: up to twice as much as four times */
	ck_assert_uint_le(arena_used(many->report->arena), 8 * arena_used(few->report->arena));
	scene_free(few);
	scene_free(many);
}
END_TEST

START_TEST(everybody_is_found_in_the_family)
{
	struct scene_fixture *f = crowd(MANY);

	for (size_t i = 0; i < f->snapshot->process_n; i++) {
		const struct process *p = &f->snapshot->processes[i];
		const struct member *m = family_find(&f->report->family, p);

		ck_assert_int_eq(m != NULL, p->id.pid >= 200);
		ck_assert(!m || m->process == p);
	}
	scene_free(f);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("crowd");
	Suite *s = suite_create("crowd");

	tcase_add_test(t, each_finding_names_a_few_and_counts_all);
	tcase_add_test(t, memory_grows_with_the_number);
	tcase_add_test(t, everybody_is_found_in_the_family);
	suite_add_tcase(s, t);
	return harness_main(s);
}
