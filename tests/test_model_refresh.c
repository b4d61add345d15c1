/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes of a watched machine are read again, and what of the others stays. */
#include "harness.h"

#include <string.h>

#include "base/text.h"
#include "model/refresh.h"

#define NS_PER_S UINT64_C(1000000000)
#define LOOKED_AT_NS (100 * NS_PER_S)

/* In a snapshot as of LOOKED_AT_NS; everybody is old, single-threaded, and has inode 1000 + pid
 * and three descriptors, until the test says otherwise. */
static struct process *add(struct snapshot *s, pid_t pid, pid_t ppid)
{
	struct process *p = snapshot_add(s, (struct process_id){ pid, 100 });

	p->now = (struct look){ .at_ns = LOOKED_AT_NS, .state = 'S', .ppid = ppid, .fd_count = 3,
				.read_bytes = -1, .written_bytes = -1 };
	p->read = FACT_BIT(FACT_STAT);
	p->inode = 1000 + (uint64_t)pid;
	p->threads = 1;
	p->switches = 7;
	return p;
}

static struct snapshot *machine(void)
{
	struct snapshot *s = snapshot_new(0);

	s->now_ns = LOOKED_AT_NS;
	add(s, 1, 0);
	return s;
}

struct listing { struct refresh_entry list[64]; size_t n; };

/* All of the snapshot, unchanged. */
static struct listing listing_of(const struct snapshot *s)
{
	struct listing l = { .n = s->process_n };

	for (size_t i = 0; i < s->process_n; i++)
		l.list[i] = (struct refresh_entry){ .pid = s->processes[i].id.pid,
						    .inode = s->processes[i].inode };
	return l;
}

static struct refresh_entry *entry(struct listing *l, pid_t pid)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].pid == pid)
			return &l->list[i];
	ck_abort_msg("pid %d is not listed", pid);
}

/* Counts whom the rules want counted: as before. */
static void count(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].before && l->list[i].want != REFRESH_KEEP)
			l->list[i].fd_count = l->list[i].before->now.fd_count;
}

/* Of a turn that is none of pids 16 to 31 but 30. */
static size_t listed(const struct snapshot *s, struct listing *l)
{
	struct refresh_rule rule = { .previous = s, .turn = 30 };

	return refresh_listed(&rule, l->list, l->n);
}

START_TEST(quiet_ones_are_only_counted)
{
	struct snapshot *s = machine();
	struct listing l;

	add(s, 20, 1);
	add(s, 21, 20);
	snapshot_sort(s);
	l = listing_of(s);
	ck_assert_uint_eq(listed(s, &l), 0);
	ck_assert_int_eq(entry(&l, 20)->want, REFRESH_COUNT);
	count(&l);
	refresh_counted(l.list, l.n);
	ck_assert_int_eq(entry(&l, 20)->want, REFRESH_COUNT);
	ck_assert_int_eq(entry(&l, 21)->want, REFRESH_COUNT);
	snapshot_free(s);
}
END_TEST

START_TEST(another_one_with_the_number_is_read)
{
	struct snapshot *s = machine();
	struct listing l;

	add(s, 20, 1);
	add(s, 21, 1)->inode = 0;
	snapshot_sort(s);
	l = listing_of(s);
	entry(&l, 20)->inode++;
	l.list[l.n++] = (struct refresh_entry){ .pid = 25, .inode = 77 };
	ck_assert_uint_eq(listed(s, &l), 2);
	ck_assert_ptr_null(entry(&l, 20)->before);
	ck_assert_int_eq(entry(&l, 20)->want, REFRESH_READ);
	/* of one whose inode is not known, nothing is known */
	ck_assert_int_eq(entry(&l, 21)->want, REFRESH_READ);
	ck_assert_int_eq(entry(&l, 25)->want, REFRESH_READ);
	snapshot_free(s);
}
END_TEST

START_TEST(a_new_count_is_read)
{
	struct snapshot *s = machine();
	struct listing l;

	add(s, 20, 1);
	add(s, 21, 1);
	add(s, 22, 1)->now.fd_count = 0;
	snapshot_sort(s);
	l = listing_of(s);
	listed(s, &l);
	ck_assert_int_eq(entry(&l, 22)->want, REFRESH_READ);
	count(&l);
	entry(&l, 20)->fd_count = 4;
	entry(&l, 21)->fd_count = 0;	/* what a zombie shows */
	refresh_counted(l.list, l.n);
	ck_assert_int_eq(entry(&l, 20)->want, REFRESH_READ);
	ck_assert_int_eq(entry(&l, 21)->want, REFRESH_READ);
	snapshot_free(s);
}
END_TEST

