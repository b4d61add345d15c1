/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker is kept for the next list of items: to fork costs as much as to read a hundred
 * processes.  It shares the arena's mapping, so what it is given next lies at the same
 * address there.  While it has nothing to do its timer is off and it sleeps on a futex.
 *
 * The cursor is one word, generation and item: a worker steps it forward, we take it over by
 * raising the generation.  Whoever loses that exchange knows it, so an item is finished by
 * one side only.
 *
 * A worker that is ready to run but gets no CPU looks as still as one that blocks.  Its
 * status tells them apart (which never blocks, and it is our own child): R is hunger, S and
 * D from tick to tick without a switch between them are a stall.
 */
#include "source/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
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
#define LATE_TIMES 4		/* our own lateness, as patience */
#define LATE_MOST_MS 100
#define TRIES_MOST 5		/* of one item whose worker died unobserved */
#define WAIT_MOST_MS 1000	/* for a free place among the workers */
#define OWNS_MOST 8		/* kinds of work a worker keeps something for */

enum item_state { ITEM_WAITING, ITEM_STARTED, ITEM_CLAIMED, ITEM_DONE, ITEM_STALLED };

/* One list of items; shared. */
struct run {
	struct work work;
	atomic_uint_fast64_t cursor;	/* generation << 32 | item */
	atomic_uint_fast64_t beats;
	atomic_size_t n;
	size_t most;
	_Atomic uint8_t state[];
};

/* A worker's own. */
struct ticket {
	struct run *run;
	size_t item;
	uint64_t armed_ms;
	long life_ms;
	timer_t timer;
	bool has_timer;
	struct own { void *(*begin)(void *); void *own; } own[OWNS_MOST];
};

