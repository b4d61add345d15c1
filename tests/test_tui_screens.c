/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screens of the dashboard, cell by cell: what a key script makes of a report.  Small
 * terminals, no UTF-8, names made to break them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "board_script.h"
#include "harness.h"
#include "plan_scenes.h"
#include "view_scenes.h"

static const struct {
	const char *scene, *golden;
	unsigned width, height;
	const char *keys;
	bool ascii, tints, readonly;
} cases[] = {
	{ .scene = "dead-orphan", .golden = "board-orphan.80.txt", 80, 24 },
	{ .scene = "dead-orphan", .golden = "board-orphan.120.txt", 120, 40 },
	{ .scene = "dead-orphan", .golden = "board-orphan.40.txt", 40, 10 },
	{ .scene = "dead-orphan", .golden = "board-orphan.20.txt", 20, 5 },
	{ .scene = "dead-orphan", .golden = "board-orphan.tints.txt", 80, 24, .tints = true },
	{ .scene = "dead-orphan", .golden = "board-orphan.ascii.txt", 80, 24, .ascii = true },
	{ .scene = "dead-orphan", .golden = "board-small.txt", 19, 5 },
	{ .scene = "dead-orphan", .golden = "board-tree.80.txt", 80, 24, .keys = "t" },
	{ .scene = "dead-orphan", .golden = "board-tree.40.txt", 40, 10, .keys = "t" },
	{ .scene = "dead-orphan", .golden = "board-tree.ascii.txt", 80, 24, .keys = "<F5>",
	  .ascii = true },
	{ .scene = "dead-orphan", .golden = "board-help.80.txt", 80, 24, .keys = "?" },
	{ .scene = "dead-orphan", .golden = "board-help.40.txt", 40, 10, .keys = "<F1><End>",
	  .readonly = true },
	{ .scene = "dead-orphan", .golden = "board-explain.80.txt", 80, 24, .keys = "e<PgDn>" },
	{ .scene = "dead-orphan", .golden = "board-details.40.txt", 40, 10, .keys = "<Enter>" },
	{ .scene = "dead-orphan", .golden = "board-sort.80.txt", 80, 24, .keys = "s<Down>" },
	{ .scene = "dead-orphan", .golden = "board-readonly.80.txt", 80, 24, .keys = "k",
	  .readonly = true },
	{ .scene = "live-zombies", .golden = "board-zombies.80.txt", 80, 24 },
	{ .scene = "live-zombies", .golden = "board-zombies-open.80.txt", 80, 24,
	  .keys = "+<Down><Space>" },
	{ .scene = "live-zombies", .golden = "board-filter.80.txt", 80, 24,
	  .keys = "\\kind:orphan<Enter>" },
	{ .scene = "live-zombies", .golden = "board-filter-typed.80.txt", 80, 24,
	  .keys = "\\no such thing" },
	{ .scene = "live-zombies", .golden = "board-search.tints.txt", 80, 24,
	  .keys = "/gunicorn", .tints = true },
	{ .scene = "live-zombies", .golden = "board-ghost.120.txt", 120, 40, .keys = "t<End>" },
	{ .scene = "live-zombies", .golden = "board-folded.80.txt", 80, 24, .keys = "t<Home>-" },
	{ .scene = "pipes", .golden = "board-pipes.80.txt", 80, 24, .keys = "p" },
	{ .scene = "pipes", .golden = "board-pipes.ascii.txt", 80, 24, .keys = "3", .ascii = true },
	{ .scene = "all", .golden = "board-all.80.txt", 80, 24 },
	{ .scene = "all", .golden = "board-all.40.txt", 40, 10 },
	{ .scene = "all", .golden = "board-all-findings.120.txt", 120, 40, .keys = "1" },
	{ .scene = "clean", .golden = "board-clean.80.txt", 80, 24 },
	{ .scene = "clean", .golden = "board-fds.80.txt", 80, 24, .keys = "tl" },
	{ .scene = "blind", .golden = "board-blind.80.txt", 80, 24 },
	{ .scene = "nothing-left", .golden = "board-nothing-left.80.txt", 80, 24 },
	{ .scene = "daemons", .golden = "board-daemons.80.txt", 80, 24 },
	{ .scene = "wide", .golden = "board-wide.80.txt", 80, 24 },
	{ .scene = "wide", .golden = "board-wide.40.txt", 40, 10, .keys = "t" },
	{ .scene = "hostile", .golden = "board-hostile.80.txt", 80, 24, .keys = "t" },
	{ .scene = "hostile", .golden = "board-hostile.ascii.txt", 80, 24, .ascii = true },
};

static struct board *board_on(const struct report *const *r, bool ascii, bool readonly, int *released)
{
	struct board_options o = {
		.ascii = ascii, .readonly = readonly, .what = "pid 4711", .version = "1",
		.all = (*r)->target->kind == TARGET_ALL, .now_ns = (*r)->snapshot->now_ns,
	};
	struct board *b = board_new(&o);

	board_tell(b, r, 1, released);
	return b;
}

START_TEST(goldens)
{
	const struct report *r = scene_make(cases[_i].scene);
	int released = 0;
	struct board *b = board_on(&r, cases[_i].ascii, cases[_i].readonly, &released);
	char *screen;

	if (cases[_i].keys) {	/* paging knows the size from the last drawing */
		free(board_screen(b, cases[_i].width, cases[_i].height, false));
		board_play(b, cases[_i].keys);
	}
	screen = board_screen(b, cases[_i].width, cases[_i].height, cases[_i].tints);
	golden_check(cases[_i].golden, screen, strlen(screen));
	free(screen);
	board_check_cells(b, cases[_i].width, cases[_i].height, cases[_i].ascii);
	board_free(b);
	ck_assert_int_eq(released, 1);
	scene_free((struct report *)(uintptr_t)r);
}
END_TEST

