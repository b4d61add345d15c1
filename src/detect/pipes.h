/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the pipe detectors have in common: the two ends of a pipe or of a pair of unix
 * sockets, who holds them, and what the holders' threads do with them.
 */
#pragma once

#include "model/report.h"

/* Seen from one end.  Of a socket pair the holders of that end are the `writers` when we
 * look from a writer, and the `readers` when we look from a reader. */
struct channel {
	const struct descriptor *fd;
	bool both_ways;
	const struct holder *writers, *readers;
	size_t writer_n, reader_n;
};

enum channel_side { CHANNEL_WRITES, CHANNEL_READS };

/* False when d is no end of a pipe or of an unnamed pair of unix sockets, or its mode is
 * not that of the side. */
bool channel_of(const struct scene *scene, const struct descriptor *d, enum channel_side side,
		struct channel *out);

/* For a finding; unseen: those that might hold an end, too. */
const struct pipe_map *channel_map(struct arena *a, const struct channel *c, size_t unseen);

/* The kernel counts more open descriptions of that end of the pipe than were seen: somebody
 * holds it in secret, or it is on its way through a unix socket.  False: who shares one of
 * those that were seen is not counted. */
bool channel_has_others(const struct channel *c, enum channel_side side);
/* By the kernel's own count nobody has the other end open, nor will ever have again. */
bool end_certainly_alone(const struct descriptor *d);

/* All that could hold an end were seen: not from inside a pid namespace. */
bool all_holders_seen(const struct snapshot *s, size_t unseen);

/* Unseen processes that might hold an end: as seen from the oldest holder, or p. */
size_t channel_unseen(const struct scene *scene, const struct channel *c,
		      const struct process *p);

/* A thread of p that is blocked in `doing` on one of its descriptors of that inode. */
const struct task *task_blocked(const struct process *p, enum task_doing doing,
				const struct descriptor *d);
bool process_does(const struct process *p, enum task_doing doing);

/* There may be processes that are not even counted as unseen. */
bool holders_may_hide(const struct snapshot *s);

/* " (as far as visible: 3 processes could not be inspected)", or "" when all were seen. */
const char *unseen_clause(struct arena *a, const struct snapshot *s, size_t unseen);
/* "4790 (ffmpeg) fd 1" */
const char *end_text(struct arena *a, const struct holder *h);
