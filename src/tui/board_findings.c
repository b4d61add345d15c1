/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of findings, worst first: whoever comes at three in the morning looks here. */
#include <string.h>

#include "base/text.h"
#include "tui/board_state.h"

enum { F_SIGN, F_WORD, F_ID, F_KIND, F_PID, F_COMMAND, F_CONFIDENCE, F_AGE, F_N };

static const struct column columns[F_N + 1] = {
	[F_SIGN] = { "", 2, true, 0, SORT_N },
	[F_WORD] = { "SEV", 4, false, 34, SORT_WORST },
	[F_ID] = { "ID", 5, false, 64, SORT_N },
	[F_KIND] = { "KIND", 12, false, 44, SORT_KIND },
	[F_PID] = { "PID", 7, true, 0, SORT_PID },
	[F_COMMAND] = { "COMMAND", 0, false, 0, SORT_NAME },
	[F_CONFIDENCE] = { "SURE", 6, false, 72, SORT_N },
	[F_AGE] = { "FOR", 7, true, 52, SORT_AGE },
	[F_N] = { NULL, 0, false, 0, SORT_N },
};

/* Fewer zombies of one parent each have their own row. */
#define GROUP_LEAST 4

static struct row *add(struct board *b, struct rows *rows, const struct report *r,
		       const struct finding *f, struct row_key key)
{
	struct row *row = rows_add(rows, key);

	row->report = r;
	row->finding = f;
	row->process = f->subject;
	row->pipe = f->fd_n <= 1 ? f->pipe : NULL;
	row->severity = f->severity;
	row->marked = true;
	row->fresh = memory_fresh(&board_scope(b)->memory, row->key, b->now_ns);
	if (f->has_age && f->age_seconds >= 0 && f->age_seconds < 1e10)
		row->age_ns = (uint64_t)(f->age_seconds * 1e9);
	return row;
}

static size_t alike(const struct findings *f, size_t first)
{
	size_t n = 1;

	for (size_t i = first + 1; i < f->n; i++)
		n += sheet_told_as_one(&f->list[first], &f->list[i]);
	return n;
}

static const struct finding **group_list(struct arena *a, const struct findings *f, size_t first,
					 size_t n)
{
	const struct finding **list = arena_calloc(a, n, sizeof(*list));
	size_t used = 0;

	for (size_t i = first; i < f->n && used < n; i++)
		if (i == first || sheet_told_as_one(&f->list[first], &f->list[i]))
			list[used++] = &f->list[i];
	return list;
}

/* Many zombies of one parent are one problem. */
static void add_group(struct board *b, struct rows *rows, const struct report *r, size_t first,
		      size_t n)
{
	const struct finding *f = &r->findings.list[first];
	struct row_key key = { ROW_GROUP, f->culprit->id, f->severity };
	struct row *row = add(b, rows, r, f, key);
	const struct finding **list = group_list(rows->arena, &r->findings, first, n);
	bool fresh = false;

	row->group = list;
	row->group_n = n;
	for (size_t i = 0; i < n; i++)
		fresh |= memory_fresh(&board_scope(b)->memory, finding_key(list[i], 0), b->now_ns);
	row->fresh = fresh;
	if (!id_set_has(&b->opened, key.id))
		return;
	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n;

		row = add(b, rows, r, list[i], finding_key(list[i], 0));
		row->branch = b->o.ascii ? last ? "`- " : "|- " : last ? "\u2514\u2500 " : "\u251c\u2500 ";
	}
}

static void add_report(struct board *b, struct rows *rows, const struct report *r,
		       enum severity severity)
{
	const struct findings *f = &r->findings;
	bool *grouped = arena_calloc(rows->arena, f->n + 1, sizeof(*grouped));
	unsigned nth = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct finding *one = &f->list[i];
		size_t n;

		nth = i && one[-1].kind == one->kind && one[-1].subject == one->subject ? nth + 1 : 0;
		if (one->severity != severity || grouped[i])
			continue;
		n = one->kind == KIND_ZOMBIE && one->culprit && !b->filter[0] ? alike(f, i) : 1;
		if (n < GROUP_LEAST) {
			add(b, rows, r, one, finding_key(one, nth));
			continue;
		}
		for (size_t j = i; j < f->n; j++)
			grouped[j] |= j == i || sheet_told_as_one(one, &f->list[j]);
		add_group(b, rows, r, i, n);
	}
}

