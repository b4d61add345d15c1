/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan on this machine.  Judging again asks the question of the command line anew, for
 * the one target of the plan alone.
 */
#include "cmd/operate.h"

#include <errno.h>
#include <sys/resource.h>

#include "reap/ops_live.h"

struct surgery {
	const struct operation *o;
	struct question again;		/* the same target, by itself */
	struct verdicts seen;
	char why[256];
};

static const struct report *same_target(const struct surgery *s)
{
	for (size_t i = 0; i < s->seen.n; i++)
		if (s->seen.list[i]->target->pid == s->o->plan->target_pid)
			return s->seen.list[i];
	return NULL;
}

static int rejudge(void *context, const struct report **out)
{
	struct surgery *s = context;
	int err = judge(&s->again, &s->seen, s->why, sizeof(s->why));

	if (err)
		return err;
	*out = same_target(s);
	if (*out)
		return 0;
	verdicts_free(&s->seen);
	return -ENOENT;
}

static void rejudged(void *context)
{
	verdicts_free(&((struct surgery *)context)->seen);
}

static int intent(void *context, const struct patient *p, const char *what)
{
	const struct surgery *s = context;

	return audit_intent(s->o->audit, s->o->plan, p, what);
}

static void result(void *context, const struct patient *p, const char *what, int err)
{
	const struct surgery *s = context;

	audit_result(s->o->audit, s->o->plan, p, what, err);
}

/* A dead target is named by the session that it led: then that is evidence for late forks,
 * unless only some of the session are asked for. */
static pid_t session_of(const struct plan *plan, const struct reap_policy *policy)
{
	if (!plan->target_dead || policy->selected_n)
		return 0;
	for (size_t i = 0; i < plan->patient_n; i++)
		if (plan->patients[i]->process.sid == plan->target_pid)
			return plan->target_pid;
	return 0;
}

struct plan *operate_plan(const struct report *r, const struct reap_policy *policy)
{
	struct plan *plan = plan_build(r, policy);

	if (!r->snapshot->replayed)
		ops_live_predict(plan);
	return plan;
}

void operate_prepare(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

int operate(const struct operation *o)
{
	struct surgery s = { .o = o, .again = *o->q };
	struct live_reap live = {
		.plan = o->plan, .policy = o->policy, .target_sid = session_of(o->plan, o->policy),
		.rejudge = rejudge, .rejudged = rejudged,
		.intent = intent, .result = result, .context = &s, .cancelled = o->cancelled,
	};
	struct reap_ops ops;
	int err;

	if (o->plan->target_pid) {
		s.again.kind = TARGET_PID;
		s.again.pids = &o->plan->target_pid;
		s.again.pid_n = 1;
	}
	ops_live(&ops, &live);
	err = reaper_run(o->plan, o->watch ? o->watch(o->watcher, &ops) : &ops);
	ops_live_end(&live);
	return err;
}
