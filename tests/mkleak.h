/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the factories of mkleak share.  Every process of a situation is a fresh image of
 * this program (a forked copy would share its address layout with the target, which is
 * evidence), named by the kind and by its part in it.  A part announces itself on
 * REPORT_FD and closes it when it has come to rest: end of file there means that the
 * whole situation stands.
 */
#ifndef MKLEAK_H
#define MKLEAK_H

#include <stdbool.h>
#include <sys/types.h>

enum part {
	PART_FRONT,  /* in mkleak itself: the launcher of the situation */
	PART_TARGET, /* the application that is scanned */
	PART_ORPHAN, /* what it leaves behind, or the decoy */
	PART_OTHER,
	PART_FOURTH,
};

enum spawn_flags {
	SPAWN_SESSION = 1 << 0,
	SPAWN_GROUP = 1 << 1,
	SPAWN_NULL = 1 << 2, /* stdio on /dev/null instead of the launcher's log */
	SPAWN_NOENV = 1 << 3,
	SPAWN_NOHUP = 1 << 4,
	SPAWN_ODDNAME = 1 << 5, /* an argv[0] that attacks whoever prints it */
	SPAWN_KEEP = 1 << 6,	/* LEAKSCAN_KEEP=1 */
};

enum { REPORT_FD = 9, LAST_RESORT_S = 300, SKIP_STATUS = 77 };

/* Adding a kind: 1 write its function, 2 put it into its file's table, 3 give it a row in
 * a test_live*.c (mkleak --list names it by itself). */
struct kind {
	const char *name;
	const char *what;
	void (*run)(enum part part); /* PART_FRONT returns; every other part never does */
	bool target_dies;
};

extern const struct kind orphan_kinds[], live_kinds[], decoy_kinds[], zombie_kinds[],
	hostile_kinds[], fd_kinds[], pipe_kinds[], reap_kinds[];

/* Start a part of this kind as our child.  Returns its pid; dies on failure. */
pid_t spawn(enum part part, unsigned int flags);
/* The same through a process that exits at once and is reaped: the part has no parent
 * left. */
void spawn_orphaned(enum part part, unsigned int flags);

/* Announce ourselves as `role`.  say_pid() is for a process that cannot speak for itself.
 */
void say(const char *role);
void say_pid(const char *role, pid_t pid);
/* Wait until our first parent is gone, then say(). */
void say_orphaned(const char *role);
/* One more fact for the reader, such as a port number. */
void say_fact(const char *name, unsigned long long value);

void report_close(void);
_Noreturn void rest(void);	      /* close the report, sleep until killed */
_Noreturn void skip(const char *why); /* this kernel or user cannot have the situation */
_Noreturn void die(const char *what); /* prints errno */
int must(int ret, const char *what);  /* ret, or die when it is -1 */

/* Start ticks and state of a process from /proc/PID/stat; -1 when it is gone. */
long long start_of(pid_t pid, char *state);
/* Poll until the process is in `state` (0: gone), give up after some seconds. */
bool await_state(pid_t pid, char state);
pid_t first_parent(void); /* who forked us, dead or alive */
int listen_tcp(void);	  /* a listening socket on loopback, announced as a fact */

#endif
