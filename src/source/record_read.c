/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads a record: text that anybody may have sent.  Nothing in it is trusted: each
 * figure has its bounds, an unknown key is an error, not a guess, and without its
 * last line a record counts as cut off.
 */
#include "source/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "source/record_keys.h"

#define HZ_LIMIT 1000000

/* What a process line leaves for the lines that follow it. */
struct growing {
	uint32_t marks;
	struct descriptor *fds;
	size_t fd_room;
	struct task *tasks;
	size_t task_room;
	const char **environ;
	size_t environ_room;
};

struct reader {
	struct snapshot *snapshot;
	struct arena *arena;
	uint32_t *index;	/* by pid: 1 + place in processes */
	struct growing *growing;
	size_t growing_n, growing_room;
	bool machine_seen;
};

/* Fills the structure from the words of a line; NULL, or what is wrong with them. */
static const char *read_keys(struct reader *r, const struct record_key *keys,
			     struct text words, void *base, uint32_t *marks)
{
	struct text word;
	uint64_t given = 0;

	*marks = 0;
	while (text_word(&words, &word)) {
		const char *equals = memchr(word.at, '=', word.n);
		struct text name = { word.at, equals ? (size_t)(equals - word.at) : 0 };
		struct text value = { word.at + name.n + 1, word.n - name.n - 1 };
		size_t k = 0;

		if (!equals)
			return "a word without '='";
		while (keys[k].name && !text_is(name, keys[k].name))
			k++;
		if (!keys[k].name)
			return "a key that is not known here";
		if (given & UINT64_C(1) << k)
			return "a key is given twice";
		if (!record_value(r->arena, keys[k].form, value, (char *)base + keys[k].offset))
			return "a value that cannot be";
		given |= UINT64_C(1) << k;
		*marks |= keys[k].marks;
	}
	return NULL;
}

static const char *read_machine(struct reader *r, struct text words)
{
	uint32_t marks;
	const char *why = read_keys(r, record_machine_keys, words, r->snapshot, &marks);

	if (why)
		return why;
	if (r->machine_seen)
		return "a second machine line";
	r->machine_seen = true;
	if (r->snapshot->hz < 1 || r->snapshot->hz > HZ_LIMIT)
		return "a value that cannot be";
	return NULL;
}

static const char *read_process(struct reader *r, struct text words)
{
	struct growing *g = arena_push(r->arena, &r->growing, &r->growing_n,
				       &r->growing_room, sizeof(*g));
	struct process *p = snapshot_add(r->snapshot, (struct process_id){ 0, 0 });
	const char *why = read_keys(r, record_process_keys, words, p, &g->marks);

	if (why)
		return why;
	if (!p->id.pid)
		return "a process without a pid";
	if (r->index[p->id.pid])
		return "a pid is given twice";
	r->index[p->id.pid] = (uint32_t)r->growing_n;
	return NULL;
}

static const char *read_fd(struct reader *r, struct text words)
{
	struct record_fd f = { .fd = -1 };
	struct descriptor d;
	struct process *p;
	struct growing *g;
	uint32_t marks;
	const char *why = read_keys(r, record_fd_keys, words, &f, &marks);

	if (why)
		return why;
	if (f.fd < 0 || !r->index[f.pid])
		return "a descriptor without fd= or of a process not given before";
	why = record_fd_unpack(&f, marks & RECORD_KIND_GIVEN, &d);
	if (why)
		return why;
	p = &r->snapshot->processes[r->index[f.pid] - 1];
	g = &r->growing[r->index[f.pid] - 1];
	*(struct descriptor *)arena_push(r->arena, &g->fds, &p->fd_n, &g->fd_room,
					 sizeof(d)) = d;
	p->fds = g->fds;
	g->marks |= FACT_BIT(FACT_FDS);
	return NULL;
}

static const char *read_task(struct reader *r, struct text words)
{
	struct record_task t = { .t = { .state = '?', .fd = -1 } };
	struct process *p;
	struct growing *g;
	uint32_t marks;
	const char *why = read_keys(r, record_task_keys, words, &t, &marks);

	if (why)
		return why;
	if (!r->index[t.pid])
		return "a thread of a process not given before";
	t.t.has_since = t.since.has;
	t.t.since_ns = t.since.value;
	if (!t.t.tid)
		t.t.tid = t.pid;
	p = &r->snapshot->processes[r->index[t.pid] - 1];
	g = &r->growing[r->index[t.pid] - 1];
	*(struct task *)arena_push(r->arena, &g->tasks, &p->task_n, &g->task_room,
				   sizeof(t.t)) = t.t;
	p->tasks = g->tasks;
	g->marks |= FACT_BIT(FACT_TASKS);
	return NULL;
}

/* The start time may be left out where the process tells it. */
static const char *read_series(struct reader *r, struct text words)
{
	struct snapshot *s = r->snapshot;
	struct series *n = arena_push(r->arena, &s->series, &s->series_n, &s->series_room,
				      sizeof(*n));
	uint32_t marks;
	const char *why = read_keys(r, record_series_keys, words, n, &marks);

	if (why)
		return why;
	if (!n->id.pid || !n->n)
		return "a series without pid= or samples=";
	if (!n->id.start_ticks && r->index[n->id.pid])
		n->id = s->processes[r->index[n->id.pid] - 1].id;
	return NULL;
}

