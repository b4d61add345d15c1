/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans as one JSON document (doc/leakscan.reap.schema.json), and audit lines.  ASCII only,
 * as in json.c: no control byte of a name reaches whoever reads the log.
 */
#include <string.h>

#include "view/document.h"
#include "view/plans.h"

#define SCHEMA "leakscan.reap/1"

static json_t *start_or_null(uint64_t ticks)
{
	return ticks ? json_integer((json_int_t)ticks) : json_null();
}

static void put_identity(struct arena *a, json_t *object, const struct process *p)
{
	doc_put(object, "pid", json_integer(p->id.pid));
	doc_put(object, "start", start_or_null(p->id.start_ticks));
	doc_put(object, "name", doc_text(a, p->comm));
	doc_put(object, "command", doc_text(a, p->command));
	doc_put(object, "user", doc_text(a, p->user));
}

static json_t *parent_json(struct arena *a, const struct patient *p)
{
	json_t *object;

	if (!p->parent.pid)
		return json_null();
	object = doc_must(json_object());
	doc_put(object, "pid", json_integer(p->parent.pid));
	doc_put(object, "start", start_or_null(p->parent.start_ticks));
	doc_put(object, "name", doc_text(a, p->parent_name));
	return object;
}

static json_t *predictions_json(const struct patient *p)
{
	json_t *array = doc_must(json_array());

	for (unsigned i = 0; i < PREDICTION_BITS; i++)
		if (p->predictions & 1U << i)
			doc_add(array, json_string(prediction_name(1U << i)));
	return array;
}

static json_t *steps_json(struct arena *a, const struct patient *p)
{
	static const char *const ends[] = {
		[STEP_DONE] = "done",
		[STEP_NOT_NEEDED] = "not-needed",
		[STEP_ONLY] = "only",
		[STEP_FAILED] = "failed",
	};
	json_t *array = doc_must(json_array());

	for (enum step s = 0; s < STEP_N; s++) {
		const struct step_result *r = &p->steps[s];
		json_t *object = doc_must(json_object());

		doc_put(object, "step", json_integer((json_int_t)s + 1));
		doc_put(object, "name", json_string(step_name(s)));
		doc_put(object, "result", json_string(ends[r->end]));
		doc_put(object, "only", r->end == STEP_ONLY && r->only ? json_integer(r->only) : json_null());
		doc_put(object, "note", doc_text(a, r->note));
		doc_add(array, object);
	}
	return array;
}

static json_t *sockets_json(const struct patient *p)
{
	json_t *array = doc_must(json_array());

	for (size_t i = 0; i < p->listener_n; i++) {
		const struct listener *l = &p->listeners[i];
		json_t *object = doc_must(json_object());

		doc_put(object, "fd", json_integer(l->fd));
		doc_put(object, "inode", json_integer((json_int_t)l->inode));
		doc_put(object, "port", l->port ? json_integer(l->port) : json_null());
		doc_put(object, "shared_with",
			l->shared_with ? json_integer(l->shared_with) : json_null());
		doc_put(object, "result", json_string(socket_end_name(l->end)));
		doc_put(object, "error",
			l->error ? json_string(strerror(-l->error)) : json_null());
		doc_add(array, object);
	}
	return array;
}

static json_t *patient_json(struct arena *a, const struct plan *plan,
			    const struct patient *p)
{
	json_t *object = doc_must(json_object());
	bool refused = p->fate == FATE_REFUSED || p->refused == REFUSE_AUDIT;

	put_identity(a, object, &p->process);
	doc_put(object, "parent", parent_json(a, p));
	doc_put(object, "treatment", json_string(treatment_name(p->treatment)));
	doc_put(object, "relation", json_string(relation_name(p->relation)));
	doc_put(object, "confidence", json_string(confidence_name(p->confidence)));
	doc_put(object, "finding", doc_text(a, p->finding));
	doc_put(object, "why", doc_text(a, p->why));
	doc_put(object, "late", json_boolean(p->late));
	doc_put(object, "predictions", predictions_json(p));
	doc_put(object, "would", doc_text(a, p->would));
	doc_put(object, "advice", doc_text(a, p->advice));
	doc_put(object, "fate",
		plan->acted ? json_string(fate_name(p->fate)) : json_null());
	doc_put(object, "fate_why", doc_text(a, p->fate_why));
	doc_put(object, "refused",
		refused ? json_string(refusal_name(p->refused)) : json_null());
	doc_put(object, "signals", json_integer(p->sent));
	doc_put(object, "steps",
		plan->acted && p->treatment != TREAT_CLOSE ? steps_json(a, p)
							   : json_null());
	doc_put(object, "listens", sockets_json(p));
	return object;
}

