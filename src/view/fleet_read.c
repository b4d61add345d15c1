/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON from other machines is as hostile as they are, and a copy may be cut off.  What is
 * not the shape that doc/leakscan.report.schema.json gives is refused as a whole: a row made
 * of half a report would look like a clean machine.
 */
#include "view/fleet.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

#define SCHEMA "leakscan.report/"
#define SCHEMA_MAJOR "1"

static void fault(struct fleet *f, const char *name, const char *why)
{
	struct fleet_fault *new = arena_push(f->arena, &f->faults, &f->fault_n, &f->fault_room,
					     sizeof(*new));

	*new = (struct fleet_fault){ arena_strdup(f->arena, name), why };
}

static const char *text(struct fleet *f, const json_t *object, const char *key)
{
	return arena_strdup(f->arena, json_string_value(json_object_get(object, key)));
}

static int64_t count(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) && json_integer_value(value) >= 0 ?
	       json_integer_value(value) : -1;
}

/* By the ids, which are stable and grouped: LS2xx descriptors, LS3xx pipes. */
static size_t *counter(struct fleet_row *r, const char *id)
{
	if (!strcmp(id, "LS101"))
		return &r->orphans;
	if (!strcmp(id, "LS111"))
		return &r->zombies;
	if (!strncmp(id, "LS2", 3))
		return &r->fds;
	return !strncmp(id, "LS3", 3) ? &r->pipes : &r->others;
}

/* NULL, or what is wrong. */
static const char *take_findings(struct fleet_row *r, const json_t *findings)
{
	const json_t *one;
	size_t i;

	if (!json_is_array(findings))
		return "a report without its findings";
	json_array_foreach(findings, i, one) {
		const char *id = json_string_value(json_object_get(one, "id"));
		const char *severity = json_string_value(json_object_get(one, "severity"));

		if (!id || !severity)
			return "a finding without id or severity";
		if (!strcmp(severity, "critical"))
			r->verdict = FLEET_CRITICAL;
		else if (strcmp(severity, "warning"))
			continue;
		++*counter(r, id);
	}
	return NULL;
}

static const char *take_verdict(struct fleet_row *r, const char *word)
{
	for (unsigned v = FLEET_CLEAN; word && v <= FLEET_LEAKS; v++)
		if (!strcmp(word, fleet_verdict_name(v))) {
			r->verdict = v;
			return NULL;
		}
	return "a report without a verdict";
}

static const char *take_report(struct fleet *f, const char *name, const json_t *report)
{
	const char *schema = json_string_value(json_object_get(report, "schema")), *why;
	const json_t *target = json_object_get(report, "target");
	const json_t *fds = json_object_get(target, "fds");
	struct fleet_row r = { .file = arena_strdup(f->arena, name) }, *new;

	if (!schema || strncmp(schema, SCHEMA, strlen(SCHEMA)))
		return "no report of leakscan scan --json";
	if (strcmp(schema + strlen(SCHEMA), SCHEMA_MAJOR))
		return "a report of a newer leakscan";
	r.host = text(f, report, "host");
	r.target = text(f, target, "selector");
	r.time = text(f, report, "time");
	r.open_fds = count(fds, "open");
	r.soft_limit = count(fds, "soft_limit");
	if (!r.target)
		return "a report without its target";
	r.host = r.host ? r.host : "?";
	why = take_verdict(&r, json_string_value(json_object_get(report, "verdict")));
	why = why ? why : take_findings(&r, json_object_get(report, "findings"));
	if (why)
		return why;
	new = arena_push(f->arena, &f->rows, &f->row_n, &f->row_room, sizeof(*new));
	*new = r;
	return NULL;
}

static const char *take_document(struct fleet *f, const char *name, const json_t *root)
{
	const char *why = NULL;
	const json_t *one;
	size_t i;

	if (!json_is_array(root))
		return take_report(f, name, root);
	json_array_foreach(root, i, one) {
		const char *wrong = take_report(f, name, one);

		why = why ? why : wrong;
	}
	return why;
}

/* All of it, with its size; NULL with *why. */
static char *slurp(FILE *in, size_t *size, const char **why)
{
	size_t n = 0, room = 65536;
	char *bytes = malloc(room);

	while (bytes) {
		char *more;

		n += fread(bytes + n, 1, room - n, in);
		if (n < room)
			break;
		more = room < FLEET_FILE_MOST ? realloc(bytes, room * 2) : NULL;
		if (!more)
			break;
		bytes = more;
		room *= 2;
	}
	*why = !bytes ? strerror(ENOMEM) : n == room ? "it is too large" :
	       ferror(in) ? strerror(errno) : NULL;
	if (*why) {
		free(bytes);
		return NULL;
	}
	*size = n;
	return bytes;
}

static bool only_blanks(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!memchr(" \t\r\n", bytes[i], 4))
			return false;
	return true;
}

/* What ends within a word, true or null, jansson calls an invalid token. */
static bool is_cut_off(const json_error_t *error, const char *bytes, size_t n)
{
	size_t begin = 0;

	if (json_error_code(error) == json_error_premature_end_of_input)
		return true;
	while (begin < n && only_blanks(bytes + begin, 1))
		begin++;
	return begin < n && bytes[begin] == '{' && (size_t)error->position >= n;
}

void fleet_read(struct fleet *f, const char *name, FILE *in)
{
	size_t n = 0, at = 0, documents = 0;
	const char *why = NULL;
	char *bytes = slurp(in, &n, &why);

	if (!bytes) {
		fault(f, name, arena_strdup(f->arena, why));
		return;
	}
	while (!why && !only_blanks(bytes + at, n - at)) {
		json_error_t error;
		json_t *root = json_loadb(bytes + at, n - at, JSON_DISABLE_EOF_CHECK, &error);

		documents++;
		if (!root) {
			/* jansson's text quotes the input, control characters and all */
			why = is_cut_off(&error, bytes + at, n - at) ?
			      "cut off: its end is missing" :
			      arena_printf(f->arena, "no JSON from line %d, column %d on",
					   error.line, error.column);
			break;
		}
		at += (size_t)error.position;
		why = take_document(f, name, root);
		json_decref(root);
	}
	if (!documents)
		why = "it is empty";
	if (why)
		fault(f, name, why);
	free(bytes);
}
