/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one scan saw: the processes, some facts about the objects between them, and what
 * could not be seen.  Filled by source/ (live or from a record), read by everyone else.
 * Everything in it belongs to its arena.
 */
#pragma once

#include "base/arena.h"
#include "base/lookup.h"
#include "model/process.h"

enum socket_family { SOCKET_UNIX, SOCKET_TCP, SOCKET_OTHER };

struct socket_info {
	uint64_t inode;
	enum socket_family family;
	uint64_t peer_inode;	/* unix; 0: none or gone */
	bool named;		/* unix: bound to a path or an abstract name */
	bool listening;
	uint16_t port;		/* tcp: local port, host order */
	uint8_t tcp_state;	/* enum tcp_state; 0 unknown */
	uint32_t unread_bytes;	/* tcp: received and not yet read */
	bool has_idle;
	uint32_t idle_ms;	/* tcp: since the peer last sent anything: its FIN, in CLOSE_WAIT */
	const char *peer;	/* tcp: "192.0.2.1:443", "[2001:db8::1]:443"; or NULL */
};

/* include/net/tcp_states.h; those that matter here. */
enum tcp_state { TCP_STATE_ESTABLISHED = 1, TCP_STATE_CLOSE_WAIT = 8, TCP_STATE_LISTEN = 10 };

/* Two descriptors that are the same open file description, by kcmp(2). */
struct same_file { pid_t a; int a_fd; pid_t b; int b_fd; };

/* A file in /run that names a pid. */
struct pidfile { pid_t pid; const char *path; };

/* A figure of one process over time. */
enum series_kind { SERIES_FDS, SERIES_CHILDREN, SERIES_FDS_OF_KIND };
struct sample { uint64_t at_ns; int64_t value; };	/* CLOCK_BOOTTIME */
struct series {
	struct process_id id;
	enum series_kind kind;
	enum fd_kind fd_kind;		/* SERIES_FDS_OF_KIND */
	const char *anon;		/* of FD_ANON: "eventfd", "timerfd", ...; else NULL */
	bool between_checks;		/* remembered: minutes apart, for growth_of_checks() */
	struct sample *samples;		/* oldest first */
	size_t n, room;
};

/* What of single descriptors is asked, because it costs or may block: */
enum fd_ask {
	ASK_FDINFO = 1,	/* cloexec, watched_pid */
	ASK_WATCHES = 2,/* of an epoll or inotify: its fdinfo can block so that not even SIGKILL
			 * helps, and the worker is abandoned; asked last */
	ASK_SIZE = 4,	/* of a deleted file, through pidfd_getfd(2) and a statx that does not sync */
	ASK_QUEUE = 8,	/* of a pipe, through pidfd_getfd(2) */
};
struct fd_question { struct process *process; int fd; unsigned ask; };

struct coverage {
	const char *source;	/* of the walk: "bpf", "procfs"; NULL: an older record */
	bool partial;		/* only the targets and who is around them: who is not in it may live
				 * all the same; what rests on everybody must not be judged by it */
	int64_t threads_kernel;	/* /proc/loadavg field 4; -1: not comparable (pid namespace) */
	uint32_t passes;	/* over /proc, until one brought nothing new */
	bool unsteady;		/* still changing after the last pass */
	uint32_t vanished;	/* seen in the directory, gone when read */
	bool hidepid;		/* the mount hides other users' processes from us */
	bool subset_pid;	/* proc mounted with subset=pid */
	bool pid1_visible;
	uint32_t stalled;	/* processes left behind because a read blocked */
	bool walk_cut;		/* the walk itself could not be finished in time */
	bool objects_cut;	/* sockets or descriptor comparisons missing */
	bool machine_fds;	/* descriptors of every process were looked at */
	bool machine_environ;	/* environments of every process were looked at */
	bool machine_cgroup;
	uint64_t took_ns;	/* reading, without the pause between the looks */
};

/* Of an array as snapshot_sort() left it: another one is searched by halves. */
struct snapshot_index { const void *array; size_t n; struct lookup lookup; };

