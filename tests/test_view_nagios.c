/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a check says of reports made by hand: the state by each kind of threshold, what
 * blindness does to it, and what must hold of the lines whatever is in the reports.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "model/check.h"
#include "view/nagios.h"
#include "view_scenes.h"

static const char *const scenes[] = {
	"dead-orphan", "live-zombies", "clean", "nothing-left", "blind", "hostile", "all", "wide",
	"daemons", "crowd", "pipes",
};

static struct check_rule rule_default(void)
{
	return (struct check_rule){ .kinds = KINDS_ALL, .if_missing = CHECK_UNKNOWN };
}

static void limit(struct check_rule *rule, enum gauge g, const char *word)
{
	ck_assert_int_eq(threshold_parse(text_of(word), gauge_info(g)->unit, &rule->limits[g]), 0);
}

static struct check judged(const struct report *r, const struct check_rule *rule)
{
	struct check c;

	check_judge(rule, r->snapshot, &r, 1, r->arena, &c);
	c.figures = (struct figures){ 3, 12, 2, 0, 0, 0 };
	c.seconds = 0.25;
	return c;
}

static char *printed(const struct report *r, const struct check_rule *rule, unsigned verbose,
		     size_t *n)
{
	const char *notes[] = { "a note with a\nnewline | and a bar" };
	struct check c = judged(r, rule);
	struct nagios_view view = {
		.check = &c, .rule = rule, .snapshot = r->snapshot, .reports = &r, .n = 1,
		.verbose = verbose, .notes = notes, .note_n = 1, .remarks = notes, .remark_n = 1,
	};
	char *text = NULL;
	FILE *out = open_memstream(&text, n);

	ck_assert_int_eq(view_nagios(&view, out), 0);
	fclose(out);
	return text;
}

static enum check_state state_of(const char *scene, const struct check_rule *rule)
{
	struct report *r = scene_make(scene);
	enum check_state state;

	ck_assert_ptr_nonnull(r);
	state = judged(r, rule).state;
	scene_free(r);
	return state;
}

static void check_lines(const char *text, const char *scene, unsigned verbose)
{
	const char *bar = strchr(text, '|');
	size_t lines = 0;

	ck_assert_ptr_nonnull(bar);
	ck_assert_msg(bar - text <= 80 && bar[-1] == ' ', "%s: first line is too long: %s", scene, text);
	ck_assert_msg(!strchr(bar + 1, '|'), "%s: a second bar at -v%u: %s", scene, verbose, text);
	ck_assert_msg(strchr(text, '\n') > bar, "%s: the bar is not on line 1", scene);
	for (const char *p = text; *p; p++) {
		lines += *p == '\n';
		ck_assert_msg(*p == '\n' || (*p >= ' ' && *p <= '~'), "%s: byte %02x at -v%u", scene,
			      (unsigned)(unsigned char)*p, verbose);
		ck_assert_msg(!strchr("`$\\\"'<>&", *p), "%s: %c at -v%u: %s", scene, *p, verbose, text);
	}
	/* notes, and nothing else, without -v; and what could not be seen */
	if (!verbose)
		ck_assert_msg(lines == 2 || strstr(text, "could not see: "), "%s", text);
}

/* Names of any bytes, of a fixed seed. */
START_TEST(lines_of_any_name)
{
	struct check_rule rule = rule_default();
	struct report *r = scene_make("live-zombies");
	unsigned seed = 4711;

	for (unsigned round = 0; round < 200; round++) {
		size_t n;
		char *text;

		for (size_t i = 0; i < r->snapshot->process_n; i++) {
			struct process *p = &r->snapshot->processes[i];

			for (size_t j = 0; j < sizeof(p->comm) - 1; j++)
				p->comm[j] = (char)(rand_r(&seed) >> 7);
			p->comm[rand_r(&seed) % sizeof(p->comm)] = 0;
			p->comm[sizeof(p->comm) - 1] = 0;
			p->command = NULL;
		}
		text = printed(r, &rule, round % 2, &n);
		check_lines(text, "any name", round % 2);
		ck_assert_msg(!strncmp(strchr(text, '|'), "| leaks=42;;;0 orphans=1;;;0 ", 29),
			      "%s", text);
		free(text);
	}
	scene_free(r);
}
END_TEST

START_TEST(lines_of_every_scene)
{
	struct check_rule rule = rule_default();

	for (unsigned verbose = 0; verbose <= 4; verbose++) {
		struct report *r = scene_make(scenes[_i]);
		size_t n;
		char *text = printed(r, &rule, verbose, &n);

		check_lines(text, scenes[_i], verbose);
		free(text);
		scene_free(r);
	}
}
END_TEST

