/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state table.  Every cell is written down, those too in which nothing happens: what
 * cannot come is told apart from what was forgotten by tests/test_reap_table.c.
 * A pidfd is held from RS_PLANNED on, so ESRCH later on means reaped, not another process.
 */
#include "reap/reaper.h"

static const struct reap_move moves[RS_FIRST_END][RE_N] = {
	[RS_PLANNED] = {
		[RE_JUDGED] =	{ RA_TERM, RS_TERMING },
		[RE_REFUSED] =	{ RA_NONE, RS_REFUSED },
		[RE_STALE] =	{ RA_NONE, RS_STALE },
		[RE_DENIED] =	{ RA_NONE, RS_DENIED },
		[RE_DEAD] =	{ RA_NONE, RS_LINGERING },
		[RE_REAPED] =	{ RA_NONE, RS_STALE },
		[RE_TIMEOUT] =	{ RA_NONE, RS_PLANNED },
		[RE_CANCEL] =	{ RA_NONE, RS_CANCELLED },
		[RE_FAILED] =	{ RA_NONE, RS_REFUSED },
	},
	[RS_NUDGE_PLANNED] = {
		[RE_JUDGED] =	{ RA_NUDGE, RS_NUDGED },
		[RE_REFUSED] =	{ RA_NONE, RS_UNREAPED },
		[RE_STALE] =	{ RA_NONE, RS_STALE },
		[RE_DENIED] =	{ RA_NONE, RS_UNREAPED },
		[RE_DEAD] =	{ RA_NONE, RS_NUDGE_PLANNED },
		[RE_REAPED] =	{ RA_NONE, RS_REAPED },
		[RE_TIMEOUT] =	{ RA_NONE, RS_UNREAPED },
		[RE_CANCEL] =	{ RA_NONE, RS_UNREAPED },
		[RE_FAILED] =	{ RA_NONE, RS_UNREAPED },
	},
	[RS_TERMING] = {
		[RE_JUDGED] =	{ RA_NONE, RS_TERMING },
		[RE_REFUSED] =	{ RA_NONE, RS_REFUSED },
		[RE_STALE] =	{ RA_NONE, RS_REAPED },
		[RE_DENIED] =	{ RA_NONE, RS_DENIED },
		[RE_DEAD] =	{ RA_NONE, RS_LINGERING },
		[RE_REAPED] =	{ RA_NONE, RS_REAPED },
		[RE_TIMEOUT] =	{ RA_JUDGE, RS_KILL_JUDGING },
		[RE_CANCEL] =	{ RA_NONE, RS_CANCELLED },
		[RE_FAILED] =	{ RA_NONE, RS_CANCELLED },
	},
	[RS_KILL_JUDGING] = {
		[RE_JUDGED] =	{ RA_KILL, RS_KILLING },
		[RE_REFUSED] =	{ RA_NONE, RS_REFUSED },
		[RE_STALE] =	{ RA_NONE, RS_REAPED },
		[RE_DENIED] =	{ RA_NONE, RS_DENIED },
		[RE_DEAD] =	{ RA_NONE, RS_LINGERING },
		[RE_REAPED] =	{ RA_NONE, RS_REAPED },
		[RE_TIMEOUT] =	{ RA_NONE, RS_KILL_JUDGING },
		[RE_CANCEL] =	{ RA_NONE, RS_CANCELLED },
		[RE_FAILED] =	{ RA_NONE, RS_CANCELLED },
	},
	[RS_KILLING] = {
		[RE_JUDGED] =	{ RA_NONE, RS_KILLING },
		[RE_REFUSED] =	{ RA_NONE, RS_KILLING },
		[RE_STALE] =	{ RA_NONE, RS_REAPED },
		[RE_DENIED] =	{ RA_NONE, RS_DENIED },
		[RE_DEAD] =	{ RA_NONE, RS_LINGERING },
		[RE_REAPED] =	{ RA_NONE, RS_REAPED },
		[RE_TIMEOUT] =	{ RA_NONE, RS_STUCK },
		[RE_CANCEL] =	{ RA_NONE, RS_CANCELLED },
		[RE_FAILED] =	{ RA_NONE, RS_KILLING },
	},
	[RS_NUDGED] = {
		[RE_JUDGED] =	{ RA_NONE, RS_NUDGED },
		[RE_REFUSED] =	{ RA_NONE, RS_UNREAPED },
		[RE_STALE] =	{ RA_NONE, RS_NUDGED },
		[RE_DENIED] =	{ RA_NONE, RS_UNREAPED },
		[RE_DEAD] =	{ RA_NONE, RS_NUDGED },
		[RE_REAPED] =	{ RA_NONE, RS_REAPED },
		[RE_TIMEOUT] =	{ RA_NONE, RS_UNREAPED },
		[RE_CANCEL] =	{ RA_NONE, RS_UNREAPED },
		[RE_FAILED] =	{ RA_NONE, RS_UNREAPED },
	},
	[RS_CLOSE_PLANNED] = {
		[RE_JUDGED] =	{ RA_CLOSE, RS_CLOSED },
		[RE_REFUSED] =	{ RA_NONE, RS_REFUSED },
		[RE_STALE] =	{ RA_NONE, RS_STALE },
		[RE_DENIED] =	{ RA_NONE, RS_DENIED },
		[RE_DEAD] =	{ RA_NONE, RS_STALE },
		[RE_REAPED] =	{ RA_NONE, RS_STALE },
		[RE_TIMEOUT] =	{ RA_NONE, RS_CLOSE_PLANNED },
		[RE_CANCEL] =	{ RA_NONE, RS_CANCELLED },
		[RE_FAILED] =	{ RA_NONE, RS_REFUSED },
	},
	[RS_CLOSED] = {
		[RE_JUDGED] =	{ RA_NONE, RS_CLOSED },
		[RE_REFUSED] =	{ RA_NONE, RS_REFUSED },
		[RE_STALE] =	{ RA_NONE, RS_STALE },
		[RE_DENIED] =	{ RA_NONE, RS_DENIED },
		[RE_DEAD] =	{ RA_NONE, RS_STALE },
		[RE_REAPED] =	{ RA_NONE, RS_STALE },
		[RE_TIMEOUT] =	{ RA_NONE, RS_SHUT },
		[RE_CANCEL] =	{ RA_NONE, RS_CANCELLED },
		[RE_FAILED] =	{ RA_NONE, RS_CANCELLED },
	},
	[RS_LINGERING] = {
		[RE_JUDGED] =	{ RA_NONE, RS_LINGERING },
		[RE_REFUSED] =	{ RA_NONE, RS_LINGERING },
		[RE_STALE] =	{ RA_NONE, RS_REAPED },
		[RE_DENIED] =	{ RA_NONE, RS_LINGERING },
		[RE_DEAD] =	{ RA_NONE, RS_LINGERING },
		[RE_REAPED] =	{ RA_NONE, RS_REAPED },
		[RE_TIMEOUT] =	{ RA_NONE, RS_UNREAPED },
		[RE_CANCEL] =	{ RA_NONE, RS_UNREAPED },
		[RE_FAILED] =	{ RA_NONE, RS_LINGERING },
	},
};

struct reap_move reap_move(enum reap_state state, enum reap_event event)
{
	if (state >= RS_FIRST_END)
		return (struct reap_move){ RA_NONE, state };
	return moves[state][event];
}
