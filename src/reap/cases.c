/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patients under treatment: pinned, judged, signalled, looked at.  Nothing is signalled
 * that is not pinned, judged after it was pinned, and written down before.
 */
#include "reap/case.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	UNSEEN_MOST = 3,	/* as many looks as it takes to call a storm over */
	JUDGE_MOST = 3,
};
#define DOUBT_NS UINT64_C(50000000)

struct reap_case *case_add(struct reaping *r, struct patient *p, enum reap_state state)
{
	struct reap_case *c;

	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->cases = reallocarray(r->cases, r->room, sizeof(*r->cases));
		if (!r->cases)
			abort();
	}
	c = &r->cases[r->n++];
	*c = (struct reap_case){ .p = p, .state = state, .pin = { .pidfd = -1 },
				 .parent = { .pidfd = -1 } };
	return c;
}

size_t cases_in(const struct reaping *r, enum reap_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->cases[i].state == state;
	return n;
}

/* One signal, told before and after.  0 or the error of the signal; -EIO: not told, so not
 * sent, and from then on nothing is. */
static int send(struct reaping *r, struct reap_case *c, const struct pin *to, int sig,
		const char *what)
{
	const struct reap_ops *ops = r->ops;
	int err;

	if (r->err || ops->intent(ops->context, c->p, what) < 0) {
		r->err = r->err ? r->err : -EIO;
		c->p->refused = REFUSE_AUDIT;
		return -EIO;
	}
	err = ops->signal(ops->context, to, sig);
	ops->result(ops->context, c->p, what, err);
	c->p->sent += !err;
	return err;
}

/* Each told by itself.  0, -EIO not told, -ESRCH it is dead, -EPERM. */
static int shut(struct reaping *r, struct reap_case *c)
{
	const struct reap_ops *ops = r->ops;

	for (size_t i = 0; i < c->p->listener_n; i++) {
		struct listener *l = &c->p->listeners[i];
		const char *what = arena_printf(r->plan->arena, "shutdown fd %d, port %u", l->fd,
						l->port);

		if (l->end != SOCKET_LEFT)
			continue;
		if (r->err || ops->intent(ops->context, c->p, what) < 0) {
			r->err = r->err ? r->err : -EIO;
			c->p->refused = REFUSE_AUDIT;
			return -EIO;
		}
		l->error = ops->close_socket(ops->context, &c->pin, l->fd, l->inode);
		ops->result(ops->context, c->p, what, l->error);
		l->end = !l->error ? SOCKET_SHUT : l->error == -EBADF || l->error == -ESTALE ?
			SOCKET_CHANGED : SOCKET_FAILED;
		if (l->error == -ESRCH || l->error == -EPERM)
			return l->error;
	}
	return 0;
}

static void answer(struct reaping *r, struct reap_case *c, int err)
{
	if (err == -EIO)
		case_event(r, c, RE_FAILED);
	else if (err == -ESRCH)
		case_event(r, c, RE_STALE);
	else if (err)
		case_event(r, c, RE_DENIED);
}

static void act(struct reaping *r, struct reap_case *c, enum reap_action action)
{
	uint64_t now = r->ops->now(r->ops->context);
	int err = 0;

	switch (action) {
	case RA_NONE:
	case RA_JUDGE:	/* all at once: cases_judge() */
		return;
	case RA_TERM:
		err = send(r, c, &c->pin, SIGTERM, "SIGTERM");
		c->termed = !err;
		c->termed_ns = now;
		/* a stopped one takes its SIGTERM only when it goes on */
		if (!err && c->p->process.now.state == 'T')
			err = send(r, c, &c->pin, SIGCONT, "SIGCONT");
		break;
	case RA_KILL:
		err = send(r, c, &c->pin, SIGKILL, "SIGKILL");
		c->killed = !err;
		c->killed_ns = now;
		break;
	case RA_CLOSE:
		err = shut(r, c);
		break;
	case RA_NUDGE:
		err = send(r, c, &c->parent, SIGCHLD, "SIGCHLD");
		c->nudged = !err;
		break;
	}
	answer(r, c, err);
}

