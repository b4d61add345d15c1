/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports as one JSON document, the form that programs read:
 * doc/leakscan.report.schema.json says what is in it.  What is not known is null, never a
 * guess and never left out. jansson refuses invalid UTF-8, and Linux does not promise any
 * other: see SINK_JSON.
 */
#include "view/views.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"

#define SCHEMA "leakscan.report/1"

/* jansson returns NULL only when memory has run out or we passed it nonsense. */
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

static json_t *count(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *count_or_null(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
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

static json_t *when(struct arena *a, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || tm.tm_year + 1900 < 1970 || tm.tm_year + 1900 > 9999)
		return json_null();
	return json_string(arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ",
					tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
					tm.tm_hour, tm.tm_min, tm.tm_sec));
}

static void put_identity(struct arena *a, json_t *object, const struct process *p)
{
	put(object, "pid", json_integer(p->id.pid));
	put(object, "start", count(p->id.start_ticks));
	put(object, "name", text(a, p->comm));
	put(object, "command", text(a, p->command));
	put(object, "user", text(a, p->user));
}

static json_t *process_json(struct arena *a, const struct process *p)
{
	json_t *object;

	if (!p)
		return json_null();
	object = must(json_object());
	put_identity(a, object, p);
	return object;
}

static json_t *evidence_json(struct arena *a, const struct evidence *list, size_t n)
{
	json_t *array = must(json_array());

	for (size_t i = 0; i < n; i++) {
		json_t *object = must(json_object());

		put(object, "type", json_string(evidence_name(list[i].type)));
		put(object, "strength", json_string(confidence_name(list[i].strength)));
		put(object, "detail", text(a, list[i].detail));
		add(array, object);
	}
	return array;
}

static const char *intent_name(enum intent intent)
{
	return intent == INTENT_DAEMON ? "daemon" : "leak";
}

static json_t *target_json(struct arena *a, const struct target *t)
{
	json_t *object = must(json_object()), *fds = json_null();
	const struct process *p = t->process;

	put(object, "selector", text(a, t->selector ? t->selector : ""));
	put(object, "pid", t->pid > 0 ? json_integer(t->pid) : json_null());
	put(object, "start", p ? count(p->id.start_ticks) : json_null());
	if (t->pid > 0)
		put(object, "alive", json_boolean(p && !process_is_zombie(p)));
	else
		put(object, "alive", json_null());
	put(object, "name", p ? text(a, p->comm) : json_null());
	put(object, "command", p ? text(a, p->command) : json_null());
	put(object, "user", p ? text(a, p->user) : json_null());
	put(object, "cgroup", text(a, t->cgroup));
	if (p) {
		fds = must(json_object());
		put(fds, "open", count_or_null(p->now.fd_count));
		put(fds, "soft_limit", limit(p, p->nofile_soft));
		put(fds, "hard_limit", limit(p, p->nofile_hard));
	}
	put(object, "fds", fds);
	return object;
}

static json_t *member_json(struct arena *a, const struct snapshot *s,
			   const struct member *m)
{
	const struct process *p = m->process;
	json_t *object = must(json_object());
	char state[2] = { p->now.state ? p->now.state : '?', 0 };

	put_identity(a, object, p);
	put(object, "ppid", json_integer(p->now.ppid));
	put(object, "pgid", json_integer(p->pgid));
	put(object, "sid", json_integer(p->sid));
	put(object, "state", text(a, state));
	put(object, "age_seconds", seconds(snapshot_age_ns(s, p)));
	put(object, "relation", json_string(relation_name(m->relation)));
	put(object, "confidence", json_string(confidence_name(m->confidence)));
	put(object, "intent", json_string(intent_name(m->intent)));
	put(object, "intent_why", text(a, m->intent_why));
	put(object, "detached", json_boolean(m->detached));
	put(object, "evidence", evidence_json(a, m->evidence, m->evidence_n));
	return object;
}

