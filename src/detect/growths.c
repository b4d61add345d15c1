/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures over time of one process.  A process that came or went while the others were
 * watched has a shorter series, and may have none.
 */
#include "detect/growths.h"

#include "base/text.h"

#define NS_PER_S 1000000000.0

const struct series *growths_judge(const struct snapshot *s, const struct member *m,
				   enum series_kind kind, struct growth *g, bool *lasting)
{
	const struct series *found = NULL;
	const struct process *p = m->process;

	if (m->confidence < CONF_STRONG || p->gone || p->kernel_thread || !s->hz)
		return NULL;
	*lasting = false;
	for (size_t i = 0; i < s->series_n && !*lasting; i++) {
		const struct series *one = &s->series[i];
		struct growth new;
		double age;

		if (one->kind != kind || !process_id_same(one->id, p->id) || !one->n)
			continue;
		new = growth_of_series(one);
		age = (double)one->samples[one->n - 1].at_ns / NS_PER_S -
			(double)p->id.start_ticks / s->hz;
		if (!new.grows || (found && !growth_is_lasting(&new, age)))
			continue;
		*lasting = growth_is_lasting(&new, age);
		*g = new;
		found = one;
	}
	return found;
}

const char *growths_text(struct arena *a, const struct series *series, const struct growth *g)
{
	const char *unit;
	double rate = growth_rate(g, &unit);
	char watched[32];

	text_age((uint64_t)(g->seconds * NS_PER_S), watched, sizeof(watched));
	return arena_printf(a, "%.*f %s (%lld to %lld in %s)", rate < 10 ? 1 : 0, rate,
			    unit, (long long)series->samples[0].value,
			    (long long)series->samples[series->n - 1].value, watched);
}
