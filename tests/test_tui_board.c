/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a board remembers and what it asks for: the cursor stays on what it was on, whom to
 * end is told by identity, news are given back once each.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "board_script.h"
#include "harness.h"
#include "reap/plan.h"
#include "scene.h"

#define NS_PER_S UINT64_C(1000000000)
#define MOST 300

/* One board, the reports that it was told, and how many of them it has given back. */
struct desk {
	struct board *b;
	struct scene_fixture *told[MOST];
	const struct report *reports[MOST];
	size_t n;
	int released;
	uint64_t now_ns;
};

static void desk_open(struct desk *d, bool all, bool readonly)
{
	struct board_options o = { .what = "pid 200", .version = "1", .all = all,
				   .readonly = readonly, .now_ns = 1000 * NS_PER_S };

	memset(d, 0, sizeof(*d));
	d->now_ns = o.now_ns;
	d->b = board_new(&o);
	free(board_screen(d->b, 80, 24, false));
}

static void desk_close(struct desk *d)
{
	board_free(d->b);
	ck_assert_int_eq(d->released, (int)d->n);
	for (size_t i = 0; i < d->n; i++)
		scene_free(d->told[i]);
}

/* The machine as those lines say, at the desk's time. */
static void tell_of(struct desk *d, const char *lines, enum target_kind kind, pid_t pid)
{
	size_t size = strlen(lines) + 200;
	char *text = malloc(size);

	ck_assert_ptr_nonnull(text);
	ck_assert_uint_lt(d->n, MOST);
	snprintf(text, size, "machine hz=100 now=%" PRIu64 " sched_now=%" PRIu64
		 " pid1=1 self=900\n%s", d->now_ns, d->now_ns, lines);
	d->told[d->n] = scene_of(text, kind, pid, NULL, NULL);
	d->told[d->n]->snapshot->replayed = false;	/* as if it were this machine, now */
	d->reports[d->n] = d->told[d->n]->report;
	board_tell(d->b, &d->reports[d->n], 1, &d->released);
	d->n++;
	free(text);
}

static void tell(struct desk *d, const char *lines)
{
	tell_of(d, lines, TARGET_PID, 200);
}

static void wait_s(struct desk *d, unsigned seconds)
{
	d->now_ns += seconds * NS_PER_S;
	board_tick(d->b, d->now_ns);
}

/* The line of the screen with that text, to be freed; NULL: none. */
static char *line_with(struct desk *d, const char *text)
{
	char *screen = board_screen(d->b, 100, 30, false), *at = strstr(screen, text), *line = NULL;
	char *from = at, *end;

	while (from && from > screen && from[-1] != '\n')
		from--;
	if (from) {
		end = strchr(from, '\n');
		line = strndup(from, (size_t)(end - from));
	}
	free(screen);
	return line;
}

static void shows(struct desk *d, const char *text, bool wanted)
{
	char *line = line_with(d, text);

	ck_assert_msg(wanted == (line != NULL), "\"%s\" is %sshown:\n%s", text,
		      wanted ? "not " : "", board_screen(d->b, 100, 30, false));
	free(line);
}

/* The cursor is on the row with that text. */
static void cursor_on(struct desk *d, const char *text)
{
	char *line = line_with(d, "\u25b8");

	ck_assert_msg(line && strstr(line, text), "the cursor is on: %s", line ? line : "nothing");
	free(line);
}

#define LEADER INIT SHELL P(200, 5000, 100, 200, 200, "comm=app fds=4 nofile=1024")
#define NEARLY_FULL INIT SHELL P(200, 5000, 100, 200, 200, "comm=app fds=960 nofile=1000")
#define ORPHAN(pid, start, name) P(pid, start, 1, 200, 200, "comm=" name)
#define DEAD(pid, start) ZOMBIE(pid, start, 200, 200, 200, "comm=dead" #pid \
				" exec_start=900000000000 wait=256")

/* --- the cursor ------------------------------------------------------------------------- */