enum parents_end { END_REAPED, END_ZOMBIE, END_REUSED, END_MEANWHILE, END_N };

/* However a parent ends, its children may have been adopted. */
START_TEST(children_of_the_dead_are_read)
{
	struct snapshot *s = machine();
	struct listing l;

	add(s, 20, 1);
	add(s, 21, 20);
	add(s, 22, 21);
	snapshot_sort(s);
	l = listing_of(s);
	if (_i == END_REAPED)
		entry(&l, 20)->pid = 19;	/* another one's number: 20 is gone */
	if (_i == END_REUSED)
		entry(&l, 20)->inode++;
	listed(s, &l);
	count(&l);
	if (_i == END_ZOMBIE)
		entry(&l, 20)->fd_count = 0;
	if (_i == END_MEANWHILE)
		entry(&l, 20)->gone = true;
	refresh_counted(l.list, l.n);
	ck_assert_int_eq(entry(&l, 21)->want, REFRESH_READ);
	ck_assert_int_eq(entry(&l, 22)->want, REFRESH_COUNT);
	snapshot_free(s);
}
END_TEST

START_TEST(nothing_changes_of_the_dead)
{
	struct snapshot *s = machine();
	struct process *dead, kept;
	struct listing l;

	dead = add(s, 20, 1);
	dead->now.state = 'Z';
	dead->now.fd_count = -1;
	dead->wait_status = 256;
	dead->exec_start_ns = 5;
	dead->read |= FACT_BIT(FACT_SCHED);
	add(s, 2, 0)->kernel_thread = true;
	add(s, 21, 2)->kernel_thread = true;
	dead = add(s, 22, 1);
	dead->now.state = 'Z';		/* its leader only */
	dead->threads = 3;
	snapshot_sort(s);
	l = listing_of(s);
	listed(s, &l);
	refresh_counted(l.list, l.n);
	ck_assert_int_eq(entry(&l, 20)->want, REFRESH_KEEP);
	ck_assert_int_eq(entry(&l, 21)->want, REFRESH_KEEP);
	ck_assert_int_eq(entry(&l, 22)->want, REFRESH_READ);
	/* it was seen to be dead at this look: its number is still its own */
	refresh_keep(s->arena, entry(&l, 20), 200 * NS_PER_S, &kept);
	ck_assert_uint_eq(kept.now.at_ns, 200 * NS_PER_S);
	ck_assert_int_eq(kept.now.state, 'Z');
	ck_assert_int_eq(kept.wait_status, 256);
	ck_assert(process_knows(&kept, FACT_SCHED));
	ck_assert_uint_eq(kept.before.at_ns, 0);
	/* until another's end gives it to another parent */
	entry(&l, 20)->want = REFRESH_KEEP;
	entry(&l, 1)->gone = true;
	refresh_counted(l.list, l.n);
	ck_assert_int_eq(entry(&l, 20)->want, REFRESH_READ);
	snapshot_free(s);
}
END_TEST

START_TEST(everybody_has_a_turn)
{
	struct snapshot *s = machine();
	struct listing l;

	for (pid_t pid = 20; pid < 60; pid++)
		add(s, pid, 1);
	snapshot_sort(s);
	for (pid_t pid = 20; pid < 60; pid++) {
		unsigned reads = 0;

		for (unsigned turn = 5; turn < 5 + REFRESH_TURNS; turn++) {
			struct refresh_rule rule = { .previous = s, .turn = turn };

			l = listing_of(s);
			refresh_listed(&rule, l.list, l.n);
			reads += entry(&l, pid)->want == REFRESH_READ;
		}
		ck_assert_uint_eq(reads, 1);
	}
	snapshot_free(s);
}
END_TEST

START_TEST(on_a_big_machine_they_are_counted_in_turn)
{
	enum { N = 3 * REFRESH_COUNTS };
	struct snapshot *s = machine();
	struct refresh_entry *list = arena_calloc(s->arena, N, sizeof(*list));
	unsigned *counted = arena_calloc(s->arena, N, sizeof(*counted));
	unsigned never = 0;

	for (pid_t pid = 2; pid < 1 + N; pid++)
		add(s, pid, 1);
	snapshot_sort(s);
	for (unsigned turn = 0; turn < 3; turn++) {
		struct refresh_rule rule = { .previous = s, .turn = turn };
		unsigned now = 0;

		for (size_t i = 0; i < N; i++)
			list[i] = (struct refresh_entry){ .pid = (pid_t)i + 1, .inode = 1001 + i };
		refresh_listed(&rule, list, N);
		for (size_t i = 0; i < N; i++) {
			counted[i] += list[i].want >= REFRESH_COUNT;
			now += list[i].want >= REFRESH_COUNT;
		}
		ck_assert_uint_lt(now, N / 2);
	}
	for (size_t i = 0; i < N; i++)
		never += !counted[i];
	ck_assert_uint_eq(never, 0);
	snapshot_free(s);
}
END_TEST

