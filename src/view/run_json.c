/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run's report as one JSON document: doc/leakscan.run.schema.json says what is in it. */
#include "view/run.h"

#include "view/document.h"

#define SCHEMA "leakscan.run/1"

static json_t *seconds(uint64_t ns)
{
	return json_real((double)(ns / 1000000) / 1e3);
}

static const char *fate_word(const struct left *l)
{
	return l->allowed	       ? "allowed"
		: l->fate == FATE_NONE ? "running"
				       : fate_name(l->fate);
}

static json_t *left_json(const struct run_report *r, const struct left *l,
			 struct arena *a)
{
	json_t *object = doc_must(json_object()), *holds = doc_must(json_array());

	doc_put(object, "pid", json_integer(l->process.id.pid));
	doc_put(object, "start", json_integer((json_int_t)l->process.id.start_ticks));
	doc_put(object, "ppid", json_integer(l->process.now.ppid));
	doc_put(object, "name", doc_text(a, l->process.comm));
	doc_put(object, "command", doc_text(a, l->process.command));
	doc_put(object, "user", doc_text(a, l->process.user));
	doc_put(object, "kind", json_string(l->zombie ? "zombie" : "orphan"));
	doc_put(object, "how", json_string(left_how_name(l->how)));
	doc_put(object, "known_by", doc_text(a, l->known_by));
	doc_put(object, "age_seconds", seconds(l->age_ns));
	doc_put(object, "leak", json_boolean(left_counts(r, l)));
	doc_put(object, "ended_by_itself", json_boolean(l->by_itself));
	doc_put(object, "late", json_boolean(l->late));
	doc_put(object, "holds_output", json_boolean(l->holds_output));
	for (size_t i = 0; i < l->hold_n; i++)
		doc_add(holds, doc_text(a, l->holds[i]));
	doc_put(object, "holds", holds);
	doc_put(object, "signals", json_integer(l->sent));
	doc_put(object, "fate", json_string(fate_word(l)));
	doc_put(object, "fate_detail", doc_text(a, view_run_fate(r, l, a)));
	return object;
}

static json_t *steps_json(const struct run_report *r, struct arena *a)
{
	static const char *const ends[] = {
		[STEP_DONE] = "done",
		[STEP_NOT_NEEDED] = "not needed",
		[STEP_ONLY] = "only",
		[STEP_FAILED] = "failed",
	};
	json_t *steps = doc_must(json_array());

	for (int i = 0; i < STEP_N && r->cleaned; i++) {
		json_t *one = doc_must(json_object());

		doc_put(one, "step", json_string(step_name((enum step)i)));
		doc_put(one, "result", json_string(ends[r->steps[i].end]));
		doc_put(one, "note", doc_text(a, r->steps[i].note));
		doc_add(steps, one);
	}
	return steps;
}

static json_t *fds_json(const struct run_report *r)
{
	json_t *object;

	if (!r->has_fds)
		return json_null();
	object = doc_must(json_object());
	doc_put(object, "first", json_integer(r->fds_first));
	doc_put(object, "most", json_integer(r->fds_most));
	doc_put(object, "last", json_integer(r->fds_last));
	return object;
}

static json_t *grown_json(const struct run_report *r, struct arena *a)
{
	json_t *list = doc_must(json_array());

	for (size_t i = 0; i < r->grown_n; i++) {
		const struct fds_grown *g = &r->grown[i];
		json_t *one = doc_must(json_object());

		doc_put(one, "pid", json_integer(g->process.id.pid));
		doc_put(one, "start", json_integer((json_int_t)g->process.id.start_ticks));
		doc_put(one, "name", doc_text(a, g->process.comm));
		doc_put(one, "command", doc_text(a, g->process.command));
		doc_put(one, "first", json_integer(g->first));
		doc_put(one, "most", json_integer(g->most));
		doc_put(one, "last", json_integer(g->last));
		doc_put(one, "steady", json_boolean(g->steady));
		doc_put(one, "per_minute", g->steady ? json_real(g->per_minute) : json_null());
		if (json_array_append_new(list, one))
			abort();
	}
	return list;
}

static json_t *report_json(const struct run_report *r, const struct view_options *o,
			   struct arena *a)
{
	json_t *object = doc_must(json_object()), *left = doc_must(json_array());
	char id[17];

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)r->id);
	doc_put(object, "schema", json_string(SCHEMA));
	doc_put(object, "version", doc_text(a, o->version));
	doc_put(object, "time", doc_when(a, r->wall_s));
	doc_put(object, "command", doc_text(a, r->command));
	doc_put(object, "pid", json_integer(r->pid));
	doc_put(object, "id", json_string(id));
	doc_put(object, "end", doc_text(a, view_run_end(r, a)));
	doc_put(object, "timed_out", json_boolean(r->timed_out));
	doc_put(object, "seconds", seconds(r->took_ns));
	doc_put(object, "exit_status", json_integer(r->status));
	doc_put(object, "own_session", json_boolean(r->own_session));
	doc_put(object, "own_cgroup", json_boolean(r->own_cgroup));
	doc_put(object, "marked", json_boolean(r->marked));
	doc_put(object, "leaks", json_integer((json_int_t)run_report_leaks(r)));
	doc_put(object, "survivors", json_integer((json_int_t)run_report_survivors(r)));
	doc_put(object, "proven", json_boolean(r->proven));
	doc_put(object, "blind", json_boolean(r->blind));
	doc_put(object, "orphans_ended", json_integer((json_int_t)r->adopted));
	doc_put(object, "unnamed", json_integer((json_int_t)r->late_unnamed));
	doc_put(object, "fds", fds_json(r));
	doc_put(object, "fds_grown", grown_json(r, a));
	for (size_t i = 0; i < r->left_n; i++)
		doc_add(left, left_json(r, &r->left[i], a));
	doc_put(object, "left", left);
	doc_put(object, "steps", steps_json(r, a));
	return object;
}

int view_run_json(const struct run_report *r, const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *object = report_json(r, o, a);
	int err = doc_write(object, out);

	arena_free(a);
	return err;
}
