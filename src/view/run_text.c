/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run's report for people: short, for it stands between the lines of a build. */
#include "view/run.h"

#include <errno.h>

#include "base/text.h"
#include "model/wait_status.h"
#include "view/text.h"

const char *view_run_how(const struct left *l)
{
	static const char *const texts[] = {
		[LEFT_BELOW] = "still below the command when that ended",
		[LEFT_ORPHANED] = "orphaned while the command ran",
		[LEFT_ESCAPED] = "escaped",
		[LEFT_TIMEOUT] = "part of the command when its time was over",
	};

	return l->late ? "started while we were cleaning up" : texts[l->how];
}

const char *view_run_fate(const struct run_report *r, const struct left *l, struct arena *a)
{
	const char *end = wait_status_text(a, l->process.wait_status);

	if (l->allowed)
		return "allowed to stay";
	if (l->zombie)
		return arena_printf(a, "had ended (%s) and was not waited for; reaped", end ? end : "?");
	if (l->by_itself)
		return arena_printf(a, "ended by itself soon after%s%s", end ? ": " : "", end ? end : "");
	switch (l->fate) {
	case FATE_REAPED:
		return arena_printf(a, "gone%s%s", end ? ": " : "", end ? end : "");
	case FATE_UNREAPED:
		return "dead, but its parent has not reaped it";
	case FATE_DENIED:
	case FATE_STUCK:
	case FATE_REFUSED:
		return arena_printf(a, "STILL RUNNING: %s", l->fate_why ? l->fate_why : "?");
	default:
		break;
	}
	return arena_printf(a, "left running: %s",
			    l->fate_why ? l->fate_why : r->reap ? "not touched" : "--no-reap");
}

const char *view_run_end(const struct run_report *r, struct arena *a)
{
	const char *end = wait_status_text(a, r->wait_status);

	if (r->timed_out)
		return "ran out of time";
	if (r->exec_error)
		return "did not start";
	return end ? end : "ended";
}

static void show_left(const struct sheet *t, const struct run_report *r, const struct left *l)
{
	char age[32];

	fprintf(t->out, "  %d %s\n", l->process.id.pid,
		sheet_cut(t, sheet_label(t, &l->process), t->o->verbose ? SIZE_MAX : 100));
	fprintf(t->out, "      %s old, %s\n", text_age(l->age_ns, age, sizeof(age)), view_run_how(l));
	for (size_t i = 0; i < l->hold_n; i++)
		fprintf(t->out, "      holds %s\n", sheet_show(t, l->holds[i]));
	if (t->o->verbose || l->how == LEFT_ESCAPED)
		fprintf(t->out, "      %s\n", sheet_show(t, l->known_by));
	fprintf(t->out, "      %s\n", sheet_show(t, view_run_fate(r, l, t->a)));
}

static void show_steps(const struct sheet *t, const struct run_report *r)
{
	static const char *const ends[] = {
		[STEP_DONE] = "done", [STEP_NOT_NEEDED] = "not needed", [STEP_ONLY] = "not ours",
		[STEP_FAILED] = "FAILED",
	};

	for (int i = 0; i < STEP_N && r->cleaned; i++)
		fprintf(t->out, "  %d %-18s %s%s%s\n", i + 1, step_name((enum step)i),
			ends[r->steps[i].end], r->steps[i].note ? ": " : "",
			r->steps[i].note ? sheet_show(t, r->steps[i].note) : "");
}

static bool shown(const struct sheet *t, const struct run_report *r, const struct left *l)
{
	return t->o->verbose || left_counts(r, l) || (r->fds && l->allowed && l->hold_n) ||
	       (r->timed_out && l->fate != FATE_REAPED && !l->zombie);
}

static bool any_shown(const struct sheet *t, const struct run_report *r)
{
	for (size_t i = 0; i < r->left_n; i++)
		if (shown(t, r, &r->left[i]))
			return true;
	return false;
}

