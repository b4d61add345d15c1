/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The answer to `leakscan holders` as one JSON document, described by
 * doc/leakscan.holders.schema.json.  What is not known is null.
 */
#include "view/holders.h"

#include "view/document.h"

#define SCHEMA "leakscan.holders/1"

static json_t *question_json(struct arena *a, const struct who_question *q)
{
	static const char *const kinds[] = { [WHO_FD] = "fd", [WHO_PATH] = "path",
					     [WHO_PORT] = "port", [WHO_PIPE] = "pipe" };
	json_t *object = doc_must(json_object());
	bool fd = q->kind == WHO_FD;

	doc_put(object, "kind", json_string(kinds[q->kind]));
	doc_put(object, "pid", fd ? json_integer(q->pid) : json_null());
	doc_put(object, "fd", fd ? json_integer(q->fd) : json_null());
	doc_put(object, "path", q->kind == WHO_PATH ? doc_text(a, q->path) : json_null());
	doc_put(object, "port",
		q->kind == WHO_PORT ? json_integer(q->port) : json_null());
	doc_put(object, "inode", q->kind == WHO_PIPE ? json_integer((json_int_t)q->inode)
						 : json_null());
	return object;
}

static json_t *socket_json(struct arena *a, const struct socket_info *s)
{
	static const char *const families[] = {
		[SOCKET_UNIX] = "unix", [SOCKET_TCP] = "tcp", [SOCKET_OTHER] = "other"};
	const char *state =
		s && s->family == SOCKET_TCP ? tcp_state_name(s->tcp_state) : NULL;
	json_t *object;

	if (!s)
		return json_null();
	object = doc_must(json_object());
	doc_put(object, "inode", json_integer((json_int_t)s->inode));
	doc_put(object, "family", json_string(families[s->family]));
	doc_put(object, "listening", json_boolean(s->listening));
	doc_put(object, "port",
		s->family == SOCKET_TCP ? json_integer(s->port) : json_null());
	doc_put(object, "state", state ? json_string(state) : json_null());
	doc_put(object, "peer", doc_text(a, s->peer));
	doc_put(object, "peer_inode",
		s->peer_inode ? json_integer((json_int_t)s->peer_inode) : json_null());
	return object;
}

static json_t *line_json(struct arena *a, const struct who_line *l)
{
	static const char *const ends[] = {
		[WHO_END_THIS] = "this", [WHO_END_OTHER] = "other"};
	const struct process *p = l->process;
	json_t *object = doc_must(json_object());
	char link[DESCRIPTOR_LINK_SIZE];

	doc_put(object, "pid", json_integer(p->id.pid));
	doc_put(object, "start", json_integer((json_int_t)p->id.start_ticks));
	doc_put(object, "name", doc_text(a, p->comm));
	doc_put(object, "command", doc_text(a, p->command));
	doc_put(object, "user", doc_text(a, p->user));
	doc_put(object, "fd", json_integer(l->fd->fd));
	doc_put(object, "target", doc_text(a, descriptor_link(l->fd, link)));
	doc_put(object, "mode", json_string(who_mode_name(l)));
	doc_put(object, "end", l->end ? json_string(ends[l->end]) : json_null());
	doc_put(object, "asked", json_boolean(l->asked));
	doc_put(object, "same_description", json_boolean(l->same));
	doc_put(object, "deleted", json_boolean(l->fd->deleted));
	doc_put(object, "socket", socket_json(a, l->socket));
	return object;
}

int holders_json(const struct who_answer *w, const struct view_options *o, FILE *out)
{
	static const char *const verdicts[] = {
		[WHO_HELD] = "held", [WHO_NOBODY] = "nobody", [WHO_UNKNOWN] = "unknown"};
	const struct snapshot *s = w->snapshot;
	struct arena *a = arena_new(0);
	json_t *root = doc_must(json_object()), *coverage = doc_must(json_object()),
	       *lines = json_array();
	int err;

	for (size_t i = 0; i < w->line_n; i++)
		doc_add(lines, line_json(a, &w->lines[i]));
	doc_put(coverage, "processes", json_integer((json_int_t)s->process_n));
	doc_put(coverage, "uninspected", json_integer((json_int_t)w->unseen));
	doc_put(coverage, "ended", json_integer((json_int_t)w->ended));
	doc_put(coverage, "sockets_unheld", json_integer((json_int_t)w->unheld));
	doc_put(coverage, "sockets_lingering", json_integer((json_int_t)w->lingering));
	doc_put(root, "schema", json_string(SCHEMA));
	doc_put(root, "version", doc_text(a, o->version ? o->version : ""));
	doc_put(root, "host", doc_text(a, s->host));
	doc_put(root, "boot_id", doc_text(a, s->boot_id));
	doc_put(root, "question", question_json(a, &w->question));
	doc_put(root, "verdict", json_string(verdicts[w->verdict]));
	doc_put(root, "name", doc_text(a, w->name));
	doc_put(root, "holders", lines);
	doc_put(root, "coverage", coverage);
	err = doc_write(root, out);
	arena_free(a);
	return err;
}
