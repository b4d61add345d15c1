/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One walk over all descriptors with a question.  Equal link texts name the same pipe,
 * socket or path; anonymous things (eventfd, epoll) all share one text, and only kcmp(2)
 * tells them apart.
 */
#include "model/who.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DELETED " (deleted)"

static bool is_path(const char *target, const char *path)
{
	size_t n = strlen(path);

	return target && !strncmp(target, path, n) && (!target[n] || !strcmp(target + n, DELETED));
}

static bool is_end(const struct descriptor *d)
{
	return d->kind == FD_PIPE || d->kind == FD_SOCKET;
}

/* The same thing, as far as the text tells. */
static bool alike(const struct descriptor *a, const struct descriptor *b)
{
	if (a->kind != b->kind)
		return false;
	if (is_end(a))
		return a->inode == b->inode;
	return a->target && b->target && !strcmp(a->target, b->target);
}

static bool loopback(const char *peer)
{
	return peer && (!strncmp(peer, "127.", 4) || !strncmp(peer, "[::1]", 5) ||
			!strncmp(peer, "[::ffff:127.", 12));
}

static bool ends_in_port(const char *peer, uint16_t port)
{
	const char *colon = peer ? strrchr(peer, ':') : NULL;

	return colon && strtoul(colon + 1, NULL, 10) == port;
}

/* The other end of a connection within this machine; on loopback the ports name it. */
static bool tcp_opposite(const struct socket_info *a, const struct socket_info *b)
{
	return loopback(a->peer) && loopback(b->peer) && ends_in_port(a->peer, b->port) &&
	       ends_in_port(b->peer, a->port);
}

static bool opposite(const struct socket_info *a, const struct socket_info *b)
{
	if (!a || !b || a == b || a->family != b->family)
		return false;
	if (a->family == SOCKET_UNIX)
		return a->peer_inode && a->peer_inode == b->inode;
	return a->family == SOCKET_TCP && tcp_opposite(a, b);
}

/* Ends of a pipe: what reads is opposite to what writes. */
static enum who_end pipe_end_of(const struct who_answer *w, const struct descriptor *d)
{
	if (!w->fd || d->mode == FD_MODE_UNKNOWN || w->fd->mode == FD_MODE_UNKNOWN)
		return WHO_END_NONE;
	if (d->mode == FD_READ_WRITE || w->fd->mode == FD_READ_WRITE)
		return WHO_END_OTHER;
	return d->mode == w->fd->mode ? WHO_END_THIS : WHO_END_OTHER;
}

static bool matches_fd(const struct who_answer *w, struct who_line *line)
{
	const struct descriptor *d = line->fd;

	if (line->asked) {
		line->end = w->has_other_end ? WHO_END_THIS : WHO_END_NONE;
		return true;
	}
	if (d->kind == FD_SOCKET && opposite(w->socket, line->socket)) {
		line->end = WHO_END_OTHER;
		return true;
	}
	if (!alike(w->fd, d) || (d->kind == FD_ANON && !line->same))
		return false;
	if (d->kind == FD_PIPE)
		line->end = pipe_end_of(w, d);
	else if (d->kind == FD_SOCKET && w->has_other_end)
		line->end = WHO_END_THIS;
	return true;
}

static bool matches(const struct who_answer *w, struct who_line *line)
{
	const struct descriptor *d = line->fd;

	switch (w->question.kind) {
	case WHO_FD:
		return matches_fd(w, line);
	case WHO_PATH:
		return !is_end(d) && d->kind != FD_ANON && is_path(d->target, w->question.path);
	case WHO_PIPE:
		return d->kind == FD_PIPE && d->inode == w->question.inode;
	case WHO_PORT:
		return line->socket && line->socket->family == SOCKET_TCP &&
		       line->socket->port == w->question.port;
	}
	return false;
}

static void count_unseen(struct who_answer *w)
{
	const struct snapshot *s = w->snapshot;

	for (size_t i = 0; i < s->process_n; i++) {
		enum fds_known known = snapshot_fds_known(s, &s->processes[i], true);

		w->unseen += known == FDS_UNSEEN;
		w->ended += known == FDS_ENDED;
	}
}

static bool lookable(const struct snapshot *s, const struct process *p)
{
	/* what we hold ourselves we were given a moment ago, and will be gone with us */
	return !p->gone && (s->replayed || p->id.pid != s->self);
}

static void gather(struct who_answer *w, struct arena *a)
{
	const struct snapshot *s = w->snapshot;

	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];

		for (size_t j = 0; lookable(s, p) && j < p->fd_n; j++) {
			struct who_line line = { .process = p, .fd = &p->fds[j] };

			if (line.fd->kind == FD_SOCKET)
				line.socket = snapshot_socket(s, line.fd->inode);
			line.asked = p == w->process && line.fd == w->fd;
			line.same = w->process && !line.asked && alike(w->fd, line.fd) &&
				    snapshot_same_file(s, w->process->id.pid, w->fd->fd,
						       p->id.pid, line.fd->fd);
			if (matches(w, &line))
				*(struct who_line *)arena_push(a, &w->lines, &w->line_n,
							       &w->line_room, sizeof(line)) = line;
		}
	}
}