START_TEST(the_worst_is_under_the_cursor)
{
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000));
	cursor_on(&d, "dead400");
	tell(&d, NEARLY_FULL DEAD(400, 7000));	/* near its limit: critical */
	cursor_on(&d, "CRIT");
	desk_close(&d);
}
END_TEST

START_TEST(the_cursor_stays_on_what_it_was_on)
{
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000) DEAD(401, 7000) DEAD(402, 7000));
	board_play(d.b, "<Down>");
	cursor_on(&d, "dead401");
	tell(&d, NEARLY_FULL ORPHAN(300, 6000, "left") DEAD(400, 7000) DEAD(401, 7000) DEAD(402, 7000));
	cursor_on(&d, "dead401");
	board_play(d.b, "T");			/* another order */
	cursor_on(&d, "dead401");
	board_play(d.b, "t");			/* another view */
	cursor_on(&d, "dead401");
	board_play(d.b, "t");
	cursor_on(&d, "dead401");
	/* gone: the next in the list, not the first one */
	tell(&d, LEADER DEAD(400, 7000) DEAD(402, 7000));
	cursor_on(&d, "dead40");
	desk_close(&d);
}
END_TEST

/* The same pid, started later, is somebody else. */
START_TEST(a_reused_pid_is_another_row)
{
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER ORPHAN(300, 6000, "old") ORPHAN(301, 6000, "other"));
	board_play(d.b, "<Down>");
	cursor_on(&d, "other");
	tell(&d, LEADER ORPHAN(300, 6000, "old") ORPHAN(301, 9000, "new"));
	cursor_on(&d, "new");	/* the same place, for want of a better one */
	board_play(d.b, "k");
	ck_assert_uint_eq(board_asks(d.b, BOARD_PLAN).ids[0].start_ticks, 9000);
	desk_close(&d);
}
END_TEST

/* --- news --------------------------------------------------------------------------------- */

START_TEST(new_ones_are_marked)
{
	struct desk d;
	char *line;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000));
	shows(&d, " +  !", false);
	wait_s(&d, 1);
	tell(&d, LEADER DEAD(400, 7000) DEAD(401, 7000));
	line = line_with(&d, "dead401");
	ck_assert_msg(line && strchr(line, '+'), "%s", line);
	free(line);
	shows(&d, "+1 new", true);
	wait_s(&d, 1);
	tell(&d, LEADER DEAD(401, 7000));
	shows(&d, "-1 gone", true);
	wait_s(&d, 20);
	tell(&d, LEADER DEAD(401, 7000));
	line = line_with(&d, "dead401");
	ck_assert_msg(line && !strchr(line, '+'), "%s", line);
	free(line);
	desk_close(&d);
}
END_TEST

START_TEST(a_frozen_board_keeps_what_it_shows)
{
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000));
	board_play(d.b, "Z");
	shows(&d, "FROZEN", true);
	tell(&d, LEADER DEAD(401, 7000));
	ck_assert_int_eq(d.released, 1);	/* at once */
	shows(&d, "dead400", true);
	shows(&d, "dead401", false);
	board_play(d.b, "Z");
	board_asks(d.b, BOARD_SCAN_NOW);
	tell(&d, LEADER DEAD(401, 7000));
	shows(&d, "dead401", true);
	desk_close(&d);
}
END_TEST

/* That nothing has changed since is no news of what was let go. */
START_TEST(what_was_missed_does_not_stand)
{
	struct board_news same = { .stands = true };
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000));
	board_play(d.b, "Z");
	tell(&d, LEADER DEAD(401, 7000));
	board_play(d.b, "Z");
	board_asks(d.b, BOARD_SCAN_NOW);
	wait_s(&d, 60);
	same.at_ns = d.now_ns;
	board_news(d.b, &same);
	shows(&d, "1m 00s ago", true);
	tell(&d, LEADER DEAD(401, 7000));
	shows(&d, "dead401", true);
	wait_s(&d, 60);
	shows(&d, "1m 00s ago", true);
	same.at_ns = d.now_ns;
	board_news(d.b, &same);
	shows(&d, "1m 00s ago", false);
	desk_close(&d);
}
END_TEST

