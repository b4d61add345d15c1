/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fleet's table as one JSON document, described by doc/leakscan.merge.schema.json. */
#include "view/fleet.h"

#include "view/document.h"

#define SCHEMA "leakscan.merge/1"

static json_t *row_json(struct arena *a, const struct fleet_row *r)
{
	json_t *object = doc_must(json_object());

	doc_put(object, "host", doc_text(a, r->host));
	doc_put(object, "target", doc_text(a, r->target));
	doc_put(object, "verdict", json_string(fleet_verdict_name(r->verdict)));
	doc_put(object, "orphans", json_integer((json_int_t)r->orphans));
	doc_put(object, "zombies", json_integer((json_int_t)r->zombies));
	doc_put(object, "fds", json_integer((json_int_t)r->fds));
	doc_put(object, "pipes", json_integer((json_int_t)r->pipes));
	doc_put(object, "others", json_integer((json_int_t)r->others));
	doc_put(object, "open_fds", doc_count_or_null(r->open_fds));
	doc_put(object, "soft_limit", doc_count_or_null(r->soft_limit));
	doc_put(object, "time", doc_text(a, r->time));
	doc_put(object, "file", doc_text(a, r->file));
	return object;
}

int fleet_json(const struct fleet *f, const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root = doc_must(json_object()), *rows = doc_must(json_array());
	json_t *faults = doc_must(json_array());
	int err;

	for (size_t i = 0; i < f->row_n; i++)
		doc_add(rows, row_json(a, &f->rows[i]));
	for (size_t i = 0; i < f->fault_n; i++) {
		json_t *object = doc_must(json_object());

		doc_put(object, "file", doc_text(a, f->faults[i].file));
		doc_put(object, "why", doc_text(a, f->faults[i].why));
		doc_add(faults, object);
	}
	doc_put(root, "schema", json_string(SCHEMA));
	doc_put(root, "version", doc_text(a, o->version ? o->version : ""));
	doc_put(root, "rows", rows);
	doc_put(root, "unreadable", faults);
	err = doc_write(root, out);
	arena_free(a);
	return err;
}
