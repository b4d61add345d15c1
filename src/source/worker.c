/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cursor is one word, generation and item: a worker steps it forward, we take it over by
 * raising the generation.  Whoever loses that exchange knows it, so an item is finished by
 * one side only.
 *
 * A worker that is ready to run but gets no CPU looks as still as one that blocks.  Its
 * State line tells them apart (status never blocks, and it is our own child): R is hunger,
 * S and D are a stall.
 */
#include "source/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "source/proc_dir.h"

#define TICK_MS 10
#define STALL_TICKS 2		/* 20 ms without progress while blocked */
#define PATIENT_STALLS 16	/* after so many, one tick must do */
#define LIFE_MS 150		/* a worker without progress ends by itself */
#define WORKERS_MOST 32		/* alive at once, the abandoned ones with them */
#define STALLS_MOST 96		/* in one run: beyond, the rest is given up, in about 1.5 s */
#define HUNGER_MS 1500		/* in one item, ready to run and without its timer: enough */
#define TRIES_MOST 5		/* of one item whose worker died unobserved */
#define WAIT_MOST_MS 1000	/* for a free place among the workers */

enum item_state { ITEM_WAITING, ITEM_STARTED, ITEM_CLAIMED, ITEM_DONE, ITEM_STALLED };

struct shared {
	atomic_uint_fast64_t cursor;	/* generation << 32 | item */
	atomic_uint_fast64_t beats;
	atomic_size_t n;
	size_t most;
	_Atomic uint8_t state[];
};

struct ticket {
	struct shared *shared;
	size_t item;
	uint64_t armed_ms;
	long life_ms;
	timer_t timer;
	bool has_timer;
};

struct crew {
	pid_t pid[WORKERS_MOST];
	int pidfd[WORKERS_MOST];	/* -1 where the kernel has none */
	size_t n;
};

static uint64_t cursor_of(uint64_t generation, uint64_t item)
{
	return generation << 32 | item;
}

static uint64_t now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void timer_arm(struct ticket *t)
{
	struct itimerspec life = { .it_value = { .tv_sec = t->life_ms / 1000,
						 .tv_nsec = t->life_ms % 1000 * 1000000L } };
	uint64_t now = now_ms(CLOCK_MONOTONIC_COARSE);

	if (!t->has_timer || (t->armed_ms && now - t->armed_ms < (uint64_t)t->life_ms / 3))
		return;
	t->armed_ms = now;
	timer_settime(t->timer, 0, &life, NULL);
}

bool ticket_claim(struct ticket *t)
{
	uint8_t started = ITEM_STARTED;

	return atomic_compare_exchange_strong(&t->shared->state[t->item], &started, ITEM_CLAIMED);
}

void ticket_beat(struct ticket *t)
{
	atomic_fetch_add(&t->shared->beats, 1);
	timer_arm(t);
}

void ticket_items(struct ticket *t, size_t n)
{
	size_t most = t->shared->most;

	if (n > atomic_load(&t->shared->n))
		atomic_store(&t->shared->n, n < most ? n : most);
}

/* Nothing of ours may be held by a process that can hang: no stdio that keeps a caller's
 * pipe open, no working directory that keeps a mount busy. */
static void let_go(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (syscall(SYS_close_range, 0U, ~0U, 0U))
		for (int fd = 0; fd < 1024; fd++)
			close(fd);
	for (int fd = 0; fd < 3; fd++)
		if (open("/dev/null", O_RDWR) < 0)
			break;
	if (chdir("/"))
		return;
}

static void worker_main(const struct work *w, struct shared *sh, uint64_t generation,
			long life_ms)
{
	struct sigevent end = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct ticket t = { .shared = sh, .life_ms = life_ms };
	void *own = NULL;
	uint64_t at;

	let_go();
	t.has_timer = !timer_create(CLOCK_MONOTONIC, &end, &t.timer);
	timer_arm(&t);
	if (w->begin)
		own = w->begin(w->context);
	if (w->begin && !own)
		_exit(1);
	while (at = atomic_load(&sh->cursor), at >> 32 == generation) {
		uint8_t waiting = ITEM_WAITING, claimed = ITEM_CLAIMED, started = ITEM_STARTED;

		t.item = at & UINT32_MAX;
		if (t.item >= atomic_load(&sh->n))
			break;
		atomic_compare_exchange_strong(&sh->state[t.item], &waiting, ITEM_STARTED);
		timer_arm(&t);
		w->item(w->context, own, t.item, &t);
		if (!atomic_compare_exchange_strong(&sh->state[t.item], &claimed, ITEM_DONE))
			atomic_compare_exchange_strong(&sh->state[t.item], &started, ITEM_DONE);
		atomic_compare_exchange_strong(&sh->cursor, &at, at + 1);
	}
	_exit(0);
}

static int worker_start(struct crew *c, const struct work *w, struct shared *sh,
			uint64_t generation, long life_ms)
{
	pid_t us = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == us)
			worker_main(w, sh, generation, life_ms);
		_exit(1);
	}
	c->pid[c->n] = pid;
	c->pidfd[c->n] = (int)syscall(SYS_pidfd_open, pid, 0);
	c->n++;
	return 0;
}

/* Reaps whoever has ended; true when the youngest, the one at work, is among them. */
static bool crew_reap(struct crew *c)
{
	pid_t current = c->n ? c->pid[c->n - 1] : 0;
	bool ended = !c->n;

	for (size_t i = 0; i < c->n;) {
		if (waitpid(c->pid[i], NULL, WNOHANG) == 0) {
			i++;
			continue;
		}
		ended |= c->pid[i] == current;
		if (c->pidfd[i] >= 0)
			close(c->pidfd[i]);
		c->n--;
		memmove(&c->pid[i], &c->pid[i + 1], (c->n - i) * sizeof(c->pid[0]));
		memmove(&c->pidfd[i], &c->pidfd[i + 1], (c->n - i) * sizeof(c->pidfd[0]));
	}
	return ended;
}

