/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A state file in a directory of its own, and reports of made machines to keep in it. */
#ifndef TESTS_MEMORY_SCENE_H
#define TESTS_MEMORY_SCENE_H

#include <sqlite3.h>

#include "memory/memory.h"
#include "scene.h"

#define MINUTE_NS UINT64_C(60000000000)
#define WALL_S INT64_C(1700000000)

/* A new directory, 0700; path: "state.db" in it.  Fails the test when it cannot be made. */
struct memory_place { char dir[64], path[80]; };
void place_new(struct memory_place *p);
void place_remove(struct memory_place *p);	/* with the files in it */
/* The fixture of these tests: a new place for each, and no words yet. */
extern struct memory_place place;
extern char why[MEMORY_WHY];
void place_setup(void);
void place_teardown(void);
bool place_has(const struct memory_place *p, const char *name);

/* The machine with lines as in scene.h, `minutes` after boot has 1000 s; target 200. */
struct scene_fixture *memory_scene(const char *lines, unsigned minutes);
/* APP with so many descriptors. */
struct scene_fixture *memory_app(unsigned minutes, int fds);

struct memory *memory_must(const char *path);	/* opens without a remark, or fails */
/* Opens, keeps the scene, closes; nothing may fail. */
void memory_keep(const char *path, struct scene_fixture *f, const char *check, int state);
/* Into a file that is open. */
void memory_put(struct memory *m, struct scene_fixture *f, const char *check, int state);

/* A minute each, from 50 descriptors up by one. */
void memory_keep_some(const char *path, unsigned from, unsigned to);

/* For trouble: 0 or the error, which must come with words. */
int try_open(const char *path);
int try_note(struct memory *m, unsigned minute);

char *bytes_of(const char *path, size_t *n);	/* to be freed */
void write_bytes(const char *path, const char *bytes, size_t n);
void has_bytes(const char *path, const char *bytes, size_t n);

/* Runs it as nobody, who owns the place then, in a process of its own: its status. */
int as_nobody(const struct memory_place *p, void (*test)(void));

/* The one number that an SQL statement gives. */
int64_t sql_number(const char *path, const char *sql);
void sql_do(const char *path, const char *sql);

#endif
