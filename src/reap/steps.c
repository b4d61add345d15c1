/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The seven steps as they went.  Only who owns a pipe can close it and only a parent can
 * reap, so from outside two of them can often only be told: who can.
 */
#include "base/text.h"
#include "reap/case.h"

static const enum fate fates[RS_N] = {
	[RS_REAPED] = FATE_REAPED, [RS_UNREAPED] = FATE_UNREAPED, [RS_STALE] = FATE_STALE,
	[RS_DENIED] = FATE_DENIED, [RS_STUCK] = FATE_STUCK, [RS_REFUSED] = FATE_REFUSED,
	[RS_CANCELLED] = FATE_CANCELLED, [RS_SHUT] = FATE_SHUT,
};

static void set(struct patient *p, enum step s, enum step_end end, pid_t only, const char *note)
{
	p->steps[s] = (struct step_result){ end, only, note };
}

static void tell_pipe(const struct reaping *r, struct patient *p)
{
	if (p->treatment != TREAT_TERMINATE)
		set(p, STEP_CLOSE_PIPE, STEP_NOT_NEEDED, 0, "the dead hold no pipe");
	else if (p->pipe_peer)
		set(p, STEP_CLOSE_PIPE, STEP_ONLY, p->pipe_peer, "it holds the other end");
	else if (p->pipes_unseen)
		set(p, STEP_CLOSE_PIPE, STEP_DONE, 0,
		    arena_printf(r->plan->arena, "nobody is seen to hold the other end any more; %zu could not be asked",
				 p->pipes_unseen));
	else if (p->has_pipes)
		set(p, STEP_CLOSE_PIPE, STEP_DONE, 0, "nobody holds the other end any more");
	else
		set(p, STEP_CLOSE_PIPE, STEP_NOT_NEEDED, 0, "it holds no pipe");
}

static void tell_signals(const struct reaping *r, const struct reap_case *c)
{
	struct patient *p = c->p;
	struct arena *a = r->plan->arena;
	char age[32];

	if (c->termed) {
		set(p, STEP_TERM, STEP_DONE, 0,
		    p->predictions & PREDICT_TERM_IGNORED ? "it ignores it" :
		    p->predictions & PREDICT_TERM_BLOCKED ? "it blocks it" :
		    p->process.now.state == 'T' ? "and SIGCONT, for it was stopped" : NULL);
		set(p, STEP_WAIT, STEP_DONE, 0,
		    arena_strdup(a, text_age(p->waited_ns, age, sizeof(age))));
	} else {
		bool needed = p->treatment == TREAT_TERMINATE && c->state != RS_STALE && !c->killed;

		set(p, STEP_TERM, needed ? STEP_FAILED : STEP_NOT_NEEDED, 0, NULL);
		set(p, STEP_WAIT, STEP_NOT_NEEDED, 0, NULL);
	}
	if (c->killed)
		set(p, STEP_KILL, STEP_DONE, 0, NULL);
	else
		set(p, STEP_KILL, p->fate == FATE_CANCELLED || p->fate == FATE_REFUSED ||
		    p->fate == FATE_DENIED ? STEP_FAILED : STEP_NOT_NEEDED, 0, NULL);
}

static void tell_end(const struct reaping *r, const struct reap_case *c)
{
	struct patient *p = c->p;
	struct arena *a = r->plan->arena;
	const char *by = NULL;

	if (plan_find(r->plan, p->parent))
		by = "by whoever adopted it, for its parent was ended first";
	else if (p->parent.pid)
		by = arena_printf(a, "by %s (%d)", p->parent_name, p->parent.pid);

	switch (p->fate) {
	case FATE_REAPED:
		set(p, STEP_REAP, STEP_DONE, 0,
		    c->nudged ? arena_printf(a, "%s, after one SIGCHLD", by ? by : "by its parent") : by);
		set(p, STEP_GONE, STEP_DONE, 0, NULL);
		break;
	case FATE_UNREAPED:
		set(p, STEP_REAP, STEP_ONLY, p->parent.pid,
		    c->nudged ? "one SIGCHLD did not make it" : p->advice);
		set(p, STEP_GONE, STEP_FAILED, 0, "dead, but still listed");
		break;
	case FATE_STALE:
		set(p, STEP_REAP, STEP_NOT_NEEDED, 0, NULL);
		set(p, STEP_GONE, STEP_DONE, 0, "it had gone before it was touched");
		break;
	default:
		set(p, STEP_REAP, STEP_FAILED, 0, NULL);
		set(p, STEP_GONE, STEP_FAILED, 0, "it is still there");
		break;
	}
}

/* Shut only when all are. */
static void tell_sockets(struct patient *p)
{
	for (size_t i = 0; i < p->listener_n; i++)
		if (p->fate == FATE_SHUT && p->listeners[i].end != SOCKET_SHUT)
			p->fate = FATE_LISTENING;
}

static const char *why(const struct reaping *r, const struct reap_case *c)
{
	struct patient *p = c->p;
	const char *wchan;

	switch (p->fate) {
	case FATE_UNREAPED:
		return p->parent.pid ?
			arena_printf(r->plan->arena, "dead, but %s (%d) has not waited for it",
				     p->parent_name[0] ? p->parent_name : "its parent",
				     p->parent.pid) :
			"dead, but whoever adopted it has not waited for it";
	case FATE_STALE:
		return "it had gone, or its pid was another process's, before it was touched";
	case FATE_DENIED:
		return p->treatment == TREAT_CLOSE ?
			"the kernel refused its descriptors: that takes the right to trace it" :
			"the kernel refused the signal (another user's)";
	case FATE_STUCK:
		wchan = r->ops->wchan ? r->ops->wchan(r->ops->context, p) : NULL;
		return wchan ? arena_printf(r->plan->arena, "lives on after SIGKILL, in %s", wchan) :
			"lives on after SIGKILL";
	case FATE_CANCELLED:
		return p->refused == REFUSE_AUDIT ? "it could not be written down first" :
			"cancelled before it ended";
	default:
		return p->fate_why;
	}
}

/* Whose parent was ended before it died has another one, who must wait for it. */
static void find_adopter(const struct reaping *r, struct patient *p)
{
	const struct reap_ops *ops = r->ops;

	if (!plan_find(r->plan, p->parent))
		return;
	if (!ops->adopter || ops->adopter(ops->context, p, &p->parent, p->parent_name)) {
		p->parent = (struct process_id){ 0 };
		p->parent_name[0] = '\0';
	}
}

void case_tell(const struct reaping *r, struct reap_case *c)
{
	struct patient *p = c->p;

	p->fate = fates[c->state];
	if (p->fate == FATE_UNREAPED)
		find_adopter(r, p);
	tell_sockets(p);
	p->fate_why = why(r, c);
	if (p->treatment == TREAT_CLOSE)
		return;
	tell_pipe(r, p);
	if (p->treatment != TREAT_TERMINATE)
		set(p, STEP_RUNNING, STEP_DONE, 0, "no, it is dead");
	else
		set(p, STEP_RUNNING, STEP_DONE, 0,
		    p->fate == FATE_STALE ? "no" :
		    arena_printf(r->plan->arena, "yes, state %c", p->process.now.state));
	tell_signals(r, c);
	tell_end(r, c);
}
