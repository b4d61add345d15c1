/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The documented steps, literally: close the pipe, is it running?, SIGTERM, wait, SIGKILL,
 * reap, verify.  Nobody is ever stopped: killed at any instruction, we leave no process that
 * waits for a SIGCONT.  Instead SIGKILL goes to the command's control group and its process
 * group at one stroke each, then to our children round after round: whoever is killed gives
 * its children to us, and a chain of forks is cut as soon as one of its links lives longer
 * than a round, some 50 us.
 */
#include "guard/guard.h"

#include <errno.h>
#include <stdlib.h>

#include "source/live.h"
#include "source/live_clock.h"

#define NS_PER_MS UINT64_C(1000000)
#define RESCAN_MS 500
#define KILL_MS 10000		/* without anybody ending: D state may last for ever */
#define KILL_MOST_MS 60000	/* storms are over in half a second, on a quiet machine */
#define KILL_BURST_MS 200	/* and at least as long as so many looks: */
#define KILL_BURST_LOOKS 2

static struct left *left_of(struct guard *g, const struct victim *v)
{
	return run_report_find(g->r, v->id);
}

static void step(struct guard *g, enum step which, enum step_end end, const char *note)
{
	g->r->steps[which] = (struct step_result){ .end = end, .note = note };
}

/* Pins those that are not yet; the pids must have been opened before they are judged. */
static size_t pin_new(struct guard *g)
{
	struct process_id *ids = calloc(g->victim_n + 1, sizeof(*ids));
	struct pin *pins = calloc(g->victim_n + 1, sizeof(*pins));
	int *errors = calloc(g->victim_n + 1, sizeof(*errors));
	size_t *which = calloc(g->victim_n + 1, sizeof(*which)), n = 0;

	if (!ids || !pins || !errors || !which)
		abort();
	for (size_t i = 0; i < g->victim_n; i++) {
		struct victim *v = &g->victims[i];

		if (v->pin.pidfd >= 0 || v->refused || left_of(g, v)->allowed ||
		    left_of(g, v)->fate != FATE_NONE)
			continue;
		which[n] = i;
		ids[n++] = v->id;
	}
	if (n)
		pin_open_all(ids, NULL, n, pins, errors);
	for (size_t i = 0; i < n; i++) {
		struct victim *v = &g->victims[which[i]];

		v->pin = pins[i];
		if (!errors[i])
			continue;
		v->pin.pidfd = -1;
		g->pins_refused |= errors[i] == -ENOSYS;
		/* without descriptors for all of them the rounds below must do */
		v->refused = errors[i] == -ESRCH || errors[i] == -ENOSYS;
	}
	free(ids);
	free(pins);
	free(errors);
	free(which);
	return n;
}

static void know_commands(const struct guard *g, struct snapshot *s)
{
	struct process **who = arena_calloc(s->arena, g->victim_n + 1, sizeof(*who));
	size_t n = 0;

	for (size_t i = 0; i < g->victim_n; i++)
		if (g->victims[i].pin.pidfd >= 0 && !g->victims[i].judged) {
			who[n] = snapshot_find(s, g->victims[i].id.pid);
			n += who[n] != NULL;
		}
	live_facts(s, who, n, FACT_BIT(FACT_DETAILS));
}

/* Looks again, now that they are held: each must still be below us, and no stranger. */
static void judge_again(struct guard *g)
{
	struct snapshot *s;

	if (live_walk(LIVE_PROCFS, &s))
		s = NULL;
	else if (g->o->allow_n)
		know_commands(g, s);
	for (size_t i = 0; i < g->victim_n; i++) {
		struct victim *v = &g->victims[i];
		const struct process *p = s ? snapshot_find(s, v->id.pid) : NULL;

		if (v->pin.pidfd < 0 || v->judged)
			continue;
		if (p && process_id_same(p->id, v->id) && left_named(g, p)) {
			left_of(g, v)->allowed = true;
			pin_close(&v->pin);
			v->refused = true;
			continue;
		}
		if (p && process_id_same(p->id, v->id) && left_depth(g, s, p) &&
		    pin_look(&v->pin) != 2) {
			v->judged = true;
			continue;
		}
		if (pin_look(&v->pin) == 0) {
			left_of(g, v)->fate = FATE_REFUSED;
			left_of(g, v)->fate_why = "looked at again, it was not below us any more";
		}
		pin_close(&v->pin);
		v->refused = true;
	}
	snapshot_free(s);
}

