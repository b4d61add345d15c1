/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports as one JSON document, the form that programs read:
 * doc/leakscan.report.schema.json says what is in it.  What is not known is null, never a
 * guess and never left out. jansson refuses invalid UTF-8, and Linux does not promise any
 * other: see SINK_JSON.
 */
#include "view/views.h"

#include <math.h>
#include <string.h>

#include "view/document.h"

#define SCHEMA "leakscan.report/1"

static json_t *count(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *limit(const struct process *p, uint64_t n)
{
	return process_knows(p, FACT_LIMITS) && n != LIMIT_UNLIMITED ? count(n)
								     : json_null();
}

/* Whole numbers without a fraction: a count of descriptors is 374, not 374.0. */
static json_t *number(bool known, double n)
{
	if (!known || !isfinite(n))
		return json_null();
	if (fabs(n) < 9e15 && (double)(json_int_t)n == n)
		return json_integer((json_int_t)n);
	return json_real(n);
}

static json_t *seconds(uint64_t ns)
{
	return number(true, (double)(ns / 1000000) / 1e3);
}

static void put_identity(struct arena *a, json_t *object, const struct process *p)
{
	doc_put(object, "pid", json_integer(p->id.pid));
	doc_put(object, "start", count(p->id.start_ticks));
	doc_put(object, "name", doc_text(a, p->comm));
	doc_put(object, "command", doc_text(a, p->command));
	doc_put(object, "user", doc_text(a, p->user));
}

static json_t *process_json(struct arena *a, const struct process *p)
{
	json_t *object;

	if (!p)
		return json_null();
	object = doc_must(json_object());
	put_identity(a, object, p);
	return object;
}

static json_t *evidence_json(struct arena *a, const struct evidence *list, size_t n)
{
	json_t *array = doc_must(json_array());

	for (size_t i = 0; i < n; i++) {
		json_t *object = doc_must(json_object());

		doc_put(object, "type", json_string(evidence_name(list[i].type)));
		doc_put(object, "strength",
			json_string(confidence_name(list[i].strength)));
		doc_put(object, "detail", doc_text(a, list[i].detail));
		doc_add(array, object);
	}
	return array;
}

static const char *intent_name(enum intent intent)
{
	return intent == INTENT_DAEMON ? "daemon" : "leak";
}

static json_t *target_json(struct arena *a, const struct target *t)
{
	json_t *object = doc_must(json_object()), *fds = json_null();
	const struct process *p = t->process;

	doc_put(object, "selector", doc_text(a, t->selector ? t->selector : ""));
	doc_put(object, "pid", t->pid > 0 ? json_integer(t->pid) : json_null());
	doc_put(object, "start", p ? count(p->id.start_ticks) : json_null());
	if (t->pid > 0)
		doc_put(object, "alive", json_boolean(p && !process_is_zombie(p)));
	else
		doc_put(object, "alive", json_null());
	doc_put(object, "name", p ? doc_text(a, p->comm) : json_null());
	doc_put(object, "command", p ? doc_text(a, p->command) : json_null());
	doc_put(object, "user", p ? doc_text(a, p->user) : json_null());
	doc_put(object, "cgroup", doc_text(a, t->cgroup));
	if (p) {
		fds = doc_must(json_object());
		doc_put(fds, "open", doc_count_or_null(p->now.fd_count));
		doc_put(fds, "soft_limit", limit(p, p->nofile_soft));
		doc_put(fds, "hard_limit", limit(p, p->nofile_hard));
	}
	doc_put(object, "fds", fds);
	return object;
}

static json_t *member_json(struct arena *a, const struct snapshot *s,
			   const struct member *m)
{
	const struct process *p = m->process;
	json_t *object = doc_must(json_object());
	char state[2] = { p->now.state ? p->now.state : '?', 0 };

	put_identity(a, object, p);
	doc_put(object, "ppid", json_integer(p->now.ppid));
	doc_put(object, "pgid", json_integer(p->pgid));
	doc_put(object, "sid", json_integer(p->sid));
	doc_put(object, "state", doc_text(a, state));
	doc_put(object, "age_seconds", seconds(snapshot_age_ns(s, p)));
	doc_put(object, "relation", json_string(relation_name(m->relation)));
	doc_put(object, "confidence", json_string(confidence_name(m->confidence)));
	doc_put(object, "intent", json_string(intent_name(m->intent)));
	doc_put(object, "intent_why", doc_text(a, m->intent_why));
	doc_put(object, "detached", json_boolean(m->detached));
	doc_put(object, "evidence", evidence_json(a, m->evidence, m->evidence_n));
	return object;
}

static json_t *family_json(struct arena *a, const struct report *r)
{
	json_t *array = doc_must(json_array());

	for (size_t i = 0; i < r->family.member_n; i++)
		doc_add(array, member_json(a, r->snapshot, &r->family.members[i]));
	return array;
}

static json_t *holds_json(struct arena *a, const struct finding *f)
{
	json_t *array = doc_must(json_array());

	for (size_t i = 0; i < f->hold_n; i++) {
		json_t *object = doc_must(json_object());

		doc_put(object, "kind", json_string(holding_name(f->holds[i].kind)));
		doc_put(object, "fd", json_integer(f->holds[i].fd));
		doc_put(object, "what", doc_text(a, f->holds[i].what));
		doc_add(array, object);
	}
	return array;
}

static json_t *fds_json(const struct finding *f)
{
	json_t *array = doc_must(json_array());

	for (size_t i = 0; i < f->fd_n; i++)
		doc_add(array, json_integer(f->fds[i]));
	return array;
}

static json_t *ends_json(struct arena *a, const struct pipe_end *ends, size_t n)
{
	json_t *array = doc_must(json_array());

	for (size_t i = 0; i < pipe_ends_named(n); i++) {
		json_t *object = doc_must(json_object());

		doc_put(object, "pid", json_integer(ends[i].process->id.pid));
		doc_put(object, "start", count(ends[i].process->id.start_ticks));
		doc_put(object, "name", doc_text(a, ends[i].process->comm));
		doc_put(object, "fd", json_integer(ends[i].fd));
		doc_add(array, object);
	}
	return array;
}

static json_t *pipe_json(struct arena *a, const struct pipe_map *map)
{
	json_t *object;

	if (!map)
		return json_null();
	object = doc_must(json_object());
	doc_put(object, "name", doc_text(a, map->name));
	doc_put(object, "both_ways", json_boolean(map->both_ways));
	doc_put(object, "writers", ends_json(a, map->writers, map->writer_n));
	doc_put(object, "readers", ends_json(a, map->readers, map->reader_n));
	doc_put(object, "writer_count", count(map->writer_n));
	doc_put(object, "reader_count", count(map->reader_n));
	doc_put(object, "queued_bytes",
		map->has_queue ? count(map->queued_bytes) : json_null());
	doc_put(object, "capacity_bytes",
		map->has_queue ? count(map->capacity_bytes) : json_null());
	doc_put(object, "uninspected", count(map->unseen));
	return object;
}

static json_t *finding_json(struct arena *a, const struct finding *f)
{
	json_t *object = doc_must(json_object());
	const struct kind_info *kind = kind_info(f->kind);

	doc_put(object, "id", json_string(kind->id));
	doc_put(object, "kind", json_string(kind->name));
	doc_put(object, "severity", json_string(severity_name(f->severity)));
	doc_put(object, "confidence", json_string(confidence_name(f->confidence)));
	doc_put(object, "intent", json_string(intent_name(f->intent)));
	doc_put(object, "subject", process_json(a, f->subject));
	doc_put(object, "culprit", process_json(a, f->culprit));
	doc_put(object, "fd", doc_count_or_null(f->fd));
	doc_put(object, "fds", fds_json(f));
	doc_put(object, "age_seconds", number(f->has_age, f->age_seconds));
	doc_put(object, "value", number(f->has_value, f->value));
	doc_put(object, "unit", f->has_value ? doc_text(a, f->unit) : json_null());
	doc_put(object, "message", doc_text(a, f->message ? f->message : ""));
	doc_put(object, "remedy", json_string(remedy_name(f->remedy)));
	doc_put(object, "advice", doc_text(a, f->advice ? f->advice : ""));
	doc_put(object, "active", json_boolean(f->active));
	doc_put(object, "activity", doc_text(a, f->activity));
	doc_put(object, "holds", holds_json(a, f));
	doc_put(object, "pipe", pipe_json(a, f->pipe));
	doc_put(object, "evidence", evidence_json(a, f->evidence, f->evidence_n));
	return object;
}

static json_t *findings_json(struct arena *a, const struct report *r)
{
	json_t *array = doc_must(json_array());

	for (size_t i = 0; i < r->findings.n; i++)
		doc_add(array, finding_json(a, &r->findings.list[i]));
	return array;
}

static json_t *coverage_json(struct arena *a, const struct report *r)
{
	const struct snapshot *s = r->snapshot;
	const struct coverage *c = &s->coverage;
	json_t *object = doc_must(json_object()), *unreadable = doc_must(json_array());
	json_t *reasons = doc_must(json_array());

	for (unsigned f = 0; f < FACT_N; f++) {
		size_t n = snapshot_unreadable(s, f);
		json_t *entry;

		if (!n)
			continue;
		entry = doc_must(json_object());
		doc_put(entry, "what", json_string(fact_name(f)));
		doc_put(entry, "count", count(n));
		doc_add(unreadable, entry);
	}
	for (size_t i = 0; i < r->blind_n; i++)
		doc_add(reasons, doc_text(a, r->blind[i]));
	doc_put(object, "source", doc_text(a, c->source));
	doc_put(object, "whole_machine", json_boolean(!c->partial));
	doc_put(object, "processes", count(s->process_n));
	doc_put(object, "threads", count(snapshot_threads(s)));
	doc_put(object, "threads_kernel", doc_count_or_null(c->threads_kernel));
	doc_put(object, "unreadable", unreadable);
	doc_put(object, "unjudged", count(r->family.unjudged));
	doc_put(object, "passes", count(c->passes));
	doc_put(object, "vanished", count(c->vanished));
	doc_put(object, "stalled", count(c->stalled));
	doc_put(object, "took_seconds", seconds(c->took_ns));
	doc_put(object, "limited_view",
	    json_boolean(c->hidepid || c->subset_pid || !c->pid1_visible));
	doc_put(object, "lossy",
		json_boolean(c->unsteady || c->walk_cut || c->objects_cut));
	doc_put(object, "complete", json_boolean(r->complete));
	doc_put(object, "reasons", reasons);
	return object;
}

/* All findings of a kind, those of info severity too; the severities are counted apart.
 */
static json_t *summary_json(const struct report *r)
{
	json_t *object = doc_must(json_object());

	for (unsigned k = 0; k < KIND_N; k++)
		doc_put(object, kind_info(k)->name, count(report_count(r, k, SEV_INFO)));
	return object;
}

static json_t *severities_json(const struct report *r)
{
	json_t *object = doc_must(json_object());
	size_t n[SEV_CRITICAL + 1] = { 0 };

	for (size_t i = 0; i < r->findings.n; i++)
		n[r->findings.list[i].severity]++;
	for (unsigned s = SEV_INFO; s <= SEV_CRITICAL; s++)
		doc_put(object, severity_name(s), count(n[s]));
	return object;
}

static const char *verdict(const struct report *r)
{
	switch (report_status(r)) {
	case 0:
		return "clean";
	case 1:
		return "leaks";
	default:
		return "blind";
	}
}

static json_t *report_json(struct arena *a, const struct report *r, const char *version)
{
	const struct snapshot *s = r->snapshot;
	json_t *object = doc_must(json_object());

	doc_put(object, "schema", json_string(SCHEMA));
	doc_put(object, "version", doc_text(a, version ? version : ""));
	doc_put(object, "time", doc_when(a, s->wall_s));
	doc_put(object, "host", doc_text(a, s->host));
	doc_put(object, "boot_id", doc_text(a, s->boot_id));
	doc_put(object, "replayed", json_boolean(s->replayed));
	doc_put(object, "verdict", json_string(verdict(r)));
	doc_put(object, "target", target_json(a, r->target));
	doc_put(object, "family", family_json(a, r));
	doc_put(object, "findings", findings_json(a, r));
	doc_put(object, "coverage", coverage_json(a, r));
	doc_put(object, "summary", summary_json(r));
	doc_put(object, "summary_by_severity", severities_json(r));
	return object;
}

int view_json(const struct report *const *reports, size_t n, const struct view_options *o,
	      FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root;
	int err;

	if (n == 1) {
		root = report_json(a, reports[0], o->version);
	} else {
		root = doc_must(json_array());
		for (size_t i = 0; i < n; i++)
			doc_add(root, report_json(a, reports[i], o->version));
	}
	err = doc_write(root, out);
	arena_free(a);
	return err;
}
