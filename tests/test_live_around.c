/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scan that looks around its target only must say what one of everybody says: the same
 * situation of mkleak is judged both ways, and the findings compared.  Each is another look
 * at processes that live on, so what differs is looked at again, some times.
 */
#include "harness.h"
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/judge.h"
#include "source/live.h"

enum { TEST_LIMIT_S = 600, LOOKS_MOST = 100, PAUSE_US = 200000, TEXT_SIZE = 16384 };

enum way { WAY_ANY, WAY_AROUND, WAY_EVERYBODY };

/* Adding one: mkleak kind, and which way the scan must have gone.  What takes everybody to
 * tell is something that is told. */
static const struct row { const char *kind; enum way way; } rows[] = {
	{ "orphan-live-session", WAY_AROUND },
	{ "daemon-keep", WAY_ANY },
	{ "clean-children", WAY_AROUND },
	{ "zombie-default", WAY_AROUND },
	{ "zombie-stopped-parent", WAY_AROUND },
	{ "zombie-traced", WAY_AROUND },
	{ "zombie-many", WAY_AROUND },
	{ "dead-leader", WAY_ANY },
	{ "fd-limit", WAY_AROUND },
	{ "fd-multiplicity", WAY_AROUND },
	{ "fd-deleted-logs", WAY_AROUND },
	{ "close-wait", WAY_AROUND },
	{ "inherited-listen", WAY_AROUND },
	{ "pidfd-stale", WAY_AROUND },
	{ "orphan-session", WAY_EVERYBODY },
	{ "orphan-pgrp", WAY_EVERYBODY },
	{ "orphan-tree", WAY_EVERYBODY },
	{ "orphan-live-pipe", WAY_EVERYBODY },
	{ "orphan-live-socketpair", WAY_EVERYBODY },
	{ "orphan-live-kcmp", WAY_EVERYBODY },
	{ "orphan-live-layout", WAY_EVERYBODY },
	{ "orphan-live-namespace", WAY_EVERYBODY },
	{ "orphan-cookie-env", WAY_EVERYBODY },
	{ "orphan-cookie-env-private", WAY_EVERYBODY },
	{ "orphan-rlimit-cookie", WAY_EVERYBODY },
	{ "daemon-nohup", WAY_ANY },
	{ "decoy-sibling", WAY_ANY },
	{ "decoy-pipeline", WAY_ANY },
	{ "decoy-scm", WAY_ANY },
	{ "decoy-older", WAY_ANY },
	{ "detached", WAY_ANY },
	{ "clean-subreaper", WAY_ANY },
	{ "clean-pool", WAY_ANY },
	{ "pipe-stuck-writer", WAY_EVERYBODY },
	{ "pipe-no-eof", WAY_EVERYBODY },
	{ "pipe-no-eof-sibling", WAY_EVERYBODY },
	{ "pipe-peerless", WAY_EVERYBODY },
};

enum { ROWS_N = sizeof(rows) / sizeof(rows[0]) };

/* What one scan said: "orphan 4711 exact warning" and so on, a line each, in the order of the
 * report. */
struct said {
	bool done, partial;
	char text[TEXT_SIZE];
};

static void findings_text(const struct verdicts *v, char text[static TEXT_SIZE])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < v->list[0]->findings.n && used < TEXT_SIZE; i++) {
		const struct finding *f = &v->list[0]->findings.list[i];

		used += (size_t)snprintf(text + used, TEXT_SIZE - used, "%s %d %s %s %d\n",
					 kind_info(f->kind)->name, f->subject->id.pid,
					 confidence_name(f->confidence), severity_name(f->severity),
					 f->fd);
	}
}

static void judge_here(pid_t pid, bool around, struct said *out)
{
	struct question q = { .kind = TARGET_PID, .pids = &pid, .pid_n = 1, .around = around,
			      .policy = policy_default(), .source = LIVE_PROCFS };
	char why[256] = "";
	struct verdicts v;

	q.policy.min_age_ns = 0;
	if (judge(&q, &v, why, sizeof(why)) || v.n != 1)
		return;
	findings_text(&v, out->text);
	out->partial = v.snapshot->coverage.partial;
	out->done = true;
}