START_TEST(a_failed_look_is_told)
{
	struct board_news failed = { .error = "no more processes" };
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000));
	board_news(d.b, &failed);
	shows(&d, "the last look failed: no more processes", true);
	shows(&d, "dead400", true);
	tell(&d, LEADER DEAD(400, 7000));
	shows(&d, "the last look failed", false);
	wait_s(&d, 60);
	shows(&d, "1m 00s ago", true);
	desk_close(&d);
}
END_TEST

START_TEST(growth_is_foretold)
{
	struct desk d;
	char lines[512];

	desk_open(&d, false, false);
	for (int i = 0; i < 120; i++) {
		snprintf(lines, sizeof(lines), INIT SHELL "process pid=200 start=5000 ppid=100 pgid=200 "
			 "sid=200 state=S threads=1 comm=app fds=%d nofile=1024\n", 100 + i);
		tell(&d, lines);
		wait_s(&d, 1);
	}
	shows(&d, "fds 219/1024", true);
	shows(&d, "/min  full in 13m", true);
	shows(&d, "\u2581\u2582\u2582\u2583", true);
	desk_close(&d);
}
END_TEST

/* The kernel forgets the parent of an orphan at once; who has watched knows it. */
START_TEST(an_orphan_hangs_where_it_came_from)
{
	struct desk d;
	char *line;

	desk_open(&d, false, false);
	tell(&d, LEADER P(250, 5500, 200, 200, 200, "comm=worker") P(300, 6000, 250, 200, 200, "comm=stayed"));
	tell(&d, LEADER ORPHAN(300, 6000, "stayed"));
	board_play(d.b, "t");
	line = line_with(&d, "\u2020 worker");
	ck_assert_msg(line && strstr(line, "250 dead"), "%s", line);
	free(line);
	line = line_with(&d, "stayed");
	ck_assert_msg(line && strstr(line, "   \u2514\u2500 stayed"), "%s", line);
	free(line);
	desk_close(&d);
}
END_TEST

/* --- applications --------------------------------------------------------------------------- */

START_TEST(into_an_application_and_back)
{
	struct board_asked asked;
	struct desk d;

	desk_open(&d, true, false);
	tell_of(&d, LEADER DEAD(400, 7000) P(500, 6000, 100, 500, 500, "comm=calm"), TARGET_ALL, 0);
	cursor_on(&d, "app");
	board_play(d.b, "k");		/* an application is not reaped as a whole */
	ck_assert(!board_ask(d.b, &asked));
	board_play(d.b, "<Enter>");
	asked = board_asks(d.b, BOARD_TARGET);
	ck_assert_int_eq(asked.target.pid, 200);
	ck_assert_uint_eq(asked.target.start_ticks, 5000);
	shows(&d, "Looking at 200", true);
	/* a look at everything that was under way is not about this one */
	tell_of(&d, LEADER, TARGET_ALL, 0);
	ck_assert_int_eq(d.released, 1);
	shows(&d, "Looking at 200", true);
	tell(&d, LEADER DEAD(400, 7000));
	cursor_on(&d, "dead400");
	/* the same pid, but another process */
	tell(&d, INIT SHELL P(200, 8000, 100, 200, 200, "comm=other") ZOMBIE(400, 9000, 200, 200, 200, ""));
	shows(&d, "its pid is another process's", true);
	cursor_on(&d, "dead400");
	board_play(d.b, "<Esc>");
	board_asks(d.b, BOARD_TARGET_BACK);
	ck_assert_int_eq(d.released, 3);
	cursor_on(&d, "app");
	desk_close(&d);
}
END_TEST

START_TEST(several_of_one_name)
{
	struct desk d;
	const struct report *both[2];

	desk_open(&d, false, false);
	d.told[0] = scene_from(LEADER DEAD(400, 7000) P(500, 6000, 100, 500, 500, "comm=calm"), 200);
	d.told[1] = scene_from(LEADER P(500, 6000, 100, 500, 500, "comm=calm"), 500);
	both[0] = d.told[0]->report;
	both[1] = d.told[1]->report;
	board_tell(d.b, both, 2, &d.released);
	shows(&d, "[Applications]", true);
	cursor_on(&d, "app");
	board_play(d.b, "<Down>");
	cursor_on(&d, "calm");
	board_free(d.b);
	ck_assert_int_eq(d.released, 1);
	scene_free(d.told[0]);
	scene_free(d.told[1]);
}
END_TEST