static json_t *refused_json(struct arena *a, const struct refused *r)
{
	json_t *object = doc_must(json_object());

	put_identity(a, object, &r->process);
	doc_put(object, "reason", json_string(refusal_name(r->why)));
	doc_put(object, "detail", doc_text(a, r->detail));
	doc_put(object, "remains", json_boolean(r->remains));
	return object;
}

static json_t *summary_json(const struct plan *p)
{
	json_t *object = doc_must(json_object());
	size_t n[FATE_N] = { 0 };

	for (size_t i = 0; i < p->patient_n; i++)
		n[p->patients[i]->fate]++;
	doc_put(object, "patients", json_integer((json_int_t)p->patient_n));
	doc_put(object, "refusals", json_integer((json_int_t)p->refusal_n));
	for (enum fate f = FATE_REAPED; f < FATE_N; f++)
		doc_put(object, fate_name(f), json_integer((json_int_t)n[f]));
	return object;
}

static json_t *plan_json(struct arena *a, const struct plan *p, const char *version)
{
	json_t *object = doc_must(json_object()), *patients = doc_must(json_array());
	json_t *refusals = doc_must(json_array()), *target = doc_must(json_object());

	for (size_t i = 0; i < p->patient_n; i++)
		doc_add(patients, patient_json(a, p, p->patients[i]));
	for (size_t i = 0; i < p->refusal_n; i++)
		doc_add(refusals, refused_json(a, &p->refusals[i]));
	doc_put(target, "selector", doc_text(a, p->selector ? p->selector : ""));
	doc_put(target, "pid", p->target_pid > 0 ? json_integer(p->target_pid) : json_null());
	doc_put(target, "start", start_or_null(p->target.start_ticks));
	doc_put(target, "alive", p->target_pid > 0 ? json_boolean(!p->target_dead) : json_null());
	doc_put(object, "schema", json_string(SCHEMA));
	doc_put(object, "version", doc_text(a, version ? version : ""));
	doc_put(object, "time", doc_when(a, p->wall_s));
	doc_put(object, "host", doc_text(a, p->host));
	doc_put(object, "boot_id", doc_text(a, p->boot_id));
	doc_put(object, "target", target);
	doc_put(object, "acted", json_boolean(p->acted));
	doc_put(object, "complete", json_boolean(p->complete));
	doc_put(object, "elsewhere", json_integer((json_int_t)p->elsewhere));
	doc_put(object, "grace_seconds", json_real((double)p->grace_ns / 1e9));
	doc_put(object, "patients", patients);
	doc_put(object, "refusals", refusals);
	doc_put(object, "summary", summary_json(p));
	return object;
}

int view_plan_json(const struct plan *const *plans, size_t n,
		   const struct view_options *o, FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root;
	int err;

	if (n == 1) {
		root = plan_json(a, plans[0], o->version);
	} else {
		root = doc_must(json_array());
		for (size_t i = 0; i < n; i++)
			doc_add(root, plan_json(a, plans[i], o->version));
	}
	err = doc_write(root, out);
	arena_free(a);
	return err;
}

char *view_audit_line(struct arena *a, const struct plan *plan, const struct patient *p,
		      const char *what, bool has_result, int err, int64_t wall_s,
		      pid_t self, uid_t uid)
{
	json_t *object = doc_must(json_object());

	doc_put(object, "time", doc_when(a, wall_s));
	doc_put(object, "event", json_string(has_result ? "result" : "intent"));
	doc_put(object, "what", json_string(what));
	doc_put(object, "by_pid", json_integer(self));
	doc_put(object, "by_uid", json_integer(uid));
	doc_put(object, "boot_id", doc_text(a, plan->boot_id));
	doc_put(object, "target", doc_text(a, plan->selector));
	put_identity(a, object, &p->process);
	doc_put(object, "to_pid",
		json_integer(p->treatment == TREAT_NUDGE ? p->parent.pid
							 : p->process.id.pid));
	doc_put(object, "confidence", json_string(confidence_name(p->confidence)));
	doc_put(object, "why", doc_text(a, p->why));
	if (has_result)
		doc_put(object, "error", err ? json_string(strerror(-err)) : json_null());
	return doc_line(a, object);
}