/* In a process of its own: what is below who looks is never judged. */
static void judge_way(pid_t pid, bool around, struct said *out)
{
	int status;
	pid_t child;

	memset(out, 0, sizeof(*out));
	child = fork();
	ck_assert_int_ge(child, 0);
	if (!child) {
		judge_here(pid, around, out);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert(out->done);
	ck_assert(around || !out->partial);
}

START_TEST(both_ways_agree)
{
	const struct row *row = &rows[_i];
	struct said *around = mmap(NULL, 2 * sizeof(*around), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct said *everybody = around + 1;
	struct situation s;
	bool as_meant = false;
	pid_t pid;

	ck_assert(around != MAP_FAILED);
	situation_start(&s, row->kind);
	pid = situation_made(&s, "target", 0)->pid;
	for (int look = 0; look < LOOKS_MOST && !as_meant; look++) {
		if (look)
			usleep(PAUSE_US);
		judge_way(pid, true, around);
		judge_way(pid, false, everybody);
		as_meant = !strcmp(around->text, everybody->text) &&
			   (row->way == WAY_ANY ||
			    around->partial == (row->way == WAY_AROUND)) &&
			   (row->way != WAY_EVERYBODY || *everybody->text);
	}
	ck_assert_msg(as_meant, "%s: around%s:\n%severybody:\n%s", row->kind,
		      around->partial ? "" : " (began anew)", around->text, everybody->text);
	munmap(around, 2 * sizeof(*around));
	situation_end(&s);
}
END_TEST

/* What both walks saw of the same processes. */
START_TEST(who_is_in_it)
{
	struct snapshot *around, *all;
	struct situation s;
	pid_t pid;

	situation_start(&s, "orphan-live-session");
	pid = situation_made(&s, "target", 0)->pid;
	ck_assert_int_eq(live_walk_around(&pid, 1, &around), 0);
	ck_assert_int_eq(live_walk(LIVE_PROCFS, &all), 0);
	ck_assert(around->coverage.partial);
	ck_assert_ptr_nonnull(snapshot_find(around, getpid()));
	ck_assert_ptr_nonnull(snapshot_find(around, 1));
	for (size_t i = 0; i < s.made_n; i++)
		ck_assert_ptr_nonnull(snapshot_find(around, s.made[i].pid));
	for (size_t i = 0; i < around->process_n; i++) {
		const struct process *p = &around->processes[i];
		const struct process *q = snapshot_find(all, p->id.pid);

		/* others come and go; ours stay */
		if (!situation_has(&s, "target", p->id.pid) && !situation_has(&s, "orphan", p->id.pid))
			continue;
		ck_assert_ptr_nonnull(q);
		ck_assert(process_id_same(p->id, q->id));
		ck_assert_int_eq(p->now.ppid, q->now.ppid);
		ck_assert_int_eq(p->sid, q->sid);
		ck_assert_int_eq(p->pgid, q->pgid);
		ck_assert_int_eq(p->now.fd_count, q->now.fd_count);
	}
	snapshot_free(around);
	snapshot_free(all);
	situation_end(&s);
}
END_TEST

/* A target that is gone has no ancestors. */
START_TEST(the_dead_need_everybody)
{
	struct snapshot *around = NULL;
	struct situation s;
	pid_t pid;

	situation_start(&s, "orphan-session");
	pid = situation_made(&s, "target", 0)->pid;
	ck_assert_int_eq(live_walk_around(&pid, 1, &around), -EXDEV);
	ck_assert_ptr_null(around);
	situation_end(&s);
}
END_TEST

static void row_add(Suite *suite, int i)
{
	TCase *one = tcase_create(rows[i].kind);

	tcase_set_timeout(one, TEST_LIMIT_S);
	tcase_add_loop_test(one, both_ways_agree, i, i + 1);
	suite_add_tcase(suite, one);
}

static int suite_run(void)
{
	Suite *suite = suite_create("live_around");
	TCase *tests = tcase_create("walk");

	tcase_set_timeout(tests, TEST_LIMIT_S);
	for (int i = 0; i < ROWS_N; i++)
		if (possible(rows[i].kind, rows[i].kind))
			row_add(suite, i);
	tcase_add_test(tests, who_is_in_it);
	tcase_add_test(tests, the_dead_need_everybody);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}

int main(void)
{
	return namespace_run(suite_run);
}
