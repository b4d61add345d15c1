/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The first sentence of a report, and the last line: what was seen of the machine at all.
 * Nothing found is only "nothing leaked" when the report could see enough to say so.
 */
#include "view/text.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define USER_MAX 32	/* cells */

struct tally tally_of(const struct report *r)
{
	struct tally n = { 0 };

	for (size_t i = 0; i < r->findings.n; i++) {
		const struct finding *f = &r->findings.list[i];

		n.critical += f->severity == SEV_CRITICAL;
		if (f->severity >= SEV_WARNING) {
			n.leaks[f->kind]++;
			n.all_leaks++;
		} else if (f->confidence == CONF_WEAK) {
			continue;	/* told as possibly related */
		} else if (f->intent == INTENT_DAEMON) {
			n.daemons++;
		} else {
			n.infos++;
		}
	}
	for (size_t i = 0; i < r->family.member_n; i++) {
		const struct member *m = &r->family.members[i];

		n.possible += m->relation == REL_POSSIBLE;
		n.attributed += m->relation != REL_POSSIBLE && m->relation != REL_TARGET;
		n.below += m->relation == REL_ORPHAN_DESCENDANT &&
			m->process->now.state != 'Z' &&
			(!m->head || m->head->intent == INTENT_LEAK);
	}
	return n;
}

static const char *how_critical(const struct sheet *t, const struct tally *n)
{
	if (!n->critical)
		return "nothing critical";
	if (n->critical < n->all_leaks)
		return arena_printf(t->a, "%zu critical", n->critical);
	return n->all_leaks == 1 ? "critical" : "all critical";
}

/* "2 zombies, 1 orphan, nothing critical" */
static const char *leaks_list(const struct sheet *t, const struct tally *n, bool orphans)
{
	static const struct { const char *one, *many; } words[KIND_N] = {
		[KIND_ORPHAN] = { "orphan", "orphans" },
		[KIND_ZOMBIE] = { "zombie", "zombies" },
		[KIND_DEAD_LEADER] = { "dead leader with live threads",
				       "dead leaders with live threads" },
		[KIND_CHILD_GROWTH] = { "process with ever more children",
					"processes with ever more children" },
		[KIND_FD_GROWTH] = { "process with ever more descriptors",
				     "processes with ever more descriptors" },
		[KIND_FD_LIMIT] = { "process near its descriptor limit",
				    "processes near their descriptor limits" },
		[KIND_FD_MULTIPLICITY] = { "thing opened many times", "things opened many times" },
		[KIND_FD_DELETED] = { "process that keeps deleted files",
				      "processes that keep deleted files" },
		[KIND_CLOSE_WAIT] = { "process with unclosed connections",
				      "processes with unclosed connections" },
		[KIND_INHERITED_FD] = { "inherited descriptor", "inherited descriptors" },
		[KIND_PIDFD_STALE] = { "process with stale pidfds", "processes with stale pidfds" },
		[KIND_PIPE_STUCK_WRITER] = { "stuck writer", "stuck writers" },
		[KIND_PIPE_NO_EOF] = { "reader without an end of file",
				       "readers without an end of file" },
		[KIND_PIPE_PEERLESS] = { "process with pipe ends nobody else holds",
					 "processes with pipe ends nobody else holds" },
	};
	const char *list = "";

	for (unsigned k = 0; k < KIND_N; k++)
		if (n->leaks[k] && (orphans || k != KIND_ORPHAN))
			list = arena_printf(
				t->a, "%s%s%s", list, *list ? ", " : "",
				sheet_count(t, n->leaks[k], words[k].one, words[k].many));
	return arena_printf(t->a, "%s, %s", list, how_critical(t, n));
}