/* Reports are sorted each by itself: the worst of all of them first. */
static void make(struct board *b, struct rows *rows)
{
	const struct board_news *news = &board_scope(b)->news;

	for (int severity = SEV_CRITICAL; severity >= SEV_INFO; severity--)
		for (size_t i = 0; i < news->n; i++)
			add_report(b, rows, news->reports[i], (enum severity)severity);
}

/* A path in front of a command says least about it, and takes most of the room. */
const char *short_label(const struct sheet *s, const struct process *p)
{
	const char *command = p->command, *name;
	size_t n;

	/* brackets are for what has no command line, not for whom it was not asked of */
	if (!command && !process_knows(p, FACT_DETAILS) && p->now.state != 'Z' && !p->kernel_thread)
		return sheet_show(s, p->comm);
	if (!command || *command != '/')
		return sheet_label(s, p);
	n = strcspn(command, " ");
	name = memrchr(command, '/', n);
	return name && name + 1 < command + n ? sheet_show(s, name + 1) : sheet_label(s, p);
}

const char *row_label(const struct paint *t, const struct row *row)
{
	if (row->name)
		return sheet_show(&t->sheet, row->name);
	if (row->group)
		return arena_printf(t->a, "%s, left by %d %s", short_label(&t->sheet, row->process),
				    (int)row->key.id.pid,
				    short_label(&t->sheet, row->finding->culprit));
	return row->process ? short_label(&t->sheet, row->process) : "";
}

/* What an orphan keeps from others matters more than that it runs. */
static const char *orphan_remark(const struct paint *t, const struct finding *f)
{
	const char *text = f->activity ? sheet_show(&t->sheet, f->activity) : "";

	for (size_t i = 0; i < f->hold_n; i++)
		if (f->holds[i].kind != HOLD_PIPE)
			return arena_printf(t->a, "holds %s%s%s", sheet_show(&t->sheet, f->holds[i].what),
					    *text ? ", " : "", text);
	return text;
}

static void fields(const struct paint *t, const struct row *row, struct field *out)
{
	const struct finding *f = row->finding;
	const struct kind_info *kind = kind_info(f->kind);
	enum tint tint = tint_of(f->severity), text = f->severity == SEV_INFO ? TINT_DIM : TINT_PLAIN;
	const char *pid = row->group ? arena_printf(t->a, "%zu pids", row->group_n) :
		arena_printf(t->a, "%d", (int)f->subject->id.pid);
	char age[32];

	out[F_SIGN] = (struct field){ severity_sign(f->severity), tint, NULL, 0 };
	out[F_WORD] = (struct field){ severity_word(f->severity), tint, NULL, 0 };
	out[F_ID] = (struct field){ kind->id, TINT_DIM, NULL, 0 };
	out[F_KIND] = (struct field){ kind->name, text, NULL, 0 };
	out[F_PID] = (struct field){ pid, text, NULL, 0 };
	out[F_COMMAND] = (struct field){
		row_label(t, row), f->severity == SEV_INFO ? TINT_DIM : TINT_BOLD,
		f->kind == KIND_ORPHAN ? orphan_remark(t, f) : sheet_show(&t->sheet, f->message),
		TINT_DIM,
	};
	out[F_CONFIDENCE] = (struct field){ confidence_name(f->confidence), text, NULL, 0 };
	if (row->age_ns != UINT64_MAX)
		out[F_AGE] = (struct field){
			arena_strdup(t->a, text_age(row->age_ns, age, sizeof(age))), text, NULL, 0 };
}

const struct board_view view_findings = {
	.name = "Findings", .letter = "1", .columns = columns,
	.sorts = 1U << SORT_WORST | 1U << SORT_AGE | 1U << SORT_PID | 1U << SORT_KIND |
		1U << SORT_NAME,
	.make = make, .fields = fields,
};
