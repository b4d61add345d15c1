/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The estimator.  Warm-up, garbage collection, a burst, a busy hour all move the count, and
 * a straight line through all samples calls each of them a leak.  None of them lifts the
 * floor steadily from the first window to the last; a leak does.  How high a rise must be
 * depends on how much the figure moves by itself, and there are two ways to know that:
 * it hardly ever falls (then what rises is kept), or it moves so fast that one sample says
 * nothing about the next (then many samples outweigh it).  A load that drifts slowly is
 * neither, and is no proof.
 */
#include "model/growth.h"

#include <math.h>

#include "base/text.h"

enum {
	WINDOWS = 6, WINDOWS_LEAST = 5,
	SAMPLES_LEAST = 10, SAMPLES_FAST = 32,
	LAGS = 8,
};

#define SECONDS_LEAST 2.0
#define SPARSE_LEAST 600.0
#define RISE_LEAST 5.0
#define RISE_IN_NOISE 8.0
/* All below was tuned on the series of tests/test_model_growth.c, for no false alarm.
 * The halves of a steady growth are alike; those of a warm-up are not. */
#define HALF_LEAST 0.4
/* As a share of the rise; in standard deviations. */
#define AHEAD_LEAST 0.09
#define AHEAD_CERTAINTY 2.4
/* Share of the rise by which what is kept may stray from a straight line. */
#define UNEVEN_MOST 0.28
/* Rise in units of what chance would wander; less is enough when it is very even
 * and never falls. */
#define FAR_BY_SIZE 2.0
#define FAR_LEAST 3.2
#define FAR_ENOUGH 4.2
#define EVEN_AND_FAR 0.5
/* Rise in standard deviations from a straight line: chance does not draw such lines. */
#define OBVIOUS 16.0
#define OBVIOUS_EVEN 0.12
/* White noise has a von Neumann ratio of 1, and half of its jumps go down. */
#define CORRELATION_MOST 0.2
#define JUMPY_LEAST 0.7
#define FALLS_LEAST 0.3
#define FALLS_OF_CYCLE 0.65
#define BENDS 0.75
#define BEND_MOST 0.005
/* So high above the noise that the rise must look even, too: in standard deviations. */
#define CLEAR 3.6
/* Slopes in units of their error. */
#define LINE_CERTAINTY 3.5
#define FLOOR_CERTAINTY 9.0
/* Life against the time that growth at this rate could have taken at most. */
#define LIFE_FACTOR 4.0

/* What depends on how far apart the samples are. */
struct pace { double seconds_least, per_second_least, cycle_seconds; };
static const struct pace dense = { SECONDS_LEAST, 0.5 / 60, 300 };
/* More than a day, so that the hour at which it started is seen again. */
#define DAY_SEEN (27 * 3600.0)
#define DAY_TAKEN (DAY_SEEN + 3600)
static const struct pace sparse = { SPARSE_LEAST, 0.5 / 3600, DAY_SEEN };
/* Checks that follow each other in seconds: only its age can show that it is no cycle. */
static const struct pace brief = { SECONDS_LEAST, 0.5 / 60, DAY_SEEN };

struct window { double at, least, most, mean; unsigned n; };

struct series_stats {
	double at, value;	/* means */
	double slope, error;	/* straight line through all: per second, standard error */
	double steps;		/* sum of squares of the steps from sample to sample */
	double one_way;		/* more steps up than down, in units of chance */
	bool fell;		/* ever */
	double jumps, falls;	/* the same without the slope; of those the ones down */
	double residue;		/* standard deviation from that line */
	double correlation;
};

static double seconds_at(const struct sample *samples, size_t i)
{
	return (double)(samples[i].at_ns - samples[0].at_ns) / 1e9;
}

static bool in_order(const struct sample *samples, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (samples[i].at_ns <= samples[i - 1].at_ns)
			return false;
	return true;
}

/* Windows of equal time; one without samples (a suspended machine) is left out. */
static unsigned cut_windows(const struct sample *samples, size_t n, struct window *out)
{
	double width = seconds_at(samples, n - 1) / WINDOWS;
	unsigned count = 0;
	size_t i = 0;

	for (unsigned w = 0; w < WINDOWS; w++) {
		bool any = false;

		for (; i < n && (w == WINDOWS - 1 || seconds_at(samples, i) < width * (w + 1)); i++) {
			double value = (double)samples[i].value;

			if (!any)
				out[count] = (struct window){ width * (w + 0.5), value, value, 0, 0 };
			any = true;
			out[count].mean += (value - out[count].mean) / ++out[count].n;
			out[count].least = fmin(out[count].least, value);
			out[count].most = fmax(out[count].most, value);
		}
		count += any;
	}
	return count;
}

