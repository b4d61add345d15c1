/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Near misses: healthy or unrelated processes that show what leaks show.  A scan that
 * accuses one of them has taken a coincidence for kinship, or an intention for an
 * accident.
 */
#include "mkleak.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANDOVER_TARGET_FD = 20, HANDOVER_DAEMON_FD = 21, SHARED_FD = 22, POOL_SIZE = 4 };

static void target_idle(enum part part)
{
	if (part != PART_TARGET)
		return;
	say("target");
	rest();
}

static void decoy_idle(enum part part)
{
	if (part != PART_ORPHAN)
		return;
	say_orphaned("decoy");
	rest();
}

static void decoy_sibling(enum part part)
{
	int ends[2];

	if (part == PART_FRONT) {
		/* the launcher collects the output of all it starts, as CI runners do */
		must(pipe2(ends, O_CLOEXEC), "pipe");
		must(dup2(ends[1], 1), "dup2");
		close(ends[1]);
		spawn(PART_TARGET, 0);
		spawn_orphaned(PART_ORPHAN, 0);
	}
	target_idle(part);
	decoy_idle(part);
}

/* The shell that joined `target | sink` is gone: both have lost their parent, and the
 * sink holds the other end of the target's own stdout. */
static void decoy_pipeline(enum part part)
{
	int ends[2];

	switch (part) {
	case PART_FRONT:
		spawn(PART_OTHER, 0);
		break;
	case PART_OTHER:
		must(pipe2(ends, O_CLOEXEC), "pipe");
		must(dup2(ends[0], SHARED_FD), "dup2");
		must(dup2(ends[1], 1), "dup2");
		must(fcntl(SHARED_FD, F_SETFD, FD_CLOEXEC), "fcntl");
		spawn(PART_TARGET, 0);
		must(fcntl(SHARED_FD, F_SETFD, 0), "fcntl");
		must(dup2(2, 1), "dup2");
		spawn(PART_ORPHAN, 0);
		_exit(0);
	case PART_TARGET:
		say_orphaned("target");
		rest();
	default:
		must(dup2(SHARED_FD, 0), "dup2");
		close(SHARED_FD);
		decoy_idle(part);
	}
}

static void fd_send(int via, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct iovec iov = { .iov_base = (char[]){ 'x' }, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	must((int)sendmsg(via, &m, 0), "sendmsg");
}

static void fd_receive(int via)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr m = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.buf),
	};

	must((int)recvmsg(via, &m, 0), "recvmsg");
	if (m.msg_controllen < CMSG_LEN(sizeof(int))) {
		errno = EPROTO;
		die("no descriptor received");
	}
}

static void decoy_scm(enum part part)
{
	int ends[2];

	switch (part) {
	case PART_FRONT:
		must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
		     "socketpair");
		must(dup2(ends[0], HANDOVER_TARGET_FD), "dup2");
		spawn(PART_TARGET, 0);
		close(HANDOVER_TARGET_FD);
		must(dup2(ends[1], HANDOVER_DAEMON_FD), "dup2");
		spawn_orphaned(PART_ORPHAN, SPAWN_SESSION | SPAWN_NULL);
		close(HANDOVER_DAEMON_FD);
		close(ends[0]);
		close(ends[1]);
		break;
	case PART_TARGET:
		fd_send(HANDOVER_TARGET_FD, listen_tcp());
		close(HANDOVER_TARGET_FD);
		target_idle(part);
		break;
	default:
		fd_receive(HANDOVER_DAEMON_FD);
		close(HANDOVER_DAEMON_FD);
		decoy_idle(part);
	}
}

/* Kin by every token but time: it holds the other end of the target's pipe, and is older.
 */
static void decoy_older(enum part part)
{
	int ends[2];

	if (part == PART_FRONT) {
		must(pipe2(ends, O_CLOEXEC), "pipe");
		must(dup2(ends[1], SHARED_FD), "dup2");
		spawn_orphaned(PART_ORPHAN, 0);
		must(dup2(ends[0], SHARED_FD), "dup2");
		/* start times are counted in ticks of 10 ms: be older by more than one */
		usleep(50000);
		spawn(PART_TARGET, 0);
		close(SHARED_FD);
		close(ends[0]);
		close(ends[1]);
	}
	target_idle(part);
	decoy_idle(part);
}

