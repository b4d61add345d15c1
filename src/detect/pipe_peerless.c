/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS303 pipe-peerless: an end of a pipe whose other end nobody holds is of no use, only to
 * be closed: reading gives an end of file at once, writing SIGPIPE.  That nobody holds it
 * takes the descriptors of the whole machine; an end that is on its way through a unix
 * socket is in nobody's table, only in the kernel's own count, where that is known.  Socket pairs are left out: a connection that waits to be
 * accepted looks like one whose peer is gone.
 */
#include "detect/detectors.h"

#include "detect/fd_list.h"
#include "detect/pipes.h"

#define MANY 4		/* fewer may be about to be closed */

/* Nobody seen holds the other end; does the kernel say so, too, and did nobody end just now
 * who may have given it to one that was born meanwhile? */
static bool is_lost(const struct scene *scene, const struct descriptor *d,
		    const struct channel *c, enum channel_side other)
{
	if (d->readers || d->writers)
		return !channel_has_others(c, other);
	return !holders_had(scene->holders, d->inode, other == CHANNEL_READS ? FD_READ : FD_WRITE);
}

static bool is_peerless(const struct scene *scene, const struct descriptor *d,
			struct channel *c)
{
	if (d->fd <= 2 || d->kind != FD_PIPE)
		return false;
	if (channel_of(scene, d, CHANNEL_READS, c))
		return !c->writer_n && is_lost(scene, d, c, CHANNEL_WRITES);
	return channel_of(scene, d, CHANNEL_WRITES, c) && !c->reader_n &&
	       is_lost(scene, d, c, CHANNEL_READS);
}

/* Descriptors were counted at each look, but listed once. */
static bool fewer_by_now(const struct process *p)
{
	return p->before.at_ns && p->now.fd_count < p->before.fd_count;
}

/* Of a whole machine not everybody is, and four children may have ended a moment ago. */
static bool looked_twice(const struct scene *scene, const struct process *p)
{
	return scene->family->target->kind != TARGET_ALL || p->before.at_ns;
}

static const char *message_for(struct arena *a, const struct snapshot *s,
			       const struct finding *f, size_t readers, bool certain)
{
	const char *clause = certain ? "" : unseen_clause(a, s, f->pipe->unseen);

	if (f->fd_n == 1)
		return arena_printf(a, "holds the %s end of %s (fd %d), whose other end nobody holds any more%s",
				    readers ? "read" : "write", f->pipe->name, f->fd, clause);
	return arena_printf(a, "holds %zu ends of pipes (%zu to read, %zu to write) whose other ends nobody holds any more%s",
			    f->fd_n, readers, f->fd_n - readers, clause);
}

static void judge(const struct scene *scene, const struct member *m, struct findings *out)
{
	const struct process *p = m->process;
	struct fd_list list = { .arena = out->arena };
	struct channel first = { .fd = NULL };
	size_t readers = 0, unseen;
	bool blind, all_seen, certain = true;
	struct finding *f;

	for (size_t i = 0; i < p->fd_n; i++) {
		struct channel c;

		if (!is_peerless(scene, &p->fds[i], &c))
			continue;
		if (!list.n)
			first = c;
		fd_list_add(&list, p->fds[i].fd);
		readers += p->fds[i].mode == FD_READ;
		certain &= end_certainly_alone(&p->fds[i]);
	}
	if (!list.n)
		return;
	unseen = certain ? 0 : channel_unseen(scene, &first, p);
	blind = !certain && (unseen || holders_may_hide(scene->snapshot));
	all_seen = certain || all_holders_seen(scene->snapshot, unseen);
	f = findings_add(out, KIND_PIPE_PEERLESS, p);
	f->severity = fd_list_severity(m, all_seen && list.n >= MANY && !fewer_by_now(p) &&
				       looked_twice(scene, p) ? SEV_WARNING : SEV_INFO);
	f->confidence = m->confidence;
	f->intent = m->intent;
	f->remedy = REMEDY_FIX_APP;
	fd_list_give(&list, f);
	f->pipe = channel_map(out->arena, &first, unseen);
	f->message = message_for(out->arena, scene->snapshot, f, readers, certain);
	if (!blind && !all_seen)
		f->message = arena_printf(out->arena, "%s (as far as visible from inside this pid namespace)",
					  f->message);
	f->advice = list.n < MANY ?
		"none yet: it may be about to be closed; look again" :
		"close the pipes of a child when it has ended, on every path, errors too";
}

void detect_pipe_peerless(const struct scene *scene, struct findings *out)
{
	const struct snapshot *s = scene->snapshot;
	bool *alone;

	if (!s->coverage.machine_fds)
		return;
	alone = arena_calloc(out->arena, s->process_n + 1, sizeof(*alone));
	holders_mark_alone(scene->holders, alone);
	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];

		if (alone[m->process - s->processes] && fd_list_wanted(m))
			judge(scene, m, out);
	}
}
