/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reaper in a world that owns its clock: what is sent to whom, in which order and when,
 * and that no change of a pid's owner, at whatever moment, lets a signal hit a stranger.
 * Orders that are known to kill strangers must do so here: else this world proves nothing.
 */
#include "harness.h"
#include "reap_world.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#define SECOND UINT64_C(1000000000)

enum { REUSES = 1000000, POINTS = 40, NAIVE_REUSES = 20000 };

static struct world w;

static void open_world(void)
{
	world_open(&w);
}

static void close_world(void)
{
	world_close(&w);
}

static struct patient *victim(pid_t pid)
{
	return world_patient(&w, world_add(&w, pid), TREAT_TERMINATE);
}

static const char *fate(size_t i)
{
	return fate_name(w.plan->patients[i]->fate);
}

START_TEST(term_is_enough)
{
	victim(100);
	ck_assert_int_eq(world_run(&w), 0);
	ck_assert_str_eq(fate(0), "reaped");
	ck_assert_uint_eq(world_sent(&w, 100, SIGTERM), 1);
	ck_assert_uint_eq(world_sent(&w, 100, SIGKILL), 0);
	ck_assert_int_eq(plan_status(w.plan), 0);
}
END_TEST

START_TEST(ignored_term_is_followed_by_kill_after_the_grace)
{
	uint64_t before = w.now_ns;

	victim(100);
	w.souls[0].ignores_term = true;
	ck_assert_int_eq(world_run(&w), 0);
	ck_assert_str_eq(fate(0), "reaped");
	ck_assert_uint_eq(world_sent(&w, 100, SIGKILL), 1);
	ck_assert(w.now_ns - before >= 5 * SECOND);
	ck_assert_uint_eq(w.judged[JUDGE_AGAIN], 1);
	ck_assert_uint_eq(w.judged[JUDGE_STILL], 1);
}
END_TEST

START_TEST(one_deadline_for_all)
{
	uint64_t before = w.now_ns;

	for (pid_t pid = 100; pid < 110; pid++) {
		victim(pid);
		w.souls[pid - 100].ignores_term = true;
	}
	ck_assert_int_eq(world_run(&w), 0);
	ck_assert(w.now_ns - before < 8 * SECOND);
	for (size_t i = 0; i < 10; i++)
		ck_assert_str_eq(fate(i), "reaped");
}
END_TEST

START_TEST(in_the_order_of_the_plan)
{
	victim(100);
	victim(50);
	victim(70);
	world_run(&w);
	ck_assert_int_eq(w.sent[0].pid, 100);
	ck_assert_int_eq(w.sent[1].pid, 50);
	ck_assert_int_eq(w.sent[2].pid, 70);
}
END_TEST

START_TEST(the_stopped_go_on_after_term)
{
	victim(100);
	w.souls[0].stopped = true;
	world_run(&w);
	ck_assert_str_eq(fate(0), "reaped");
	ck_assert_int_eq(w.sent[0].sig, SIGTERM);
	ck_assert_int_eq(w.sent[1].sig, SIGCONT);
	ck_assert_uint_eq(world_sent(&w, 100, SIGKILL), 0);
}
END_TEST

START_TEST(nobody_is_ever_stopped)
{
	victim(100);
	victim(101);
	w.souls[1].ignores_term = true;
	w.souls[0].forks_once = true;
	world_run(&w);
	for (size_t i = 0; i < w.sent_n; i++)
		ck_assert(w.sent[i].sig == SIGTERM || w.sent[i].sig == SIGCONT ||
			  w.sent[i].sig == SIGKILL);
}
END_TEST

START_TEST(an_unreaped_one_is_not_called_reaped)
{
	victim(100);
	w.souls[0].never_reaped = true;
	world_run(&w);
	ck_assert_str_eq(fate(0), "unreaped");
	ck_assert_int_eq(w.plan->patients[0]->steps[STEP_REAP].end, STEP_ONLY);
	ck_assert_int_eq(plan_status(w.plan), 1);
}
END_TEST

