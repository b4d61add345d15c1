/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pipes of the family, those with a finding first, each with both of its ends.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tui/board_state.h"

enum { P_SIGN, P_WORD, P_FOUND, P_PID, P_MAP, P_NAME, P_N };

static const struct column columns[P_N + 1] = {
	[P_SIGN] = { "", 2, true, 0, SORT_N },
	[P_WORD] = { "SEV", 4, false, 56, SORT_WORST },
	[P_FOUND] = { "FOUND", 5, false, 34, SORT_KIND },
	[P_PID] = { "PID", 7, true, 48, SORT_PID },
	[P_MAP] = { "WHO WRITES, WHO READS", 0, false, 0, SORT_N },
	[P_NAME] = { "PIPE", 16, false, 72, SORT_N },
	[P_N] = { NULL, 0, false, 0, SORT_N },
};

struct pipe_use { uint64_t inode; const struct process *process; };

static int by_inode(const void *left, const void *right)
{
	const struct pipe_use *a = left, *b = right;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return (a->process->id.pid > b->process->id.pid) -
		(a->process->id.pid < b->process->id.pid);
}

static uint64_t name_inode(const char *name)
{
	const char *digits = strchr(name, '[');
	uint64_t inode = 0;

	if (digits)
		text_u64((struct text){ digits + 1, strcspn(digits + 1, "]") }, &inode);
	return inode;
}

static void add_findings(struct board *b, struct rows *rows, const struct report *r,
			 enum severity severity)
{
	for (size_t i = 0; i < r->findings.n; i++) {
		const struct finding *f = &r->findings.list[i];
		struct row *row;

		if (!f->pipe || f->severity != severity)
			continue;
		row = rows_add(rows, (struct row_key){
			ROW_PIPE, f->subject->id, name_inode(f->pipe->name) });
		row->key.extra ^= (uint64_t)f->kind << 56;
		row->report = r;
		row->finding = f;
		row->process = f->subject;
		row->pipe = f->pipe;
		row->severity = f->severity;
		row->marked = true;
		row->fresh = memory_fresh(&board_scope(b)->memory, finding_key(f, 0), b->now_ns);
	}
}

static struct pipe_use *uses_of(const struct report *r, struct arena *a, size_t *n)
{
	struct pipe_use *list = NULL;
	size_t room = 0;

	*n = 0;
	for (size_t i = 0; i < r->family.member_n; i++) {
		const struct process *p = r->family.members[i].process;

		for (size_t j = 0; r->family.members[i].relation != REL_POSSIBLE && j < p->fd_n; j++)
			if (p->fds[j].kind == FD_PIPE)
				*(struct pipe_use *)arena_push(a, &list, n, &room, sizeof(*list)) =
					(struct pipe_use){ p->fds[j].inode, p };
	}
	if (*n)
		qsort(list, *n, sizeof(*list), by_inode);
	return list;
}

static const struct pipe_map *map_of(const struct holders *h, const struct pipe_use *use,
				     struct arena *a)
{
	struct pipe_map *map = arena_calloc(a, 1, sizeof(*map));
	const struct holder *writers, *readers, *all;
	size_t n;

	map->name = arena_printf(a, "pipe:[%" PRIu64 "]", use->inode);
	writers = holders_of_end(h, use->inode, FD_WRITE, &map->writer_n);
	readers = holders_of_end(h, use->inode, FD_READ, &map->reader_n);
	map->writers = pipe_ends(a, writers, map->writer_n);
	map->readers = pipe_ends(a, readers, map->reader_n);
	all = holders_find(h, FD_PIPE, use->inode, &n);
	for (size_t i = 0; i < n && !map->has_queue; i++) {
		map->has_queue = all[i].fd->has_queue;
		map->queued_bytes = all[i].fd->queued_bytes;
		map->capacity_bytes = all[i].fd->capacity_bytes;
	}
	if (!map->writer_n || !map->reader_n)
		map->unseen = holders_unseen_for(h, use->process);
	return map;
}

static bool told(const struct report *r, uint64_t inode)
{
	for (size_t i = 0; i < r->findings.n; i++)
		if (r->findings.list[i].pipe &&
		    name_inode(r->findings.list[i].pipe->name) == inode)
			return true;
	return false;
}

static void add_others(struct rows *rows, const struct report *r)
{
	const struct holders *h = holders_build(rows->arena, r->snapshot);
	size_t n;
	struct pipe_use *uses = uses_of(r, rows->arena, &n);

	for (size_t i = 0; i < n; i++) {
		struct row *row;

		if ((i && uses[i].inode == uses[i - 1].inode) || told(r, uses[i].inode))
			continue;
		row = rows_add(rows, (struct row_key){ ROW_PIPE, uses[i].process->id, uses[i].inode });
		row->report = r;
		row->process = uses[i].process;
		row->pipe = map_of(h, &uses[i], rows->arena);
	}
}

static void make(struct board *b, struct rows *rows)
{
	const struct board_news *news = &board_scope(b)->news;

	for (int severity = SEV_CRITICAL; severity >= SEV_INFO; severity--)
		for (size_t i = 0; i < news->n; i++)
			add_findings(b, rows, news->reports[i], (enum severity)severity);
	for (size_t i = 0; i < news->n; i++)
		add_others(rows, news->reports[i]);
}

static void fields(const struct paint *t, const struct row *row, struct field *out)
{
	enum tint tint = row->marked ? tint_of(row->severity) : TINT_DIM;
	const char *map = sheet_pipe(&t->sheet, row->pipe);

	if (row->marked) {
		out[P_SIGN] = (struct field){ severity_sign(row->severity), tint, NULL, 0 };
		out[P_WORD] = (struct field){ severity_word(row->severity), tint, NULL, 0 };
		out[P_FOUND] = (struct field){ kind_info(row->finding->kind)->id, TINT_PLAIN, NULL, 0 };
	}
	out[P_PID] = (struct field){ arena_printf(t->a, "%d", (int)row->process->id.pid),
				     TINT_PLAIN, NULL, 0 };
	out[P_MAP] = (struct field){ map, row->marked ? TINT_BOLD : TINT_PLAIN, NULL, 0 };
	out[P_NAME] = (struct field){ sheet_show(&t->sheet, row->pipe->name), TINT_DIM, NULL, 0 };
}

const struct board_view view_pipes = {
	.name = "Pipes", .letter = "3", .columns = columns,
	.sorts = 1U << SORT_WORST | 1U << SORT_PID | 1U << SORT_KIND,
	.make = make, .fields = fields,
};