/* --- reaping ----------------------------------------------------------------------------------- */

static struct plan *plan_of(const struct desk *d, pid_t pid)
{
	struct reap_policy policy = reap_policy_default();

	policy.selected = &pid;
	policy.selected_n = 1;
	return plan_build(d->reports[d->n - 1], &policy);
}

#define US P(900, 90000, 100, 900, 100, "comm=leakscan uid=0")
#define ONE_LEFT LEADER US P(300, 6000, 1, 200, 200, "comm=left uid=0")

START_TEST(reaping_is_confirmed_and_shown)
{
	struct board_patient patient = { .id = { 300, 6000 }, .at = STEP_WAIT, .termed = true };
	struct board_progress progress = { &patient, 1, 0 };
	struct board_asked asked;
	struct plan *plan;
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, ONE_LEFT);
	board_play(d.b, "<F9>");
	asked = board_asks(d.b, BOARD_PLAN);
	ck_assert_uint_eq(asked.id_n, 1);
	ck_assert_int_eq(asked.ids[0].pid, 300);
	ck_assert_uint_eq(asked.ids[0].start_ticks, 6000);
	shows(&d, "Reading everything anew", true);

	plan = plan_of(&d, 300);
	ck_assert_uint_eq(plan->patient_n, 1);
	board_plan(d.b, asked.plan + 7, plan, NULL);	/* an answer to something else */
	shows(&d, "Reading everything anew", true);
	board_plan(d.b, asked.plan, plan, NULL);
	shows(&d, "End 1 process of test?", true);
	shows(&d, "will be sent SIGTERM", true);
	shows(&d, "Leave them alone", true);
	ck_assert(!board_ask(d.b, &asked));

	board_play(d.b, "<Enter>");
	asked = board_asks(d.b, BOARD_REAP);
	progress.kill_at_ns = d.now_ns + 5 * NS_PER_S;
	board_progress(d.b, &progress);
	wait_s(&d, 2);
	shows(&d, "4 wait               waiting  3.0 s left", true);
	shows(&d, "3 SIGTERM            done", true);
	shows(&d, "7 verify it is gone", true);
	board_play(d.b, "<Esc>");
	board_asks(d.b, BOARD_CANCEL_REAP);
	shows(&d, "nobody will be sent SIGKILL", true);

	plan->acted = true;
	plan->patients[0]->fate = FATE_REAPED;
	board_reaped(d.b, plan, 0);
	plan_free(plan);		/* it has its own copy */
	board_asks(d.b, BOARD_SCAN_NOW);
	shows(&d, "Done: all of them are gone", true);
	board_play(d.b, "<Enter>");
	shows(&d, "Done:", false);
	desk_close(&d);
}
END_TEST

START_TEST(a_stranger_is_not_reaped)
{
	struct board_asked asked;
	struct plan *plan;
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, ONE_LEFT);
	board_play(d.b, "k");
	asked = board_asks(d.b, BOARD_PLAN);
	/* meanwhile the pid has become somebody else's */
	tell(&d, LEADER US P(300, 9000, 1, 200, 200, "comm=left uid=0"));
	plan = plan_of(&d, 300);
	ck_assert_uint_eq(plan->patient_n, 1);
	board_plan(d.b, asked.plan, plan, NULL);
	plan_free(plan);
	shows(&d, "300 is another process by now", true);
	board_play(d.b, "<Enter>");
	while (board_ask(d.b, &asked))
		ck_assert_int_ne(asked.wish, BOARD_REAP);
	desk_close(&d);
}
END_TEST

