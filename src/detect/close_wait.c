/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS205 close-wait: the peer has closed its side of a connection and the app has not.  For a
 * moment that is every connection's fate, and a pool of idle client connections keeps a few
 * like that until it tries them: so a warning takes many that are all old enough, and of
 * connections that were clearly made by us, from an ephemeral port to a service, more than
 * a pool keeps for one peer.  A peer that has shut down only its sending side looks the same.
 */
#include "detect/detectors.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "detect/fd_list.h"

#define MANY 8
#define POOL_MOST 16		/* idle connections that client libraries keep for one peer */
#define EPHEMERAL_FIRST 32768	/* ip(7), ip_local_port_range: the usual start */
#define NS_PER_MS UINT64_C(1000000)
#define MS_PER_S 1000.0

struct closed {
	const struct socket_info *socket;
	int fd;
};

struct waiting {
	struct closed *list;		/* by peer */
	size_t n, room;
	size_t old, most_to_one_peer;	/* old ones; and those that we made, of one peer */
	uint64_t unread;
	uint32_t oldest_ms;
	bool has_age, old_any;
};

static int by_inode(const void *left, const void *right)
{
	const struct closed *a = left, *b = right;

	if (a->socket != b->socket)
		return a->socket < b->socket ? -1 : 1;
	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

static const char *peer_of(const struct closed *c)
{
	return c->socket->peer ? c->socket->peer : "";
}

static int by_peer(const void *left, const void *right)
{
	const struct closed *a = left, *b = right;
	int order = strcmp(peer_of(a), peer_of(b));

	return order ? order : a->fd < b->fd ? -1 : a->fd > b->fd;
}

static unsigned long port_of_peer(const struct socket_info *i)
{
	const char *colon = i->peer ? strrchr(i->peer, ':') : NULL;

	return colon ? strtoul(colon + 1, NULL, 10) : 0;
}

static bool is_listened_on(const struct snapshot *s, uint16_t port)
{
	for (size_t i = 0; i < s->socket_n; i++)
		if (s->sockets[i].listening && s->sockets[i].family == SOCKET_TCP &&
		    s->sockets[i].port == port)
			return true;
	return false;
}

/* For certain; where both ports are ephemeral only the listener tells. */
static bool made_by_us(const struct snapshot *s, const struct socket_info *i)
{
	unsigned long to = port_of_peer(i);

	return i->port >= EPHEMERAL_FIRST && to && to < EPHEMERAL_FIRST &&
	       !is_listened_on(s, i->port);
}

static bool is_old(const struct scene *scene, const struct socket_info *i)
{
	return i->has_idle && i->idle_ms * NS_PER_MS >= scene->policy->min_age_ns;
}

static void gather(const struct scene *scene, const struct process *p, struct arena *a,
		   struct waiting *w)
{
	size_t n = 0;

	for (size_t i = 0; i < p->fd_n; i++) {
		const struct socket_info *info = p->fds[i].kind == FD_SOCKET ?
			snapshot_socket(scene->snapshot, p->fds[i].inode) : NULL;

		if (info && info->family == SOCKET_TCP && info->tcp_state == TCP_STATE_CLOSE_WAIT)
			*(struct closed *)arena_push(a, &w->list, &w->n, &w->room,
						     sizeof(*w->list)) =
				(struct closed){ info, p->fds[i].fd };
	}
	if (!w->n)
		return;
	/* a descriptor and its copies are one socket */
	qsort(w->list, w->n, sizeof(*w->list), by_inode);
	for (size_t i = 0; i < w->n; i++)
		if (!n || w->list[n - 1].socket != w->list[i].socket)
			w->list[n++] = w->list[i];
	w->n = n;
	qsort(w->list, w->n, sizeof(*w->list), by_peer);
}

static void weigh(const struct scene *scene, struct waiting *w)
{
	size_t of_pool = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct socket_info *info = w->list[i].socket;

		if (i && strcmp(peer_of(&w->list[i]), peer_of(&w->list[i - 1])))
			of_pool = 0;
		w->unread += info->unread_bytes;
		w->has_age |= info->has_idle;
		if (info->has_idle && info->idle_ms > w->oldest_ms)
			w->oldest_ms = info->idle_ms;
		if (!is_old(scene, info))
			continue;
		w->old_any = true;
		if (!made_by_us(scene->snapshot, info))
			w->old++;
		else if (++of_pool > w->most_to_one_peer)
			w->most_to_one_peer = of_pool;
	}
}

static const char *peers_text(struct arena *a, const struct waiting *w)
{
	const char *first = peer_of(&w->list[0]);

	if (strcmp(first, peer_of(&w->list[w->n - 1])))
		return arena_printf(a, " (%s and others)", peer_of(&w->list[w->n - 1]));
	return *first ? arena_printf(a, " (%s)", first) : "";
}

static const char *sentence(struct arena *a, const struct waiting *w)
{
	char age[32], bytes[32];
	const char *text = w->n == 1 ?
		arena_printf(a, "fd %d is a connection whose peer%s has closed, and the process has not",
			     w->list[0].fd, peers_text(a, w)) :
		arena_printf(a, "%zu connections whose peers%s have closed, and the process has not",
			     w->n, peers_text(a, w));

	if (w->has_age)
		text = arena_printf(a, "%s, %s%s ago", text, w->n == 1 ? "" : "the oldest ",
				    text_age(w->oldest_ms * NS_PER_MS, age, sizeof(age)));
	if (w->unread)
		text = arena_printf(a, "%s; %s are not read yet", text,
				    text_bytes(w->unread, bytes, sizeof(bytes)));
	return text;
}

static void judge(const struct scene *scene, const struct member *m, struct findings *out)
{
	struct fd_list fds = { .arena = out->arena };
	struct waiting w = { .n = 0 };
	struct finding *f;
	bool leak;

	gather(scene, m->process, out->arena, &w);
	weigh(scene, &w);
	leak = w.old >= MANY || w.most_to_one_peer > POOL_MOST;
	/* what is younger, or of unknown age, may be seen in passing */
	if (!w.old_any)
		return;
	f = findings_add(out, KIND_CLOSE_WAIT, m->process);
	for (size_t i = 0; i < w.n; i++)
		fd_list_add(&fds, w.list[i].fd);
	fd_list_give(&fds, f);
	f->unit = "sockets";
	f->severity = fd_list_severity(m, leak ? SEV_WARNING : SEV_INFO);
	f->remedy = leak ? REMEDY_FIX_APP : REMEDY_NONE;
	f->has_age = w.has_age;
	f->age_seconds = w.oldest_ms / MS_PER_S;
	f->message = sentence(out->arena, &w);
	f->advice = leak ?
		"close a connection when reading it returns 0, and on the error path; only the process can close it, or its end" :
		"a few are normal: idle connections of a pool are closed when they are tried next";
}

static bool any_closed(const struct snapshot *s)
{
	for (size_t i = 0; i < s->socket_n; i++)
		if (s->sockets[i].tcp_state == TCP_STATE_CLOSE_WAIT)
			return true;
	return false;
}

void detect_close_wait(const struct scene *scene, struct findings *out)
{
	if (!any_closed(scene->snapshot))
		return;
	for (size_t i = 0; i < scene->family->member_n; i++)
		if (fd_list_wanted(&scene->family->members[i]))
			judge(scene, &scene->family->members[i], out);
}