START_TEST(the_young_become_somebody_else)
{
	struct snapshot *s = machine();
	struct listing l;

	add(s, 20, 1)->id.start_ticks = LOOKED_AT_NS / (NS_PER_S / 100) - 50;
	add(s, 21, 1)->id.start_ticks = LOOKED_AT_NS / (NS_PER_S / 100) - 1000;
	snapshot_sort(s);
	l = listing_of(s);
	listed(s, &l);
	ck_assert_int_eq(entry(&l, 20)->want, REFRESH_READ);
	ck_assert_int_eq(entry(&l, 21)->want, REFRESH_COUNT);
	snapshot_free(s);
}
END_TEST

START_TEST(who_was_looked_at_closely)
{
	struct snapshot *s = machine();
	unsigned asked = 0;
	struct listing l;
	struct process *p;

	add(s, 20, 1)->read |= FACT_BIT(FACT_CWD);
	p = add(s, 21, 1);
	p->read |= FACT_BIT(FACT_CWD);
	p->threads = 2;			/* the switches are those of one of them */
	p = add(s, 22, 1);
	p->read |= FACT_BIT(FACT_CWD);
	p->stalled = FACT_BIT(FACT_ENVIRON);
	snapshot_sort(s);
	l = listing_of(s);
	listed(s, &l);
	ck_assert_int_eq(entry(&l, 20)->want, REFRESH_REST);
	ck_assert_int_eq(entry(&l, 21)->want, REFRESH_READ);
	ck_assert_int_eq(entry(&l, 22)->want, REFRESH_READ);
	for (unsigned turn = 5; turn < 5 + REFRESH_RESTS; turn++) {
		struct refresh_rule rule = { .previous = s, .turn = turn, .only_changes = true };

		l = listing_of(s);
		refresh_listed(&rule, l.list, l.n);
		asked += entry(&l, 20)->want >= REFRESH_REST;
		ck_assert_int_ge(entry(&l, 20)->want, REFRESH_COUNT);
	}
	ck_assert_uint_ge(asked, 1);
	snapshot_free(s);
}
END_TEST

START_TEST(a_followed_figure_is_counted_each_time)
{
	struct snapshot *s = machine();
	struct series *one;

	for (pid_t pid = 2; pid < 2 * REFRESH_COUNTS; pid++)
		add(s, pid, 1);
	one = arena_push(s->arena, &s->series, &s->series_n, &s->series_room, sizeof(*one));
	one->id = (struct process_id){ 37, 100 };
	snapshot_sort(s);
	for (unsigned turn = 0; turn < 4; turn++) {
		struct refresh_rule rule = { .previous = s, .turn = turn };
		struct refresh_entry list[] = { { .pid = 1, .inode = 1001 },
						{ .pid = 37, .inode = 1037 } };

		refresh_listed(&rule, list, ARRAY_SIZE(list));
		ck_assert_int_eq(list[1].want, REFRESH_COUNT);
	}
	snapshot_free(s);
}
END_TEST

START_TEST(who_rests_keeps_its_facts)
{
	const struct descriptor table[] = { { .fd = 0, .kind = FD_PIPE, .inode = 9,
					      .target = "pipe:[9]" } };
	static const char *const environ[] = { "A=1" };
	struct snapshot *s = machine();
	struct process *p = add(s, 20, 1), now, out;

	p->read |= FACT_BIT(FACT_FDS) | FACT_BIT(FACT_ENVIRON) | FACT_BIT(FACT_CWD);
	p->fds = table;
	p->fd_n = 1;
	p->environ = environ;
	p->environ_n = 1;
	p->cwd = "/tmp";
	p->before.at_ns = 50 * NS_PER_S;
	now = *p;
	now.now.at_ns = 200 * NS_PER_S;
	now.sig_pending = 4;
	ck_assert(refresh_rests(p, &now));
	refresh_rest(s->arena, p, &now, &out);
	ck_assert_uint_eq(out.now.at_ns, 200 * NS_PER_S);
	ck_assert_uint_eq(out.before.at_ns, 0);
	ck_assert_uint_eq(out.sig_pending, 4);
	ck_assert(!refresh_fds_differ(p, &out));
	ck_assert_ptr_ne(out.fds, p->fds);
	ck_assert_str_eq(process_getenv(&out, "A"), "1");
	ck_assert_str_eq(out.cwd, "/tmp");
	now.switches++;
	ck_assert(!refresh_rests(p, &now));
	now = *p;
	now.now.state = 'R';
	ck_assert(!refresh_rests(p, &now));
	snapshot_free(s);
}
END_TEST

