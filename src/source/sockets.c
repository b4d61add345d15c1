/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sock_diag(7): the peers of unix sockets, which /proc does not tell, and listening TCP
 * ports.  Works without rights, for the network namespace we are in; sockets of other
 * namespaces are not seen, and nothing is concluded from a socket that is not in the list.
 */
#include "source/live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "source/bpf.h"
#include "source/live_clock.h"
#include "source/live_work.h"
#include "source/sockets.h"

#define REPLY_WAIT_S 1

/* What one dump told: a list of its own, for a dump that was left behind goes on beside
 * the next one. */
struct dumped {
	struct arena *arena;
	struct socket_info *list;
	size_t n, room;
};

/* The last is left out where its answer is there already. */
enum { ITEM_INET, ITEM_INET6, ITEM_UNIX, ITEMS };

struct sockets {
	struct snapshot *s;
	struct dumped by_item[ITEMS];
	unsigned tcp_states;
	bool cut;
};

struct request {
	struct nlmsghdr head;
	union {
		struct unix_diag_req unix_sockets;
		struct inet_diag_req_v2 inet_sockets;
	};
};

static void add_unix(struct dumped *d, const struct nlmsghdr *h)
{
	const struct unix_diag_msg *m = NLMSG_DATA(h);
	struct socket_info *info = arena_push(d->arena, &d->list, &d->n, &d->room, sizeof(*info));
	int left = (int)(h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)));

	info->family = SOCKET_UNIX;
	info->inode = m->udiag_ino;
	info->listening = m->udiag_state == TCP_STATE_LISTEN;
	for (const struct rtattr *a = (const void *)(m + 1); RTA_OK(a, left);
	     a = RTA_NEXT(a, left)) {
		uint32_t peer;

		if (a->rta_type == UNIX_DIAG_NAME)
			info->named = RTA_PAYLOAD(a) > 0;
		if (a->rta_type != UNIX_DIAG_PEER || RTA_PAYLOAD(a) < sizeof(peer))
			continue;
		memcpy(&peer, RTA_DATA(a), sizeof(peer));
		info->peer_inode = peer;
	}
}

char *socket_address(struct arena *a, int family, const void *bytes, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];

	if (!port || !inet_ntop(family, bytes, text, sizeof(text)))
		return NULL;
	return arena_printf(a, family == AF_INET6 ? "[%s]:%u" : "%s:%u", text, port);
}

/* A FIN acknowledges, too: in CLOSE_WAIT the last ACK received is the peer's goodbye, unless
 * keepalives go on. */
static void add_idle(struct socket_info *info, const struct rtattr *a)
{
	struct tcp_info tcp = { .tcpi_state = 0 };
	size_t n = RTA_PAYLOAD(a);

	if (n < offsetof(struct tcp_info, tcpi_last_ack_recv) + sizeof(tcp.tcpi_last_ack_recv))
		return;
	memcpy(&tcp, RTA_DATA(a), n < sizeof(tcp) ? n : sizeof(tcp));
	info->has_idle = true;
	info->idle_ms = tcp.tcpi_last_ack_recv;
}

static void add_inet(struct dumped *d, const struct nlmsghdr *h)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	struct socket_info *info = arena_push(d->arena, &d->list, &d->n, &d->room, sizeof(*info));
	int left = (int)(h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)));

	info->family = SOCKET_TCP;
	info->inode = m->idiag_inode;
	info->tcp_state = m->idiag_state;
	info->listening = m->idiag_state == TCP_STATE_LISTEN;
	info->port = ntohs(m->id.idiag_sport);
	if (!info->listening) {
		/* until the app has read up to it, the peer's FIN counts for a byte */
		info->unread_bytes = m->idiag_rqueue -
			(info->tcp_state == TCP_STATE_CLOSE_WAIT && m->idiag_rqueue);
		info->peer = socket_address(d->arena, m->idiag_family, m->id.idiag_dst,
					  ntohs(m->id.idiag_dport));
	}
	for (const struct rtattr *a = (const void *)(m + 1); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == INET_DIAG_INFO && !info->listening)
			add_idle(info, a);
}