START_TEST(the_tagged_are_reaped_wherever_they_are)
{
	struct board_asked asked;
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000) DEAD(401, 7000) DEAD(402, 7000));
	board_play(d.b, "<Down><Space><Space>");
	/* rows move, the tags do not */
	tell(&d, NEARLY_FULL DEAD(399, 7000) DEAD(400, 7000) DEAD(401, 7000) DEAD(402, 7000));
	shows(&d, "2 tagged", true);
	board_play(d.b, "<Home>k");
	asked = board_asks(d.b, BOARD_PLAN);
	ck_assert_uint_eq(asked.id_n, 2);
	ck_assert_int_eq(asked.ids[0].pid, 401);
	ck_assert_int_eq(asked.ids[1].pid, 402);
	board_plan(d.b, asked.plan, NULL, "there is none");
	shows(&d, "there is none", true);
	/* what has gone needs no tag; who has its pid now has none */
	tell(&d, LEADER DEAD(400, 7000) DEAD(401, 7000) DEAD(402, 7500));
	shows(&d, "1 tagged", true);
	board_play(d.b, "U<Home>k");
	ck_assert_uint_eq(board_asks(d.b, BOARD_PLAN).id_n, 1);
	desk_close(&d);
}
END_TEST

START_TEST(readonly_reaps_nothing)
{
	struct board_asked asked;
	struct desk d;

	desk_open(&d, false, true);
	tell(&d, ONE_LEFT);
	shows(&d, "Reap", false);
	board_play(d.b, "k<F9><Enter>y<Esc>tk");
	ck_assert(!board_ask(d.b, &asked));
	desk_close(&d);
}
END_TEST

START_TEST(a_group_is_reaped_as_a_whole)
{
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000) DEAD(401, 7000) DEAD(402, 7000) DEAD(403, 7000));
	cursor_on(&d, "4 pids");
	board_play(d.b, "k");
	ck_assert_uint_eq(board_asks(d.b, BOARD_PLAN).id_n, 4);
	board_play(d.b, "<Esc>+<Down>k");
	ck_assert_uint_eq(board_asks(d.b, BOARD_PLAN).id_n, 1);
	desk_close(&d);
}
END_TEST

/* --- other wishes ------------------------------------------------------------------------------- */

START_TEST(keys_that_only_ask)
{
	static const struct { const char *keys; enum board_wish wish; } asks[] = {
		{ "q", BOARD_QUIT }, { "<F10>", BOARD_QUIT }, { "<C-c>", BOARD_QUIT },
		{ "<C-z>", BOARD_SUSPEND }, { "<C-l>", BOARD_REDRAW }, { "R", BOARD_SCAN_NOW },
		{ "r", BOARD_SAVE },
	};
	struct board_asked asked;
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000));
	for (size_t i = 0; i < ARRAY_SIZE(asks); i++) {
		board_play(d.b, asks[i].keys);
		board_asks(d.b, asks[i].wish);
		ck_assert(!board_ask(d.b, &asked));
	}
	board_play(d.b, "d2.5<Enter>");
	ck_assert_uint_eq(board_asks(d.b, BOARD_DELAY).delay_ns, 5 * NS_PER_S / 2);
	board_play(d.b, "dauto<Enter>");
	ck_assert_uint_eq(board_asks(d.b, BOARD_DELAY).delay_ns, 0);
	board_play(d.b, "dx<Enter>d<Esc>d0.4<Enter>");
	ck_assert(!board_ask(d.b, &asked));
	board_say(d.b, SEV_INFO, "written to /tmp/\x1b[31m");
	shows(&d, "written to /tmp/\\x1b[31m", true);
	wait_s(&d, 60);
	shows(&d, "written to", false);
	desk_close(&d);
}
END_TEST

START_TEST(what_is_filtered_and_found)
{
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000) ORPHAN(300, 6000, "stayed"));
	board_play(d.b, "\\state:zombie<Enter>");
	shows(&d, "dead400", true);
	shows(&d, "stayed", false);
	board_play(d.b, "\\<C-c>\\LS101<Enter>");
	shows(&d, "stayed", true);
	shows(&d, "dead400", false);
	board_play(d.b, "<Esc>/stayed<Enter>");
	cursor_on(&d, "stayed");
	board_play(d.b, "/nobody<Enter>");
	shows(&d, "not found", true);
	board_play(d.b, "<Esc><Home>/<C-c>/400<Enter>");
	cursor_on(&d, "dead400");
	desk_close(&d);
}
END_TEST

