/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The growth estimator on thousands of made series, seeded: how often it accuses what is no
 * leak, and how many leaks it finds.  The rates are printed as comments of TAP.  What is
 * judged is a claim of warning: growth that is lasting for a process of that age.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "model/growth.h"

enum { SAMPLES_MOST = 4096, NEGATIVES = 3000, POSITIVES = 600 };

struct dice { uint64_t state; };

/* splitmix64: the same series on every machine. */
static uint64_t roll(struct dice *d)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static double between(struct dice *d, double low, double high)
{
	return low + (high - low) * (double)(roll(d) >> 11) / 9007199254740992.0;
}

/* As likely small as large. */
static double scale(struct dice *d, double low, double high)
{
	return exp(between(d, log(low), log(high)));
}

static unsigned poisson(struct dice *d, double mean)
{
	unsigned n = 0;

	for (double sum = -log(between(d, 1e-12, 1)); sum < mean;
	     sum -= log(between(d, 1e-12, 1)))
		n++;
	return n;
}

struct trace {
	struct dice dice;
	struct sample samples[SAMPLES_MOST];
	size_t n;
	double seconds, age;
};

/* Sampled every 250 ms, a little late each time, as on a busy machine. */
static void trace_start(struct trace *t, double seconds, uint64_t seed)
{
	uint64_t at = UINT64_C(1000000000000);

	t->dice.state = seed;
	t->seconds = seconds;
	t->age = seconds + 1;
	t->n = (size_t)(seconds * 4) + 1;
	for (size_t i = 0; i < t->n; i++) {
		t->samples[i].at_ns = at + i * UINT64_C(250000000) +
			(uint64_t)between(&t->dice, 0, 2e7);
		t->samples[i].value = 0;
	}
}

static double at(const struct trace *t, size_t i)
{
	return (double)(t->samples[i].at_ns - t->samples[0].at_ns) / 1e9;
}

static void add(struct trace *t, size_t i, double value)
{
	t->samples[i].value += (int64_t)floor(value);
}

static void add_base(struct trace *t, double value)
{
	for (size_t i = 0; i < t->n; i++)
		add(t, i, value);
}

static void add_noise(struct trace *t, double most)
{
	for (size_t i = 0; i < t->n; i++)
		add(t, i, between(&t->dice, -most, most + 1));
}

static void add_leak(struct trace *t, double rate)
{
	double phase = between(&t->dice, 0, 1);

	for (size_t i = 0; i < t->n; i++)
		add(t, i, rate * at(t, i) + phase);
}

static void add_saw(struct trace *t, double period, double high, double jitter)
{
	double start = -between(&t->dice, 0, period), length = period, peak = high;

	for (size_t i = 0; i < t->n; i++) {
		while (at(t, i) - start >= length) {
			start += length;
			length = period * between(&t->dice, 1 - jitter, 1 + jitter);
			peak = high * length / period;
		}
		add(t, i, peak * (at(t, i) - start) / length);
	}
}

/* Comers and goers: `rate` a second, each staying `stay` seconds on average. */
static void add_load(struct trace *t, double rate, double stay)
{
	double now = 0, there = poisson(&t->dice, rate * stay);

	for (size_t i = 0; i < t->n; i++) {
		for (;;) {
			double all = rate + there / stay;
			double step = -log(between(&t->dice, 1e-12, 1)) / all;

			if (now + step > at(t, i)) {
				now = at(t, i);
				break;
			}
			now += step;
			there += between(&t->dice, 0, all) < rate ? 1 : -1;
		}
		add(t, i, there);
	}
}

/* ---- what is no leak */

static void flat(struct trace *t)
{
	add_base(t, between(&t->dice, 3, 600));
}

static void noise(struct trace *t)
{
	add_base(t, 60);
	add_noise(t, scale(&t->dice, 1, 50));
}

static void noise_15(struct trace *t)
{
	add_base(t, 60);
	add_noise(t, 15);
}

