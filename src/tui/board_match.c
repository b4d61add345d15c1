/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rows a filter leaves and a search finds: all of its words must be in what is known
 * of a row.  A word with a colon asks for one thing: kind:orphan state:zombie sev:crit
 * user:app pid:4711.
 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "tui/board_state.h"
#include "view/family_tree.h"

static bool holds(const char *text, struct text word)
{
	size_t n = text ? strlen(text) : 0;

	if (!word.n)
		return true;
	for (size_t i = 0; i + word.n <= n; i++)
		if (!strncasecmp(text + i, word.at, word.n))
			return true;
	return false;
}

static bool kind_is(const struct row *row, struct text word)
{
	const struct kind_info *kind = row->finding ? kind_info(row->finding->kind) : NULL;

	return holds(row->badges, word) ||
		(kind && (holds(kind->id, word) || holds(kind->name, word)));
}

static bool state_is(const struct row *row, struct text word)
{
	const struct process *p = row->process;

	if (!p)
		return holds("dead", word);
	if (word.n == 1)
		return p->now.state == *word.at;
	return holds(process_state_word(p), word);
}

static bool severity_is(const struct row *row, struct text word)
{
	return row->marked && (holds(severity_word(row->severity), word) ||
			       holds(severity_name(row->severity), word));
}

static bool anything_has(const struct row *row, struct text word, struct arena *a)
{
	const struct process *p = row->process;

	return holds(row->name, word) || kind_is(row, word) ||
		(p && (holds(process_label(p), word) || holds(p->comm, word))) ||
		(row->finding && holds(row->finding->message, word)) ||
		(row->pipe && holds(row->pipe->name, word)) ||
		holds(arena_printf(a, "%d", (int)row->key.id.pid), word);
}

static bool word_matches(const struct row *row, struct text word, struct arena *a)
{
	const char *colon = memchr(word.at, ':', word.n);
	struct text what = { word.at, colon ? (size_t)(colon - word.at) : 0 };
	struct text rest = { colon ? colon + 1 : word.at, colon ? word.n - what.n - 1 : 0 };

	if (text_is(what, "kind"))
		return kind_is(row, rest);
	if (text_is(what, "state"))
		return !rest.n || state_is(row, rest);
	if (text_is(what, "sev"))
		return !rest.n || severity_is(row, rest);
	if (text_is(what, "user"))
		return row->process && holds(row->process->user, rest);
	if (text_is(what, "pid"))
		return !rest.n || text_is(rest, arena_printf(a, "%d", (int)row->key.id.pid));
	return anything_has(row, word, a);
}

bool row_matches(const struct row *row, const char *words, struct arena *a)
{
	struct text rest = text_of(words), word;

	while (text_word(&rest, &word))
		if (!word_matches(row, word, a))
			return false;
	return true;
}
