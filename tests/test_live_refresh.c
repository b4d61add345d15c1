/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refreshes on the real kernel, in a pid namespace of our own: a number that another process
 * has by now, a child whose parent dies between two looks, and a machine on which nothing
 * happens.
 */
#include "harness.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/refresh.h"
#include "pid_space.h"
#include "source/live.h"

static struct snapshot *first(void)
{
	struct live_before none = { .snapshot = NULL };
	struct snapshot *s;

	ck_assert_int_eq(live_refresh(LIVE_PROCFS, &none, &s), 0);
	ck_assert_ptr_nonnull(s);
	return s;
}

/* The next look; frees the one before. */
static struct snapshot *next(struct snapshot *before, unsigned turn)
{
	struct live_before look = { .snapshot = before, .turn = turn };
	struct snapshot *s;

	ck_assert_int_eq(live_refresh(LIVE_PROCFS, &look, &s), 0);
	ck_assert_ptr_nonnull(s);
	snapshot_free(before);
	return s;
}

/* Two looks: from the second on inodes are known.  And so often again that nobody in it was
 * young when it was read. */
static struct snapshot *settled(unsigned *turn)
{
	struct snapshot *s = next(first(), ++*turn);
	bool young;

	do {
		poll(NULL, 0, 100);
		s = next(s, ++*turn);
		young = false;
		for (size_t i = 0; i < s->process_n; i++)
			young |= s->processes[i].now.at_ns <
				 (s->processes[i].id.start_ticks / s->hz + 3) * UINT64_C(1000000000);
	} while (young);
	return s;
}

static void say(int fd, const void *what, size_t n)
{
	if (write(fd, what, n) != (ssize_t)n)
		_exit(1);
}

static void rest_as(const char *name)
{
	prctl(PR_SET_NAME, name);
	for (;;)
		pause();
}

static pid_t child(const char *name, pid_t wanted)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	if (wanted)
		pid_space_next(wanted);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		say(ready[1], "", 1);
		close(ready[0]);
		close(ready[1]);
		rest_as(name);
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void end(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

START_TEST(a_number_that_another_one_has)
{
	unsigned turn = 0, reused = 0;

	for (unsigned round = 0; round < 5; round++) {
		pid_t pid = child("victim", 0), heir;
		struct snapshot *s = next(first(), ++turn);
		const struct process *p;

		s = next(s, ++turn);
		ck_assert_str_eq(snapshot_find(s, pid)->comm, "victim");
		end(pid);
		heir = child("heir", pid);
		reused += heir == pid;
		s = next(s, ++turn);
		p = snapshot_find(s, heir);
		ck_assert_ptr_nonnull(p);
		ck_assert_str_eq(p->comm, "heir");
		ck_assert_uint_eq(p->now.at_ns, s->now_ns);
		snapshot_free(s);
		end(heir);
	}
	ck_assert_uint_gt(reused, 0);
}
END_TEST

START_TEST(a_number_that_stays_has_its_inode)
{
	pid_t pid = child("victim", 0);
	unsigned turn = 0;
	struct snapshot *s = next(first(), ++turn);
	uint64_t inode = snapshot_find(s, pid)->inode;

	ck_assert_uint_ne(inode, 0);
	s = next(s, ++turn);
	ck_assert_uint_eq(snapshot_find(s, pid)->inode, inode);
	end(pid);
	if (child("heir", pid) == pid) {
		s = next(s, ++turn);
		ck_assert_uint_ne(snapshot_find(s, pid)->inode, inode);
		end(pid);
	}
	snapshot_free(s);
}
END_TEST

/* The parent's child, which outlives it. */
static pid_t grandchild(pid_t *parent)
{
	int told[2];
	pid_t pid;

	ck_assert_int_eq(pipe(told), 0);
	*parent = fork();
	ck_assert_int_ge(*parent, 0);
	if (!*parent) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pid = fork();
		if (!pid)
			rest_as("orphan");
		say(told[1], &pid, sizeof(pid));
		rest_as("parent");
	}
	ck_assert_int_eq(read(told[0], &pid, sizeof(pid)), (ssize_t)sizeof(pid));
	close(told[0]);
	close(told[1]);
	return pid;
}

/* Reaped, or still a zombie: its child has another parent at the next look. */
START_TEST(a_parent_dies_between_two_looks)
{
	unsigned turn = 0;
	pid_t parent, orphan = grandchild(&parent);
	struct snapshot *s = settled(&turn);
	const struct process *p = snapshot_find(s, orphan);
	siginfo_t info;

	ck_assert_int_eq(p->now.ppid, parent);
	ck_assert_int_eq(kill(parent, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)parent, &info, WEXITED | WNOWAIT), 0);
	if (_i)
		ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
	s = next(s, ++turn);
	p = snapshot_find(s, orphan);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(p->now.ppid, 1);
	ck_assert_uint_eq(p->now.at_ns, s->now_ns);
	if (_i) {
		ck_assert_ptr_null(snapshot_find(s, parent));
	} else {
		ck_assert(process_is_zombie(snapshot_find(s, parent)));
		ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
	}
	snapshot_free(s);
	ck_assert_int_eq(kill(orphan, SIGKILL), 0);
}
END_TEST

/* Whether the look before stands; it is the caller's still. */
static bool stands(const struct snapshot *before, unsigned turn)
{
	struct live_before look = { .snapshot = before, .turn = turn, .may_stand = true };
	struct snapshot *s;

	ck_assert_int_eq(live_refresh(LIVE_PROCFS, &look, &s), 0);
	snapshot_free(s);
	return !s;
}

START_TEST(nothing_happens_until_something_does)
{
	pid_t pid = child("quiet", 0), other;
	unsigned turn = 0, standing = 0;
	struct snapshot *s = settled(&turn);
	siginfo_t info;

	/* init of the namespace, the runner and we: nobody else is there to do anything */
	for (unsigned i = 0; i < 2 * REFRESH_TURNS; i++)
		standing += stands(s, ++turn);
	ck_assert_uint_gt(standing, REFRESH_TURNS);
	other = child("new", 0);
	ck_assert(!stands(s, ++turn));
	end(other);
	ck_assert(stands(s, ++turn));
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	ck_assert(!stands(s, ++turn));
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(!stands(s, ++turn));
	snapshot_free(s);
}
END_TEST

static int suite_run(void)
{
	Suite *s = suite_create("live_refresh");
	TCase *t = tcase_create("refresh");

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_number_that_another_one_has);
	tcase_add_test(t, a_number_that_stays_has_its_inode);
	tcase_add_loop_test(t, a_parent_dies_between_two_looks, 0, 2);
	tcase_add_test(t, nothing_happens_until_something_does);
	return harness_main(s);
}

int main(void)
{
	return pid_space_main("refreshes", suite_run);
}
