/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The growth estimator on series of checks: minutes apart, a little late, some missing, for
 * hours and days.  The rates are printed as comments of TAP.  A day with its night, a
 * deployment, a nightly job are no leak; six an hour are.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "model/growth.h"

enum { SAMPLES_MOST = 3000, NEGATIVES = 2000, POSITIVES = 400 };
#define HOUR 3600.0
#define DAY (24 * HOUR)

struct dice { uint64_t state; };

/* splitmix64: the same series on every machine. */
static double between(struct dice *d, double low, double high)
{
	uint64_t z = d->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return low + (high - low) * (double)((z ^ z >> 31) >> 11) / 9007199254740992.0;
}

static double scale(struct dice *d, double low, double high)
{
	return exp(between(d, log(low), log(high)));
}

/* Roughly normal, of that deviation. */
static double noise(struct dice *d, double deviation)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += between(d, -0.5, 0.5);
	return sum * deviation;
}

struct trace {
	struct dice dice;
	struct sample samples[SAMPLES_MOST];
	double values[SAMPLES_MOST];
	size_t n;
	double seconds, age;	/* age: of the process, at the end */
};

/* Every one to ten minutes, 20 times at least, up to 20 s late, one in twenty missing. */
static void trace_start(struct trace *t, double hours, uint64_t seed)
{
	double every, now = 0;

	t->dice.state = seed;
	every = scale(&t->dice, 60, fmin(600, hours * HOUR / 25));
	for (t->n = 0; now < hours * HOUR && t->n < SAMPLES_MOST; now += every) {
		if (t->n && between(&t->dice, 0, 1) < 0.05)
			continue;
		t->samples[t->n].at_ns = UINT64_C(1000000000000) +
			(uint64_t)((now + between(&t->dice, 0, 20)) * 1e9);
		t->values[t->n++] = 0;
	}
	t->seconds = (double)(t->samples[t->n - 1].at_ns - t->samples[0].at_ns) / 1e9;
	t->age = t->seconds + scale(&t->dice, 60, 30 * DAY);
}

static double at(const struct trace *t, size_t i)
{
	return (double)(t->samples[i].at_ns - t->samples[0].at_ns) / 1e9;
}

static void add_noise(struct trace *t, double deviation)
{
	for (size_t i = 0; i < t->n; i++)
		t->values[i] += noise(&t->dice, deviation);
}

static void add_base(struct trace *t, double value)
{
	for (size_t i = 0; i < t->n; i++)
		t->values[i] += value;
}

static void add_leak(struct trace *t, double per_hour)
{
	for (size_t i = 0; i < t->n; i++)
		t->values[i] += per_hour * at(t, i) / HOUR;
}

/* ---- what is no leak */

static void flat(struct trace *t)
{
	add_base(t, between(&t->dice, 3, 600));
}

static void jitter(struct trace *t)
{
	add_base(t, 60);
	add_noise(t, scale(&t->dice, 1, 30));
}

/* A day and its night, in a process that has seen some of them. */
static void daily(struct trace *t)
{
	double high = scale(&t->dice, 5, 300), phase = between(&t->dice, 0, 6.2831853);
	double base = between(&t->dice, 5, 100);

	for (size_t i = 0; i < t->n; i++)
		t->values[i] += base + high * (1 + sin(phase + 6.2831853 * at(t, i) / DAY)) / 2;
	add_noise(t, sqrt(high) * between(&t->dice, 0, 1));
	t->age = t->seconds + between(&t->dice, 5, 60) * DAY;
}

/* Deployed, reloaded: another level from then on. */
static void steps(struct trace *t)
{
	add_base(t, 30);
	for (int k = 0; k < 2; k++) {
		double when = between(&t->dice, 0, t->seconds), high = scale(&t->dice, 5, 200);

		for (size_t i = 0; i < t->n; i++)
			t->values[i] += at(t, i) >= when ? high : 0;
	}
	add_noise(t, between(&t->dice, 0, 4));
}

static void nightly_job(struct trace *t)
{
	double when = between(&t->dice, 0, t->seconds), high = scale(&t->dice, 5, 400);
	double lasts = scale(&t->dice, 0.1, 6) * HOUR;

	add_base(t, 30);
	for (size_t i = 0; i < t->n; i++)
		t->values[i] += at(t, i) >= when && at(t, i) < when + lasts ? high : 0;
	add_noise(t, between(&t->dice, 0, 4));
}

