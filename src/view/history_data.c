/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A history for programs.  JSON as doc/leakscan.history.schema.json has it: what is not
 * known is null.  CSV holds no text that a process chose, so that no spreadsheet takes any
 * for a formula.
 */
#include "view/history.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/escape.h"

static void put(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		abort();
}

static json_t *text(struct arena *a, const char *raw)
{
	return raw ? json_string(escape_text(a, SINK_JSON, raw)) : json_null();
}

char *history_utc(struct arena *a, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	char text[64] = "";
	struct tm tm;

	if (gmtime_r(&t, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_strdup(a, text);
}

static void put_figures(json_t *object, const struct figures *f)
{
	const struct { const char *name; int64_t value; } all[] = {
		{ "processes", f->processes }, { "fds", f->fds }, { "children", f->children },
		{ "zombies", f->zombies }, { "orphans", f->orphans }, { "pipes", f->pipes },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		put(object, all[i].name, all[i].value < 0 ? json_null() : json_integer(all[i].value));
}

static json_t *growth_json(const struct growth *g)
{
	json_t *object = json_object();

	put(object, "judged", json_boolean(g->judged));
	put(object, "grows", json_boolean(g->grows));
	put(object, "per_hour", g->judged ? json_real(g->per_minute * 60) : json_null());
	put(object, "seconds", json_real(g->seconds));
	return object;
}

static json_t *point_json(struct arena *a, const struct history_point *p)
{
	json_t *object = json_object();

	put(object, "time", json_string(history_utc(a, p->wall_s)));
	put_figures(object, &p->figures);
	put(object, "restarted", json_boolean(p->restarted));
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

static int finish(json_t *root, struct arena *a, FILE *out)
{
	bool failed = json_dump_callback(root, write_piece, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) ||
		      putc('\n', out) == EOF || fflush(out) || ferror(out);

	json_decref(root);
	arena_free(a);
	return failed ? -EIO : 0;
}

static json_t *root_new(struct arena *a, const char *schema, const struct view_options *o)
{
	json_t *root = json_object();

	put(root, "schema", json_string(schema));
	put(root, "version", text(a, o->version ? o->version : ""));
	return root;
}

int history_json(const struct history *h, const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root = root_new(a, "leakscan.history/1", o), *points = json_array();

	for (size_t i = 0; i < h->n; i++)
		if (json_array_append_new(points, point_json(a, &h->points[i])))
			abort();
	put(root, "target", text(a, h->selector));
	put(root, "label", text(a, h->label));
	put(root, "pid", h->pid ? json_integer(h->pid) : json_null());
	put(root, "whole_family", json_boolean(h->whole));
	put(root, "fd_growth", growth_json(&h->fds));
	put(root, "points", points);
	return finish(root, a, out);
}

int history_targets_json(const struct history_target *list, size_t n, const struct view_options *o,
			 FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root = root_new(a, "leakscan.targets/1", o), *targets = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *one = json_object(), *last = json_object();

		put_figures(last, &list[i].last);
		put(one, "target", text(a, list[i].selector));
		put(one, "label", text(a, list[i].label));
		put(one, "pid", list[i].pid ? json_integer(list[i].pid) : json_null());
		put(one, "checks", json_integer(list[i].checks));
		put(one, "first", json_string(history_utc(a, list[i].first_wall_s)));
		put(one, "last", json_string(history_utc(a, list[i].last_wall_s)));
		put(one, "figures", last);
		if (json_array_append_new(targets, one))
			abort();
	}
	put(root, "targets", targets);
	return finish(root, a, out);
}

int history_csv(const struct history *h, const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);

	(void)o;
	fputs("time,processes,fds,children,zombies,orphans,pipes,restarted\r\n", out);
	for (size_t i = 0; i < h->n; i++) {
		const struct figures *f = &h->points[i].figures;
		const int64_t all[] = { f->processes, f->fds, f->children, f->zombies, f->orphans,
					f->pipes };

		fputs(history_utc(a, h->points[i].wall_s), out);
		for (size_t c = 0; c < sizeof(all) / sizeof(all[0]); c++)
			fprintf(out, all[c] < 0 ? "," : ",%lld", (long long)all[c]);
		fprintf(out, ",%d\r\n", h->points[i].restarted);
	}
	arena_free(a);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
