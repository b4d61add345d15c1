/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real program on real leaks: mkleak makes a situation, leakscan judges it, and the
 * JSON must name the right process with the right confidence and accuse nobody else. When
 * root, all of it happens in a pid namespace with a /proc of its own.
 */
#include "harness.h"
#include "live.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEST_LIMIT_S = 600 };

enum wanted { WANT_LEAK, WANT_ANY, WANT_DAEMON, WANT_NOTHING };

/* Adding one: mkleak kind, then what the scan of its target must say. */
struct expectation {
	const char *kind;
	enum wanted wanted;
	const char *role; /* whom mkleak calls so is the subject, each of them */
	const char *finding, *confidence, *evidence;
	const char *word; /* in the message */
};

static const struct expectation expectations[] = {
	{ "orphan-session", WANT_LEAK, "orphan", "orphan", "exact", "session", NULL },
	{ "orphan-pgrp", WANT_LEAK, "orphan", "orphan", "strong", "pgrp", NULL },
	{ "orphan-port", WANT_LEAK, "orphan", "orphan", "exact", "session", NULL },
	{ "orphan-busy", WANT_LEAK, "orphan", "orphan", "exact", "session", NULL },
	{ "orphan-busy-io", WANT_LEAK, "orphan", "orphan", "exact", "session", NULL },
	{ "orphan-tree", WANT_LEAK, "orphan", "orphan", "exact", "session", NULL },
	{ "orphan-subreaper", WANT_LEAK, "orphan", "orphan", "exact", "session", NULL },
	{ "orphan-live-session", WANT_LEAK, "orphan", "orphan", "exact", "session",
	  NULL },
	{ "orphan-live-pipe", WANT_LEAK, "orphan", "orphan", "strong", "pipe", NULL },
	{ "orphan-live-socketpair", WANT_LEAK, "orphan", "orphan", "strong", "socket",
	  NULL },
	{ "orphan-live-kcmp", WANT_LEAK, "orphan", "orphan", "strong", "same-file",
	  NULL },
	{ "orphan-live-namespace", WANT_LEAK, "orphan", "orphan", "strong", "namespace",
	  NULL },
	{ "name-escape", WANT_LEAK, "orphan", "orphan", "exact", "session", NULL },
	/* detached: attributed, and at most information */
	{ "orphan-live-layout", WANT_ANY, "orphan", "orphan", "strong", "layout", NULL },
	{ "orphan-cookie-env", WANT_ANY, "orphan", "orphan", "strong", "cookie", NULL },
	{ "orphan-cookie-env-private", WANT_ANY, "orphan", "orphan", "strong", "environ",
	  NULL },
	{ "orphan-rlimit-cookie", WANT_ANY, "orphan", "orphan", "exact", "cookie", NULL },

	{ "daemon-nohup", WANT_DAEMON, "daemon", "orphan", "strong", "environ", NULL },
	{ "daemon-keep", WANT_DAEMON, "daemon", "orphan", "exact", "session", NULL },

	{ .kind = "abandoned", .wanted = WANT_NOTHING },
	{ .kind = "decoy-sibling", .wanted = WANT_NOTHING },
	{ .kind = "decoy-pipeline", .wanted = WANT_NOTHING },
	{ .kind = "decoy-scm", .wanted = WANT_NOTHING },
	{ .kind = "decoy-older", .wanted = WANT_NOTHING },
	{ .kind = "detached", .wanted = WANT_NOTHING },
	{ .kind = "clean-children", .wanted = WANT_NOTHING },
	{ .kind = "clean-subreaper", .wanted = WANT_NOTHING },
	{ .kind = "clean-pool", .wanted = WANT_NOTHING },
	{ .kind = "fd-limit-ok", .wanted = WANT_NOTHING },

	{ "zombie-default", WANT_LEAK, "zombie", "zombie", "exact", "ppid", "default" },
	{ "zombie-blocked", WANT_LEAK, "zombie", "zombie", "exact", "ppid", "block" },
	{ "zombie-ignored-late", WANT_LEAK, "zombie", "zombie", "exact", "ppid",
	  "ignore" },
	{ "zombie-stopped-parent", WANT_LEAK, "zombie", "zombie", "exact", "ppid",
	  "stopped" },
	{ "zombie-handler", WANT_LEAK, "zombie", "zombie", "exact", "ppid", "handle" },
	{ "zombie-signalled", WANT_LEAK, "zombie", "zombie", "exact", "ppid", "SIG" },
	{ "zombie-traced", WANT_LEAK, "zombie", "zombie", "exact", "ppid", "trace" },
	{ "zombie-many", WANT_LEAK, "zombie", "zombie", "exact", "ppid", NULL },
	{ "dead-leader", WANT_ANY, "leader", "dead-leader", "exact", "ppid", NULL },
	{ "fd-limit", WANT_LEAK, "target", "fd-limit", NULL, NULL, NULL },
};

