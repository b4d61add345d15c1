/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the state file may be: nowhere where somebody else could put another one in its place.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness.h"
#include "memory_scene.h"

#define NOBODY 65534

/* ---- places */

static void refuses(int err, const char *words)
{
	int got = try_open(place.path);

	ck_assert_msg(got == err && strstr(why, words), "%d: %s", got, why);
}

START_TEST(links_and_other_things_are_refused)
{
	char other[128];

	snprintf(other, sizeof(other), "%s/other", place.dir);
	write_bytes(other, "keep me", 7);
	ck_assert_int_eq(symlink(other, place.path), 0);
	refuses(-ELOOP, "symbolic link");
	ck_assert_int_eq(unlink(place.path), 0);
	ck_assert_int_eq(symlink("/nonexistent", place.path), 0);
	refuses(-ELOOP, "symbolic link");
	ck_assert_int_eq(unlink(place.path), 0);
	ck_assert_int_eq(link(other, place.path), 0);
	refuses(-EPERM, "second name");
	ck_assert_int_eq(unlink(place.path), 0);
	ck_assert_int_eq(mkfifo(place.path, 0600), 0);
	refuses(-EPERM, "not a regular file");
	ck_assert_int_eq(unlink(place.path), 0);
	has_bytes(other, "keep me", 7);
	ck_assert_int_eq(try_open("/tmp"), -EPERM);
	ck_assert_int_eq(try_open("/nonexistent/state.db"), -ENOENT);
	ck_assert_int_eq(try_open("/"), -EISDIR);
}
END_TEST

START_TEST(places_of_others_are_refused)
{
	ck_assert_int_eq(chmod(place.dir, 01777), 0);
	refuses(-EPERM, "others can write to its directory");
	ck_assert_int_eq(chmod(place.dir, 0700), 0);
	write_bytes(place.path, "", 0);
	ck_assert_int_eq(chmod(place.path, 0666), 0);
	refuses(-EPERM, "others can write to it");
}
END_TEST

/* A link on the way is fine, and the file is where it leads. */
START_TEST(a_directory_by_a_link)
{
	char path[160], link_path[128];
	struct memory *m;

	snprintf(link_path, sizeof(link_path), "%s/here", place.dir);
	snprintf(path, sizeof(path), "%s/state.db", link_path);
	ck_assert_int_eq(symlink(place.dir, link_path), 0);
	m = memory_must(path);
	ck_assert_str_eq(memory_path(m), place.path);
	memory_close(m);
}
END_TEST

START_TEST(places_of_other_users_are_refused_by_root)
{
	ck_assert_int_eq(chown(place.dir, NOBODY, NOBODY), 0);
	refuses(-EPERM, "belongs to another user");
	ck_assert_int_eq(chown(place.dir, 0, NOBODY), 0);
	ck_assert_int_eq(chmod(place.dir, 0770), 0);
	refuses(-EPERM, "a group can write");
	ck_assert_int_eq(chown(place.dir, 0, 0), 0);
	write_bytes(place.path, "", 0);
	ck_assert_int_eq(chown(place.path, NOBODY, NOBODY), 0);
	refuses(-EPERM, "belongs to another user");
}
END_TEST

#define NEED(condition) do { if (!(condition)) { \
	fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, why); _exit(1); } } while (0)

static void default_places(void)
{
	char expect[256], path[256];
	struct memory *m = NULL;
	struct stat st;

	setenv("HOME", place.dir, 1);
	unsetenv("XDG_STATE_HOME");
	NEED(!memory_open(NULL, MEMORY_WRITE, &m, why) && !*why);
	snprintf(expect, sizeof(expect), "%s/.local/state/leakscan/state.db", place.dir);
	NEED(!strcmp(memory_path(m), expect));
	memory_close(m);
	NEED(!unlink(expect));
	snprintf(path, sizeof(path), "%s/.local/state/leakscan", place.dir);
	NEED(!stat(path, &st) && (st.st_mode & 07777) == 0700);
	for (char *slash; (slash = strrchr(path, '/')) && strcmp(path, place.dir); *slash = '\0')
		NEED(!rmdir(path));
	setenv("XDG_STATE_HOME", place.dir, 1);
	NEED(!memory_open(NULL, MEMORY_WRITE, &m, why));
	snprintf(expect, sizeof(expect), "%s/leakscan/state.db", place.dir);
	NEED(!strcmp(memory_path(m), expect));
	memory_close(m);
	NEED(!unlink(expect));
	snprintf(path, sizeof(path), "%s/leakscan", place.dir);
	NEED(!rmdir(path));
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	NEED(memory_open(NULL, MEMORY_WRITE, &m, why) == -ENOENT);
	NEED(strstr(why, "--state"));
}

START_TEST(default_places_of_a_user)
{
	ck_assert_int_eq(as_nobody(&place, default_places), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("memory-places");
	TCase *c = tcase_create("places");

	tcase_set_timeout(c, 300);
	tcase_add_checked_fixture(c, place_setup, place_teardown);
	tcase_add_test(c, links_and_other_things_are_refused);
	tcase_add_test(c, places_of_others_are_refused);
	tcase_add_test(c, a_directory_by_a_link);
	tcase_add_test(c, default_places_of_a_user);
	if (geteuid())
		harness_skip("places:places_of_other_users_are_refused_by_root", "not root");
	else
		tcase_add_test(c, places_of_other_users_are_refused_by_root);
	suite_add_tcase(suite, c);
	return harness_main(suite);
}