/* Of a short list, which it sorts. */
static double median(double *list, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		for (unsigned j = i; j && list[j] < list[j - 1]; j--) {
			double swap = list[j];

			list[j] = list[j - 1];
			list[j - 1] = swap;
		}
	return n % 2 ? list[n / 2] : (list[n / 2 - 1] + list[n / 2]) / 2;
}

/* Theil and Sen: the median of the slopes of all pairs. */
static double floor_slope(const struct window *w, unsigned n)
{
	double slopes[WINDOWS * (WINDOWS - 1) / 2];
	unsigned count = 0;

	for (unsigned i = 0; i < n; i++)
		for (unsigned j = i + 1; j < n; j++)
			slopes[count++] = (w[j].least - w[i].least) / (w[j].at - w[i].at);
	return median(slopes, count);
}

/* How many times its own error the slope of the floor is. */
static double floor_certainty(const struct window *w, unsigned n)
{
	double at = 0, least = 0, tt = 0, tv = 0, rest = 0, slope;

	for (unsigned i = 0; i < n; i++) {
		at += w[i].at / n;
		least += w[i].least / n;
	}
	for (unsigned i = 0; i < n; i++) {
		tt += (w[i].at - at) * (w[i].at - at);
		tv += (w[i].at - at) * (w[i].least - least);
	}
	slope = tv / tt;
	for (unsigned i = 0; i < n; i++) {
		double off = w[i].least - least - slope * (w[i].at - at);

		rest += off * off;
	}
	/* counts are whole: they are never known better than that */
	return slope / sqrt((rest / (n - 2) + 1.0 / 12) / tt);
}

static double correlation_at(const struct sample *samples, size_t n, size_t lag, double at,
			     double value, double slope)
{
	double sum = 0;

	for (size_t i = 0; i + lag < n; i++) {
		double a = (double)samples[i].value - value -
			slope * (seconds_at(samples, i) - at);
		double b = (double)samples[i + lag].value - value -
			slope * (seconds_at(samples, i + lag) - at);

		sum += a * b;
	}
	return sum / (double)(n - lag);
}

static struct series_stats stats_of(const struct sample *samples, size_t n)
{
	struct series_stats s = { .slope = 0 };
	double at = 0, value = 0, ups = 0, downs = 0, tt = 0, tv = 0, variance;
	size_t stride = n / 64 ? n / 64 : 1;

	for (size_t i = 0; i < n; i++) {
		double step = i ? (double)samples[i].value - (double)samples[i - 1].value : 0;

		at += seconds_at(samples, i) / (double)n;
		value += (double)samples[i].value / (double)n;
		s.steps += step * step;
		ups += step > 0;
		downs += step < 0;
	}
	for (size_t i = 0; i < n; i++) {
		double t = seconds_at(samples, i) - at;

		tt += t * t;
		tv += t * ((double)samples[i].value - value);
	}
	s.at = at;
	s.value = value;
	s.fell = downs > 0;
	s.one_way = ups + downs > 0 ? (ups - downs) / sqrt(ups + downs) : 0;
	s.slope = tv / tt;
	for (size_t i = 1; i < n; i++) {
		double off = (double)samples[i].value - (double)samples[i - 1].value -
			s.slope * (seconds_at(samples, i) - seconds_at(samples, i - 1));

		s.jumps += off * off;
		s.falls += off < 0 ? off * off : 0;
	}
	variance = correlation_at(samples, n, 0, at, value, s.slope);
	s.residue = sqrt(variance * (double)n / (double)(n - 2));
	for (size_t k = 1; k <= LAGS && variance > 0 && k * stride < n; k++)
		s.correlation += correlation_at(samples, n, k * stride, at, value, s.slope) /
			variance / LAGS;
	s.error = s.residue / sqrt(tt) * sqrt(1 + 2 * LAGS * fmax(s.correlation, 0));
	return s;
}

/* How far what was never given back again strays from a straight line, as a share of its
 * rise: a plateau, a step, a burst that stays gather it in a part of the time.  */
