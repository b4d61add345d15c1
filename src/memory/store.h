/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of memory/ share.  SQLite's codes end here: everything above gets errno.
 * Text of processes goes in and out as BLOB, for it need not be UTF-8.
 */
#pragma once

#include <limits.h>
#include <sqlite3.h>
#include <sys/types.h>

#include "memory/memory.h"

#define STORE_BUSY_MS 1000

struct memory {
	sqlite3 *db;
	enum memory_use use;
	int unwritable;		/* errno that leaves it to be read only; 0: none */
	bool damaged;		/* something read was not what SQLite wrote */
	int64_t age_most_s, bytes_most;
	char path[PATH_MAX];	/* its directory without symbolic links */
};

/* ---- place.c: where the file is, and whether it is safe there */

/* Into path.  0 or -errno with *why. */
int place_find(const char *given, enum memory_use use, char path[PATH_MAX],
	       char why[MEMORY_WHY]);
/* The file itself, or what has its name: 0 a regular file of ours, -ENOENT, -EBADMSG no
 * SQLite file, or why not. */
int place_check_file(const char *path, char why[MEMORY_WHY]);
/* One at a time makes, converts or sets aside the file: locks its directory, for about a
 * second at most.  A descriptor to close, or -errno. */
int place_lock(const char *path);
int place_make(const char *path);		/* 0600; 0 also when it is there */
/* Renames it to FILE.damaged-N; into *why a remark.  Only if it is still the file `inode`. */
int place_set_aside(const char *path, ino_t inode, char why[MEMORY_WHY]);
/* Why it cannot be written or opened: what the rights say, else `seen`, else -EROFS. */
int place_obstacle(const char *path, int seen);
int place_inode(const char *path, ino_t *out);

/* ---- file.c: SQLite's side of it */

/* Opens what is at m->path. -ENOENT; -EBADMSG damaged; -ESTALE an older version or none
 * yet: store_upgrade() it; others as memory_open(). */
int store_open(struct memory *m, char why[MEMORY_WHY]);
void store_close(struct memory *m);
/* -errno of SQLite's code; notes damage in m. */
int store_error(struct memory *m, int rc);
const char *store_words(int err);		/* "the disk is full" */

int store_do(struct memory *m, const char *sql);
/* types: one letter for each parameter: i int64_t, t const char * as a BLOB (or NULL). */
int store_ask(struct memory *m, sqlite3_stmt **out, const char *sql, const char *types, ...);
/* 1 a row, 0 the end (finalized, *st is NULL then), -errno (too). */
int store_next(struct memory *m, sqlite3_stmt **st);
void store_done(sqlite3_stmt **st);		/* before its end */
int store_change(struct memory *m, const char *sql, const char *types, ...);
/* The one number of the one row; `otherwise` when there is none. */
int store_number(struct memory *m, int64_t otherwise, int64_t *out, const char *sql,
		 const char *types, ...);
char *store_text(struct arena *a, sqlite3_stmt *st, int column);	/* NULL stays NULL */

/* ---- schema.c */

int store_upgrade(struct memory *m);		/* in one transaction; from nothing, too */
/* 0; -ESTALE; -EPROTONOSUPPORT; -EEXIST another program's; -EBADMSG. */
int store_version(struct memory *m);

/* ---- recall.c */

int64_t recall_boot(struct memory *m, const char *boot_id);		/* 0 unknown */
int64_t recall_process(struct memory *m, int64_t boot, struct process_id id);	/* 0 unknown */