/* Sleeps until the worker at work ends, one tick at most. */
static void crew_wait(const struct crew *c)
{
	struct pollfd p = { .fd = c->pidfd[c->n - 1], .events = POLLIN };

	if (p.fd >= 0)
		poll(&p, 1, TICK_MS);
	else
		poll(NULL, 0, 1);
}

/* Our own child's state letter; '?' when unknown. */
static char worker_state(pid_t pid)
{
	char status[256], *line;
	struct proc_dir proc;
	ssize_t n;

	if (proc_dir_open(&proc))
		return '?';
	n = proc_read(&proc, pid, "status", status, sizeof(status) - 1);
	proc_dir_close(&proc);
	status[n > 0 ? n : 0] = '\0';
	line = strstr(status, "\nState:\t");
	return line ? line[8] : '?';
}

/* Watches the worker at work until it ends or stalls.  True: it stalls (or was seen to). */
static bool watch(struct crew *c, struct shared *sh, unsigned stall_ticks)
{
	uint64_t last = UINT64_MAX, last_beats = 0, still_since = 0, moved = 0;

	for (;;) {
		uint64_t at, beats;
		bool moves;

		crew_wait(c);
		if (crew_reap(c))
			return false;
		at = atomic_load(&sh->cursor);
		beats = atomic_load(&sh->beats);
		moves = at != last || beats != last_beats;
		if (moves)
			moved = now_ms(CLOCK_MONOTONIC);
		if (moves || worker_state(c->pid[c->n - 1]) == 'R')
			still_since = now_ms(CLOCK_MONOTONIC);
		last = at;
		last_beats = beats;
		if (now_ms(CLOCK_MONOTONIC) - still_since >= stall_ticks * TICK_MS ||
		    now_ms(CLOCK_MONOTONIC) - moved >= HUNGER_MS)
			return true;
	}
}

/* Workers that were left behind finish late or end by their timer: both soon. */
static void crew_settle(struct crew *c)
{
	uint64_t end = now_ms(CLOCK_MONOTONIC) + 2 * LIFE_MS;

	while (crew_reap(c), c->n && now_ms(CLOCK_MONOTONIC) < end)
		crew_wait(c);
	for (size_t i = 0; i < c->n; i++)
		if (c->pidfd[i] >= 0)
			close(c->pidfd[i]);
}

static bool crew_has_room(struct crew *c)
{
	uint64_t end = now_ms(CLOCK_MONOTONIC) + WAIT_MOST_MS;

	while (crew_reap(c), c->n == WORKERS_MOST && now_ms(CLOCK_MONOTONIC) < end)
		crew_wait(c);
	return c->n < WORKERS_MOST;
}

int work_run(struct arena *arena, const struct work *w, struct work_result *out)
{
	size_t most = w->most > w->n ? w->most : w->n;
	struct shared *sh = arena_alloc(arena, sizeof(*sh) + most);
	struct work_result r = { .done = 0 };
	struct crew crew = { .n = 0 };
	uint64_t generation = 1;
	size_t last_item = SIZE_MAX;
	unsigned tries = 0;
	int err = 0;

	sh->most = most;
	atomic_store(&sh->n, w->n);
	atomic_store(&sh->cursor, cursor_of(generation, 0));
	while ((atomic_load(&sh->cursor) & UINT32_MAX) < atomic_load(&sh->n)) {
		bool stalls;
		uint64_t at;
		size_t item;

		if (r.stalled >= STALLS_MOST || !crew_has_room(&crew)) {
			r.cut = true;
			break;
		}
		/* one that ended without a word may have starved: the next has longer */
		err = worker_start(&crew, w, sh, generation, LIFE_MS << tries);
		if (err) {
			r.cut = true;
			break;
		}
		stalls = watch(&crew, sh, r.stalled < PATIENT_STALLS ? STALL_TICKS : 1);
		at = atomic_load(&sh->cursor);
		item = at & UINT32_MAX;
		if (item >= atomic_load(&sh->n))
			break;
		tries = item == last_item ? tries + 1 : 1;
		last_item = item;
		if (tries >= TRIES_MOST && atomic_load(&sh->state[item]) == ITEM_WAITING) {
			r.cut = true;	/* none gets as far as its first item */
			break;
		}
		generation++;
		if (stalls || tries >= TRIES_MOST) {
			if (!atomic_compare_exchange_strong(&sh->cursor, &at,
							    cursor_of(generation, item + 1)))
				atomic_store(&sh->cursor, cursor_of(generation, at & UINT32_MAX));
			else
				r.stalled++;
		} else {
			uint8_t claimed = ITEM_CLAIMED;

			/* it ended without a word: crashed, or starved past its timer,
			 * perhaps in the middle of writing: all of it once more */
			atomic_compare_exchange_strong(&sh->state[item], &claimed, ITEM_STARTED);
			atomic_store(&sh->cursor, cursor_of(generation, item));
		}
	}
	crew_settle(&crew);
	r.stalled = 0;
	for (size_t i = 0; i < atomic_load(&sh->n) && i < most; i++) {
		uint8_t started = ITEM_STARTED;

		if (atomic_compare_exchange_strong(&sh->state[i], &started, ITEM_STALLED)) {
			r.stalled++;
			if (w->stalled)
				w->stalled(w->context, i);
		} else if (atomic_load(&sh->state[i]) == ITEM_DONE) {
			r.done++;
		} else {
			r.cut = true;
		}
	}
	*out = r;
	return err;
}