static void warm_up(struct trace *t)
{
	double high = scale(&t->dice, 10, 400), tau = t->seconds / scale(&t->dice, 4, 50);

	for (size_t i = 0; i < t->n; i++)
		t->values[i] += 5 + high * (1 - exp(-at(t, i) / tau));
	add_noise(t, between(&t->dice, 0, 3));
	t->age = t->seconds + 60;
}

static void random_walk(struct trace *t)
{
	double value = 60, step = scale(&t->dice, 0.3, 10);

	for (size_t i = 0; i < t->n; i++) {
		value = fmax(3, value + noise(&t->dice, step));
		t->values[i] += value;
	}
	t->age = t->seconds + DAY;
}

/* Log files that are closed once a day, sessions that time out. */
static void daily_saw(struct trace *t)
{
	double period = scale(&t->dice, 1, 24) * HOUR, high = scale(&t->dice, 10, 300);
	double start = between(&t->dice, 0, period);

	for (size_t i = 0; i < t->n; i++)
		t->values[i] += 20 + high * fmod(at(t, i) + start, period) / period;
	add_noise(t, between(&t->dice, 0, 3));
	t->age = t->seconds + between(&t->dice, 4, 40) * DAY * (1 + 20 / high);
}

/* ---- leaks: of a process that has done so since its start, or watched for over a day */

static void since_start(struct trace *t, double per_hour)
{
	double before = t->seconds * scale(&t->dice, 0.01, 1);

	add_base(t, 10 + per_hour * before / HOUR);
	t->age = t->seconds + before;
}

static void leak(struct trace *t)
{
	double rate = scale(&t->dice, 15 * HOUR / t->seconds, 600);

	since_start(t, rate);
	add_leak(t, rate);
}

static void leak_of_six_an_hour(struct trace *t)
{
	since_start(t, 6);
	add_leak(t, 6);
	add_noise(t, between(&t->dice, 0, 2));
}

static void leak_with_noise(struct trace *t)
{
	double rise = scale(&t->dice, 40, 400), rate = rise * HOUR / t->seconds;

	since_start(t, rate);
	add_leak(t, rate);
	add_noise(t, rise * between(&t->dice, 0, 0.06));
}

/* In an old process, under a day with its night. */
static void leak_under_daily(struct trace *t)
{
	double high = scale(&t->dice, 5, 60), phase = between(&t->dice, 0, 6.2831853);

	for (size_t i = 0; i < t->n; i++)
		t->values[i] += 100 + high * (1 + sin(phase + 6.2831853 * at(t, i) / DAY)) / 2;
	add_leak(t, high * between(&t->dice, 4, 10) * HOUR / t->seconds);
	add_noise(t, 1);
	t->age = t->seconds + 30 * DAY;
}

/* A process that is old and was well until 29 hours ago. */
static void leak_since_yesterday(struct trace *t)
{
	double rate = scale(&t->dice, 1, 100), start = t->seconds - 29 * HOUR;

	for (size_t i = 0; i < t->n; i++)
		t->values[i] += 50 + fmax(0, at(t, i) - start) * rate / HOUR;
	add_noise(t, between(&t->dice, 0, 2));
	t->age = t->seconds + 30 * DAY;
}

struct kind_of_series {
	const char *name;
	void (*make)(struct trace *t);
	double hours[4];
	double least;		/* share to be found; 0: two in a thousand may be accused */
	unsigned n, accused;
};

static struct kind_of_series series[] = {
	{ "flat", flat, { 0.5, 3, 12, 47 }, 0, 0, 0 },
	{ "noise", jitter, { 0.5, 3, 12, 47 }, 0, 0, 0 },
	{ "day and night", daily, { 1, 6, 12, 47 }, 0, 0, 0 },
	{ "steps up", steps, { 1, 6, 12, 47 }, 0, 0, 0 },
	{ "nightly job", nightly_job, { 1, 6, 12, 47 }, 0, 0, 0 },
	{ "warm-up", warm_up, { 1, 6, 12, 47 }, 0, 0, 0 },
	{ "random walk", random_walk, { 1, 6, 12, 47 }, 0, 0, 0 },
	{ "sawtooth of hours to a day", daily_saw, { 1, 6, 12, 47 }, 0, 0, 0 },