static const struct { const char *scene, *golden; unsigned verbose; } goldens[] = {
	{ "dead-orphan", "check-dead-orphan.txt", 0 },
	{ "live-zombies", "check-live-zombies.txt", 1 },
	{ "all", "check-all.txt", 2 },
	{ "hostile", "check-hostile.txt", 3 },
	{ "blind", "check-blind.txt", 0 },
	{ "clean", "check-clean.txt", 0 },
};

START_TEST(golden_lines)
{
	struct check_rule rule = rule_default();
	struct report *r = scene_make(goldens[_i].scene);
	size_t n;
	char *text = printed(r, &rule, goldens[_i].verbose, &n);

	golden_check(goldens[_i].golden, text, n);
	free(text);
	scene_free(r);
}
END_TEST

static const struct {
	const char *scene;
	enum gauge gauge;	/* GAUGE_N: none given */
	const char *limit;
	enum check_state state;
} states[] = {
	{ "clean", GAUGE_N, NULL, CHECK_OK },
	{ "blind", GAUGE_N, NULL, CHECK_UNKNOWN },
	{ "live-zombies", GAUGE_N, NULL, CHECK_WARNING },
	{ "dead-orphan", GAUGE_N, NULL, CHECK_CRITICAL },
	{ "daemons", GAUGE_N, NULL, CHECK_OK },
	/* -w and -c instead of severities */
	{ "dead-orphan", GAUGE_LEAKS, "5", CHECK_OK },
	{ "dead-orphan", GAUGE_LEAKS, "0", CHECK_WARNING },
	{ "dead-orphan", GAUGE_LEAKS, "0,0", CHECK_CRITICAL },
	{ "dead-orphan", GAUGE_LEAKS, "@1:3", CHECK_WARNING },
	{ "clean", GAUGE_LEAKS, "1:", CHECK_WARNING },
	/* of their own: the others still count by their severity */
	{ "live-zombies", GAUGE_ZOMBIES, "100,200", CHECK_WARNING },
	{ "live-zombies", GAUGE_ZOMBIES, "0,1", CHECK_CRITICAL },
	{ "live-zombies", GAUGE_ZOMBIE_AGE, "30m,1h", CHECK_WARNING },
	{ "live-zombies", GAUGE_ZOMBIE_AGE, "30m,50m", CHECK_CRITICAL },
	{ "live-zombies", GAUGE_ORPHANS, "10", CHECK_WARNING },
	{ "dead-orphan", GAUGE_ORPHANS, "1,2", CHECK_OK },
	{ "pipes", GAUGE_PIPES, "0,0", CHECK_CRITICAL },
	/* blind: what nothing that was not seen could change is said */
	{ "blind", GAUGE_LEAKS, "10,20", CHECK_UNKNOWN },
	{ "blind", GAUGE_LEAKS, "~:,~:", CHECK_OK },
};

START_TEST(states_by_threshold)
{
	struct check_rule rule = rule_default();

	if (states[_i].gauge < GAUGE_N)
		limit(&rule, states[_i].gauge, states[_i].limit);
	ck_assert_msg(state_of(states[_i].scene, &rule) == states[_i].state,
		      "%s with %s is %s", states[_i].scene, states[_i].limit,
		      check_state_name(state_of(states[_i].scene, &rule)));
}
END_TEST

START_TEST(kinds_that_count)
{
	struct check_rule rule = rule_default();

	rule.kinds = KIND_BIT(KIND_CLOSE_WAIT);
	ck_assert_int_eq(state_of("live-zombies", &rule), CHECK_OK);
	limit(&rule, GAUGE_LEAKS, "0");
	ck_assert_int_eq(state_of("live-zombies", &rule), CHECK_OK);
	rule.kinds = KIND_BIT(KIND_ZOMBIE);
	ck_assert_int_eq(state_of("live-zombies", &rule), CHECK_WARNING);
}
END_TEST

START_TEST(missing_targets)
{
	static const enum check_state wanted[] = { CHECK_OK, CHECK_UNKNOWN, CHECK_CRITICAL };
	struct report *r = scene_make("nothing-left");
	struct snapshot *s = snapshot_new(0);
	struct check c;

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		struct check_rule rule = rule_default();

		rule.if_missing = wanted[i];
		ck_assert_int_eq(judged(r, &rule).missing, 1);
		ck_assert_int_eq(judged(r, &rule).state, wanted[i]);
		/* found by no name at all, on a machine that shows everything, and then not */
		s->coverage.pid1_visible = true;
		check_judge(&rule, s, NULL, 0, s->arena, &c);
		ck_assert_int_eq(c.state, wanted[i]);
		s->coverage.pid1_visible = false;
		check_judge(&rule, s, NULL, 0, s->arena, &c);
		ck_assert_int_eq(c.state, wanted[i] == CHECK_OK ? CHECK_UNKNOWN : c.state);
		ck_assert_uint_gt(c.doubt_n, 0);
	}
	snapshot_free(s);
	scene_free(r);
}
END_TEST

