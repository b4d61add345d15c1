/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds which pipe or socket: an index over all descriptor tables of a snapshot.
 */
#pragma once

#include "model/snapshot.h"

struct holder {
	const struct process *process;
	const struct descriptor *fd;
};

struct holders_gone;	/* an end of somebody who has ended */

struct holders {
	const struct snapshot *snapshot;
	struct holder *list;		/* of one thing together, by end, then by pid */
	size_t n;
	struct lookup buckets;		/* where those of one bucket end in the list */
	struct holders_gone *gone;	/* by inode */
	size_t gone_n;
	struct process const **unseen_list;
	size_t denied;			/* processes whose tables were asked for in vain */
	/* Processes of which it is not known what they hold, see snapshot_fds_known(). */
	size_t unseen;
	struct holders_latest *latest;	/* answer of holders_oldest() */
};

/* Asked for each holder of a pipe in turn: the same lists again and again. */
struct holders_latest {
	const struct holder *list[2];
	size_t n[2];
	const struct process *oldest;
};

/* In the arena; of processes that are gone nothing is taken. */
const struct holders *holders_build(struct arena *a, const struct snapshot *s);

/* Everybody with a descriptor to the pipe or socket (kind FD_PIPE or FD_SOCKET); *n of them. */
const struct holder *holders_find(const struct holders *h, enum fd_kind kind, uint64_t inode,
				  size_t *n);

/* Of a pipe: holders of the end with that mode (FD_READ, FD_WRITE; FD_READ_WRITE descriptors
 * hold both). */
const struct holder *holders_of_end(const struct holders *h, uint64_t inode, enum fd_mode end,
				    size_t *n);

/* Somebody held that end of the pipe who has ended between the looks: he may have given it
 * to somebody who was born after the walk. */
bool holders_had(const struct holders *h, uint64_t inode, enum fd_mode end);

/* Marks, by index in the snapshot, who holds an end of a pipe whose other end nobody holds. */
void holders_mark_alone(const struct holders *h, bool *alone);

/* Of a unix socket: holders of its peer; *n 0 when it has none or it is not known. */
const struct holder *holders_of_peer(const struct holders *h, uint64_t inode, size_t *n);

/* The first of the oldest of both lists, or NULL when they are empty. */
const struct process *holders_oldest(const struct holders *h, const struct holder *const list[2],
				     const size_t n[2]);

/* Processes that might hold an end of p's own pipes and could not be asked: unseen ones that
 * are younger than p, or whose age is unknown, or that are its ancestors with no seen one
 * between.  What p made itself only p's descendants inherit; an older stranger can have been
 * handed it, rarely. */
size_t holders_unseen_for(const struct holders *h, const struct process *p);
