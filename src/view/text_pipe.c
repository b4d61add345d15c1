/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map of a pipe: who writes, what is in it, who reads.  Ends are told by pid and number,
 * which is all that holds: names are the processes' own.
 */
#include "view/text.h"

#include <inttypes.h>

#define INDENT FINDING_INDENT
#define ENDS_MOST 4
#define PAGE 4096	/* a pipe with less room than that counts as full: pipe(7), O_NONBLOCK */

static const char *size_text(const struct sheet *t, uint32_t bytes)
{
	return bytes && bytes % 1024 == 0 ? arena_printf(t->a, "%" PRIu32 " KiB", bytes / 1024) :
	       arena_printf(t->a, "%" PRIu32 " B", bytes);
}

static const char *middle(const struct sheet *t, const struct pipe_map *map)
{
	if (map->both_ways)
		return "[socket pair]";
	if (!map->has_queue)
		return "[pipe]";
	if ((uint64_t)map->queued_bytes + PAGE > map->capacity_bytes)
		return arena_printf(t->a, "[%s full]", size_text(t, map->capacity_bytes));
	if (!map->queued_bytes)
		return "[empty]";
	return arena_printf(t->a, "[%s of %s]", size_text(t, map->queued_bytes),
			    size_text(t, map->capacity_bytes));
}

static const char *side(const struct sheet *t, const struct pipe_map *map, const char *role,
			const struct pipe_end *ends, size_t n)
{
	const char *list = "";
	size_t shown = n > ENDS_MOST ? ENDS_MOST - 1 : n;

	if (!n && map->unseen)
		return arena_printf(t->a, "no %s seen (%zu not inspected)", role, map->unseen);
	if (!n)
		return arena_printf(t->a, "no %s", role);
	for (size_t i = 0; i < shown; i++)
		list = arena_printf(t->a, "%s%s%d fd %d", list, i ? ", " : "",
				    (int)ends[i].process->id.pid, ends[i].fd);
	if (shown < n)
		list = arena_printf(t->a, "%s and %zu more", list, n - shown);
	return map->both_ways ? list : arena_printf(t->a, "%s%s %s", role, n == 1 ? "" : "s", list);
}

const char *sheet_pipe(const struct sheet *t, const struct pipe_map *map)
{
	const char *arrow = t->o->ascii ? map->both_ways ? "<->" : "->" :
			    map->both_ways ? "\xe2\x86\x94" : "\xe2\x86\x92";

	return arena_printf(t->a, "%s %s %s %s %s",
		side(t, map, map->both_ways ? "holder" : "writer", map->writers, map->writer_n),
		arrow, middle(t, map), arrow,
		side(t, map, map->both_ways ? "holder" : "reader", map->readers, map->reader_n));
}

void text_pipe(const struct sheet *t, enum ink ink, const struct pipe_map *map)
{
	sheet_wrap(t, ink, INDENT, INDENT + 2, sheet_pipe(t, map));
}
