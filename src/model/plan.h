/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be cleaned up, what must not be touched and why, and what became of it.
 * reap/ makes it and fills in the fates, views show it.  A plan keeps copies of what it
 * needs of processes, so it outlives the snapshot it was made from.
 */
#pragma once

#include "model/report.h"

enum treatment {
	TREAT_TERMINATE,	/* SIGTERM, and SIGKILL after the grace period */
	TREAT_NUDGE,		/* a zombie: one SIGCHLD to its parent */
	TREAT_ADVISE,		/* a zombie: no signal of ours would help */
	TREAT_CLOSE,		/* its listening sockets are shut, it lives on */
};
const char *treatment_name(enum treatment t);

enum refusal {
	REFUSE_NOT,
	REFUSE_REPLAYED,	/* the snapshot is not our own live /proc */
	REFUSE_INIT,		/* pid 1 */
	REFUSE_SELF, REFUSE_ANCESTOR,
	REFUSE_KERNEL,
	REFUSE_NS_INIT,		/* of another pid namespace: its end ends a container */
	REFUSE_PROTECTED,	/* a service others live by */
	REFUSE_SESSION_LEADER,	/* the caller's own session */
	REFUSE_UNREAD,		/* who it is could not be read */
	REFUSE_USER,
	REFUSE_TARGET,
	REFUSE_DAEMON,
	REFUSE_DETACHED,
	REFUSE_WEAK,
	REFUSE_CONFIDENCE,
	REFUSE_YOUNG,
	REFUSE_NOT_LEAKED,	/* of the family, and where it belongs */
	REFUSE_UNRELATED,	/* selected, but not of the family */
	REFUSE_GONE,
	REFUSE_NOT_SELECTED,
	REFUSE_MANY,
	REFUSE_CHANGED,		/* judged again, it is no longer what it was */
	REFUSE_AUDIT,		/* what we are about to do cannot be written down */
	REFUSE_NO_PIDFD,
	REFUSE_NO_SOCKET,	/* only sockets are wanted, and it listens on none */
	REFUSE_N
};
const char *refusal_name(enum refusal r);	/* "daemon", "too-many", ... */

/* What SIGTERM will do to it; bits. */
enum prediction {
	PREDICT_TERM_IGNORED = 1,
	PREDICT_TERM_BLOCKED = 2,
	PREDICT_TERM_HANDLED = 4,
	PREDICT_STOPPED = 8,	/* SIGCONT follows */
	PREDICT_WAITS = 16,	/* state D: signals wait too, unless it is a vfork */
	PREDICT_TRACED = 32,	/* its tracer may swallow SIGTERM */
	PREDICT_OTHER_UID = 64,
	PREDICT_FROZEN = 128,	/* v1 freezer: not even SIGKILL before it is thawed */
};
#define PREDICTION_BITS 8
const char *prediction_name(unsigned bit);	/* of one bit */

enum fate {
	FATE_NONE,		/* nothing was done: a plan */
	FATE_REAPED,
	FATE_UNREAPED,		/* dead, and its parent has not waited */
	FATE_STALE,		/* gone, or the pid was another's, before it was touched */
	FATE_DENIED,
	FATE_STUCK,		/* lives on after SIGKILL */
	FATE_REFUSED,		/* judged again: not touched, or no further */
	FATE_CANCELLED,
	FATE_SHUT,		/* lives on, and listens no more */
	FATE_LISTENING,		/* at least one of its sockets was not shut */
	FATE_N
};
const char *fate_name(enum fate f);

enum step {
	STEP_CLOSE_PIPE, STEP_RUNNING, STEP_TERM, STEP_WAIT, STEP_KILL, STEP_REAP, STEP_GONE,
	STEP_N
};
const char *step_name(enum step s);		/* "close the pipe", ... */

enum step_end { STEP_DONE, STEP_NOT_NEEDED, STEP_ONLY, STEP_FAILED };

struct step_result {
	enum step_end end;
	pid_t only;		/* STEP_ONLY: who can */
	const char *note;	/* or NULL; may hold raw process text */
};

enum socket_end {
	SOCKET_LEFT,		/* not touched */
	SOCKET_SHUT,
	SOCKET_SHARED,		/* somebody listens on it who is no patient */
	SOCKET_CHANGED,		/* the descriptor is another socket's by now, or closed */
	SOCKET_FAILED,
};
const char *socket_end_name(enum socket_end e);

struct listener {
	int fd;
	uint64_t inode;
	uint16_t port;		/* tcp; 0: not known */
	pid_t shared_with;	/* 0 nobody */
	enum socket_end end;
	int error;		/* SOCKET_FAILED: -errno */
};

struct patient {
	struct process process;		/* a copy: identity, comm, command, user, state, masks */
	enum treatment treatment;
	enum relation relation;
	enum confidence confidence;
	const char *finding;		/* "LS101"; NULL: comes with another one */
	const char *why;		/* one clause; may hold raw process text */
	unsigned depth;			/* below the first of its tree */
	unsigned predictions;		/* enum prediction */
	const char *advice;		/* TREAT_ADVISE: what would help */
	struct process_id parent;
	char parent_name[64];
	bool led_session, led_group;
	pid_t pipe_peer;		/* who else holds an end of its pipes; 0 nobody */
	bool has_pipes;
	size_t pipes_unseen;		/* processes that might hold one, and were not read */
	struct listener *listeners;	/* its listening TCP sockets */
	size_t listener_n;
	const char *would;		/* what is going to be sent, as predicted; or NULL */
	bool late;			/* found while we were at work */
	bool named;			/* by the user, by its pid */

	/* what became of it */
	enum fate fate;
	enum refusal refused;		/* FATE_REFUSED */
	const char *fate_why;		/* or NULL */
	unsigned sent;			/* how many signals of ours have reached it */
	uint64_t waited_ns;		/* after SIGTERM */
	struct step_result steps[STEP_N];
};

struct refused {
	struct process process;
	enum refusal why;
	const char *detail;		/* one clause; may hold raw process text */
	bool remains;			/* a leak, or asked for by its pid: not all is cleaned */
};

struct plan {
	struct arena *arena;
	const char *selector;		/* of the target */
	pid_t target_pid;		/* 0: not one process */
	bool target_dead;
	struct process_id target;	/* when it was alive */
	const char *host, *boot_id;
	int64_t wall_s;
	uint64_t grace_ns;
	bool acted, complete;		/* complete: of the report */
	size_t elsewhere;		/* findings of a leak that ending nobody here cleans up */
	struct patient **patients;	/* leader first */
	size_t patient_n, patient_room;
	struct refused *refusals;
	size_t refusal_n, refusal_room;
};

struct patient *plan_find(const struct plan *p, struct process_id id);	/* or NULL */
/* A copy of what a plan keeps of a process. */
struct process plan_keep(struct arena *a, const struct process *p);
/* All of a plan, in the arena. */
struct plan *plan_copy(struct arena *a, const struct plan *p);
/* Patients with that treatment. */
size_t plan_count(const struct plan *p, enum treatment t);
/* 0 nothing to do, or all cleaned; 1 something to do, survivors, or a leak that was refused;
 * 3 nothing found, and not everything could be seen. */
int plan_status(const struct plan *p);
