/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds a thing, one line each.  A "nobody" is worth as much as what was looked at, so
 * it never comes without the count of those that could not be inspected.
 */
#include "view/holders.h"

#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "view/text.h"

enum { COLUMN_PID, COLUMN_USER, COLUMN_MODE, COLUMN_FD, COLUMN_COMMAND, COLUMN_N };

struct row { const char *cells[COLUMN_N]; char mark; };

const char *tcp_state_name(uint8_t state)
{
	static const char *const names[] = {
		[1] = "established", [2] = "syn-sent", [3] = "syn-received",
		[4] = "fin-wait-1", [5] = "fin-wait-2", [6] = "time-wait", [7] = "closed",
		[8] = "close-wait", [9] = "last-ack", [10] = "listening", [11] = "closing",
		[12] = "syn-received",
	};

	return state < ARRAY_SIZE(names) ? names[state] : NULL;
}

const char *who_mode_name(const struct who_line *line)
{
	const struct socket_info *s = line->socket;

	if (s && s->listening)
		return "listening";
	if (s && s->family == SOCKET_TCP && tcp_state_name(s->tcp_state))
		return tcp_state_name(s->tcp_state);
	if (s && s->family == SOCKET_UNIX)
		return s->peer_inode ? "connected" : "unconnected";
	switch (line->fd->mode) {
	case FD_READ:
		return "read";
	case FD_WRITE:
		return "write";
	case FD_READ_WRITE:
		return "both";
	case FD_MODE_UNKNOWN:
		break;
	}
	return "unknown";
}

static const char *end_name(const struct descriptor *d)
{
	return d->mode == FD_READ ? "read end" : d->mode == FD_WRITE ? "write end" :
	       d->mode == FD_READ_WRITE ? "read and write end" : "end";
}

static const char *other_end_name(const struct who_answer *w)
{
	if (w->fd->kind != FD_PIPE)
		return "other end";
	return w->fd->mode == FD_READ ? "write end" : w->fd->mode == FD_WRITE ? "read end" :
	       "other end";
}

static struct row row_of(const struct sheet *t, const struct who_line *l)
{
	const struct process *p = l->process;
	struct row r = { .mark = l->asked ? '*' : l->same ? '=' : ' ' };

	r.cells[COLUMN_PID] = arena_printf(t->a, "%d", p->id.pid);
	r.cells[COLUMN_USER] = p->user ? sheet_show(t, p->user) :
			       process_knows(p, FACT_STATUS) ? arena_printf(t->a, "%u", p->uid) : "?";
	r.cells[COLUMN_MODE] = who_mode_name(l);
	if (l->fd->deleted)
		r.cells[COLUMN_MODE] = arena_printf(t->a, "%s, deleted", r.cells[COLUMN_MODE]);
	if (l->socket && l->socket->peer)
		r.cells[COLUMN_MODE] = arena_printf(t->a, "%s %s", r.cells[COLUMN_MODE],
						    sheet_show(t, l->socket->peer));
	r.cells[COLUMN_FD] = arena_printf(t->a, "%d", l->fd->fd);
	r.cells[COLUMN_COMMAND] = sheet_label(t, p);
	return r;
}

static void put_row(const struct sheet *t, const struct row *r, const size_t *widths,
		    enum ink ink)
{
	size_t used = 2;
	const char *command = r->cells[COLUMN_COMMAND];

	fprintf(t->out, "%c ", r->mark);
	for (unsigned c = 0; c < COLUMN_COMMAND; c++) {
		int pad = (int)(widths[c] - escape_cells(r->cells[c]));
		bool right = c == COLUMN_PID || c == COLUMN_FD;

		fprintf(t->out, "%*s", right ? pad : 0, "");
		sheet_put(t, ink, r->cells[c]);
		fprintf(t->out, "%*s  ", right ? 0 : pad, "");
		used += widths[c] + 2;
	}
	if (t->o->width)
		command = sheet_cut(t, command, t->o->width > used + 8 ? t->o->width - used : 8);
	sheet_put(t, ink, command);
	putc('\n', t->out);
}

static void put_table(const struct sheet *t, const struct who_answer *w)
{
	static const struct row head = { { "PID", "USER", "MODE", "FD", "COMMAND" }, ' ' };
	struct row *rows = arena_calloc(t->a, w->line_n, sizeof(*rows));
	size_t widths[COLUMN_N];
	enum who_end end = WHO_END_NONE;

	for (unsigned c = 0; c < COLUMN_N; c++)
		widths[c] = strlen(head.cells[c]);
	for (size_t i = 0; i < w->line_n; i++) {
		rows[i] = row_of(t, &w->lines[i]);
		for (unsigned c = 0; c < COLUMN_N; c++) {
			size_t cells = escape_cells(rows[i].cells[c]);

			widths[c] = cells > widths[c] ? cells : widths[c];
		}
	}
	putc('\n', t->out);
	put_row(t, &head, widths, INK_DIM);
	for (size_t i = 0; i < w->line_n; i++) {
		if (w->lines[i].end == WHO_END_OTHER && end == WHO_END_THIS)
			sheet_wrap(t, INK_DIM, 0, 0,
				   arena_printf(t->a, "  %s:", other_end_name(w)));
		end = w->lines[i].end;
		put_row(t, &rows[i], widths, INK_PLAIN);
	}
}

