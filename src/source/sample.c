/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Samples over time, cheaply: the number of descriptors is one stat, the children are one
 * file a thread.  By kind all links must be read, so that is asked less often.
 */
#include "source/live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/fd_kinds.h"
#include "source/fd_table.h"
#include "source/live_clock.h"
#include "source/proc_dir.h"
#include "source/procfs.h"
#include "source/worker.h"

/* What one look at one process gave. */
struct counted {
	bool seen, ended;	/* neither: not known this time */
	uint64_t at_ns;
	int64_t fds, children;		/* -1 unknown */
	struct fd_kind_count kinds[FD_KINDS_MOST];
	size_t kind_n;
};

struct sampling {
	struct arena *scratch;
	struct process *const *who;
	struct counted *counted;
	bool kinds;
};

struct sampler {
	struct proc_dir proc;
	int size_is_count;
};

struct children {
	const struct proc_dir *proc;
	pid_t pid;
	int64_t n;
};

static int count_children(void *context, int tid)
{
	struct children *c = context;
	char file[64], buf[65536];
	ssize_t n;

	snprintf(file, sizeof(file), "task/%d/children", tid);
	n = proc_read(c->proc, c->pid, file, buf, sizeof(buf));
	for (ssize_t i = 0; i < n; i++)
		c->n += buf[i] == ' ';
	return 0;
}

static void sample_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct sampling *w = context;
	const struct sampler *me = own;
	const struct process *p = w->who[item];
	struct children children = { .proc = &me->proc, .pid = p->id.pid };
	struct counted c = { .fds = -1, .children = -1 };
	struct process seen;
	char buf[2048];
	ssize_t n;

	if (p->stalled || p->gone)
		return;
	n = proc_read(&me->proc, p->id.pid, "stat", buf, sizeof(buf));
	process_init(&seen, p->id);
	c.ended = n == -ESRCH;
	if (n > 0 && !procfs_stat((struct text){ buf, (size_t)n }, p->id.pid, &seen))
		c.ended = !process_id_same(seen.id, p->id) || process_is_zombie(&seen);
	else if (!c.ended)
		return;
	c.at_ns = live_clock_ns();
	c.seen = !c.ended;
	if (c.seen && seen.now.state != 'Z') {
		c.fds = proc_fd_count(&me->proc, p->id.pid, me->size_is_count);
		if (!proc_numbers(&me->proc, p->id.pid, "task", count_children, &children))
			c.children = children.n;
	}
	if (w->kinds && c.fds > 0 && !fd_table_read(&me->proc, w->scratch, &seen, t))
		c.kind_n = fd_kinds_count(&seen, c.kinds);
	if (ticket_claim(t))
		w->counted[item] = c;
}

static void *sample_begin(void *context)
{
	struct sampler *me = calloc(1, sizeof(*me));

	(void)context;
	if (!me || proc_dir_open(&me->proc) || proc_dir_late(&me->proc))
		return NULL;
	me->size_is_count = proc_fd_size_is_count(&me->proc);
	return me;
}

/* The series of each process, chained: a watch of thousands appends often. */
struct chains {
	struct snapshot *s;
	size_t *first;		/* by hash of the pid; the place in s->series and 1; 0 ends */
	size_t *next;		/* by place in s->series */
	size_t mask, room;
};

static size_t *chain_of(const struct chains *c, struct process_id id)
{
	return &c->first[(size_t)id.pid & c->mask];
}

static void chain(struct chains *c, size_t place)
{
	size_t *first = chain_of(c, c->s->series[place].id);

	c->next[place] = *first;
	*first = place + 1;
}

static void chains_build(struct chains *c, struct arena *scratch, struct snapshot *s, size_t n)
{
	size_t size = 1;

	while (size < n)
		size *= 2;
	*c = (struct chains){ .s = s, .mask = size - 1 };
	c->room = s->series_n + n * (FD_KINDS_MOST + 2);
	c->first = arena_calloc(scratch, size, sizeof(*c->first));
	c->next = arena_calloc(scratch, c->room, sizeof(*c->next));
	for (size_t i = 0; i < s->series_n; i++)
		chain(c, i);
}

static bool is_of(const struct series *one, struct process_id id, enum series_kind kind,
		  const struct fd_kind_count *k)
{
	return process_id_same(one->id, id) &&
	       (k ? fd_kinds_is_series(one, k) : one->kind == kind);
}

static void push(struct snapshot *s, struct series *series, struct sample sample)
{
	*(struct sample *)arena_push(s->arena, &series->samples, &series->n, &series->room,
				     sizeof(sample)) = sample;
}

static void append(struct chains *c, struct process_id id, enum series_kind kind,
		   const struct fd_kind_count *k, struct sample sample)
{
	struct snapshot *s = c->s;
	struct series *series;

	for (size_t at = *chain_of(c, id); at; at = c->next[at - 1])
		if (is_of(&s->series[at - 1], id, kind, k)) {
			push(s, &s->series[at - 1], sample);
			return;
		}
	series = arena_push(s->arena, &s->series, &s->series_n, &s->series_room,
			    sizeof(*series));
	series->id = id;
	series->kind = kind;
	series->fd_kind = k ? k->kind : FD_UNREADABLE;
	series->anon = k && k->anon[0] ? arena_strdup(s->arena, k->anon) : NULL;
	push(s, series, sample);
	chain(c, s->series_n - 1);
}

/* A kind that is no longer there has a count too: none. */
static void append_absent(struct chains *chains, struct process_id id, const struct counted *c)
{
	struct snapshot *s = chains->s;

	for (size_t at = c->kind_n ? *chain_of(chains, id) : 0; at; at = chains->next[at - 1]) {
		struct series *one = &s->series[at - 1];

		if (one->kind == SERIES_FDS_OF_KIND && process_id_same(one->id, id) &&
		    one->samples[one->n - 1].at_ns != c->at_ns)
			push(s, one, (struct sample){ c->at_ns, 0 });
	}
}

static void append_all(struct chains *chains, struct process_id id, const struct counted *c)
{
	if (c->fds >= 0)
		append(chains, id, SERIES_FDS, NULL, (struct sample){ c->at_ns, c->fds });
	if (c->children >= 0)
		append(chains, id, SERIES_CHILDREN, NULL,
		       (struct sample){ c->at_ns, c->children });
	for (size_t k = 0; k < c->kind_n; k++)
		append(chains, id, SERIES_FDS_OF_KIND, &c->kinds[k],
		       (struct sample){ c->at_ns, c->kinds[k].n });
	append_absent(chains, id, c);
}

size_t live_sample(struct snapshot *s, struct process *const *who, size_t n, bool kinds)
{
	struct arena *scratch = arena_new(1);
	struct sampling *w = arena_calloc(scratch, 1, sizeof(*w));
	struct work work = { .item = sample_item, .begin = sample_begin, .context = w, .n = n };
	struct work_result result;
	struct chains chains;
	size_t left = 0;

	*w = (struct sampling){ .scratch = scratch, .who = who, .kinds = kinds,
				.counted = arena_calloc(scratch, n, sizeof(struct counted)) };
	if (n)
		work_run(scratch, &work, &result);
	chains_build(&chains, scratch, s, n);
	for (size_t i = 0; i < n; i++) {
		left += !w->counted[i].ended;
		if (w->counted[i].seen)
			append_all(&chains, who[i]->id, &w->counted[i]);
	}
	/* what a worker that is left behind still writes goes to its own view of it */
	arena_free(scratch);
	return left;
}
