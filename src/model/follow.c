/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A figure that never differs has no series: on a machine of ten thousand processes nearly
 * none has.  Linux lists children by thread and only to those who ask each; the walk has
 * read everybody's parent anyway.
 */
#include "model/follow.h"

#include <string.h>

#include "model/fd_kinds.h"

/* Of all series together. */
#define SAMPLES_ALL 1000000
#define SAMPLES_FEW 32

struct following {
	struct snapshot *s;
	const struct snapshot *previous;
	const struct process *p, *p_before;
	const struct series *old;	/* of the same process */
	size_t old_n;
	size_t most;			/* samples of one */
};

/* How many each process of `s` has, by its index. */
static int64_t *children_of(const struct snapshot *s, struct arena *a)
{
	int64_t *n = arena_calloc(a, s->process_n + 1, sizeof(*n));

	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *parent = snapshot_parent(s, &s->processes[i]);

		if (parent)
			n[parent - s->processes]++;
	}
	return n;
}

/* Every second one: as if it had been sampled half as often. */
static void thin(struct series *one)
{
	size_t n = 0;

	for (size_t i = 0; i < one->n; i += 2)
		one->samples[n++] = one->samples[i];
	one->n = n;
}

/* The latest sample is always there, and slides on until it is far enough from the one
 * before it to stay. */
static void add(struct series *one, size_t most, struct sample sample)
{
	uint64_t apart_ns;

	if (one->n && one->samples[one->n - 1].at_ns >= sample.at_ns)
		return;
	if (one->n == most)
		thin(one);
	apart_ns = one->n ? (sample.at_ns - one->samples[0].at_ns) / most : 0;
	if (one->n > 1 && one->samples[one->n - 1].at_ns - one->samples[one->n - 2].at_ns < apart_ns)
		one->n--;
	one->samples[one->n++] = sample;
}

static struct series *begin(const struct following *f, enum series_kind kind, size_t n)
{
	struct snapshot *s = f->s;
	struct series *new = arena_push(s->arena, &s->series, &s->series_n, &s->series_room,
					sizeof(*new));

	new->id = f->p->id;
	new->kind = kind;
	new->room = n + 2;
	new->samples = arena_calloc(s->arena, new->room, sizeof(*new->samples));
	return new;
}

static struct series *take_over(const struct following *f, const struct series *old)
{
	struct series *new = begin(f, old->kind, old->n);

	new->fd_kind = old->fd_kind;
	new->anon = arena_strdup(f->s->arena, old->anon);
	new->n = old->n;
	memcpy(new->samples, old->samples, old->n * sizeof(*new->samples));
	while (new->n > f->most)
		thin(new);
	return new;
}

/* True when there is a series of that figure now.  -1: not known. */
static bool follow_figure(const struct following *f, enum series_kind kind, int64_t before,
			  int64_t now)
{
	struct series *one = NULL;

	for (size_t i = 0; i < f->old_n && !one; i++)
		if (f->old[i].kind == kind)
			one = take_over(f, &f->old[i]);
	if (!one && now >= 0 && before >= 0 && now != before) {
		one = begin(f, kind, 1);
		add(one, f->most, (struct sample){ f->p_before->now.at_ns, before });
	}
	if (one && now >= 0)
		add(one, f->most, (struct sample){ f->s->now_ns, now });
	return one;
}

static const struct series *old_of_kind(const struct following *f, const struct fd_kind_count *k)
{
	for (size_t i = 0; i < f->old_n; i++)
		if (fd_kinds_is_series(&f->old[i], k))
			return &f->old[i];
	return NULL;
}

static void follow_kinds(const struct following *f)
{
	struct fd_kind_count kinds[FD_KINDS_MOST];
	size_t n = fd_kinds_count(f->p, kinds);

	/* those that are no longer there have a count too: none */
	for (size_t i = 0; i < f->old_n; i++) {
		size_t k = 0;

		while (k < n && !fd_kinds_is_series(&f->old[i], &kinds[k]))
			k++;
		if (f->old[i].kind == SERIES_FDS_OF_KIND && k == n)
			add(take_over(f, &f->old[i]), f->most,
			    (struct sample){ f->s->now_ns, 0 });
	}
	for (size_t k = 0; k < n; k++) {
		const struct series *old = old_of_kind(f, &kinds[k]);
		struct series *one = old ? take_over(f, old) : begin(f, SERIES_FDS_OF_KIND, 0);

		if (!old) {
			one->fd_kind = kinds[k].kind;
			if (kinds[k].anon[0])
				one->anon = arena_strdup(f->s->arena, kinds[k].anon);
		}
		add(one, f->most, (struct sample){ f->s->now_ns, kinds[k].n });
	}
}

static void follow_look(struct process *p, const struct process *before)
{
	if (before->now.ppid == p->now.ppid &&
	    p->now.at_ns >= before->now.at_ns + FOLLOW_LEAST_NS)
		p->before = before->now;
}

void snapshot_follow(struct snapshot *s, const struct snapshot *previous)
{
	struct arena *scratch = arena_new(0);
	int64_t *children = children_of(s, scratch), *before = children_of(previous, scratch);
	struct following f = { .s = s, .previous = previous };
	size_t at = 0;

	f.most = SAMPLES_ALL / (previous->series_n + 1);
	f.most = f.most > FOLLOW_SAMPLES_MOST ? FOLLOW_SAMPLES_MOST :
		f.most < SAMPLES_FEW ? SAMPLES_FEW : f.most;
	for (size_t i = 0; i < s->process_n; i++) {
		struct process *p = &s->processes[i];

		while (at < previous->series_n && previous->series[at].id.pid < p->id.pid)
			at++;
		f.old = &previous->series[at];
		while (at < previous->series_n && previous->series[at].id.pid == p->id.pid)
			at++;
		f.p = p;
		f.p_before = snapshot_find(previous, p->id.pid);
		if (p->kernel_thread || !f.p_before || !process_id_same(f.p_before->id, p->id))
			continue;
		f.old_n = (size_t)(&previous->series[at] - f.old);
		follow_look(p, f.p_before);
		follow_figure(&f, SERIES_CHILDREN, before[f.p_before - previous->processes],
			      children[i]);
		if (follow_figure(&f, SERIES_FDS, f.p_before->now.fd_count, p->now.fd_count) &&
		    process_knows(p, FACT_FDS))
			follow_kinds(&f);
	}
	arena_free(scratch);
}
