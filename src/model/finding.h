/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A finding: one fact about one subject.  Detectors make them, views show them, the reaper
 * plans from them.  Texts live in the report's arena and may hold raw process text.
 */
#pragma once

#include "model/family.h"
#include "model/holders.h"

enum kind {
	KIND_ORPHAN, KIND_ZOMBIE, KIND_DEAD_LEADER, KIND_CHILD_GROWTH,
	KIND_FD_GROWTH, KIND_FD_LIMIT, KIND_FD_MULTIPLICITY, KIND_FD_DELETED,
	KIND_CLOSE_WAIT, KIND_INHERITED_FD, KIND_PIDFD_STALE,
	KIND_PIPE_STUCK_WRITER, KIND_PIPE_NO_EOF, KIND_PIPE_PEERLESS,
	KIND_N
};
enum severity { SEV_INFO, SEV_WARNING, SEV_CRITICAL };
enum remedy { REMEDY_NONE, REMEDY_TERMINATE, REMEDY_NUDGE_PARENT, REMEDY_FIX_APP };

struct kind_info { const char *id, *name, *title; };
const struct kind_info *kind_info(enum kind k);		/* {"LS101", "orphan", ...} */
const char *severity_name(enum severity s);
const char *remedy_name(enum remedy r);

enum holding_kind { HOLD_PORT, HOLD_LOCK, HOLD_PIPE };
struct holding {	/* something of the app that an orphan keeps */
	enum holding_kind kind;
	int fd;
	const char *what;	/* "tcp port 8080", "lock on /var/x.lock", "write end of pipe:[12]" */
};
const char *holding_name(enum holding_kind h);		/* "port" ... */

/* One end of a pipe or socket pair in somebody's hands. */
struct pipe_end { const struct process *process; int fd; };

/* Thousands may have inherited one pipe: so many of a side are named, all are counted. */
#define PIPE_ENDS_MOST 8
static inline size_t pipe_ends_named(size_t n) { return n < PIPE_ENDS_MOST ? n : PIPE_ENDS_MOST; }
/* The first pipe_ends_named(n) of them, in the arena. */
const struct pipe_end *pipe_ends(struct arena *a, const struct holder *list, size_t n);

/* The pipe a finding is about, for a map: writers -> [queue] -> readers. */
struct pipe_map {
	const char *name;		/* "pipe:[81234]" */
	const struct pipe_end *writers, *readers;	/* as pipe_ends() gives them */
	size_t writer_n, reader_n;	/* of all */
	bool has_queue;
	uint32_t queued_bytes, capacity_bytes;
	bool both_ways;			/* a socket pair: "writers" and "readers" are its two sides */
	size_t unseen;			/* processes that could not be asked who holds an end */
};

struct finding {
	enum kind kind;
	enum severity severity;
	enum confidence confidence;
	enum intent intent;
	const struct process *subject;	/* the process to look at */
	const struct process *culprit;	/* another one at fault; or NULL */
	bool has_age;
	double age_seconds;		/* of the state, not of the process */
	bool has_value;
	double value;			/* what was measured, in `unit` */
	const char *unit;
	const char *message;		/* one sentence */
	const char *advice;		/* one sentence */
	enum remedy remedy;
	const struct evidence *evidence;
	size_t evidence_n;
	/* orphan: used CPU or did I/O between the looks; false too when not known */
	bool active;
	const char *activity;		/* "31 % of a CPU, 12.4 MB/s written"; or NULL */
	const struct holding *holds;
	size_t hold_n, hold_room;
	/* descriptors it is about: fd for one, fds for a list of several; of the subject */
	int fd;			/* -1: none or several */
	const int *fds;
	size_t fd_n;
	const struct pipe_map *pipe;	/* pipe kinds; or NULL */
};

struct findings {
	struct arena *arena;
	struct finding *list;
	size_t n, room;
};

/* Adds a finding with everything unset, and returns it. */
struct finding *findings_add(struct findings *f, enum kind kind, const struct process *subject);
/* Worst first; then by kind, then by pid. */
void findings_sort(struct findings *f);
