/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS302 pipe-no-eof: a reader gets its end of file when the last write end is closed, and
 * the last one is in the hands of somebody who should not have it: an orphan that inherited
 * it, or a sibling that was forked while it was open.  A program that is meant to write and
 * has nothing to say looks like that, too, so only what cannot be meant is a leak.
 * Of a whole machine nobody knows who belongs to whom, and every log is read from a pipe: see
 * what is_lost_writer() asks for.  A sibling is never told there: which numbers were agreed
 * upon between parent and child is written nowhere.
 */
#include "detect/detectors.h"

#include <string.h>

#include "detect/announced.h"
#include "detect/fd_list.h"
#include "detect/pipes.h"

#define DEPTH_MOST 4096		/* a record may hold a ring of parents */

struct no_eof {
	const struct scene *scene;
	struct arena *a;
	const struct member *reader;
	const struct descriptor *fd;
	struct channel channel;
	const struct holder *culprit;
	size_t unseen;
	bool reading;
};

static bool is_own(const struct member *m)
{
	return m && (m->relation == REL_TARGET || m->relation == REL_DESCENDANT);
}

/* Of a whole machine heads are not told: p or the nearest above it. */
static const struct member *orphan_above(const struct scene *scene, const struct process *p)
{
	for (unsigned depth = 0; p && depth < DEPTH_MOST; depth++) {
		const struct member *m = family_find(scene->family, p);

		if (m && m->relation == REL_ORPHAN)
			return m;
		p = snapshot_parent(scene->snapshot, p);
	}
	return NULL;
}

static const struct member *orphan_of(const struct scene *scene, const struct process *p)
{
	const struct member *m = family_find(scene->family, p);

	if (scene->family->target->kind == TARGET_ALL)
		return orphan_above(scene, p);
	if (!m || (m->relation != REL_ORPHAN && m->relation != REL_ORPHAN_DESCENDANT))
		return NULL;
	return m->relation == REL_ORPHAN_DESCENDANT && m->head ? m->head : m;
}

/* Everybody who could write is an orphan; the best known of them is to blame. */
static const struct holder *only_orphans(const struct no_eof *e)
{
	const struct holder *head = NULL;

	for (size_t i = 0; i < e->channel.writer_n; i++) {
		const struct holder *w = &e->channel.writers[i];
		const struct member *orphan = orphan_of(e->scene, w->process);

		if (!orphan)
			return NULL;
		if (!head && orphan->process == w->process)
			head = w;
	}
	return head || !e->channel.writer_n ? head : e->channel.writers;
}

static bool was_adopted(const struct member *m)
{
	for (size_t i = 0; i < m->evidence_n; i++)
		if (m->evidence[i].type == EV_ADOPTED && m->evidence[i].strength == CONF_EXACT)
			return true;
	return false;
}

/* Lost by the very job that the reader is of.  A daemon has a session of its own, a writer of
 * logs is above who reads them or below, and who adopts others may read what they write. */
static bool is_lost_writer(const struct no_eof *e, const struct process *w)
{
	const struct snapshot *s = e->scene->snapshot;
	const struct process *r = e->reader->process;
	const struct member *orphan = orphan_of(e->scene, w);

	return orphan && was_adopted(orphan) && orphan->intent != INTENT_DAEMON &&
	       w->sid == r->sid && w->pgid == r->pgid && w->now.state != 'Z' &&
	       orphan->process->sid == r->sid && orphan->process->before.at_ns &&
	       snapshot_age_ns(s, orphan->process) >= e->scene->policy->min_age_ns &&
	       !snapshot_is_above(s, w, r) && !snapshot_is_above(s, r, w);
}

/* The reader has waited from look to look, for long enough, and got nothing. */
static bool waits_in_vain(const struct no_eof *e)
{
	const struct snapshot *s = e->scene->snapshot;
	const struct process *r = e->reader->process;
	const struct task *t = task_blocked(r, TASK_READING, e->fd);

	if (!t || !r->before.at_ns || r->now.read_bytes != r->before.read_bytes ||
	    r->now.cpu_ticks != r->before.cpu_ticks)
		return false;
	return !t->has_since || !s->sched_now_ns ||
	       s->sched_now_ns >= t->since_ns + e->scene->policy->min_age_ns;
}

