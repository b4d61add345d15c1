/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures over time of one process.  A process that came or went while the others were
 * watched has a shorter series, and may have none.
 */
#include "detect/growths.h"

#include "base/text.h"

#define NS_PER_S 1000000000.0

const struct series *growths_series(const struct snapshot *s, const struct process *p,
				    enum series_kind kind)
{
	for (size_t i = 0; i < s->series_n; i++)
		if (s->series[i].kind == kind && process_id_same(s->series[i].id, p->id) &&
		    s->series[i].n)
			return &s->series[i];
	return NULL;
}

bool growths_judge(const struct snapshot *s, const struct member *m, enum series_kind kind,
		   struct growth *g, bool *lasting)
{
	const struct process *p = m->process;
	const struct series *series;
	double age;

	if (m->confidence < CONF_STRONG || p->gone || p->kernel_thread || !s->hz)
		return false;
	series = growths_series(s, p, kind);
	if (!series)
		return false;
	*g = growth_of(series->samples, series->n);
	if (!g->grows)
		return false;
	age = (double)series->samples[series->n - 1].at_ns / NS_PER_S -
		(double)p->id.start_ticks / s->hz;
	*lasting = growth_is_lasting(g, age);
	return true;
}

const char *growths_text(struct arena *a, const struct series *series, const struct growth *g)
{
	char watched[32];

	text_age((uint64_t)(g->seconds * NS_PER_S), watched, sizeof(watched));
	return arena_printf(a, "%.*f a minute (%lld to %lld in %s)", g->per_minute < 10 ? 1 : 0,
			    g->per_minute, (long long)series->samples[0].value,
			    (long long)series->samples[series->n - 1].value, watched);
}
