/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer to `leakscan holders` as one JSON document, described by
 * doc/leakscan.holders.schema.json.  What is not known is null.
 */
#include "view/holders.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"

#define SCHEMA "leakscan.holders/1"

static void put(json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value))
		abort();
}

static json_t *object_new(void)
{
	json_t *object = json_object();

	if (!object)
		abort();
	return object;
}

static json_t *text(struct arena *a, const char *raw)
{
	return raw ? json_string(escape_text(a, SINK_JSON, raw)) : json_null();
}

static json_t *question_json(struct arena *a, const struct who_question *q)
{
	static const char *const kinds[] = { [WHO_FD] = "fd", [WHO_PATH] = "path",
					     [WHO_PORT] = "port", [WHO_PIPE] = "pipe" };
	json_t *object = object_new();
	bool fd = q->kind == WHO_FD;

	put(object, "kind", json_string(kinds[q->kind]));
	put(object, "pid", fd ? json_integer(q->pid) : json_null());
	put(object, "fd", fd ? json_integer(q->fd) : json_null());
	put(object, "path", q->kind == WHO_PATH ? text(a, q->path) : json_null());
	put(object, "port", q->kind == WHO_PORT ? json_integer(q->port) : json_null());
	put(object, "inode", q->kind == WHO_PIPE ? json_integer((json_int_t)q->inode)
						 : json_null());
	return object;
}

static json_t *socket_json(struct arena *a, const struct socket_info *s)
{
	static const char *const families[] = { [SOCKET_UNIX] = "unix", [SOCKET_TCP] = "tcp",
						[SOCKET_OTHER] = "other" };
	const char *state = s && s->family == SOCKET_TCP ? tcp_state_name(s->tcp_state) : NULL;
	json_t *object;

	if (!s)
		return json_null();
	object = object_new();
	put(object, "inode", json_integer((json_int_t)s->inode));
	put(object, "family", json_string(families[s->family]));
	put(object, "listening", json_boolean(s->listening));
	put(object, "port", s->family == SOCKET_TCP ? json_integer(s->port) : json_null());
	put(object, "state", state ? json_string(state) : json_null());
	put(object, "peer", text(a, s->peer));
	put(object, "peer_inode", s->peer_inode ? json_integer((json_int_t)s->peer_inode)
						: json_null());
	return object;
}

static json_t *line_json(struct arena *a, const struct who_line *l)
{
	static const char *const ends[] = { [WHO_END_THIS] = "this", [WHO_END_OTHER] = "other" };
	const struct process *p = l->process;
	json_t *object = object_new();

	put(object, "pid", json_integer(p->id.pid));
	put(object, "start", json_integer((json_int_t)p->id.start_ticks));
	put(object, "name", text(a, p->comm));
	put(object, "command", text(a, p->command));
	put(object, "user", text(a, p->user));
	put(object, "fd", json_integer(l->fd->fd));
	put(object, "target", text(a, l->fd->target));
	put(object, "mode", json_string(who_mode_name(l)));
	put(object, "end", l->end ? json_string(ends[l->end]) : json_null());
	put(object, "asked", json_boolean(l->asked));
	put(object, "same_description", json_boolean(l->same));
	put(object, "deleted", json_boolean(l->fd->deleted));
	put(object, "socket", socket_json(a, l->socket));
	return object;
}

/* DEL is the one control that jansson writes as it is; it occurs only inside strings. */
static int write_piece(const char *bytes, size_t n, void *stream)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] == 0x7f ? fputs("\\u007f", stream) < 0 : putc(bytes[i], stream) == EOF)
			return -1;
	return 0;
}

int holders_json(const struct who_answer *w, const struct view_options *o, FILE *out)
{
	static const char *const verdicts[] = { [WHO_HELD] = "held", [WHO_NOBODY] = "nobody",
						[WHO_UNKNOWN] = "unknown" };
	const struct snapshot *s = w->snapshot;
	struct arena *a = arena_new(0);
	json_t *root = object_new(), *coverage = object_new(), *lines = json_array();
	bool failed;

	for (size_t i = 0; i < w->line_n; i++)
		if (json_array_append_new(lines, line_json(a, &w->lines[i])))
			abort();
	put(coverage, "processes", json_integer((json_int_t)s->process_n));
	put(coverage, "uninspected", json_integer((json_int_t)w->unseen));
	put(coverage, "ended", json_integer((json_int_t)w->ended));
	put(coverage, "sockets_unheld", json_integer((json_int_t)w->unheld));
	put(coverage, "sockets_lingering", json_integer((json_int_t)w->lingering));
	put(root, "schema", json_string(SCHEMA));
	put(root, "version", text(a, o->version ? o->version : ""));
	put(root, "host", text(a, s->host));
	put(root, "boot_id", text(a, s->boot_id));
	put(root, "question", question_json(a, &w->question));
	put(root, "verdict", json_string(verdicts[w->verdict]));
	put(root, "name", text(a, w->name));
	put(root, "holders", lines);
	put(root, "coverage", coverage);
	failed = json_dump_callback(root, write_piece, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) ||
		 putc('\n', out) == EOF || fflush(out) || ferror(out);
	json_decref(root);
	arena_free(a);
	return failed ? -EIO : 0;
}
