/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arenas where address space is rationed (ulimit -v, strict overcommit): one must not take
 * what the next one, the stacks and the libraries need.
 */
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"

#define MIB ((size_t)1 << 20)

#if defined(__SANITIZE_ADDRESS__)
#define RATIONS 0	/* the sanitizer itself lives on terabytes of address space */
#else
#define RATIONS 1
#endif

/* How much this process has, so that the limit leaves so much more. */
static size_t address_space(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%lu", &pages), 1);
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static int four_arenas(size_t room)
{
	size_t all = address_space() + room;
	struct rlimit limit = { all, all };
	void *rest;

	if (setrlimit(RLIMIT_AS, &limit))
		return 2;
	for (int i = 0; i < 4; i++)
		memset(arena_alloc(arena_new(i & 1), MIB / 4), 1, MIB / 4);
	rest = mmap(NULL, MIB, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return rest == MAP_FAILED ? 3 : 0;
}

START_TEST(some_is_left_for_others)
{
	static const size_t rooms[] = { 31, 33, 63, 65, 100, 127, 129, 500, 1025 };
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(four_arenas(rooms[_i] * MIB));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(!status, "with %zu MiB: wait status %#x", rooms[_i], (unsigned)status);
}
END_TEST

START_TEST(growing_keeps_what_was_there)
{
	struct arena *a = arena_new(0);
	size_t n = 0, room = 0;
	int *list = NULL;

	for (int i = 0; i < 1000; i++)
		*(int *)arena_push(a, &list, &n, &room, sizeof(int)) = i;
	ck_assert_uint_eq(n, 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(list[i], i);
	arena_free(a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("base/arena");
	TCase *c = tcase_create("arena");

	if (RATIONS)
		tcase_add_loop_test(c, some_is_left_for_others, 0, 9);
	else
		harness_skip("some_is_left_for_others", "a sanitizer needs the address space");
	tcase_add_test(c, growing_keeps_what_was_there);
	suite_add_tcase(s, c);
	return harness_main(s);
}
