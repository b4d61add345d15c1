/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look after the other: who is confirmed by the look before, and what becomes a series. */
#include "harness.h"

#include <string.h>

#include "model/follow.h"
#include "model/growth.h"

#define NS_PER_S UINT64_C(1000000000)

/* A look at `at` seconds; rows until pid 0. */
struct row { pid_t pid, ppid; uint64_t start; char state; int64_t fds; };

static struct snapshot *look(double at, const struct row *rows)
{
	struct snapshot *s = snapshot_new(0);

	s->now_ns = (uint64_t)(at * 1e9);
	for (; rows->pid; rows++) {
		struct process *p = snapshot_add(s, (struct process_id){ rows->pid, rows->start });

		p->now = (struct look){ .at_ns = s->now_ns, .state = rows->state,
					.ppid = rows->ppid, .fd_count = rows->fds,
					.read_bytes = -1, .written_bytes = -1 };
	}
	snapshot_sort(s);
	return s;
}

static const struct series *series_of(const struct snapshot *s, pid_t pid, enum series_kind kind)
{
	for (size_t i = 0; i < s->series_n; i++)
		if (s->series[i].id.pid == pid && s->series[i].kind == kind)
			return &s->series[i];
	return NULL;
}

START_TEST(who_is_confirmed)
{
	const struct row first[] = { { 1, 0, 1, 'S', 5 }, { 10, 1, 50, 'S', 3 },
				     { 11, 10, 60, 'Z', -1 }, { 12, 10, 70, 'S', 3 },
				     { 13, 10, 80, 'S', 3 }, { 0 } };
	const struct row second[] = { { 1, 0, 1, 'S', 5 }, { 10, 1, 50, 'S', 3 },
				      { 11, 10, 60, 'Z', -1 },
				      { 12, 1, 70, 'S', 3 },	/* adopted since */
				      { 13, 10, 99, 'S', 3 },	/* another one */
				      { 14, 10, 95, 'Z', -1 },	/* new */
				      { 0 } };
	struct snapshot *a = look(100, first), *b = look(101, second);

	snapshot_follow(b, a);
	ck_assert_uint_eq(snapshot_find(b, 10)->before.at_ns, 100 * NS_PER_S);
	ck_assert_int_eq(snapshot_find(b, 11)->before.state, 'Z');
	ck_assert_uint_eq(snapshot_find(b, 12)->before.at_ns, 0);
	ck_assert_uint_eq(snapshot_find(b, 13)->before.at_ns, 0);
	ck_assert_uint_eq(snapshot_find(b, 14)->before.at_ns, 0);
	snapshot_free(a);
	snapshot_free(b);
}
END_TEST

START_TEST(too_near_confirms_nothing)
{
	const struct row rows[] = { { 11, 10, 60, 'Z', -1 }, { 0 } };
	struct snapshot *a = look(100, rows), *b = look(100.4, rows);

	snapshot_follow(b, a);
	ck_assert_uint_eq(snapshot_find(b, 11)->before.at_ns, 0);
	snapshot_free(a);
	snapshot_free(b);
}
END_TEST

START_TEST(what_differs_becomes_a_series)
{
	const struct row first[] = { { 10, 1, 50, 'S', 3 }, { 20, 10, 60, 'S', 7 }, { 0 } };
	const struct row second[] = { { 10, 1, 50, 'S', 3 }, { 20, 10, 60, 'S', 9 },
				      { 21, 10, 70, 'S', 1 }, { 0 } };
	const struct row third[] = { { 20, 1, 60, 'S', 9 }, { 21, 1, 70, 'S', 1 }, { 0 } };
	struct snapshot *a = look(100, first), *b = look(101, second), *c = look(102, third);
	const struct series *fds, *children;

	snapshot_follow(b, a);
	ck_assert_uint_eq(b->series_n, 2);
	fds = series_of(b, 20, SERIES_FDS);
	children = series_of(b, 10, SERIES_CHILDREN);
	ck_assert_ptr_nonnull(fds);
	ck_assert_ptr_nonnull(children);
	ck_assert_uint_eq(fds->n, 2);
	ck_assert_int_eq(fds->samples[0].value, 7);
	ck_assert_int_eq(fds->samples[1].value, 9);
	ck_assert_int_eq(children->samples[0].value, 1);
	ck_assert_int_eq(children->samples[1].value, 2);

	/* goes on though nothing differs any more; that of the dead ends */
	snapshot_follow(c, b);
	ck_assert_uint_eq(c->series_n, 1);
	ck_assert_uint_eq(series_of(c, 20, SERIES_FDS)->n, 3);
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(c);
}
END_TEST

