/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot is found in by pid, and its times are those of the kernel: ticks since
 * boot, nanoseconds of two clocks.
 */
#include "harness.h"

#include "model/report.h"
#include "model/snapshot.h"
#include "model/wait_status.h"

static struct snapshot *with(const struct process_id *ids, size_t n)
{
	struct snapshot *s = snapshot_new(0);

	for (size_t i = 0; i < n; i++)
		snapshot_add(s, ids[i]);
	snapshot_sort(s);
	return s;
}

START_TEST(empty)
{
	struct snapshot *s = with(NULL, 0);

	ck_assert_ptr_null(snapshot_find(s, 1));
	ck_assert_ptr_null(snapshot_socket(s, 1));
	ck_assert_uint_eq(snapshot_threads(s), 0);
	ck_assert(!snapshot_same_file(s, 1, 1, 2, 2));
	ck_assert_int_eq(s->coverage.threads_kernel, -1);
	snapshot_free(s);
	snapshot_free(NULL);
}
END_TEST

START_TEST(everything_unknown)
{
	struct process_id id = { 7, 70 };
	struct snapshot *s = with(&id, 1);
	const struct process *p = snapshot_find(s, 7);

	ck_assert(process_id_same(p->id, id));
	ck_assert_int_eq(p->now.state, '?');
	ck_assert_int_eq(p->now.fd_count, -1);
	ck_assert_int_eq(p->now.read_bytes, -1);
	ck_assert_int_eq(p->wait_status, -1);
	ck_assert_uint_eq(p->before.at_ns, 0);
	ck_assert_uint_eq(p->read | p->denied | p->stalled, 0);
	ck_assert(p->nofile_soft == LIMIT_UNLIMITED);
	ck_assert(p->uid == (uid_t)-1);
	ck_assert(!process_knows(p, FACT_STAT));
	snapshot_free(s);
}
END_TEST

START_TEST(found_by_pid)
{
	struct process_id ids[] = { { 9, 1 }, { 1, 1 }, { 4194304, 3 }, { 5, 2 } };
	struct snapshot *s = with(ids, 4);

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(snapshot_find(s, ids[i].pid)->id.pid, ids[i].pid);
	ck_assert_ptr_null(snapshot_find(s, 0));
	ck_assert_ptr_null(snapshot_find(s, 2));
	ck_assert_ptr_null(snapshot_find(s, 4194303));
	ck_assert_ptr_null(snapshot_find(s, -1));
	ck_assert_int_eq(s->processes[0].id.pid, 1);
	ck_assert_int_eq(s->processes[3].id.pid, 4194304);
	snapshot_free(s);
}
END_TEST

START_TEST(of_a_reused_pid_the_younger_stays)
{
	struct process_id ids[] = { { 5, 20 }, { 5, 30 }, { 4, 1 }, { 5, 10 }, { 6, 1 },
		{ 5, 30 } };
	struct snapshot *s = with(ids, 6);

	ck_assert_uint_eq(s->process_n, 3);
	ck_assert_uint_eq(snapshot_find(s, 5)->id.start_ticks, 30);
	ck_assert_ptr_nonnull(snapshot_find(s, 4));
	ck_assert_ptr_nonnull(snapshot_find(s, 6));
	snapshot_free(s);
}
END_TEST

START_TEST(one_pid_is_not_one_process)
{
	struct process_id a = { 5, 20 }, b = { 5, 30 }, c = { 6, 20 };

	ck_assert(process_id_same(a, a));
	ck_assert(!process_id_same(a, b));
	ck_assert(!process_id_same(a, c));
}
END_TEST

