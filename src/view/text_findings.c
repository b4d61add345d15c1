/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The findings: a head line that can be scanned with the eye, then what we know about it.
 * Many zombies of one parent are one problem, and become one block.
 */
#include "view/text.h"

#include <string.h>
#include <sys/wait.h>

#include "base/escape.h"
#include "base/text.h"

#define INDENT FINDING_INDENT
#define COMMAND_MIN 16		/* less room than this: a line of its own */
#define COMMAND_PAD_MAX 60	/* without a width, do not pad to the longest of all */
#define PIDS_MAX 30
#define POSSIBLE_MAX 5
#define PIPE_ENDS_MAX 2		/* workers of one pool hold a dozen ends of each other */
#define STATUS_MAX 4

/* One finding, or several that are told as one. */
struct block {
	const struct finding **findings;
	size_t n, room;
	const char *pid, *command;	/* as shown */
};

struct heads {
	size_t kind, pid, command;	/* cells */
	bool narrow;			/* no room for the command in the head line */
};

static void detail(const struct sheet *t, enum ink ink, const char *shown)
{
	sheet_wrap(t, ink, INDENT, INDENT + 2, shown);
}

static const char *identity(const struct sheet *t, const struct process *p)
{
	return arena_printf(t->a, "%d %s", (int)p->id.pid,
			    sheet_cut(t, sheet_label(t, p), 60));
}

/* Weak evidence is only named beside better: it would not carry the finding.  That it was
 * adopted is what the message says already. */
static void put_evidence(const struct sheet *t, const struct finding *f, enum ink ink)
{
	const char *weak = "";
	bool better = false;

	for (size_t i = 0; i < f->evidence_n; i++)
		better |= f->evidence[i].strength > CONF_WEAK;
	for (size_t i = 0; i < f->evidence_n; i++) {
		const struct evidence *e = &f->evidence[i];

		if (e->type == EV_ADOPTED && !t->o->verbose)
			continue;
		if (better && e->strength <= CONF_WEAK && !t->o->verbose) {
			weak = arena_printf(t->a, "%s%s%s", weak, *weak ? ", " : "",
					    evidence_name(e->type));
			continue;
		}
		detail(t, ink,
		       arena_printf(t->a, "evidence (%s, %s): %s", evidence_name(e->type),
				    confidence_name(e->strength),
				    sheet_show(t, e->detail)));
	}
	if (*weak)
		detail(t, ink, arena_printf(t->a, "and weak evidence: %s", weak));
}

static void put_holds(const struct sheet *t, const struct finding *f, enum ink ink)
{
	size_t pipes = 0;

	for (size_t i = 0; i < f->hold_n; i++) {
		const struct holding *h = &f->holds[i];
		const char *what = sheet_show(t, h->what);

		pipes += h->kind == HOLD_PIPE;
		if (h->kind == HOLD_PIPE && pipes > PIPE_ENDS_MAX && !t->o->verbose)
			continue;
		if (h->fd >= 0)
			what = arena_printf(t->a, "fd %d: %s", h->fd, what);
		detail(t, ink, arena_printf(t->a, "holds %s", what));
	}
	if (pipes > PIPE_ENDS_MAX && !t->o->verbose)
		detail(t, ink,
		       arena_printf(t->a, "and %s (-v shows all)",
				    sheet_count(t, pipes - PIPE_ENDS_MAX,
						"more end of a pipe",
						"more ends of pipes")));
}

/* A record can say anything; a double out of range must not be converted. */
static uint64_t age_ns(double seconds)
{
	return seconds > 0 && seconds < 1e10 ? (uint64_t)(seconds * 1e9) : 0;
}

static void put_age(const struct sheet *t, const struct block *b)
{
	double least = 0, most = 0;
	bool known = false;
	char from[32], to[32];

	for (size_t i = 0; i < b->n; i++) {
		const struct finding *f = b->findings[i];

		if (!f->has_age)
			continue;
		if (!known || f->age_seconds < least)
			least = f->age_seconds;
		if (!known || f->age_seconds > most)
			most = f->age_seconds;
		known = true;
	}
	if (!known)
		return;
	text_age(age_ns(least), from, sizeof(from));
	text_age(age_ns(most), to, sizeof(to));
	detail(t, INK_PLAIN, strcmp(from, to) ?
	       arena_printf(t->a, "dead for %s to %s", from, to) :
	       arena_printf(t->a, "dead for %s", to));
}

static const char *status_word(const struct sheet *t, int status)
{
	if (status < 0)
		return "unknown";
	if (WIFEXITED(status))
		return arena_printf(t->a, "exit %d", WEXITSTATUS(status));
	if (WIFSIGNALED(status))
		return arena_printf(t->a, "signal %d%s", WTERMSIG(status),
				    WCOREDUMP(status) ? " (core dumped)" : "");
	return arena_printf(t->a, "status %#x", (unsigned)status);
}