enum { EXPECTATIONS_N = sizeof(expectations) / sizeof(expectations[0]) };

static void finding_check(const struct scan *r, const struct expectation *e,
			  const struct made *m)
{
	json_t *f = finding_of(r, e->finding, m->pid);
	const char *severity = words_of(f, "severity");

	ck_assert_msg(f != NULL, "no %s finding about %s %d: %s", e->finding, m->role,
		      m->pid, r->out);
	ck_assert_int_eq(json_integer_value(
				 json_object_get(json_object_get(f, "subject"), "start")),
			 m->start);
	if (e->confidence)
		ck_assert_str_eq(words_of(f, "confidence"), e->confidence);
	if (e->evidence)
		ck_assert_msg(evidence_has(f, e->evidence), "no %s evidence: %s",
			      e->evidence, r->out);
	if (e->wanted == WANT_LEAK)
		ck_assert_str_ne(severity, "info");
	if (e->wanted == WANT_DAEMON)
		ck_assert_str_eq(severity, "info");
	ck_assert_str_eq(words_of(f, "intent"),
			 e->wanted == WANT_DAEMON ? "daemon" : "leak");
	if (e->word)
		ck_assert_msg(strstr(words_of(f, "message"), e->word) != NULL,
			      "'%s' does not say '%s'", words_of(f, "message"), e->word);
}

/* Everyone accused is one whom mkleak calls a leak; children of an orphan go with it. */
static void accusations_check(const struct scan *r, const struct situation *s,
			      const struct expectation *e)
{
	size_t i;
	json_t *f;

	json_array_foreach(json_object_get(r->report, "findings"), i, f)
	{
		pid_t pid = (pid_t)json_integer_value(
			json_object_get(json_object_get(f, "subject"), "pid"));

		if (!finding_is_leak(f))
			continue;
		/* the target waits for an end that the orphan holds: the same leak */
		if (!strcmp(words_of(f, "kind"), "pipe-no-eof"))
			pid = (pid_t)json_integer_value(
				json_object_get(json_object_get(f, "culprit"), "pid"));
		ck_assert_msg(e->role && e->wanted != WANT_DAEMON &&
				      (situation_has(s, e->role, pid) ||
				       situation_has(s, "child", pid)),
			      "%s accuses %d: %s", e->kind, pid, r->out);
	}
}

