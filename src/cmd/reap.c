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

#include "base/text.h"
#include "cmd/audit.h"
#include "cmd/cmds.h"
#include "cmd/judge.h"
#include "cmd/operate.h"
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

static void catch_interrupts(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	/* no SA_RESTART: the wait for their death ends, too */
	struct sigaction sa = { .sa_handler = interrupted }, before;

	/* under nohup, or in the background of a script, they stay ignored */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (!sigaction(signals[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(signals[i], &sa, NULL);
}

static int act(const struct reap_options *o, struct plan **plans, size_t n)
{
	struct audit audit;
	struct operation operation = { .q = &o->q, .policy = &o->policy, .audit = &audit,
				       .cancelled = &interrupts };
	int err = audit_open(&audit, o->audit), status = CMD_CLEAN;

	if (err) {
		fprintf(stderr, REAP_WHO ": nothing was touched: cannot write the audit: %s\n",
			audit_error(err));
		return CMD_FAILED;
	}
	catch_interrupts();
	operate_prepare();
	for (size_t i = 0; i < n; i++) {
		operation.plan = plans[i];
		err = operate(&operation);
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

	/* what is left outweighs what could not be seen */
	for (size_t i = 0; i < n; i++) {
		int one = plan_status(plans[i]);

		if (one == CMD_LEAKS || status == CMD_CLEAN)
			status = one;
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
	err = judge(&o->q, &v, why, sizeof(why));
	if (err) {
		fprintf(stderr, REAP_WHO ": %s\n", why);
		return err == -EINVAL ? CMD_USAGE : CMD_FAILED;
	}
	n = v.n;
	plans = calloc(n + 1, sizeof(struct plan *));
	if (!plans)
		abort();
	for (size_t i = 0; i < n; i++)
		plans[i] = operate_plan(v.list[i], &o->policy);
	plans_limit(plans, n, o->policy.max);
	for (size_t i = 0; i < n; i++)
		ops_dry_run(plans[i]);
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
