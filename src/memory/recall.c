/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions about the past of what is looked at now.  An answer that cannot be had is "not
 * known", never "none": the caller's own look is what remains then.
 */
#include "memory/store.h"

#include <stdlib.h>

#include "base/text.h"

#define NS_PER_S 1e9
/* More than a day and a night, and less than a weekend: by then it is another load. */
#define RECALL_NS (UINT64_C(48) * 3600 * UINT64_C(1000000000))
/* A family of hundreds that is looked at every minute has a shorter past instead. */
#define ROWS_MOST 200000
#define SAMPLES_LEAST 2

int64_t recall_boot(struct memory *m, const char *boot_id)
{
	int64_t id = 0;

	store_number(m, 0, &id, "SELECT id FROM boot WHERE name = ?1", "t", boot_id ? boot_id : "");
	return id;
}

int64_t recall_process(struct memory *m, int64_t boot, struct process_id p)
{
	int64_t id = 0;

	store_number(m, 0, &id, "SELECT id FROM process WHERE boot = ?1 AND pid = ?2 AND start = ?3",
		     "iii", boot, (int64_t)p.pid, (int64_t)p.start_ticks);
	return id;
}

static int64_t process_of(struct memory *m, const struct snapshot *s, const struct process *p)
{
	int64_t boot = recall_boot(m, s->boot_id);

	return boot ? recall_process(m, boot, p->id) : 0;
}

bool memory_zombie(struct memory *m, const struct snapshot *s, const struct process *p,
		   struct memory_zombie *out)
{
	int64_t process = m ? process_of(m, s, p) : 0;
	struct memory_zombie z;
	sqlite3_stmt *st;
	int64_t first;

	if (!process || store_ask(m, &st, "SELECT first_ns, first_wall_s, checks FROM zombie"
				  " WHERE process = ?1", "i", process))
		return false;
	if (store_next(m, &st) != 1)
		return false;
	first = sqlite3_column_int64(st, 0);
	z.first_wall_s = sqlite3_column_int64(st, 1);
	z.checks = (uint64_t)sqlite3_column_int64(st, 2);
	store_done(&st);
	if (first < 0 || (uint64_t)first >= s->now_ns)
		return false;
	z.age_seconds = (double)(s->now_ns - (uint64_t)first) / NS_PER_S;
	*out = z;
	return true;
}

bool memory_before(struct memory *m, const struct report *r, struct memory_before *out)
{
	const struct snapshot *s = r->snapshot;
	const struct process *p = r->target->process;
	int64_t boot = m ? recall_boot(m, s->boot_id) : 0;
	int64_t process = boot && p ? recall_process(m, boot, p->id) : 0;
	struct memory_before b;
	sqlite3_stmt *st;
	int64_t at;

	if (!boot || (p && !process))
		return false;
	if (store_ask(m, &st,
		      "SELECT r.boot_ns, f.processes, f.fds, f.children, f.zombies, f.orphans, f.pipes"
		      " FROM run r JOIN figure f ON f.run = r.id JOIN target t ON t.id = f.target"
		      " WHERE r.boot = ?1 AND r.boot_ns < ?2 AND t.selector = ?3 AND t.process = ?4"
		      " ORDER BY r.boot_ns DESC LIMIT 1",
		      "iiti", boot, (int64_t)s->now_ns, r->target->selector, process))
		return false;
	if (store_next(m, &st) != 1)
		return false;
	at = sqlite3_column_int64(st, 0);
	b.figures = (struct figures){
		.processes = sqlite3_column_int64(st, 1), .fds = sqlite3_column_int64(st, 2),
		.children = sqlite3_column_int64(st, 3), .zombies = sqlite3_column_int64(st, 4),
		.orphans = sqlite3_column_int64(st, 5), .pipes = sqlite3_column_int64(st, 6),
	};
	store_done(&st);
	b.seconds = (double)(s->now_ns - (uint64_t)at) / NS_PER_S;
	*out = b;
	return true;
}

void memory_flapping(struct memory *m, const char *check, int state, unsigned last,
		     struct memory_flapping *out)
{
	struct memory_flapping f = { .checks = 1 };
	int64_t newer = state;
	sqlite3_stmt *st;

	*out = f;
	if (!m || last < 2 ||
	    store_ask(m, &st, "SELECT state FROM run WHERE name = ?1 ORDER BY id DESC LIMIT ?2",
		      "ti", check, (int64_t)last - 1))
		return;
	while (store_next(m, &st) == 1) {
		int64_t older = sqlite3_column_int64(st, 0);

		f.checks++;
		f.changes += older != newer;
		newer = older;
	}
	*out = f;
}

/* ---- series */

struct person {
	int64_t number;
	const struct process *process;
	struct sample *fds, *children;	/* latest first, then turned */
	size_t n, room, children_n, children_room;
};

