/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pid reuse on the real kernel: in a pid namespace of our own the last pid can be set, so a
 * victim's pid is given to an innocent one at once, mostly within the same clock tick.  The
 * order pin, judge, signal must never hit it; orders that trust a start time must.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pid_space.h"
#include "reap/ops_pidfd.h"

enum { LIMIT_S = 25, ROUNDS_MOST = 6000, NAIVE_ROUNDS = 300 };

static double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

enum gap { GAP_NONE, GAP_BEFORE_PIN, GAP_AFTER_PIN, GAP_AFTER_JUDGE, GAP_N };

struct child {
	pid_t pid;
	int pidfd;
};

static uint64_t start_ticks(pid_t pid, char name[32])
{
	char path[64], buf[1024], *open_at, *close_at;
	unsigned long long start = 0;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	open_at = strchr(buf, '(');
	close_at = strrchr(buf, ')');
	if (!open_at || !close_at)
		return 0;
	*close_at = '\0';
	snprintf(name, 32, "%.31s", open_at + 1);
	sscanf(close_at + 1, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
	       "%*s %*s %llu", &start);
	return start;
}

/* A child of ours, by that name; with that pid when it is free. */
static struct child child_start(pid_t wanted, const char *name)
{
	struct child c;
	char text[32];

	if (wanted)
		pid_space_next(wanted);
	c.pid = fork();
	ck_assert_int_ge(c.pid, 0);
	if (!c.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, name);
		for (;;)
			pause();
	}
	c.pidfd = (int)syscall(SYS_pidfd_open, c.pid, 0);
	ck_assert_int_ge(c.pidfd, 0);
	while (start_ticks(c.pid, text) && strcmp(text, name))
		sched_yield();
	return c;
}

static void child_end(struct child *c)
{
	syscall(SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
	ck_assert_int_eq(waitpid(c->pid, NULL, 0), c->pid);
	close(c->pidfd);
}

static bool is_dead(const struct child *c)
{
	struct pollfd p = { .fd = c->pidfd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

struct round {
	struct child victim, heir;
	struct process_id id;
	enum gap gap;
	bool reused, same_tick;
};

static void round_start(struct round *r, enum gap gap)
{
	char name[32];

	*r = (struct round){ .gap = gap };
	r->victim = child_start(0, "victim");
	r->id = (struct process_id){ r->victim.pid, start_ticks(r->victim.pid, name) };
	ck_assert(r->id.start_ticks);
}

/* At this point of the protocol the pid changes hands, if this is the round's gap. */
static void at(struct round *r, enum gap gap)
{
	char name[32];

	if (r->gap != gap || gap == GAP_NONE)
		return;
	child_end(&r->victim);
	r->heir = child_start(r->id.pid, "innocent");
	r->reused = r->heir.pid == r->id.pid;
	r->same_tick = r->reused && start_ticks(r->heir.pid, name) == r->id.start_ticks;
}

/* What judging comes to here: by what is read of that pid after the pin was opened. */
static bool judge(pid_t pid)
{
	char name[32] = "";

	return start_ticks(pid, name) && !strcmp(name, "victim");
}

static void settle(void)
{
	struct timespec t = { .tv_nsec = 200000 };

	nanosleep(&t, NULL);
}

/* Ends the round; true when the innocent one was hit. */
static bool round_end(struct round *r)
{
	bool wrong = false;

	if (r->gap == GAP_NONE) {
		for (int i = 0; i < 5000 && !is_dead(&r->victim); i++)
			settle();
		ck_assert_msg(is_dead(&r->victim), "the victim was not hit");
		child_end(&r->victim);
		return false;
	}
	settle();
	wrong = is_dead(&r->heir);
	child_end(&r->heir);
	return wrong && r->reused;
}

START_TEST(the_right_order)
{
	unsigned wrong = 0, reused = 0, same = 0, rounds = 0;
	double begun = now_seconds();

	for (; rounds < ROUNDS_MOST && now_seconds() - begun < LIMIT_S; rounds++) {
		struct round r;
		struct pin pin;

		round_start(&r, rounds % GAP_N);
		at(&r, GAP_BEFORE_PIN);
		if (!pin_open(r.id, 0, &pin)) {
			bool ours;

			at(&r, GAP_AFTER_PIN);
			ours = judge(r.id.pid);
			at(&r, GAP_AFTER_JUDGE);
			if (ours)
				pin_signal(&pin, SIGKILL);
			pin_close(&pin);
		} else if (r.gap != GAP_BEFORE_PIN) {
			ck_abort_msg("a living process cannot be pinned");
		}
		reused += r.reused;
		same += r.same_tick;
		wrong += round_end(&r);
	}
	fprintf(stderr, "# %u rounds, %u pids reused, %u of them in the same tick\n", rounds,
		reused, same);
	ck_assert_uint_eq(wrong, 0);
	ck_assert_uint_gt(reused, rounds / 2);
	/* else the start time alone would have told them apart; how many, the load decides */
	ck_assert_uint_gt(same, 0);
}
END_TEST

/* A pin with the inode of an earlier one is never another process's. */
START_TEST(by_inode)
{
	for (unsigned i = 0; i < NAIVE_ROUNDS; i++) {
		struct round r;
		struct pin first, second;
		int err;

		round_start(&r, GAP_AFTER_PIN);
		ck_assert_int_eq(pin_open(r.id, 0, &first), 0);
		ck_assert_int_eq(pin_open(r.id, first.inode, &second), 0);
		pin_close(&second);
		at(&r, GAP_AFTER_PIN);
		err = pin_open(r.id, first.inode, &second);
		if (first.inode && r.reused)
			ck_assert_int_eq(err, -ESRCH);
		if (!err)
			pin_close(&second);
		ck_assert_int_eq(pin_look(&first), 2);
		ck_assert_int_eq(pin_signal(&first, SIGKILL), -ESRCH);
		pin_close(&first);
		ck_assert(!round_end(&r));
	}
}
END_TEST

/* Judged, then opened, then only the start time compared: as good as kill(2). */
START_TEST(a_wrong_order_is_caught)
{
	unsigned wrong = 0, reused = 0, rounds = 0;

	for (; rounds < NAIVE_ROUNDS || (!wrong && rounds < ROUNDS_MOST); rounds++) {
		struct round r;
		struct pin pin;

		round_start(&r, GAP_AFTER_JUDGE);
		ck_assert(judge(r.id.pid));
		at(&r, GAP_AFTER_JUDGE);
		if (!pin_open(r.id, 0, &pin)) {
			pin_signal(&pin, SIGKILL);
			pin_close(&pin);
		}
		reused += r.reused;
		wrong += round_end(&r);
	}
	ck_assert_uint_gt(reused, rounds / 2);
	ck_assert_uint_gt(wrong, 0);
}
END_TEST

/* Below the init of the namespace, which is our parent here. */
static int suite_run(void)
{
	Suite *s = suite_create("reap_reuse");
	TCase *t = tcase_create("reuse");

	suite_add_tcase(s, t);
	tcase_set_timeout(t, 600);
	tcase_add_test(t, the_right_order);
	tcase_add_test(t, by_inode);
	tcase_add_test(t, a_wrong_order_is_caught);
	return harness_main(s);
}

int main(void)
{
	return pid_space_main("pid reuse", suite_run);
}
