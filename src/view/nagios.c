/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Engines part text from performance data at the first `|` of a line, join what follows a
 * second one elsewhere, or store it under a wrong name.  So there is one `|`, on line 1, and
 * what a process has put into its name cannot make another.
 */
#include "view/nagios.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"

#define NAME_MOST 24		/* of a name within it */
#define NAME_LEAST 10
#define COMMAND_MOST 200	/* of a command line below it */

enum terse { SAY_ALL, NO_AGE, NO_HOLDING, NO_TALLY, SHORT_NAMES };

struct page {
	const struct nagios_view *v;
	struct arena *a;
	FILE *out;
	size_t name_most;	/* bytes of a name */
	enum terse terse;	/* what is left out, so that the rest fits */
};

static const char *show(const struct page *t, const char *raw)
{
	return escape_text(t->a, SINK_NAGIOS, raw);
}

static const char *cut(const struct page *t, const char *shown, size_t most)
{
	return escape_cut(t->a, shown, most, true);
}

/* "4711 (python3)" */
static const char *who(const struct page *t, const struct process *p)
{
	return arena_printf(t->a, "%d (%s)", (int)p->id.pid, cut(t, show(t, p->comm), t->name_most));
}

static const char *age(const struct page *t, double seconds)
{
	char buf[32];

	return arena_strdup(t->a, text_age(seconds > 0 ? (uint64_t)(seconds * 1e9) : 0, buf,
					   sizeof(buf)));
}

static const char *kind_word(enum kind k, size_t n)
{
	if (n != 1 && k == KIND_ORPHAN)
		return "orphans";
	if (n != 1 && k == KIND_ZOMBIE)
		return "zombies";
	return kind_info(k)->name;
}

/* "3 orphans, 1 zombie, 2 others" */
static const char *tally(const struct page *t)
{
	const struct check *c = t->v->check;
	const char *list = "";
	size_t named = 0, others = 0;

	for (enum kind k = 0; k < KIND_N; k++) {
		if (!c->counts[k])
			continue;
		if (named == 2) {
			others += c->counts[k];
			continue;
		}
		list = arena_printf(t->a, "%s%s%zu %s", list, named ? ", " : "", c->counts[k],
				    kind_word(k, c->counts[k]));
		named++;
	}
	return others ? arena_printf(t->a, "%s, %zu other%s", list, others, others == 1 ? "" : "s") :
	       list;
}

/* How long the subject has been so, or has lived. */
static const char *how_long(const struct page *t, const struct finding *f)
{
	if (f->has_age)
		return age(t, f->age_seconds);
	if (f->kind == KIND_ORPHAN)
		return age(t, (double)snapshot_age_ns(t->v->snapshot, f->subject) / 1e9);
	return NULL;
}

/* "33 (gzip) of 9 (worker), 73 s" */
static const char *culprit(const struct page *t, const struct finding *f)
{
	const char *text = who(t, f->subject), *seconds = t->terse < NO_AGE ? how_long(t, f) : NULL;

	if (f->culprit)
		text = arena_printf(t->a, "%s of %s", text, who(t, f->culprit));
	else if (f->hold_n && t->terse < NO_HOLDING)
		text = arena_printf(t->a, "%s holds %s", text, show(t, f->holds[0].what));
	return seconds ? arena_printf(t->a, "%s, %s", text, seconds) : text;
}

static size_t kinds_counted(const struct check *c)
{
	size_t n = 0;

	for (enum kind k = 0; k < KIND_N; k++)
		n += !!c->counts[k];
	return n;
}

static const char *leaks(const struct page *t, const struct finding *worst)
{
	const struct check *c = t->v->check;
	const char *list = tally(t);

	if (!worst)
		return list;
	if (t->terse >= NO_TALLY && kinds_counted(c) > 1)
		return arena_printf(t->a, "%.0f leak%s, worst: %s %s",
				    c->readings[GAUGE_LEAKS].value,
				    c->readings[GAUGE_LEAKS].value == 1 ? "" : "s",
				    kind_info(worst->kind)->name, culprit(t, worst));
	if (kinds_counted(c) > 1)
		return arena_printf(t->a, "%s; worst: %s %s", list, kind_info(worst->kind)->name,
				    culprit(t, worst));
	return arena_printf(t->a, "%s%s %s", list, c->counts[worst->kind] > 1 ? ", worst:" : ":",
			    culprit(t, worst));
}