static const char *how_often(const struct sheet *t, size_t n)
{
	return n == 1 ? "once" : arena_printf(t->a, "%zu times", n);
}

static void put_statuses(const struct sheet *t, const struct block *b)
{
	struct { int status; size_t n; } seen[STATUS_MAX];
	size_t seen_n = 0, others = 0, known = 0;
	const char *line = "ended with";

	for (size_t i = 0; i < b->n; i++) {
		int status = b->findings[i]->subject->wait_status;
		size_t at = 0;

		known += status >= 0;
		while (at < seen_n && seen[at].status != status)
			at++;
		if (at == STATUS_MAX) {
			others++;
			continue;
		}
		if (at == seen_n) {
			seen[at].status = status;
			seen[at].n = 0;
			seen_n++;
		}
		seen[at].n++;
	}
	if (!known)
		return;
	for (size_t i = 0; i < seen_n; i++)
		line = arena_printf(t->a, "%s%s %s (%s)", line, i ? "," : "",
				    status_word(t, seen[i].status), how_often(t, seen[i].n));
	if (others)
		line = arena_printf(t->a, "%s, another status (%s)", line,
				    how_often(t, others));
	detail(t, INK_PLAIN, line);
}

static void put_pids(const struct sheet *t, const struct block *b)
{
	const char *line = "pids";

	for (size_t i = 0; i < b->n && i < PIDS_MAX; i++)
		line = arena_printf(t->a, "%s %d", line,
				    (int)b->findings[i]->subject->id.pid);
	if (b->n > PIDS_MAX)
		line = arena_printf(t->a, "%s and %zu more", line, b->n - PIDS_MAX);
	detail(t, INK_PLAIN, line);
}

static void put_head(const struct sheet *t, const struct block *b, const struct heads *h)
{
	const struct finding *f = b->findings[0];
	const struct kind_info *kind = kind_info(f->kind);
	static const char *const words[] = {
		[SEV_INFO] = "INFO",
		[SEV_WARNING] = "WARNING",
		[SEV_CRITICAL] = "CRITICAL",
	};
	const char *command = b->command, *confidence = confidence_name(f->confidence);
	size_t cells;

	sheet_put(t, f->severity == SEV_INFO ? INK_DIM : INK_BOLD, kind->id);
	fprintf(t->out, " %-*s %*s  ", (int)h->kind, kind->name, (int)h->pid, b->pid);
	if (h->narrow) {
		sheet_put(t, ink_of(f->severity), words[f->severity]);
		fprintf(t->out, "\n%*s%-6s  %s\n", INDENT, "", confidence,
			sheet_cut(t, command,
				  t->o->width > 22 ? t->o->width - INDENT - 8 : 8));
		return;
	}
	if (t->o->width)
		command = sheet_cut(t, command, h->command);
	cells = escape_cells(command);
	fprintf(t->out, "%s%*s  %-6s  ", command,
		cells < h->command ? (int)(h->command - cells) : 0, "", confidence);
	sheet_put(t, ink_of(f->severity), words[f->severity]);
	putc('\n', t->out);
}

static void put_intent(const struct sheet *t, const struct report *r,
		       const struct finding *f, enum ink ink)
{
	const struct member *m = family_find(&r->family, f->subject);

	if (f->intent != INTENT_DAEMON || !m || !m->intent_why)
		return;
	if (f->message && strstr(f->message, m->intent_why))
		return;
	detail(t, ink,
	       arena_printf(t->a, "looks meant: %s", sheet_show(t, m->intent_why)));
}

static void put_facts(const struct sheet *t, const struct report *r,
		      const struct finding *f, enum ink ink)
{
	if (f->pipe && f->fd_n <= 1)	/* of several there are several maps */
		text_pipe(t, ink, f->pipe);
	put_intent(t, r, f, ink);
	if (f->active)
		detail(t, ink,
		       arena_printf(t->a, "still working: %s",
				    f->activity ? sheet_show(t, f->activity)
						: "used CPU or did I/O"));
	put_holds(t, f, ink);
	if (f->kind == KIND_ORPHAN || t->o->verbose)
		put_evidence(t, f, ink);
	if (f->culprit && f->culprit != r->target->process)
		detail(t, ink,
		       arena_printf(t->a, "at fault: %s", identity(t, f->culprit)));
	if (f->advice && *f->advice)
		detail(t, ink,
		       arena_printf(t->a, "what to do: %s", sheet_show(t, f->advice)));
}

static void put_body(const struct sheet *t, const struct report *r, const struct block *b,
		     enum ink ink)
{
	const struct finding *f = b->findings[0];

	if (b->n > 1) {
		put_pids(t, b);
		put_age(t, b);
		put_statuses(t, b);
	}
	if (f->message && *f->message)
		detail(t, ink, b->n > 1 ?
		       arena_printf(t->a, "%d: %s", (int)f->subject->id.pid,
				    sheet_show(t, f->message)) :
		       sheet_show(t, f->message));
	put_facts(t, r, f, ink);
}

