/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributed is not leaked: some processes are meant to outlive who started them.  Only
 * signs that somebody took care count; being busy does not (a background download is).
 */
#include "family/kin.h"

#include <signal.h>
#include <string.h>

/* Its session is its own, or was led by a process of the double fork that made it. */
static bool own_session(const struct kin *k, const struct process *p)
{
	if (p->sid == p->id.pid)
		return true;
	if (p->sid == k->t->pid || p->pgid == k->t->pid ||
	    (k->t->process && p->sid == k->t->process->sid) || snapshot_find(k->s, p->sid))
		return false;
	/* a dead target's launcher's session is no own one, but cannot be told: the group can */
	return p->pgid == p->sid || p->pgid == p->id.pid;
}

/* /dev/null, or a file to write to, or closed. */
static bool null_or_log(const struct process *p, int fd)
{
	const struct descriptor *d = process_fd(p, fd);

	if (!d)
		return true;
	if (d->kind == FD_DEVICE)
		return d->target && !strcmp(d->target, "/dev/null");
	return d->kind == FD_FILE && fd > 0 && d->mode != FD_READ;
}

static bool stdio_quiet(const struct process *p)
{
	return process_knows(p, FACT_FDS) && null_or_log(p, 0) && null_or_log(p, 1) &&
	       null_or_log(p, 2);
}

static bool stdio_shared(const struct kin *k, const struct process *p)
{
	for (int fd = 0; fd <= 2; fd++) {
		const struct descriptor *d = process_fd(p, fd);

		for (size_t i = 0; d && i < k->f->member_n; i++) {
			const struct process *other = k->f->members[i].process;

			if (other != p && k->f->members[i].confidence >= CONF_STRONG &&
			    object_held_by(k, p, d, other))
				return true;
		}
	}
	return false;
}

static bool own_unit(const struct kin *k, const struct process *p)
{
	const struct process *target = k->t->process;
	size_t n = p->cgroup ? strlen(p->cgroup) : 0;

	if (!target || !target->cgroup || !p->cgroup || !strcmp(p->cgroup, target->cgroup))
		return false;
	return (n > 8 && !strcmp(p->cgroup + n - 8, ".service")) ||
	       (n > 6 && !strcmp(p->cgroup + n - 6, ".scope"));
}

static const char *asks_to_stay(const struct process *p)
{
	const char *keep = process_getenv(p, "LEAKSCAN_KEEP");
	const char *jenkins = process_getenv(p, "BUILD_ID");
	const char *cookie = process_getenv(p, "JENKINS_NODE_COOKIE");

	if (keep && !strcmp(keep, "1"))
		return "LEAKSCAN_KEEP=1 in its environment";
	if (jenkins && !strcmp(jenkins, "dontKillMe"))
		return "BUILD_ID=dontKillMe in its environment";
	if (cookie && !strcmp(cookie, "dontKillMe"))
		return "JENKINS_NODE_COOKIE=dontKillMe in its environment";
	return NULL;
}

static const char *daemon_why(const struct kin *k, const struct process *p)
{
	const char *why = asks_to_stay(p);
	const char *known = known_daemon(p);

	if (why)
		return why;
	if (known)
		return arena_printf(k->a, "%s is known as %s", p->comm, known);
	if (own_unit(k, p))
		return arena_printf(k->a, "it was moved to a unit of its own, %s", p->cgroup);
	for (size_t i = 0; i < k->s->pidfile_n; i++)
		if (k->s->pidfiles[i].pid == p->id.pid)
			return arena_printf(k->a, "pid file %s names it", k->s->pidfiles[i].path);
	if (own_session(k, p) && process_knows(p, FACT_STATUS) &&
	    (p->sig_ignored & SIG_BIT(SIGHUP)) && stdio_quiet(p))
		return "SIGHUP ignored, a session of its own, stdio on /dev/null or a log";
	return NULL;
}

void intent_judge(const struct kin *k, struct member *m)
{
	const char *why = daemon_why(k, m->process);

	/* descriptors that could not be read cannot show that it kept ours */
	m->detached = own_session(k, m->process) && !stdio_shared(k, m->process);
	if (!why)
		return;
	m->intent = INTENT_DAEMON;
	m->intent_why = why;
}

void intent_inherit(const struct kin *k, struct member *m)
{
	const struct process *leader = snapshot_find(k->s, m->process->sid);
	const struct member *led = leader ? family_find(k->f, leader) : NULL;
	const struct member *head = led && led->head ? led->head : led;

	if (m->relation != REL_ORPHAN || m->intent == INTENT_DAEMON || !head || head == m ||
	    head->relation != REL_ORPHAN || head->intent != INTENT_DAEMON)
		return;
	m->intent = INTENT_DAEMON;
	m->intent_why = arena_printf(k->a, "it was started in session %d, below %d, which is one",
				     m->process->sid, head->process->id.pid);
}
