/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics for Prometheus.  One look has no memory, so all are gauges.  Every family that is
 * known is written in every scan, zeros too: an alert on a series that is not there any more
 * neither fires nor resolves.  What is not known is left out, never a zero.
 *
 * The two text formats differ in little: OpenMetrics has units, an info type and an end
 * mark, and the textfile collector of node_exporter drops a whole file that has any of them.
 */
#include "view/views.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"

struct unit_count { const char *name; size_t n; };

struct page {
	struct arena *a;
	FILE *out;
	const struct report *const *reports;
	size_t n;
	bool open;		/* OpenMetrics */
	const char *target;	/* escaped */
};

/* Of all reports together. */
struct figures {
	size_t findings[KIND_N][SEV_CRITICAL + 1];
	double oldest_s[KIND_N];
	size_t processes;
	int64_t fds;		/* -1: of nobody known */
	const struct process *fullest;
	struct unit_count *units;
	size_t unit_n, unit_room;
	bool limited;
};

static double fullness(const struct process *p)
{
	if (p->now.fd_count < 0 || !process_knows(p, FACT_LIMITS) || !p->nofile_soft ||
	    p->nofile_soft == LIMIT_UNLIMITED)
		return -1;
	return (double)p->now.fd_count / (double)p->nofile_soft;
}

static void count_process(struct figures *f, const struct process *p)
{
	if (p->gone || p->kernel_thread)
		return;
	f->processes++;
	if (p->now.fd_count >= 0)
		f->fds = (f->fds < 0 ? 0 : f->fds) + p->now.fd_count;
	if (fullness(p) >= 0 && (!f->fullest || fullness(p) > fullness(f->fullest)))
		f->fullest = p;
}

/* Of a machine everybody counts; of an application, who surely belongs to it. */
static void count_processes(struct figures *f, const struct report *r)
{
	if (r->target->kind == TARGET_ALL) {
		for (size_t i = 0; i < r->snapshot->process_n; i++)
			count_process(f, &r->snapshot->processes[i]);
		return;
	}
	for (size_t i = 0; i < r->family.member_n; i++)
		if (r->family.members[i].relation != REL_POSSIBLE)
			count_process(f, r->family.members[i].process);
}

/*
 * The name of a system service is the administrator's.  Names of scopes and of users' own
 * units are made up as they come, and whoever owns a control group can call it anything.
 * Instances of a template count as the template.
 */
static const char *unit_label(struct arena *a, const struct process *p)
{
	static const char fine[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789:_.-@";
	const char *unit = p->unit, *at;
	size_t n = unit ? strlen(unit) : 0;

	if (!n)
		return "none";
	at = strchr(unit, '@');
	if (n > 128 || n <= 8 || strcmp(unit + n - 8, ".service"))
		return "other";
	if (at)
		unit = arena_printf(a, "%.*s@.service", (int)(at - unit), unit);
	return unit[strspn(unit, fine)] ? "other" : unit;
}

static void count_unit(struct figures *f, struct arena *a, const char *name, size_t n)
{
	struct unit_count *new;

	for (size_t i = 0; i < f->unit_n; i++)
		if (!strcmp(f->units[i].name, name)) {
			f->units[i].n += n;
			return;
		}
	new = arena_push(a, &f->units, &f->unit_n, &f->unit_room, sizeof(*new));
	*new = (struct unit_count){ name, n };
}

static int most_first(const void *left, const void *right)
{
	const struct unit_count *a = left, *b = right;

	return a->n != b->n ? (a->n > b->n ? -1 : 1) : strcmp(a->name, b->name);
}

/* Those with the fewest findings become one. */
static void bound_units(struct figures *f, struct arena *a)
{
	size_t rest = 0;

	qsort(f->units, f->unit_n, sizeof(*f->units), most_first);
	while (f->unit_n > METRICS_UNITS_MOST)
		rest += f->units[--f->unit_n].n;
	if (rest)
		count_unit(f, a, "other", rest);
}

static void count_findings(struct figures *f, struct arena *a, const struct report *r)
{
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct finding *one = &r->findings.list[i];

		f->findings[one->kind][one->severity]++;
		if (one->severity < SEV_WARNING)
			continue;
		if (one->has_age && one->age_seconds > f->oldest_s[one->kind])
			f->oldest_s[one->kind] = one->age_seconds;
		count_unit(f, a, unit_label(a, one->culprit ? one->culprit : one->subject), 1);
	}
}

static struct figures add_up(const struct page *t)
{
	struct figures f = { .fds = -1 };

	for (size_t i = 0; i < t->n; i++) {
		const struct coverage *c = &t->reports[i]->snapshot->coverage;

		count_findings(&f, t->a, t->reports[i]);
		count_processes(&f, t->reports[i]);
		f.limited |= !t->reports[i]->complete || c->hidepid || c->subset_pid ||
			     !c->pid1_visible;
	}
	if (f.unit_n)
		bound_units(&f, t->a);
	return f;
}

