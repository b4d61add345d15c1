/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan for people: whom, why, what will happen, and whom not and why not; afterwards the
 * seven steps of each.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "view/plans.h"
#include "view/text.h"

static const char *const because[REFUSE_N] = {
	[REFUSE_REPLAYED] = "this is not our own live /proc",
	[REFUSE_INIT] = "process 1 is never touched",
	[REFUSE_SELF] = "it is leakscan itself",
	[REFUSE_ANCESTOR] = "leakscan runs below it",
	[REFUSE_KERNEL] = "it is a kernel thread",
	[REFUSE_NS_INIT] = "it is the init of a pid namespace: its end ends a container",
	[REFUSE_PROTECTED] = "others live by this service",
	[REFUSE_SESSION_LEADER] = "it leads the session you are working in",
	[REFUSE_UNREAD] = "who it is could not be read",
	[REFUSE_USER] = "it is another user's",
	[REFUSE_TARGET] = "it is the target itself: --with-target includes it",
	[REFUSE_DAEMON] = "it looks meant to stay: --select names it explicitly",
	[REFUSE_DETACHED] = "it detached itself, leak or daemon: --select names it explicitly",
	[REFUSE_WEAK] = "the evidence is weak",
	[REFUSE_CONFIDENCE] = "less sure than --confidence asks",
	[REFUSE_YOUNG] = "it is younger than --min-age, or was not there at both looks",
	[REFUSE_NOT_LEAKED] = "it is where it belongs",
	[REFUSE_UNRELATED] = "nothing ties it to the target",
	[REFUSE_GONE] = "there is no such process",
	[REFUSE_NOT_SELECTED] = "it was not selected",
	[REFUSE_MANY] = "there are too many",
	[REFUSE_CHANGED] = "judged again, it is no longer what it was",
	[REFUSE_AUDIT] = "it could not be written down first",
	[REFUSE_NO_PIDFD] = "this kernel has no pidfds",
	[REFUSE_NO_SOCKET] = "it holds no listening TCP socket",
};

static const char *socket_text(const struct sheet *t, const struct listener *l, bool acted)
{
	const char *text = l->port ? arena_printf(t->a, "port %u (descriptor %d): ", l->port, l->fd) :
		arena_printf(t->a, "descriptor %d: ", l->fd);

	switch (l->end) {
	case SOCKET_SHARED:
		return arena_printf(t->a, "%sleft alone, %d may listen on it, too", text,
				    l->shared_with);
	case SOCKET_SHUT:
		return arena_printf(t->a, "%sshut", text);
	case SOCKET_CHANGED:
		return arena_printf(t->a, "%sleft alone, it is not that socket any more", text);
	case SOCKET_FAILED:
		return arena_printf(t->a, "%snot shut: %s", text, strerror(-l->error));
	default:
		return arena_printf(t->a, "%s%s", text, acted ? "left alone" : "will be shut");
	}
}

static const char *expects(const struct sheet *t, const struct plan *plan,
			   const struct patient *p)
{
	const struct patient *parent = plan_find(plan, p->parent);
	const char *text = "";

	if (p->treatment == TREAT_CLOSE)
		return "will not be signalled, and lives on";
	if (p->treatment == TREAT_NUDGE)
		return arena_printf(t->a, "its parent, %s (%d), handles SIGCHLD: one may make it wait",
				    sheet_show(t, p->parent_name), p->parent.pid);
	if (p->treatment == TREAT_ADVISE && parent && parent->treatment == TREAT_TERMINATE)
		return "needs no signal: its parent is ended, and whoever adopts it can reap it";
	if (p->treatment == TREAT_ADVISE)
		return arena_printf(t->a, "no signal would help: %s",
				    p->advice ? sheet_show(t, p->advice) : "its parent must wait");
	if (p->predictions & PREDICT_FROZEN)
		text = "frozen: not even SIGKILL works before its control group is thawed; ";
	else if (p->predictions & PREDICT_WAITS)
		text = "state D: signals may wait until the kernel lets it go; ";
	if (p->predictions & PREDICT_TRACED)
		text = arena_printf(t->a, "%straced: its tracer may swallow SIGTERM; ", text);
	if (p->predictions & PREDICT_TERM_IGNORED)
		text = arena_printf(t->a, "%signores SIGTERM; ", text);
	if (p->predictions & PREDICT_TERM_BLOCKED)
		text = arena_printf(t->a, "%sblocks SIGTERM; ", text);
	if (p->predictions & PREDICT_TERM_HANDLED)
		text = arena_printf(t->a, "%shandles SIGTERM; ", text);
	if (p->predictions & PREDICT_STOPPED)
		text = arena_printf(t->a, "%sstopped: SIGCONT follows; ", text);
	if (p->predictions & PREDICT_OTHER_UID)
		text = arena_printf(t->a, "%sanother user's; ", text);
	return arena_printf(t->a, "%swill be sent %s", text, p->would ? p->would : "SIGTERM");
}