static const char *by_gauge(const struct page *t)
{
	const struct check *c = t->v->check;
	const struct reading *r = &c->readings[c->gauge];

	switch (c->gauge) {
	case GAUGE_ZOMBIE_AGE:
		if (r->finding)
			return arena_printf(t->a, "zombie for %s: %s", age(t, r->value),
					    who(t, r->finding->subject));
		break;
	case GAUGE_FD_PCT:
		if (r->who)
			return arena_printf(t->a, "%.0f %% of its descriptors used by %s", r->value,
					    who(t, r->who));
		break;
	case GAUGE_FD_ETA:
		if (r->who)
			return arena_printf(t->a, "descriptors of %s run out in %s", who(t, r->who),
					    age(t, r->value));
		break;
	default:
		if (r->finding)
			return leaks(t, r->finding);
		break;
	}
	return arena_printf(t->a, "%s is %g", gauge_info(c->gauge)->label, r->value);
}

static const char *target(const struct page *t)
{
	const struct target *it = t->v->n ? t->v->reports[0]->target : NULL;

	if (!it)
		return "the target";
	if (t->v->n > 1)
		return arena_printf(t->a, "%zu targets", t->v->n);
	if (it->process)
		return who(t, it->process);
	return it->kind == TARGET_ALL ? "everything" : cut(t, show(t, it->selector), 40);
}

static const char *summary(const struct page *t)
{
	const struct check *c = t->v->check;

	if (c->state == CHECK_UNKNOWN && c->doubt_n)
		return show(t, c->doubts[0]);
	if (c->state != CHECK_OK && c->by_gauge)
		return by_gauge(t);
	if (c->state != CHECK_OK && c->worst && c->counts[c->worst->kind])
		return leaks(t, c->worst);
	if (c->missing)
		return t->v->n > 1 ? arena_printf(t->a, "%zu of %zu targets are not there", c->missing,
						  t->v->n) :
		       arena_printf(t->a, "%s is not there", target(t));
	if (kinds_counted(c))
		return arena_printf(t->a, "within limits: %s", leaks(t, c->worst));
	if (t->v->n == 1 && t->v->reports[0]->target->kind == TARGET_ALL)
		return "nothing leaked on this machine";
	return arena_printf(t->a, "nothing leaked by %s", target(t));
}

static const char *figure(const struct page *t, double value)
{
	const char *text;
	size_t n;

	if (value == floor(value))
		return arena_printf(t->a, "%.0f", value);
	text = arena_printf(t->a, "%.3f", value);
	n = strlen(text);
	while (text[n - 1] == '0')
		n--;
	return arena_bytes(t->a, text, text[n - 1] == '.' ? n - 1 : n);
}

static void put_gauge(const struct page *t, enum gauge g)
{
	const struct reading *r = &t->v->check->readings[g];
	const struct threshold *limit = &t->v->rule->limits[g];
	const struct gauge_info *info = gauge_info(g);
	char warning[96], critical[96];

	/* mostly there is none, and engines log each U that they meet */
	if (g == GAUGE_FD_ETA && isinf(r->known ? r->value : INFINITY) && !threshold_given(limit))
		return;
	fprintf(t->out, " %s=", info->label);
	if (r->known && !isinf(r->value))
		fprintf(t->out, "%s%s", figure(t, r->value), info->uom);
	else
		fputc('U', t->out);
	fprintf(t->out, ";%s;%s;0%s", range_text(&limit->warning, warning, sizeof(warning)),
		range_text(&limit->critical, critical, sizeof(critical)),
		info->unit == RANGE_PERCENT ? ";100" : "");
}

static void put_sum(const struct page *t, const char *label, int64_t value)
{
	if (value >= 0)
		fprintf(t->out, " %s=%lld;;;0", label, (long long)value);
	else
		fprintf(t->out, " %s=U;;;0", label);
}

/* As much as fits, whoever is at fault always. */
static const char *first_line(const struct page *t)
{
	struct page line = *t;
	const char *text = "";

	for (enum terse how = SAY_ALL; how <= SHORT_NAMES; how++) {
		line.terse = how;
		line.name_most = how < SHORT_NAMES ? NAME_MOST : NAME_LEAST;
		text = arena_printf(t->a, NAGIOS_NAME " %s: %s",
				    check_state_name(t->v->check->state), summary(&line));
		if (strlen(text) <= NAGIOS_LINE_MOST)
			return text;
	}
	return cut(t, text, NAGIOS_LINE_MOST);
}

static void put_first(const struct page *t)
{
	const struct check *c = t->v->check;

	fprintf(t->out, "%s |", first_line(t));
	for (enum gauge g = 0; g < GAUGE_N; g++)
		put_gauge(t, g);
	put_sum(t, "fds", c->figures.fds);
	put_sum(t, "children", c->figures.children);
	put_sum(t, "processes", c->figures.processes);
	fprintf(t->out, " time=%ss;;;0\n", figure(t, c->seconds));
}

