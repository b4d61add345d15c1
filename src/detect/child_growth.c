/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS120 child-growth: the number of children of one process grows steadily while it is
 * watched: it starts them and does not see to their end.  The kernel counts dead ones that
 * nobody has waited for as children, too.
 */
#include "detect/detectors.h"

#include "detect/fd_list.h"
#include "detect/growths.h"

static size_t zombies_of(const struct snapshot *s, const struct process *parent)
{
	size_t n = 0;

	for (size_t i = 0; i < s->process_n; i++)
		n += s->processes[i].now.ppid == parent->id.pid && !s->processes[i].gone &&
			process_is_zombie(&s->processes[i]);
	return n;
}

static void judge(const struct scene *scene, const struct member *m, struct findings *out)
{
	const struct snapshot *s = scene->snapshot;
	const struct process *p = m->process;
	const char *rate, *zombies = "";
	const struct series *series;
	struct finding *f;
	struct growth g;
	bool lasting;
	size_t dead;

	series = growths_judge(s, m, SERIES_CHILDREN, &g, &lasting);
	if (!series)
		return;
	rate = growths_text(out->arena, series, &g);
	dead = zombies_of(s, p);
	if (dead)
		zombies = arena_printf(out->arena, "; %zu %s dead and not waited for", dead,
				       dead == 1 ? "is" : "are");
	f = findings_add(out, KIND_CHILD_GROWTH, p);
	f->has_value = true;
	f->value = g.per_minute;
	f->unit = "per minute";
	if (!lasting) {
		f->severity = SEV_INFO;
		f->message = arena_printf(out->arena,
			"its children grow in number by %s%s; but they cannot have for long, so it may be a cycle of work",
			rate, zombies);
		f->advice = "watch it for longer than one cycle of its work, for instance with --for 5m";
		return;
	}
	f->severity = fd_list_severity(m, SEV_WARNING);
	f->remedy = REMEDY_FIX_APP;
	f->message = arena_printf(out->arena, "its children grow steadily in number, by %s%s", rate,
				  zombies);
	f->advice = dead ? "wait for every child that has ended, and end those that are no longer needed" :
		"end the children that are no longer needed, and wait for them, on every path";
}

void detect_child_growth(const struct scene *scene, struct findings *out)
{
	for (size_t i = 0; i < scene->family->member_n; i++)
		judge(scene, &scene->family->members[i], out);
}