static void line(const struct sheet *t, enum ink ink, unsigned indent, const char *shown)
{
	sheet_wrap(t, ink, indent, indent + 2, shown);
}

static void head(const struct sheet *t, const struct process *p, const char *more)
{
	fprintf(t->out, "  %7d  ", p->id.pid);
	sheet_put(t, INK_BOLD, sheet_cut(t, sheet_label(t, p), t->o->width ? 50 : SIZE_MAX));
	fprintf(t->out, "%s%s\n", *more ? "  " : "", more);
}

static void sockets(const struct sheet *t, const struct patient *p, bool acted)
{
	for (size_t i = 0; i < p->listener_n; i++)
		line(t, INK_PLAIN, 11, socket_text(t, &p->listeners[i], acted));
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Dead ones of one parent, of which nothing but the pid differs. */
static bool alike(const struct patient *a, const struct patient *b)
{
	bool same = a->treatment == b->treatment && a->treatment != TREAT_TERMINATE &&
		a->treatment != TREAT_CLOSE && a->parent.pid > 0 &&
		process_id_same(a->parent, b->parent) && a->confidence == b->confidence &&
		a->relation == b->relation && a->fate == b->fate && a->refused == b->refused &&
		same_text(a->advice, b->advice) && same_text(a->fate_why, b->fate_why);

	for (enum step s = 0; same && s < STEP_N; s++)
		same = a->steps[s].end == b->steps[s].end && a->steps[s].only == b->steps[s].only &&
			same_text(a->steps[s].note, b->steps[s].note);
	return same;
}

size_t plan_alike_n(const struct plan *p, size_t at)
{
	size_t n = 1;

	while (at + n < p->patient_n && alike(p->patients[at], p->patients[at + n]))
		n++;
	return n;
}

/* A parent that does not wait has many of them, and what is to be said is the same. */
static void heads(const struct sheet *t, struct patient *const *p, size_t n, const char *more)
{
	const char *pids = "";

	if (n == 1) {
		head(t, &p[0]->process, more);
		return;
	}
	for (size_t i = 0; i < n; i++)
		pids = arena_printf(t->a, "%s%s%d", pids, *pids ? ", " : "",
				    p[i]->process.id.pid);
	sheet_wrap(t, INK_BOLD, 2, 4,
		   arena_printf(t->a, "%zu zombies of %s (%d): %s%s%s", n,
				p[0]->parent_name[0] ? sheet_show(t, p[0]->parent_name) : "process",
				p[0]->parent.pid, pids, *more ? "  " : "", more));
}

void text_planned(const struct sheet *t, const struct plan *plan, struct patient *const *list,
		  size_t n)
{
	const struct patient *p = list[0];

	heads(t, list, n, arena_printf(t->a, "%s  %s", relation_name(p->relation),
				       confidence_name(p->confidence)));
	if (p->why && n == 1)
		line(t, INK_PLAIN, 11, sheet_show(t, p->why));
	line(t, INK_PLAIN, 11, expects(t, plan, p));
	if (p->treatment == TREAT_CLOSE)
		sockets(t, p, false);
}

void text_refused(const struct sheet *t, const struct plan *plan)
{
	if (!plan->refusal_n)
		return;
	fputs("\nNot touched:\n", t->out);
	for (size_t i = 0; i < plan->refusal_n; i++) {
		const struct refused *r = &plan->refusals[i];

		head(t, &r->process, "");
		line(t, INK_DIM, 11, r->detail ? arena_printf(t->a, "%s (%s)", because[r->why],
							      sheet_show(t, r->detail)) :
		     because[r->why]);
	}
}

static const char *step_text(const struct sheet *t, const struct step_result *s)
{
	const char *note = s->note ? sheet_show(t, s->note) : "";
	const char *what = s->end == STEP_DONE ? "done" : s->end == STEP_NOT_NEEDED ? "not needed" :
		s->end == STEP_FAILED ? "no" : s->only ?
		arena_printf(t->a, "only %d can", s->only) : "only whoever adopted it can";

	return arena_printf(t->a, "%s%s%s", what, *note ? ": " : "", note);
}

static void steps(const struct sheet *t, const struct patient *p)
{
	for (enum step s = 0; s < STEP_N; s++)
		line(t, INK_PLAIN, 11, arena_printf(t->a, "%u %-17s  %s", s + 1, step_name(s),
						    step_text(t, &p->steps[s])));
}

void text_treated(const struct sheet *t, struct patient *const *list, size_t n)
{
	const struct patient *p = list[0];
	enum ink ink = p->fate == FATE_REAPED || p->fate == FATE_STALE || p->fate == FATE_SHUT ? INK_GREEN : INK_RED;
	const char *text = fate_name(p->fate);

	heads(t, list, n, "");
	if (p->fate == FATE_REFUSED && because[p->refused])
		text = arena_printf(t->a, "%s: %s", text, because[p->refused]);
	if (p->fate_why)
		text = arena_printf(t->a, p->fate == FATE_REFUSED ? "%s (%s)" : "%s: %s", text,
				    sheet_show(t, p->fate_why));
	line(t, ink, 11, text);
	if (p->treatment == TREAT_CLOSE)
		sockets(t, p, true);
	else
		steps(t, p);
}

static void summary(const struct sheet *t, const struct plan *p)
{
	size_t n[FATE_N] = { 0 };
	const char *text = "";

	for (size_t i = 0; i < p->patient_n; i++)
		n[p->patients[i]->fate]++;
	for (enum fate f = FATE_REAPED; f < FATE_N; f++)
		if (n[f])
			text = arena_printf(t->a, "%s%s%zu %s", text, *text ? ", " : "", n[f],
					    fate_name(f));
	line(t, INK_PLAIN, 0, arena_printf(t->a, "%s: %s.", sheet_show(t, p->selector),
					   *text ? text : "nothing to do"));
}

static bool refuses_a_leak(const struct plan *p)
{
	for (size_t i = 0; i < p->refusal_n; i++)
		if (p->refusals[i].remains)
			return true;
	return false;
}

static const char *intention(const struct sheet *t, const struct plan *p)
{
	const char *who = sheet_show(t, p->selector);
	const char *zombies = sheet_count(t, p->patient_n, "zombie", "zombies");

	if (plan_count(p, TREAT_CLOSE))
		return arena_printf(t->a, "Plan for %s: shut the listening sockets of %s, signal nobody. Nothing has been shut; --yes acts.",
				    who, sheet_count(t, p->patient_n, "process", "processes"));
	if (plan_count(p, TREAT_TERMINATE))
		return arena_printf(t->a, "Plan for %s: %s, leader first. Nothing has been signalled; --yes acts.",
				    who, sheet_count(t, p->patient_n, "process", "processes"));
	if (plan_count(p, TREAT_NUDGE))
		return arena_printf(t->a, "Plan for %s: have %s waited for. Nothing has been signalled; --yes acts.",
				    who, zombies);
	return arena_printf(t->a, "%s: %s, for which nothing can be done from outside.", who, zombies);
}

static void one(const struct sheet *t, const struct plan *p)
{
	if (p->acted && p->patient_n) {
		summary(t, p);
		putc('\n', t->out);
	} else if (p->patient_n) {
		line(t, INK_PLAIN, 0, intention(t, p));
		putc('\n', t->out);
	} else {
		line(t, INK_PLAIN, 0, arena_printf(t->a, "%s: nothing %s.",
						   sheet_show(t, p->selector),
						   refuses_a_leak(p) ? "that may be touched" :
						   "to clean up"));
	}
	for (size_t i = 0, same; i < p->patient_n; i += same) {
		same = plan_alike_n(p, i);
		if (p->acted)
			text_treated(t, &p->patients[i], same);
		else
			text_planned(t, p, &p->patients[i], same);
	}
	text_refused(t, p);
	if (p->target_dead && !p->patient_n && !p->refusal_n)
		text_late(t);
	if (p->elsewhere)
		line(t, INK_DIM, 0,
		     arena_printf(t->a, "%s that no process is ended for: leakscan scan tells.",
				  sheet_count(t, p->elsewhere, "leak", "leaks")));
	if (!p->complete)
		line(t, INK_DIM, 0, "Not everything could be seen: there may be more.");
}

int view_plan_text(const struct plan *const *plans, size_t n, const struct view_options *o,
		   FILE *out)
{
	struct sheet t = { .a = arena_new(0), .o = o, .out = out };
	bool failed;

	for (size_t i = 0; i < n; i++) {
		if (i)
			putc('\n', out);
		one(&t, plans[i]);
	}
	failed = fflush(out) || ferror(out);
	arena_free(t.a);
	return failed ? -EIO : 0;
}
