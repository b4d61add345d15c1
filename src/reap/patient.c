/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of a process before it is signalled, and what the signal will do.  Linux
 * tells the dispositions of others (SigIgn, SigBlk, SigCgt), so ignoring is no surprise.
 */
#include "reap/patient.h"

#include <signal.h>
#include <string.h>

static unsigned predict(const struct snapshot *s, const struct process *p)
{
	const uint64_t term = SIG_BIT(SIGTERM);
	unsigned bits = 0;

	if (process_knows(p, FACT_STATUS)) {
		bits |= p->sig_ignored & term ? PREDICT_TERM_IGNORED : 0;
		bits |= p->sig_blocked & term ? PREDICT_TERM_BLOCKED : 0;
		bits |= p->sig_caught & term ? PREDICT_TERM_HANDLED : 0;
		bits |= p->tracer ? PREDICT_TRACED : 0;
		bits |= p->uid != s->uid ? PREDICT_OTHER_UID : 0;
	}
	bits |= p->now.state == 'T' ? PREDICT_STOPPED : 0;
	bits |= p->now.state == 't' ? PREDICT_TRACED : 0;
	bits |= p->now.state == 'D' ? PREDICT_WAITS : 0;
	return bits;
}

struct patient *patient_new(const struct snapshot *s, const struct process *p, struct arena *a)
{
	struct patient *out = arena_calloc(a, 1, sizeof(*out));
	const struct process *parent = snapshot_parent(s, p);

	out->process = plan_keep(a, p);
	out->predictions = predict(s, p);
	out->parent.pid = p->now.ppid;
	if (parent) {
		out->parent = parent->id;
		memcpy(out->parent_name, parent->comm, sizeof(out->parent_name));
	}
	out->led_session = p->sid == p->id.pid;
	out->led_group = p->pgid == p->id.pid;
	return out;
}

static pid_t stranger(const struct holder *list, size_t n, const struct process *p)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].process != p)
			return list[i].process->id.pid;
	return 0;
}

void patient_holdings(struct patient *out, const struct snapshot *s, const struct holders *h,
		      const struct process *p, struct arena *a)
{
	size_t room = 0;

	for (size_t i = 0; i < p->fd_n; i++) {
		const struct descriptor *d = &p->fds[i];
		const struct socket_info *socket = d->kind == FD_SOCKET ?
			snapshot_socket(s, d->inode) : NULL;
		const struct holder *others = NULL;
		size_t n = 0;

		if (socket && socket->listening && socket->family != SOCKET_UNIX)
			*(struct listener *)arena_push(a, &out->listeners, &out->listener_n,
						       &room, sizeof(struct listener)) =
				(struct listener){ .fd = d->fd, .inode = d->inode,
						   .port = socket->port };
		if (d->kind == FD_PIPE && (d->mode == FD_READ || d->mode == FD_WRITE))
			others = holders_of_end(h, d->inode,
						d->mode == FD_READ ? FD_WRITE : FD_READ, &n);
		else if (socket && socket->peer_inode)
			others = holders_of_peer(h, d->inode, &n);
		else
			continue;
		out->has_pipes = true;
		if (!out->pipe_peer && others)
			out->pipe_peer = stranger(others, n, p);
	}
	if (out->has_pipes && !out->pipe_peer)
		out->pipes_unseen = holders_unseen_for(h, p);
}
