/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real reap on real trees that do not go easily, in a pid namespace of their own, where
 * we see all that is left.  What mkleak made is looked up by pid and start time.
 */
#include "harness.h"
#include "live.h"
#include "live_reap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TEST_LIMIT_S = 120 };

static const char *const act[] = { "--yes", "--grace", "400ms", "--max", "2000", NULL };

/* status 1: a subreaper that never waits keeps it as a zombie, and that is said.  What is
 * heavy comes by itself, the others all at once. */
static const struct { const char *kind, *prediction; int status; bool heavy; } trees[] = {
	{ "orphan-session", NULL, 0, false },
	{ "orphan-tree", NULL, 0, false },
	{ "orphan-busy", NULL, 0, false },
	{ "orphan-subreaper", NULL, 1, false },
	{ "reap-term-ignored", "term-ignored", 0, false },
	{ "reap-term-blocked", "term-blocked", 0, false },
	{ "reap-stopped", "stopped", 0, false },
	{ "reap-vfork", NULL, 0, false },
	{ "reap-respawn", NULL, 0, false },
	{ "reap-storm-1", "term-ignored", 0, false },
	{ "reap-sigpipe", NULL, 0, false },
	{ "reap-traced", "traced", 0, false },
	{ "reap-other-user", "other-uid", 0, false },
	{ "reap-storm-4", "term-ignored", 0, true },
	{ "reap-storm-16", "term-ignored", 0, true },
	{ "reap-many", NULL, 0, true },
	{ "reap-thousand", NULL, 0, true },
};

enum { TREES_N = sizeof(trees) / sizeof(trees[0]) };

static bool predicts(json_t *patient, const char *word)
{
	size_t i;
	json_t *p;

	json_array_foreach(json_object_get(patient, "predictions"), i, p)
		if (!strcmp(json_string_value(p), word))
			return true;
	return false;
}

static void check_plan(int kind, const struct situation *s, const struct run *r)
{
	const struct made *orphan = situation_made(s, "orphan", 0);

	ck_assert_msg(r->status == 1, "status %d: %s", r->status, r->out);
	ck_assert_msg(alive(orphan), "the plan touched it");
	ck_assert_msg(patient_of(r, orphan->pid), "no patient: %s", r->out);
	if (trees[kind].prediction)
		ck_assert_msg(predicts(patient_of(r, orphan->pid), trees[kind].prediction),
			      "%s", r->out);
}

static void check_ended(int kind, const struct situation *s, const struct run *r)
{
	const struct made *orphan = situation_made(s, "orphan", 0);
	pid_t target = situation_made(s, "target", 0)->pid;
	size_t left = count_in_session(target, 0);

	ck_assert_msg(r->status == trees[kind].status, "%s: status %d: %s", trees[kind].kind,
		      r->status, r->out);
	ck_assert_msg(!strcmp(words_of(patient_of(r, orphan->pid), "fate"),
			      trees[kind].status ? "unreaped" : "reaped"), "%s", r->out);
	ck_assert_msg(!alive(orphan), "it lives: %s", r->out);
	/* but for that subreaper, which is no leak and in the same session */
	ck_assert_msg(left == (size_t)trees[kind].status, "%zu left: %s", left, r->out);
	ck_assert_msg(alive(situation_made(s, "launcher", 0)), "the launcher was hit");
}

static void check_again(int kind, const struct run *r)
{
	size_t n = json_array_size(json_object_get(r->plan, "patients"));

	/* that subreaper's zombie is no news until a slow parent had its 6 s; and the other
	 * families are just being ended, so not everybody can be read to the end */
	if (trees[kind].status && n)
		return;
	ck_assert_msg(r->status == 0 ||
		      (r->status == 3 && json_is_false(json_object_get(r->plan, "complete"))),
		      "%s: status %d: %s", trees[kind].kind, r->status, r->out);
	ck_assert_uint_eq(n, 0);
}

/* The plan touches nobody, --yes ends all of them, and nobody is left to be ended. */
static void treat(const int *kinds, size_t n)
{
	static const char *const none[] = { "--max", "2000", NULL };
	struct situation *s = calloc(n, sizeof(*s));
	struct run r[TREES_N];

	ck_assert_ptr_nonnull(s);
	for (size_t i = 0; i < n; i++) {
		situation_start(&s[i], trees[kinds[i]].kind);
		while (!strcmp(trees[kinds[i]].kind, "reap-stopped") &&
		       !count_in_session(situation_made(&s[i], "target", 0)->pid, 'T'))
			usleep(1000);
	}
	for (int phase = 0; phase < 3; phase++) {
		reap_each(r, s, n, phase ? act : none);
		for (size_t i = 0; i < n; i++) {
			/* on a busy machine the second look may miss one, who then waits for
			 * the next */
			for (int left = 20; phase < 2 && r[i].plan && left &&
			     !json_array_size(json_object_get(r[i].plan, "patients")); left--) {
				run_free(&r[i]);
				reap(&r[i], &s[i], phase ? act : none);
			}
			if (!phase)
				check_plan(kinds[i], &s[i], &r[i]);
			else if (phase == 1)
				check_ended(kinds[i], &s[i], &r[i]);
			else
				check_again(kinds[i], &r[i]);
			run_free(&r[i]);
		}
	}
	for (size_t i = 0; i < n; i++)
		situation_drop(&s[i]);
	free(s);
}

