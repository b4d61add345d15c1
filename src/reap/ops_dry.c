/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world in which nothing happens but what is predicted: it lets the reaper run, on a clock
 * of its own, and notes what it would send to whom.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reap/ops_live.h"

struct dry {
	struct plan *plan;
	uint64_t now_ns;
	bool *dead;		/* by place in the plan */
};

static size_t place(const struct dry *d, struct process_id id)
{
	for (size_t i = 0; i < d->plan->patient_n; i++)
		if (process_id_same(d->plan->patients[i]->process.id, id))
			return i;
	return SIZE_MAX;
}

static void dry_pin(void *context, const struct process_id *ids, size_t n, struct pin *pins,
		    int *errors)
{
	(void)context;
	for (size_t i = 0; i < n; i++) {
		pins[i] = (struct pin){ .id = ids[i], .pidfd = 0 };
		errors[i] = 0;
	}
}

static int dry_signal(void *context, const struct pin *p, int sig)
{
	struct dry *d = context;
	size_t at = place(d, p->id);
	unsigned held;

	if (at == SIZE_MAX)
		return 0;
	held = d->plan->patients[at]->predictions;
	if (sig == SIGKILL || (sig == SIGTERM && !(held & (PREDICT_TERM_IGNORED |
							    PREDICT_TERM_BLOCKED))))
		d->dead[at] = true;
	return 0;
}

static int dry_look(void *context, const struct pin *p)
{
	struct dry *d = context;
	size_t at = place(d, p->id);

	return at != SIZE_MAX && d->dead[at] ? 2 : 0;
}

static void dry_close(void *context, struct pin *p)
{
	(void)context;
	p->pidfd = -1;
}

static int dry_wait(void *context, const struct pin *pins, size_t n, uint64_t ns)
{
	struct dry *d = context;

	(void)pins;
	(void)n;
	d->now_ns += ns;
	return -ETIMEDOUT;
}

static uint64_t dry_now(void *context)
{
	return ((struct dry *)context)->now_ns;
}

static int dry_cancelled(void *context)
{
	(void)context;
	return 0;
}

static void dry_judge(void *context, enum judge_how how, struct patient *const *who, size_t n,
		      const struct held *held, size_t held_n, enum refusal *verdict)
{
	(void)context;
	(void)how;
	(void)who;
	(void)held;
	(void)held_n;
	for (size_t i = 0; i < n; i++)
		verdict[i] = REFUSE_NOT;
}

static struct patient **dry_late(void *context, struct held *held, size_t held_n, size_t *n)
{
	(void)context;
	(void)held;
	(void)held_n;
	*n = 0;
	return NULL;
}

static int dry_close_socket(void *context, const struct pin *pin, int fd, uint64_t inode)
{
	(void)context;
	(void)pin;
	(void)fd;
	(void)inode;
	return 0;
}

static int dry_intent(void *context, const struct patient *p, const char *what)
{
	struct dry *d = context;
	size_t at = place(d, p->process.id);
	struct patient *noted = d->plan->patients[at];
	const char *after = !strcmp(what, "SIGKILL") ? " and, if it lives on, " : ", ";

	noted->would = noted->would ?
		arena_printf(d->plan->arena, "%s%s%s", noted->would, after, what) : what;
	return 0;
}

static void dry_result(void *context, const struct patient *p, const char *what, int err)
{
	(void)context;
	(void)p;
	(void)what;
	(void)err;
}

void ops_dry_run(struct plan *plan)
{
	struct dry d = { .plan = plan, .now_ns = 1, .dead = calloc(plan->patient_n + 1, 1) };
	const struct reap_ops ops = {
		.context = &d, .pin = dry_pin, .signal = dry_signal, .look = dry_look,
		.close = dry_close, .wait = dry_wait, .now = dry_now,
		.cancelled = dry_cancelled, .judge = dry_judge, .late = dry_late,
		.close_socket = dry_close_socket, .intent = dry_intent, .result = dry_result,
	};

	if (!d.dead)
		abort();
	reaper_run(plan, &ops);
	plan->acted = false;
	for (size_t i = 0; i < plan->patient_n; i++) {
		struct patient *p = plan->patients[i];

		p->fate = FATE_NONE;
		p->refused = REFUSE_NOT;
		p->fate_why = NULL;
		p->sent = 0;
		p->waited_ns = 0;
		for (size_t j = 0; j < p->listener_n; j++)
			if (p->listeners[j].end != SOCKET_SHARED)
				p->listeners[j].end = SOCKET_LEFT;
		memset(p->steps, 0, sizeof(p->steps));
	}
	free(d.dead);
}
