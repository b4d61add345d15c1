/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS202 fd-limit: open descriptors near the soft limit.  At the limit open, accept, pipe and
 * fork's plumbing fail with EMFILE.  Many descriptors are normal; few left are not.
 */
#include "detect/detectors.h"

/* More open than allowed: the limit was lowered afterwards, as sandboxes do. */
static enum severity severity_of(const struct policy *policy, const struct member *m,
				 uint64_t percent)
{
	if (percent > 100 || (m->relation == REL_ORPHAN && m->intent == INTENT_DAEMON))
		return SEV_INFO;
	return percent >= policy->fd_critical_percent ? SEV_CRITICAL : SEV_WARNING;
}

void detect_fd_limit(const struct scene *scene, struct findings *out)
{
	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];
		const struct process *p = m->process;
		uint64_t open_n, percent;
		struct finding *f;

		if (!process_knows(p, FACT_LIMITS) || p->now.fd_count < 0 || p->gone ||
		    p->nofile_soft == LIMIT_UNLIMITED || !p->nofile_soft ||
		    m->confidence < CONF_STRONG)
			continue;
		open_n = (uint64_t)p->now.fd_count;
		percent = open_n * 100 / p->nofile_soft;
		if (percent < scene->policy->fd_warning_percent)
			continue;
		f = findings_add(out, KIND_FD_LIMIT, p);
		f->severity = severity_of(scene->policy, m, percent);
		f->has_value = true;
		f->value = (double)percent;
		f->unit = "%";
		f->remedy = REMEDY_FIX_APP;
		f->message = arena_printf(out->arena, "%llu of %llu descriptors are open (%llu %%)",
					  (unsigned long long)open_n,
					  (unsigned long long)p->nofile_soft,
					  (unsigned long long)percent);
		f->advice = p->nofile_hard > p->nofile_soft ?
			"find what is never closed; `prlimit --nofile` can raise the soft limit of the running process meanwhile" :
			"find what is never closed; the hard limit is reached too, so only a restart gives room";
	}
}
