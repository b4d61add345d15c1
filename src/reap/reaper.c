/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of treatment: judge again, SIGTERM leader first, one deadline for all while late
 * forks are looked for, judge again, SIGKILL until three passes bring nobody new, a moment
 * for the parents to reap, then the zombies, one nudge at a time.
 */
#include "reap/reaper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reap/case.h"

#define NS_PER_MS UINT64_C(1000000)
#define CLEAN_PASSES 3
#define TERM_PASS_NS (100 * NS_PER_MS)	/* between two looks for late forks */
#define KILL_PASS_NS (5 * NS_PER_MS)
#define KILL_MOST_NS (30000 * NS_PER_MS)/* a storm that lasts longer is reported */
#define DEATH_NS (2000 * NS_PER_MS)	/* after SIGKILL: whoever lives on is stuck */
#define LINGER_NS (2000 * NS_PER_MS)	/* an init reaps in passes, up to 2 s apart */
#define NUDGE_NS (500 * NS_PER_MS)

static uint64_t now(const struct reaping *r)
{
	return r->ops->now(r->ops->context);
}

static int cancelled(const struct reaping *r)
{
	return r->ops->cancelled(r->ops->context);
}

static void cancel_all(struct reaping *r)
{
	for (enum reap_state s = RS_PLANNED; s < RS_FIRST_END; s++)
		cases_event(r, s, RE_CANCEL);
}

static void start(struct reaping *r)
{
	for (size_t i = 0; i < r->plan->patient_n; i++) {
		struct patient *p = r->plan->patients[i];
		enum reap_state state = p->treatment == TREAT_TERMINATE ? RS_PLANNED :
			p->treatment == TREAT_CLOSE ? RS_CLOSE_PLANNED :
			p->treatment == TREAT_NUDGE ? RS_NUDGE_PLANNED : RS_LINGERING;

		case_add(r, p, state);
	}
	cases_pin(r);
}

/* Nobody is signalled: judged again, each of their sockets by itself, done. */
static void shut_sockets(struct reaping *r)
{
	cases_judge(r, RS_CLOSE_PLANNED, JUDGE_AGAIN);
	cases_look(r);
	cases_event(r, RS_CLOSED, RE_TIMEOUT);
}

/* True when three passes have brought nobody new. */
static bool term(struct reaping *r)
{
	uint64_t deadline, next = 0;
	unsigned clean = 0;

	cases_judge(r, RS_PLANNED, JUDGE_AGAIN);
	deadline = now(r) + r->plan->grace_ns;
	for (;;) {
		uint64_t at;

		cases_look(r);
		if (cancelled(r) > 1)
			return true;
		at = now(r);
		if (!cancelled(r) && (at >= next || !cases_in(r, RS_TERMING))) {
			clean = cases_late(r, RS_PLANNED) ? 0 : clean + 1;
			next = at + TERM_PASS_NS;
		}
		if (!cases_in(r, RS_TERMING) && (clean >= CLEAN_PASSES || cancelled(r)))
			return true;
		at = now(r);
		if (at >= deadline)
			return clean >= CLEAN_PASSES;
		if (cases_in(r, RS_TERMING))
			cases_wait(r, RS_TERMING, deadline - at < TERM_PASS_NS ? deadline - at :
				   TERM_PASS_NS);
		else
			cases_wait(r, RS_TERMING, KILL_PASS_NS);
	}
}

static void find_stuck(struct reaping *r)
{
	for (size_t i = 0; i < r->n; i++) {
		struct reap_case *c = &r->cases[i];

		if (c->state == RS_KILLING && now(r) - c->killed_ns >= DEATH_NS)
			case_event(r, c, RE_TIMEOUT);
	}
}

static void kill_all(struct reaping *r)
{
	uint64_t deadline = now(r) + KILL_MOST_NS;
	unsigned clean = 0;

	cases_event(r, RS_TERMING, RE_TIMEOUT);
	cases_judge(r, RS_KILL_JUDGING, JUDGE_STILL);
	while (now(r) < deadline && cancelled(r) < 2) {
		clean = cases_late(r, RS_KILL_JUDGING) ? 0 : clean + 1;
		cases_look(r);
		find_stuck(r);
		if (clean >= CLEAN_PASSES && !cases_in(r, RS_KILLING))
			return;
		cases_wait(r, RS_KILLING, KILL_PASS_NS);
	}
	/* who gave up waiting may have done so before SIGKILL could do its work */
	if (cases_in(r, RS_KILLING)) {
		cases_wait(r, RS_KILLING, KILL_PASS_NS);
		cases_look(r);
	}
	cases_event(r, RS_KILLING, RE_TIMEOUT);
}

