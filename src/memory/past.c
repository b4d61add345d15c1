/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The past of one target, run by run, also of processes that are gone: a pid names the
 * latest process that had it, a name all that ever matched it.  Whoever was a target is
 * told with his whole family; who was only a member of another's, by his own figures.
 */
#include "memory/store.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct numbers { int64_t *list; size_t n, room; };

static void add_number(struct arena *a, struct numbers *set, int64_t number)
{
	*(int64_t *)arena_push(a, &set->list, &set->n, &set->room, sizeof(number)) = number;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool has_number(const struct numbers *set, int64_t number)
{
	return set->n && bsearch(&number, set->list, set->n, sizeof(number), compare);
}

/* ---- who is meant */

static int take_numbers(struct memory *m, struct arena *a, sqlite3_stmt *st, struct numbers *set)
{
	int err;

	while ((err = store_next(m, &st)) > 0)
		add_number(a, set, sqlite3_column_int64(st, 0));
	if (set->n)
		qsort(set->list, set->n, sizeof(*set->list), compare);
	return err;
}

static const char *selector_of(const struct history_question *q, struct arena *a)
{
	switch (q->kind) {
	case TARGET_PID:
		return arena_printf(a, "pid=%d", q->pid);
	case TARGET_NAME:
		return arena_printf(a, "name=%s", q->word);
	case TARGET_UNIT:
		return arena_printf(a, "unit=%s%s", q->word, strchr(q->word, '.') ? "" : ".service");
	case TARGET_CGROUP:
		return arena_printf(a, "cgroup=%s", q->word);
	case TARGET_COOKIE:
		return arena_printf(a, "cookie=%s", q->word);
	case TARGET_ALL:
		break;
	}
	return "all";
}

static bool matches(const regex_t *regex, const char *text)
{
	return text && !regexec(regex, text, 0, NULL, 0);
}

static int take_matching(struct memory *m, struct arena *a, sqlite3_stmt *st, const regex_t *regex,
			 struct numbers *set)
{
	int err;

	while ((err = store_next(m, &st)) > 0)
		if (matches(regex, store_text(a, st, 1)) || matches(regex, store_text(a, st, 2)))
			add_number(a, set, sqlite3_column_int64(st, 0));
	if (set->n)
		qsort(set->list, set->n, sizeof(*set->list), compare);
	return err;
}

/* Targets that were asked for in these words, or else were processes of that pid or name. */
static int find_targets(struct memory *m, const struct history_question *q, struct arena *a,
			const regex_t *regex, struct numbers *set)
{
	sqlite3_stmt *st;
	int err = store_ask(m, &st, q->kind == TARGET_PID ?
		/* the number may have been another's before */
		"SELECT id FROM target WHERE selector = ?1 AND process = (SELECT max(process)"
		" FROM target WHERE selector = ?1)" : "SELECT id FROM target WHERE selector = ?1",
		"t", selector_of(q, a));

	err = err ? err : take_numbers(m, a, st, set);
	if (err || set->n || (q->kind != TARGET_PID && q->kind != TARGET_NAME))
		return err;
	if (q->kind == TARGET_NAME) {
		err = store_ask(m, &st, "SELECT t.id, p.comm, p.command FROM target t"
				" JOIN process p ON p.id = t.process", "");
		return err ? err : take_matching(m, a, st, regex, set);
	}
	err = store_ask(m, &st, "SELECT id FROM target WHERE process = (SELECT max(p.id) FROM process p"
			" JOIN target t ON t.process = p.id WHERE p.pid = ?1)", "i", (int64_t)q->pid);
	return err ? err : take_numbers(m, a, st, set);
}

static int find_members(struct memory *m, const struct history_question *q, struct arena *a,
			const regex_t *regex, struct numbers *set)
{
	sqlite3_stmt *st;
	int err;

	if (q->kind == TARGET_NAME) {
		err = store_ask(m, &st, "SELECT id, comm, command FROM process", "");
		return err ? err : take_matching(m, a, st, regex, set);
	}
	err = store_ask(m, &st, "SELECT max(process) FROM sample WHERE process IN"
			" (SELECT id FROM process WHERE pid = ?1) HAVING max(process) > 0", "i",
			(int64_t)q->pid);
	return err ? err : take_numbers(m, a, st, set);
}

/* ---- the points */

struct walk {
	struct arena *a;
	struct history *h;
	int64_t run, boot;
	struct numbers now, before;	/* processes of the point at hand, and of the one before */
	struct { struct sample *list; size_t n, room; } fds;	/* since the last restart */
	uint64_t boot_ns;
	int64_t process;		/* the latest; 0 none */
};

static void add_figure(int64_t *sum, int64_t value)
{
	if (value >= 0)
		*sum = (*sum < 0 ? 0 : *sum) + value;
}

static void end_point(struct walk *w)
{
	struct history_point *p = w->h->n ? &w->h->points[w->h->n - 1] : NULL;
	bool same = !w->before.n;

	if (!p)
		return;
	if (w->now.n)
		qsort(w->now.list, w->now.n, sizeof(*w->now.list), compare);
	for (size_t i = 0; i < w->before.n && !same; i++)
		same = has_number(&w->now, w->before.list[i]);
	p->restarted = !same;
	if (p->restarted)
		w->fds.n = 0;
	if (p->figures.fds >= 0)
		*(struct sample *)arena_push(w->a, &w->fds.list, &w->fds.n, &w->fds.room,
					     sizeof(struct sample)) =
			(struct sample){ w->boot_ns, p->figures.fds };
	if (w->now.n) {
		struct numbers swap = w->before;

		w->before = w->now;
		w->now = swap;
	}
	w->now.n = 0;
}

/* Columns: run, boot, boot_ns, wall_s, process, then the figures of one target or member. */
static void take_row(struct walk *w, sqlite3_stmt *st)
{
	int64_t run = sqlite3_column_int64(st, 0), process = sqlite3_column_int64(st, 4);
	struct history_point *p;

	if (run != w->run) {
		end_point(w);
		p = arena_push(w->a, &w->h->points, &w->h->n, &w->h->room, sizeof(*p));
		*p = (struct history_point){ .wall_s = sqlite3_column_int64(st, 3),
					     .figures = { -1, -1, -1, -1, -1, -1 } };
		if (sqlite3_column_int64(st, 1) != w->boot)
			w->fds.n = 0;
		w->run = run;
		w->boot = sqlite3_column_int64(st, 1);
		w->boot_ns = (uint64_t)sqlite3_column_int64(st, 2);
	}
	p = &w->h->points[w->h->n - 1];
	if (process > 0) {
		add_number(w->a, &w->now, process);
		w->process = process;
	}
	add_figure(&p->figures.fds, sqlite3_column_int64(st, 5));
	add_figure(&p->figures.children, sqlite3_column_int64(st, 6));
	add_figure(&p->figures.zombies, sqlite3_column_int64(st, 7));
	if (!w->h->whole)
		return;
	add_figure(&p->figures.processes, sqlite3_column_int64(st, 8));
	add_figure(&p->figures.orphans, sqlite3_column_int64(st, 9));
	add_figure(&p->figures.pipes, sqlite3_column_int64(st, 10));
}

static int read_points(struct memory *m, struct walk *w, const struct numbers *who, int64_t since)
{
	sqlite3_stmt *st;
	int err = store_ask(m, &st, w->h->whole ?
		"SELECT r.id, r.boot, r.boot_ns, r.wall_s, t.process, f.fds, f.children, f.zombies,"
		" f.processes, f.orphans, f.pipes, t.id FROM figure f CROSS JOIN run r ON r.id = f.run"
		" CROSS JOIN target t ON t.id = f.target WHERE r.wall_s >= ?1 ORDER BY f.run, f.target" :
		"SELECT r.id, r.boot, r.boot_ns, r.wall_s, s.process, s.fds, s.children, s.zombies,"
		" 0, 0, 0, s.process FROM sample s CROSS JOIN run r ON r.id = s.run"
		" WHERE r.wall_s >= ?1 ORDER BY s.run, s.process", "i", since);

	if (err)
		return err;
	while ((err = store_next(m, &st)) > 0)
		if (has_number(who, sqlite3_column_int64(st, 11)))
			take_row(w, st);
	end_point(w);
	return err;
}

static int name_process(struct memory *m, int64_t process, struct arena *a, pid_t *pid,
			const char **label)
{
	sqlite3_stmt *st;
	int err = store_ask(m, &st, "SELECT pid, comm, command FROM process WHERE id = ?1", "i", process);

	if (err || (err = store_next(m, &st)) < 1)
		return err;
	*pid = (pid_t)sqlite3_column_int64(st, 0);
	*label = store_text(a, st, 2);
	if (!*label || !**label)
		*label = store_text(a, st, 1);
	store_done(&st);
	return 0;
}

static int find_and_read(struct memory *m, const struct history_question *q, struct arena *a,
			 const regex_t *regex, struct history *h)
{
	struct walk w = { .a = a, .h = h };
	struct numbers who = { .n = 0 };
	int err = find_targets(m, q, a, regex, &who);

	h->whole = who.n;
	if (!err && !who.n && (q->kind == TARGET_PID || q->kind == TARGET_NAME))
		err = find_members(m, q, a, regex, &who);
	if (!err && !who.n)
		return -ENOENT;
	err = err ? err : read_points(m, &w, &who, q->since_wall_s);
	h->fds = growth_of_checks(w.fds.list, w.fds.n);
	return err ? err : name_process(m, w.process, a, &h->pid, &h->label);
}

int memory_history(struct memory *m, const struct history_question *q, struct arena *a,
		   struct history *out, char why[MEMORY_WHY])
{
	struct history h = { .selector = selector_of(q, a) };
	regex_t regex;
	int err;

	why[0] = '\0';
	if (q->kind == TARGET_NAME && regcomp(&regex, q->word, REG_EXTENDED | REG_NOSUB)) {
		snprintf(why, MEMORY_WHY, "--name: not a regular expression");
		return -EINVAL;
	}
	err = find_and_read(m, q, a, q->kind == TARGET_NAME ? &regex : NULL, &h);
	if (q->kind == TARGET_NAME)
		regfree(&regex);
	if (err == -ENOENT)
		snprintf(why, MEMORY_WHY, "no check has seen that");
	else if (err)
		snprintf(why, MEMORY_WHY, "cannot read the state file: %s", store_words(err));
	else
		*out = h;
	return err;
}

/* ---- all of them */

static int last_figures(struct memory *m, struct arena *a, int64_t run, struct history_target *t)
{
	int64_t process = 0;
	sqlite3_stmt *st;
	int err = store_ask(m, &st,
		"SELECT t.process, f.processes, f.fds, f.children, f.zombies, f.orphans, f.pipes"
		" FROM figure f JOIN target t ON t.id = f.target WHERE f.run = ?1 AND t.selector = ?2"
		" ORDER BY t.id", "it", run, t->selector);

	if (err)
		return err;
	t->last = (struct figures){ -1, -1, -1, -1, -1, -1 };
	while ((err = store_next(m, &st)) > 0) {
		process = process ? process : sqlite3_column_int64(st, 0);
		add_figure(&t->last.processes, sqlite3_column_int64(st, 1));
		add_figure(&t->last.fds, sqlite3_column_int64(st, 2));
		add_figure(&t->last.children, sqlite3_column_int64(st, 3));
		add_figure(&t->last.zombies, sqlite3_column_int64(st, 4));
		add_figure(&t->last.orphans, sqlite3_column_int64(st, 5));
		add_figure(&t->last.pipes, sqlite3_column_int64(st, 6));
	}
	return err ? err : name_process(m, process, a, &t->pid, &t->label);
}

int memory_targets(struct memory *m, struct arena *a, struct history_target **list, size_t *n)
{
	struct numbers runs = { .n = 0 };
	struct history_target *found = NULL;
	size_t count = 0, room = 0;
	sqlite3_stmt *st;
	int err = store_ask(m, &st,
		"SELECT g.selector, a.wall_s, b.wall_s, g.n, g.last FROM (SELECT t.selector AS selector,"
		" min(f.run) AS first, max(f.run) AS last, count(DISTINCT f.run) AS n FROM figure f"
		" JOIN target t ON t.id = f.target GROUP BY t.selector) g JOIN run a ON a.id = g.first"
		" JOIN run b ON b.id = g.last ORDER BY g.last DESC, g.selector", "");

	if (err)
		return err;
	while ((err = store_next(m, &st)) > 0) {
		struct history_target *t = arena_push(a, &found, &count, &room, sizeof(*t));

		*t = (struct history_target){
			.selector = store_text(a, st, 0),
			.first_wall_s = sqlite3_column_int64(st, 1),
			.last_wall_s = sqlite3_column_int64(st, 2),
			.checks = sqlite3_column_int64(st, 3),
		};
		add_number(a, &runs, sqlite3_column_int64(st, 4));
	}
	for (size_t i = 0; !err && i < count; i++)
		err = last_figures(m, a, runs.list[i], &found[i]);
	if (!err) {
		*list = found;
		*n = count;
	}
	return err;
}
