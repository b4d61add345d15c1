/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS301 pipe-stuck-writer: blocked in write because the pipe is full and whoever holds the
 * read end does not read.  (With no holder at all the kernel would have sent SIGPIPE.)
 * A slow reader looks the same for a while.  It is told apart by structure, when the only
 * reader waits for the writer or is the writer, and by what the writer has written in all:
 * when that just fills the pipe, nobody has ever read from it.
 */
#include "detect/detectors.h"

#include "base/text.h"
#include "detect/fd_list.h"
#include "detect/pipes.h"

#define SECOND UINT64_C(1000000000)
#define BRIEF_NS (400 * UINT64_C(1000000))	/* less: the ordinary life of a pipe */
#define TRANSIENT_NS SECOND			/* less, and no reason why it should last */
#define LONG_NS (5 * SECOND)
#define HOUSEKEEPING 10		/* a part so small of the time on a CPU is no work */
#define PIPE_SIZE 65536		/* pipe(7), unless it was asked */
#define PAGE 4096		/* a writer wakes up when so much has been read */

enum proof { PROOF_NONE, PROOF_LASTING, PROOF_DEADLOCK };

struct stuck {
	const struct scene *scene;
	struct arena *a;
	const struct member *member;
	const struct task *task;
	const struct descriptor *fd;
	struct channel channel;
	uint64_t blocked_ns;
	size_t unseen;
};

/* The thread was looked at once; between the looks the process must not have moved. */
static bool moved(const struct process *p)
{
	if (!p->before.at_ns)
		return false;
	return p->now.cpu_ticks != p->before.cpu_ticks ||
	       p->now.written_bytes != p->before.written_bytes ||
	       p->now.read_bytes != p->before.read_bytes;
}

static uint64_t blocked_for(const struct snapshot *s, const struct process *p,
			    const struct task *t)
{
	uint64_t between = p->before.at_ns && p->now.at_ns > p->before.at_ns ?
		p->now.at_ns - p->before.at_ns : 0;
	uint64_t now_ns = s->sched_now_ns;

	/* another of its threads has moved, or this one has */
	if (moved(p))
		now_ns = now_ns > between ? now_ns - between : 0;
	if (t->has_since && now_ns)
		return now_ns > t->since_ns ? now_ns - t->since_ns : 0;
	/* a kernel that does not tell: not moved from look to look is all we know */
	return !moved(p) && p->now.written_bytes >= 0 ? between : 0;
}

/* Was looked at twice, and hardly ran between.  A virtual machine keeps house while nobody
 * wants anything from it: a tick of CPU now and then is no sign of work. */
static bool hardly_ran(const struct snapshot *s, const struct process *p)
{
	uint64_t ticks = p->now.cpu_ticks - p->before.cpu_ticks;

	return p->before.at_ns && p->now.at_ns > p->before.at_ns &&
	       p->now.cpu_ticks >= p->before.cpu_ticks && s->hz &&
	       ticks * SECOND / s->hz <= (p->now.at_ns - p->before.at_ns) / HOUSEKEEPING;
}

static bool all_threads(const struct process *p, const struct task *but,
			bool (*are)(const struct task *t))
{
	for (size_t i = 0; i < p->task_n; i++)
		if (&p->tasks[i] != but && !are(&p->tasks[i]))
			return false;
	return p->task_n;
}

static bool is_parked(const struct task *t)
{
	return t->doing == TASK_LOCKING || t->doing == TASK_WAITING_CHILD;
}

/* Neither busy nor waiting for something that has it read again: a terminal, an event. */
static bool is_idle(const struct task *t)
{
	return is_parked(t) || t->doing == TASK_SLEEPING ||
	       (t->doing == TASK_RUNNING && t->state == 'S');
}

/* All its living children lead to p: it is p that it waits for. */
static bool waits_for(const struct snapshot *s, const struct process *waiter,
		      const struct process *p)
{
	if (!process_does(waiter, TASK_WAITING_CHILD) || !snapshot_is_above(s, waiter, p))
		return false;
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *child = &s->processes[i];

		if (child->now.ppid != waiter->id.pid || child->gone || process_is_zombie(child))
			continue;
		if (child != p && !snapshot_is_above(s, child, p))
			return false;
	}
	return true;
}

/* What it wrote, to whatever, is what the pipe holds, and not a page more.  Less says
 * nothing: one big write counts when it is done, and others may have filled the pipe
 * before. */
static bool never_read(const struct stuck *w)
{
	const struct process *p = w->member->process;
	uint64_t size = w->fd->has_queue ? w->fd->capacity_bytes : PIPE_SIZE;

	return w->fd->kind == FD_PIPE && p->now.written_bytes >= (int64_t)(size / 2) &&
	       p->now.written_bytes < (int64_t)size + PAGE;
}

/* The pipe still holds all that the writer ever wrote: whatever was read meanwhile came from
 * elsewhere. */