START_TEST(mkleak_kind)
{
	const struct expectation *e = &expectations[_i];
	const struct made *target;
	struct situation s;
	struct scan r;

	situation_start(&s, e->kind);
	target = situation_made(&s, "target", 0);
	scan_pid(&r, NULL, target->pid);
	report_check(&r, target, kill(target->pid, 0) == 0);
	for (size_t n = 0; e->role && n < situation_count(&s, e->role); n++)
		finding_check(&r, e, situation_made(&s, e->role, n));
	ck_assert(!e->role || situation_count(&s, e->role) > 0);
	accusations_check(&r, &s, e);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(port_is_named)
{
	struct situation s;
	struct scan r;
	char port[16];
	bool named = false;
	size_t i;
	json_t *h;

	scan_kind(&s, &r, "orphan-port");
	snprintf(port, sizeof(port), "%llu", s.port);
	json_array_foreach(json_object_get(orphan_finding(&s, &r), "holds"), i, h)
		named |=
		!strcmp(words_of(h, "kind"), "port") && strstr(words_of(h, "what"), port);
	ck_assert_msg(named, "port %s is not named: %s", port, r.out);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(activity_is_seen)
{
	static const struct {
		const char *kind;
		bool active;
	} rows[] = {
		{ "orphan-busy", true },
		{ "orphan-busy-io", true },
		{ "orphan-session", false },
	};
	struct situation s;
	struct scan r;
	bool active;

	scan_kind(&s, &r, rows[_i].kind);
	active = json_is_true(json_object_get(orphan_finding(&s, &r), "active"));
	/* between two looks a busy machine may have had no time for it */
	for (int n = 0; rows[_i].active && !active && n < 60; n++) {
		scan_free(&r);
		scan_pid(&r, NULL, situation_made(&s, "target", 0)->pid);
		active = json_is_true(json_object_get(orphan_finding(&s, &r), "active"));
	}
	ck_assert_msg(active == rows[_i].active, "%s", r.out);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(every_zombie_counts)
{
	struct situation s;
	struct scan r;
	json_t *n;

	scan_kind(&s, &r, "zombie-many");
	n = json_object_get(json_object_get(r.report, "summary"), "zombie");
	ck_assert_int_eq(json_integer_value(n), 20);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

/* mkleak announces the one that died of SIGSEGV first. */
START_TEST(death_is_decoded)
{
	static const char *const signals[] = { "SIGSEGV", "SIGKILL" };
	struct situation s;
	struct scan r;
	json_t *f;

	scan_kind(&s, &r, "zombie-signalled");
	for (size_t i = 0; i < 2; i++) {
		f = finding_of(&r, "zombie", situation_made(&s, "zombie", i)->pid);
		ck_assert_msg(strstr(words_of(f, "message"), signals[i]) != NULL, "%s",
			      r.out);
	}
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(descriptors_are_counted)
{
	struct situation s;
	struct scan r;
	json_t *fds;

	scan_kind(&s, &r, "fd-limit");
	fds = json_object_get(json_object_get(r.report, "target"), "fds");
	ck_assert_int_eq(json_integer_value(json_object_get(fds, "open")), 190);
	ck_assert_int_eq(json_integer_value(json_object_get(fds, "soft_limit")), 200);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(abandoned_in_all)
{
	static const char *const all[] = { "--all", NULL };
	struct situation s;
	struct scan r;

	situation_start(&s, "abandoned");
	scan_run(&r, NULL, all);
	orphan_finding(&s, &r);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

START_TEST(young_is_information)
{
	const struct scan_how own_age = { .min_age = true };
	struct situation s;
	struct scan r;
	char pid[16];
	const char *args[] = { "--min-age", "1h", "--pid", pid, NULL };

	situation_start(&s, "orphan-session");
	snprintf(pid, sizeof(pid), "%d", situation_made(&s, "target", 0)->pid);
	scan_run(&r, &own_age, args);
	ck_assert_str_eq(words_of(orphan_finding(&s, &r), "severity"), "info");
	/* a plain user may be blind here, but it is no leak */
	ck_assert_msg(r.status == 0 || (geteuid() && r.status == 3), "status %d",
		      r.status);
	scan_free(&r);
	/* the program's own limit is 1 s */
	usleep(1200000);
	scan_run(&r, &own_age, args + 2);
	ck_assert_str_ne(words_of(orphan_finding(&s, &r), "severity"), "info");
	ck_assert_int_eq(r.status, 1);
	scan_free(&r);
	situation_end(&s);
}
END_TEST

/* A case of its own for each kind, so that a failure is named by it. */
static void kind_add(Suite *suite, int i)
{
	TCase *one = tcase_create(expectations[i].kind);

	tcase_set_timeout(one, TEST_LIMIT_S);
	tcase_add_loop_test(one, mkleak_kind, i, i + 1);
	suite_add_tcase(suite, one);
}

static int suite_run(void)
{
	Suite *suite = suite_create("live");
	TCase *tests = tcase_create("more");

	tcase_set_timeout(tests, TEST_LIMIT_S);
	for (int i = 0; i < EXPECTATIONS_N; i++)
		if (geteuid() && expectations[i].evidence &&
		    !strcmp(expectations[i].evidence, "environ"))
			harness_skip(expectations[i].kind,
				     "only root can ask everybody for a variable");
		else if (possible(expectations[i].kind, expectations[i].kind))
			kind_add(suite, i);
	tcase_add_test(tests, port_is_named);
	tcase_add_loop_test(tests, activity_is_seen, 0, 3);
	tcase_add_test(tests, every_zombie_counts);
	tcase_add_test(tests, death_is_decoded);
	tcase_add_test(tests, descriptors_are_counted);
	tcase_add_test(tests, abandoned_in_all);
	tcase_add_test(tests, young_is_information);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}

int main(void)
{
	return namespace_run(suite_run);
}