static int by_end(const void *left, const void *right)
{
	const struct who_line *a = left, *b = right;

	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	if (!a->end && a->fd->kind == FD_PIPE && a->fd->mode != b->fd->mode)
		return a->fd->mode > b->fd->mode ? -1 : 1;
	if (a->process != b->process)
		return a->process->id.pid < b->process->id.pid ? -1 : 1;
	return a->fd->fd < b->fd->fd ? -1 : a->fd->fd > b->fd->fd;
}

/* Sockets of the port that nobody seen holds; without an inode they are only the kernel's. */
static void count_unheld(struct who_answer *w)
{
	const struct snapshot *s = w->snapshot;

	for (size_t i = 0; i < s->socket_n; i++) {
		const struct socket_info *info = &s->sockets[i];
		bool held = false;

		if (info->family != SOCKET_TCP || info->port != w->question.port)
			continue;
		for (size_t j = 0; j < w->line_n && !held; j++)
			held = w->lines[j].socket->inode == info->inode;
		w->lingering += !info->inode;
		w->unheld += info->inode && !held;
	}
}

static enum who_verdict judge_fd(const struct who_answer *w)
{
	const struct socket_info *socket = w->socket;

	for (size_t i = 0; i < w->line_n; i++)
		if (w->lines[i].end == WHO_END_OTHER)
			return WHO_HELD;
	if (w->fd->kind == FD_PIPE)
		return w->unseen || w->fd->mode == FD_MODE_UNKNOWN ? WHO_UNKNOWN : WHO_NOBODY;
	if (w->fd->kind != FD_SOCKET)
		return WHO_HELD;
	if (!socket)
		return WHO_UNKNOWN;
	if (socket->listening)
		return WHO_HELD;
	if (socket->family == SOCKET_UNIX)
		return socket->peer_inode ? WHO_UNKNOWN : WHO_NOBODY;
	return socket->tcp_state == TCP_STATE_CLOSE_WAIT ? WHO_NOBODY :
	       socket->tcp_state ? WHO_HELD : WHO_UNKNOWN;
}

static enum who_verdict judge_thing(const struct who_answer *w)
{
	if (w->line_n)
		return WHO_HELD;
	/* the kernel lists every socket of its network namespace, whoever holds it */
	if (w->question.kind == WHO_PORT)
		return w->unheld || w->snapshot->coverage.objects_cut ? WHO_UNKNOWN : WHO_NOBODY;
	return w->unseen ? WHO_UNKNOWN : WHO_NOBODY;
}

static int find_fd(const struct snapshot *s, struct who_answer *w)
{
	const struct process *p = snapshot_find(s, w->question.pid);

	if (!p || p->gone)
		return -ESRCH;
	if (!process_knows(p, FACT_FDS) && !p->fd_n)
		return p->kernel_thread || process_is_zombie(p) ? -EBADF : -EACCES;
	w->process = p;
	w->fd = process_fd(p, w->question.fd);
	if (!w->fd)
		return -EBADF;
	if (w->fd->kind == FD_SOCKET)
		w->socket = snapshot_socket(s, w->fd->inode);
	w->has_other_end = w->fd->kind == FD_PIPE ||
			   (w->socket && !w->socket->listening && w->socket->family != SOCKET_OTHER);
	return 0;
}

const struct same_file *who_pairs(const struct snapshot *s, const struct who_question *q,
				  struct arena *a, size_t *n)
{
	struct who_answer w = { .snapshot = s, .question = *q };
	struct same_file *pairs = NULL;
	size_t room = 0;

	*n = 0;
	if (q->kind != WHO_FD || find_fd(s, &w))
		return NULL;
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];

		for (size_t j = 0; lookable(s, p) && j < p->fd_n; j++) {
			const struct descriptor *d = &p->fds[j];

			if (d == w.fd || !alike(w.fd, d) || d->mode != w.fd->mode)
				continue;
			*(struct same_file *)arena_push(a, &pairs, n, &room, sizeof(*pairs)) =
				(struct same_file){ q->pid, q->fd, p->id.pid, d->fd };
		}
	}
	return pairs;
}

static const char *name_of(const struct who_answer *w, struct arena *a)
{
	const struct who_question *q = &w->question;
	char buf[DESCRIPTOR_LINK_SIZE];
	const char *link;

	switch (q->kind) {
	case WHO_PATH:
		return q->path;
	case WHO_PORT:
		return arena_printf(a, "tcp port %u", q->port);
	case WHO_PIPE:
		return arena_printf(a, "pipe:[%llu]", (unsigned long long)q->inode);
	case WHO_FD:
		break;
	}
	link = descriptor_link(w->fd, buf);
	return link ? arena_strdup(a, link) : "a descriptor that could not be read";
}

int who_holds(const struct snapshot *s, const struct who_question *q, struct arena *a,
	      struct who_answer *out)
{
	struct who_answer w = { .snapshot = s, .question = *q };
	int err = q->kind == WHO_FD ? find_fd(s, &w) : 0;

	if (err)
		return err;
	w.name = name_of(&w, a);
	count_unseen(&w);
	gather(&w, a);
	if (w.line_n)
		qsort(w.lines, w.line_n, sizeof(*w.lines), by_end);
	if (q->kind == WHO_PORT)
		count_unheld(&w);
	w.verdict = q->kind == WHO_FD ? judge_fd(&w) : judge_thing(&w);
	*out = w;
	return 0;
}