static const char *who(const struct sheet *t, const struct target *target)
{
	const struct process *p = target->process;
	size_t room = t->o->width > 40 ? t->o->width / 2 : t->o->width ? 20 : 120;
	const char *value = target->selector ? strchr(target->selector, '=') : NULL;

	value = value ? value + 1 : target->selector;
	switch (target->kind) {
	case TARGET_ALL:
		return "This machine";
	case TARGET_UNIT:
		return arena_printf(t->a, "Unit %s", sheet_show(t, value));
	case TARGET_CGROUP:
		return arena_printf(t->a, "Cgroup %s", sheet_show(t, value));
	case TARGET_COOKIE:
		return arena_printf(t->a, "Run %s", sheet_show(t, value));
	case TARGET_PID:
	case TARGET_NAME:
		break;
	}
	if (!p)
		return arena_printf(t->a, "%d", (int)target->pid);
	return arena_printf(t->a, "%d %s%s%s%s", (int)p->id.pid,
			    sheet_cut(t, sheet_label(t, p), room), p->user ? " (" : "",
			    sheet_cut(t, sheet_show(t, p->user), USER_MAX),
			    p->user ? ")" : "");
}

static const char *is_how(const struct process *p)
{
	if (process_is_dead_leader(p))
		return " has lost its first thread but runs on";
	return p->now.state == 'T' ? " is stopped" : " is running";
}

static const char *left_running(const struct sheet *t, const struct tally *n)
{
	size_t others = n->all_leaks - n->leaks[KIND_ORPHAN];
	const char *text = arena_printf(t->a, " and left %s running",
		sheet_count(t, n->leaks[KIND_ORPHAN], "process", "processes"));

	if (n->below)
		text = arena_printf(t->a, "%s, with %zu more below %s", text, n->below,
				    n->leaks[KIND_ORPHAN] == 1 ? "it" : "them");
	if (others)
		text = arena_printf(t->a, "%s; also %s", text, leaks_list(t, n, false));
	else if (n->critical)
		text = arena_printf(t->a, "%s: %s", text, how_critical(t, n));
	return text;
}

static const char *sentence(const struct sheet *t, const struct report *r,
			    const struct tally *n)
{
	const struct target *target = r->target;
	const struct process *p = target->process;
	bool one = target->kind == TARGET_PID || target->kind == TARGET_NAME;
	bool dead = one && (!p || process_is_zombie(p));
	const char *state = !one ? "" : dead ? " has exited" : is_how(p);

	if (dead && p)
		state = " has exited (a zombie until its parent waits for it)";
	if (n->leaks[KIND_ORPHAN] && dead)
		return arena_printf(t->a, "%s%s", state, left_running(t, n));
	if (n->all_leaks)
		return arena_printf(t->a, "%s: %s", state, leaks_list(t, n, true));
	if (!r->complete)
		return arena_printf(t->a,
				    "%s: could not see enough to say whether anything %s",
				    !p && one ? " is not running" : state,
				    dead ? "is left of it" : "leaked");
	if (!p && one && !n->attributed && !r->findings.n)
		return " is not running and nothing of it is left";
	return arena_printf(t->a, "%s: nothing leaked", state);
}

static void reasons(const struct sheet *t, const struct report *r, const struct tally *n)
{
	if (r->complete)
		return;
	if (n->all_leaks)
		sheet_wrap(t, INK_YELLOW, 0, 0, "There may be more than what was seen:");
	for (size_t i = 0; i < r->blind_n; i++)
		sheet_wrap(t, INK_PLAIN, 2, 4,
			   arena_printf(t->a, "- %s", sheet_show(t, r->blind[i])));
}

void text_late(const struct sheet *t)
{
	sheet_wrap(t, INK_DIM, 0, 0,
		   "A dead process is known by the session or process group that it led: "
		   "what it left elsewhere cannot be found this late.");
}

static void notes(const struct sheet *t, const struct report *r, const struct tally *n)
{
	const struct target *target = r->target;
	const char *line = "";
	bool one = target->kind == TARGET_PID || target->kind == TARGET_NAME;

	if (n->daemons)
		line = sheet_count(t, n->daemons,
				   "process runs on as a daemon, as it seems meant to.",
				   "processes run on as daemons, as they seem meant to.");
	if (n->infos)
		line = arena_printf(t->a, "%s%s%s", line, *line ? " " : "",
			sheet_count(t, n->infos, "finding is only worth knowing.",
				    "findings are only worth knowing."));
	if (*line)
		sheet_wrap(t, INK_DIM, 0, 0, line);
	if (one && !target->process && !n->attributed && !r->findings.n)
		text_late(t);
}