static void reap_screen(struct board *b, unsigned width, unsigned height, bool ascii, const char *golden)
{
	char *screen = board_screen(b, width, height, false);

	golden_check(golden, screen, strlen(screen));
	free(screen);
	board_check_cells(b, width, height, ascii);
}

static void progress_of(struct board *b, const struct plan *plan, size_t n)
{
	struct board_patient who[5] = {
		{ .at = STEP_WAIT, .termed = true },
		{ .at = STEP_KILL, .termed = true, .killed = true },
		{ .at = STEP_REAP, .termed = true },
		{ .at = STEP_GONE, .over = true, .gone = true },
		{ .id = { 4799, 9 }, .name = "late \x1b[2Jcomer", .at = STEP_RUNNING },
	};
	struct board_progress p = { who, n, UINT64_C(36003400000000) };

	for (size_t i = 0; i < 4; i++)
		who[i].id = plan->patients[i]->process.id;
	board_progress(b, &p);
}

/* From the plan to the end, on the smallest that is still fully usable and on a small one. */
START_TEST(reaping)
{
	static const struct {
		unsigned width, height;
		bool ascii;
		const char *plan, *few, *many, *end;
	} sizes[] = {
		{ 80, 24, false, "board-reap-plan.80.txt", "board-reap-few.80.txt",
		  "board-reap-many.80.txt", "board-reap-end.80.txt" },
		{ 40, 10, true, "board-reap-plan.40.txt", "board-reap-few.40.txt",
		  "board-reap-many.40.txt", "board-reap-end.40.txt" },
	};
	const struct report *r = scene_make("dead-orphan");
	struct plan *plan = plan_scene("reap-plan"), *acted = plan_scene("reap-acted");
	int released = 0;
	struct board *b = board_on(&r, sizes[_i].ascii, false, &released);
	unsigned w = sizes[_i].width, h = sizes[_i].height;
	bool ascii = sizes[_i].ascii;

	board_play(b, "k");
	board_plan(b, board_asks(b, BOARD_PLAN).plan, plan, NULL);
	reap_screen(b, w, h, ascii, sizes[_i].plan);
	board_play(b, "y");
	board_asks(b, BOARD_REAP);
	progress_of(b, plan, 2);
	reap_screen(b, w, h, ascii, sizes[_i].few);
	progress_of(b, plan, 5);
	reap_screen(b, w, h, ascii, sizes[_i].many);
	board_reaped(b, acted, 0);
	reap_screen(b, w, h, ascii, sizes[_i].end);
	board_free(b);
	arena_free(plan->arena);
	arena_free(acted->arena);
	scene_free((struct report *)(uintptr_t)r);
}
END_TEST

START_TEST(before_the_first_look)
{
	struct board_options o = { .what = "pid 4711", .version = "1" };
	struct board *b = board_new(&o);
	struct board_news failed = { .error = "cannot look at /proc: \x1b[31mno" };
	char *screen = board_screen(b, 60, 16, false);

	ck_assert_ptr_nonnull(strstr(screen, "Looking at pid 4711"));
	free(screen);
	board_play(b, "t<Enter>kel<Space>c+-<Down>/x<Esc>s<Enter><Tab><Tab>");
	board_news(b, &failed);
	screen = board_screen(b, 60, 16, false);
	ck_assert_ptr_nonnull(strstr(screen, "cannot look at /proc: \\x1b[31mno"));
	free(screen);
	board_free(b);
}
END_TEST

/* Any size, any key, any report: every cell is in order, and nothing is lost. */
static const char *const scenes[] = { "dead-orphan", "live-zombies", "hostile", "wide", "all",
				      "pipes", "daemons", "crowd", "blind" };

static uint32_t any_key(unsigned *seed)
{
	static const char letters[] = "tplweks/\\n Uc+-*ZdrR0123IPNTMu?q\t\r\x1b" "abo";
	int r = rand_r(seed) % 60;

	if (r < 20)
		return BKEY_UP + (uint32_t)(rand_r(seed) % (BKEY_BACKTAB - BKEY_UP + 1));
	if (r < 24)
		return BKEY_F0 + (uint32_t)(rand_r(seed) % 13);
	return (uint32_t)letters[(size_t)rand_r(seed) % (sizeof(letters) - 1)];
}

START_TEST(any_key_at_any_size)
{
	bool ascii = _i & 1;
	unsigned seed = (unsigned)_i + 1;
	const struct report *r = scene_make(scenes[(size_t)_i / 2]);
	int released = 0;
	struct board *b = board_on(&r, ascii, false, &released);
	struct board_asked asked;

	for (int i = 0; i < 600; i++) {
		board_key(b, any_key(&seed));
		if (!(i % 16))
			board_click(b, (unsigned)rand_r(&seed) % 90, (unsigned)rand_r(&seed) % 26,
				    (enum board_button)(rand_r(&seed) % 4));
		while (board_ask(b, &asked))
			;
		if (!(i % 4))
			board_check_cells(b, (unsigned)rand_r(&seed) % 100,
					  (unsigned)rand_r(&seed) % 30, ascii);
	}
	board_free(b);
	ck_assert_int_eq(released, 1);
	scene_free((struct report *)(uintptr_t)r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tui_screens");
	TCase *c = tcase_create("screens");

	tcase_set_timeout(c, 120);
	tcase_add_loop_test(c, goldens, 0, (int)ARRAY_SIZE(cases));
	tcase_add_loop_test(c, reaping, 0, 2);
	tcase_add_test(c, before_the_first_look);
	tcase_add_loop_test(c, any_key_at_any_size, 0, 2 * (int)ARRAY_SIZE(scenes));
	suite_add_tcase(s, c);
	return harness_main(s);
}