START_TEST(parents)
{
	struct process_id ids[] = { { 1, 1 }, { 5, 2 }, { 6, 3 }, { 7, 4 } };
	struct snapshot *s = with(ids, 4);

	snapshot_find(s, 5)->now.ppid = 1;
	snapshot_find(s, 6)->now.ppid = 0;
	snapshot_find(s, 7)->now.ppid = 99;
	ck_assert_int_eq(snapshot_parent(s, snapshot_find(s, 5))->id.pid, 1);
	ck_assert_ptr_null(snapshot_parent(s, snapshot_find(s, 6)));
	ck_assert_ptr_null(snapshot_parent(s, snapshot_find(s, 7)));
	snapshot_free(s);
}
END_TEST

START_TEST(age)
{
	static const struct { uint64_t ticks, now_ns; uint32_t hz; uint64_t age_ns; }
		rows[] = {
		{ 100, UINT64_C(3000000000), 100, UINT64_C(2000000000) },
		{ 101, UINT64_C(3000000000), 100, UINT64_C(1990000000) },
		{ 250, UINT64_C(3000000000), 250, UINT64_C(2000000000) },
		{ 1024, UINT64_C(3000000000), 1024, UINT64_C(2000000000) },
		/* started within the tick in which we look: never a negative age */
		{ 301, UINT64_C(3000000000), 100, 0 },
		{ 0, UINT64_C(3000000000), 100, UINT64_C(3000000000) },
		/* 500 days */
		{ UINT64_C(4320000000), UINT64_C(43200001000000000), 100, 1000000000 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct process_id id = { 5, rows[i].ticks };
		struct snapshot *s = with(&id, 1);

		s->hz = rows[i].hz;
		s->now_ns = rows[i].now_ns;
		ck_assert_msg(snapshot_age_ns(s, snapshot_find(s, 5)) == rows[i].age_ns,
			      "row %zu", i);
		snapshot_free(s);
	}
}
END_TEST

START_TEST(time_since_death)
{
	struct process_id id = { 5, 100 };
	struct snapshot *s = with(&id, 1);
	struct process *p = snapshot_find(s, 5);
	uint64_t ns = 77;

	p->now.state = 'Z';
	p->threads = 1;
	p->exec_start_ns = 4000;
	s->sched_now_ns = 9000;
	ck_assert(!snapshot_dead_ns(s, p, &ns));	/* sched was not read */
	p->read |= FACT_BIT(FACT_SCHED);
	ck_assert(snapshot_dead_ns(s, p, &ns));
	ck_assert_uint_eq(ns, 5000);
	p->exec_start_ns = 9001;			/* read before the clock was */
	ck_assert(snapshot_dead_ns(s, p, &ns));
	ck_assert_uint_eq(ns, 0);
	ns = 77;
	p->now.state = 'S';
	ck_assert(!snapshot_dead_ns(s, p, &ns));
	p->now.state = 'Z';
	p->threads = 2;			/* a dead leader is not dead */
	ck_assert(!snapshot_dead_ns(s, p, &ns));
	p->threads = 1;
	s->sched_now_ns = 0;
	ck_assert(!snapshot_dead_ns(s, p, &ns));
	ck_assert_uint_eq(ns, 77);
	snapshot_free(s);
}
END_TEST

START_TEST(dead_or_only_its_leader)
{
	struct process p;

	process_init(&p, (struct process_id){ 5, 1 });
	p.now.state = 'Z';
	ck_assert(process_is_zombie(&p));		/* threads unknown */
	p.threads = 1;
	ck_assert(process_is_zombie(&p) && !process_is_dead_leader(&p));
	p.threads = 2;
	ck_assert(!process_is_zombie(&p) && process_is_dead_leader(&p));
	p.now.state = 'X';
	ck_assert(!process_is_zombie(&p) && !process_is_dead_leader(&p));
}
END_TEST

START_TEST(sockets_and_same_files)
{
	static const uint64_t inodes[] = { 30, 10, 20 };
	struct snapshot *s = snapshot_new(0);

	for (size_t i = 0; i < 3; i++) {
		struct socket_info *info = arena_push(s->arena, &s->sockets, &s->socket_n,
						      &s->socket_room, sizeof(*info));

		*info = (struct socket_info){ .inode = inodes[i],
					      .port = (uint16_t)inodes[i] };
	}
	*(struct same_file *)arena_push(s->arena, &s->same, &s->same_n, &s->same_room,
					sizeof(struct same_file)) =
					(struct same_file){ 1, 5, 2, 6 };
	snapshot_sort(s);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(snapshot_socket(s, inodes[i])->port, inodes[i]);
	ck_assert_ptr_null(snapshot_socket(s, 15));
	ck_assert(snapshot_same_file(s, 1, 5, 2, 6));
	ck_assert(snapshot_same_file(s, 2, 6, 1, 5));
	ck_assert(!snapshot_same_file(s, 1, 6, 2, 5));
	ck_assert(!snapshot_same_file(s, 2, 5, 1, 6));
	snapshot_free(s);
}
END_TEST

START_TEST(sums)
{
	struct process_id ids[] = { { 1, 1 }, { 2, 1 }, { 3, 1 } };
	struct snapshot *s = with(ids, 3);

	s->processes[0].threads = 3;
	s->processes[1].threads = 4;
	s->processes[1].denied = FACT_BIT(FACT_FDS);
	s->processes[2].stalled = FACT_BIT(FACT_FDS) | FACT_BIT(FACT_ENVIRON);
	s->processes[2].denied = FACT_BIT(FACT_FDS);
	ck_assert_uint_eq(snapshot_threads(s), 7);
	ck_assert_uint_eq(snapshot_unreadable(s, FACT_FDS), 2);
	ck_assert_uint_eq(snapshot_unreadable(s, FACT_ENVIRON), 1);
	ck_assert_uint_eq(snapshot_unreadable(s, FACT_STAT), 0);
	snapshot_free(s);
}
END_TEST

START_TEST(environment)
{
	static const char *const entries[] = { "AB=1", "A=", "B", "A=2", "C=x=y" };
	struct process p;

	process_init(&p, (struct process_id){ 5, 1 });
	ck_assert_ptr_null(process_getenv(&p, "A"));
	p.environ = entries;
	p.environ_n = 5;
	ck_assert_str_eq(process_getenv(&p, "A"), "");
	ck_assert_str_eq(process_getenv(&p, "C"), "x=y");
	ck_assert_ptr_null(process_getenv(&p, "B"));
	ck_assert_ptr_null(process_getenv(&p, ""));
}
END_TEST

START_TEST(every_name)
{
	for (enum fact f = 0; f < FACT_N; f++)
		ck_assert_ptr_nonnull(fact_name(f));
	for (enum namespace_kind n = 0; n < NS_N; n++)
		ck_assert_ptr_nonnull(namespace_name(n));
	for (enum evidence_type t = 0; t < EV_N; t++)
		ck_assert_ptr_nonnull(evidence_name(t));
	for (enum kind k = 0; k < KIND_N; k++)
		ck_assert_ptr_nonnull(kind_info(k)->id);
	for (enum relation r = REL_TARGET; r <= REL_POSSIBLE; r++)
		ck_assert_ptr_nonnull(relation_name(r));
}
END_TEST

START_TEST(status_of_a_report)
{
	struct snapshot *s = snapshot_new(0);
	struct report *r = report_new(s);

	ck_assert_int_eq(report_status(r), 0);
	r->complete = false;
	ck_assert_int_eq(report_status(r), 3);
	findings_add(&r->findings, KIND_ZOMBIE, NULL)->severity = SEV_INFO;
	ck_assert_int_eq(report_status(r), 3);
	findings_add(&r->findings, KIND_ORPHAN, NULL)->severity = SEV_WARNING;
	ck_assert_int_eq(report_status(r), 1);
	ck_assert_uint_eq(report_count(r, KIND_ZOMBIE, SEV_INFO), 1);
	ck_assert_uint_eq(report_count(r, KIND_ZOMBIE, SEV_WARNING), 0);
	ck_assert_uint_eq(report_count(r, KIND_ORPHAN, SEV_WARNING), 1);
	report_free(r);
	report_free(NULL);
	snapshot_free(s);
}
END_TEST

static enum fds_known known(const struct process *of, bool all_asked)
{
	struct snapshot *s = snapshot_new(0);
	enum fds_known k = snapshot_fds_known(s, of, all_asked);

	snapshot_free(s);
	return k;
}

START_TEST(what_is_known_of_descriptors)
{
	struct process p;

	process_init(&p, (struct process_id){ .pid = 7 });
	p.now.state = 'S';
	ck_assert_int_eq(known(&p, false), FDS_UNSEEN);
	ck_assert_int_eq(known(&p, true), FDS_ENDED);
	p.denied = FACT_BIT(FACT_FDS);
	ck_assert_int_eq(known(&p, true), FDS_UNSEEN);
	p.denied = 0;
	p.stalled = FACT_BIT(FACT_FDS);
	ck_assert_int_eq(known(&p, true), FDS_UNSEEN);
	p.stalled = 0;
	p.read = FACT_BIT(FACT_FDS);
	ck_assert_int_eq(known(&p, true), FDS_SEEN);
	p.fd_n = PROCESS_FDS_MOST;	/* there may be more */
	ck_assert_int_eq(known(&p, true), FDS_UNSEEN);
	p.read = 0;
	p.fd_n = 0;
	p.gone = true;
	ck_assert_int_eq(known(&p, true), FDS_ENDED);
	p.gone = false;
	p.now.state = 'Z';
	p.threads = 1;
	ck_assert_int_eq(known(&p, true), FDS_NONE);
	p.now.fd_count = 3;		/* it had some a moment ago */
	ck_assert_int_eq(known(&p, true), FDS_ENDED);
	p.threads = 2;
	ck_assert_int_eq(known(&p, true), FDS_UNSEEN);
	p.kernel_thread = true;
	ck_assert_int_eq(known(&p, true), FDS_NONE);
}
END_TEST

START_TEST(who_is_above)
{
	struct snapshot *s = snapshot_new(0);
	const struct process *p;

	for (int pid = 1; pid <= 4; pid++)
		snapshot_add(s, (struct process_id){ .pid = pid })->now.ppid = pid - 1;
	/* a ring, as only a record can hold it */
	snapshot_add(s, (struct process_id){ .pid = 8 })->now.ppid = 9;
	snapshot_add(s, (struct process_id){ .pid = 9 })->now.ppid = 8;
	snapshot_sort(s);
	p = s->processes;
	ck_assert(snapshot_is_above(s, &p[0], &p[3]) && snapshot_is_above(s, &p[2], &p[3]));
	ck_assert(!snapshot_is_above(s, &p[3], &p[3]) && !snapshot_is_above(s, &p[3], &p[0]));
	ck_assert(!snapshot_is_above(s, &p[0], &p[4]) && snapshot_is_above(s, &p[5], &p[4]));
	snapshot_free(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model/snapshot");
	TCase *tcase = tcase_create("snapshot");

	tcase_add_test(tcase, empty);
	tcase_add_test(tcase, everything_unknown);
	tcase_add_test(tcase, found_by_pid);
	tcase_add_test(tcase, of_a_reused_pid_the_younger_stays);
	tcase_add_test(tcase, one_pid_is_not_one_process);
	tcase_add_test(tcase, parents);
	tcase_add_test(tcase, age);
	tcase_add_test(tcase, time_since_death);
	tcase_add_test(tcase, dead_or_only_its_leader);
	tcase_add_test(tcase, sockets_and_same_files);
	tcase_add_test(tcase, sums);
	tcase_add_test(tcase, what_is_known_of_descriptors);
	tcase_add_test(tcase, who_is_above);
	tcase_add_test(tcase, environment);
	tcase_add_test(tcase, every_name);
	tcase_add_test(tcase, status_of_a_report);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