static double unevenness(const struct sample *samples, size_t n)
{
	double seconds = seconds_at(samples, n - 1), kept, low, high, worst = 0;
	size_t last = n - (n / 16 > 2 ? n / 16 : 2);

	high = low = (double)samples[n - 1].value;
	for (size_t i = n; i-- > 0;) {
		low = fmin(low, (double)samples[i].value);
		high = i >= last ? low : high;
	}
	if (high <= low)
		return 1;
	kept = high;
	for (size_t i = last; i-- > 0;) {
		double after = kept, line = seconds_at(samples, i) / seconds;

		kept = fmin(kept, (double)samples[i].value);
		worst = fmax(worst, fabs((kept - low) / (high - low) - line));
		worst = fmax(worst, (after - kept) / (high - low));
	}
	return worst;
}

/* Chance comes and goes: it seldom gets far, and never evenly.  far: the rise in units of
 * what chance would typically wander with such steps. */
static bool is_kept(const struct sample *samples, size_t n, const struct series_stats *s,
		    double far)
{
	double uneven;

	if (far < FAR_BY_SIZE)
		return false;
	far = fmax(far, s->one_way);
	if (far < FAR_LEAST)
		return false;
	uneven = unevenness(samples, n);
	if (uneven > UNEVEN_MOST)
		return false;
	return far >= FAR_ENOUGH || (!s->fell && uneven * far <= EVEN_AND_FAR);
}

/* Each sample is nearly independent of the one before. */
static bool is_noise(const struct series_stats *s, size_t n)
{
	return s->correlation <= CORRELATION_MOST &&
		s->jumps >= 2 * JUMPY_LEAST * s->residue * s->residue * (double)n &&
		s->falls >= FALLS_LEAST * s->jumps;
}

/* Climbs slowly and falls at once, over and over: garbage is collected. */
static bool is_cycle(const struct series_stats *s)
{
	return s->correlation <= CORRELATION_MOST && s->falls >= FALLS_OF_CYCLE * s->jumps;
}

/* What is left without the slope changes sides often, or is small: else it bends. */
static bool is_straight(const struct sample *samples, size_t n, const struct series_stats *s)
{
	double noise = fmin(s->residue, sqrt(s->jumps / 2 / (double)n));
	double rise = s->slope * seconds_at(samples, n - 1), sum = 0, worst = 0;

	for (size_t i = 0; i < n; i++) {
		sum += (double)samples[i].value - s->value -
			s->slope * (seconds_at(samples, i) - s->at);
		worst = fmax(worst, fabs(sum));
	}
	return worst <= BENDS * noise * sqrt((double)n) + BEND_MOST * rise * (double)n;
}

/* A cycle that spans several windows: somewhere early it was as high as it is at the end,
 * and that was more than the usual coming and going within a window. */
static bool started_over(const struct window *w, unsigned n, double slope, double rise)
{
	double usual[WINDOWS], early = w[0].most, late = w[n - 1].least, noise;

	for (unsigned i = 0; i < n; i++)
		usual[i] = w[i].most - w[i].least;
	noise = median(usual, n) - slope * (w[1].at - w[0].at);
	for (unsigned i = 0; i < n / 3; i++) {
		early = fmax(early, w[i].most);
		late = fmin(late, w[n - 1 - i].least);
	}
	for (unsigned i = 1; i < n; i++)
		if (w[i - 1].least - w[i].least > rise / 2)
			return true;
	return early - fmax(noise, 0) > late;
}

/* How much more of what is kept was there by the middle of the time than at an even pace;
 * share: of the rise.  */
static double ahead_at_middle(const struct sample *samples, size_t n, double *share)
{
	double middle_s = seconds_at(samples, n - 1) / 2;
	double high = (double)samples[n - 1].value, middle = high, low, ahead;
	size_t i = n;

	for (; i > 0 && seconds_at(samples, i - 1) >= middle_s; i--)
		middle = fmin(middle, (double)samples[i - 1].value);
	low = middle;
	for (; i > 0; i--)
		low = fmin(low, (double)samples[i - 1].value);
	ahead = middle - low - (high - low) / 2;
	*share = high > low ? ahead / (high - low) : 0;
	return ahead;
}

/* What fills up slows down, early and late, and by more than the unevenness from sample to
 * sample explains. */
