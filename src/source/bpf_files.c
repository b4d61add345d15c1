/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's list of descriptors: everybody's, in the order of pids and numbers.  A table
 * that several threads share is listed once; a thread with a table of its own is passed over
 * while the leader lives, as /proc/PID/fd does.
 */
#include "source/bpf.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "source/bpf_look.h"
#include "source/procfs.h"
#include "source/sockets.h"

#define TEXTS_KEPT 4096		/* a power of two */

struct kept { uint32_t hash; const char *text; };

struct listing {
	struct snapshot *s;
	struct bpf_look *look;
	struct process *process;	/* whose records come */
	int32_t pid, tid;
	uint64_t start_ns;
	size_t *first;		/* by place in s->processes: 1 + the place of its first in look->fds */
	struct kept *kept;	/* texts that came lately, by hash: most come again */
	uint32_t page_bytes;
	uint64_t jiffy_ns;
};

static uint32_t hash_of(const char *text, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619u;
	return h;
}

static const char *text_in(struct listing *l, const char *text, size_t n)
{
	uint32_t hash = hash_of(text, n);
	struct kept *k = &l->kept[hash % TEXTS_KEPT];

	if (!k->text || k->hash != hash || strncmp(k->text, text, n) || k->text[n])
		*k = (struct kept){ hash, arena_bytes(l->s->arena, text, n) };
	return k->text;
}

static struct socket_info *add_socket(struct listing *l, const struct bpf_record_file *r,
				      enum socket_family family)
{
	struct socket_info *info = arena_push(l->s->arena, &l->look->sockets, &l->look->socket_n,
					      &l->look->socket_room, sizeof(*info));

	info->inode = r->inode;
	info->family = family;
	info->listening = r->state == TCP_STATE_LISTEN;
	return info;
}

static void add_unix(struct listing *l, const struct bpf_record_file *r)
{
	struct socket_info *info = add_socket(l, r, SOCKET_UNIX);

	info->peer_inode = r->local.peer_inode;
	info->named = r->bits & BPF_FILE_NAMED;
}

/* As add_inet() of sockets.c fills it. */
static void add_tcp(struct listing *l, const struct bpf_record_file *r)
{
	struct socket_info *info = add_socket(l, r, SOCKET_TCP);
	int family = r->family == AF_INET6 ? AF_INET6 : AF_INET;

	info->tcp_state = r->state;
	info->port = r->inet.port;
	if (info->listening)
		return;
	info->unread_bytes = r->inet.unread_bytes -
		(r->state == TCP_STATE_CLOSE_WAIT && r->inet.unread_bytes);
	info->peer = socket_address(l->s->arena, family, r->inet.peer, r->inet.peer_port);
	info->has_idle = true;
	info->idle_ms = (uint32_t)((uint64_t)r->inet.idle_jiffies * l->jiffy_ns / 1000000);
}

static void fill_path(struct listing *l, const struct bpf_record_file *r, struct descriptor *d)
{
	size_t n = r->head.size - offsetof(struct bpf_record_file, path);

	n = strnlen(r->path, n);
	if (!n) {
		/* too long; readlink(2) has none, either */
		d->kind = FD_UNREADABLE;
		d->mode = FD_MODE_UNKNOWN;
		return;
	}
	d->target = text_in(l, r->path, n);
	procfs_fd_link((struct text){ d->target, n }, d);
}

static uint8_t ends(uint32_t n)
{
	return (uint8_t)(n < FD_ENDS_MOST ? n : FD_ENDS_MOST);
}

static void fill_pipe(const struct listing *l, const struct bpf_record_file *r,
		      struct descriptor *d)
{
	d->kind = FD_PIPE;
	d->inode = r->inode;
	d->readers = ends(r->pipe.readers);
	d->writers = ends(r->pipe.writers);
	d->has_queue = true;
	d->queued_bytes = r->pipe.queued_bytes;
	d->capacity_bytes = r->pipe.capacity_pages * l->page_bytes;
}

static void fill(struct listing *l, const struct bpf_record_file *r, struct descriptor *d)
{
	static const enum fd_mode modes[] = { FD_READ, FD_READ, FD_WRITE, FD_READ_WRITE };

	d->fd = (int)r->fd;
	d->mode = modes[r->access & 3];
	if (r->kind == BPF_FILE_PATH) {
		fill_path(l, r, d);
	} else if (r->kind == BPF_FILE_PIPE) {
		fill_pipe(l, r, d);
	} else {
		d->kind = FD_SOCKET;
		d->inode = r->inode;
	}
	d->cloexec = r->bits & BPF_FILE_CLOEXEC ? CLOEXEC_SET : CLOEXEC_CLEAR;
	d->file_id = r->file ? r->file : 1;
}

