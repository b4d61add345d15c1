/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans as one JSON document (doc/leakscan.reap.schema.json), and audit lines.  ASCII only,
 * as in json.c: no control byte of a name reaches whoever reads the log.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "view/plans.h"

#define SCHEMA "leakscan.reap/1"

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

static void add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, must(value)))
		abort();
}

static json_t *text(struct arena *a, const char *raw)
{
	return raw ? json_string(escape_text(a, SINK_JSON, raw)) : json_null();
}

static json_t *when(struct arena *a, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || tm.tm_year + 1900 < 1970 || tm.tm_year + 1900 > 9999)
		return json_null();
	return json_string(arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
					tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
					tm.tm_sec));
}

static json_t *start_or_null(uint64_t ticks)
{
	return ticks ? json_integer((json_int_t)ticks) : json_null();
}

static void put_identity(struct arena *a, json_t *object, const struct process *p)
{
	put(object, "pid", json_integer(p->id.pid));
	put(object, "start", start_or_null(p->id.start_ticks));
	put(object, "name", text(a, p->comm));
	put(object, "command", text(a, p->command));
	put(object, "user", text(a, p->user));
}

static json_t *parent_json(struct arena *a, const struct patient *p)
{
	json_t *object;

	if (!p->parent.pid)
		return json_null();
	object = must(json_object());
	put(object, "pid", json_integer(p->parent.pid));
	put(object, "start", start_or_null(p->parent.start_ticks));
	put(object, "name", text(a, p->parent_name));
	return object;
}

static json_t *predictions_json(const struct patient *p)
{
	json_t *array = must(json_array());

	for (unsigned i = 0; i < PREDICTION_BITS; i++)
		if (p->predictions & 1U << i)
			add(array, json_string(prediction_name(1U << i)));
	return array;
}

static json_t *steps_json(struct arena *a, const struct patient *p)
{
	static const char *const ends[] = {
		[STEP_DONE] = "done", [STEP_NOT_NEEDED] = "not-needed", [STEP_ONLY] = "only",
		[STEP_FAILED] = "failed",
	};
	json_t *array = must(json_array());

	for (enum step s = 0; s < STEP_N; s++) {
		const struct step_result *r = &p->steps[s];
		json_t *object = must(json_object());

		put(object, "step", json_integer((json_int_t)s + 1));
		put(object, "name", json_string(step_name(s)));
		put(object, "result", json_string(ends[r->end]));
		put(object, "only", r->end == STEP_ONLY && r->only ? json_integer(r->only) : json_null());
		put(object, "note", text(a, r->note));
		add(array, object);
	}
	return array;
}

static json_t *sockets_json(const struct patient *p)
{
	json_t *array = must(json_array());

	for (size_t i = 0; i < p->listener_n; i++) {
		const struct listener *l = &p->listeners[i];
		json_t *object = must(json_object());

		put(object, "fd", json_integer(l->fd));
		put(object, "inode", json_integer((json_int_t)l->inode));
		put(object, "port", l->port ? json_integer(l->port) : json_null());
		put(object, "shared_with", l->shared_with ? json_integer(l->shared_with) :
		    json_null());
		put(object, "result", json_string(socket_end_name(l->end)));
		put(object, "error", l->error ? json_string(strerror(-l->error)) : json_null());
		add(array, object);
	}
	return array;
}

static json_t *patient_json(struct arena *a, const struct plan *plan, const struct patient *p)
{
	json_t *object = must(json_object());
	bool refused = p->fate == FATE_REFUSED || p->refused == REFUSE_AUDIT;

	put_identity(a, object, &p->process);
	put(object, "parent", parent_json(a, p));
	put(object, "treatment", json_string(treatment_name(p->treatment)));
	put(object, "relation", json_string(relation_name(p->relation)));
	put(object, "confidence", json_string(confidence_name(p->confidence)));
	put(object, "finding", text(a, p->finding));
	put(object, "why", text(a, p->why));
	put(object, "late", json_boolean(p->late));
	put(object, "predictions", predictions_json(p));
	put(object, "would", text(a, p->would));
	put(object, "advice", text(a, p->advice));
	put(object, "fate", plan->acted ? json_string(fate_name(p->fate)) : json_null());
	put(object, "fate_why", text(a, p->fate_why));
	put(object, "refused", refused ? json_string(refusal_name(p->refused)) : json_null());
	put(object, "signals", json_integer(p->sent));
	put(object, "steps", plan->acted && p->treatment != TREAT_CLOSE ? steps_json(a, p) :
	    json_null());
	put(object, "listens", sockets_json(p));
	return object;
}