static void warm_up(struct trace *t)
{
	double high = scale(&t->dice, 10, 400);
	double tau = t->seconds / scale(&t->dice, 5, 50);

	for (size_t i = 0; i < t->n; i++)
		add(t, i, 5 + high * (1 - exp(-at(t, i) / tau)));
	if (roll(&t->dice) % 2)
		add_noise(t, between(&t->dice, 0, 4));
}

/* It goes on filling up for longer than the watch, and slows down all the while. */
static void warm_up_unfinished(struct trace *t)
{
	double high = scale(&t->dice, 150, 600);
	double tau = t->seconds / between(&t->dice, 1.5, 5);

	for (size_t i = 0; i < t->n; i++)
		add(t, i, 5 + high * (1 - exp(-at(t, i) / tau)));
}

static void plateau(struct trace *t)
{
	double high = scale(&t->dice, 10, 400);
	double start = between(&t->dice, 0, 0.3), end = between(&t->dice, start + 0.05, 0.66);

	for (size_t i = 0; i < t->n; i++) {
		double x = (at(t, i) / t->seconds - start) / (end - start);

		add(t, i, 5 + high * fmin(fmax(x, 0), 1));
	}
	if (roll(&t->dice) % 2)
		add_noise(t, between(&t->dice, 0, 4));
}

static void step_up(struct trace *t)
{
	unsigned steps = 1 + roll(&t->dice) % 2;

	add_base(t, 20);
	for (unsigned k = 0; k < steps; k++) {
		double when = between(&t->dice, 0, t->seconds);
		double high = scale(&t->dice, 5, 200);

		for (size_t i = 0; i < t->n; i++)
			add(t, i, at(t, i) >= when ? high : 0);
	}
	if (roll(&t->dice) % 2)
		add_noise(t, between(&t->dice, 0, 3));
}

static void burst(struct trace *t)
{
	double when = between(&t->dice, 0, t->seconds), high = scale(&t->dice, 5, 400);
	double rise = t->seconds * scale(&t->dice, 0.01, 0.3);
	double fall = t->seconds * scale(&t->dice, 0.01, 2);

	add_base(t, 20);
	for (size_t i = 0; i < t->n; i++) {
		double x = at(t, i) - when;

		add(t, i, x < 0 ? 0 : x < rise ? high * x / rise :
		    high * fmax(0, 1 - (x - rise) / fall));
	}
	if (roll(&t->dice) % 2)
		add_noise(t, between(&t->dice, 0, 4));
}

static void saw_seen(struct trace *t)
{
	double period = scale(&t->dice, 0.4, t->seconds / 2);

	add_base(t, between(&t->dice, 3, 300));
	add_saw(t, period, scale(&t->dice, 5, 300), between(&t->dice, 0, 0.5));
	t->age += period;
}

/* One reset at most is seen, or none: then only the age tells. */
static void saw_longer(struct trace *t)
{
	double period = t->seconds * scale(&t->dice, 0.5, 20), high = scale(&t->dice, 20, 400);
	double base = between(&t->dice, 3, 60);

	add_base(t, base);
	add_saw(t, period, high, 0);
	t->age = period * (1 + base / high) * between(&t->dice, 5, 100);
}

/* 160 files one by one, 23 ms each, then all closed; watched for 9 s. */
static void saw_batch(struct trace *t)
{
	add_base(t, 4);
	add_saw(t, 3.7, 160, 0.05);
	t->age += 4;
}

static void drift(struct trace *t)
{
	double period = t->seconds * between(&t->dice, 0.3, 1.3);
	double high = scale(&t->dice, 5, 200), phase = between(&t->dice, 0, 6.2831853);

	for (size_t i = 0; i < t->n; i++)
		add(t, i, 10 + high * (1 + sin(phase + 6.2831853 * at(t, i) / period)));
	add_noise(t, between(&t->dice, 0, 4));
	t->age += 2 * period;
}

static void drift_slow(struct trace *t)
{
	double period = t->seconds * scale(&t->dice, 1.3, 40);
	double high = scale(&t->dice, 5, 200), phase = between(&t->dice, 0, 6.2831853);

	for (size_t i = 0; i < t->n; i++)
		add(t, i, 10 + high * (1 + sin(phase + 6.2831853 * at(t, i) / period)));
	add_noise(t, between(&t->dice, 0, 4));
	t->age += 20 * period * (1 + 10 / high);
}