START_TEST(heavy_tree)
{
	treat(&(int){ _i }, 1);
}
END_TEST

START_TEST(light_trees)
{
	int kinds[TREES_N];
	size_t n = 0;

	for (int i = 0; i < TREES_N; i++)
		if (!trees[i].heavy && (strcmp(trees[i].kind, "reap-other-user") || !geteuid()))
			kinds[n++] = i;
	treat(kinds, n);
}
END_TEST

/* Kind, what becomes of each zombie, and how many signals its parent may get. */
static const struct { const char *kind, *treatment, *fate; int signals; } dead[] = {
	{ "reap-zombies-late", "nudge-parent", "reaped", 1 },
	{ "reap-zombies-one", "nudge-parent", "reaped", 4 },
	{ "zombie-handler", "nudge-parent", "unreaped", 1 },
	{ "zombie-default", "advise", "unreaped", 0 },
	{ "zombie-blocked", "advise", "unreaped", 0 },
	{ "zombie-ignored-late", "advise", "unreaped", 0 },
	{ "zombie-stopped-parent", "advise", "unreaped", 0 },
	{ "zombie-traced", "advise", "unreaped", 0 },
};

enum { DEAD_N = sizeof(dead) / sizeof(dead[0]) };

static void check_zombies(int kind, const struct situation *s, const struct run *r)
{
	int signals = 0;
	size_t i;
	json_t *p;

	for (i = 0; i < situation_count(s, "zombie"); i++) {
		p = patient_of(r, situation_made(s, "zombie", i)->pid);
		ck_assert_msg(p != NULL, "no patient: %s", r->out);
		ck_assert_msg(!strcmp(words_of(p, "treatment"), dead[kind].treatment), "%s", r->out);
		ck_assert_msg(!strcmp(words_of(p, "fate"), dead[kind].fate), "%s", r->out);
	}
	json_array_foreach(json_object_get(r->plan, "patients"), i, p)
		signals += (int)json_integer_value(json_object_get(p, "signals"));
	ck_assert_msg(signals == dead[kind].signals, "%d signals: %s", signals, r->out);
	ck_assert_int_eq(r->status, !strcmp(dead[kind].fate, "reaped") ? 0 : 1);
	ck_assert(alive(situation_made(s, "target", 0)));
}

START_TEST(zombie_parents)
{
	struct situation *s = calloc(DEAD_N, sizeof(*s));
	struct run r[DEAD_N];

	ck_assert_ptr_nonnull(s);
	for (int i = 0; i < DEAD_N; i++)
		situation_start(&s[i], dead[i].kind);
	reap_each(r, s, DEAD_N, act);
	for (int i = 0; i < DEAD_N; i++) {
		check_zombies(i, &s[i], &r[i]);
		run_free(&r[i]);
		situation_drop(&s[i]);
	}
	free(s);
}
END_TEST

START_TEST(the_target_only_when_asked)
{
	static const char *const with[] = { "--yes", "--with-target", NULL };
	struct situation s;
	struct run r;

	situation_start(&s, "orphan-live-session");
	reap(&r, &s, act);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert(!alive(situation_made(&s, "orphan", 0)));
	ck_assert(alive(situation_made(&s, "target", 0)));
	run_free(&r);
	reap(&r, &s, with);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert(!alive(situation_made(&s, "target", 0)));
	run_free(&r);
	situation_drop(&s);
}
END_TEST

/* No signal makes that parent wait; its end does, for then another one is the parent. */
START_TEST(zombies_go_with_their_parent)
{
	static const char *const with[] = { "--yes", "--with-target", NULL };
	static const char *const kinds[] = { "zombie-default", "reap-zombies-one" };
	struct situation s;
	struct run r;

	situation_start(&s, kinds[_i]);
	reap(&r, &s, with);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	for (size_t i = 0; i < situation_count(&s, "zombie"); i++)
		ck_assert_msg(!strcmp(words_of(patient_of(&r, situation_made(&s, "zombie", i)->pid),
					      "fate"), "reaped"), "%s", r.out);
	ck_assert(!strstr(r.out, "SIGCHLD"));
	run_free(&r);
	situation_drop(&s);
}
END_TEST

