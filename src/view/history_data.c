/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A history for programs.  JSON as doc/leakscan.history.schema.json has it: what is not
 * known is null.  CSV holds no text that a process chose, so that no spreadsheet takes any
 * for a formula.
 */
#include "view/history.h"

#include <errno.h>

#include "view/document.h"

static void put_figures(json_t *object, const struct figures *f)
{
	const struct { const char *name; int64_t value;
	} all[] = {
		{"processes", f->processes}, {"fds", f->fds},
		{"children", f->children},   {"zombies", f->zombies},
		{"orphans", f->orphans},     {"pipes", f->pipes},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		doc_put(object, all[i].name, doc_count_or_null(all[i].value));
}

static json_t *growth_json(const struct growth *g)
{
	json_t *object = doc_must(json_object());

	doc_put(object, "judged", json_boolean(g->judged));
	doc_put(object, "grows", json_boolean(g->grows));
	doc_put(object, "per_hour",
		g->judged ? json_real(g->per_minute * 60) : json_null());
	doc_put(object, "seconds", json_real(g->seconds));
	return object;
}

static json_t *point_json(struct arena *a, const struct history_point *p)
{
	json_t *object = doc_must(json_object());

	doc_put(object, "time", doc_when(a, p->wall_s));
	put_figures(object, &p->figures);
	doc_put(object, "restarted", json_boolean(p->restarted));
	return object;
}

static int finish(json_t *root, struct arena *a, FILE *out)
{
	int err = doc_write(root, out);

	arena_free(a);
	return err;
}

static json_t *root_new(struct arena *a, const char *schema, const struct view_options *o)
{
	json_t *root = doc_must(json_object());

	doc_put(root, "schema", json_string(schema));
	doc_put(root, "version", doc_text(a, o->version ? o->version : ""));
	return root;
}

int history_json(const struct history *h, const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root = root_new(a, "leakscan.history/1", o),
	       *points = doc_must(json_array());

	for (size_t i = 0; i < h->n; i++)
		doc_add(points, point_json(a, &h->points[i]));
	doc_put(root, "target", doc_text(a, h->selector));
	doc_put(root, "label", doc_text(a, h->label));
	doc_put(root, "pid", h->pid ? json_integer(h->pid) : json_null());
	doc_put(root, "whole_family", json_boolean(h->whole));
	doc_put(root, "fd_growth", growth_json(&h->fds));
	doc_put(root, "points", points);
	return finish(root, a, out);
}

int history_targets_json(const struct history_target *list, size_t n,
			 const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root = root_new(a, "leakscan.targets/1", o),
	       *targets = doc_must(json_array());

	for (size_t i = 0; i < n; i++) {
		json_t *one = doc_must(json_object()), *last = doc_must(json_object());

		put_figures(last, &list[i].last);
		doc_put(one, "target", doc_text(a, list[i].selector));
		doc_put(one, "label", doc_text(a, list[i].label));
		doc_put(one, "pid",
			list[i].pid ? json_integer(list[i].pid) : json_null());
		doc_put(one, "checks", json_integer(list[i].checks));
		doc_put(one, "first", doc_when(a, list[i].first_wall_s));
		doc_put(one, "last", doc_when(a, list[i].last_wall_s));
		doc_put(one, "figures", last);
		doc_add(targets, one);
	}
	doc_put(root, "targets", targets);
	return finish(root, a, out);
}

int history_csv(const struct history *h, const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);

	(void)o;
	fputs("time,processes,fds,children,zombies,orphans,pipes,restarted\r\n", out);
	for (size_t i = 0; i < h->n; i++) {
		const struct figures *f = &h->points[i].figures;
		const int64_t all[] = {f->processes, f->fds,	 f->children,
				       f->zombies,   f->orphans, f->pipes};
		const char *time = doc_time(a, h->points[i].wall_s);

		fputs(time ? time : "", out);
		for (size_t c = 0; c < sizeof(all) / sizeof(all[0]); c++)
			fprintf(out, all[c] < 0 ? "," : ",%lld", (long long)all[c]);
		fprintf(out, ",%d\r\n", h->points[i].restarted);
	}
	arena_free(a);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
