/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan reap: the plan; with --yes, what became of it.  The plan that is printed and the
 * one that is carried out are made by the same rule, but the latter is judged once more
 * with the pidfds in hand.
 */
#include "cmd/reap.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "cmd/audit.h"
#include "cmd/cmds.h"
#include "cmd/judge.h"
#include "cmd/options.h"
#include "cmd/reap_options.h"
#include "reap/ops_live.h"
#include "view/plans.h"

/* How often Ctrl-C was pressed: a handler can only count. */
static volatile sig_atomic_t interrupts;

static void interrupted(int sig)
{
	(void)sig;
	interrupts++;
}

struct surgery {
	const struct reap_options *o;
	struct plan *plan;
	struct question again;		/* the same target, by itself */
	struct audit *audit;
	struct verdicts seen;
	char why[256];
};

static const struct report *same_target(const struct surgery *s)
{
	for (size_t i = 0; i < s->seen.n; i++)
		if (s->seen.list[i]->target->pid == s->plan->target_pid)
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

	return audit_intent(s->audit, s->plan, p, what);
}

static void result(void *context, const struct patient *p, const char *what, int err)
{
	const struct surgery *s = context;

	audit_result(s->audit, s->plan, p, what, err);
}

/* A dead target is named by the session that it led: then that is evidence for late forks. */
static pid_t session_of(const struct plan *plan)
{
	if (!plan->target_dead)
		return 0;
	for (size_t i = 0; i < plan->patient_n; i++)
		if (plan->patients[i]->process.sid == plan->target_pid)
			return plan->target_pid;
	return 0;
}

static int operate(const struct reap_options *o, struct plan *plan, struct audit *audit)
{
	struct surgery s = { .o = o, .plan = plan, .again = o->ask.q, .audit = audit };
	struct live_reap live = {
		.plan = plan, .policy = &o->policy, .target_sid = session_of(plan),
		.rejudge = rejudge, .rejudged = rejudged,
		.intent = intent, .result = result, .context = &s, .cancelled = &interrupts,
	};
	struct reap_ops ops;
	int err;

	if (plan->target_pid) {
		s.again.kind = TARGET_PID;
		s.again.pids = &plan->target_pid;
		s.again.pid_n = 1;
	}
	ops_live(&ops, &live);
	err = reaper_run(plan, &ops);
	ops_live_end(&live);
	return err;
}

static void catch_interrupts(void)
{
	/* no SA_RESTART: the wait for their death ends, too */
	struct sigaction sa = { .sa_handler = interrupted };
	struct rlimit files;

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	/* each patient is held by a descriptor */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

static int act(const struct reap_options *o, struct plan **plans, size_t n)
{
	struct audit audit;
	int err = audit_open(&audit, o->audit), status = CMD_CLEAN;

	if (err) {
		fprintf(stderr, REAP_WHO ": nothing was touched: cannot write the audit: %s\n",
			err == -EINVAL ? "not a regular file, or it has several names" :
			err == -EBUSY ? "another leakscan holds it" :
			strerror(-err));
		return CMD_FAILED;
	}
	catch_interrupts();
	for (size_t i = 0; i < n; i++) {
		err = operate(o, plans[i], &audit);
		if (err == -ENOSYS)
			fputs(REAP_WHO ": this kernel has no pidfds, so nobody can be signalled"
			      " without the risk of hitting another\n", stderr);
		else if (err)
			fputs(REAP_WHO ": stopped: what is to be done could not be written"
			      " down first\n", stderr);
		if (err)
			status = CMD_FAILED;
	}
	audit_close(&audit);
	return status;
}

static int status_of(struct plan *const *plans, size_t n)
{
	int status = CMD_CLEAN;

	for (size_t i = 0; i < n; i++) {
		if (plan_status(plans[i]))
			status = CMD_LEAKS;
		for (size_t j = 0; j < plans[i]->refusal_n; j++)
			if (plans[i]->refusals[j].why == REFUSE_MANY && status == CMD_CLEAN)
				status = CMD_LEAKS;
	}
	return status;
}

static int run(struct reap_options *o)
{
	struct view_options view;
	struct verdicts v;
	struct plan **plans;
	char why[256] = "";
	int err, status = CMD_CLEAN;
	size_t n;

	if (options_view(&view, o->colour)) {
		fputs(REAP_WHO ": --color: auto, always or never\n", stderr);
		return CMD_USAGE;
	}
	err = judge(&o->ask.q, &v, why, sizeof(why));
	if (err) {
		fprintf(stderr, REAP_WHO ": %s\n", why);
		return err == -EINVAL ? CMD_USAGE : CMD_FAILED;
	}
	n = v.n;
	plans = calloc(n + 1, sizeof(struct plan *));
	if (!plans)
		abort();
	for (size_t i = 0; i < n; i++) {
		plans[i] = plan_build(v.list[i], &o->policy);
		if (!v.snapshot->replayed)
			ops_live_predict(plans[i]);
		ops_dry_run(plans[i]);
	}
	verdicts_free(&v);
	if (o->yes)
		status = act(o, plans, n);
	err = (o->json ? view_plan_json : view_plan_text)((const struct plan *const *)plans, n,
							   &view, stdout);
	if (status == CMD_CLEAN)
		status = status_of(plans, n);
	for (size_t i = 0; i < n; i++)
		plan_free(plans[i]);
	free(plans);
	return err ? CMD_FAILED : status;
}

int reap_main(int argc, char **argv)
{
	struct reap_options *o = calloc(1, sizeof(*o));
	int status;

	if (!o)
		return CMD_FAILED;
	status = reap_options_read(o, argc, argv);
	if (status < 0)
		status = run(o);
	free(o);
	return status;
}
