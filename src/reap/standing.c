/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What no option overrides: who a process is.  A name only ever excuses; it never makes
 * anybody a victim, so a process that calls itself sshd is spared, which is the safe error.
 */
#include <string.h>

#include "base/text.h"
#include "reap/plan.h"

/* Names are cut at 15 bytes. */
static const struct { const char *comm, *what; } protected[] = {
	{ "sshd", "logins" },
	{ "sshd-session", "logins" },
	{ "sshd-auth", "logins" },
	{ "systemd", "the manager of services" },
	{ "(sd-pam)", "the manager of services" },
	{ "systemd-journal", "the journal" },
	{ "systemd-logind", "logins" },
	{ "systemd-udevd", "devices" },
	{ "systemd-network", "the network" },
	{ "systemd-resolve", "the network" },
	{ "dbus-daemon", "the message bus" },
	{ "dbus-broker", "the message bus" },
	{ "dbus-broker-lau", "the message bus" },
	{ "containerd", "containers" },
	{ "containerd-shim", "containers" },
	{ "dockerd", "containers" },
	{ "kubelet", "containers" },
	{ "crio", "containers" },
	{ "conmon", "containers" },
};

static bool is_ancestor_of_self(const struct snapshot *s, const struct process *self,
				const struct process *p)
{
	for (unsigned depth = 0; self && depth < 4096; depth++) {
		if (self == p || self->now.ppid == p->id.pid)
			return true;
		self = snapshot_parent(s, self);
	}
	return false;
}

static const char *protected_as(const struct process *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(protected); i++) {
		size_t n = strlen(protected[i].comm);

		if (!strncmp(p->comm, protected[i].comm, n) && (!p->comm[n] || n >= 15))
			return protected[i].what;
	}
	return NULL;
}

enum refusal plan_standing(const struct snapshot *s, const struct process *p, struct arena *a,
			   const char **detail)
{
	const struct process *self = snapshot_find(s, s->self);
	const char *what = protected_as(p);

	*detail = NULL;
	if (s->replayed || !self) {
		*detail = s->replayed ? "a record is judged, not this machine" :
			  "we do not see ourselves in this /proc";
		return REFUSE_REPLAYED;
	}
	if (p->id.pid <= 1)
		return REFUSE_INIT;
	if (p == self || p->now.ppid == self->id.pid)
		return REFUSE_SELF;
	if (is_ancestor_of_self(s, self, p))
		return REFUSE_ANCESTOR;
	if (p->kernel_thread)
		return REFUSE_KERNEL;
	if (!process_knows(p, FACT_STATUS) || !p->id.start_ticks)
		return REFUSE_UNREAD;
	if (p->ns_depth && p->ns_pid == 1)
		return REFUSE_NS_INIT;
	if (what) {
		*detail = arena_printf(a, "%s is for %s", p->comm, what);
		return REFUSE_PROTECTED;
	}
	if (self->sid && p->id.pid == self->sid)
		return REFUSE_SESSION_LEADER;
	if (s->uid && p->uid != s->uid) {
		*detail = arena_printf(a, "its user is %u, ours %u", p->uid, s->uid);
		return REFUSE_USER;
	}
	return REFUSE_NOT;
}