static bool holds_all(const struct stuck *w)
{
	const struct process *p = w->member->process;

	return w->fd->has_queue && never_read(w) && w->fd->queued_bytes >= p->now.written_bytes;
}

/* So that it may have read, or may be about to. */
static bool reader_moved(const struct stuck *w, const struct process *r)
{
	if (r->task_n == 1 || !moved(r))
		return moved(r);
	if (!hardly_ran(w->scene->snapshot, r))
		return true;
	return !holds_all(w) && (r->now.read_bytes != r->before.read_bytes ||
				 r->now.written_bytes != r->before.written_bytes);
}

/* r is blocked reading what only p could write, or who waits for p: neither goes on. */
static bool reads_from(const struct stuck *w, const struct process *r, const struct process *p)
{
	for (size_t i = 0; i < r->task_n; i++) {
		const struct task *t = &r->tasks[i];
		const struct descriptor *d = t->doing == TASK_READING && t->fd >= 0 ?
			process_fd(r, t->fd) : NULL;
		struct channel c;
		size_t theirs = 0;

		if (!d || !channel_of(w->scene, d, CHANNEL_READS, &c))
			continue;
		for (size_t j = 0; j < c.writer_n; j++)
			theirs += c.writers[j].process == p ||
				(c.writers[j].process->task_n == 1 &&
				 waits_for(w->scene->snapshot, c.writers[j].process, p));
		if (theirs && theirs == c.writer_n && !channel_has_others(&c, CHANNEL_WRITES))
			return true;
	}
	return false;
}

/* `... | while read x`: a shell reads a line, byte by byte, and then waits for what it does
 * with it.  So does anybody beside it in a pipeline, like `... | (sleep 10; sort)`. */
static bool will_read_on(const struct stuck *w, const struct process *r)
{
	return process_does(r, TASK_WAITING_CHILD) &&
	       (process_is_shell(r) ||
		!snapshot_is_above(w->scene->snapshot, r, w->member->process));
}

static enum proof proof_of(const struct stuck *w, const struct holder *reader)
{
	const struct process *r = reader->process, *p = w->member->process;

	if (r == p) {
		if (p->task_n == 1)
			return PROOF_DEADLOCK;
		return all_threads(p, w->task, is_idle) && never_read(w) ? PROOF_LASTING :
		       PROOF_NONE;
	}
	if (r->now.state == 'T' || r->now.state == 't' || !process_knows(r, FACT_TASKS) ||
	    reader_moved(w, r))
		return PROOF_NONE;
	if (waits_for(w->scene->snapshot, r, p) && all_threads(r, NULL, is_parked) &&
	    (r->task_n == 1 || (never_read(w) && w->blocked_ns >= LONG_NS)))
		return PROOF_DEADLOCK;
	if (r->task_n == 1 && p->task_n == 1 && reads_from(w, r, p))
		return PROOF_DEADLOCK;
	return never_read(w) && all_threads(r, NULL, is_idle) && !will_read_on(w, r) ?
		PROOF_LASTING : PROOF_NONE;
}

static bool is_blind(const struct stuck *w)
{
	return w->unseen || holders_may_hide(w->scene->snapshot) ||
	       channel_has_others(&w->channel, CHANNEL_READS);
}

static enum proof weakest_proof(const struct stuck *w)
{
	enum proof weakest = PROOF_DEADLOCK;

	for (size_t i = 0; i < w->channel.reader_n; i++) {
		enum proof proof = proof_of(w, &w->channel.readers[i]);

		weakest = proof < weakest ? proof : weakest;
	}
	if (!w->channel.reader_n)
		return PROOF_NONE;
	/* somebody unseen may hold the read end, and read */
	return is_blind(w) && weakest == PROOF_DEADLOCK ? PROOF_LASTING : weakest;
}

/* Looks at the pipe right now. */
static bool somebody_reads(const struct stuck *w)
{
	for (size_t i = 0; i < w->channel.reader_n; i++)
		if (task_blocked(w->channel.readers[i].process, TASK_READING,
				 w->channel.readers[i].fd))
			return true;
	return false;
}

/* Of a machine nobody has named the application, and full pipes are its ordinary life: only
 * what cannot go on by itself is told, and only if all that takes part was looked at twice. */
static bool is_told(const struct stuck *w, enum proof proof)
{
	if (w->scene->family->target->kind != TARGET_ALL)
		return w->blocked_ns >= (proof == PROOF_NONE ? TRANSIENT_NS : BRIEF_NS);
	if (proof != PROOF_DEADLOCK || w->blocked_ns < w->scene->policy->min_age_ns ||
	    !w->member->process->before.at_ns || !all_holders_seen(w->scene->snapshot, w->unseen))
		return false;
	for (size_t i = 0; i < w->channel.reader_n; i++)
		if (!w->channel.readers[i].process->before.at_ns)
			return false;
	return true;
}