/* One dump; false when it did not come to its end. */
static bool dump(struct dumped *d, const struct request *r,
		 void (*add)(struct dumped *, const struct nlmsghdr *))
{
	struct timeval wait = { .tv_sec = REPLY_WAIT_S };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	_Alignas(struct nlmsghdr) char buf[65536];
	bool done = false;

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (send(fd, r, r->head.nlmsg_len, 0) < 0) {
		close(fd);
		return false;
	}
	while (!done) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		const struct nlmsghdr *h = (const void *)buf;
		unsigned left = n > 0 ? (unsigned)n : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		for (; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
			if (h->nlmsg_type == NLMSG_ERROR)
				left = 0;
			if (h->nlmsg_type == NLMSG_DONE)
				done = true;
			if (h->nlmsg_type == SOCK_DIAG_BY_FAMILY)
				add(d, h);
		}
		if (!done && n > 0 && left == 0 && ((const struct nlmsghdr *)(const void *)buf)
							    ->nlmsg_type == NLMSG_ERROR)
			break;
	}
	close(fd);
	return done;
}

static void sockets_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct sockets *w = context;
	struct request r = { .head = { .nlmsg_type = SOCK_DIAG_BY_FAMILY,
				       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	struct dumped d = { .arena = w->s->arena };
	bool done;

	(void)own;
	if (item == ITEM_UNIX) {
		r.head.nlmsg_len = NLMSG_LENGTH(sizeof(r.unix_sockets));
		r.unix_sockets = (struct unix_diag_req){
			.sdiag_family = AF_UNIX, .udiag_states = ~0U,
			.udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_NAME,
		};
		done = dump(&d, &r, add_unix);
	} else {
		r.head.nlmsg_len = NLMSG_LENGTH(sizeof(r.inet_sockets));
		r.inet_sockets = (struct inet_diag_req_v2){
			.sdiag_family = item == ITEM_INET ? AF_INET : AF_INET6,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_states = w->tcp_states,
			.idiag_ext = 1U << (INET_DIAG_INFO - 1),
		};
		done = dump(&d, &r, add_inet);
	}
	if (!ticket_claim(t))
		return;
	w->by_item[item] = d;
	/* a kernel without IPv6 or without the diag module has no such sockets to tell of */
	if (!done && item != ITEM_INET6)
		w->cut = true;
}

static int by_inode(const void *left, const void *right)
{
	const struct socket_info *a = left, *b = right;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static struct socket_info *socket_in(struct socket_info *list, size_t n, uint64_t inode)
{
	struct socket_info key = { .inode = inode };

	return !n ? NULL : bsearch(&key, list, n, sizeof(*list), by_inode);
}

/* What the kernel's lists have told becomes the snapshot's; what a look before has told is
 * forgotten, but for what they told then. */
static void take_listed(struct snapshot *s, unsigned tcp_states)
{
	size_t kept = 0;

	if (!bpf_give_sockets(s))
		s->socket_n = 0;
	for (size_t i = 0; i < s->socket_n; i++)
		if (s->sockets[i].inode && (s->sockets[i].family != SOCKET_TCP ||
					    tcp_states >> s->sockets[i].tcp_state & 1))
			s->sockets[kept++] = s->sockets[i];
	s->socket_n = kept;
}

/* Whether all unix sockets that a dump would be asked for are among them: what has no
 * descriptor matters only where it is the peer of one that has. */
static bool has_all_peers(const struct snapshot *s)
{
	for (size_t i = 0; i < s->socket_n; i++)
		if (s->sockets[i].family == SOCKET_UNIX && s->sockets[i].peer_inode &&
		    !socket_in(s->sockets, s->socket_n, s->sockets[i].peer_inode))
			return false;
	return s->socket_n;
}

/* What was dumped is the newer word on those that are listed, too. */
static void add_dumped(struct snapshot *s, const struct dumped *d, size_t listed)
{
	for (size_t i = 0; i < d->n; i++) {
		struct socket_info *known = socket_in(s->sockets, listed, d->list[i].inode);

		if (!known)
			known = arena_push(s->arena, &s->sockets, &s->socket_n, &s->socket_room,
					   sizeof(*known));
		*known = d->list[i];
	}
}

void live_sockets(struct snapshot *s, unsigned tcp_states)
{
	struct sockets *w = arena_calloc(s->arena, 1, sizeof(*w));
	uint64_t start_ns = live_clock_ns();
	struct work work = { .item = sockets_item, .context = w };
	struct work_result result;
	size_t listed;

	take_listed(s, tcp_states);
	listed = s->socket_n;
	w->s = s;
	w->tcp_states = tcp_states;
	work.n = has_all_peers(s) ? ITEM_UNIX : ITEMS;
	live_work(s, &work, &result);
	for (size_t i = 0; i < work.n; i++)
		add_dumped(s, &w->by_item[i], listed);
	s->coverage.objects_cut |= w->cut || result.cut || result.stalled;
	snapshot_sort(s);
	s->coverage.took_ns += live_clock_ns() - start_ns;
}