static bool slows_down(const struct sample *samples, size_t n)
{
	double noise = 1, share, late;

	for (size_t i = 2; i < n; i++) {
		double bend = (double)samples[i].value - 2 * (double)samples[i - 1].value +
			(double)samples[i - 2].value;

		noise += bend * bend / 2;
	}
	if (ahead_at_middle(samples, n, &share) * 2 <= AHEAD_CERTAINTY * sqrt(noise) ||
	    share < AHEAD_LEAST)
		return false;
	ahead_at_middle(samples + n / 2, n - n / 2, &late);
	return late >= AHEAD_LEAST / 2;
}

/* It rises from the first half to the last, by more than chance or noise explain. */
static bool is_steady(const struct sample *samples, size_t n, const struct window *w,
		      unsigned windows, double slope)
{
	double first = floor_slope(w, windows - windows / 2);
	double second = floor_slope(w + windows / 2, windows - windows / 2);
	double seconds = seconds_at(samples, n - 1);
	struct series_stats s = stats_of(samples, n);

	if (slows_down(samples, n))
		return false;
	if (first > 0 && second >= HALF_LEAST * first &&
	    is_kept(samples, n, &s, slope * seconds / sqrt(s.steps)))
		return true;
	if (first > 0 && second >= HALF_LEAST * first &&
	    s.slope * seconds >= OBVIOUS * s.residue && unevenness(samples, n) <= OBVIOUS_EVEN)
		return true;
	if (first < 0 || second <= 0 || n < SAMPLES_FAST || !is_straight(samples, n, &s))
		return false;
	if (s.slope * seconds < RISE_IN_NOISE)
		return false;
	if (s.slope * seconds >= CLEAR * s.residue && unevenness(samples, n) > UNEVEN_MOST)
		return false;
	return is_noise(&s, n) ? s.slope >= LINE_CERTAINTY * s.error :
	       is_cycle(&s) && floor_certainty(w, windows) >= FLOOR_CERTAINTY;
}

static struct growth judge(const struct sample *samples, size_t n, const struct pace *pace)
{
	struct growth g = { .judged = false, .cycle_seconds = pace->cycle_seconds };
	struct window w[WINDOWS];
	double slope;

	if (n < SAMPLES_LEAST || !in_order(samples, n))
		return g;
	g.seconds = seconds_at(samples, n - 1);
	g.level = (double)samples[n - 1].value;
	g.windows = cut_windows(samples, n, w);
	if (g.seconds < pace->seconds_least || g.windows < WINDOWS_LEAST)
		return g;
	g.judged = true;
	g.floor_first = w[0].least;
	g.floor_last = w[g.windows - 1].least;
	g.floor_rise = g.floor_last - g.floor_first;
	slope = floor_slope(w, g.windows);
	g.per_minute = slope * 60;
	g.grows = slope >= pace->per_second_least && g.floor_rise >= RISE_LEAST &&
		!started_over(w, g.windows, slope, g.floor_rise) &&
		is_steady(samples, n, w, g.windows, slope);
	return g;
}

struct growth growth_of(const struct sample *samples, size_t n)
{
	return judge(samples, n, &dense);
}

struct growth growth_of_checks(const struct sample *samples, size_t n)
{
	double seconds = n > 1 && in_order(samples, n) ? seconds_at(samples, n - 1) : 0;
	struct growth g = judge(samples, n, seconds < SPARSE_LEAST ? &brief : &sparse);
	struct growth late;
	size_t i = 0;

	if (g.grows || seconds <= DAY_TAKEN)
		return g;
	/* what began since: no longer past than it takes to tell it from a day */
	while (seconds - seconds_at(samples, i) > DAY_TAKEN)
		i++;
	late = judge(samples + i, n - i, &sparse);
	return late.grows ? late : g;
}

struct growth growth_of_series(const struct series *s)
{
	return (s->between_checks ? growth_of_checks : growth_of)(s->samples, s->n);
}

bool growth_is_lasting(const struct growth *g, double age_seconds)
{
	if (!g->grows)
		return false;
	return g->seconds >= g->cycle_seconds ||
		g->level * 60 / g->per_minute * LIFE_FACTOR >= age_seconds;
}

double growth_rate(const struct growth *g, const char **unit)
{
	bool slow = fabs(g->per_minute) < 0.5;

	*unit = slow ? "an hour" : "a minute";
	return slow ? g->per_minute * 60 : g->per_minute;
}

double growth_seconds_left(const struct growth *g, uint64_t limit)
{
	double left = (double)limit - g->level;

	return left > 0 && g->per_minute > 0 ? left / g->per_minute * 60 : 0;
}
