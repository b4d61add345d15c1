/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of plans and fates. */
#include "model/plan.h"

#include "base/text.h"

static const char *const treatments[] = {
	[TREAT_TERMINATE] = "terminate", [TREAT_NUDGE] = "nudge-parent", [TREAT_ADVISE] = "advise",
	[TREAT_CLOSE] = "close-sockets",
};

static const char *const refusals[REFUSE_N] = {
	[REFUSE_NOT] = "none",
	[REFUSE_REPLAYED] = "not-live",
	[REFUSE_INIT] = "init",
	[REFUSE_SELF] = "self",
	[REFUSE_ANCESTOR] = "ancestor",
	[REFUSE_KERNEL] = "kernel-thread",
	[REFUSE_NS_INIT] = "namespace-init",
	[REFUSE_PROTECTED] = "protected",
	[REFUSE_SESSION_LEADER] = "session-leader",
	[REFUSE_UNREAD] = "unread",
	[REFUSE_USER] = "other-user",
	[REFUSE_TARGET] = "target",
	[REFUSE_DAEMON] = "daemon",
	[REFUSE_DETACHED] = "detached",
	[REFUSE_WEAK] = "weak",
	[REFUSE_CONFIDENCE] = "confidence",
	[REFUSE_YOUNG] = "young",
	[REFUSE_NOT_LEAKED] = "not-leaked",
	[REFUSE_UNRELATED] = "unrelated",
	[REFUSE_GONE] = "gone",
	[REFUSE_NOT_SELECTED] = "not-selected",
	[REFUSE_MANY] = "too-many",
	[REFUSE_CHANGED] = "changed",
	[REFUSE_AUDIT] = "audit",
	[REFUSE_NO_PIDFD] = "no-pidfd",
	[REFUSE_NO_SOCKET] = "no-socket",
};

static const char *const predictions[PREDICTION_BITS] = {
	"term-ignored", "term-blocked", "term-handled", "stopped", "waits-in-kernel", "traced",
	"other-uid", "frozen",
};

static const char *const fates[FATE_N] = {
	[FATE_NONE] = "none",
	[FATE_REAPED] = "reaped",
	[FATE_UNREAPED] = "unreaped",
	[FATE_STALE] = "stale",
	[FATE_DENIED] = "denied",
	[FATE_STUCK] = "stuck",
	[FATE_REFUSED] = "refused",
	[FATE_CANCELLED] = "cancelled",
	[FATE_SHUT] = "shut",
	[FATE_LISTENING] = "listening",
};

static const char *const socket_ends[] = {
	[SOCKET_LEFT] = "left", [SOCKET_SHUT] = "shut", [SOCKET_SHARED] = "shared",
	[SOCKET_CHANGED] = "changed", [SOCKET_FAILED] = "failed",
};

static const char *const steps[STEP_N] = {
	[STEP_CLOSE_PIPE] = "close the pipe",
	[STEP_RUNNING] = "is it running?",
	[STEP_TERM] = "SIGTERM",
	[STEP_WAIT] = "wait",
	[STEP_KILL] = "SIGKILL",
	[STEP_REAP] = "reap",
	[STEP_GONE] = "verify it is gone",
};

const char *treatment_name(enum treatment t)
{
	return treatments[t];
}

const char *refusal_name(enum refusal r)
{
	return refusals[r];
}

const char *prediction_name(unsigned bit)
{
	for (unsigned i = 0; i < PREDICTION_BITS; i++)
		if (bit == 1U << i)
			return predictions[i];
	return "?";
}

const char *fate_name(enum fate f)
{
	return fates[f];
}

const char *socket_end_name(enum socket_end e)
{
	return socket_ends[e];
}

const char *step_name(enum step s)
{
	return steps[s];
}

struct patient *plan_find(const struct plan *p, struct process_id id)
{
	for (size_t i = 0; i < p->patient_n; i++)
		if (process_id_same(p->patients[i]->process.id, id))
			return p->patients[i];
	return NULL;
}

struct process plan_keep(struct arena *a, const struct process *p)
{
	struct process copy = *p;

	copy.fds = NULL;
	copy.fd_n = 0;
	copy.tasks = NULL;
	copy.task_n = 0;
	copy.environ = NULL;
	copy.environ_n = 0;
	copy.cgroup = arena_strdup(a, p->cgroup);
	copy.cwd = NULL;
	copy.command = arena_strdup(a, p->command);
	copy.exe = arena_strdup(a, p->exe);
	copy.user = arena_strdup(a, p->user);
	copy.group = NULL;
	copy.unit = NULL;
	return copy;
}

static struct patient *patient_copy(struct arena *a, const struct patient *p)
{
	struct patient *copy = arena_alloc(a, sizeof(*copy));

	*copy = *p;
	copy->process = plan_keep(a, &p->process);
	copy->why = arena_strdup(a, p->why);
	copy->advice = arena_strdup(a, p->advice);
	copy->would = arena_strdup(a, p->would);
	copy->fate_why = arena_strdup(a, p->fate_why);
	copy->listeners = arena_calloc(a, p->listener_n, sizeof(*copy->listeners));
	for (size_t i = 0; i < p->listener_n; i++)
		copy->listeners[i] = p->listeners[i];
	for (size_t i = 0; i < STEP_N; i++)
		copy->steps[i].note = arena_strdup(a, p->steps[i].note);
	return copy;
}

struct plan *plan_copy(struct arena *a, const struct plan *p)
{
	struct plan *copy = arena_alloc(a, sizeof(*copy));

	*copy = *p;
	copy->arena = a;
	copy->selector = arena_strdup(a, p->selector);
	copy->host = arena_strdup(a, p->host);
	copy->boot_id = arena_strdup(a, p->boot_id);
	copy->patients = arena_calloc(a, p->patient_n, sizeof(struct patient *));
	for (size_t i = 0; i < p->patient_n; i++)
		copy->patients[i] = patient_copy(a, p->patients[i]);
	copy->patient_room = p->patient_n;
	copy->refusals = arena_calloc(a, p->refusal_n, sizeof(*copy->refusals));
	for (size_t i = 0; i < p->refusal_n; i++) {
		copy->refusals[i] = p->refusals[i];
		copy->refusals[i].process = plan_keep(a, &p->refusals[i].process);
		copy->refusals[i].detail = arena_strdup(a, p->refusals[i].detail);
	}
	copy->refusal_room = p->refusal_n;
	return copy;
}

size_t plan_count(const struct plan *p, enum treatment t)
{
	size_t n = 0;

	for (size_t i = 0; i < p->patient_n; i++)
		n += p->patients[i]->treatment == t;
	return n;
}

int plan_status(const struct plan *p)
{
	for (size_t i = 0; i < p->refusal_n; i++)
		if (p->refusals[i].remains)
			return 1;
	for (size_t i = 0; i < p->patient_n; i++) {
		enum fate f = p->patients[i]->fate;

		if (!p->acted || (f != FATE_REAPED && f != FATE_STALE && f != FATE_SHUT))
			return 1;
	}
	return p->complete || p->patient_n ? 0 : 3;
}