/* Attributable (a private variable says whose it is), and meant. */
static void daemon_nohup(enum part part)
{
	if (part == PART_FRONT) {
		setenv("MKLEAK_DEPLOYMENT", "7c20be91d54f4a0e8f36d1b7aa5502c49e13", 1);
		spawn(PART_TARGET, SPAWN_SESSION);
	} else if (part == PART_TARGET) {
		say("target");
		spawn_orphaned(PART_ORPHAN, SPAWN_SESSION | SPAWN_NULL | SPAWN_NOHUP);
		rest();
	} else if (part == PART_ORPHAN) {
		say_orphaned("daemon");
		rest();
	}
}

static void daemon_keep(enum part part)
{
	if (part == PART_FRONT) {
		spawn(PART_TARGET, SPAWN_SESSION);
	} else if (part == PART_TARGET) {
		say("target");
		spawn_orphaned(PART_ORPHAN, SPAWN_KEEP);
		rest();
	} else if (part == PART_ORPHAN) {
		say_orphaned("daemon");
		rest();
	}
}

static void detached(enum part part)
{
	if (part == PART_FRONT) {
		spawn(PART_TARGET, 0);
	} else if (part == PART_TARGET) {
		say("target");
		spawn_orphaned(PART_ORPHAN, SPAWN_SESSION | SPAWN_NULL);
		rest();
	}
	decoy_idle(part);
}

static void clean_children(enum part part)
{
	if (part == PART_FRONT) {
		spawn(PART_TARGET, SPAWN_SESSION);
	} else if (part == PART_TARGET) {
		spawn(PART_ORPHAN, 0);
		spawn(PART_ORPHAN, 0);
	} else if (part == PART_ORPHAN) {
		say("child");
		rest();
	}
	target_idle(part);
}

static void clean_subreaper(enum part part)
{
	if (part == PART_FRONT) {
		spawn(PART_TARGET, SPAWN_SESSION);
	} else if (part == PART_TARGET) {
		must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper");
		spawn_orphaned(PART_ORPHAN, SPAWN_SESSION | SPAWN_NULL);
		spawn_orphaned(PART_ORPHAN, SPAWN_SESSION | SPAWN_NULL);
	} else if (part == PART_ORPHAN) {
		say_orphaned("child");
		rest();
	}
	target_idle(part);
}

static void transient_zombies(enum part part)
{
	pid_t child;

	if (part == PART_FRONT) {
		spawn(PART_TARGET, SPAWN_SESSION);
		return;
	}
	say("target");
	report_close();
	for (;;) {
		child = must(fork(), "fork");
		if (!child)
			_exit(0);
		usleep(200000);
		waitpid(child, NULL, 0);
	}
}

static void clean_pool(enum part part)
{
	int fd;

	if (part == PART_FRONT) {
		spawn(PART_TARGET, SPAWN_SESSION);
		return;
	}
	fd = listen_tcp();
	for (int i = 0; i < POOL_SIZE; i++) {
		if (must(fork(), "fork"))
			continue;
		alarm(LAST_RESORT_S);
		say("child");
		report_close();
		for (;;)
			accept(fd, NULL, NULL);
	}
	target_idle(part);
}

const struct kind decoy_kinds[] = {
	{ "decoy-sibling", "same launcher, session and stdout pipe", decoy_sibling,
	  false },
	{ "decoy-pipeline", "`target | sink`, their shell is gone", decoy_pipeline,
	  false },
	{ "decoy-scm", "a stranger that was handed a socket", decoy_scm, false },
	{ "decoy-older", "holds the target's pipe, older than it", decoy_older, false },
	{ "daemon-nohup", "SIGHUP ignored, own session, null stdio", daemon_nohup,
	  false },
	{ "daemon-keep", "LEAKSCAN_KEEP=1 in its environment", daemon_keep, false },
	{ "detached", "own session, null stdio, no link", detached, false },
	{ "clean-children", "a parent with two live children", clean_children, false },
	{ "clean-subreaper", "target is the subreaper of daemons", clean_subreaper,
	  false },
	{ "transient-zombies", "reaps each child after 200 ms", transient_zombies,
	  false },
	{ "clean-pool", "prefork workers, all alive", clean_pool, false },
	{ NULL, NULL, NULL, false },
};
