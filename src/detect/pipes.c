/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel tells which pipe a descriptor is an end of, and for unix sockets the peer; who
 * else has the ends is only known by looking at everybody's descriptors.
 */
#include "detect/pipes.h"

static bool in_pair(const struct snapshot *s, const struct descriptor *d)
{
	const struct socket_info *mine = snapshot_socket(s, d->inode), *peer;

	if (!mine || mine->family != SOCKET_UNIX || mine->named || mine->listening ||
	    !mine->peer_inode)
		return false;
	/* a client of a server has an unnamed end, too; its peer has the server's name */
	peer = snapshot_socket(s, mine->peer_inode);
	return peer && !peer->named && !peer->listening;
}

bool channel_of(const struct scene *scene, const struct descriptor *d, enum channel_side side,
		struct channel *out)
{
	const struct holders *h = scene->holders;
	struct channel c = { .fd = d };

	if (d->kind == FD_PIPE && d->inode &&
	    d->mode == (side == CHANNEL_WRITES ? FD_WRITE : FD_READ)) {
		c.writers = holders_of_end(h, d->inode, FD_WRITE, &c.writer_n);
		c.readers = holders_of_end(h, d->inode, FD_READ, &c.reader_n);
	} else if (d->kind == FD_SOCKET && in_pair(scene->snapshot, d)) {
		c.both_ways = true;
		c.writers = holders_find(h, FD_SOCKET, d->inode, &c.writer_n);
		c.readers = holders_of_peer(h, d->inode, &c.reader_n);
		if (side == CHANNEL_READS) {
			c.readers = c.writers;
			c.reader_n = c.writer_n;
			c.writers = holders_of_peer(h, d->inode, &c.writer_n);
		}
	} else {
		return false;
	}
	*out = c;
	return true;
}

static bool seen_before(const struct holder *list, size_t n, uint64_t file_id)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].fd->file_id == file_id)
			return true;
	return false;
}

/* Tables are read one after another: the most that was counted at any of its ends. */
static unsigned counted_of(const struct holder *list, size_t n, bool reads)
{
	unsigned most = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned counted = reads ? list[i].fd->readers : list[i].fd->writers;

		most = counted > most ? counted : most;
	}
	return most;
}

bool channel_has_others(const struct channel *c, enum channel_side side)
{
	bool reads = side == CHANNEL_READS;
	const struct holder *list = reads ? c->readers : c->writers;
	size_t n = reads ? c->reader_n : c->writer_n, seen = 0;
	unsigned counted = counted_of(c->readers, c->reader_n, reads);
	unsigned there = counted_of(c->writers, c->writer_n, reads);

	counted = there > counted ? there : counted;
	if (counted == FD_ENDS_MOST)
		return true;	/* nobody knows how many more */
	for (size_t i = 0; i < n && seen < counted; i++)
		seen += !list[i].fd->file_id || !seen_before(list, i, list[i].fd->file_id);
	return seen < counted;
}

bool end_certainly_alone(const struct descriptor *d)
{
	return d->kind == FD_PIPE && ((d->mode == FD_READ && d->readers && !d->writers) ||
				      (d->mode == FD_WRITE && d->writers && !d->readers));
}

bool all_holders_seen(const struct snapshot *s, size_t unseen)
{
	return !unseen && !holders_may_hide(s) && s->initial_pid_ns;
}

static void take_queue(struct pipe_map *map, const struct holder *list, size_t n)
{
	for (size_t i = 0; i < n && !map->has_queue; i++) {
		map->has_queue = list[i].fd->has_queue;
		map->queued_bytes = list[i].fd->queued_bytes;
		map->capacity_bytes = list[i].fd->capacity_bytes;
	}
}

const struct pipe_map *channel_map(struct arena *a, const struct channel *c, size_t unseen)
{
	struct pipe_map *map = arena_calloc(a, 1, sizeof(*map));
	char link[DESCRIPTOR_LINK_SIZE];

	map->name = arena_strdup(a, descriptor_link(c->fd, link));
	map->writers = pipe_ends(a, c->writers, c->writer_n);
	map->readers = pipe_ends(a, c->readers, c->reader_n);
	map->writer_n = c->writer_n;
	map->reader_n = c->reader_n;
	map->both_ways = c->both_ways;
	map->unseen = unseen;
	take_queue(map, c->writers, c->writer_n);
	take_queue(map, c->readers, c->reader_n);
	return map;
}

size_t channel_unseen(const struct scene *scene, const struct channel *c,
		      const struct process *p)
{
	const struct holder *const lists[] = { c->writers, c->readers };
	const struct process *oldest = holders_oldest(scene->holders, lists,
						      (const size_t[]){ c->writer_n, c->reader_n });

	if (!oldest || oldest->id.start_ticks >= p->id.start_ticks)
		oldest = p;
	return holders_unseen_for(scene->holders, oldest);
}

const struct task *task_blocked(const struct process *p, enum task_doing doing,
				const struct descriptor *d)
{
	for (size_t i = 0; i < p->task_n; i++) {
		const struct task *t = &p->tasks[i];
		const struct descriptor *mine = t->fd >= 0 ? process_fd(p, t->fd) : NULL;

		if (t->doing == doing && mine && mine->kind == d->kind &&
		    mine->inode == d->inode)
			return t;
	}
	return NULL;
}

bool process_does(const struct process *p, enum task_doing doing)
{
	for (size_t i = 0; i < p->task_n; i++)
		if (p->tasks[i].doing == doing)
			return true;
	return false;
}

bool holders_may_hide(const struct snapshot *s)
{
	return s->coverage.hidepid || s->coverage.walk_cut;
}

const char *unseen_clause(struct arena *a, const struct snapshot *s, size_t unseen)
{
	if (!unseen)
		return !holders_may_hide(s) ? "" :
			" (as far as visible: processes of others are hidden, or were not reached)";
	return arena_printf(a, " (as far as visible: %zu process%s could not be inspected)",
			    unseen, unseen == 1 ? "" : "es");
}

const char *end_text(struct arena *a, const struct holder *h)
{
	return arena_printf(a, "%d (%s) fd %d", (int)h->process->id.pid, h->process->comm,
			    h->fd->fd);
}