/* A leak is seen to be one, however long it is watched, and the series stays short. */
START_TEST(long_watch)
{
	struct row rows[] = { { 20, 10, 60, 'S', 10 }, { 0 } };
	struct snapshot *s = look(100, rows);
	const struct series *one;

	for (int i = 1; i <= 5000; i++) {
		struct snapshot *next;

		rows[0].fds = 10 + i / 2;
		next = look(100 + i, rows);
		snapshot_follow(next, s);
		snapshot_free(s);
		s = next;
		one = series_of(s, 20, SERIES_FDS);
		if (i < 2)
			continue;
		ck_assert_ptr_nonnull(one);
		ck_assert_uint_le(one->n, FOLLOW_SAMPLES_MOST);
		ck_assert_int_eq(one->samples[one->n - 1].value, rows[0].fds);
		if (i > 20)
			ck_assert_msg(growth_of(one->samples, one->n).grows, "after %d s", i);
	}
	ck_assert_double_eq_tol(growth_of(one->samples, one->n).per_minute, 30, 1);
	ck_assert_uint_ge(one->n, FOLLOW_SAMPLES_MOST / 4);
	snapshot_free(s);
}
END_TEST

START_TEST(kinds)
{
	const struct row rows[] = { { 20, 10, 60, 'S', 2 }, { 0 } };
	const struct row more[] = { { 20, 10, 60, 'S', 3 }, { 0 } };
	struct snapshot *a = look(100, rows), *b = look(101, more), *c = look(102, more);
	const struct descriptor three[] = {
		{ .fd = 0, .kind = FD_FILE, .target = "/x" },
		{ .fd = 1, .kind = FD_ANON, .target = "anon_inode:[eventfd]" },
		{ .fd = 2, .kind = FD_ANON, .target = "anon_inode:[eventfd]" },
	};
	struct process *p = snapshot_find(b, 20), *q = snapshot_find(c, 20);
	size_t n = 0;

	p->fds = three;
	p->fd_n = 3;
	p->read |= FACT_BIT(FACT_FDS);
	q->fds = three;
	q->fd_n = 1;
	q->read |= FACT_BIT(FACT_FDS);
	snapshot_follow(b, a);
	snapshot_follow(c, b);
	for (size_t i = 0; i < c->series_n; i++) {
		const struct series *one = &c->series[i];

		if (one->kind != SERIES_FDS_OF_KIND)
			continue;
		n++;
		ck_assert_uint_eq(one->n, 2);
		ck_assert_int_eq(one->samples[1].value, one->fd_kind == FD_FILE);
		ck_assert(one->fd_kind == FD_FILE ? !one->anon : !strcmp(one->anon, "eventfd"));
	}
	ck_assert_uint_eq(n, 2);
	snapshot_free(a);
	snapshot_free(b);
	snapshot_free(c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("model/follow");
	TCase *tcase = tcase_create("follow");

	tcase_add_test(tcase, who_is_confirmed);
	tcase_add_test(tcase, too_near_confirms_nothing);
	tcase_add_test(tcase, what_differs_becomes_a_series);
	tcase_add_test(tcase, long_watch);
	tcase_add_test(tcase, kinds);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
