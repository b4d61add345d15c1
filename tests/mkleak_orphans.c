/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Orphans of a target that is dead, and the hard cases among the ways to be seen as its
 * own: what is left of the link is a number (session, group), a value that exec and
 * setsid do not touch, or nothing at all.
 */
#include "mkleak.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

int listen_tcp(void)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	socklen_t len = sizeof(a);
	int fd = must(socket(AF_INET, SOCK_STREAM, 0), "socket");

	must(bind(fd, (struct sockaddr *)&a, len), "bind");
	must(listen(fd, 8), "listen");
	must(getsockname(fd, (struct sockaddr *)&a, &len), "getsockname");
	say_fact("port", ntohs(a.sin_port));
	return fd;
}

/* The common shape: a target that leads `flags`, starts the orphan and dies. */
static void dead_target(enum part part, unsigned int flags)
{
	if (part == PART_FRONT) {
		spawn(PART_TARGET, flags);
	} else if (part == PART_TARGET) {
		say("target");
		spawn(PART_ORPHAN, 0);
		_exit(1);
	}
}

static void orphan_idle(enum part part)
{
	if (part != PART_ORPHAN)
		return;
	say_orphaned("orphan");
	rest();
}

static void orphan_session(enum part part)
{
	dead_target(part, SPAWN_SESSION);
	orphan_idle(part);
}

static void orphan_pgrp(enum part part)
{
	dead_target(part, SPAWN_GROUP);
	orphan_idle(part);
}

static void orphan_port(enum part part)
{
	dead_target(part, SPAWN_SESSION);
	if (part == PART_ORPHAN)
		listen_tcp();
	orphan_idle(part);
}

static void orphan_busy(enum part part)
{
	dead_target(part, SPAWN_SESSION);
	if (part != PART_ORPHAN)
		return;
	say_orphaned("orphan");
	report_close();
	for (volatile unsigned int i = 0;; i++)
		;
}

static void orphan_busy_io(enum part part)
{
	static char block[65536];
	int in, out;

	dead_target(part, SPAWN_SESSION);
	if (part != PART_ORPHAN)
		return;
	in = must(open("/dev/zero", O_RDONLY | O_CLOEXEC), "/dev/zero");
	out = must(open("/dev/null", O_WRONLY | O_CLOEXEC), "/dev/null");
	say_orphaned("orphan");
	report_close();
	/* counted as I/O by the kernel, and hardly any CPU time */
	for (;;) {
		if (read(in, block, sizeof(block)) < 0 ||
		    write(out, block, sizeof(block)) < 0)
			_exit(1);
		usleep(5000);
	}
}

static void orphan_tree(enum part part)
{
	dead_target(part, SPAWN_SESSION);
	if (part == PART_ORPHAN) {
		spawn(PART_FOURTH, 0);
		spawn(PART_FOURTH, 0);
	} else if (part == PART_FOURTH) {
		say("child");
		rest();
	}
	orphan_idle(part);
}

static void abandoned(enum part part)
{
	int pipe_fds[2];

	switch (part) {
	case PART_FRONT:
		spawn(PART_TARGET, 0);
		break;
	case PART_TARGET:
		say("target");
		must(pipe(pipe_fds), "pipe");
		must(fcntl(pipe_fds[0], F_SETFD, FD_CLOEXEC), "fcntl");
		must(dup2(pipe_fds[1], 1), "dup2");
		must(dup2(pipe_fds[1], 2), "dup2");
		close(pipe_fds[1]);
		spawn(PART_ORPHAN, 0);
		_exit(1);
	default:
		orphan_idle(part);
	}
}

/* A living target and an orphan that has left its session, its stdio and its
 * environment's shape: only what was marked before the target's exec is left. */
static void marked(enum part part, unsigned int orphan_flags)
{
	switch (part) {
	case PART_FRONT:
		spawn(PART_TARGET, 0);
		break;
	case PART_TARGET:
		say("target");
		spawn_orphaned(PART_ORPHAN, orphan_flags);
		rest();
	default:
		orphan_idle(part);
	}
}

static void cookie_env(enum part part)
{
	if (part == PART_FRONT)
		setenv("LEAKSCAN_ID", "5e3d8a1c-mkleak-cookie-0001", 1);
	marked(part, SPAWN_SESSION | SPAWN_NULL);
}

static void cookie_env_private(enum part part)
{
	if (part == PART_FRONT)
		setenv("MKLEAK_DEPLOYMENT", "a41f09c7d2e84b55930b6f1c7e2d8890aa17", 1);
	marked(part, SPAWN_SESSION | SPAWN_NULL);
}

static void rlimit_cookie(enum part part)
{
	struct rlimit old, tagged;

	if (part == PART_FRONT) {
		must(getrlimit(RLIMIT_LOCKS, &old), "getrlimit");
		tagged = old;
		tagged.rlim_cur = ((rlim_t)1 << 62) | 0x5eed0001;
		if (old.rlim_max < tagged.rlim_cur)
			skip("the hard limit RLIMIT_LOCKS is below the cookie");
		must(setrlimit(RLIMIT_LOCKS, &tagged), "setrlimit");
		marked(part, 0);
		must(setrlimit(RLIMIT_LOCKS, &old), "setrlimit");
		return;
	}
	marked(part, SPAWN_SESSION | SPAWN_NULL | SPAWN_NOENV);
}

static void orphan_subreaper(enum part part)
{
	switch (part) {
	case PART_FRONT:
		spawn(PART_OTHER, 0);
		break;
	case PART_OTHER:
		must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper");
		say("subreaper");
		spawn(PART_TARGET, SPAWN_SESSION);
		rest();
	case PART_TARGET:
		say("target");
		spawn_orphaned(PART_ORPHAN, 0);
		rest();
	default:
		orphan_idle(part);
	}
}

const struct kind orphan_kinds[] = {
	{ "orphan-session", "target led its session, is dead", orphan_session, true },
	{ "orphan-pgrp", "target led only its process group, is dead", orphan_pgrp,
	  true },
	{ "orphan-port", "holds a listening TCP port of the dead target", orphan_port,
	  true },
	{ "orphan-busy", "burns CPU after the target's death", orphan_busy, true },
	{ "orphan-busy-io", "does I/O after the target's death", orphan_busy_io, true },
	{ "orphan-tree", "has two live children of its own", orphan_tree, true },
	{ "abandoned", "nobody reads its stdio, owner dead and unknown", abandoned,
	  true },
	{ "orphan-subreaper", "adopted by a subreaper, not by pid 1", orphan_subreaper,
	  false },
	{ "orphan-cookie-env", "LEAKSCAN_ID in its environment", cookie_env, false },
	{ "orphan-cookie-env-private", "a long private variable", cookie_env_private,
	  false },
	{ "orphan-rlimit-cookie", "RLIMIT_LOCKS cookie, no environment", rlimit_cookie,
	  false },
	{ NULL, NULL, NULL, false },
};