START_TEST(a_stuck_one_is_said_to_be_stuck_in_bounded_time)
{
	uint64_t before = w.now_ns;

	victim(100);
	w.souls[0].ignores_term = w.souls[0].stuck = true;
	world_run(&w);
	ck_assert_str_eq(fate(0), "stuck");
	ck_assert(w.now_ns - before < 10 * SECOND);
	ck_assert_uint_eq(world_sent(&w, 100, SIGKILL), 1);
}
END_TEST

START_TEST(denied)
{
	victim(100);
	victim(101);
	w.souls[0].denied = true;
	world_run(&w);
	ck_assert_str_eq(fate(0), "denied");
	ck_assert_str_eq(fate(1), "reaped");
}
END_TEST

START_TEST(gone_before)
{
	victim(100);
	w.souls[0].dead = 2;
	world_run(&w);
	ck_assert_str_eq(fate(0), "stale");
	ck_assert_uint_eq(w.sent_n, 0);
	ck_assert_int_eq(plan_status(w.plan), 0);
}
END_TEST

START_TEST(refused_when_judged_again)
{
	victim(100);
	w.refuse_at[JUDGE_AGAIN] = REFUSE_DAEMON;
	world_run(&w);
	ck_assert_str_eq(fate(0), "refused");
	ck_assert_int_eq(w.plan->patients[0]->refused, REFUSE_DAEMON);
	ck_assert_uint_eq(w.sent_n, 0);
}
END_TEST

START_TEST(refused_before_kill)
{
	victim(100);
	w.souls[0].ignores_term = true;
	w.refuse_at[JUDGE_STILL] = REFUSE_PROTECTED;
	world_run(&w);
	ck_assert_str_eq(fate(0), "refused");
	ck_assert_uint_eq(world_sent(&w, 100, SIGTERM), 1);
	ck_assert_uint_eq(world_sent(&w, 100, SIGKILL), 0);
}
END_TEST

START_TEST(no_pidfds_no_signals)
{
	victim(100);
	w.no_pidfd = -ENOSYS;
	ck_assert_int_eq(world_run(&w), -ENOSYS);
	ck_assert_str_eq(fate(0), "refused");
	ck_assert_int_eq(w.plan->patients[0]->refused, REFUSE_NO_PIDFD);
	ck_assert_uint_eq(w.sent_n, 0);
}
END_TEST

START_TEST(an_unread_identity_is_not_touched)
{
	victim(100);
	w.no_pidfd = -EAGAIN;
	world_run(&w);
	ck_assert_int_eq(w.plan->patients[0]->refused, REFUSE_UNREAD);
	ck_assert_uint_eq(w.sent_n, 0);
}
END_TEST

START_TEST(no_audit_no_signals)
{
	victim(100);
	victim(101);
	w.audit_fails = true;
	ck_assert_int_eq(world_run(&w), -EIO);
	ck_assert_uint_eq(w.sent_n, 0);
	ck_assert_int_eq(w.plan->patients[0]->refused, REFUSE_AUDIT);
	ck_assert_int_eq(plan_status(w.plan), 1);
}
END_TEST

START_TEST(a_late_fork_is_found_and_ended)
{
	victim(100);
	w.souls[0].forks_once = true;
	world_run(&w);
	ck_assert_uint_eq(w.plan->patient_n, 2);
	ck_assert_str_eq(fate(1), "reaped");
	ck_assert_uint_eq(world_sent(&w, 1100, SIGTERM), 1);
	ck_assert_uint_ge(w.judged[JUDGE_LATE], 1);
}
END_TEST

/* Whom the plan has named as not touched is no late fork, however much he looks like one;
 * nor is what he forks in their session, unless he was only too young. */
START_TEST(who_was_spared_is_no_late_fork)
{
	struct refused *spared = arena_calloc(w.plan->arena, 1, sizeof(*spared));
	bool touched = _i == 2;

	victim(100);
	w.souls[0].forks_once = true;
	spared->why = touched ? REFUSE_YOUNG : REFUSE_NOT_SELECTED;
	spared->process.id = (struct process_id){ _i ? 100 : 1100, _i ? 1 : 1001 };
	w.plan->refusals = spared;
	w.plan->refusal_n = 1;
	world_run(&w);
	ck_assert_uint_eq(world_sent(&w, 1100, SIGTERM), touched);
	ck_assert_uint_eq(w.plan->patient_n, touched ? 2 : 1);
}
END_TEST

