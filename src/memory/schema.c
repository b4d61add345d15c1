/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables, as the list of steps that lead to them: a new file takes all of them, an
 * older one those that it lacks, in one transaction.  A step that was once released is
 * never changed; what is new is a new step.
 */
#include "memory/store.h"

#include <errno.h>
#include <stdio.h>

#include "base/text.h"

/* "lksc", as PRAGMA application_id: which program's SQLite file this is. */
#define APPLICATION 1818981219

static const char *const steps[] = {
	/* 1: series between checks.  Rows of one run lie together, so that a run is written
	 * and forgotten in few pages. */
	"CREATE TABLE boot (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);"
	"CREATE TABLE process (id INTEGER PRIMARY KEY, boot INTEGER NOT NULL,"
	" pid INTEGER NOT NULL, start INTEGER NOT NULL, comm BLOB, command BLOB,"
	" last_run INTEGER NOT NULL, UNIQUE (boot, pid, start));"
	"CREATE TABLE run (id INTEGER PRIMARY KEY, boot INTEGER NOT NULL,"
	" boot_ns INTEGER NOT NULL, wall_s INTEGER NOT NULL);"
	"CREATE INDEX run_at ON run (boot, boot_ns);"
	"CREATE TABLE target (id INTEGER PRIMARY KEY, selector BLOB NOT NULL,"
	" process INTEGER NOT NULL, last_run INTEGER NOT NULL, UNIQUE (selector, process));"
	"CREATE TABLE figure (run INTEGER NOT NULL, target INTEGER NOT NULL,"
	" processes INTEGER NOT NULL, fds INTEGER NOT NULL, children INTEGER NOT NULL,"
	" zombies INTEGER NOT NULL, orphans INTEGER NOT NULL, PRIMARY KEY (run, target))"
	" WITHOUT ROWID;"
	"CREATE TABLE sample (run INTEGER NOT NULL, process INTEGER NOT NULL,"
	" fds INTEGER NOT NULL, children INTEGER NOT NULL, zombies INTEGER NOT NULL,"
	" soft INTEGER NOT NULL, PRIMARY KEY (run, process)) WITHOUT ROWID;",
	/* 2: since when a zombie is one, what a check said, pipes. */
	"CREATE TABLE zombie (process INTEGER PRIMARY KEY, first_ns INTEGER NOT NULL,"
	" first_wall_s INTEGER NOT NULL, checks INTEGER NOT NULL, last_run INTEGER NOT NULL);"
	"CREATE INDEX zombie_last ON zombie (last_run);"
	"ALTER TABLE run ADD COLUMN name BLOB;"
	"ALTER TABLE run ADD COLUMN state INTEGER;"
	"CREATE INDEX run_name ON run (name, id);"
	"ALTER TABLE figure ADD COLUMN pipes INTEGER NOT NULL DEFAULT -1;",
};

/* Every table and column that is asked for, so that a file without them is found out
 * before the first answer. */
static const char probe[] =
	"SELECT boot.name, process.pid, process.last_run, run.name, target.selector, figure.pipes,"
	" sample.soft, zombie.checks FROM boot, process, run, target, figure, sample, zombie LIMIT 0";

static int header(struct memory *m, int64_t *version, int64_t *application, int64_t *tables)
{
	int err = store_number(m, 0, version, "PRAGMA user_version", "");

	err = err ? err : store_number(m, 0, application, "PRAGMA application_id", "");
	return err ? err : store_number(m, 0, tables, "SELECT count(*) FROM sqlite_master", "");
}

int store_version(struct memory *m)
{
	const int64_t ours = (int64_t)ARRAY_SIZE(steps);
	int64_t version, application, tables;
	int err = header(m, &version, &application, &tables);

	if (err)
		return err;
	/* new, or who made it was killed before its first table */
	if (!version && !application && !tables)
		return -ESTALE;
	if (application != APPLICATION)
		return -EEXIST;
	if (version > ours)
		return -EPROTONOSUPPORT;
	if (version < 0)
		return -EBADMSG;
	if (version < ours)
		return -ESTALE;
	return store_do(m, probe);
}

/* The log and the way of giving pages back are properties of an empty file. */
static int start(struct memory *m)
{
	int64_t pages;
	int err = store_number(m, 0, &pages, "PRAGMA page_count", "");

	if (!err && !pages)
		err = store_do(m, "PRAGMA auto_vacuum = INCREMENTAL");
	return err ? err : store_do(m, "PRAGMA journal_mode = WAL");
}

static int take_steps(struct memory *m)
{
	int64_t version, application, tables;
	char sql[96];
	int err = header(m, &version, &application, &tables);

	for (size_t i = (size_t)version; !err && i < ARRAY_SIZE(steps); i++)
		err = store_do(m, steps[i]);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %zu",
		 APPLICATION, ARRAY_SIZE(steps));
	return err ? err : store_do(m, sql);
}

int store_upgrade(struct memory *m)
{
	int err = start(m);

	err = err ? err : store_do(m, "BEGIN IMMEDIATE");
	if (err)
		return err;
	err = take_steps(m);
	if (!err)
		err = store_do(m, "COMMIT");
	if (err && !sqlite3_get_autocommit(m->db))
		sqlite3_exec(m->db, "ROLLBACK", NULL, NULL, NULL);
	return err ? err : store_version(m);
}