/* A leak that was seen outweighs what was not. */
START_TEST(what_was_seen_wins)
{
	struct check_rule rule = rule_default();
	struct report *r = scene_make("live-zombies");

	r->complete = false;
	r->blind_to = BLIND_MACHINE;
	r->blind[r->blind_n++] = "half of it was dark";
	ck_assert_int_eq(judged(r, &rule).state, CHECK_WARNING);
	ck_assert_uint_eq(judged(r, &rule).doubt_n, 1);
	rule.kinds = KIND_BIT(KIND_ZOMBIE);
	limit(&rule, GAUGE_ZOMBIES, "100");
	ck_assert_int_eq(judged(r, &rule).state, CHECK_UNKNOWN);
	/* zombies are everybody's to see, descriptors are not */
	r->blind_to = BLIND_TARGET;
	ck_assert_int_eq(judged(r, &rule).state, CHECK_OK);
	scene_free(r);
}
END_TEST

START_TEST(the_past_that_is_not_there)
{
	struct check_rule rule = rule_default();

	limit(&rule, GAUGE_FD_ETA, "3600:,600:");
	ck_assert_int_eq(state_of("clean", &rule), CHECK_OK);
	rule.no_memory = "the disk is full";
	ck_assert_int_eq(state_of("clean", &rule), CHECK_UNKNOWN);
}
END_TEST

START_TEST(time_left)
{
	struct check_rule rule = rule_default();
	struct report *r = scene_make("clean");
	struct snapshot *s = (struct snapshot *)r->snapshot;
	struct process *p = snapshot_find(s, r->target->process->id.pid);
	struct sample samples[40];
	struct series series = { .id = p->id, .kind = SERIES_FDS, .samples = samples, .n = 40,
				 .room = 40 };
	struct check c;

	/* one a second, up to 140 of 1024 */
	for (size_t i = 0; i < 40; i++)
		samples[i] = (struct sample){ (i + 1) * UINT64_C(1000000000), 100 + (int64_t)i };
	s->series = &series;
	s->series_n = 1;
	p->nofile_soft = 1024;
	p->read |= FACT_BIT(FACT_LIMITS);
	p->id.start_ticks = series.id.start_ticks = s->now_ns / 10000000 - 12000;
	limit(&rule, GAUGE_FD_ETA, "3600:,600:");
	c = judged(r, &rule);
	ck_assert_int_eq(c.state, CHECK_WARNING);
	ck_assert(c.by_gauge && c.gauge == GAUGE_FD_ETA);
	ck_assert(fabs(c.readings[GAUGE_FD_ETA].value - 885) < 30);
	limit(&rule, GAUGE_FD_ETA, "3600:,900:");
	ck_assert_int_eq(judged(r, &rule).state, CHECK_CRITICAL);
	limit(&rule, GAUGE_FD_ETA, "60:,30:");
	ck_assert_int_eq(judged(r, &rule).state, CHECK_OK);
	s->series_n = 0;
	scene_free(r);
}
END_TEST

START_TEST(full_stream)
{
	struct check_rule rule = rule_default();
	struct report *r = scene_make("dead-orphan");
	struct check c = judged(r, &rule);
	const struct report *list = r;
	struct nagios_view view = { .check = &c, .rule = &rule, .snapshot = r->snapshot,
				    .reports = &list, .n = 1 };
	FILE *full = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(full);
	setbuf(full, NULL);
	ck_assert_int_eq(view_nagios(&view, full), -EIO);
	fclose(full);
	scene_free(r);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view/nagios");
	TCase *tests = tcase_create("all");

	tcase_add_loop_test(tests, lines_of_every_scene, 0, ARRAY_SIZE(scenes));
	tcase_add_test(tests, lines_of_any_name);
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, golden_lines, 0, ARRAY_SIZE(goldens));
	tcase_add_loop_test(tests, states_by_threshold, 0, ARRAY_SIZE(states));
	tcase_add_test(tests, kinds_that_count);
	tcase_add_test(tests, missing_targets);
	tcase_add_test(tests, what_was_seen_wins);
	tcase_add_test(tests, the_past_that_is_not_there);
	tcase_add_test(tests, time_left);
	tcase_add_test(tests, full_stream);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