static enum severity severity_of(const struct stuck *w, enum proof proof)
{
	if (w->blocked_ns < w->scene->policy->min_age_ns || proof == PROOF_NONE)
		return SEV_INFO;
	if (proof == PROOF_DEADLOCK)
		return SEV_CRITICAL;
	return w->blocked_ns >= LONG_NS && !is_blind(w) ? SEV_WARNING : SEV_INFO;
}

/* The reader to name: the writer itself when it alone could read. */
static const struct holder *named_reader(const struct stuck *w)
{
	for (size_t i = 0; i < w->channel.reader_n; i++)
		if (w->channel.readers[i].process != w->member->process)
			return &w->channel.readers[i];
	return w->channel.reader_n ? w->channel.readers : NULL;
}

static const char *reader_clause(const struct stuck *w, const struct holder *reader)
{
	const char *more = "", *why = "";

	if (!reader)
		return "somebody who cannot be seen holds the read end and does not read";
	if (reader->process == w->member->process)
		return arena_printf(w->a, "nobody but itself holds the read end (fd %d)",
				    reader->fd->fd);
	if (w->channel.reader_n > 1)
		more = arena_printf(w->a, " with %zu other%s", w->channel.reader_n - 1,
				    w->channel.reader_n == 2 ? "" : "s");
	if (reader->process->now.state == 'T' || reader->process->now.state == 't')
		why = ": it is stopped";
	else if (waits_for(w->scene->snapshot, reader->process, w->member->process))
		why = ": it waits for the writer to end";
	else if (reads_from(w, reader->process, w->member->process))
		why = ": it reads another pipe, which only the writer could fill";
	return arena_printf(w->a, "%s holds the read end%s and does not read%s",
			    end_text(w->a, reader), more, why);
}

static const char *advice_for(const struct stuck *w, const struct holder *reader,
			      enum severity severity)
{
	if (severity == SEV_INFO && reader && reader->process != w->member->process)
		return "look again: a slow reader is no leak, one that never reads is";
	if (reader && reader->process == w->member->process)
		return "close the end that is not used right after fork, and never write more than the pipe holds to oneself";
	return "read the output until its end, in a thread or with communicate(), before waiting for the child; or send it to a file or /dev/null";
}

static void judge(struct stuck *w, struct findings *out)
{
	const struct process *p = w->member->process;
	const struct holder *reader = named_reader(w);
	enum proof proof;
	struct finding *f;
	char age[32], link[DESCRIPTOR_LINK_SIZE];

	w->unseen = channel_unseen(w->scene, &w->channel, p);
	proof = weakest_proof(w);
	if (!is_told(w, proof))
		return;
	f = findings_add(out, KIND_PIPE_STUCK_WRITER, p);
	f->severity = fd_list_severity(w->member, severity_of(w, proof));
	f->confidence = w->member->confidence;
	f->intent = w->member->intent;
	f->culprit = reader && reader->process != p ? reader->process : NULL;
	f->fd = w->fd->fd;
	f->has_age = true;
	f->age_seconds = (double)w->blocked_ns / (double)SECOND;
	f->remedy = REMEDY_FIX_APP;
	f->pipe = channel_map(w->a, &w->channel, w->unseen);
	text_age(w->blocked_ns, age, sizeof(age));
	f->message = arena_printf(w->a, "blocked for %s%s writing to %s (fd %d): %s%s", age,
				  f->severity == SEV_INFO ? " so far" : "",
				  descriptor_link(w->fd, link), w->fd->fd, reader_clause(w, reader),
				  unseen_clause(w->a, w->scene->snapshot, w->unseen));
	f->advice = advice_for(w, reader, f->severity);
}

static bool is_stuck(const struct stuck *w)
{
	if (w->task->doing != TASK_WRITING || !w->fd || (w->task->state != 'S' && w->task->state != '?'))
		return false;
	return w->fd->kind == FD_SOCKET || w->task->in_pipe;
}

/* Threads that are blocked on the same pipe are one finding. */
static bool told_before(const struct process *p, size_t n, const struct descriptor *d)
{
	for (size_t i = 0; i < n; i++)
		if (p->tasks[i].doing == TASK_WRITING && p->tasks[i].fd == d->fd)
			return true;
	return false;
}

void detect_pipe_stuck_writer(const struct scene *scene, struct findings *out)
{
	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];
		const struct process *p = m->process;

		if (!fd_list_wanted(m) || (p->task_n == 1 && moved(p)))
			continue;
		for (size_t j = 0; j < p->task_n; j++) {
			struct stuck w = { .scene = scene, .a = out->arena, .member = m,
					   .task = &p->tasks[j] };

			w.fd = w.task->fd >= 0 ? process_fd(p, w.task->fd) : NULL;
			if (!is_stuck(&w) || told_before(p, j, w.fd) ||
			    !channel_of(scene, w.fd, CHANNEL_WRITES, &w.channel) ||
			    somebody_reads(&w))
				continue;
			w.blocked_ns = blocked_for(scene->snapshot, p, w.task);
			judge(&w, out);
		}
	}
}