static json_t *family_json(struct arena *a, const struct report *r)
{
	json_t *array = must(json_array());

	for (size_t i = 0; i < r->family.member_n; i++)
		add(array, member_json(a, r->snapshot, &r->family.members[i]));
	return array;
}

static json_t *holds_json(struct arena *a, const struct finding *f)
{
	json_t *array = must(json_array());

	for (size_t i = 0; i < f->hold_n; i++) {
		json_t *object = must(json_object());

		put(object, "kind", json_string(holding_name(f->holds[i].kind)));
		put(object, "fd", json_integer(f->holds[i].fd));
		put(object, "what", text(a, f->holds[i].what));
		add(array, object);
	}
	return array;
}

static json_t *fds_json(const struct finding *f)
{
	json_t *array = must(json_array());

	for (size_t i = 0; i < f->fd_n; i++)
		add(array, json_integer(f->fds[i]));
	return array;
}

static json_t *ends_json(struct arena *a, const struct pipe_end *ends, size_t n)
{
	json_t *array = must(json_array());

	for (size_t i = 0; i < n; i++) {
		json_t *object = must(json_object());

		put(object, "pid", json_integer(ends[i].process->id.pid));
		put(object, "start", count(ends[i].process->id.start_ticks));
		put(object, "name", text(a, ends[i].process->comm));
		put(object, "fd", json_integer(ends[i].fd));
		add(array, object);
	}
	return array;
}

static json_t *pipe_json(struct arena *a, const struct pipe_map *map)
{
	json_t *object;

	if (!map)
		return json_null();
	object = must(json_object());
	put(object, "name", text(a, map->name));
	put(object, "both_ways", json_boolean(map->both_ways));
	put(object, "writers", ends_json(a, map->writers, map->writer_n));
	put(object, "readers", ends_json(a, map->readers, map->reader_n));
	put(object, "queued_bytes", map->has_queue ? count(map->queued_bytes) : json_null());
	put(object, "capacity_bytes", map->has_queue ? count(map->capacity_bytes) : json_null());
	put(object, "uninspected", count(map->unseen));
	return object;
}

static json_t *finding_json(struct arena *a, const struct finding *f)
{
	json_t *object = must(json_object());
	const struct kind_info *kind = kind_info(f->kind);

	put(object, "id", json_string(kind->id));
	put(object, "kind", json_string(kind->name));
	put(object, "severity", json_string(severity_name(f->severity)));
	put(object, "confidence", json_string(confidence_name(f->confidence)));
	put(object, "intent", json_string(intent_name(f->intent)));
	put(object, "subject", process_json(a, f->subject));
	put(object, "culprit", process_json(a, f->culprit));
	put(object, "fd", count_or_null(f->fd));
	put(object, "fds", fds_json(f));
	put(object, "age_seconds", number(f->has_age, f->age_seconds));
	put(object, "value", number(f->has_value, f->value));
	put(object, "unit", f->has_value ? text(a, f->unit) : json_null());
	put(object, "message", text(a, f->message ? f->message : ""));
	put(object, "remedy", json_string(remedy_name(f->remedy)));
	put(object, "advice", text(a, f->advice ? f->advice : ""));
	put(object, "active", json_boolean(f->active));
	put(object, "activity", text(a, f->activity));
	put(object, "holds", holds_json(a, f));
	put(object, "pipe", pipe_json(a, f->pipe));
	put(object, "evidence", evidence_json(a, f->evidence, f->evidence_n));
	return object;
}

static json_t *findings_json(struct arena *a, const struct report *r)
{
	json_t *array = must(json_array());

	for (size_t i = 0; i < r->findings.n; i++)
		add(array, finding_json(a, &r->findings.list[i]));
	return array;
}