/* The one to blame, of a whole machine, or NULL. */
static const struct holder *only_lost(const struct no_eof *e)
{
	if (e->channel.both_ways || !waits_in_vain(e) ||
	    orphan_of(e->scene, e->reader->process) ||
	    channel_has_others(&e->channel, CHANNEL_WRITES))
		return NULL;
	for (size_t i = 0; i < e->channel.writer_n; i++)
		if (!is_lost_writer(e, e->channel.writers[i].process))
			return NULL;
	return only_orphans(e);
}

/* Nobody who could write was given the end as a standard stream or by number, started the
 * reader, or was started by it. */
static const struct holder *only_siblings(const struct no_eof *e)
{
	const struct snapshot *s = e->scene->snapshot;
	const struct process *r = e->reader->process, *parent = snapshot_parent(s, r);

	for (size_t i = 0; i < e->channel.writer_n; i++) {
		const struct holder *w = &e->channel.writers[i];

		if (w->fd->fd <= 2 || announced_by_command(w->process, w->fd->fd) ||
		    announced_by_environ(w->process, parent, w->fd->fd) ||
		    w->process == r || snapshot_is_above(s, w->process, r) ||
		    snapshot_is_above(s, r, w->process) ||
		    !is_own(family_find(e->scene->family, w->process)))
			return NULL;
	}
	return e->channel.writer_n ? e->channel.writers : NULL;
}

/* A copy of the reader's parent that was made by fork alone: such siblings may have been
 * given pipes to one another on purpose, with no number in any command line. */
static bool is_plain_fork(const struct process *p, const struct process *parent)
{
	return !p->layout.random || !parent->layout.random ||
	       !memcmp(&p->layout, &parent->layout, sizeof(p->layout));
}

/* The parent waits for the reader's end, or for its last output. */
static bool parent_waits(const struct no_eof *e, const struct process *parent)
{
	const struct process *r = e->reader->process;

	if (process_does(parent, TASK_WAITING_CHILD))
		return true;
	for (size_t i = 0; i < r->fd_n; i++)
		if (r->fds[i].kind == FD_PIPE && r->fds[i].mode == FD_WRITE &&
		    task_blocked(parent, TASK_READING, &r->fds[i]))
			return true;
	return false;
}

/* Somebody unseen may be the one who is meant to write. */
static bool is_blind(const struct no_eof *e)
{
	return e->unseen || holders_may_hide(e->scene->snapshot) ||
	       channel_has_others(&e->channel, CHANNEL_WRITES);
}

static enum severity sibling_severity(const struct no_eof *e)
{
	const struct process *parent = snapshot_parent(e->scene->snapshot, e->reader->process);

	if (!parent || !parent_waits(e, parent) || is_blind(e))
		return SEV_INFO;
	if (e->fd->fd == 0)
		return SEV_CRITICAL;
	return is_plain_fork(e->culprit->process, parent) ? SEV_INFO : SEV_WARNING;
}

static enum severity orphan_severity(const struct no_eof *e)
{
	const struct member *orphan = orphan_of(e->scene, e->culprit->process);

	if (orphan->intent == INTENT_DAEMON || orphan->detached ||
	    orphan->confidence < CONF_STRONG || is_blind(e))
		return SEV_INFO;
	if (snapshot_age_ns(e->scene->snapshot, orphan->process) < e->scene->policy->min_age_ns)
		return SEV_INFO;
	if (e->scene->family->target->kind == TARGET_ALL)
		return SEV_WARNING;
	return e->reading ? SEV_CRITICAL : SEV_WARNING;
}