static void linger(struct reaping *r)
{
	uint64_t deadline = now(r) + LINGER_NS;

	for (;;) {
		cases_look(r);
		if (!cases_in(r, RS_LINGERING))
			return;
		if (now(r) >= deadline || cancelled(r) > 1)
			break;
		cases_wait(r, RS_N, 2 * KILL_PASS_NS);
	}
	cases_event(r, RS_LINGERING, RE_TIMEOUT);
}

static size_t zombies_of(const struct reaping *r, struct process_id parent)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += process_id_same(r->cases[i].p->parent, parent) &&
			(r->cases[i].state == RS_NUDGE_PLANNED || r->cases[i].state == RS_NUDGED);
	return n;
}

/* One SIGCHLD, and a while for it to work.  False: that parent took no zombie by it. */
static bool nudge_one(struct reaping *r, struct reap_case *c, enum refusal verdict)
{
	struct process_id parent = c->p->parent;
	size_t before = zombies_of(r, parent);
	uint64_t until = now(r) + NUDGE_NS;

	if (verdict)
		c->p->refused = verdict;
	case_event(r, c, verdict ? RE_REFUSED : RE_JUDGED);
	while (!verdict && zombies_of(r, parent) == before && now(r) < until) {
		cases_wait(r, RS_N, 2 * KILL_PASS_NS);
		cases_look(r);
	}
	return zombies_of(r, parent) < before;
}

static bool is_hopeless(const struct process_id *list, size_t n, struct process_id parent)
{
	for (size_t i = 0; i < n; i++)
		if (process_id_same(list[i], parent))
			return true;
	return false;
}

/* A handler that waits once takes one zombie a signal; one too many can hurt it (ECHILD), so
 * each zombie gets one at most, and none once they stop getting fewer. */
static void nudge(struct reaping *r)
{
	struct patient **who = calloc(r->n + 1, sizeof(struct patient *));
	enum refusal *verdict = calloc(r->n + 1, sizeof(*verdict));
	struct process_id *hopeless = calloc(r->n + 1, sizeof(*hopeless));
	size_t n = 0, at = 0, hopeless_n = 0;

	if (!who || !verdict || !hopeless)
		abort();
	for (size_t i = 0; i < r->n; i++)
		if (r->cases[i].state == RS_NUDGE_PLANNED)
			who[n++] = r->cases[i].p;
	if (n && !r->err)
		r->ops->judge(r->ops->context, JUDGE_AGAIN, who, n, NULL, 0, verdict);
	for (size_t i = 0; i < r->n && at < n; i++) {
		struct reap_case *c = &r->cases[i];

		if (c->p != who[at])
			continue;
		at++;
		cases_look(r);
		if (c->state != RS_NUDGE_PLANNED)
			continue;
		if (r->err || cancelled(r))
			case_event(r, c, RE_CANCEL);
		else if (is_hopeless(hopeless, hopeless_n, c->p->parent))
			case_event(r, c, RE_TIMEOUT);
		else if (!nudge_one(r, c, verdict[at - 1]))
			hopeless[hopeless_n++] = c->p->parent;
	}
	cases_look(r);
	cases_event(r, RS_NUDGED, RE_TIMEOUT);
	free(who);
	free(verdict);
	free(hopeless);
}

int reaper_run(struct plan *plan, const struct reap_ops *ops)
{
	struct reaping r = { .plan = plan, .ops = ops };
	bool clean = true;

	plan->acted = true;
	start(&r);
	if (cancelled(&r))
		cancel_all(&r);
	if (cases_in(&r, RS_CLOSE_PLANNED))
		shut_sockets(&r);
	if (cases_in(&r, RS_PLANNED))
		clean = term(&r);
	if (cancelled(&r))
		cases_event(&r, RS_TERMING, RE_CANCEL);
	else if (!r.err && (cases_in(&r, RS_TERMING) || !clean))
		kill_all(&r);
	if (cancelled(&r) > 1)
		cancel_all(&r);
	nudge(&r);
	linger(&r);
	cancel_all(&r);
	for (size_t i = 0; i < r.n; i++) {
		case_tell(&r, &r.cases[i]);
		ops->close(ops->context, &r.cases[i].pin);
		ops->close(ops->context, &r.cases[i].parent);
	}
	free(r.cases);
	return r.err;
}