START_TEST(cancelled_in_the_grace_period)
{
	victim(100);
	w.souls[0].ignores_term = true;
	w.cancel_at_wait = 2;
	world_run(&w);
	ck_assert_str_eq(fate(0), "cancelled");
	ck_assert_uint_eq(world_sent(&w, 100, SIGTERM), 1);
	ck_assert_uint_eq(world_sent(&w, 100, SIGKILL), 0);
	ck_assert(w.now_ns >= 5 * SECOND);
}
END_TEST

START_TEST(cancelled_but_it_ended_in_the_grace_period)
{
	victim(100);
	w.souls[0].term_ns = SECOND;
	w.cancel_at_wait = 2;
	world_run(&w);
	ck_assert_str_eq(fate(0), "reaped");
}
END_TEST

START_TEST(cancelled_twice_ends_at_once)
{
	victim(100);
	w.souls[0].ignores_term = true;
	w.cancel_at_wait = 2;
	w.cancel_again_at_wait = 4;
	world_run(&w);
	ck_assert_str_eq(fate(0), "cancelled");
	ck_assert(w.now_ns < SECOND);
}
END_TEST

START_TEST(cancelled_before_it_began)
{
	victim(100);
	w.cancelled = 1;
	world_run(&w);
	ck_assert_str_eq(fate(0), "cancelled");
	ck_assert_uint_eq(w.sent_n, 0);
}
END_TEST

/* Four zombies of a parent that takes so many per SIGCHLD. */
static void zombies(int per_signal)
{
	struct soul *parent = world_add(&w, 10);

	parent->zombies = per_signal;
	for (pid_t pid = 100; pid < 104; pid++) {
		struct soul *z = world_add(&w, pid);

		z->dead = 1;
		z->never_reaped = true;
		z->ppid = 10;
		world_patient(&w, z, TREAT_NUDGE);
	}
	world_run(&w);
	for (size_t i = 0; i < w.sent_n; i++)
		ck_assert_int_eq(w.sent[i].sig, SIGCHLD);
}

START_TEST(a_parent_that_takes_all_is_nudged_once)
{
	zombies(-1);
	ck_assert_uint_eq(world_sent(&w, 10, SIGCHLD), 1);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(fate(i), "reaped");
}
END_TEST