void case_event(struct reaping *r, struct reap_case *c, enum reap_event event)
{
	struct reap_move move = reap_move(c->state, event);

	if (c->termed && !c->p->waited_ns && (event == RE_DEAD || event == RE_REAPED ||
					      event == RE_STALE || event == RE_TIMEOUT)) {
		c->p->waited_ns = r->ops->now(r->ops->context) - c->termed_ns;
		c->p->waited_ns += !c->p->waited_ns;
	}
	c->state = move.next;
	act(r, c, move.action);
	if (c->state >= RS_FIRST_END && event == RE_REAPED)
		r->ops->close(r->ops->context, &c->pin);
}

void cases_event(struct reaping *r, enum reap_state state, enum reap_event event)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->cases[i].state == state)
			case_event(r, &r->cases[i], event);
}

void cases_look(struct reaping *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct reap_case *c = &r->cases[i];
		int seen;

		if (c->state >= RS_FIRST_END || c->pin.pidfd < 0)
			continue;
		seen = r->ops->look(r->ops->context, &c->pin);
		if (seen)
			case_event(r, c, seen == 2 ? RE_REAPED : RE_DEAD);
	}
}

static void pinned(struct reaping *r, struct reap_case *c, int err)
{
	if (!err)
		return;
	c->pin.pidfd = -1;
	if (err == -ESRCH) {
		case_event(r, c, RE_STALE);
		return;
	}
	c->p->refused = err == -ENOSYS ? REFUSE_NO_PIDFD : REFUSE_UNREAD;
	case_event(r, c, RE_REFUSED);
	if (err == -ENOSYS)
		r->err = -ENOSYS;
}

void cases_pin(struct reaping *r)
{
	struct process_id *ids = calloc(2 * r->n + 1, sizeof(*ids));
	struct pin *pins = calloc(2 * r->n + 1, sizeof(*pins));
	int *errors = calloc(2 * r->n + 1, sizeof(*errors));
	size_t *whose = calloc(r->n + 1, sizeof(*whose)), n = 0;

	if (!ids || !pins || !errors || !whose)
		abort();
	for (size_t i = 0; i < r->n; i++) {
		if (r->cases[i].pin.pidfd >= 0 || r->cases[i].state >= RS_FIRST_END)
			continue;
		whose[n] = i;
		ids[n++] = r->cases[i].p->process.id;
	}
	/* the parents of zombies behind them, in the same order */
	for (size_t i = 0; i < n; i++)
		ids[n + i] = r->cases[whose[i]].state == RS_NUDGE_PLANNED ?
			r->cases[whose[i]].p->parent : ids[i];
	if (n)
		r->ops->pin(r->ops->context, ids, 2 * n, pins, errors);
	for (size_t i = 0; i < n; i++) {
		struct reap_case *c = &r->cases[whose[i]];

		c->pin = pins[i];
		if (c->state == RS_NUDGE_PLANNED && !errors[n + i])
			c->parent = pins[n + i];
		else if (!errors[n + i])
			r->ops->close(r->ops->context, &pins[n + i]);
		pinned(r, c, errors[i]);
		if (c->state == RS_NUDGE_PLANNED && c->parent.pidfd < 0)
			case_event(r, c, RE_REFUSED);
	}
	free(ids);
	free(pins);
	free(errors);
	free(whose);
}

/* A zombie leaves nobody behind that we have any business with, and whom we may not touch,
 * his children are none of ours either. */
static bool is_held(const struct reap_case *c)
{
	return c->p->treatment == TREAT_TERMINATE && (c->termed || c->killed);
}

/* Whoever was ever pinned, also those that have ended: their pids may live on as sids. */
static struct held *held_all(const struct reaping *r, size_t *n)
{
	struct held *list = calloc(r->n + 1, sizeof(*list));

	if (!list)
		abort();
	*n = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct reap_case *c = &r->cases[i];

		if (!is_held(c))
			continue;
		list[(*n)++] = (struct held){
			.id = c->p->process.id,
			.unreaped = c->pin.pidfd >= 0 &&
				r->ops->look(r->ops->context, &c->pin) < 2,
			.led_session = c->p->led_session && c->session_unseen < UNSEEN_MOST,
			.led_group = c->p->led_group && c->group_unseen < UNSEEN_MOST,
		};
	}
	return list;
}

/* The number of a session that nobody is in any more is free: whoever has it later is a
 * stranger.  A process that forks and ends can escape one look, so several must miss it. */