static json_t *refused_json(struct arena *a, const struct refused *r)
{
	json_t *object = must(json_object());

	put_identity(a, object, &r->process);
	put(object, "reason", json_string(refusal_name(r->why)));
	put(object, "detail", text(a, r->detail));
	put(object, "remains", json_boolean(r->remains));
	return object;
}

static json_t *summary_json(const struct plan *p)
{
	json_t *object = must(json_object());
	size_t n[FATE_N] = { 0 };

	for (size_t i = 0; i < p->patient_n; i++)
		n[p->patients[i]->fate]++;
	put(object, "patients", json_integer((json_int_t)p->patient_n));
	put(object, "refusals", json_integer((json_int_t)p->refusal_n));
	for (enum fate f = FATE_REAPED; f < FATE_N; f++)
		put(object, fate_name(f), json_integer((json_int_t)n[f]));
	return object;
}

static json_t *plan_json(struct arena *a, const struct plan *p, const char *version)
{
	json_t *object = must(json_object()), *patients = must(json_array());
	json_t *refusals = must(json_array()), *target = must(json_object());

	for (size_t i = 0; i < p->patient_n; i++)
		add(patients, patient_json(a, p, p->patients[i]));
	for (size_t i = 0; i < p->refusal_n; i++)
		add(refusals, refused_json(a, &p->refusals[i]));
	put(target, "selector", text(a, p->selector ? p->selector : ""));
	put(target, "pid", p->target_pid > 0 ? json_integer(p->target_pid) : json_null());
	put(target, "start", start_or_null(p->target.start_ticks));
	put(target, "alive", p->target_pid > 0 ? json_boolean(!p->target_dead) : json_null());
	put(object, "schema", json_string(SCHEMA));
	put(object, "version", text(a, version ? version : ""));
	put(object, "time", when(a, p->wall_s));
	put(object, "host", text(a, p->host));
	put(object, "boot_id", text(a, p->boot_id));
	put(object, "target", target);
	put(object, "acted", json_boolean(p->acted));
	put(object, "complete", json_boolean(p->complete));
	put(object, "elsewhere", json_integer((json_int_t)p->elsewhere));
	put(object, "grace_seconds", json_real((double)p->grace_ns / 1e9));
	put(object, "patients", patients);
	put(object, "refusals", refusals);
	put(object, "summary", summary_json(p));
	return object;
}

/* DEL is the one control that jansson writes as it is. */
static char *dumped(struct arena *a, json_t *root, size_t flags)
{
	char *raw = json_dumps(root, flags | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12));
	char *out, *to;

	if (!raw)
		abort();
	to = out = arena_alloc(a, 6 * strlen(raw) + 2);
	for (const char *p = raw; *p; p++)
		if (*p == 0x7f)
			to = stpcpy(to, "\\u007f");
		else
			*to++ = *p;
	*to++ = '\n';
	*to = '\0';
	free(raw);
	return out;
}

int view_plan_json(const struct plan *const *plans, size_t n, const struct view_options *o,
		   FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root;
	bool failed;

	if (n == 1) {
		root = plan_json(a, plans[0], o->version);
	} else {
		root = must(json_array());
		for (size_t i = 0; i < n; i++)
			add(root, plan_json(a, plans[i], o->version));
	}
	failed = fputs(dumped(a, root, JSON_INDENT(2)), out) < 0 || fflush(out) || ferror(out);
	json_decref(root);
	arena_free(a);
	return failed ? -EIO : 0;
}

char *view_audit_line(struct arena *a, const struct plan *plan, const struct patient *p,
		      const char *what, bool has_result, int err, int64_t wall_s, pid_t self,
		      uid_t uid)
{
	json_t *object = must(json_object());
	char *line;

	put(object, "time", when(a, wall_s));
	put(object, "event", json_string(has_result ? "result" : "intent"));
	put(object, "what", json_string(what));
	put(object, "by_pid", json_integer(self));
	put(object, "by_uid", json_integer(uid));
	put(object, "boot_id", text(a, plan->boot_id));
	put(object, "target", text(a, plan->selector));
	put_identity(a, object, &p->process);
	put(object, "to_pid", json_integer(p->treatment == TREAT_NUDGE ? p->parent.pid :
					   p->process.id.pid));
	put(object, "confidence", json_string(confidence_name(p->confidence)));
	put(object, "why", text(a, p->why));
	if (has_result)
		put(object, "error", err ? json_string(strerror(-err)) : json_null());
	line = dumped(a, object, JSON_COMPACT);
	json_decref(object);
	return line;
}