static int by_number(const void *a, const void *b)
{
	const struct person *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static int by_time(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return (x->at_ns > y->at_ns) - (x->at_ns < y->at_ns);
}

static size_t people_of(struct memory *m, const struct snapshot *s, const struct family *f,
			struct person *list)
{
	int64_t boot = recall_boot(m, s->boot_id);
	size_t n = 0;

	for (size_t i = 0; boot && i < f->member_n; i++) {
		const struct member *b = &f->members[i];
		const struct process *p = b->process;

		if (b->confidence < CONF_STRONG || b->relation == REL_POSSIBLE || p->gone ||
		    p->kernel_thread || p->now.state == 'Z')
			continue;
		list[n] = (struct person){ .number = recall_process(m, boot, p->id), .process = p };
		n += list[n].number > 0;
	}
	qsort(list, n, sizeof(*list), by_number);
	return n;
}

/* 0, or why it ended early: what was read by then is as good as a shorter past. */
static int read_samples(struct memory *m, const struct snapshot *s, struct person *list, size_t n)
{
	uint64_t since = s->now_ns > RECALL_NS ? s->now_ns - RECALL_NS : 0;
	int64_t boot = recall_boot(m, s->boot_id);
	sqlite3_stmt *st;
	int err = store_ask(m, &st,
		"SELECT s.process, r.boot_ns, s.fds, s.children FROM sample s CROSS JOIN run r"
		" ON r.id = s.run WHERE s.run >= (SELECT min(id) FROM run WHERE boot = ?1 AND"
		" boot_ns >= ?2) AND r.boot = ?1 AND r.boot_ns >= ?2 AND r.boot_ns < ?3"
		" ORDER BY s.run DESC LIMIT ?4",
		"iiii", boot, (int64_t)since, (int64_t)s->now_ns, (int64_t)ROWS_MOST);

	if (err)
		return err;
	while ((err = store_next(m, &st)) > 0) {
		struct person key = { .number = sqlite3_column_int64(st, 0) };
		struct person *p = bsearch(&key, list, n, sizeof(*list), by_number);
		uint64_t at = (uint64_t)sqlite3_column_int64(st, 1);
		int64_t fds = sqlite3_column_int64(st, 2), children = sqlite3_column_int64(st, 3);

		if (p && fds >= 0)
			*(struct sample *)arena_push(s->arena, &p->fds, &p->n, &p->room,
						     sizeof(struct sample)) = (struct sample){ at, fds };
		if (p && children >= 0)
			*(struct sample *)arena_push(s->arena, &p->children, &p->children_n,
						     &p->children_room, sizeof(struct sample)) =
				(struct sample){ at, children };
	}
	return err;
}

/* In order, each time once, and this look at the end. */
static void add_series(struct snapshot *s, const struct process *p, enum series_kind kind,
		       struct sample *samples, size_t n, int64_t value)
{
	struct sample *all;
	struct series *one;
	size_t count = 0;

	if (value < 0 || n + 1 < SAMPLES_LEAST)
		return;
	qsort(samples, n, sizeof(*samples), by_time);
	all = arena_calloc(s->arena, n + 1, sizeof(*all));
	for (size_t i = 0; i < n; i++)
		if (!count || samples[i].at_ns > all[count - 1].at_ns)
			all[count++] = samples[i];
	all[count++] = (struct sample){ s->now_ns, value };
	one = arena_push(s->arena, &s->series, &s->series_n, &s->series_room, sizeof(*one));
	*one = (struct series){ .id = p->id, .kind = kind, .samples = all, .n = count,
				.room = n + 1, .between_checks = true };
}

static int64_t children_of(const struct snapshot *s, const struct process *parent)
{
	int64_t n = 0;

	for (size_t i = 0; i < s->process_n; i++)
		n += s->processes[i].now.ppid == parent->id.pid && !s->processes[i].gone;
	return n;
}

static bool has_series(const struct snapshot *s, const struct process *p)
{
	for (size_t i = 0; i < s->series_n; i++)
		if (s->series[i].between_checks && process_id_same(s->series[i].id, p->id))
			return true;
	return false;
}

void memory_recall(struct memory *m, struct snapshot *s, const struct family *f)
{
	struct person *list;
	size_t n;

	if (!m)
		return;
	list = arena_calloc(s->arena, f->member_n + 1, sizeof(*list));
	n = people_of(m, s, f, list);
	if (!n)
		return;
	read_samples(m, s, list, n);
	for (size_t i = 0; i < n; i++) {
		const struct process *p = list[i].process;

		/* of two targets that overlap */
		if (has_series(s, p))
			continue;
		add_series(s, p, SERIES_FDS, list[i].fds, list[i].n, p->now.fd_count);
		add_series(s, p, SERIES_CHILDREN, list[i].children, list[i].children_n,
			   children_of(s, p));
	}
}
