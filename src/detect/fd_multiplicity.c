/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS203 fd-multiplicity: many descriptors of one process to the same thing.  Many to one
 * file can be meant (a database, a reader per thread), so that is worth knowing, no more.
 * An epoll or inotify instance that watches nothing never wakes anybody: a heap of them was
 * forgotten.  But a pool of event loops that has nothing to do yet has one for each of its
 * threads, so only more of them than there are threads are a warning.
 */
#include "detect/detectors.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "detect/fd_list.h"

#define SAME_FILE_MANY 16
#define IDLE_WATCHERS_MANY 4

static const struct watcher { const char *target, *name; } watchers[] = {
	{ "anon_inode:[eventpoll]", "epoll" },
	{ "anon_inode:inotify", "inotify" },
};

static bool counts(const struct descriptor *d)
{
	return d->kind == FD_FILE && !d->deleted && d->target;
}

static int by_target(const void *left, const void *right)
{
	const struct descriptor *a = *(const struct descriptor *const *)left;
	const struct descriptor *b = *(const struct descriptor *const *)right;
	int order = strcmp(a->target, b->target);

	return order ? order : a->fd < b->fd ? -1 : a->fd > b->fd;
}

static void tell_file(const struct process *p, const struct descriptor *const *same, size_t n,
		      struct findings *out)
{
	struct fd_list list = { .arena = out->arena };
	struct finding *f = findings_add(out, KIND_FD_MULTIPLICITY, p);

	for (size_t i = 0; i < n; i++)
		fd_list_add(&list, same[i]->fd);
	fd_list_give(&list, f);
	f->severity = SEV_INFO;
	f->remedy = REMEDY_NONE;
	f->message = arena_printf(out->arena, "%zu descriptors are open to %s", n, same[0]->target);
	f->advice = "it may be meant (a pool, a database); if the number grows, find where that file is opened and not closed";
}

static void judge_files(const struct process *p, struct findings *out)
{
	const struct descriptor **files;
	size_t n = 0, same;

	if (p->fd_n < SAME_FILE_MANY)
		return;
	files = arena_calloc(out->arena, p->fd_n, sizeof(const struct descriptor *));
	for (size_t i = 0; i < p->fd_n; i++)
		if (counts(&p->fds[i]))
			files[n++] = &p->fds[i];
	qsort(files, n, sizeof(const struct descriptor *), by_target);
	for (size_t i = 0; i < n; i += same) {
		for (same = 1; i + same < n; same++)
			if (strcmp(files[i]->target, files[i + same]->target))
				break;
		if (same >= SAME_FILE_MANY)
			tell_file(p, &files[i], same, out);
	}
}

static void judge_watchers(const struct member *m, const struct watcher *w, struct findings *out)
{
	struct fd_list list = { .arena = out->arena };
	const struct process *p = m->process;
	struct finding *f;
	bool pool;

	for (size_t i = 0; i < p->fd_n; i++) {
		const struct descriptor *d = &p->fds[i];

		if (d->kind == FD_ANON && d->target && !strcmp(d->target, w->target) &&
		    d->has_watches && !d->watches)
			fd_list_add(&list, d->fd);
	}
	if (list.n < IDLE_WATCHERS_MANY)
		return;
	pool = !p->threads || list.n <= p->threads;
	f = findings_add(out, KIND_FD_MULTIPLICITY, p);
	fd_list_give(&list, f);
	f->severity = fd_list_severity(m, pool ? SEV_INFO : SEV_WARNING);
	f->remedy = pool ? REMEDY_NONE : REMEDY_FIX_APP;
	f->message = arena_printf(out->arena, "%zu %s instances watch nothing, in a process of %u %s",
				  list.n, w->name, p->threads,
				  p->threads == 1 ? "thread" : "threads");
	f->advice = pool ? "one for each thread may be a pool that waits for work" :
		"find the event loop or watcher that is made again and again, and close it when its work is done";
}

void detect_fd_multiplicity(const struct scene *scene, struct findings *out)
{
	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];

		if (!fd_list_wanted(m))
			continue;
		judge_files(m->process, out);
		for (size_t j = 0; j < ARRAY_SIZE(watchers); j++)
			judge_watchers(m, &watchers[j], out);
	}
}