static void record_note(const struct sheet *t, const struct snapshot *s)
{
	time_t seconds = (time_t)s->wall_s;
	struct tm tm;
	char when[64] = "an unknown day";

	if (!s->replayed)
		return;
	if (gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	sheet_wrap(t, INK_YELLOW, 0, 0,
		   arena_printf(t->a,
				"From a record of %s, %s: not how the machine is now.",
				s->host ? sheet_show(t, s->host) : "an unnamed machine",
				when));
}

const char *sheet_verdict(const struct sheet *t, const struct report *r)
{
	struct tally n = tally_of(r);

	return arena_printf(t->a, "%s%s.", who(t, r->target), sentence(t, r, &n));
}

void text_verdict_notes(const struct sheet *t, const struct report *r)
{
	struct tally n = tally_of(r);

	record_note(t, r->snapshot);
	reasons(t, r, &n);
	notes(t, r, &n);
}

void text_verdict(const struct sheet *t, const struct report *r)
{
	struct tally n = tally_of(r);
	enum ink ink = n.critical	      ? INK_RED
		: n.all_leaks || !r->complete ? INK_YELLOW
					      : INK_GREEN;

	sheet_wrap(t, ink, 0, 0, sheet_verdict(t, r));
	text_verdict_notes(t, r);
}

static const char *unread(const struct sheet *t, const struct snapshot *s)
{
	static const struct { enum fact fact; const char *what; bool detail; } facts[] = {
		{ FACT_FDS, "descriptors", false },
		{ FACT_ENVIRON, "environments", false },
		{ FACT_STATUS, "status", true },
		{ FACT_LIMITS, "limits", true },
		{ FACT_CGROUP, "cgroups", true },
		{ FACT_STAT, "stat", true },
		{ FACT_IO, "I/O counts", true },
		{ FACT_CWD, "directories", true },
		{ FACT_NAMESPACES, "namespaces", true },
		{ FACT_LAYOUT, "address layouts", true },
		{ FACT_TASKS, "threads", true },
		{ FACT_DETAILS, "command lines", true },
	};
	const char *list = "";

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		size_t n = snapshot_unreadable(s, facts[i].fact);

		if (n && (t->o->verbose || !facts[i].detail))
			list = arena_printf(t->a, "%s%s%s of %s", list,
					    *list ? ", " : "", facts[i].what, *list ?
					    arena_printf(t->a, "%zu", n) :
					    sheet_count(t, n, "process", "processes"));
	}
	return list;
}

void text_coverage(const struct sheet *t, const struct report *r)
{
	const struct snapshot *s = r->snapshot;
	const struct coverage *c = &s->coverage;
	const char *denied = unread(t, s);
	char age[32];
	const char *line = arena_printf(t->a, "%s %sseen in %s",
		sheet_count(t, s->process_n, "process", "processes"),
		c->partial ? "around the target " : "",
		text_age(c->took_ns, age, sizeof(age)));

	if (c->passes > 1)
		line = arena_printf(t->a, "%s (%" PRIu32 " passes)", line, c->passes);
	if (*denied)
		line = arena_printf(t->a, "%s; could not read the %s", line, denied);
	if (c->stalled)
		line = arena_printf(t->a, "%s; %s left behind: reading them blocked",
				    line,
				    sheet_count(t, c->stalled, "process", "processes"));
	if (r->family.unjudged)
		line = arena_printf(
			t->a, "%s; %s could not be judged", line,
			sheet_count(t, r->family.unjudged, "orphan", "orphans"));
	if (t->o->verbose) {
		if (c->threads_kernel >= 0)
			line = arena_printf(t->a,
					    "%s; %" PRIu64 " of %" PRId64 " threads",
					    line, snapshot_threads(s), c->threads_kernel);
		line = arena_printf(t->a, "%s; %" PRIu32 " vanished while being read",
				    line, c->vanished);
	}
	sheet_wrap(t, INK_DIM, 0, 2, arena_printf(t->a, "%s.", line));
}
