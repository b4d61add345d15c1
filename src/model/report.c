/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict: what a report's findings and its blindness add up to. */
#include "model/report.h"

struct policy policy_default(void)
{
	return (struct policy){
		.min_age_ns = UINT64_C(1000000000),
		.fd_warning_percent = 80,
		.fd_critical_percent = 95,
	};
}

struct report *report_new(const struct snapshot *s)
{
	struct arena *a = arena_new(0);
	struct report *r = arena_calloc(a, 1, sizeof(*r));

	r->arena = a;
	r->snapshot = s;
	r->findings.arena = a;
	r->complete = true;
	return r;
}

void report_free(struct report *r)
{
	if (r)
		arena_free(r->arena);
}

int report_status(const struct report *r)
{
	for (size_t i = 0; i < r->findings.n; i++)
		if (r->findings.list[i].severity >= SEV_WARNING)
			return 1;
	return r->complete ? 0 : 3;
}

size_t report_count(const struct report *r, enum kind k, enum severity at_least)
{
	size_t n = 0;

	for (size_t i = 0; i < r->findings.n; i++)
		n += r->findings.list[i].kind == k && r->findings.list[i].severity >= at_least;
	return n;
}
