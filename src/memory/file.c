/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SQLite's side of the file.  Its write-ahead log wants a second file beside it even to
 * read, so on a full or read-only disk what is there is read as if it could not change.
 */
#include "memory/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define URI_MOST (3 * PATH_MAX + 32)

static bool by_the_disk(int err)
{
	return err == ENOSPC || err == EDQUOT || err == EROFS || err == EACCES || err == EPERM ||
	       err == EFBIG || err == EMFILE || err == ENFILE || err == ENOMEM;
}

int store_error(struct memory *m, int rc)
{
	int failed = errno, err = sqlite3_system_errno(m->db);

	/* a COMMIT that fails does not tell it: our callers have cleared errno */
	if (!by_the_disk(err))
		err = failed;
	if (rc == SQLITE_IOERR_SHORT_READ)
		rc = SQLITE_CORRUPT;
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	/* our statements are always the same: what they trip over is the file */
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_SCHEMA:
	case SQLITE_TOOBIG:
	case SQLITE_FORMAT:
	case SQLITE_RANGE:
		/* what is read without a lock may change under our eyes */
		m->damaged |= !m->unwritable;
		return -EBADMSG;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return -EBUSY;
	case SQLITE_FULL:
		return err == EDQUOT || err == EFBIG ? -err : -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return m->unwritable ? -m->unwritable : place_obstacle(m->path, by_the_disk(err) ? err : 0);
	case SQLITE_IOERR:
		return by_the_disk(err) ? -err : -EIO;
	default:
		return -EIO;
	}
}

const char *store_words(int err)
{
	switch (err < 0 ? -err : err) {
	case ENOSPC:
		return "the disk is full";
	case EDQUOT:
		return "the disk quota is used up";
	case EFBIG:
		return "files may not grow so far (ulimit -f)";
	case EBUSY:
		return "others have been writing to it for more than a second";
	case EROFS:
		return "it can only be read";
	case EBADMSG:
		return "it is damaged";
	default:
		return strerror(err < 0 ? -err : err);
	}
}

int store_do(struct memory *m, const char *sql)
{
	errno = 0;
	return store_error(m, sqlite3_exec(m->db, sql, NULL, NULL, NULL));
}

static int bind(sqlite3_stmt *st, int at, char type, va_list *ap)
{
	const char *text;

	if (type == 'i')
		return sqlite3_bind_int64(st, at, va_arg(*ap, int64_t));
	text = va_arg(*ap, const char *);
	if (!text)
		return sqlite3_bind_null(st, at);
	return sqlite3_bind_blob64(st, at, text, strlen(text), SQLITE_TRANSIENT);
}

static int ask(struct memory *m, sqlite3_stmt **out, const char *sql, const char *types,
	       va_list *ap)
{
	int rc;

	errno = 0;
	rc = sqlite3_prepare_v2(m->db, sql, -1, out, NULL);
	for (int i = 0; !rc && types[i]; i++)
		rc = bind(*out, i + 1, types[i], ap);
	if (rc) {
		int err = store_error(m, rc);

		store_done(out);
		return err;
	}
	return 0;
}

int store_ask(struct memory *m, sqlite3_stmt **out, const char *sql, const char *types, ...)
{
	va_list ap;
	int err;

	va_start(ap, types);
	err = ask(m, out, sql, types, &ap);
	va_end(ap);
	return err;
}

void store_done(sqlite3_stmt **st)
{
	sqlite3_finalize(*st);
	*st = NULL;
}

int store_next(struct memory *m, sqlite3_stmt **st)
{
	int rc, err;

	errno = 0;
	rc = sqlite3_step(*st);
	if (rc == SQLITE_ROW)
		return 1;
	err = store_error(m, rc);
	store_done(st);
	return err;
}

int store_change(struct memory *m, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int err;

	va_start(ap, types);
	err = ask(m, &st, sql, types, &ap);
	va_end(ap);
	while (!err && (err = store_next(m, &st)) > 0)
		err = 0;
	return err;
}

int store_number(struct memory *m, int64_t otherwise, int64_t *out, const char *sql,
		 const char *types, ...)
{
	int64_t n = otherwise;
	sqlite3_stmt *st;
	va_list ap;
	int err;

	va_start(ap, types);
	err = ask(m, &st, sql, types, &ap);
	va_end(ap);
	if (err)
		return err;
	err = store_next(m, &st);
	if (err > 0) {
		n = sqlite3_column_int64(st, 0);
		store_done(&st);
	}
	if (err < 0)
		return err;
	*out = n;
	return 0;
}

char *store_text(struct arena *a, sqlite3_stmt *st, int column)
{
	const char *bytes = sqlite3_column_blob(st, column);

	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return NULL;
	return arena_bytes(a, bytes ? bytes : "", (size_t)sqlite3_column_bytes(st, column));
}

/* A path in a URI: what would end it there as %XX. */
static void uri_of(const char *path, char uri[URI_MOST])
{
	char *to = uri + sprintf(uri, "file:");

	for (; *path; path++)
		to += sprintf(to, strchr("%?#", *path) ? "%%%02X" : "%c", (unsigned char)*path);
	strcpy(to, "?immutable=1");
}

/* A file that others may have written is data: no code of its schema runs. */
static int settle(struct memory *m)
{
	int rc = sqlite3_busy_timeout(m->db, STORE_BUSY_MS);

	sqlite3_extended_result_codes(m->db, 1);
	sqlite3_db_config(m->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(m->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(m->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(m->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (rc)
		return store_error(m, rc);
	return store_do(m, "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;"
			   "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 128;"
			   "PRAGMA journal_size_limit = 1048576");
}

static int connect_as(struct memory *m, int unwritable)
{
	char uri[URI_MOST];
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, rc, err;

	m->unwritable = unwritable;
	errno = 0;
	if (unwritable) {
		uri_of(m->path, uri);
		rc = sqlite3_open_v2(uri, &m->db, flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
	} else {
		rc = sqlite3_open_v2(m->path, &m->db, flags | SQLITE_OPEN_READWRITE, NULL);
	}
	err = rc ? store_error(m, rc) : settle(m);
	if (!err && !unwritable && sqlite3_db_readonly(m->db, "main"))
		err = store_error(m, SQLITE_READONLY);
	if (!err)
		err = store_version(m);
	if (err && err != -ESTALE)
		store_close(m);
	return err;
}

int store_open(struct memory *m, char why[MEMORY_WHY])
{
	int err = place_check_file(m->path, why), first;

	if (err == -EBADMSG)
		m->damaged = true;
	if (err)
		return err;
	first = err = connect_as(m, 0);
	if (err && by_the_disk(-err) && err != -ENOMEM)
		err = connect_as(m, -first);
	if (err == -ESTALE && m->unwritable) {
		store_close(m);
		err = first;
	}
	if (!err && m->unwritable && m->use == MEMORY_WRITE)
		snprintf(why, MEMORY_WHY, "the state file is read, but cannot be written: %s",
			 store_words(m->unwritable));
	if (err == -EPROTONOSUPPORT)
		snprintf(why, MEMORY_WHY, "the state file was written by a newer leakscan, and is left alone");
	else if (err == -EEXIST)
		snprintf(why, MEMORY_WHY, "the state file is an SQLite file of another program, and is left alone");
	else if (err && err != -ESTALE)
		snprintf(why, MEMORY_WHY, "cannot use the state file: %s", store_words(err));
	return err;
}

void store_close(struct memory *m)
{
	sqlite3_close_v2(m->db);
	m->db = NULL;
}