START_TEST(what_makes_a_difference)
{
	struct snapshot *s = machine();
	struct process *p = add(s, 20, 1), now = *p;

	now.now.at_ns = 200 * NS_PER_S;
	now.now.state = 'D';
	now.now.cpu_ticks = 50;
	now.threads = 2;
	ck_assert(!refresh_differs(p, &now));
	now.now.state = 'Z';
	ck_assert(refresh_differs(p, &now));
	now = *p;
	now.sid = 7;
	ck_assert(refresh_differs(p, &now));
	now = *p;
	strcpy(now.comm, "other");
	ck_assert(refresh_differs(p, &now));
	now = *p;
	now.now.fd_count++;
	ck_assert(refresh_differs(p, &now));
	now = *p;
	now.now.ppid = 5;
	ck_assert(refresh_differs(p, &now));
	now = *p;
	now.id.start_ticks++;
	ck_assert(refresh_differs(p, &now));
	snapshot_free(s);
}
END_TEST

/* Two looks that read everybody. */
START_TEST(two_whole_looks)
{
	struct snapshot *a = machine(), *b = machine();
	struct process *p = add(a, 20, 1), *now = add(b, 20, 1);

	a->coverage.source = b->coverage.source = "bpf";
	p->read |= FACT_BIT(FACT_CWD) | FACT_BIT(FACT_DETAILS);
	p->cwd = "/tmp";
	p->exe = "/bin/true";
	snapshot_sort(a);
	snapshot_sort(b);
	ck_assert(refresh_same(a, b));
	refresh_facts(a, b);
	now = snapshot_find(b, 20);
	ck_assert_str_eq(now->cwd, "/tmp");
	ck_assert_str_eq(now->exe, "/bin/true");
	ck_assert(process_knows(now, FACT_DETAILS) && !process_knows(now, FACT_LAYOUT));
	now->read &= ~FACT_BIT(FACT_CWD);
	now->cwd = NULL;
	now->switches++;
	ck_assert(!refresh_same(a, b));
	refresh_facts(a, b);
	ck_assert_ptr_null(now->cwd);
	now->switches--;
	b->coverage.source = "procfs";	/* what it counts is another thing there */
	ck_assert(!refresh_same(a, b));
	b->coverage.source = "bpf";
	add(b, 21, 1);
	snapshot_sort(b);
	ck_assert(!refresh_same(a, b));
	snapshot_free(a);
	snapshot_free(b);
}
END_TEST

START_TEST(what_is_too_old_or_blocked_is_not_refreshed)
{
	struct snapshot *s = machine();

	ck_assert(!refresh_fits(NULL, LOOKED_AT_NS));
	ck_assert(refresh_fits(s, LOOKED_AT_NS + NS_PER_S));
	ck_assert(!refresh_fits(s, LOOKED_AT_NS - 1));
	ck_assert(!refresh_fits(s, LOOKED_AT_NS + REFRESH_OLD_NS + 1));
	add(s, 20, 1)->stalled = FACT_BIT(FACT_STAT);
	ck_assert(!refresh_fits(s, LOOKED_AT_NS + NS_PER_S));
	snapshot_free(s);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("model_refresh");
	TCase *t = tcase_create("rules");

	suite_add_tcase(s, t);
	tcase_add_test(t, quiet_ones_are_only_counted);
	tcase_add_test(t, another_one_with_the_number_is_read);
	tcase_add_test(t, a_new_count_is_read);
	tcase_add_loop_test(t, children_of_the_dead_are_read, 0, END_N);
	tcase_add_test(t, nothing_changes_of_the_dead);
	tcase_add_test(t, everybody_has_a_turn);
	tcase_add_test(t, on_a_big_machine_they_are_counted_in_turn);
	tcase_add_test(t, the_young_become_somebody_else);
	tcase_add_test(t, who_was_looked_at_closely);
	tcase_add_test(t, a_followed_figure_is_counted_each_time);
	tcase_add_test(t, who_rests_keeps_its_facts);
	tcase_add_test(t, what_makes_a_difference);
	tcase_add_test(t, two_whole_looks);
	tcase_add_test(t, what_is_too_old_or_blocked_is_not_refreshed);
	return harness_main(s);
}