static void put_block(const struct sheet *t, const struct report *r,
		      const struct block *b, const struct heads *h)
{
	putc('\n', t->out);
	put_head(t, b, h);
	put_body(t, r, b, b->findings[0]->severity == SEV_INFO ? INK_DIM : INK_PLAIN);
}

void text_told_as_one(const struct sheet *t, const struct report *r,
		      const struct finding **findings, size_t n)
{
	struct block b = { .findings = findings, .n = n };

	put_body(t, r, &b, INK_PLAIN);
}

bool sheet_told_as_one(const struct finding *a, const struct finding *b)
{
	return a->kind == KIND_ZOMBIE && b->kind == KIND_ZOMBIE && a->culprit &&
	       a->culprit == b->culprit && a->severity == b->severity;
}

static const char *block_command(const struct sheet *t, const struct block *b)
{
	const char *label = sheet_label(t, b->findings[0]->subject);

	for (size_t i = 1; i < b->n; i++)
		if (strcmp(b->findings[i]->subject->comm, b->findings[0]->subject->comm))
			return arena_printf(t->a, "%s and others", label);
	return label;
}

bool sheet_only_possible(const struct sheet *t, const struct finding *f)
{
	return f->kind == KIND_ORPHAN && f->confidence == CONF_WEAK && !t->o->verbose;
}

static size_t blocks_make(const struct sheet *t, const struct findings *f,
			  struct block *blocks)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct finding *one = &f->list[i];
		struct block *b = NULL;

		if (sheet_only_possible(t, one))
			continue;
		/* Sorted by kind and severity, so it can only be one of the last few. */
		for (size_t j = n;
		     !t->o->verbose && one->kind == KIND_ZOMBIE && j-- && !b;)
			if (sheet_told_as_one(blocks[j].findings[0], one))
				b = &blocks[j];
		if (!b)
			b = &blocks[n++];
		*(const struct finding **)arena_push(t->a, &b->findings, &b->n, &b->room,
						     sizeof(one)) = one;
	}
	for (size_t i = 0; i < n; i++) {
		struct block *b = &blocks[i];

		b->command = block_command(t, b);
		b->pid = b->n > 1 ? arena_printf(t->a, "%zu pids", b->n) :
			 arena_printf(t->a, "%d", (int)b->findings[0]->subject->id.pid);
	}
	return n;
}

static struct heads heads_measure(const struct sheet *t, const struct block *blocks,
				  size_t n)
{
	struct heads h = { 0 };
	size_t fixed, room;

	for (size_t i = 0; i < n; i++) {
		size_t kind = strlen(kind_info(blocks[i].findings[0]->kind)->name);
		size_t pid = strlen(blocks[i].pid),
		       command = escape_cells(blocks[i].command);

		h.kind = kind > h.kind ? kind : h.kind;
		h.pid = pid > h.pid ? pid : h.pid;
		h.command = command > h.command ? command : h.command;
	}
	fixed = strlen("LS101 ") + h.kind + 1 + h.pid + 2 + strlen("  strong  CRITICAL");
	if (!t->o->width) {
		h.command = h.command < COMMAND_PAD_MAX ? h.command : COMMAND_PAD_MAX;
		return h;
	}
	room = t->o->width > fixed ? t->o->width - fixed : 0;
	h.narrow = room < COMMAND_MIN && room < h.command;
	h.command = h.command < room ? h.command : room;
	return h;
}

void text_findings(const struct sheet *t, const struct report *r)
{
	struct block *blocks = arena_calloc(t->a, r->findings.n + 1, sizeof(*blocks));
	size_t n = blocks_make(t, &r->findings, blocks);
	struct heads h = heads_measure(t, blocks, n);

	for (size_t i = 0; i < n; i++)
		put_block(t, r, &blocks[i], &h);
}

/* What a neighbour has as well is named here, and told with its values under -v. */
void text_possible(const struct sheet *t, const struct report *r)
{
	size_t shown = 0, all = tally_of(r).possible;

	if (!all || t->o->verbose)
		return;
	putc('\n', t->out);
	sheet_wrap(t, INK_DIM, 0, 0,
		   "Possibly related, by weak evidence only, and not counted (-v tells more):");
	for (size_t i = 0; i < r->family.member_n; i++) {
		const struct member *m = &r->family.members[i];
		const char *line;

		if (m->relation != REL_POSSIBLE)
			continue;
		if (shown++ == POSSIBLE_MAX) {
			sheet_wrap(
				t, INK_DIM, 2, 2,
				arena_printf(t->a, "and %zu more", all - POSSIBLE_MAX));
			return;
		}
		line = arena_printf(t->a, "%s:", identity(t, m->process));
		for (size_t j = 0; j < m->evidence_n; j++)
			line = arena_printf(t->a, "%s%s %s", line, j ? "," : "",
					    evidence_name(m->evidence[j].type));
		sheet_wrap(t, INK_DIM, 2, 4, line);
	}
}