static size_t least_size(const struct bpf_record_file *r)
{
	size_t n = offsetof(struct bpf_record_file, pipe);

	if (r->head.size < n)
		return SIZE_MAX;
	switch (r->kind) {
	case BPF_FILE_PATH: return n + 1;
	case BPF_FILE_PIPE: return n + sizeof(r->pipe);
	case BPF_FILE_UNIX: return n + sizeof(r->local);
	case BPF_FILE_INET: return n + sizeof(r->inet);
	default: return n;
	}
}

/* Whose record it is; NULL: nobody's that we know, or of a table that does not count. */
static struct process *owner(struct listing *l, const struct bpf_record_file *r)
{
	struct process *p = l->process;

	if (l->pid != r->head.pid || l->start_ns != r->start_ns) {
		p = bpf_find(l->s, r->head.pid, r->start_ns);
		if (p && (p->kernel_thread || process_knows(p, FACT_FDS) ||
			  l->first[p - l->s->processes]))
			p = NULL;
		l->pid = r->head.pid;
		l->start_ns = r->start_ns;
		l->process = p;
		l->tid = r->tid;
	}
	/* of a dead leader the table of the first thread counts */
	if (!p || r->tid != l->tid || (r->tid != r->head.pid && !process_is_dead_leader(p)))
		return NULL;
	return p;
}

static void file_record(void *context, const struct bpf_record_head *head)
{
	const struct bpf_record_file *r = (const void *)head;
	struct listing *l = context;
	struct descriptor *d;
	struct process *p;

	if (head->type != BPF_RECORD_FILE || head->size < least_size(r))
		return;
	if (r->kind == BPF_FILE_UNIX)
		add_unix(l, r);
	if (r->kind == BPF_FILE_INET)
		add_tcp(l, r);
	p = owner(l, r);
	if (!p || p->fd_n == PROCESS_FDS_MOST)
		return;
	if (!p->fd_n++)
		l->first[p - l->s->processes] = l->look->fd_n + 1;
	d = arena_push(l->s->arena, &l->look->fds, &l->look->fd_n, &l->look->fd_room, sizeof(*d));
	fill(l, r, d);
	if (r->bits & BPF_FILE_LOCKS && d->kind == FD_FILE && d->mode != FD_READ)
		*(struct bpf_lock *)arena_push(l->s->arena, &l->look->locks, &l->look->lock_n,
					       &l->look->lock_room, sizeof(struct bpf_lock)) =
			(struct bpf_lock){ p, l->look->fd_n - 1 };
}

/* Address space for as many as were counted, so that the arrays need not move: each time one
 * does, what it leaves stays behind. */
static void make_room(struct listing *l)
{
	size_t n = 4096;

	for (size_t i = 0; i < l->s->process_n; i++)
		if (l->s->processes[i].now.fd_count > 0)
			n += (size_t)l->s->processes[i].now.fd_count;
	n += n / 4;
	l->look->fd_n = 0;
	l->look->fd_room = n;
	l->look->fds = arena_calloc(l->s->arena, n, sizeof(*l->look->fds));
	l->look->socket_n = 0;
	l->look->socket_room = n;
	l->look->sockets = arena_calloc(l->s->arena, n, sizeof(*l->look->sockets));
}

/* Who was not in the list had none, or has ended: /proc will tell. */
static void give(struct listing *l, int err)
{
	for (size_t i = 0; i < l->s->process_n; i++) {
		struct process *p = &l->s->processes[i];

		if (!l->first[i])
			continue;
		p->fds = &l->look->fds[l->first[i] - 1];
		if (err)
			p->fd_n = 0;
		else
			p->read |= FACT_BIT(FACT_FDS);
	}
}

static int by_inode(const void *left, const void *right)
{
	const struct socket_info *a = left, *b = right;

	return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static void sort_sockets(struct bpf_look *look)
{
	size_t kept = 0;

	if (look->socket_n)
		qsort(look->sockets, look->socket_n, sizeof(*look->sockets), by_inode);
	for (size_t i = 0; i < look->socket_n; i++)
		if (!kept || look->sockets[kept - 1].inode != look->sockets[i].inode)
			look->sockets[kept++] = look->sockets[i];
	look->socket_n = kept;
}

int bpf_read_files(struct snapshot *s)
{
	struct listing l = { .s = s, .look = s->bpf };
	struct timespec jiffy;
	int fd, err = bpf_open(BPF_FILES, s->bpf->kept, &fd, 1);

	if (err)
		return err;
	l.first = calloc(s->process_n + 1, sizeof(*l.first));
	l.kept = calloc(TEXTS_KEPT, sizeof(*l.kept));
	l.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
	if (!clock_getres(CLOCK_MONOTONIC_COARSE, &jiffy))
		l.jiffy_ns = (uint64_t)jiffy.tv_nsec;
	if (l.first && l.kept) {
		make_room(&l);
		err = bpf_read(fd, file_record, &l);
		give(&l, err);
		sort_sockets(s->bpf);
	} else {
		close(fd);
		err = -ENOMEM;
	}
	free(l.first);
	free(l.kept);
	return err;
}