static void put_finding(const struct page *t, const struct finding *f)
{
	const struct process *p = f->subject;

	fprintf(t->out, "%s %s %s %s: %s\n", severity_name(f->severity), kind_info(f->kind)->id,
		kind_info(f->kind)->name, culprit(t, f),
		cut(t, show(t, process_label(p)), COMMAND_MOST));
	if (t->v->verbose < 2)
		return;
	fprintf(t->out, "  %s\n", show(t, f->message));
	if (p->user || p->unit)
		fprintf(t->out, "  user %s, unit %s\n", p->user ? show(t, p->user) : "-",
			p->unit ? show(t, p->unit) : "-");
	for (size_t i = 0; t->v->verbose > 2 && i < f->evidence_n; i++)
		fprintf(t->out, "  evidence (%s, %s): %s\n", evidence_name(f->evidence[i].type),
			confidence_name(f->evidence[i].strength), show(t, f->evidence[i].detail));
	if (f->advice)
		fprintf(t->out, "  what to do: %s\n", show(t, f->advice));
}

static void put_findings(const struct page *t)
{
	static const size_t most[] = { 0, 20, 100, SIZE_MAX };
	enum severity least = t->v->verbose > 2 ? SEV_INFO : SEV_WARNING;
	size_t room = most[t->v->verbose < 3 ? t->v->verbose : 3], left = 0;

	for (size_t i = 0; i < t->v->n && t->v->verbose; i++) {
		const struct findings *list = &t->v->reports[i]->findings;

		for (size_t j = 0; j < list->n; j++) {
			if (list->list[j].severity < least)
				continue;
			if (room) {
				room--;
				put_finding(t, &list->list[j]);
			} else {
				left++;
			}
		}
	}
	if (left)
		fprintf(t->out, "and %zu more\n", left);
}

static void put_config(const struct page *t)
{
	const struct snapshot *s = t->v->snapshot;
	char text[96];

	for (enum gauge g = 0; g < GAUGE_N; g++) {
		const struct threshold *limit = &t->v->rule->limits[g];

		if (!threshold_given(limit))
			continue;
		fprintf(t->out, "%s: warning %s", gauge_info(g)->label,
			limit->warning.given ? range_text(&limit->warning, text, sizeof(text)) : "-");
		fprintf(t->out, ", critical %s\n",
			limit->critical.given ? range_text(&limit->critical, text, sizeof(text)) : "-");
	}
	if (!threshold_given(&t->v->rule->limits[GAUGE_LEAKS]))
		fputs("leaks without thresholds count by their severity\n", t->out);
	fprintf(t->out, "seen: %zu processes in %u passes; target: %s\n", s->process_n,
		(unsigned)s->coverage.passes, target(t));
	for (size_t i = 0; i < t->v->remark_n; i++)
		fprintf(t->out, "%s\n", show(t, t->v->remarks[i]));
}

/* A zombie has none, and of some they could not be counted. */
static const char *descriptors(const struct page *t, const struct process *p)
{
	return p->now.fd_count < 0 ? "no known" :
		arena_printf(t->a, "%lld", (long long)p->now.fd_count);
}

static void put_family(const struct page *t)
{
	for (size_t i = 0; i < t->v->n; i++) {
		const struct family *f = &t->v->reports[i]->family;

		for (size_t j = 0; j < f->member_n; j++) {
			const struct member *m = &f->members[j];

			fprintf(t->out, "%s %s %s state %c, %s descriptors: %s\n",
				relation_name(m->relation), confidence_name(m->confidence),
				who(t, m->process), m->process->now.state ? m->process->now.state : '-',
				descriptors(t, m->process),
				cut(t, show(t, process_label(m->process)), COMMAND_MOST));
		}
	}
}

int view_nagios(const struct nagios_view *v, FILE *out)
{
	struct page t = { v, arena_new(0), out, COMMAND_MOST, SAY_ALL };

	put_first(&t);
	for (size_t i = 0; i < v->check->doubt_n; i++)
		fprintf(out, "could not see: %s\n", show(&t, v->check->doubts[i]));
	for (size_t i = 0; i < v->note_n; i++)
		fprintf(out, "note: %s\n", show(&t, v->notes[i]));
	put_findings(&t);
	if (v->verbose > 1)
		put_config(&t);
	if (v->verbose > 2)
		put_family(&t);
	arena_free(t.a);
	return ferror(out) ? -EIO : 0;
}
