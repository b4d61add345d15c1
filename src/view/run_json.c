/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run's report as one JSON document: doc/leakscan.run.schema.json says what is in it. */
#include "view/run.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "base/escape.h"

#define SCHEMA "leakscan.run/1"

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

static json_t *seconds(uint64_t ns)
{
	return json_real((double)(ns / 1000000) / 1e3);
}

static json_t *when(struct arena *a, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || tm.tm_year < 70 || tm.tm_year > 8099)
		return json_null();
	return json_string(arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
					tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec));
}

static const char *fate_word(const struct left *l)
{
	return l->allowed ? "allowed" : l->fate == FATE_NONE ? "running" : fate_name(l->fate);
}

static json_t *left_json(const struct run_report *r, const struct left *l, struct arena *a)
{
	json_t *object = must(json_object()), *holds = must(json_array());

	put(object, "pid", json_integer(l->process.id.pid));
	put(object, "start", json_integer((json_int_t)l->process.id.start_ticks));
	put(object, "ppid", json_integer(l->process.now.ppid));
	put(object, "name", text(a, l->process.comm));
	put(object, "command", text(a, l->process.command));
	put(object, "user", text(a, l->process.user));
	put(object, "kind", json_string(l->zombie ? "zombie" : "orphan"));
	put(object, "how", json_string(left_how_name(l->how)));
	put(object, "known_by", text(a, l->known_by));
	put(object, "age_seconds", seconds(l->age_ns));
	put(object, "leak", json_boolean(left_counts(r, l)));
	put(object, "ended_by_itself", json_boolean(l->by_itself));
	put(object, "late", json_boolean(l->late));
	put(object, "holds_output", json_boolean(l->holds_output));
	for (size_t i = 0; i < l->hold_n; i++)
		if (json_array_append_new(holds, must(text(a, l->holds[i]))))
			abort();
	put(object, "holds", holds);
	put(object, "signals", json_integer(l->sent));
	put(object, "fate", json_string(fate_word(l)));
	put(object, "fate_detail", text(a, view_run_fate(r, l, a)));
	return object;
}

static json_t *steps_json(const struct run_report *r, struct arena *a)
{
	static const char *const ends[] = {
		[STEP_DONE] = "done", [STEP_NOT_NEEDED] = "not needed", [STEP_ONLY] = "only",
		[STEP_FAILED] = "failed",
	};
	json_t *steps = must(json_array());

	for (int i = 0; i < STEP_N && r->cleaned; i++) {
		json_t *one = must(json_object());

		put(one, "step", json_string(step_name((enum step)i)));
		put(one, "result", json_string(ends[r->steps[i].end]));
		put(one, "note", text(a, r->steps[i].note));
		if (json_array_append_new(steps, one))
			abort();
	}
	return steps;
}

static json_t *fds_json(const struct run_report *r)
{
	json_t *object;

	if (!r->has_fds)
		return json_null();
	object = must(json_object());
	put(object, "first", json_integer(r->fds_first));
	put(object, "most", json_integer(r->fds_most));
	put(object, "last", json_integer(r->fds_last));
	return object;
}

static json_t *grown_json(const struct run_report *r, struct arena *a)
{
	json_t *list = must(json_array());

	for (size_t i = 0; i < r->grown_n; i++) {
		const struct fds_grown *g = &r->grown[i];
		json_t *one = must(json_object());

		put(one, "pid", json_integer(g->process.id.pid));
		put(one, "start", json_integer((json_int_t)g->process.id.start_ticks));
		put(one, "name", text(a, g->process.comm));
		put(one, "command", text(a, g->process.command));
		put(one, "first", json_integer(g->first));
		put(one, "most", json_integer(g->most));
		put(one, "last", json_integer(g->last));
		put(one, "steady", json_boolean(g->steady));
		put(one, "per_minute", g->steady ? json_real(g->per_minute) : json_null());
		if (json_array_append_new(list, one))
			abort();
	}
	return list;
}

static json_t *report_json(const struct run_report *r, const struct view_options *o,
			   struct arena *a)
{
	json_t *object = must(json_object()), *left = must(json_array());
	char id[17];

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)r->id);
	put(object, "schema", json_string(SCHEMA));
	put(object, "version", text(a, o->version));
	put(object, "time", when(a, r->wall_s));
	put(object, "command", text(a, r->command));
	put(object, "pid", json_integer(r->pid));
	put(object, "id", json_string(id));
	put(object, "end", text(a, view_run_end(r, a)));
	put(object, "timed_out", json_boolean(r->timed_out));
	put(object, "seconds", seconds(r->took_ns));
	put(object, "exit_status", json_integer(r->status));
	put(object, "own_session", json_boolean(r->own_session));
	put(object, "own_cgroup", json_boolean(r->own_cgroup));
	put(object, "marked", json_boolean(r->marked));
	put(object, "leaks", json_integer((json_int_t)run_report_leaks(r)));
	put(object, "survivors", json_integer((json_int_t)run_report_survivors(r)));
	put(object, "proven", json_boolean(r->proven));
	put(object, "blind", json_boolean(r->blind));
	put(object, "orphans_ended", json_integer((json_int_t)r->adopted));
	put(object, "unnamed", json_integer((json_int_t)r->late_unnamed));
	put(object, "fds", fds_json(r));
	put(object, "fds_grown", grown_json(r, a));
	for (size_t i = 0; i < r->left_n; i++)
		if (json_array_append_new(left, left_json(r, &r->left[i], a)))
			abort();
	put(object, "left", left);
	put(object, "steps", steps_json(r, a));
	return object;
}

int view_run_json(const struct run_report *r, const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *object = report_json(r, o, a);
	int err = json_dumpf(object, out, JSON_INDENT(2) | JSON_ENSURE_ASCII);

	fputc('\n', out);
	json_decref(object);
	arena_free(a);
	return err || fflush(out) || ferror(out) ? -EIO : 0;
}
