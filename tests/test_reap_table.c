/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state table, cell by cell: what it must say, written a second time and in another
 * form, so that a slip in either shows.
 */
#include "harness.h"

#include "base/text.h"
#include "reap/reaper.h"

/* One letter an event, in the order of enum reap_event: judged, refused, stale, denied, dead,
 * reaped, timeout, cancel, failed. */
static const struct { enum reap_state state; const char *next; const char *action; } rows[] = {
	/* P planned, n nudge planned, T terming, j kill judging, K killing, N nudged,
	 * E close planned, e closed, h shut,
	 * L lingering; R reaped, U unreaped, S stale, D denied, X stuck, F refused, C cancelled */
	{ RS_PLANNED,		"TFSDLSPCF", "t--------" },
	{ RS_NUDGE_PLANNED,	"NUSUnRUUU", "n--------" },
	{ RS_TERMING,		"TFRDLRjCC", "------j--" },
	{ RS_KILL_JUDGING,	"KFRDLRjCC", "k--------" },
	{ RS_KILLING,		"KKRDLRXCK", "---------" },
	{ RS_NUDGED,		"NUNUNRUUU", "---------" },
	{ RS_CLOSE_PLANNED,	"eFSDSSECF", "c--------" },
	{ RS_CLOSED,		"eFSDSShCC", "---------" },
	{ RS_LINGERING,		"LLRLLRUUL", "---------" },
	{ RS_REAPED,		"RRRRRRRRR", "---------" },
	{ RS_UNREAPED,		"UUUUUUUUU", "---------" },
	{ RS_STALE,		"SSSSSSSSS", "---------" },
	{ RS_DENIED,		"DDDDDDDDD", "---------" },
	{ RS_STUCK,		"XXXXXXXXX", "---------" },
	{ RS_REFUSED,		"FFFFFFFFF", "---------" },
	{ RS_CANCELLED,		"CCCCCCCCC", "---------" },
	{ RS_SHUT,		"hhhhhhhhh", "---------" },
};

static const char states[RS_N + 1] = "PnTjKNEeLRUSDXFCh";
static const char actions[] = "-tjknc";

START_TEST(every_cell)
{
	for (enum reap_event e = 0; e < RE_N; e++) {
		struct reap_move m = reap_move(rows[_i].state, e);

		ck_assert_msg(states[m.next] == rows[_i].next[e],
			      "state %c, event %d: goes to %c, not to %c", states[rows[_i].state],
			      (int)e, states[m.next], rows[_i].next[e]);
		ck_assert_msg(actions[m.action] == rows[_i].action[e],
			      "state %c, event %d: does %c, not %c", states[rows[_i].state], (int)e,
			      actions[m.action], rows[_i].action[e]);
	}
}
END_TEST

START_TEST(only_judged_ones_are_signalled)
{
	for (enum reap_state s = 0; s < RS_N; s++)
		for (enum reap_event e = 0; e < RE_N; e++) {
			enum reap_action a = reap_move(s, e).action;

			ck_assert(e == RE_JUDGED || a == RA_NONE || a == RA_JUDGE);
		}
}
END_TEST

START_TEST(nobody_is_killed_without_being_judged_anew)
{
	for (enum reap_state s = 0; s < RS_N; s++)
		for (enum reap_event e = 0; e < RE_N; e++)
			if (reap_move(s, e).action == RA_KILL)
				ck_assert_int_eq(s, RS_KILL_JUDGING);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reap_table");
	TCase *t = tcase_create("table");

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, every_cell, 0, RS_N);
	tcase_add_test(t, only_judged_ones_are_signalled);
	tcase_add_test(t, nobody_is_killed_without_being_judged_anew);
	return harness_main(s);
}