START_TEST(innocents_stay)
{
	static const char *const kinds[] = { "decoy-sibling", "decoy-pipeline", "decoy-scm",
					     "decoy-older", "daemon-keep" };
	struct situation s;
	struct run r;

	situation_start(&s, kinds[_i]);
	reap(&r, &s, act);
	ck_assert_msg(json_array_size(json_object_get(r.plan, "patients")) == 0, "%s", r.out);
	for (size_t i = 0; i < s.made_n; i++)
		if (strcmp(s.made[i].role, "target") && strcmp(s.made[i].role, "zombie"))
			ck_assert_msg(alive(&s.made[i]), "%s was hit: %s", s.made[i].role, r.out);
	run_free(&r);
	situation_drop(&s);
}
END_TEST

/* No line, no signal: a full disk, a link, a FIFO's reader gone. */
START_TEST(no_audit_no_signal)
{
	static const char *const paths[] = { "/dev/full", "link", "missing/dir" };
	char dir[] = "/tmp/leakscan-reap-XXXXXX", path[64], real[64];
	const char *args[] = { "--yes", "--audit", path, NULL };
	struct situation s;
	struct run r;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(real, sizeof(real), "%s/real", dir);
	snprintf(path, sizeof(path), "%s/%s", dir, paths[_i]);
	if (paths[_i][0] == '/')
		snprintf(path, sizeof(path), "%s", paths[_i]);
	else if (!strcmp(paths[_i], "link"))
		ck_assert_int_eq(symlink(real, path), 0);
	situation_start(&s, "orphan-session");
	reap(&r, &s, args);
	ck_assert_int_eq(r.status, 3);
	ck_assert(alive(situation_made(&s, "orphan", 0)));
	run_free(&r);
	situation_drop(&s);
	if (!strcmp(paths[_i], "link"))
		unlink(path);
	ck_assert_msg(rmdir(dir) == 0, "something was written through the link");
}
END_TEST

/* Until the audit says so: then the grace period has begun. */
static void await_in(const char *path, const char *event, const char *what)
{
	char wanted[64], text[16384];

	snprintf(wanted, sizeof(wanted), "\"event\":\"%s\",\"what\":\"%s\"", event, what);
	for (;;) {
		FILE *f = fopen(path, "re");
		size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

		if (f)
			fclose(f);
		text[n] = '\0';
		if (strstr(text, wanted))
			return;
		usleep(1000);
	}
}

/* Ctrl-C leaves it at SIGTERM, and the second stops waiting; a SIGHUP that was ignored when
 * we were started, as under nohup, does nothing. */