static void send(struct guard *g, struct victim *v, int sig)
{
	struct left *l = left_of(g, v);
	int err;

	if (v->pin.pidfd < 0)
		return;
	err = pin_signal(&v->pin, sig);
	if (err == -EPERM) {
		v->denied = true;
		l->fate_why = "we may not signal it: it is another user's";
	} else if (!err && !pin_look(&v->pin)) {
		l->sent++;
	}
}

/* Parents come before their children in the list of victims of one look. */
static void term_new(struct guard *g)
{
	if (!pin_new(g))
		return;
	judge_again(g);
	for (size_t i = 0; i < g->victim_n; i++) {
		struct victim *v = &g->victims[i];
		char state = left_of(g, v)->process.now.state;

		if (v->pin.pidfd < 0 || v->termed)
			continue;
		v->termed = true;
		send(g, v, SIGTERM);
		/* the stopped take it once they go on; not those that a tracer holds */
		if (state == 'T')
			send(g, v, SIGCONT);
	}
}

/* Everybody that may be signalled is gone; what remains is not for us to end. */
static bool all_denied(struct guard *g)
{
	bool any = false;

	for (size_t i = 0; i < g->victim_n; i++) {
		const struct victim *v = &g->victims[i];

		if (v->pin.pidfd < 0 || pin_look(&v->pin))
			continue;
		if (!v->denied)
			return false;
		any = true;
	}
	return any;
}

/* Step 4.  A signal that asks us to end cuts it short. */
static void wait_grace(struct guard *g)
{
	uint64_t from_ns = live_clock_ns(), now = from_ns, rescan_ns = now + RESCAN_MS * NS_PER_MS;
	uint64_t until_ns = from_ns + g->o->grace_ns;
	struct heard heard = { .end = 0 };

	while (!guard_alone(g) && !all_denied(g) && now < until_ns && !heard.end) {
		uint64_t next = until_ns < rescan_ns ? until_ns : rescan_ns;

		/* a deeper one's end is not told to us: its parent reaps it */
		guard_sleep(g, next - now > 20 * NS_PER_MS ? 20 : (int)((next - now) / NS_PER_MS) + 1,
			    &heard);
		now = live_clock_ns();
		if (now >= rescan_ns && now < until_ns) {
			left_gather(g, true);
			term_new(g);
			rescan_ns = live_clock_ns() + RESCAN_MS * NS_PER_MS;
		}
	}
	g->r->waited_ns = live_clock_ns() - from_ns;
}

/* So few descriptors may be open that nobody else can be held: those that are held must be
 * pinned and judged anew, should they outlive the rounds. */
static void release_victims(struct guard *g)
{
	for (size_t i = 0; i < g->victim_n; i++) {
		pin_close(&g->victims[i].pin);
		g->victims[i].judged = false;
	}
}

/* One round over our children.  How many were sent SIGKILL. */
static size_t kill_children(struct guard *g, struct children *denied)
{
	struct children now;
	size_t n = 0;

	if (!g->proc_ours || children_read(&g->proc, &now))
		return 0;
	/* the youngest are last, and the oldest mostly dead: nobody may grow old meanwhile */
	for (size_t i = now.n; i-- > 0;) {
		struct pin p;
		int err;

		if (children_has(denied, now.pids[i]) ||
		    stranger(&g->strangers, &g->proc, now.pids[i]) || left_spared(g, now.pids[i]))
			continue;
		err = pin_child(now.pids[i], &p);
		if (err == -EMFILE) {
			release_victims(g);
			err = pin_child(now.pids[i], &p);
		}
		g->pins_refused |= err == -ENOSYS;
		if (err)
			continue;
		err = pin_signal(&p, SIGKILL);
		if (err == -EPERM && denied->n < CHILDREN_MOST)
			denied->pids[denied->n++] = now.pids[i];
		n += !err;
		pin_close(&p);
	}
	return n;
}

static bool anybody_allowed(const struct guard *g)
{
	for (size_t i = 0; i < g->r->left_n; i++)
		if (g->r->left[i].allowed && g->r->left[i].fate != FATE_REAPED)
			return true;
	return false;
}

/* Those deep below somebody we may not kill. */
static void kill_victims(struct guard *g)
{
	term_new(g);
	for (size_t i = 0; i < g->victim_n; i++)
		if (g->victims[i].pin.pidfd >= 0 && !pin_look(&g->victims[i].pin))
			send(g, &g->victims[i], SIGKILL);
}

