/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fleet's table as one JSON document, described by doc/leakscan.merge.schema.json. */
#include "view/fleet.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/escape.h"

#define SCHEMA "leakscan.merge/1"

static json_t *must(json_t *value)
{
	if (!value)
		abort();
	return value;
}

static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, must(value)))
		abort();
}

static json_t *text(struct arena *a, const char *raw)
{
	return raw ? json_string(escape_text(a, SINK_JSON, raw)) : json_null();
}

static json_t *count_or_null(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

static json_t *row_json(struct arena *a, const struct fleet_row *r)
{
	json_t *object = must(json_object());

	put(object, "host", text(a, r->host));
	put(object, "target", text(a, r->target));
	put(object, "verdict", json_string(fleet_verdict_name(r->verdict)));
	put(object, "orphans", json_integer((json_int_t)r->orphans));
	put(object, "zombies", json_integer((json_int_t)r->zombies));
	put(object, "fds", json_integer((json_int_t)r->fds));
	put(object, "pipes", json_integer((json_int_t)r->pipes));
	put(object, "others", json_integer((json_int_t)r->others));
	put(object, "open_fds", count_or_null(r->open_fds));
	put(object, "soft_limit", count_or_null(r->soft_limit));
	put(object, "time", text(a, r->time));
	put(object, "file", text(a, r->file));
	return object;
}

/* DEL is the one control that jansson writes as it is; it occurs only inside strings. */
static int write_piece(const char *bytes, size_t n, void *stream)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] == 0x7f ? fputs("\\u007f", stream) < 0 : putc(bytes[i], stream) == EOF)
			return -1;
	return 0;
}

int fleet_json(const struct fleet *f, const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root = must(json_object()), *rows = must(json_array());
	json_t *faults = must(json_array());
	bool failed;

	for (size_t i = 0; i < f->row_n; i++)
		if (json_array_append_new(rows, row_json(a, &f->rows[i])))
			abort();
	for (size_t i = 0; i < f->fault_n; i++) {
		json_t *object = must(json_object());

		put(object, "file", text(a, f->faults[i].file));
		put(object, "why", text(a, f->faults[i].why));
		if (json_array_append_new(faults, object))
			abort();
	}
	put(root, "schema", json_string(SCHEMA));
	put(root, "version", text(a, o->version ? o->version : ""));
	put(root, "rows", rows);
	put(root, "unreadable", faults);
	failed = json_dump_callback(root, write_piece, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) ||
		 putc('\n', out) == EOF || fflush(out) || ferror(out);
	json_decref(root);
	arena_free(a);
	return failed ? -EIO : 0;
}
