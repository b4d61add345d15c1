/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State files for tests: every question to SQLite that is not the program's own is here. */
#include "memory_scene.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

#define NOBODY 65534

struct memory_place place;
char why[MEMORY_WHY];

void place_setup(void)
{
	place_new(&place);
	why[0] = '\0';
}

void place_teardown(void)
{
	place_remove(&place);
}

void place_new(struct memory_place *p)
{
	snprintf(p->dir, sizeof(p->dir), "/tmp/leakscan-memory-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/state.db", p->dir);
}

void place_remove(struct memory_place *p)
{
	DIR *dir = opendir(p->dir);
	char path[512];

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		snprintf(path, sizeof(path), "%s/%s", p->dir, e->d_name);
		if (e->d_name[0] != '.')
			ck_assert_int_eq(unlink(path), 0);
	}
	closedir(dir);
	ck_assert_int_eq(rmdir(p->dir), 0);
}

bool place_has(const struct memory_place *p, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	return !access(path, F_OK);
}

struct scene_fixture *memory_scene(const char *lines, unsigned minutes)
{
	uint64_t now = UINT64_C(1000000000000) + minutes * MINUTE_NS;
	char *text;
	struct scene_fixture *f;

	ck_assert_int_gt(asprintf(&text, "machine hz=100 now=%" PRIu64 " sched_now=%" PRIu64
				  " wall=%" PRId64 " boot=boot-1 pid1=1\n%s%s%s", now, now,
				  WALL_S + (int64_t)minutes * 60, INIT, SHELL, lines), 0);
	f = scene_from(text, 200);
	free(text);
	f->target.selector = "pid=200";
	return f;
}

struct scene_fixture *memory_app(unsigned minutes, int fds)
{
	char lines[160];

	snprintf(lines, sizeof(lines), "process pid=200 start=5000 ppid=100 pgid=100 sid=100 "
		 "state=S threads=1 comm=app fds=%d\n", fds);
	return memory_scene(lines, minutes);
}

struct memory *memory_must(const char *path)
{
	struct memory *m;
	int err = memory_open(path, MEMORY_WRITE, &m, why);

	ck_assert_msg(!err && !*why, "%d: %s", err, why);
	return m;
}

void memory_put(struct memory *m, struct scene_fixture *f, const char *check, int state)
{
	const struct report *r = f->report;
	int err = memory_note(m, &r, 1, check, state, why);

	ck_assert_msg(!err && !*why, "%d: %s", err, why);
}

void memory_keep(const char *path, struct scene_fixture *f, const char *check, int state)
{
	struct memory *m = memory_must(path);

	memory_put(m, f, check, state);
	memory_close(m);
	scene_free(f);
}

int64_t sql_number(const char *path, const char *sql)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	int64_t n;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(!sqlite3_prepare_v2(db, sql, -1, &st, NULL), "%s", sqlite3_errmsg(db));
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

void sql_do(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_msg(!sqlite3_exec(db, sql, NULL, NULL, NULL), "%s", sqlite3_errmsg(db));
	sqlite3_close(db);
}

char *bytes_of(const char *path, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *bytes;

	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size + 1);
	ck_assert_int_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	*n = (size_t)st.st_size;
	return bytes;
}

void write_bytes(const char *path, const char *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, n), n);
	close(fd);
}

void has_bytes(const char *path, const char *bytes, size_t n)
{
	size_t now;
	char *found = bytes_of(path, &now);

	ck_assert_uint_eq(now, n);
	ck_assert_int_eq(memcmp(found, bytes, n), 0);
	free(found);
}

void memory_keep_some(const char *path, unsigned from, unsigned to)
{
	struct memory *m = memory_must(path);

	for (unsigned i = from; i < to; i++) {
		struct scene_fixture *f = memory_app(i, 50 + (int)i);

		memory_put(m, f, "c", 0);
		scene_free(f);
	}
	memory_close(m);
}

/* 0, or the error of opening; with *why. */
int try_open(const char *path)
{
	struct memory *m = NULL;
	int err = memory_open(path, MEMORY_WRITE, &m, why);

	if (!err)
		memory_close(m);
	else
		ck_assert_str_ne(why, "");
	return err;
}

int try_note(struct memory *m, unsigned minute)
{
	struct scene_fixture *f = memory_app(minute, 50);
	const struct report *r = f->report;
	int err = memory_note(m, &r, 1, "c", 0, why);

	scene_free(f);
	if (err)
		ck_assert_str_ne(why, "");
	return err;
}

/* Not root, and no rights in the directory of all. */
static void become_nobody(const struct memory_place *p)
{
	if (geteuid())
		return;
	ck_assert_int_eq(chown(p->dir, NOBODY, NOBODY), 0);
	if (place_has(p, "state.db"))
		ck_assert_int_eq(chown(p->path, NOBODY, NOBODY), 0);
	ck_assert_int_eq(setresgid(NOBODY, NOBODY, NOBODY), 0);
	ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
}

/* In a process of its own, for the way back to root is closed; its status. */
int as_nobody(const struct memory_place *p, void (*test)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		become_nobody(p);
		test();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