static void random_walk(struct trace *t)
{
	double step = scale(&t->dice, 0.05, 5);
	int64_t value = 50;

	for (size_t i = 0; i < t->n; i++) {
		value += poisson(&t->dice, step) - (int64_t)poisson(&t->dice, step);
		value = value < 3 ? 3 : value;
		add(t, i, (double)value);
	}
	t->age += 60;
}

static void load_fast(struct trace *t)
{
	add_base(t, 8);
	add_load(t, scale(&t->dice, 1, 200), scale(&t->dice, 0.05, 1));
	t->age += 5;
}

static void load_slow(struct trace *t)
{
	add_base(t, 8);
	add_load(t, scale(&t->dice, 0.1, 20), scale(&t->dice, 1, 60));
	t->age += 120;
}

/* ---- leaks */

static void leak(struct trace *t)
{
	add_base(t, between(&t->dice, 3, 60));
	add_leak(t, scale(&t->dice, 12 / t->seconds, 100));
}

static void leak_slowest(struct trace *t)
{
	add_base(t, 20);
	add_leak(t, 0.2);
}

static void leak_random(struct trace *t)
{
	double rate = scale(&t->dice, 30 / t->seconds, 100);
	double sum = 10;

	for (size_t i = 0; i < t->n; i++) {
		sum += i ? poisson(&t->dice, rate * (at(t, i) - at(t, i - 1))) : 0;
		add(t, i, sum);
	}
}

/* Several at once, each time a request fails. */
static void leak_batches(struct trace *t)
{
	double period = t->seconds / between(&t->dice, 12, 30);
	double size = 1 + (double)(roll(&t->dice) % 8), phase = between(&t->dice, 0, 1);

	add_base(t, 10);
	for (size_t i = 0; i < t->n; i++)
		add(t, i, size * floor(at(t, i) / period + phase));
}

static void leak_1_noise_15(struct trace *t)
{
	add_base(t, 60);
	add_noise(t, 15);
	add_leak(t, 1);
}

static void leak_noise(struct trace *t)
{
	double rate = scale(&t->dice, 30 / t->seconds, 100);

	add_base(t, 20 + rate * t->seconds);
	add_noise(t, rate * t->seconds * between(&t->dice, 0, 0.2));
	add_leak(t, rate);
}

static void leak_under_saw(struct trace *t)
{
	double rise = scale(&t->dice, 15, 300);

	add_base(t, 10);
	add_saw(t, between(&t->dice, 1, t->seconds / 15), rise * scale(&t->dice, 0.5, 1.5), 0.1);
	add_leak(t, rise / t->seconds);
}

static void leak_under_load(struct trace *t)
{
	double stay = scale(&t->dice, 0.02, 0.15), load = scale(&t->dice, 1, 100);

	add_base(t, 10);
	add_load(t, load, stay);
	add_leak(t, fmax(15, 10 * sqrt(load * stay)) / t->seconds * between(&t->dice, 1, 4));
}

static void leak_after_warm_up(struct trace *t)
{
	double rate = scale(&t->dice, 20 / t->seconds, 50);
	double high = rate * t->seconds * between(&t->dice, 0, 0.2);

	for (size_t i = 0; i < t->n; i++)
		add(t, i, 5 + high * (1 - exp(-at(t, i) / (t->seconds / 20))));
	add_leak(t, rate);
}

struct kind_of_series {
	const char *name;
	void (*make)(struct trace *t);
	double seconds[4];
	double least;		/* share to be found; 0: none may be accused */
	unsigned n, accused;
};