struct crew {
	struct arena *arena;
	/* shared: the number of the last run that was given out, where the worker waits; of
	 * the last one that was finished, where we wait; and the run, NULL: go home */
	atomic_uint posted, finished;
	struct run *run;
	/* ours alone; the youngest is at work or waits for some, if there is such a one */
	uint64_t generation;
	pid_t pid[WORKERS_MOST];
	size_t n;
	bool has_current;
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

static void timer_stop(struct ticket *t)
{
	struct itimerspec never = { .it_value = { .tv_sec = 0 } };

	t->armed_ms = 0;
	if (t->has_timer)
		timer_settime(t->timer, 0, &never, NULL);
}

/* Waits while the word is this; ms < 0: for ever. */
static void futex_wait(atomic_uint *word, unsigned is, int ms)
{
	struct timespec most = { .tv_nsec = ms * 1000000L };

	syscall(SYS_futex, word, FUTEX_WAIT, is, ms < 0 ? NULL : &most, NULL, 0);
}

static void futex_wake(atomic_uint *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

bool ticket_claim(struct ticket *t)
{
	uint8_t started = ITEM_STARTED;

	return atomic_compare_exchange_strong(&t->run->state[t->item], &started, ITEM_CLAIMED);
}

void ticket_beat(struct ticket *t)
{
	atomic_fetch_add(&t->run->beats, 1);
	timer_arm(t);
}

void ticket_items(struct ticket *t, size_t n)
{
	size_t most = t->run->most;

	if (n > atomic_load(&t->run->n))
		atomic_store(&t->run->n, n < most ? n : most);
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

/* What begin() gave, now or before: true unless it gave nothing. */
static bool own_of(struct ticket *t, const struct work *w, void **own)
{
	size_t i = 0;

	*own = NULL;
	if (!w->begin)
		return true;
	while (i < OWNS_MOST - 1 && t->own[i].begin && t->own[i].begin != w->begin)
		i++;
	if (t->own[i].begin != w->begin)
		t->own[i] = (struct own){ w->begin, w->begin(w->context) };
	*own = t->own[i].own;
	return *own;
}

/* True at the end of the items, false when somebody else goes on with them. */
static bool run_items(struct run *r, uint64_t generation, struct ticket *t, void *own)
{
	uint64_t at;

	while (at = atomic_load(&r->cursor), at >> 32 == generation) {
		uint8_t waiting = ITEM_WAITING, claimed = ITEM_CLAIMED, started = ITEM_STARTED;

		t->item = at & UINT32_MAX;
		if (t->item >= atomic_load(&r->n))
			return true;
		atomic_compare_exchange_strong(&r->state[t->item], &waiting, ITEM_STARTED);
		timer_arm(t);
		r->work.item(r->work.context, own, t->item, t);
		if (!atomic_compare_exchange_strong(&r->state[t->item], &claimed, ITEM_DONE))
			atomic_compare_exchange_strong(&r->state[t->item], &started, ITEM_DONE);
		atomic_compare_exchange_strong(&r->cursor, &at, at + 1);
	}
	return false;
}

static void worker_main(struct crew *c, uint64_t generation, long life_ms)
{
	struct sigevent end = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	struct ticket t = { .life_ms = life_ms };

	let_go();
	prctl(PR_SET_NAME, WORKER_NAME);
	t.has_timer = !timer_create(CLOCK_MONOTONIC, &end, &t.timer);
	for (;;) {
		unsigned posted = atomic_load(&c->posted);
		void *own;

		t.run = c->run;
		if (!t.run)
			_exit(0);
		timer_arm(&t);
		if (!own_of(&t, &t.run->work, &own))
			_exit(1);
		if (!run_items(t.run, generation, &t, own))
			_exit(0);
		timer_stop(&t);
		atomic_store(&c->finished, posted);
		futex_wake(&c->finished);
		while (atomic_load(&c->posted) == posted)
			futex_wait(&c->posted, posted, -1);
	}
}

static int worker_start(struct crew *c, long life_ms)
{
	pid_t us = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == us)
			worker_main(c, c->generation, life_ms);
		_exit(1);
	}
	c->pid[c->n++] = pid;
	c->has_current = true;
	return 0;
}

/* Gives out the run, to the worker that waits or to a new one. */
static int crew_post(struct crew *c, struct run *r, long life_ms)
{
	c->run = r;
	atomic_fetch_add(&c->posted, 1);
	if (!c->has_current)
		return worker_start(c, life_ms);
	futex_wake(&c->posted);
	return 0;
}

/* Reaps whoever has ended; true when there is no current one, or none any more. */
static bool crew_reap(struct crew *c)
{
	pid_t current = c->has_current ? c->pid[c->n - 1] : 0;

	for (size_t i = 0; i < c->n;) {
		if (waitpid(c->pid[i], NULL, WNOHANG) == 0) {
			i++;
			continue;
		}
		if (c->pid[i] == current)
			c->has_current = false;
		c->n--;
		memmove(&c->pid[i], &c->pid[i + 1], (c->n - i) * sizeof(c->pid[0]));
	}
	return !c->has_current;
}

/* Sleeps until this one has ended, one tick at most. */
static void await_end(pid_t pid)
{
	struct pollfd p = { .fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };

	poll(&p, 1, p.fd >= 0 ? TICK_MS : 1);
	if (p.fd >= 0)
		close(p.fd);
}

/* How often it was taken off a CPU while it waits for something other than one; 0 when it
 * runs, would if it could, ends or cannot be seen. */
static uint64_t worker_waits(pid_t pid)
{
	char status[4096], *line;
	struct proc_dir proc;
	uint64_t switches = 1;
	ssize_t n;

	if (proc_dir_open(&proc))
		return 0;
	n = proc_read(&proc, pid, "status", status, sizeof(status) - 1);
	proc_dir_close(&proc);
	status[n > 0 ? n : 0] = '\0';
	line = strstr(status, "\nState:\t");
	if (!line || !strchr("SD", line[8]))
		return 0;
	for (line = status; (line = strstr(line, "voluntary_ctxt_switches:\t")); line++)
		switches += strtoull(line + strlen("voluntary_ctxt_switches:\t"), NULL, 10);
	return switches;
}

/* What was seen of a worker, from tick to tick. */
struct sight {
	uint64_t cursor, beats, waits;
	uint64_t at, still_since, moved;	/* ms */
	uint64_t late;		/* ms: how late our own ticks came */
	unsigned still;		/* ticks */
};

/* True when it stalls.  What holds the lock it waits for may be as hungry as we are: our own
 * lateness tells. */
static bool sight_stalls(struct sight *s, const struct crew *c, struct run *r, unsigned ticks)
{
	uint64_t at = atomic_load(&r->cursor), beats = atomic_load(&r->beats);
	bool moves = at != s->cursor || beats != s->beats;
	uint64_t waits = moves ? 0 : worker_waits(c->pid[c->n - 1]);
	uint64_t now = now_ms(CLOCK_MONOTONIC), late = now - s->at;

	if (late > TICK_MS && late - TICK_MS > s->late)
		s->late = late - TICK_MS < LATE_MOST_MS ? late - TICK_MS : LATE_MOST_MS;
	if (moves)
		s->moved = now;
	s->still++;
	if (!waits || waits != s->waits) {
		s->still = !!waits;
		s->still_since = s->at;
	}
	if (!waits)
		s->still_since = now;
	s->cursor = at;
	s->beats = beats;
	s->waits = waits;
	s->at = now;
	return now - s->moved >= HUNGER_MS ||
	       (s->still >= ticks &&
		now - s->still_since >= ticks * TICK_MS + LATE_TIMES * s->late);
}

/* Watches the worker at work until it is done, ends or stalls.  True: it stalls (or was
 * seen to). */
static bool watch(struct crew *c, struct run *r, unsigned stall_ticks)
{
	unsigned posted = atomic_load(&c->posted), finished;
	struct sight sight = { .cursor = UINT64_MAX, .at = now_ms(CLOCK_MONOTONIC) };

	sight.moved = sight.still_since = sight.at;
	while (finished = atomic_load(&c->finished), finished != posted) {
		futex_wait(&c->finished, finished, TICK_MS);
		if (crew_reap(c))
			return false;
		if (sight_stalls(&sight, c, r, stall_ticks))
			return true;
	}
	return false;
}

/* Workers that were left behind finish late or end by their timer: both soon.  The rest, if
 * any, is beyond that, too. */
static void crew_settle(struct crew *c)
{
	uint64_t end = now_ms(CLOCK_MONOTONIC) + 2 * LIFE_MS;

	while (crew_reap(c), c->n > c->has_current && now_ms(CLOCK_MONOTONIC) < end)
		await_end(c->pid[0]);
	if (c->has_current)
		c->pid[0] = c->pid[c->n - 1];
	c->n = c->has_current;
}

static bool crew_has_room(struct crew *c)
{
	uint64_t end = now_ms(CLOCK_MONOTONIC) + WAIT_MOST_MS;

	while (crew_reap(c), c->n == WORKERS_MOST && now_ms(CLOCK_MONOTONIC) < end)
		await_end(c->pid[0]);
	return c->n < WORKERS_MOST;
}

/* Takes the run over from a worker that stalls (its item is left behind) or has ended (its
 * item is begun again).  True: an item was left behind. */
static bool take_over(struct crew *c, struct run *r, uint64_t at, bool leave)
{
	size_t item = at & UINT32_MAX;
	uint8_t claimed = ITEM_CLAIMED;

	c->has_current = false;
	c->generation++;
	if (leave) {
		if (atomic_compare_exchange_strong(&r->cursor, &at,
						   cursor_of(c->generation, item + 1)))
			return true;
		atomic_store(&r->cursor, cursor_of(c->generation, at & UINT32_MAX));
		return false;
	}
	/* it ended without a word: crashed, or starved past its timer, perhaps in the middle
	 * of writing: all of it once more */
	atomic_compare_exchange_strong(&r->state[item], &claimed, ITEM_STARTED);
	atomic_store(&r->cursor, cursor_of(c->generation, item));
	return false;
}

/* What became of the items. */
static void run_count(struct run *r, struct work_result *out)
{
	for (size_t i = 0; i < atomic_load(&r->n) && i < r->most; i++) {
		uint8_t started = ITEM_STARTED;

		if (atomic_compare_exchange_strong(&r->state[i], &started, ITEM_STALLED)) {
			out->stalled++;
			if (r->work.stalled)
				r->work.stalled(r->work.context, i);
		} else if (atomic_load(&r->state[i]) == ITEM_DONE) {
			out->done++;
		} else {
			out->cut = true;
		}
	}
}

int crew_run(struct crew *c, const struct work *w, struct work_result *out)
{
	size_t most = w->most > w->n ? w->most : w->n, last_item = SIZE_MAX, left = 0;
	struct run *r = arena_alloc(c->arena, sizeof(*r) + most);
	unsigned tries = 0;
	int err = 0;

	*out = (struct work_result){ .done = 0 };
	r->work = *w;
	r->most = most;
	atomic_store(&r->n, w->n);
	atomic_store(&r->cursor, cursor_of(c->generation, 0));
	while ((atomic_load(&r->cursor) & UINT32_MAX) < atomic_load(&r->n)) {
		bool stalls;
		uint64_t at;
		size_t item;

		/* one that ended without a word may have starved: the next has longer */
		if (left >= STALLS_MOST || !crew_has_room(c) ||
		    (err = crew_post(c, r, LIFE_MS << tries))) {
			out->cut = true;
			break;
		}
		stalls = watch(c, r, left < PATIENT_STALLS ? STALL_TICKS : 1);
		at = atomic_load(&r->cursor);
		item = at & UINT32_MAX;
		if (item >= atomic_load(&r->n))
			break;
		tries = item == last_item ? tries + 1 : 1;
		last_item = item;
		if (tries >= TRIES_MOST && atomic_load(&r->state[item]) == ITEM_WAITING) {
			out->cut = true;	/* none gets as far as its first item */
			break;
		}
		left += take_over(c, r, at, stalls || tries >= TRIES_MOST);
	}
	crew_settle(c);
	run_count(r, out);
	return err;
}

struct crew *crew_new(struct arena *arena)
{
	struct crew *c = arena_calloc(arena, 1, sizeof(*c));

	c->arena = arena;
	c->generation = 1;
	return c;
}

void crew_end(struct crew *c)
{
	if (c->has_current) {
		crew_post(c, NULL, 0);
		c->has_current = false;
	}
	crew_settle(c);
}

int work_run(struct arena *arena, const struct work *w, struct work_result *out)
{
	struct crew *c = crew_new(arena);
	int err = crew_run(c, w, out);

	crew_end(c);
	return err;
}