START_TEST(the_mouse_is_a_finger)
{
	struct desk d;

	desk_open(&d, false, false);
	tell(&d, LEADER DEAD(400, 7000) DEAD(401, 7000));
	free(board_screen(d.b, 100, 30, false));
	board_click(d.b, 20, 6, BOARD_CLICK);	/* the second row */
	cursor_on(&d, "dead401");
	board_click(d.b, 16, 3, BOARD_CLICK);	/* the tab */
	shows(&d, "[Tree]", true);
	board_click(d.b, 1, 29, BOARD_CLICK);	/* F1 */
	shows(&d, "Look", true);
	board_click(d.b, 1, 29, BOARD_CLICK);	/* Esc */
	board_click(d.b, 20, 5, BOARD_DOUBLE_CLICK);
	board_click(d.b, 500, 500, BOARD_CLICK);
	desk_close(&d);
}
END_TEST

/* --- many ------------------------------------------------------------------------------------------ */

#define CROWD 10000

START_TEST(ten_thousand_rows)
{
	size_t size = (size_t)CROWD * 128 + 4096, n;
	char *lines = malloc(size);
	struct desk d;

	ck_assert_ptr_nonnull(lines);
	n = (size_t)snprintf(lines, size, "%s", LEADER);
	for (int i = 0; i < CROWD; i++)
		n += (size_t)snprintf(lines + n, size - n, "process pid=%d start=%d ppid=%d pgid=200 "
				      "sid=200 state=%c threads=1 comm=p%d%s\n", 1000 + i, 6000 + i,
				      i % 3 ? 200 : 1, i % 3 == 1 ? 'Z' : 'S', i,
				      i % 3 == 1 ? " exec_start=100000000000" : "");
	desk_open(&d, false, false);
	for (int i = 0; i < 3; i++) {
		tell(&d, lines);
		board_play(d.b, "<End><PgUp><Home><PgDn>t<End>*");
		free(board_screen(d.b, 80, 24, false));
		board_play(d.b, "p1<End>");
		shows(&d, "\u25b8", true);
	}
	board_play(d.b, "1/p9999<Enter>");
	cursor_on(&d, "p9999");
	board_check_cells(d.b, 120, 40, false);
	desk_close(&d);
	free(lines);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tui_board");
	TCase *c = tcase_create("board");

	tcase_set_timeout(c, 300);
	tcase_add_test(c, the_worst_is_under_the_cursor);
	tcase_add_test(c, the_cursor_stays_on_what_it_was_on);
	tcase_add_test(c, a_reused_pid_is_another_row);
	tcase_add_test(c, new_ones_are_marked);
	tcase_add_test(c, a_frozen_board_keeps_what_it_shows);
	tcase_add_test(c, what_was_missed_does_not_stand);
	tcase_add_test(c, a_failed_look_is_told);
	tcase_add_test(c, growth_is_foretold);
	tcase_add_test(c, an_orphan_hangs_where_it_came_from);
	tcase_add_test(c, into_an_application_and_back);
	tcase_add_test(c, several_of_one_name);
	tcase_add_test(c, reaping_is_confirmed_and_shown);
	tcase_add_test(c, a_stranger_is_not_reaped);
	tcase_add_test(c, the_tagged_are_reaped_wherever_they_are);
	tcase_add_test(c, readonly_reaps_nothing);
	tcase_add_test(c, a_group_is_reaped_as_a_whole);
	tcase_add_test(c, keys_that_only_ask);
	tcase_add_test(c, what_is_filtered_and_found);
	tcase_add_test(c, the_mouse_is_a_finger);
	tcase_add_test(c, ten_thousand_rows);
	suite_add_tcase(s, c);
	return harness_main(s);
}