static struct kind_of_series series[] = {
	{ "flat", flat, { 3, 10, 18, 60 }, 0, 0, 0 },
	{ "noise of 1 to 50", noise, { 3, 10, 18, 60 }, 0, 0, 0 },
	{ "noise of 15", noise_15, { 10, 18, 60 }, 0, 0, 0 },
	{ "warm-up", warm_up, { 10, 18, 60 }, 0, 0, 0 },
	{ "plateau", plateau, { 10, 18, 60 }, 0, 0, 0 },
	{ "one or two steps up", step_up, { 3, 10, 18, 60 }, 0, 0, 0 },
	{ "burst", burst, { 3, 10, 18, 60 }, 0, 0, 0 },
	{ "sawtooth, two periods and more", saw_seen, { 10, 18, 60 }, 0, 0, 0 },
	{ "sawtooth, longer, old process", saw_longer, { 3, 10, 18, 60 }, 0, 0, 0 },
	{ "sawtooth of 3.7 s for 9 s", saw_batch, { 9 }, 0, 0, 0 },
	{ "drift both ways", drift, { 10, 18, 60 }, 0, 0, 0 },
	{ "drift, longer, old process", drift_slow, { 10, 18, 60 }, 0, 0, 0 },
	{ "random walk", random_walk, { 10, 18, 60 }, 0, 0, 0 },
	{ "load, short stays", load_fast, { 3, 10, 18, 60 }, 0, 0, 0 },
	{ "load, long stays", load_slow, { 3, 10, 18, 60 }, 0, 0, 0 },

	{ "leak, 12 and more seen", leak, { 3, 10, 18, 60 }, 0.98, 0, 0 },
	{ "leak of 0.2/s for 60 s", leak_slowest, { 60 }, 0.98, 0, 0 },
	{ "leak at random moments", leak_random, { 10, 18, 60 }, 0.98, 0, 0 },
	{ "leak in batches", leak_batches, { 10, 18, 60 }, 0.98, 0, 0 },
	{ "leak of 1/s, noise of 15, 18 s", leak_1_noise_15, { 18 }, 0.7, 0, 0 },
	{ "leak of 1/s, noise of 15, 30 s", leak_1_noise_15, { 30 }, 0.9, 0, 0 },
	{ "leak of 1/s, noise of 15, 60 s", leak_1_noise_15, { 60 }, 0.98, 0, 0 },
	{ "leak, noise up to 0.2 of it", leak_noise, { 10, 18, 60 }, 0.98, 0, 0 },
	{ "leak under a sawtooth", leak_under_saw, { 30, 60 }, 0.98, 0, 0 },
	{ "leak under load", leak_under_load, { 10, 18, 60 }, 0.98, 0, 0 },
	{ "leak after warm-up", leak_after_warm_up, { 10, 18, 60 }, 0.98, 0, 0 },

	{ "warm-up, not seen to its end", warm_up_unfinished, { 10, 18, 60 }, 0, 0, 0 },
};

enum { SERIES_N = sizeof(series) / sizeof(series[0]) };

static void judge_series(struct kind_of_series *k, uint64_t seed)
{
	struct trace *t = malloc(sizeof(*t));
	unsigned most = k->least > 0 ? POSITIVES : NEGATIVES, lengths = 0;

	if (!t)
		abort();
	while (lengths < 4 && k->seconds[lengths] > 0)
		lengths++;
	for (k->n = 0; k->n < most; k->n++) {
		struct growth g;

		trace_start(t, k->seconds[k->n % lengths], seed << 32 | k->n);
		k->make(t);
		g = growth_of(t->samples, t->n);
		if (growth_is_lasting(&g, t->age)) {
			k->accused++;
			if (getenv("GROWTH_SHOW") && k->least == 0)
				fprintf(stderr, "%s #%u %g s: floor %g to %g\n", k->name, k->n,
					t->seconds, g.floor_first, g.floor_last);
		}
	}
	free(t);
}

START_TEST(rate)
{
	const struct kind_of_series *k = &series[_i];

	if (k->least > 0)
		ck_assert_msg(k->accused >= k->least * k->n, "%s: %u of %u found", k->name,
			      k->accused, k->n);
	else
		ck_assert_msg(!k->accused, "%s: %u of %u accused", k->name, k->accused, k->n);
}
END_TEST

static struct trace *new_trace(double seconds)
{
	struct trace *t = malloc(sizeof(*t));

	ck_assert_ptr_nonnull(t);
	trace_start(t, seconds, 1);
	return t;
}