static void show_verbose(const struct sheet *t, const struct run_report *r)
{
	char age[32];

	fprintf(t->out, "leakscan run: %s: %s after %s; id %016llx%s%s%s\n",
		sheet_show(t, r->command), view_run_end(r, t->a),
		text_age(r->took_ns, age, sizeof(age)), (unsigned long long)r->id,
		r->own_session ? ", own session" : "", r->own_cgroup ? ", own control group" : "",
		r->marked ? "" : ", no RLIMIT_LOCKS mark");
	if (r->has_fds)
		fprintf(t->out, "  its descriptors: %lld at first, %lld at most, %lld at last\n",
			(long long)r->fds_first, (long long)r->fds_most, (long long)r->fds_last);
	if (r->adopted)
		fprintf(t->out, "  %s ended while it ran\n",
			sheet_count(t, r->adopted, "orphan", "orphans"));
	if (r->inherited)
		fprintf(t->out, "  %s before it, and left alone\n",
			sheet_count(t, r->inherited, "child was ours", "children were ours"));
	if (!r->left_n)
		fprintf(t->out, "  left nothing behind%s\n",
			r->proven ? " (waitid: no child is left)" : "");
}

/* What the reader can do about it: the log of a build is all that he may have. */
static void show_advice(const struct sheet *t, const struct run_report *r, size_t leaks,
			size_t survivors)
{
	if (survivors)
		fprintf(t->out, "leakscan run: to end what is left: leakscan reap --cookie %016llx\n",
			(unsigned long long)r->id);
	if (!leaks)
		return;
	if (r->status && !r->wait_status)
		fprintf(t->out, "leakscan run: so the exit status is %d, though the command succeeded\n",
			r->status);
	fputs("leakscan run: how this comes about: leakscan explain orphan; to let some stay: --allow REGEX\n",
	      t->out);
}

static void show_verdict(const struct sheet *t, const struct run_report *r)
{
	size_t leaks = run_report_leaks(r), survivors = run_report_survivors(r);

	if (r->timed_out)
		fprintf(t->out, "leakscan run: %s: ran out of time; %s with it\n",
			sheet_show(t, r->command),
			sheet_count(t, r->left_n, "process was ended", "processes were ended"));
	else if (leaks)
		fprintf(t->out, "leakscan run: %s (%s) left %s behind:\n", sheet_show(t, r->command),
			view_run_end(r, t->a), sheet_count(t, leaks, "process", "processes"));
	else if (r->blind)
		fprintf(t->out, "leakscan run: %s left processes behind that we could not see, or not long enough to name them\n",
			sheet_show(t, r->command));
	else if (any_shown(t, r))
		fprintf(t->out, "leakscan run: %s (%s) left running what it may:\n",
			sheet_show(t, r->command), view_run_end(r, t->a));
	for (size_t i = 0; i < r->left_n; i++)
		if (shown(t, r, &r->left[i]))
			show_left(t, r, &r->left[i]);
	if (r->late_unnamed)
		fprintf(t->out, "  and %zu more\n", r->late_unnamed);
	if (t->o->verbose)
		show_steps(t, r);
	if (r->cleaned && (leaks || r->timed_out || r->blind))
		fprintf(t->out, "leakscan run: %s\n", survivors ?
			arena_printf(t->a, "%zu of them could not be ended", survivors) :
			r->blind && !r->proven ? "it could not be ended" : "all of them are gone");
	show_advice(t, r, leaks, survivors);
}

static void show_grown(const struct sheet *t, const struct run_report *r)
{
	for (size_t i = 0; i < r->grown_n; i++) {
		const struct fds_grown *g = &r->grown[i];

		fprintf(t->out, "leakscan run: descriptors of %d %s grew from %lld to %lld (%lld at most)%s\n",
			g->process.id.pid,
			sheet_cut(t, sheet_label(t, &g->process), t->o->verbose ? SIZE_MAX : 100),
			(long long)g->first, (long long)g->last, (long long)g->most, g->steady ?
			arena_printf(t->a, " while the command ran: a leak, %.0f a minute", g->per_minute) :
			" while the command ran: not steadily enough, or for too short a time, to call it a leak");
	}
}

int view_run_text(const struct run_report *r, const struct view_options *o, FILE *out)
{
	struct sheet t = { .a = arena_new(0), .o = o, .out = out };

	if (o->verbose)
		show_verbose(&t, r);
	if (o->verbose || r->timed_out || r->blind || any_shown(&t, r))
		show_verdict(&t, r);
	show_grown(&t, r);
	arena_free(t.a);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
