/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dashboard without its terminal: state + key + report -> state, state -> cells.
 * No system call, no clock, no thread, no output, no signal: what it wants done it asks
 * its caller for.
 *
 * The caller's loop, with everything on one thread:
 *
 *   on a key                 board_key(), or board_click()
 *   when a scan is over      board_news()
 *   about every 250 ms       board_tick(): ages and the countdown move on
 *   then                     while (board_ask(b, &asked)) do it;
 *   and, when board_dirty()  board_draw() into a grid of the terminal's size, show that
 *
 * Scanning and reaping are done on other threads. The board borrows nothing from them but
 * what board_news() hands over for good: plans and progress are copied inside the call, so
 * give those calls something that no other thread is writing at that moment.
 */
#pragma once

#include "model/plan.h"
#include "model/report.h"
#include "tui/grid.h"

struct board;

struct board_options {
	bool ascii;		/* no UTF-8: neither lines nor names */
	bool readonly;		/* no reaping, and no key for it */
	bool all;		/* begins with the list of applications, of --all */
	const char *version;
	const char *what;	/* what is being looked at, until the first news: "pid 4711" */
	uint64_t now_ns;	/* as in board_tick() */
};

struct board *board_new(const struct board_options *o);
void board_free(struct board *b);	/* NULL is fine; releases the news it has */

/* --- what comes in ------------------------------------------------------------------- */

/* Keys: Unicode code points for what has one ('q', ' ', 0x20ac, and the controls
 * \r, \t, 0x1b, 0x7f, Ctrl-C 3, Ctrl-L 12, Ctrl-Z 26), these for the others. */
enum board_key {
	BKEY_UP = 0x110000, BKEY_DOWN, BKEY_LEFT, BKEY_RIGHT,
	BKEY_PAGE_UP, BKEY_PAGE_DOWN, BKEY_HOME, BKEY_END,
	BKEY_BACKSPACE, BKEY_DELETE, BKEY_BACKTAB,
	BKEY_F0 = 0x110100,	/* F1 is BKEY_F0 + 1 */
};
#define BKEY_ENTER '\r'
#define BKEY_TAB '\t'
#define BKEY_ESC 0x1b

void board_key(struct board *b, uint32_t key);

enum board_button { BOARD_CLICK, BOARD_DOUBLE_CLICK, BOARD_WHEEL_UP, BOARD_WHEEL_DOWN };
/* A cell of the grid that was drawn last. */
void board_click(struct board *b, unsigned x, unsigned y, enum board_button button);

/* What a scan brought. */
struct board_news {
	bool stands;		/* nothing has changed since the last ones: n is 0 */
	uint64_t at_ns;		/* when that was seen; with `stands` only */
	/* One report; several of one snapshot where a name matches several; one of
	 * TARGET_ALL. n 0: the scan failed, `error` says how and the old news stay on the
	 * screen, marked as old. */
	const struct report *const *reports;
	size_t n;
	const char *error;	/* or NULL; copied */

	/* reports, their snapshots and the array of pointers are the board's from now on, and are
	 * only read. It calls release(owner) once, when it needs them no more: mostly inside
	 * the next board_news(), while the view is frozen later, at the latest in
	 * board_free(). */
	void (*release)(void *owner);
	void *owner;

	uint64_t cpu_ns;	/* CPU time that this scan took, workers included; 0 unknown */
	double cpu_percent;	/* of one core, over the last refreshes; negative: unknown */
	uint64_t every_ns;	/* from one scan to the next, as it is now; 0: no other */
	bool adaptive;		/* every_ns was chosen by the cost, not by the user */
};
void board_news(struct board *b, const struct board_news *news);

/* CLOCK_BOOTTIME in ns: the clock of snapshot.now_ns. */
void board_tick(struct board *b, uint64_t now_ns);

/* One line for the user: "written to ...". Raw text; copied. Shown for some seconds. */
void board_say(struct board *b, enum severity how, const char *text);

/* --- what it asks for ---------------------------------------------------------------- */

enum board_wish {
	BOARD_QUIT,
	BOARD_SUSPEND,		/* Ctrl-Z */
	BOARD_REDRAW,		/* Ctrl-L: the terminal is to be painted anew */
	BOARD_SCAN_NOW,		/* do not wait for the next scan */
	BOARD_TARGET,		/* scan `target` from now on (a pid, which may be dead) ... */
	BOARD_TARGET_BACK,	/* ... and what was asked for at the start again */
	BOARD_PLAN,		/* make a plan for `ids`, then board_plan() or board_say() */
	BOARD_REAP,		/* carry out the plan with number `plan`: it was confirmed */
	BOARD_CANCEL_REAP,	/* first: no SIGKILL; second: stop at once; as Ctrl-C in reap */
	BOARD_SAVE,		/* snapshot record and JSON report to a file; then board_say() */
	BOARD_DELAY,		/* scan every `delay_ns`; 0: as often as the cost allows */
};

struct board_asked {
	enum board_wish wish;
	struct process_id target;	/* BOARD_TARGET; start_ticks 0: it is dead */
	/* BOARD_PLAN: in the order of the list, valid until the next board_ask(). A policy
	 * only takes pids; that a pid is somebody else by then is found by the board when
	 * it gets the plan. */
	const struct process_id *ids;
	size_t id_n;
	unsigned plan;			/* BOARD_PLAN: number it so; BOARD_REAP */
	uint64_t delay_ns;
};

/* The next wish, oldest first; false: no more. */
bool board_ask(struct board *b, struct board_asked *out);

/* --- reaping ------------------------------------------------------------------------- */

/* The answer to BOARD_PLAN: `number` is its; or NULL with one line of why not. Shows who,
 * why, what is predicted, and refusals; waits to be confirmed. Copied. An answer to a
 * number that is not waited for any more is ignored. */
void board_plan(struct board *b, unsigned number, const struct plan *plan, const char *why);

/* Where a patient is right now. */
struct board_patient {
	struct process_id id;
	const char *name;	/* raw; of late ones, that no plan had; NULL for the others */
	enum step at;		/* under way; those before are over */
	bool over;		/* nothing more will be done to it */
	bool gone;		/* over, and well */
	bool termed, killed;	/* was sent SIGTERM, SIGKILL */
};

struct board_progress {
	const struct board_patient *patients;
	size_t n;
	uint64_t kill_at_ns;	/* clock of board_tick(): the grace period ends; 0: none runs */
};

/* While the plan is carried out, as often as something changes. Copied. */
void board_progress(struct board *b, const struct board_progress *p);

/* It is over: the plan with fates and steps. err: of reaper_run(). Copied. */
void board_reaped(struct board *b, const struct plan *plan, int err);

/* --- what goes out ------------------------------------------------------------------- */

/* Something may look different from what was drawn last. */
bool board_dirty(const struct board *b);
/* Any size; below 20x5 it only says that this is too small. Remembers what is where, for
 * paging and for clicks. */
void board_draw(struct board *b, struct grid *g);
