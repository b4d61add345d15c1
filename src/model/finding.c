/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of kinds.
 * Adding one: its enumerator, its line here, its file in detect/, its text in view/explain.
 */
#include "model/finding.h"

#include <stdlib.h>

static const struct kind_info kinds[KIND_N] = {
	[KIND_ORPHAN] = { "LS101", "orphan", "runs on though its parent is gone" },
	[KIND_ZOMBIE] = { "LS111", "zombie", "died, and its parent has not waited for it" },
	[KIND_DEAD_LEADER] = { "LS112", "dead-leader", "first thread exited, others live on" },
	[KIND_CHILD_GROWTH] = { "LS120", "child-growth", "number of children grows steadily" },
	[KIND_FD_GROWTH] = { "LS201", "fd-growth", "open descriptors grow steadily" },
	[KIND_FD_LIMIT] = { "LS202", "fd-limit", "open descriptors near the soft limit" },
	[KIND_FD_MULTIPLICITY] = { "LS203", "fd-multiplicity", "many descriptors to the same thing" },
	[KIND_FD_DELETED] = { "LS204", "fd-deleted", "descriptors to deleted files" },
	[KIND_CLOSE_WAIT] = { "LS205", "close-wait", "sockets whose peer has closed and the app has not" },
	[KIND_INHERITED_FD] = { "LS206", "inherited-fd", "child holds a descriptor of its parent's by accident" },
	[KIND_PIDFD_STALE] = { "LS207", "pidfd-stale", "pidfd to a process that is long reaped" },
	[KIND_PIPE_STUCK_WRITER] = { "LS301", "pipe-stuck-writer", "blocked writing to a full pipe nobody reads" },
	[KIND_PIPE_NO_EOF] = { "LS302", "pipe-no-eof", "waits for an end of file that cannot come" },
	[KIND_PIPE_PEERLESS] = { "LS303", "pipe-peerless", "holds a pipe end whose other end nobody holds" },
};

const struct kind_info *kind_info(enum kind k)
{
	return &kinds[k];
}

const char *severity_name(enum severity s)
{
	static const char *const names[] = {
		[SEV_INFO] = "info", [SEV_WARNING] = "warning", [SEV_CRITICAL] = "critical",
	};
	return names[s];
}

const char *remedy_name(enum remedy r)
{
	static const char *const names[] = {
		[REMEDY_NONE] = "none", [REMEDY_TERMINATE] = "terminate",
		[REMEDY_NUDGE_PARENT] = "nudge-parent", [REMEDY_FIX_APP] = "fix-app",
	};
	return names[r];
}

const char *holding_name(enum holding_kind h)
{
	static const char *const names[] = {
		[HOLD_PORT] = "port", [HOLD_LOCK] = "lock", [HOLD_PIPE] = "pipe",
	};
	return names[h];
}

const struct pipe_end *pipe_ends(struct arena *a, const struct holder *list, size_t n)
{
	size_t named = pipe_ends_named(n);
	struct pipe_end *ends = arena_calloc(a, named + 1, sizeof(*ends));

	for (size_t i = 0; i < named; i++)
		ends[i] = (struct pipe_end){ list[i].process, list[i].fd->fd };
	return ends;
}

struct finding *findings_add(struct findings *f, enum kind kind, const struct process *subject)
{
	struct finding *new = arena_push(f->arena, &f->list, &f->n, &f->room, sizeof(*new));

	new->kind = kind;
	new->subject = subject;
	new->confidence = CONF_EXACT;
	new->fd = -1;
	return new;
}

static int worst_first(const void *left, const void *right)
{
	const struct finding *a = left, *b = right;

	if (a->severity != b->severity)
		return a->severity > b->severity ? -1 : 1;
	if (a->confidence != b->confidence)
		return a->confidence > b->confidence ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return a->subject->id.pid < b->subject->id.pid ? -1 :
	       a->subject->id.pid > b->subject->id.pid;
}

void findings_sort(struct findings *f)
{
	if (f->n)
		qsort(f->list, f->n, sizeof(*f->list), worst_first);
}