static const char *message_for(const struct no_eof *e, bool sibling)
{
	char link[DESCRIPTOR_LINK_SIZE];
	const char *others = e->channel.writer_n > 1 ?
		arena_printf(e->a, " (and %zu more)", e->channel.writer_n - 1) : "";

	return arena_printf(e->a, "%s the end of %s (fd %d), which cannot come: %s, %s, holds the %s end%s%s",
			    e->reading ? "waits for" : "would wait for", descriptor_link(e->fd, link), e->fd->fd,
			    end_text(e->a, e->culprit),
			    sibling ? "a sibling that inherited it" : "an orphan",
			    e->channel.both_ways ? "other" : "write", others,
			    unseen_clause(e->a, e->scene->snapshot, e->unseen));
}

static void tell(const struct no_eof *e, bool sibling, struct findings *out)
{
	struct finding *f = findings_add(out, KIND_PIPE_NO_EOF, e->reader->process);
	enum severity severity = sibling ? sibling_severity(e) : orphan_severity(e);

	f->severity = fd_list_severity(e->reader, severity);
	f->confidence = e->reader->confidence;
	f->intent = e->reader->intent;
	f->culprit = e->culprit->process;
	f->fd = e->fd->fd;
	f->remedy = REMEDY_FIX_APP;
	f->pipe = channel_map(e->a, &e->channel, e->unseen);
	f->message = message_for(e, sibling);
	if (sibling)
		f->advice = "make pipes close-on-exec (pipe2 with O_CLOEXEC), and close them in forked children; ending the sibling ends the wait now";
	else
		f->advice = arena_printf(e->a, "end %d, then the reader goes on; start what outlives a step with its output elsewhere (a file, /dev/null)",
					 (int)e->culprit->process->id.pid);
}

/* One pipe is one finding, about the one who reads, or else the first who could. */
static bool is_the_reader(const struct no_eof *e)
{
	const struct member *first = NULL, *reading = NULL;

	for (size_t i = 0; i < e->channel.reader_n; i++) {
		const struct holder *h = &e->channel.readers[i];
		const struct member *m = family_find(e->scene->family, h->process);

		if (!is_own(m) || !fd_list_wanted(m))
			continue;
		if (!first || m->process->id.start_ticks < first->process->id.start_ticks)
			first = m;
		if (!reading && task_blocked(m->process, TASK_READING, h->fd))
			reading = m;
	}
	return e->reader == (reading ? reading : first);
}

static bool told_before(const struct process *p, const struct descriptor *d)
{
	for (const struct descriptor *before = p->fds; before < d; before++)
		if (before->kind == d->kind && before->inode == d->inode && before->mode == d->mode)
			return true;
	return false;
}

static void judge_lost(struct no_eof *e, struct findings *out)
{
	e->culprit = only_lost(e);
	if (!e->culprit || told_before(e->reader->process, e->fd))
		return;
	e->unseen = channel_unseen(e->scene, &e->channel, e->reader->process);
	if (all_holders_seen(e->scene->snapshot, e->unseen) && is_the_reader(e))
		tell(e, false, out);
}

static void judge(struct no_eof *e, struct findings *out)
{
	bool sibling = false;

	e->culprit = only_orphans(e);
	if (!e->culprit && e->reading && !e->channel.both_ways) {
		e->culprit = only_siblings(e);
		sibling = true;
	}
	if (!e->culprit || !is_the_reader(e) || told_before(e->reader->process, e->fd))
		return;
	e->unseen = channel_unseen(e->scene, &e->channel, e->reader->process);
	tell(e, sibling, out);
}

void detect_pipe_no_eof(const struct scene *scene, struct findings *out)
{
	bool all = scene->family->target->kind == TARGET_ALL;

	if (all && !scene->snapshot->coverage.machine_fds)
		return;
	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];

		/* of everybody only those that wait are worth a look */
		if (all && !process_does(m->process, TASK_READING))
			continue;
		for (size_t j = 0; is_own(m) && fd_list_wanted(m) && j < m->process->fd_n; j++) {
			struct no_eof e = { .scene = scene, .a = out->arena, .reader = m,
					    .fd = &m->process->fds[j] };

			if (!channel_of(scene, e.fd, CHANNEL_READS, &e.channel))
				continue;
			e.reading = task_blocked(m->process, TASK_READING, e.fd);
			(all ? judge_lost : judge)(&e, out);
		}
	}
}
