/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watch between the two looks.  A sample that is late (a busy machine, many processes)
 * does not shift the later ones; those that were missed are left out.
 */
#include "cmd/observe.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/interrupt.h"
#include "source/live.h"

/* All series together, and each: 16 bytes a sample, twice while an array grows. */
#define SAMPLES_MOST UINT64_C(4000000)
#define STEPS_MOST UINT64_C(4000)
#define STEPS_LEAST UINT64_C(40)
/* Kinds are found by reading every link. */
#define KINDS_EVERY_NS UINT64_C(2000000000)
#define KINDS_DESCRIPTORS_MOST 20000
#define PROGRESS_EVERY_NS UINT64_C(250000000)
#define PROGRESS_WIDTH 60

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* false when a signal came first. */
static bool sleep_until(uint64_t at_ns)
{
	struct timespec t = { .tv_sec = (time_t)(at_ns / 1000000000),
			      .tv_nsec = (long)(at_ns % 1000000000) };

	return !clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &t, NULL);
}

static uint64_t bounded_every(uint64_t for_ns, uint64_t every_ns, size_t n)
{
	uint64_t steps = SAMPLES_MOST / 2 / (n ? n : 1), least_ns;

	steps = steps > STEPS_MOST ? STEPS_MOST : steps < STEPS_LEAST ? STEPS_LEAST : steps;
	least_ns = for_ns / steps;
	return every_ns > least_ns ? every_ns : least_ns;
}

static bool few_descriptors(struct process *const *who, size_t n)
{
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += who[i]->now.fd_count > 0 ? who[i]->now.fd_count : 0;
	return sum <= KINDS_DESCRIPTORS_MOST;
}

static void show_progress(size_t n, uint64_t done_ns, uint64_t for_ns)
{
	char done[32], all[32], line[128];

	text_age(done_ns / 1000000000 * 1000000000, done, sizeof(done));
	text_age(for_ns, all, sizeof(all));
	snprintf(line, sizeof(line), "watching %zu %s: %s of %s, Ctrl-C ends it", n,
		 n == 1 ? "process" : "processes", done, all);
	fprintf(stderr, "\r%-*s", PROGRESS_WIDTH, line);
	fflush(stderr);
}

static void clear_progress(void)
{
	fprintf(stderr, "\r%*s\r", PROGRESS_WIDTH, "");
	fflush(stderr);
}

void observe(struct snapshot *s, struct process *const *who, size_t n, uint64_t for_ns,
	     uint64_t every_ns)
{
	bool shown = isatty(STDERR_FILENO), kinds = few_descriptors(who, n), last = false;
	uint64_t start_ns = now_ns(), end_ns = start_ns + for_ns, next_ns = start_ns;
	uint64_t kinds_ns = start_ns, shown_ns = start_ns, at_ns;

	every_ns = bounded_every(for_ns, every_ns, n);
	interrupt_catch();
	live_sample(s, who, n, true);
	while (!last) {
		at_ns = now_ns();
		if (shown && at_ns >= shown_ns) {
			show_progress(n, at_ns - start_ns, for_ns);
			shown_ns = at_ns + PROGRESS_EVERY_NS;
		}
		while (next_ns <= at_ns)
			next_ns += every_ns;
		next_ns = next_ns < end_ns ? next_ns : end_ns;
		while (!interrupt_seen() && !sleep_until(next_ns))
			;
		at_ns = now_ns();
		last = interrupt_seen() || at_ns >= end_ns;
		/* when all have ended there is nothing left to wait for */
		last |= !live_sample(s, who, n, last || (kinds &&
					at_ns >= kinds_ns + KINDS_EVERY_NS));
		if (at_ns >= kinds_ns + KINDS_EVERY_NS)
			kinds_ns = at_ns;
	}
	interrupt_release();
	if (shown)
		clear_progress();
}