static const char *read_environ(struct reader *r, struct text words)
{
	struct process *p;
	struct growing *g;
	struct text word;
	int pid;

	if (!text_word(&words, &word) || !text_starts(word, "pid=") ||
	    !record_pid((struct text){ word.at + 4, word.n - 4 }, &pid) || !r->index[pid])
		return "an environment without pid= or of a process not given before";
	p = &r->snapshot->processes[r->index[pid] - 1];
	g = &r->growing[r->index[pid] - 1];
	while (text_word(&words, &word)) {
		char *entry;
		size_t n;

		if (!record_bytes(r->arena, word, &entry, &n) || entry[0] == '=' ||
		    !strchr(entry, '='))
			return "a value that cannot be";
		*(const char **)arena_push(r->arena, &g->environ, &p->environ_n,
					   &g->environ_room, sizeof(entry)) = entry;
	}
	p->environ = g->environ;
	g->marks |= FACT_BIT(FACT_ENVIRON);
	return NULL;
}

static const char *read_socket(struct reader *r, struct text words)
{
	struct snapshot *s = r->snapshot;
	struct socket_info *i = arena_push(r->arena, &s->sockets, &s->socket_n,
					   &s->socket_room, sizeof(*i));
	uint32_t marks;
	const char *why;

	i->family = SOCKET_OTHER;
	why = read_keys(r, record_socket_keys, words, i, &marks);
	return why ? why : i->inode ? NULL : "a socket without inode=";
}

static const char *read_same(struct reader *r, struct text words)
{
	struct snapshot *s = r->snapshot;
	struct same_file *f = arena_push(r->arena, &s->same, &s->same_n, &s->same_room,
					 sizeof(*f));
	uint32_t marks;
	const char *why = read_keys(r, record_same_keys, words, f, &marks);

	return why ? why : f->a && f->b ? NULL : "a pair without a= and b=";
}

static const char *read_pidfile(struct reader *r, struct text words)
{
	struct snapshot *s = r->snapshot;
	struct pidfile *f = arena_push(r->arena, &s->pidfiles, &s->pidfile_n,
				       &s->pidfile_room, sizeof(*f));
	uint32_t marks;
	const char *why = read_keys(r, record_pidfile_keys, words, f, &marks);

	return why ? why : f->pid && f->path ? NULL : "a pid file without pid= and path=";
}

static const struct kind_of_line {
	const char *word;
	const char *(*read)(struct reader *r, struct text words);
} kinds[] = {
	{ "machine", read_machine },
	{ "process", read_process },
	{ "fd", read_fd },
	{ "environ", read_environ },
	{ "task", read_task },
	{ "series", read_series },
	{ "socket", read_socket },
	{ "same", read_same },
	{ "pidfile", read_pidfile },
};

static const char *read_line(struct reader *r, struct text line)
{
	struct text word;
	size_t k;

	if (!text_word(&line, &word) || text_starts(word, "#"))
		return NULL;
	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		if (text_is(word, kinds[k].word))
			return kinds[k].read(r, line);
	return "a kind of line that is not known";
}

static void finish(struct reader *r)
{
	struct snapshot *s = r->snapshot;
	size_t i;

	for (i = 0; i < s->process_n; i++) {
		struct process *p = &s->processes[i];
		uint32_t marks = r->growing[i].marks;

		if (!(marks & RECORD_READ_GIVEN))
			p->read = marks & (FACT_BIT(FACT_N) - 1);
		if (!(marks & RECORD_AT_GIVEN))
			p->now.at_ns = s->now_ns;
	}
	s->replayed = true;
	snapshot_sort(s);
}

/* The next line, without a carriage return; false when it does not end in a newline. */
static bool line_next(struct text *rest, struct text *line)
{
	if (!rest->n || !memchr(rest->at, '\n', rest->n))
		return false;
	text_line(rest, line);
	if (line->n && line->at[line->n - 1] == '\r')
		line->n--;
	*line = text_trim(*line);
	return true;
}

static const char *read_all(struct reader *r, struct text rest, unsigned *n)
{
	struct text line;
	const char *why;

	*n = 1;
	if (!line_next(&rest, &line) || !text_starts(line, "leakscan record "))
		return "not a record of leakscan";
	if (!text_is(line, RECORD_FIRST_LINE))
		return "another version of the record format";
	for (;;) {
		*n += 1;
		if (!line_next(&rest, &line))
			return "cut off: no 'end' line";
		if (text_is(line, RECORD_LAST_LINE))
			break;
		why = read_line(r, line);
		if (why)
			return why;
	}
	if (rest.n) {
		*n += 1;
		return "text behind the 'end' line";
	}
	finish(r);
	return NULL;
}

int record_read(const char *bytes, size_t n, struct snapshot **out,
		struct record_error *error)
{
	struct reader r = { .snapshot = snapshot_new(0) };
	const char *why;
	unsigned line = 0;

	r.arena = r.snapshot->arena;
	r.index = calloc(RECORD_PID_MOST + 1, sizeof(*r.index));
	why = "not enough memory";
	if (r.index)
		why = read_all(&r, (struct text){ bytes, n }, &line);
	free(r.index);
	if (why) {
		snapshot_free(r.snapshot);
		*error = (struct record_error){ line, why };
		return -EINVAL;
	}
	*out = r.snapshot;
	return 0;
}