/* Somebody who still works for a snapshot. */
struct snapshot_helper { void (*end)(struct snapshot_helper *h); };

struct snapshot {
	struct arena *arena;
	struct snapshot_helper *helper;	/* or NULL */
	bool replayed;		/* from a record: must never be acted on */
	const char *host, *boot_id;
	int64_t wall_s;		/* CLOCK_REALTIME of the first look: for people only */
	uint64_t now_ns;	/* CLOCK_BOOTTIME of the latest look */
	uint64_t sched_now_ns;	/* the scheduler's clock at the same time; 0 unknown */
	uint32_t hz;		/* clock ticks per second */
	pid_t self;		/* leakscan itself */
	bool initial_pid_ns;
	uid_t uid;		/* effective uid that looked */

	struct process *processes;	/* by pid, ascending */
	size_t process_n, process_room;
	struct socket_info *sockets;	/* by inode, ascending */
	size_t socket_n, socket_room;
	struct same_file *same;
	size_t same_n, same_room;
	struct pidfile *pidfiles;
	size_t pidfile_n, pidfile_room;
	struct series *series;
	size_t series_n, series_room;
	struct coverage coverage;
	struct bpf_look *bpf;	/* what only source/ reads: more that the kernel told; or NULL */
	struct snapshot_index by_pid, by_inode;
};

/* A new empty snapshot in its own arena (shared: for a forked worker to fill). */
struct snapshot *snapshot_new(int shared);
void snapshot_free(struct snapshot *s);		/* NULL is fine */
/* All is read for now: sends home who was kept to read.  Whoever reads more gets another. */
void snapshot_dismiss(struct snapshot *s);

/* Adds a process with everything unknown (-1, 0, NULL), and returns it.  Call
 * snapshot_sort() before looking anything up. */
struct process *snapshot_add(struct snapshot *s, struct process_id id);
/* Sorts processes, sockets and pairs; of two entries with one pid the younger stays. */
void snapshot_sort(struct snapshot *s);

struct process *snapshot_find(const struct snapshot *s, pid_t pid);	/* or NULL */
const struct socket_info *snapshot_socket(const struct snapshot *s, uint64_t inode);
bool snapshot_same_file(const struct snapshot *s, pid_t a, int a_fd, pid_t b, int b_fd);

/* The process that has its PPID, or NULL (PPID 0, not seen). */
const struct process *snapshot_parent(const struct snapshot *s, const struct process *p);

/* Is a an ancestor of p, by living parents. */
bool snapshot_is_above(const struct snapshot *s, const struct process *a,
		       const struct process *p);

/* What is known of the descriptors of a process that was asked for them.  FDS_NONE: it
 * cannot have any (kernel threads, zombies).  FDS_ENDED: it ended before it could answer.
 * FDS_UNSEEN: refused, blocked, not asked, or more than are listed: it may hold anything. */
enum fds_known { FDS_SEEN, FDS_NONE, FDS_ENDED, FDS_UNSEEN };
/* all_asked: every process was; else whose table is not there may never have been asked. */
enum fds_known snapshot_fds_known(const struct snapshot *s, const struct process *p,
				  bool all_asked);

/* Age in ns since start, at the latest look. */
uint64_t snapshot_age_ns(const struct snapshot *s, const struct process *p);
/* Nanoseconds since a zombie died; false when unknown.  An estimate: the scheduler's
 * clock stands still in suspend. */
bool snapshot_dead_ns(const struct snapshot *s, const struct process *p, uint64_t *out);

/* Copies the series of another snapshot: an earlier one, of a watch. */
void snapshot_take_series(struct snapshot *to, const struct snapshot *from);

/* Why processes may be there that were not seen at all, as a clause in the arena; or NULL. */
const char *snapshot_limited(const struct snapshot *s, struct arena *a);

/* Sums over processes: threads seen, and how many lack a fact (denied or stalled). */
uint64_t snapshot_threads(const struct snapshot *s);
size_t snapshot_unreadable(const struct snapshot *s, enum fact f);
