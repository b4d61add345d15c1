/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The board's life: what comes in, what it asks for.  Which rows there are is made afresh
 * from the report whenever something has changed; what must outlive a report is copied.
 */
#include "tui/board_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

#define NS_PER_S UINT64_C(1000000000)
#define SAID_NS (8 * NS_PER_S)

struct board *board_new(const struct board_options *o)
{
	struct board *b = calloc(1, sizeof(*b));

	if (!b)
		abort();
	b->o = *o;
	b->arena = arena_new(0);
	b->o.version = arena_strdup(b->arena, o->version);
	b->o.what = arena_strdup(b->arena, o->what);
	b->now_ns = o->now_ns;
	b->view = o->all ? VIEW_APPS : VIEW_FINDINGS;
	b->dirty = b->rows_old = true;
	return b;
}

static void scope_drop(struct scope *s)
{
	if (s->has_news && s->news.release)
		s->news.release(s->news.owner);
	s->has_news = false;
	s->news = (struct board_news){ .n = 0 };
}

static void scope_free(struct scope *s)
{
	scope_drop(s);
	memory_free(&s->memory);
	s->error[0] = 0;
	s->at_ns = 0;
}

static void rows_drop(struct board *b)
{
	arena_free(b->rows.arena);
	b->rows = (struct rows){ .n = 0 };
	b->rows_old = true;
}

void board_free(struct board *b)
{
	if (!b)
		return;
	reap_end(b);
	rows_drop(b);
	scope_free(&b->inner);
	scope_free(&b->outer);
	id_set_free(&b->tags);
	id_set_free(&b->folds);
	id_set_free(&b->opened);
	free(b->asked_ids);
	arena_free(b->arena);
	free(b);
}

void board_scope_end(struct board *b)
{
	scope_free(&b->inner);
	b->inside = (struct process_id){ 0, 0 };
}

struct scope *board_scope(struct board *b)
{
	return b->inside.pid ? &b->inner : &b->outer;
}

const struct report *board_report(const struct board *b)
{
	const struct scope *s = b->inside.pid ? &b->inner : &b->outer;

	return s->has_news ? s->news.reports[0] : NULL;
}

bool board_has_apps(const struct board *b)
{
	const struct board_news *news = &b->outer.news;

	if (b->inside.pid)
		return false;
	return b->outer.has_news ? news->n > 1 || news->reports[0]->target->kind == TARGET_ALL :
		b->o.all;
}

uint64_t board_age(const struct board *b)
{
	const struct scope *s = b->inside.pid ? &b->inner : &b->outer;

	return s->has_news && b->now_ns > s->at_ns ? b->now_ns - s->at_ns : 0;
}

/* Whose news these are: of all, or of the application that was entered; NULL: of nobody
 * that is looked at any more, or of one that only has the same pid. */
static struct scope *scope_for(struct board *b, const struct board_news *news)
{
	const struct target *target = news->n == 1 ? news->reports[0]->target : NULL;

	if (!b->inside.pid)
		return &b->outer;
	if (!news->n)
		return &b->inner;
	if (!target || target->pid != b->inside.pid)
		return NULL;
	if (b->inside.start_ticks && target->process &&
	    !process_id_same(target->process->id, b->inside)) {
		board_say(b, SEV_WARNING, "it has exited, and its pid is another process's by now");
		return NULL;
	}
	return &b->inner;
}

static void take_apps(struct board *b, struct scope *s)
{
	struct arena *a = arena_new(0);
	const struct app *apps;
	size_t n;

	apps = apps_make(&s->news, a, &n);
	memory_take_apps(&s->memory, apps, n, s->at_ns);
	arena_free(a);
	if (b->view != VIEW_APPS && s->memory.refreshes == 1 && !b->o.all && s->news.n > 1)
		board_show_view(b, VIEW_APPS);
}

static void forget_dead_tags(struct board *b, const struct snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < b->tags.n; i++) {
		const struct process *p = snapshot_find(s, b->tags.list[i].pid);

		if (p && !p->gone && process_id_same(p->id, b->tags.list[i]))
			b->tags.list[n++] = b->tags.list[i];
	}
	b->tags.n = n;
}

/* What they cost, and when they were last true. */
static void still(struct scope *s, const struct board_news *news)
{
	s->news.cpu_ns = news->cpu_ns;
	s->news.cpu_percent = news->cpu_percent;
	s->news.every_ns = news->every_ns;
	s->news.adaptive = news->adaptive;
	s->error[0] = '\0';
	s->at_ns = news->at_ns;
	memory_still(&s->memory, &s->news, news->at_ns);
}

void board_news(struct board *b, const struct board_news *news)
{
	struct scope *s = scope_for(b, news);

	b->dirty = true;
	if (news->stands) {
		/* what stands may be a verdict that was not taken in */
		if (s->has_news && !s->missed && !b->frozen)
			still(s, news);
		return;
	}
	if (!s || (b->frozen && s->has_news && news->n)) {
		if (s)
			s->missed = true;
		if (news->release)
			news->release(news->owner);
		return;
	}
	snprintf(s->error, sizeof(s->error), "%s", news->error ? news->error : "");
	if (!news->n) {
		if (news->release)
			news->release(news->owner);
		return;
	}
	rows_drop(b);
	scope_drop(s);
	s->news = *news;
	s->news.error = NULL;
	s->has_news = true;
	s->missed = false;
	s->at_ns = news->reports[0]->snapshot->now_ns;
	if (b->now_ns < s->at_ns && !news->reports[0]->snapshot->replayed)
		b->now_ns = s->at_ns;
	memory_take(&s->memory, &s->news);
	forget_dead_tags(b, s->news.reports[0]->snapshot);
	if (board_has_apps(b))
		take_apps(b, s);
	else if (b->view == VIEW_APPS)
		board_show_view(b, VIEW_FINDINGS);
}

void board_tick(struct board *b, uint64_t now_ns)
{
	if (now_ns <= b->now_ns)
		return;
	b->now_ns = now_ns;
	b->dirty = true;
}

void board_say(struct board *b, enum severity how, const char *text)
{
	struct arena *a = arena_new(0);
	char *shown = escape_text(a, SINK_TERMINAL, text);

	if (b->o.ascii)
		shown = escape_ascii(a, shown);
	shown = escape_cut(a, shown, sizeof(b->said.text) / 4 - 1, b->o.ascii);
	snprintf(b->said.text, sizeof(b->said.text), "%s", shown);
	b->said.how = how;
	b->said.until_ns = b->now_ns + SAID_NS;
	b->dirty = true;
	arena_free(a);
}

void board_wish(struct board *b, struct board_asked wish)
{
	/* A caller that takes none has no use for more of them. */
	if (b->asked_n < sizeof(b->asked) / sizeof(b->asked[0]))
		b->asked[b->asked_n++] = wish;
}

bool board_ask(struct board *b, struct board_asked *out)
{
	if (!b->asked_n)
		return false;
	*out = b->asked[0];
	memmove(b->asked, b->asked + 1, --b->asked_n * sizeof(b->asked[0]));
	return true;
}

void board_show_view(struct board *b, enum view_kind view)
{
	if (view == VIEW_APPS && !board_has_apps(b))
		return;
	b->view = view;
	b->rows_old = b->dirty = true;
}

bool board_dirty(const struct board *b)
{
	return b->dirty;
}