static void note_unseen(struct reaping *r, const struct held *held)
{
	for (size_t i = 0; i < r->n; i++) {
		struct reap_case *c = &r->cases[i];

		if (!is_held(c))
			continue;
		/* over is over */
		if (c->session_unseen < UNSEEN_MOST)
			c->session_unseen = held->unreaped || held->session_seen ? 0 :
				c->session_unseen + 1;
		if (c->group_unseen < UNSEEN_MOST)
			c->group_unseen = held->unreaped || held->group_seen ? 0 :
				c->group_unseen + 1;
		held++;
	}
}

/* A parent is told by its pid, which is a name only as long as it is not reaped: so he must
 * still be there after his children were read. */
static bool lost_parent(const struct reaping *r, const struct held *held, size_t held_n,
			const struct patient *p)
{
	for (size_t i = 0; i < held_n; i++)
		if (held[i].id.pid == p->process.now.ppid && held[i].unreaped)
			for (size_t j = 0; j < r->n; j++)
				if (process_id_same(r->cases[j].p->process.id, held[i].id) &&
				    r->cases[j].pin.pidfd >= 0 &&
				    r->ops->look(r->ops->context, &r->cases[j].pin) == 2)
					return true;
	return false;
}

static bool any_refused(const enum refusal *verdict, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (verdict[i])
			return true;
	return false;
}

/* What follows from a verdict.  Whoever has died meanwhile needs none: he was another's
 * patient too, or went by himself. */
static enum reap_event answer_of(const struct reaping *r, const struct reap_case *c,
				 enum refusal verdict)
{
	int seen = r->ops->look(r->ops->context, &c->pin);

	return seen == 2 ? RE_REAPED : seen ? RE_DEAD : verdict ? RE_REFUSED : RE_JUDGED;
}

/* One write instead of many signals, where it can hit nobody else.  Those who live on get a
 * SIGKILL by themselves. */
static void kill_group(struct reaping *r, const size_t *which, struct patient *const *who,
		       const struct pin *pins, size_t n)
{
	if (!r->ops->kill_group || r->ops->kill_group(r->ops->context, who, pins, n))
		return;
	for (size_t i = 0; i < n; i++) {
		struct reap_case *c = &r->cases[which[i]];

		c->killed = true;
		c->killed_ns = r->ops->now(r->ops->context);
		c->p->sent++;
	}
}

/* It lives, and who it is could not be shown: its parent was just being ended, or reading
 * it took too long. */
static bool any_in_doubt(const struct reaping *r, const struct pin *pins,
			 const enum refusal *verdict, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((verdict[i] == REFUSE_UNREAD || verdict[i] == REFUSE_CHANGED ||
		     verdict[i] == REFUSE_GONE) && !r->ops->look(r->ops->context, &pins[i]))
			return true;
	return false;
}

/* In doubt all of them are judged once more, by a new look: only the last verdict counts. */
static void judge(struct reaping *r, enum judge_how how, struct patient *const *who,
		  const struct pin *pins, size_t n, const struct held *held, size_t held_n,
		  enum refusal *verdict)
{
	const struct reap_ops *ops = r->ops;

	for (int left = JUDGE_MOST; left--;) {
		ops->judge(ops->context, how, who, n, held, held_n, verdict);
		if (how == JUDGE_LATE || !left || !any_in_doubt(r, pins, verdict, n) ||
		    ops->cancelled(ops->context))
			return;
		ops->wait(ops->context, NULL, 0, DOUBT_NS);
	}
}