static void family(const struct page *t, const char *name, const char *help)
{
	const char *seconds = "_seconds";
	size_t n = strlen(name);

	fprintf(t->out, "# HELP leakscan_%s %s\n# TYPE leakscan_%s gauge\n", name, help, name);
	if (t->open && n > strlen(seconds) && !strcmp(name + n - strlen(seconds), seconds))
		fprintf(t->out, "# UNIT leakscan_%s seconds\n", name);
}

static void gauge(const struct page *t, const char *name, const char *help, double value)
{
	family(t, name, help);
	fprintf(t->out, "leakscan_%s{target=\"%s\"} %.15g\n", name, t->target, value);
}

static void write_build(const struct page *t, const char *version)
{
	fprintf(t->out, "# HELP leakscan_build%s The version that has scanned.\n"
			"# TYPE leakscan_build%s\n"
			"leakscan_build_info{target=\"%s\",version=\"%s\"} 1\n",
		t->open ? "" : "_info", t->open ? " info" : "_info gauge", t->target,
		escape_text(t->a, SINK_LABEL, version));
}

static void write_findings(const struct page *t, const struct figures *f)
{
	family(t, "findings", "Findings now, by kind and severity; info is no leak.");
	for (unsigned k = 0; k < KIND_N; k++)
		for (unsigned s = SEV_INFO; s <= SEV_CRITICAL; s++)
			fprintf(t->out, "leakscan_findings{target=\"%s\",kind=\"%s\",severity=\"%s\"} %zu\n",
				t->target, kind_info(k)->name, severity_name(s), f->findings[k][s]);
	family(t, "oldest_finding_age_seconds",
	       "Age of the oldest orphan, and time since the first zombie died; 0 if none.");
	for (unsigned k = KIND_ORPHAN; k <= KIND_ZOMBIE; k++)
		fprintf(t->out, "leakscan_oldest_finding_age_seconds{target=\"%s\",kind=\"%s\"} %.3f\n",
			t->target, kind_info(k)->name, f->oldest_s[k]);
	if (!f->unit_n)
		return;
	family(t, "unit_findings",
	       "Findings of warning or worse, by the system service at fault.");
	for (size_t i = 0; i < f->unit_n; i++)
		fprintf(t->out, "leakscan_unit_findings{target=\"%s\",unit=\"%s\"} %zu\n", t->target,
			escape_text(t->a, SINK_LABEL, f->units[i].name), f->units[i].n);
}

static double leaks(const struct figures *f, enum kind k)
{
	return (double)(f->findings[k][SEV_WARNING] + f->findings[k][SEV_CRITICAL]);
}

static void write_figures(const struct page *t, const struct figures *f)
{
	gauge(t, "orphans", "Leaked processes that run on though their parent is gone.",
	      leaks(f, KIND_ORPHAN));
	gauge(t, "zombies", "Processes that have ended and that nobody has waited for.",
	      leaks(f, KIND_ZOMBIE));
	gauge(t, "processes", "Processes of the target that are there.", (double)f->processes);
	if (f->fds >= 0)
		gauge(t, "open_fds", "Descriptors that they have open, as far as could be seen.",
		      (double)f->fds);
	if (!f->fullest)
		return;
	gauge(t, "fullest_open_fds", "Descriptors open in the process nearest to its limit.",
	      (double)f->fullest->now.fd_count);
	gauge(t, "fullest_max_fds", "Soft limit of descriptors of that process.",
	      (double)f->fullest->nofile_soft);
}

static void write_scan(const struct page *t, const struct figures *f)
{
	const struct snapshot *s = t->reports[0]->snapshot;

	gauge(t, "scan_duration_seconds", "Time that reading /proc took.",
	      (double)(s->coverage.took_ns / 1000000) / 1e3);
	gauge(t, "last_scan_timestamp_seconds", "When the machine was looked at.",
	      (double)s->wall_s);
	gauge(t, "view_limited", "1: too little was visible for nothing found to mean clean.",
	      f->limited);
}

/* What an operator typed, without the word for its kind.  Pids and ids of runs are never the
 * same for long: not they, but that they were asked for. */
static const char *label_of(const struct target *t)
{
	const char *word = t->selector ? strchr(t->selector, '=') : NULL;

	switch (t->kind) {
	case TARGET_PID:
		return "pid";
	case TARGET_COOKIE:
		return "run";
	default:
		return word ? word + 1 : "all";
	}
}

static int metrics(const struct report *const *reports, size_t n, const struct view_options *o,
		   FILE *out, bool open)
{
	struct page t = { .a = arena_new(0), .out = out, .reports = reports, .n = n, .open = open };
	struct figures f = add_up(&t);

	t.target = escape_text(t.a, SINK_LABEL, o->label ? o->label :
			       n ? label_of(reports[0]->target) : "");
	write_build(&t, o->version);
	write_findings(&t, &f);
	write_figures(&t, &f);
	if (n)
		write_scan(&t, &f);
	if (open)
		fputs("# EOF\n", out);
	arena_free(t.a);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

int view_prometheus(const struct report *const *reports, size_t n, const struct view_options *o,
		    FILE *out)
{
	return metrics(reports, n, o, out, false);
}

int view_openmetrics(const struct report *const *reports, size_t n, const struct view_options *o,
		     FILE *out)
{
	return metrics(reports, n, o, out, true);
}