/* All that may still be forking, while they are. */
static void kill_groups(struct guard *g)
{
	if (anybody_allowed(g))
		return;
	if (g->cgroup.dir >= 0)
		own_cgroup_kill(&g->cgroup);
	/* in a session of its own only descendants can be in it; else we are, too */
	if (g->r->own_session)
		pin_signal_group(&g->cmd, SIGKILL);
}

/* Step 5, until nobody is left that could be killed. */
static bool kill_all(struct guard *g)
{
	uint64_t most_ns = live_clock_ns() + KILL_MOST_MS * NS_PER_MS;
	uint64_t until_ns = live_clock_ns() + KILL_MS * NS_PER_MS;
	uint64_t burst_ns = KILL_BURST_MS * NS_PER_MS, stop_ns, look_ns;
	struct children *denied = calloc(1, sizeof(*denied));
	size_t reaped = g->reaped;
	struct heard heard;
	bool alone = false;

	if (!denied)
		abort();
	kill_groups(g);
	kill_victims(g);
	while (!(alone = guard_alone(g)) && live_clock_ns() < until_ns && !g->pins_refused) {
		stop_ns = live_clock_ns() + burst_ns;
		kill_groups(g);
		while (!(alone = guard_alone(g)) && live_clock_ns() < stop_ns)
			if (!kill_children(g, denied))
				guard_sleep(g, 5, &heard);
		if (alone)
			break;
		look_ns = live_clock_ns();
		left_gather(g, true);
		kill_victims(g);
		/* on a loaded machine a look takes longer than a burst, and a storm grows
		 * meanwhile: most of the time is for killing */
		look_ns = live_clock_ns() - look_ns;
		if (burst_ns < KILL_BURST_LOOKS * look_ns)
			burst_ns = KILL_BURST_LOOKS * look_ns;
		if (denied->n && all_denied(g))
			break;
		/* a storm that lasts is no process that does not end */
		if (g->reaped != reaped && until_ns < most_ns)
			until_ns = live_clock_ns() + KILL_MS * NS_PER_MS;
		reaped = g->reaped;
	}
	free(denied);
	return alone;
}

/* The last word about each. */
static void tell_fates(struct guard *g, bool alone)
{
	for (size_t i = 0; i < g->victim_n; i++) {
		struct victim *v = &g->victims[i];
		struct left *l = left_of(g, v);
		int look = v->pin.pidfd >= 0 ? pin_look(&v->pin) : alone || v->refused ? 2 : 0;

		if (l->fate != FATE_NONE || l->allowed)
			continue;
		if (alone || look == 2)
			l->fate = FATE_REAPED;
		else if (look == 1)
			l->fate = FATE_UNREAPED;
		else
			l->fate = v->denied ? FATE_DENIED : FATE_STUCK;
		if (l->fate == FATE_STUCK && !l->fate_why)
			l->fate_why = g->pins_refused ? "this kernel has no pidfds, and without them we signal nobody"
						      : "it lives on after SIGKILL";
	}
	for (size_t i = 0; alone && i < g->r->left_n; i++)
		if (g->r->left[i].fate == FATE_NONE && !g->r->left[i].allowed)
			g->r->left[i].fate = FATE_REAPED;
}

void guard_clean(struct guard *g)
{
	struct run_report *r = g->r;
	bool alone, in_time;
	size_t running = 0;

	r->cleaned = true;
	for (size_t i = 0; i < g->victim_n; i++)
		running += !left_of(g, &g->victims[i])->by_itself &&
			   !left_of(g, &g->victims[i])->allowed;
	step(g, STEP_CLOSE_PIPE, STEP_DONE,
	     "our copies were closed when the command had started, its own with its end");
	step(g, STEP_RUNNING, STEP_DONE, arena_printf(r->arena, "%zu running", running));
	term_new(g);
	step(g, STEP_TERM, running ? STEP_DONE : STEP_NOT_NEEDED, NULL);
	wait_grace(g);
	step(g, STEP_WAIT, STEP_DONE, arena_printf(r->arena, "%.1f of %.1f s",
						   (double)r->waited_ns / 1e9,
						   (double)r->grace_ns / 1e9));
	in_time = alone = guard_alone(g);
	if (!alone)
		alone = kill_all(g);
	step(g, STEP_KILL, in_time ? STEP_NOT_NEEDED : STEP_DONE, NULL);
	tell_fates(g, alone);
	step(g, STEP_REAP, alone ? STEP_DONE : STEP_FAILED, NULL);
	step(g, STEP_GONE, alone ? STEP_DONE : STEP_FAILED,
	     !alone ? "not all are gone" : r->inherited || anybody_allowed(g) ?
	     "no child is left that is the command's" : "waitid: no child is left");
}