void cases_judge(struct reaping *r, enum reap_state state, enum judge_how how)
{
	struct patient **who = calloc(r->n + 1, sizeof(struct patient *));
	enum refusal *verdict = calloc(r->n + 1, sizeof(*verdict));
	size_t *which = calloc(r->n + 1, sizeof(*which)), n = 0, held_n;
	struct pin *pins = calloc(r->n + 1, sizeof(*pins));
	struct held *held;

	if (!who || !verdict || !which || !pins)
		abort();
	for (size_t i = 0; i < r->n; i++) {
		if (r->cases[i].state != state || (how == JUDGE_LATE && !r->cases[i].p->late))
			continue;
		which[n] = i;
		pins[n] = r->cases[i].pin;
		who[n++] = r->cases[i].p;
	}
	held = held_all(r, &held_n);
	if (n && !r->err)
		judge(r, how, who, pins, n, held, held_n, verdict);
	for (size_t i = 0; i < n && how == JUDGE_LATE; i++)
		if (!verdict[i] && lost_parent(r, held, held_n, who[i]))
			verdict[i] = REFUSE_CHANGED;
	for (size_t i = 0; i < n; i++)
		if (r->err || verdict[i])
			who[i]->refused = r->err == -EIO ? REFUSE_AUDIT : verdict[i];
	if (n && state == RS_KILL_JUDGING && !r->err && !any_refused(verdict, n))
		kill_group(r, which, who, pins, n);
	for (size_t i = 0; i < n; i++) {
		struct reap_case *c = &r->cases[which[i]];

		if (r->err)
			case_event(r, c, RE_FAILED);
		else if (how == JUDGE_AGAIN && r->ops->cancelled(r->ops->context))
			case_event(r, c, RE_CANCEL);
		else
			case_event(r, c, answer_of(r, c, verdict[i]));
	}
	free(held);
	free(pins);
	free(who);
	free(verdict);
	free(which);
}

/* For good: not only because the link to those held could not be shown just then. */
static bool was_refused(const struct reaping *r, size_t n, struct process_id id)
{
	for (size_t i = 0; i < n; i++)
		if (process_id_same(r->cases[i].p->process.id, id) &&
		    r->cases[i].state == RS_REFUSED && r->cases[i].p->refused != REFUSE_CHANGED)
			return true;
	return false;
}

/* Left alone for what it is, not for how little was seen of it: those are a storm's. */
static bool is_promise(enum refusal why)
{
	return why != REFUSE_YOUNG && why != REFUSE_UNREAD && why != REFUSE_GONE &&
		why != REFUSE_CHANGED;
}

/* The plan has promised to leave it alone: it is no late fork, whatever session it shares
 * with those we end.  Nor is what such a one forks there meanwhile. */
static bool was_spared(const struct plan *plan, const struct process *p)
{
	for (size_t i = 0; i < plan->refusal_n; i++) {
		const struct refused *r = &plan->refusals[i];

		if (process_id_same(r->process.id, p->id) ||
		    (r->process.id.pid == p->now.ppid && r->process.sid == p->sid &&
		     is_promise(r->why)))
			return true;
	}
	return false;
}

/* Who was never touched is worth a line only when that is for a reason. */
static bool worth_telling(const struct reap_case *c)
{
	return c->termed || c->killed ||
		(c->state == RS_REFUSED && c->p->refused != REFUSE_CHANGED &&
		 c->p->refused != REFUSE_GONE);
}

size_t cases_late(struct reaping *r, enum reap_state state)
{
	size_t held_n, found_n, before = r->n, n = 0;
	struct held *held;
	struct patient **found;

	if (r->err)
		return 0;
	held = held_all(r, &held_n);
	found = held_n ? r->ops->late(r->ops->context, held, held_n, &found_n) : NULL;
	if (found)
		note_unseen(r, held);
	free(held);
	if (!found)
		return 0;
	for (size_t i = 0; i < found_n; i++)
		if (!was_refused(r, before, found[i]->process.id) &&
		    !was_spared(r->plan, &found[i]->process))
			case_add(r, found[i], state);
	cases_pin(r);
	cases_judge(r, state, JUDGE_LATE);
	for (size_t i = before; i < r->n; i++) {
		struct plan *plan = r->plan;

		n += r->cases[i].state != RS_STALE;
		if (worth_telling(&r->cases[i]))
			*(struct patient **)arena_push(plan->arena, &plan->patients,
						       &plan->patient_n, &plan->patient_room,
						       sizeof(struct patient *)) = r->cases[i].p;
	}
	return n;
}

void cases_wait(struct reaping *r, enum reap_state state, uint64_t ns)
{
	struct pin *pins = calloc(r->n + 1, sizeof(*pins));
	size_t n = 0;

	if (!pins)
		abort();
	for (size_t i = 0; i < r->n; i++) {
		if (r->cases[i].state != state)
			continue;
		/* died since it was looked at: that is what is waited for */
		if (r->ops->look(r->ops->context, &r->cases[i].pin)) {
			free(pins);
			return;
		}
		pins[n++] = r->cases[i].pin;
	}
	r->ops->wait(r->ops->context, pins, n, ns);
	free(pins);
}