static json_t *coverage_json(struct arena *a, const struct report *r)
{
	const struct snapshot *s = r->snapshot;
	const struct coverage *c = &s->coverage;
	json_t *object = must(json_object()), *unreadable = must(json_array());
	json_t *reasons = must(json_array());

	for (unsigned f = 0; f < FACT_N; f++) {
		size_t n = snapshot_unreadable(s, f);
		json_t *entry;

		if (!n)
			continue;
		entry = must(json_object());
		put(entry, "what", json_string(fact_name(f)));
		put(entry, "count", count(n));
		add(unreadable, entry);
	}
	for (size_t i = 0; i < r->blind_n; i++)
		add(reasons, text(a, r->blind[i]));
	put(object, "processes", count(s->process_n));
	put(object, "threads", count(snapshot_threads(s)));
	put(object, "threads_kernel", count_or_null(c->threads_kernel));
	put(object, "unreadable", unreadable);
	put(object, "unjudged", count(r->family.unjudged));
	put(object, "passes", count(c->passes));
	put(object, "vanished", count(c->vanished));
	put(object, "stalled", count(c->stalled));
	put(object, "took_seconds", seconds(c->took_ns));
	put(object, "limited_view",
	    json_boolean(c->hidepid || c->subset_pid || !c->pid1_visible));
	put(object, "lossy", json_boolean(c->unsteady || c->walk_cut || c->objects_cut));
	put(object, "complete", json_boolean(r->complete));
	put(object, "reasons", reasons);
	return object;
}

/* All findings of a kind, those of info severity too; the severities are counted apart.
 */
static json_t *summary_json(const struct report *r)
{
	json_t *object = must(json_object());

	for (unsigned k = 0; k < KIND_N; k++)
		put(object, kind_info(k)->name, count(report_count(r, k, SEV_INFO)));
	return object;
}

static json_t *severities_json(const struct report *r)
{
	json_t *object = must(json_object());
	size_t n[SEV_CRITICAL + 1] = { 0 };

	for (size_t i = 0; i < r->findings.n; i++)
		n[r->findings.list[i].severity]++;
	for (unsigned s = SEV_INFO; s <= SEV_CRITICAL; s++)
		put(object, severity_name(s), count(n[s]));
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
	json_t *object = must(json_object());

	put(object, "schema", json_string(SCHEMA));
	put(object, "version", text(a, version ? version : ""));
	put(object, "time", when(a, s->wall_s));
	put(object, "host", text(a, s->host));
	put(object, "boot_id", text(a, s->boot_id));
	put(object, "replayed", json_boolean(s->replayed));
	put(object, "verdict", json_string(verdict(r)));
	put(object, "target", target_json(a, r->target));
	put(object, "family", family_json(a, r));
	put(object, "findings", findings_json(a, r));
	put(object, "coverage", coverage_json(a, r));
	put(object, "summary", summary_json(r));
	put(object, "summary_by_severity", severities_json(r));
	return object;
}

/* DEL is the one control that jansson writes as it is; it occurs only inside strings. */
static int write_piece(const char *bytes, size_t n, void *stream)
{
	while (n) {
		const char *del = memchr(bytes, 0x7f, n);
		size_t plain = del ? (size_t)(del - bytes) : n;

		if (fwrite(bytes, 1, plain, stream) != plain)
			return -1;
		bytes += plain;
		n -= plain;
		if (del) {
			if (fputs("\\u007f", stream) < 0)
				return -1;
			bytes++;
			n--;
		}
	}
	return 0;
}

int view_json(const struct report *const *reports, size_t n, const struct view_options *o,
	      FILE *out)
{
	struct arena *a = arena_new(0);
	json_t *root;
	bool failed;

	if (n == 1) {
		root = report_json(a, reports[0], o->version);
	} else {
		root = must(json_array());
		for (size_t i = 0; i < n; i++)
			add(root, report_json(a, reports[i], o->version));
	}
	/* ASCII only: no line separator, bidi mark or C1 reaches whoever prints it raw.
	 */
	failed = json_dump_callback(root, write_piece, out,
				    JSON_INDENT(2) | JSON_ENSURE_ASCII |
					    JSON_REAL_PRECISION(12)) ||
		putc('\n', out) == EOF || fflush(out) || ferror(out);
	json_decref(root);
	arena_free(a);
	return failed ? -EIO : 0;
}