START_TEST(a_parent_that_takes_one_is_nudged_once_each)
{
	zombies(1);
	ck_assert_uint_eq(world_sent(&w, 10, SIGCHLD), 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(fate(i), "reaped");
}
END_TEST

START_TEST(a_parent_that_takes_none_is_not_nudged_again)
{
	zombies(0);
	ck_assert_uint_eq(world_sent(&w, 10, SIGCHLD), 1);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(fate(i), "unreaped");
}
END_TEST

START_TEST(advice_sends_nothing)
{
	struct soul *z = world_add(&w, 100);

	z->dead = 1;
	z->never_reaped = true;
	world_patient(&w, z, TREAT_ADVISE);
	world_run(&w);
	ck_assert_uint_eq(w.sent_n, 0);
	ck_assert_str_eq(fate(0), "unreaped");
}
END_TEST

/* By itself, or by another one's hand: that is no refusal. */
START_TEST(dead_when_judged)
{
	victim(100);
	w.souls[0].dies_when_judged = true;
	w.refuse_at[JUDGE_AGAIN] = _i ? REFUSE_YOUNG : REFUSE_NOT;
	world_run(&w);
	ck_assert_str_eq(fate(0), "reaped");
	ck_assert_uint_eq(w.sent_n, 0);
	ck_assert_int_eq(plan_status(w.plan), 0);
}
END_TEST

/* What could not be read is looked at again, and never signalled on an old verdict. */
START_TEST(judged_anew_when_in_doubt)
{
	static const enum refusal doubts[] = { REFUSE_UNREAD, REFUSE_CHANGED, REFUSE_GONE };

	victim(100);
	w.refuse_at[JUDGE_AGAIN] = doubts[_i % 3];
	w.refuse_times = _i < 3 ? 2 : 100;
	world_run(&w);
	ck_assert_str_eq(fate(0), _i < 3 ? "reaped" : "refused");
	ck_assert_uint_eq(w.judged[JUDGE_AGAIN], 3);
	ck_assert_uint_eq(w.sent_n, _i < 3);
}
END_TEST

START_TEST(a_clear_refusal_is_not_asked_again)
{
	victim(100);
	w.refuse_at[JUDGE_AGAIN] = REFUSE_DAEMON;
	w.refuse_times = 1;
	world_run(&w);
	ck_assert_str_eq(fate(0), "refused");
	ck_assert_uint_eq(w.sent_n, 0);
}
END_TEST

START_TEST(killed_by_its_group)
{
	victim(100);
	w.souls[0].ignores_term = true;
	w.groups_work = true;
	world_run(&w);
	ck_assert_str_eq(fate(0), "reaped");
	ck_assert_uint_eq(world_sent(&w, 100, SIGKILL), 0);
	ck_assert_int_eq(w.plan->patients[0]->steps[STEP_KILL].end, STEP_DONE);
	ck_assert_uint_eq(w.plan->patients[0]->sent, 2);
}
END_TEST

/* Its parent was ended first: who must reap it is whoever adopted it, not that parent. */
START_TEST(unreaped_by_whoever_adopted_it)
{
	struct step_result *reap;

	victim(100);
	victim(101);
	w.souls[1].never_reaped = true;
	w.souls[1].ppid = 100;
	w.plan->patients[1]->parent = w.plan->patients[0]->process.id;
	world_run(&w);
	ck_assert_str_eq(fate(1), "unreaped");
	reap = &w.plan->patients[1]->steps[STEP_REAP];
	ck_assert_int_eq(reap->end, STEP_ONLY);
	ck_assert_int_eq(reap->only, 0);
}
END_TEST

/* A session that nobody is in any more is over: its number may be a stranger's next. */
START_TEST(a_session_ends_when_nobody_is_in_it)
{
	victim(100)->led_session = true;
	victim(101);
	w.souls[1].ignores_term = true;
	w.session_looks = 4;
	world_run(&w);
	ck_assert_str_eq(fate(0), "reaped");
	ck_assert_uint_gt(w.looks, 10);
	/* at most: the looks in which it was seen, and three that may have missed it */
	ck_assert_uint_ge(w.sessions_offered, 4);
	ck_assert_uint_le(w.sessions_offered, 4 + 3);
}
END_TEST

/* One life of the world: the pid changes hands at operation `point`. */
static unsigned life(unsigned point, bool same_tick, bool ignores)
{
	struct soul *s;

	w.n = w.sent_n = w.ops = 0;
	w.now_ns = 1000;
	w.plan->patients = NULL;
	w.plan->patient_n = w.plan->patient_room = 0;
	s = world_add(&w, 100);
	s->ignores_term = ignores;
	world_patient(&w, s, TREAT_TERMINATE);
	w.reuse_at = point;
	w.reuse_pid = 100;
	w.same_tick = same_tick;
	world_run(&w);
	return world_wrong(&w);
}

START_TEST(a_million_reuses)
{
	unsigned wrong = 0, happened = 0;

	/* whatever is slow is the grace period: short, it has as many operations to disturb */
	w.plan->grace_ns = 1000000;
	for (unsigned i = 0; i < REUSES; i++) {
		wrong += life(1 + i % POINTS, i % 100 != 0, i / POINTS % 2);
		happened += w.n > 1;
		if (i % 1000 == 999) {
			world_close(&w);
			world_open(&w);
			w.plan->grace_ns = 1000000;
		}
	}
	ck_assert_uint_eq(wrong, 0);
	/* most of them did happen: the patient had not come to its end before */
	ck_assert_uint_gt(happened, REUSES / 4);
}
END_TEST

/* kill(2): whoever has the pid now. */
static void kill_pid(pid_t pid)
{
	struct soul *s = world_who(&w, pid);

	if (s)
		world_hit(&w, s, SIGTERM);
}

static void read_and_kill(uint64_t start)
{
	struct soul *s;

	world_tick(&w);
	s = world_who(&w, 100);
	world_tick(&w);
	if (s && s->start == start)
		kill_pid(100);
}

static void read_twice_and_kill(uint64_t start)
{
	world_tick(&w);
	if (!world_who(&w, 100) || world_who(&w, 100)->start != start)
		return;
	world_tick(&w);
	read_and_kill(start);
}

static void judge_and_open(uint64_t start)
{
	struct soul *s = world_who(&w, 100), *held;

	if (!s || s->innocent)
		return;
	world_tick(&w);
	held = world_who(&w, 100);
	world_tick(&w);
	/* the start time alone, compared after the open */
	if (held && held->start == start)
		world_hit(&w, held, SIGTERM);
}

static void open_and_kill(uint64_t start)
{
	struct soul *held = world_who(&w, 100);

	world_tick(&w);
	if (held && held->start == start && !held->innocent)
		kill_pid(100);
}

START_TEST(orders_known_to_be_wrong_are_caught)
{
	static void (*const naive[])(uint64_t) = { read_and_kill, read_twice_and_kill,
						   judge_and_open, open_and_kill };
	unsigned wrong = 0;

	for (unsigned i = 0; i < NAIVE_REUSES; i++) {
		struct soul *s;

		w.n = w.sent_n = w.ops = 0;
		s = world_add(&w, 100);
		w.reuse_at = 1 + i % 4;
		w.reuse_pid = 100;
		w.same_tick = true;
		naive[_i](s->start);
		wrong += world_wrong(&w);
	}
	ck_assert_uint_gt(wrong, NAIVE_REUSES / 10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reap_world");
	TCase *t = tcase_create("treatment"), *reuse = tcase_create("reuse");

	tcase_add_checked_fixture(t, open_world, close_world);
	tcase_add_checked_fixture(reuse, open_world, close_world);
	tcase_set_timeout(reuse, 180);
	suite_add_tcase(s, t);
	suite_add_tcase(s, reuse);
	tcase_add_test(t, term_is_enough);
	tcase_add_test(t, ignored_term_is_followed_by_kill_after_the_grace);
	tcase_add_test(t, one_deadline_for_all);
	tcase_add_test(t, in_the_order_of_the_plan);
	tcase_add_test(t, the_stopped_go_on_after_term);
	tcase_add_test(t, nobody_is_ever_stopped);
	tcase_add_test(t, an_unreaped_one_is_not_called_reaped);
	tcase_add_test(t, a_stuck_one_is_said_to_be_stuck_in_bounded_time);
	tcase_add_test(t, denied);
	tcase_add_test(t, gone_before);
	tcase_add_test(t, refused_when_judged_again);
	tcase_add_test(t, refused_before_kill);
	tcase_add_test(t, no_pidfds_no_signals);
	tcase_add_test(t, an_unread_identity_is_not_touched);
	tcase_add_test(t, no_audit_no_signals);
	tcase_add_test(t, a_late_fork_is_found_and_ended);
	tcase_add_loop_test(t, who_was_spared_is_no_late_fork, 0, 3);
	tcase_add_test(t, cancelled_in_the_grace_period);
	tcase_add_test(t, cancelled_but_it_ended_in_the_grace_period);
	tcase_add_test(t, cancelled_twice_ends_at_once);
	tcase_add_test(t, cancelled_before_it_began);
	tcase_add_test(t, a_parent_that_takes_all_is_nudged_once);
	tcase_add_test(t, a_parent_that_takes_one_is_nudged_once_each);
	tcase_add_test(t, a_parent_that_takes_none_is_not_nudged_again);
	tcase_add_test(t, advice_sends_nothing);
	tcase_add_loop_test(t, dead_when_judged, 0, 2);
	tcase_add_loop_test(t, judged_anew_when_in_doubt, 0, 6);
	tcase_add_test(t, a_clear_refusal_is_not_asked_again);
	tcase_add_test(t, killed_by_its_group);
	tcase_add_test(t, unreaped_by_whoever_adopted_it);
	tcase_add_test(t, a_session_ends_when_nobody_is_in_it);
	tcase_add_test(reuse, a_million_reuses);
	tcase_add_loop_test(reuse, orders_known_to_be_wrong_are_caught, 0, 4);
	return harness_main(s);
}
