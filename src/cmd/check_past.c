/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One look takes a zombie's age from the scheduler's clock, which stands still in suspend
 * and is not everybody's to read; who has seen it before knows better.
 */
#include "cmd/check_past.h"

#include <stdlib.h>
#include <string.h>

#define RUNS 21			/* of which changes of state are counted */
#define RUNS_LEAST 6
#define NOTE_KEPT "this check is not remembered: %s"

static void note(struct past *p, const char *text)
{
	if (p->note_n < ARRAY_SIZE(p->notes))
		p->notes[p->note_n++] = text;
}

static void remark(struct past *p, const char *text)
{
	if (p->remark_n < ARRAY_SIZE(p->remarks))
		p->remarks[p->remark_n++] = text;
}

/* The command line without what changes neither target nor thresholds. */
static char *key_of(int argc, char **argv)
{
	size_t room = 1;
	char *key;

	for (int i = 1; i < argc; i++)
		room += strlen(argv[i]) + 1;
	key = calloc(1, room);
	for (int i = 1; key && i < argc; i++) {
		if (!strncmp(argv[i], "-v", 2) || !strcmp(argv[i], "--verbose"))
			continue;
		if (*key)
			strcat(key, " ");
		strcat(key, argv[i]);
	}
	return key;
}

void past_open(struct past *p, struct check_options *o, int argc, char **argv)
{
	*p = (struct past){ .memory = NULL };
	if (o->no_state || o->q.from)
		return;
	p->key = key_of(argc, argv);
	if (!p->key || memory_open(o->state, MEMORY_WRITE, &p->memory, p->why))
		o->rule.no_memory = p->why;
	o->q.memory = p->memory;
}

static void apply_zombies(struct past *p, const struct snapshot *s, struct report *r)
{
	for (size_t i = 0; i < r->findings.n; i++) {
		struct finding *f = &r->findings.list[i];
		struct memory_zombie z;

		if (f->kind != KIND_ZOMBIE || !memory_zombie(p->memory, s, f->subject, &z))
			continue;
		if (!f->has_age || z.age_seconds > f->age_seconds) {
			f->has_age = true;
			f->age_seconds = z.age_seconds;
		}
		remark(p, arena_printf(s->arena, "zombie %d was seen in %llu earlier checks",
				       (int)f->subject->id.pid, (unsigned long long)z.checks));
	}
}

static const char *change(struct arena *a, const char *what, int64_t before, int64_t now,
			  double seconds)
{
	if (before < 0 || now < 0)
		return "";
	return arena_printf(a, ", %s %+lld (%+.2f a minute)", what, (long long)(now - before),
			    (double)(now - before) * 60 / seconds);
}

static void tell_rates(struct past *p, const struct snapshot *s, const struct report *r)
{
	struct figures now = memory_figures(r);
	struct memory_before b;
	char ago[32];

	if (!memory_before(p->memory, r, &b))
		return;
	remark(p, arena_printf(s->arena, "since the check %s ago%s%s%s%s",
			       text_age((uint64_t)(b.seconds * 1e9), ago, sizeof(ago)),
			       change(s->arena, "descriptors", b.figures.fds, now.fds, b.seconds),
			       change(s->arena, "children", b.figures.children, now.children, b.seconds),
			       change(s->arena, "zombies", b.figures.zombies, now.zombies, b.seconds),
			       change(s->arena, "orphans", b.figures.orphans, now.orphans, b.seconds)));
}

void past_apply(struct past *p, const struct verdicts *v)
{
	struct arena *a = v->snapshot->arena;

	if (*p->why)
		/* a copy: past_keep() has words of its own */
		note(p, p->memory ? arena_strdup(a, p->why) : arena_printf(
			     a, "nothing is known of earlier checks: %s", p->why));
	if (!p->memory)
		return;
	remark(p, arena_printf(a, "memory: %s", memory_path(p->memory)));
	for (size_t i = 0; i < v->n; i++) {
		apply_zombies(p, v->snapshot, v->list[i]);
		tell_rates(p, v->snapshot, v->list[i]);
	}
}

static void tell_flapping(struct past *p, struct arena *a, int state)
{
	struct memory_flapping f;
	const char *text;

	memory_flapping(p->memory, p->key, state, RUNS, &f);
	text = arena_printf(a, "the state has changed %u times in the last %u checks", f.changes,
			    f.checks);
	if (f.checks >= RUNS_LEAST && f.changes * 2 >= f.checks - 1)
		note(p, arena_printf(a, "%s: what leaks comes and goes", text));
	else if (f.checks > 1)
		remark(p, text);
}

bool past_keep(struct past *p, struct check_options *o, const struct verdicts *v,
	       const struct check *c)
{
	struct arena *a = v->snapshot->arena;

	if (!p->memory)
		return true;
	tell_flapping(p, a, c->state);
	p->why[0] = 0;
	if (memory_note(p->memory, (const struct report *const *)v->list, v->n, p->key, c->state,
			p->why)) {
		o->rule.no_memory = p->why;
		note(p, arena_printf(a, NOTE_KEPT, p->why));
		return false;
	}
	if (*p->why)
		note(p, p->why);
	return true;
}

void past_close(struct past *p)
{
	memory_close(p->memory);
	free(p->key);
}
