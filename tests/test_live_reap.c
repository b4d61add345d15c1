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

/* status 1: a subreaper that never waits keeps it as a zombie, and that is said. */
static const struct { const char *kind, *prediction; int status; } trees[] = {
	{ "orphan-session", NULL, 0 },
	{ "orphan-tree", NULL, 0 },
	{ "orphan-busy", NULL, 0 },
	{ "orphan-subreaper", NULL, 1 },
	{ "reap-term-ignored", "term-ignored", 0 },
	{ "reap-term-blocked", "term-blocked", 0 },
	{ "reap-stopped", "stopped", 0 },
	{ "reap-vfork", NULL, 0 },
	{ "reap-respawn", NULL, 0 },
	{ "reap-storm-1", "term-ignored", 0 },
	{ "reap-storm-4", "term-ignored", 0 },
	{ "reap-storm-16", "term-ignored", 0 },
	{ "reap-many", NULL, 0 },
	{ "reap-thousand", NULL, 0 },
	{ "reap-sigpipe", NULL, 0 },
	{ "reap-other-user", "other-uid", 0 },
	{ "reap-traced", "traced", 0 },
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

START_TEST(tree)
{
	static const char *const none[] = { "--max", "2000", NULL };
	const struct made *orphan;
	struct situation s;
	struct run r;
	pid_t target;

	situation_start(&s, trees[_i].kind);
	target = situation_made(&s, "target", 0)->pid;
	orphan = situation_made(&s, "orphan", 0);
	if (!strcmp(trees[_i].kind, "reap-stopped"))
		for (int n = 0; n < 5000 && count_in_session(target, 'T') == 0; n++)
			usleep(1000);

	/* only the plan: nobody is touched */
	reap(&r, &s, none);
	ck_assert_msg(r.status == 1, "status %d: %s", r.status, r.out);
	ck_assert_msg(alive(orphan), "the plan touched it");
	ck_assert_msg(patient_of(&r, orphan->pid), "no patient: %s", r.out);
	if (trees[_i].prediction)
		ck_assert_msg(predicts(patient_of(&r, orphan->pid), trees[_i].prediction),
			      "%s", r.out);
	run_free(&r);

	reap(&r, &s, act);
	ck_assert_msg(r.status == trees[_i].status, "status %d: %s", r.status, r.out);
	ck_assert_str_eq(text_of(patient_of(&r, orphan->pid), "fate"),
			 trees[_i].status ? "unreaped" : "reaped");
	ck_assert_msg(!alive(orphan), "it lives: %s", r.out);
	/* but for that subreaper, which is no leak and in the same session */
	ck_assert_msg(count_in_session(target, 0) == (size_t)trees[_i].status, "%zu left: %s",
		      count_in_session(target, 0), r.out);
	ck_assert_msg(alive(situation_made(&s, "launcher", 0)), "the launcher was hit");
	ck_assert_msg(r.seconds < 30, "%.1f s", r.seconds);
	run_free(&r);

	/* and nobody is left to be ended */
	reap(&r, &s, act);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert_uint_eq(json_array_size(json_object_get(r.plan, "patients")), 0);
	run_free(&r);
	situation_drop(&s);
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

START_TEST(zombie_parents)
{
	struct situation s;
	struct run r;
	int signals = 0;
	size_t i;
	json_t *p;

	situation_start(&s, dead[_i].kind);
	reap(&r, &s, act);
	for (i = 0; i < situation_count(&s, "zombie"); i++) {
		p = patient_of(&r, situation_made(&s, "zombie", i)->pid);
		ck_assert_msg(p != NULL, "no patient: %s", r.out);
		ck_assert_str_eq(text_of(p, "treatment"), dead[_i].treatment);
		ck_assert_msg(!strcmp(text_of(p, "fate"), dead[_i].fate), "%s", r.out);
	}
	json_array_foreach(json_object_get(r.plan, "patients"), i, p)
		signals += (int)json_integer_value(json_object_get(p, "signals"));
	ck_assert_int_eq(signals, dead[_i].signals);
	ck_assert_int_eq(r.status, !strcmp(dead[_i].fate, "reaped") ? 0 : 1);
	ck_assert(alive(situation_made(&s, "target", 0)));
	run_free(&r);
	situation_drop(&s);
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

START_TEST(interrupted_in_the_grace_period)
{
	char pid[16];
	const char *args[] = { "-p", pid, "--yes", "--grace", "3s", NULL };
	int out = memfd_create("out", MFD_CLOEXEC), pidfd;
	struct situation s;
	struct run r;
	pid_t program;

	situation_start(&s, "reap-term-ignored");
	snprintf(pid, sizeof(pid), "%d", situation_made(&s, "target", 0)->pid);
	program = reap_start(args, out);
	pidfd = (int)syscall(SYS_pidfd_open, program, 0);
	usleep(2000000);
	syscall(SYS_pidfd_send_signal, pidfd, SIGINT, NULL, 0);
	close(pidfd);
	reap_end(&r, program, out);
	ck_assert_msg(r.status == 1, "status %d: %s", r.status, r.out);
	ck_assert_str_eq(text_of(patient_of(&r, situation_made(&s, "orphan", 0)->pid), "fate"),
			 "cancelled");
	ck_assert(alive(situation_made(&s, "orphan", 0)));
	run_free(&r);
	situation_drop(&s);
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
	ck_assert_str_eq(text_of(patient_of(&r, orphan->pid), "fate"), "stuck");
	ck_assert_msg(strstr(text_of(patient_of(&r, orphan->pid), "fate_why"), "refrigerator"),
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
	for (int i = 0; i < TREES_N; i++) {
		TCase *one = tcase_create(trees[i].kind);

		if (!strcmp(trees[i].kind, "reap-thousand") && !possible(trees[i].kind, trees[i].kind))
			continue;
		if (geteuid() && !strcmp(trees[i].kind, "reap-other-user")) {
			harness_skip(trees[i].kind, "only root can become another user");
			continue;
		}
		tcase_set_timeout(one, TEST_LIMIT_S);
		tcase_add_loop_test(one, tree, i, i + 1);
		suite_add_tcase(suite, one);
	}
	tcase_add_loop_test(t, zombie_parents, 0, DEAD_N);
	tcase_add_test(t, the_target_only_when_asked);
	tcase_add_loop_test(t, innocents_stay, 0, 5);
	tcase_add_loop_test(t, no_audit_no_signal, 0, 3);
	tcase_add_test(t, interrupted_in_the_grace_period);
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