START_TEST(slope_and_time_left)
{
	struct trace *t = new_trace(10);
	struct growth g;

	add_base(t, 100);
	add_leak(t, 10);
	g = growth_of(t->samples, t->n);
	ck_assert(g.judged);
	ck_assert(g.grows);
	ck_assert_uint_ge(g.windows, 5);
	ck_assert_double_eq_tol(g.per_minute, 600, 30);
	ck_assert_double_eq_tol(g.floor_rise, 83, 5);
	ck_assert_double_eq_tol(g.level, 200, 2);
	ck_assert_double_eq_tol(g.seconds, 10, 0.1);
	ck_assert_double_eq_tol(growth_seconds_left(&g, 1200), 100, 5);
	ck_assert_double_eq(growth_seconds_left(&g, 200), 0);
	ck_assert_double_eq(growth_seconds_left(&g, 0), 0);
	/* 200 at 10/s is 20 s of a life */
	ck_assert(growth_is_lasting(&g, 20));
	ck_assert(growth_is_lasting(&g, 75));
	ck_assert(!growth_is_lasting(&g, 90));
	g.seconds = 301;
	ck_assert(growth_is_lasting(&g, 1e6));
	g.grows = false;
	ck_assert(!growth_is_lasting(&g, 20));
	free(t);
}
END_TEST

START_TEST(falling_is_no_growth)
{
	struct trace *t = new_trace(10);
	struct growth g;

	add_base(t, 1000);
	add_leak(t, -10);
	g = growth_of(t->samples, t->n);
	ck_assert(g.judged);
	ck_assert(!g.grows);
	ck_assert_double_lt(g.per_minute, 0);
	free(t);
}
END_TEST

/* A record may hold anything. */
START_TEST(nonsense_is_not_judged)
{
	struct trace *t = new_trace(10);
	struct sample swap;

	add_leak(t, 10);
	ck_assert(!growth_of(NULL, 0).judged);
	ck_assert(!growth_of(t->samples, 9).judged);
	ck_assert(growth_of(t->samples, 10).judged);
	swap = t->samples[5];
	t->samples[5] = t->samples[6];
	t->samples[6] = swap;
	ck_assert(!growth_of(t->samples, t->n).judged);
	for (size_t i = 0; i < t->n; i++)
		t->samples[i].at_ns = 7;
	ck_assert(!growth_of(t->samples, t->n).judged);
	for (size_t i = 0; i < t->n; i++)
		t->samples[i] = (struct sample){ i * (UINT64_MAX / t->n),
						 i % 2 ? INT64_MAX : INT64_MIN };
	ck_assert(!growth_of(t->samples, t->n).grows);
	free(t);
}
END_TEST

/* Too short to tell, or with a hole in which the machine slept. */
START_TEST(short_or_broken_is_not_judged)
{
	struct trace *t = new_trace(10);

	add_leak(t, 10);
	for (size_t i = 0; i < t->n; i++)
		t->samples[i].at_ns /= 10;
	ck_assert(!growth_of(t->samples, t->n).judged);
	free(t);
	t = new_trace(10);
	add_leak(t, 10);
	for (size_t i = 20; i < t->n; i++)
		t->samples[i].at_ns += UINT64_C(3600000000000);
	ck_assert(!growth_of(t->samples, t->n).judged);
	free(t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("growth");
	TCase *rates = tcase_create("rates");

	for (size_t i = 0; i < SERIES_N; i++) {
		struct kind_of_series *k = &series[i];

		judge_series(k, i + 1);
		printf("# %-32s %s %u of %u (%.2f %%)\n", k->name,
		       k->least > 0 ? "found  " : "accused", k->accused, k->n,
		       100.0 * k->accused / k->n);
	}
	tcase_add_loop_test(rates, rate, 0, SERIES_N);
	tcase_add_test(rates, slope_and_time_left);
	tcase_add_test(rates, falling_is_no_growth);
	tcase_add_test(rates, nonsense_is_not_judged);
	tcase_add_test(rates, short_or_broken_is_not_judged);
	suite_add_tcase(suite, rates);
	return harness_main(suite);
}
