/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is not compared, and why, is in the two tables. */
#include "record_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "source/record.h"

enum { DIFFERENCES_MOST = 40 };

void diff_check(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	abort();
}

/* What is not compared, and why. */
static const struct { const char *line, *key, *why; } moving[] = {
	{ "machine", "now", "the time of the look" },
	{ "machine", "sched_now", "the time of the look" },
	{ "machine", "wall", "the time of the look" },
	{ "machine", "took", "how long it took" },
	{ "machine", "source", "who told" },
	{ "machine", "passes", "over /proc; a list of the kernel is read once" },
	{ "machine", "unsteady", "the machine around the population" },
	{ "machine", "vanished", "between the listing of /proc and the read" },
	{ "process", "at", "the time of the look" },
	{ "socket", "idle", "the time since the last segment" },
};

/* What /proc does not tell and the lists do. */
static const struct { const char *line, *key, *why; } beyond_proc[] = {
	{ "socket", "line", "sock_diag(7) tells of our network namespace only" },
	{ "fd", "cloexec", "a dead leader has no fdinfo; its threads' is not asked" },
};

/* How many of its words name what a line is about. */
static size_t identity_words(const char *line)
{
	static const struct { const char *line; size_t n; } words[] = {
		{ "machine", 0 }, { "process", 1 }, { "fd", 2 }, { "task", 2 }, { "environ", 1 },
		{ "socket", 1 }, { "same", 2 }, { "pidfile", 2 }, { "series", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(line, words[i].line))
			return words[i].n;
	return 0;
}

static void parse(struct line *l, char *text)
{
	char *rest = text, *word;
	size_t n;

	l->text = strsep(&rest, " ");
	while ((word = strsep(&rest, " ")) && l->word_n < KEYS_MOST)
		if (strchr(word, '='))
			l->words[l->word_n++] = word;
	n = identity_words(l->text);
	diff_check(asprintf(&l->identity, "%s%s%s%s%s", l->text, n ? " " : "", n ? l->words[0] : "",
		       n > 1 ? " " : "", n > 1 ? l->words[1] : "") > 0, "asprintf");
}

struct lines lines_of(const struct snapshot *s)
{
	struct lines all = { .n = 0 };
	char *rest, *text;
	size_t size, room = 0;
	FILE *out = open_memstream(&all.bytes, &size);

	diff_check(out && !record_write(s, out) && !fclose(out), "record_write");
	rest = all.bytes;
	while ((text = strsep(&rest, "\n")) && *text) {
		if (all.n == room) {
			room = room ? room * 2 : 1024;
			all.list = reallocarray(all.list, room, sizeof(*all.list));
			diff_check(all.list, "memory");
		}
		all.list[all.n] = (struct line){ .word_n = 0 };
		parse(&all.list[all.n++], text);
	}
	return all;
}

void lines_free(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->list[i].identity);
	free(l->list);
	free(l->bytes);
}

/* --- comparing --- */

static bool moves(const char *line, const char *key, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(moving); i++)
		if (!strcmp(line, moving[i].line) && strlen(moving[i].key) == n &&
		    !strncmp(key, moving[i].key, n))
			return true;
	return false;
}

static bool is_beyond_proc(const char *line, const char *key, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(beyond_proc); i++)
		if (!strcmp(line, beyond_proc[i].line) && strlen(beyond_proc[i].key) == n &&
		    !strncmp(key, beyond_proc[i].key, n))
			return true;
	return false;
}

static const char *value_of(const struct line *l, const char *key, size_t n)
{
	for (size_t i = 0; i < l->word_n; i++)
		if (!strncmp(l->words[i], key, n) && l->words[i][n] == '=')
			return l->words[i] + n + 1;
	return "(nothing)";
}

static bool same_value(const char *key, size_t n, const char *a, const char *b)
{
	long long cpu_a, cpu_b;

	if (!strcmp(a, b))
		return true;
	/* a tick may be counted when a process is looked at, though it only sleeps */
	if (n != 3 || strncmp(key, "cpu", 3))
		return false;
	cpu_a = strtoll(a, NULL, 10);
	cpu_b = strtoll(b, NULL, 10);
	return llabs(cpu_a - cpu_b) <= 1;
}

static void tell(struct differences *d, const struct line *l, const char *key, size_t n,
		 const char *a, const char *b)
{
	if (d->n++ < DIFFERENCES_MOST)
		fprintf(d->out, "%s (%s): %.*s: %.200s (%s), %.200s (%s)\n", l->identity,
			value_of(l, "comm", 4), (int)n, key, a, d->a, b, d->b);
}

/* The keys of a, and with both those that only b has. */
static void compare_words(struct differences *d, const struct line *a, const struct line *b)
{
	for (size_t i = 0; i < a->word_n; i++) {
		size_t n = strcspn(a->words[i], "=");
		const char *other = value_of(b, a->words[i], n);

		if (!moves(a->text, a->words[i], n) &&
		    !same_value(a->words[i], n, a->words[i] + n + 1, other))
			tell(d, a, a->words[i], n, a->words[i] + n + 1, other);
	}
	for (size_t i = 0; i < b->word_n; i++) {
		size_t n = strcspn(b->words[i], "=");

		if (!moves(b->text, b->words[i], n) && !is_beyond_proc(b->text, b->words[i], n) &&
		    !strcmp(value_of(a, b->words[i], n), "(nothing)"))
			tell(d, b, b->words[i], n, "(nothing)", b->words[i] + n + 1);
	}
}

/* Lines keep to an order, so what is looked for is near. */
static const struct line *find(const struct lines *l, const char *identity, size_t *near)
{
	for (size_t i = 0; i < l->n; i++) {
		size_t at = (*near + i) % l->n;

		if (!strcmp(l->list[at].identity, identity)) {
			*near = at + 1;
			return &l->list[at];
		}
	}
	return NULL;
}

size_t lines_compare(const struct lines *a, const struct lines *b, struct differences *d)
{
	size_t near = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct line *other = find(b, a->list[i].identity, &near);

		if (other)
			compare_words(d, &a->list[i], other);
		else
			tell(d, &a->list[i], "line", 4, "there", "missing");
	}
	near = 0;
	for (size_t i = 0; i < b->n; i++)
		if (!is_beyond_proc(b->list[i].text, "line", 4) &&
		    !find(a, b->list[i].identity, &near))
			tell(d, &b->list[i], "line", 4, "missing", b->list[i].words[1]);
	return d->n;
}
