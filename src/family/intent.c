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

/* Somebody of them holds the same end, or the other one. */
static bool end_shared(const struct kin *k, const struct process *p, const struct descriptor *d,
		       const struct holder *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct member *m = list[i].process == p ? NULL :
			family_find(k->f, list[i].process);

		if (m && m->confidence >= CONF_STRONG &&
		    (fd_same_object(k->s, p, d, m->process, list[i].fd) ||
		     fd_opposite_ends(k->s, d, list[i].fd)))
			return true;
	}
	return false;
}

static bool is_shared(const struct kin *k, const struct process *p, const struct descriptor *d)
{
	const struct process *target = k->t->process;
	const struct holder *list;
	size_t n;

	/* who has just ended is in no index */
	if (target && target->gone && object_held_by(k, p, d, target))
		return true;
	list = holders_find(kin_holders(k), d->kind, d->inode, &n);
	if (end_shared(k, p, d, list, n))
		return true;
	list = holders_of_peer(kin_holders(k), d->inode, &n);
	return d->kind == FD_SOCKET && end_shared(k, p, d, list, n);
}

static bool stdio_shared(const struct kin *k, const struct process *p)
{
	for (int fd = 0; fd <= 2; fd++) {
		const struct descriptor *d = process_fd(p, fd);

		if (d && (d->kind == FD_PIPE || d->kind == FD_SOCKET)) {
			if (is_shared(k, p, d))
				return true;
			continue;
		}
		/* files are only known to be the same by comparing them */
		for (size_t i = 0; d && k->s->same_n && i < k->f->member_n; i++) {
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