	{ "leak, 15 and more seen", leak, { 1, 6, 12, 47 }, 0.98, 0, 0 },
	{ "leak of 6 an hour, noise up to 2", leak_of_six_an_hour, { 12, 24, 47 }, 0.98, 0, 0 },
	{ "leak, noise up to 6 % of it", leak_with_noise, { 1, 6, 12, 47 }, 0.95, 0, 0 },
	{ "leak that began yesterday", leak_since_yesterday, { 47 }, 0.98, 0, 0 },
	/* the hardest: two days are few */
	{ "leak under day and night", leak_under_daily, { 47 }, 0.3, 0, 0 },
};

enum { SERIES_N = sizeof(series) / sizeof(series[0]) };

static void judge_series(struct kind_of_series *k, uint64_t seed)
{
	struct trace *t = malloc(sizeof(*t));
	unsigned most = k->least > 0 ? POSITIVES : NEGATIVES, lengths = 0;

	if (!t)
		abort();
	while (lengths < 4 && k->hours[lengths] > 0)
		lengths++;
	for (k->n = 0; k->n < most; k->n++) {
		struct growth g;

		trace_start(t, k->hours[k->n % lengths], seed << 32 | k->n);
		k->make(t);
		for (size_t i = 0; i < t->n; i++)
			t->samples[i].value = (int64_t)fmax(0, floor(t->values[i]));
		g = growth_of_checks(t->samples, t->n);
		if (growth_is_lasting(&g, t->age)) {
			k->accused++;
			if (getenv("GROWTH_SHOW") && k->least == 0)
				fprintf(stderr, "%s #%u %g h, n %zu: floor %g to %g\n", k->name, k->n,
					t->seconds / HOUR, t->n, g.floor_first, g.floor_last);
		} else if (getenv("GROWTH_SHOW") && k->least > 0) {
			fprintf(stderr, "missed %s #%u %g h, n %zu: grows %d, floor %g to %g\n", k->name, k->n,
				t->seconds / HOUR, t->n, g.grows, g.floor_first, g.floor_last);
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
		ck_assert_msg(k->accused * 500 <= k->n, "%s: %u of %u accused", k->name, k->accused, k->n);
}
END_TEST

/* The series says which it is for; the same samples as a watch are too slow to count. */
START_TEST(the_pace_decides)
{
	struct sample samples[60];
	struct series s = { .samples = samples, .n = 60, .between_checks = true };
	struct growth g;

	for (uint64_t i = 0; i < 60; i++)
		samples[i] = (struct sample){ (i + 1) * UINT64_C(600000000000), 50 + (int64_t)i };
	g = growth_of_series(&s);
	ck_assert(g.judged && g.grows);
	ck_assert_double_eq_tol(g.per_minute, 0.1, 0.01);
	/* ten hours are no day: the age must tell */
	ck_assert(growth_is_lasting(&g, 20 * HOUR));
	ck_assert(!growth_is_lasting(&g, 30 * DAY));
	g.seconds = 28 * HOUR;
	ck_assert(growth_is_lasting(&g, 30 * DAY));
	s.between_checks = false;
	ck_assert(!growth_of_series(&s).grows);
	/* checks that follow each other in seconds are judged like a watch, but not its length */
	for (uint64_t i = 0; i < 60; i++)
		samples[i] = (struct sample){ (i + 1) * UINT64_C(8000000000), 50 + 2 * (int64_t)i };
	g = growth_of_checks(samples, 60);
	ck_assert(g.grows);
	ck_assert(growth_is_lasting(&g, 900));
	ck_assert(!growth_is_lasting(&g, DAY));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("growth-checks");
	TCase *rates = tcase_create("rates");

	for (size_t i = 0; i < SERIES_N; i++) {
		struct kind_of_series *k = &series[i];

		judge_series(k, i + 1);
		printf("# %-34s %s %u of %u (%.2f %%)\n", k->name,
		       k->least > 0 ? "found  " : "accused", k->accused, k->n,
		       100.0 * k->accused / k->n);
	}
	tcase_add_loop_test(rates, rate, 0, SERIES_N);
	tcase_add_test(rates, the_pace_decides);
	suite_add_tcase(suite, rates);
	return harness_main(suite);
}
