/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who holds this thing, and who its other end: the question of `leakscan holders`, and the
 * answer out of one snapshot.  Linux tells what a process holds, never who holds a thing,
 * and not even that of the processes of others: so "nobody" needs the count of those who
 * could not be asked.
 */
#pragma once

#include "model/snapshot.h"

enum who_kind { WHO_FD, WHO_PATH, WHO_PORT, WHO_PIPE };

struct who_question {
	enum who_kind kind;
	pid_t pid;		/* WHO_FD */
	int fd;			/* WHO_FD */
	const char *path;	/* WHO_PATH: absolute, without symbolic links */
	uint16_t port;		/* WHO_PORT: local TCP port */
	uint64_t inode;		/* WHO_PIPE */
};

/* Seen from the descriptor that was asked about; of a pipe, its other mode. */
enum who_end { WHO_END_NONE, WHO_END_THIS, WHO_END_OTHER };

struct who_line {
	const struct process *process;
	const struct descriptor *fd;
	const struct socket_info *socket;	/* of a socket, where known; else NULL */
	enum who_end end;
	bool asked;		/* the very descriptor that was asked about */
	bool same;		/* the same open file description as that one */
};

enum who_verdict {
	WHO_HELD,	/* the thing, or with WHO_FD its other end if it has one */
	WHO_NOBODY,
	WHO_UNKNOWN,	/* nobody that was seen, but not enough was */
};

struct who_answer {
	const struct snapshot *snapshot;
	struct who_question question;
	enum who_verdict verdict;
	const char *name;	/* "pipe:[81234]", "/var/log/x", "tcp port 8080"; raw */
	struct who_line *lines;	/* by end, then by pid and descriptor */
	size_t line_n, line_room;
	/* WHO_FD: the descriptor that was asked about */
	const struct process *process;
	const struct descriptor *fd;
	const struct socket_info *socket;
	bool has_other_end;	/* pipes, connected sockets of this machine */
	size_t unseen;		/* processes whose descriptors could not be inspected */
	size_t ended;		/* processes that ended while all were looked at */
	size_t unheld;		/* WHO_PORT: sockets that no process seen holds */
	size_t lingering;	/* WHO_PORT: sockets that only the kernel has still */
};

/* The pairs of descriptors to compare by kcmp(2) before the answer is given; WHO_FD only. */
const struct same_file *who_pairs(const struct snapshot *s, const struct who_question *q,
				  struct arena *a, size_t *n);

/* 0; or of WHO_FD: -ESRCH no such process, -EACCES its descriptors could not be read,
 * -EBADF it has no such descriptor. */
int who_holds(const struct snapshot *s, const struct who_question *q, struct arena *a,
	      struct who_answer *out);
