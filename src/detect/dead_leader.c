/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS112 dead-leader: the first thread has exited, others live on.  stat shows Z and an empty
 * fd directory, exactly as for a zombie; but the process runs, cannot be waited for, and a
 * "kill the parent" would hit a living application.
 */
#include "detect/detectors.h"

void detect_dead_leader(const struct scene *scene, struct findings *out)
{
	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];
		const struct process *p = m->process;
		struct finding *f;

		if (!process_is_dead_leader(p) || p->gone || m->confidence < CONF_STRONG)
			continue;
		f = findings_add(out, KIND_DEAD_LEADER, p);
		f->severity = SEV_INFO;
		f->confidence = m->confidence;
		f->has_value = true;
		f->value = p->threads - 1;
		f->unit = "threads";
		f->evidence = m->evidence;
		f->evidence_n = m->evidence_n;
		f->message = arena_printf(out->arena,
			"its first thread has exited, %u %s on: it shows as Z but is no zombie",
			p->threads - 1, p->threads == 2 ? "other lives" : "others live");
		f->advice = "leave it alone: it can be waited for once its last thread has ended";
	}
}