START_TEST(interrupted_in_the_grace_period)
{
	char dir[] = "/tmp/leakscan-reap-XXXXXX", path[64], pid[16];
	const char *args[] = { "-p", pid, "--yes", "--grace", _i ? "1s" : "90s",
			       "--audit", path, NULL };
	int out = memfd_create("out", MFD_CLOEXEC), pidfd;
	struct situation s;
	struct run r;
	pid_t program;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/audit", dir);
	situation_start(&s, "reap-term-ignored");
	snprintf(pid, sizeof(pid), "%d", situation_made(&s, "target", 0)->pid);
	if (_i)
		signal(SIGHUP, SIG_IGN);
	program = reap_start(args, out);
	pidfd = (int)syscall(SYS_pidfd_open, program, 0);
	await_in(path, "result", "SIGTERM");
	/* two that are pending together are one, so until it ends */
	do {
		syscall(SYS_pidfd_send_signal, pidfd, _i ? SIGHUP : SIGINT, NULL, 0);
	} while (poll(&(struct pollfd){ .fd = pidfd, .events = POLLIN }, 1, 20) == 0);
	close(pidfd);
	reap_end(&r, program, out);
	ck_assert_msg(r.status == (_i ? 0 : 1), "status %d: %s", r.status, r.out);
	ck_assert_str_eq(words_of(patient_of(&r, situation_made(&s, "orphan", 0)->pid), "fate"),
			 _i ? "reaped" : "cancelled");
	ck_assert_int_eq(alive(situation_made(&s, "orphan", 0)), !_i);
	run_free(&r);
	situation_drop(&s);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* Made at the start, with a name of its own: others may run the same test beside us. */
static char freezer_group[] = "/sys/fs/cgroup/freezer/lstest-XXXXXX";
static char unified_group[] = "/sys/fs/cgroup/unified/lstest-XXXXXX";

static bool group_write(const char *group, const char *file, const char *text)
{
	char path[128];
	bool done;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	f = fopen(path, "we");
	if (!f)
		return false;
	fputs(text, f);
	done = !fclose(f);
	return done;
}

/* A v1 freezer holds even SIGKILL back: that is foretold, told, and waited for no longer. */
START_TEST(frozen_is_stuck)
{
	struct situation s;
	const struct made *orphan;
	char pid[16];
	struct run r;

	situation_start(&s, "orphan-session");
	orphan = situation_made(&s, "orphan", 0);
	snprintf(pid, sizeof(pid), "%d", orphan->pid);
	ck_assert(group_write(freezer_group, "cgroup.procs", pid) && group_write(freezer_group, "freezer.state", "FROZEN"));
	for (int i = 0; i < 5000; i++) {
		long long start;

		if (state_of(orphan->pid, &start) == 'D')
			break;
		usleep(1000);
	}
	reap(&r, &s, act);
	group_write(freezer_group, "freezer.state", "THAWED");
	ck_assert_msg(r.status == 1, "status %d: %s", r.status, r.out);
	ck_assert(predicts(patient_of(&r, orphan->pid), "frozen"));
	ck_assert_str_eq(words_of(patient_of(&r, orphan->pid), "fate"), "stuck");
	ck_assert_msg(strstr(words_of(patient_of(&r, orphan->pid), "fate_why"), "refrigerator"),
		      "%s", r.out);
	ck_assert(r.seconds < 15);
	run_free(&r);
	situation_drop(&s);
}
END_TEST

/* A control group is killed as a whole only when all in it are patients: with a stranger in
 * it, he lives. */
START_TEST(a_group_with_a_stranger)
{
	char dir[] = "/tmp/leakscan-reap-XXXXXX", path[64], pid[16], audit[16384] = "";
	const char *args[] = { "--yes", "--grace", "200ms", "--audit", path, NULL };
	const struct made *stranger;
	struct situation s;
	struct run r;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/audit", dir);
	situation_start(&s, "reap-term-ignored");
	stranger = situation_made(&s, "launcher", 0);
	snprintf(pid, sizeof(pid), "%d", situation_made(&s, "orphan", 0)->pid);
	ck_assert(group_write(unified_group, "cgroup.procs", pid));
	snprintf(pid, sizeof(pid), "%d", stranger->pid);
	if (_i)
		ck_assert(group_write(unified_group, "cgroup.procs", pid));
	reap(&r, &s, args);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert_msg(alive(stranger), "the stranger was hit");
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	audit[fread(audit, 1, sizeof(audit) - 1, f)] = '\0';
	fclose(f);
	ck_assert_ptr_nonnull(strstr(audit, "cgroup.kill"));
	/* ENOENT: there is no such group that is only ours */
	ck_assert_int_eq(strstr(audit, "No such file or directory") != NULL, _i);
	run_free(&r);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
	situation_drop(&s);
}
END_TEST

static bool group_make(char *group, const char *test, const char *why)
{
	if (mkdtemp(group))
		return true;
	harness_skip(test, why);
	return false;
}

static void group_remove(const char *group)
{
	for (int i = 0; i < 1000 && rmdir(group); i++)
		usleep(1000);
}

static int suite_run(void)
{
	bool freezer = group_make(freezer_group, "frozen_is_stuck", "no v1 freezer that we may divide");
	bool unified = group_make(unified_group, "a_group_with_a_stranger",
				  "no v2 hierarchy beside v1 that we may divide");
	int status;

	Suite *suite = suite_create("live_reap");
	TCase *t = tcase_create("reap");

	suite_add_tcase(suite, t);
	tcase_set_timeout(t, TEST_LIMIT_S);
	if (geteuid())
		harness_skip("reap-other-user", "only root can become another user");
	tcase_add_test(t, light_trees);
	for (int i = 0; i < TREES_N; i++) {
		TCase *one;

		if (!trees[i].heavy || (!strcmp(trees[i].kind, "reap-thousand") &&
					!possible(trees[i].kind, trees[i].kind)))
			continue;
		one = tcase_create(trees[i].kind);
		tcase_set_timeout(one, TEST_LIMIT_S);
		tcase_add_loop_test(one, heavy_tree, i, i + 1);
		suite_add_tcase(suite, one);
	}
	tcase_add_test(t, zombie_parents);
	tcase_add_test(t, the_target_only_when_asked);
	tcase_add_loop_test(t, innocents_stay, 0, 5);
	tcase_add_loop_test(t, no_audit_no_signal, 0, 3);
	tcase_add_loop_test(t, interrupted_in_the_grace_period, 0, 2);
	tcase_add_loop_test(t, zombies_go_with_their_parent, 0, 2);
	if (freezer)
		tcase_add_test(t, frozen_is_stuck);
	if (unified)
		tcase_add_loop_test(t, a_group_with_a_stranger, 0, 2);
	status = harness_main(suite);
	if (freezer)
		group_remove(freezer_group);
	if (unified)
		group_remove(unified_group);
	return status;
}

int main(void)
{
	return namespace_run(suite_run);
}
