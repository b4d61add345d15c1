/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS111 zombie: dead, and its parent has not waited.  Every child is one for a moment, so
 * only a zombie seen at two looks and dead for long enough counts; and a parent that reaped
 * another one meanwhile may just be slow.  Why a parent does not wait shows in its signal
 * masks; only the parent (or its end) can change it.
 */
#include "detect/detectors.h"

#include <signal.h>

#include "base/order.h"
#include "base/text.h"
#include "model/wait_status.h"

#define NS_PER_S UINT64_C(1000000000)
#define SLOW_PARENT_NS (6 * NS_PER_S)	/* who has reaped before may do so in passes, every few s */

struct cause {
	const char *why, *advice;
	enum remedy remedy;
};

static struct cause cause_of(const struct scene *scene, struct arena *a, const struct process *p,
			     const struct process *parent)
{
	const uint64_t chld = SIG_BIT(SIGCHLD);

	if (p->tracer && (!parent || p->tracer != parent->id.pid))
		return (struct cause){
			arena_printf(a, "process %d traces it, and its parent cannot wait before that one lets go", p->tracer),
			"end or detach the tracer", REMEDY_NONE };
	if (!parent)
		return (struct cause){ "its parent was not seen", "look again as root", REMEDY_NONE };
	if (parent->now.state == 'T' || parent->now.state == 't')
		return (struct cause){ "its parent is stopped",
			"let the parent go on (SIGCONT): it may reap then", REMEDY_FIX_APP };
	if (parent->now.state == 'D' && parent->before.state == 'D')
		return (struct cause){ "its parent hangs in the kernel (state D)",
			"find what the parent waits for: its disk or network file system", REMEDY_NONE };
	if (family_reaper(scene->family, parent->id.pid))
		return (struct cause){ "its parent is a reaper, which has not come to it yet",
			"look again: if it stays, that init does not reap, and only its end or a restart of what it serves helps", REMEDY_NONE };
	if (!process_knows(parent, FACT_STATUS))
		return (struct cause){ "why its parent does not wait could not be read",
			"look again as root", REMEDY_FIX_APP };
	if (parent->sig_ignored & chld)
		return (struct cause){ "its parent ignores SIGCHLD, but did not yet when the child died",
			"the parent must wait once for those; a signal will not make it", REMEDY_FIX_APP };
	if (parent->sig_blocked & chld)
		return (struct cause){ "its parent blocks SIGCHLD and does not wait",
			"the parent must wait; a signal will not reach it", REMEDY_FIX_APP };
	if (parent->sig_caught & chld)
		return (struct cause){ "its parent handles SIGCHLD, but the handler did not wait for this one",
			"the parent's handler must wait in a loop; one more SIGCHLD may make it", REMEDY_NUDGE_PARENT };
	if (parent->has_reaped)
		return (struct cause){ "its parent has waited for other children, but not for this one",
			"the parent must wait for it too: look at the path on which it forgets to; ending the parent hands the zombie to a reaper", REMEDY_FIX_APP };
	return (struct cause){ "its parent leaves SIGCHLD at its default and never waits",
		"the parent must wait for its children; ending it hands the zombie to a reaper", REMEDY_FIX_APP };
}

/* Who took a zombie off their lists between the looks, by pid. */
struct reaping {
	pid_t *parents;
	size_t n, room;
};

static int by_number(const void *left, const void *right)
{
	const pid_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static void find_reaping(const struct snapshot *s, struct arena *a, struct reaping *out)
{
	for (size_t i = 0; i < s->process_n; i++)
		if (s->processes[i].gone && s->processes[i].now.state == 'Z')
			*(pid_t *)arena_push(a, &out->parents, &out->n, &out->room, sizeof(pid_t)) =
				s->processes[i].now.ppid;
	order(out->parents, out->n, sizeof(pid_t), by_number);
}

static bool parent_reaps(const struct reaping *r, const struct process *p)
{
	return r->n && bsearch(&p->now.ppid, r->parents, r->n, sizeof(pid_t), by_number);
}

static bool slow_parent(const struct scene *scene, const struct reaping *r,
			const struct process *p)
{
	const struct process *parent = snapshot_parent(scene->snapshot, p);

	return family_reaper(scene->family, p->now.ppid) || parent_reaps(r, p) ||
	       (parent && parent->has_reaped);
}

static uint64_t patience_ns(const struct scene *scene, bool slow)
{
	uint64_t least = scene->policy->min_age_ns;

	return slow && least < SLOW_PARENT_NS ? SLOW_PARENT_NS : least;
}

/* A tracer from outside: not the application's fault. */
static bool held_by_stranger(const struct scene *scene, const struct process *p)
{
	const struct process *tracer = p->tracer ? snapshot_find(scene->snapshot, p->tracer) : NULL;

	return p->tracer && p->tracer != p->now.ppid &&
	       !(tracer && family_find(scene->family, tracer));
}

static void judge(const struct scene *scene, const struct member *m, const struct reaping *r,
		  struct findings *out)
{
	const struct snapshot *s = scene->snapshot;
	const struct process *p = m->process, *parent = snapshot_parent(s, p);
	bool twice = p->before.at_ns && p->before.state == 'Z';
	const char *end = wait_status_text(out->arena, p->wait_status);
	struct finding *f = findings_add(out, KIND_ZOMBIE, p);
	struct cause cause = cause_of(scene, out->arena, p, parent);
	bool slow = slow_parent(scene, r, p);
	char age[32] = "";
	uint64_t dead_ns;

	f->confidence = m->confidence;
	f->culprit = parent;
	f->remedy = cause.remedy;
	f->advice = cause.advice;
	f->evidence = m->evidence;
	f->evidence_n = m->evidence_n;
	f->has_age = snapshot_dead_ns(s, p, &dead_ns);
	if (f->has_age) {
		f->age_seconds = (double)dead_ns / (double)NS_PER_S;
		text_age(dead_ns, age, sizeof(age));
	} else {
		dead_ns = twice ? p->now.at_ns - p->before.at_ns : 0;
	}
	/* where no age can be read, two looks must do, unless its parent is known to be slow */
	if (twice && (dead_ns >= patience_ns(scene, slow) || (!f->has_age && !slow)) &&
	    m->confidence >= CONF_STRONG && !held_by_stranger(scene, p))
		f->severity = SEV_WARNING;
	f->message = arena_printf(out->arena, "died%s%s%s%s%s: %s", f->has_age ? " " : "", age,
				  f->has_age ? " ago" : "", end ? ", " : "", end ? end : "",
				  cause.why);
}

void detect_zombie(const struct scene *scene, struct findings *out)
{
	struct reaping reaping = { .n = 0 };

	find_reaping(scene->snapshot, out->arena, &reaping);
	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];

		if (process_is_zombie(m->process) && !m->process->gone)
			judge(scene, m, &reaping, out);
	}
}