static void put_head(const struct sheet *t, const struct who_answer *w)
{
	const char *name = sheet_show(t, w->name), *state;
	char *line;

	if (!w->process) {
		sheet_put(t, INK_BOLD, name);
		putc('\n', t->out);
		return;
	}
	line = arena_printf(t->a, "Descriptor %d of %d %s is ", w->fd->fd, w->process->id.pid,
			    sheet_label(t, w->process));
	state = w->socket && w->socket->family == SOCKET_TCP ?
		tcp_state_name(w->socket->tcp_state) : NULL;
	if (w->fd->kind == FD_PIPE)
		line = arena_printf(t->a, "%sthe %s of %s.", line, end_name(w->fd), name);
	else if (w->socket && w->socket->family == SOCKET_TCP)
		line = arena_printf(t->a, "%s%s: tcp port %u, %s%s%s.", line, name,
				    w->socket->port, state ? state : "state unknown",
				    w->socket->peer ? ", peer " : "",
				    w->socket->peer ? sheet_show(t, w->socket->peer) : "");
	else if (w->socket && w->socket->family == SOCKET_UNIX)
		line = arena_printf(t->a, "%s%s: a unix socket%s.", line, name,
				    w->socket->listening ? ", listening" : "");
	else
		line = arena_printf(t->a, "%s%s.", line, name);
	sheet_wrap(t, INK_BOLD, 0, 2, line);
}

static const char *unknown_words(const struct sheet *t, const struct who_answer *w)
{
	if (w->question.kind == WHO_PORT && !w->unheld)
		return "The list of sockets could not be read to its end.";
	if (w->question.kind == WHO_PORT)
		return arena_printf(t->a, "The port is in use, but %s held by a process that cannot "
				    "be seen.", w->unheld == 1 ? "its socket is" : "its sockets are");
	if (w->question.kind != WHO_FD)
		return "Nobody that could be seen holds it.";
	if (w->fd->kind == FD_SOCKET && !w->socket)
		return "What it is connected to is not known: it is of another network namespace, "
		       "or neither a TCP nor a unix socket.";
	return arena_printf(t->a, "Nobody that could be seen holds the %s.", other_end_name(w));
}

static const char *nobody_words(const struct sheet *t, const struct who_answer *w)
{
	if (w->question.kind == WHO_PORT)
		return w->lingering ?
		       "No process holds it: the kernel alone keeps what is left of closed "
		       "connections, for about a minute." :
		       "Nobody holds it: no TCP socket of this network namespace has that port.";
	if (w->question.kind != WHO_FD)
		return "Nobody holds it.";
	if (w->socket && w->socket->family == SOCKET_TCP)
		return "Its peer has closed the connection.";
	if (w->socket && w->socket->family == SOCKET_UNIX)
		return "It has no other end: closed by its peer, or never connected.";
	return arena_printf(t->a, "Nobody holds the %s any more.", other_end_name(w));
}

static void put_verdict(const struct sheet *t, const struct who_answer *w)
{
	const char *line = NULL;
	bool marked = false;

	for (size_t i = 0; i < w->line_n; i++)
		marked |= w->lines[i].same;
	if (w->line_n && w->process)
		fprintf(t->out, "\n* asked about%s\n",
			marked ? "   = the same open file description: one was inherited or "
				 "passed on" : "");
	if (w->verdict == WHO_UNKNOWN)
		line = unknown_words(t, w);
	else if (w->verdict == WHO_NOBODY)
		line = nobody_words(t, w);
	else if (w->process && w->fd->kind == FD_PIPE && w->fd->mode == FD_READ)
		line = "Its reader sees end of file only when all who hold the write end have "
		       "closed it.";
	else if (w->unheld)
		line = arena_printf(t->a, "%s more of that port: held by a process that cannot be "
				    "seen.", sheet_count(t, w->unheld, "socket", "sockets"));
	if (line) {
		putc('\n', t->out);
		sheet_wrap(t, w->verdict == WHO_HELD ? INK_PLAIN : INK_YELLOW, 0, 2, line);
	}
	if (!line)
		putc('\n', t->out);
	sheet_wrap(t, INK_DIM, 0, 2,
		   arena_printf(t->a, "%s seen; the descriptors of %zu could not be inspected%s.",
				sheet_count(t, w->snapshot->process_n, "process", "processes"),
				w->unseen, w->unseen && w->snapshot->uid ? " (root sees more)" : ""));
}

int holders_text(const struct who_answer *w, const struct view_options *o, FILE *out)
{
	struct sheet t = { .a = arena_new(0), .o = o, .out = out };
	bool failed;

	put_head(&t, w);
	if (w->line_n)
		put_table(&t, w);
	put_verdict(&t, w);
	failed = fflush(out) || ferror(out);
	arena_free(t.a);
	return failed ? -EIO : 0;
}
