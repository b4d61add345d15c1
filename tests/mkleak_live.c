/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Orphans of a target that lives on: the process between them is gone, and the kernel
 * keeps no record that it was ever there.  Each kind leaves exactly one link to the
 * target.
 */
#include "mkleak.h"

#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Above REPORT_FD, and no stdio: a shared stream there is weak evidence only. */
enum { LINK_TARGET_FD = 20, LINK_ORPHAN_FD = 21 };

static void link_set(const int ends[2])
{
	must(dup2(ends[0], LINK_TARGET_FD), "dup2");
	must(dup2(ends[1], LINK_ORPHAN_FD), "dup2");
	close(ends[0]);
	close(ends[1]);
}

static void orphan_idle(enum part part)
{
	if (part != PART_ORPHAN)
		return;
	close(LINK_TARGET_FD);
	say_orphaned("orphan");
	rest();
}

static void live_session(enum part part)
{
	if (part == PART_FRONT) {
		spawn(PART_TARGET, SPAWN_SESSION);
	} else if (part == PART_TARGET) {
		say("target");
		spawn_orphaned(PART_ORPHAN, 0);
		rest();
	}
	orphan_idle(part);
}

static void live_pipe(enum part part)
{
	int ends[2];

	if (part == PART_FRONT) {
		spawn(PART_TARGET, 0);
	} else if (part == PART_TARGET) {
		char byte;

		must(pipe(ends), "pipe");
		link_set(ends);
		say("target");
		spawn_orphaned(PART_ORPHAN, SPAWN_SESSION);
		close(LINK_ORPHAN_FD);
		report_close();
		while (read(LINK_TARGET_FD, &byte, 1) > 0)
			;
		rest();
	}
	orphan_idle(part);
}

static void live_socketpair(enum part part)
{
	int ends[2];

	if (part == PART_FRONT) {
		spawn(PART_TARGET, 0);
	} else if (part == PART_TARGET) {
		must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
		link_set(ends);
		say("target");
		spawn_orphaned(PART_ORPHAN, SPAWN_SESSION);
		close(LINK_ORPHAN_FD);
		rest();
	}
	orphan_idle(part);
}

/* A server's listening socket without close-on-exec, under the same number in both. */
static void live_kcmp(enum part part)
{
	if (part == PART_FRONT) {
		spawn(PART_TARGET, 0);
	} else if (part == PART_TARGET) {
		int fd = listen_tcp();

		must(dup2(fd, LINK_ORPHAN_FD), "dup2");
		close(fd);
		say("target");
		spawn_orphaned(PART_ORPHAN, SPAWN_SESSION);
		rest();
	}
	orphan_idle(part);
}

/* The one kind whose orphan must not exec: the copied address layout is the link. */
static void live_layout(enum part part)
{
	pid_t middle, target = getpid();

	if (part == PART_FRONT) {
		spawn(PART_TARGET, 0);
		return;
	}
	say("target");
	middle = must(fork(), "fork");
	if (middle) {
		must(waitpid(middle, NULL, 0), "waitpid");
		rest();
	}
	middle = getpid();
	if (must(fork(), "fork"))
		_exit(0);
	/* forked: alarms are not inherited */
	alarm(LAST_RESORT_S);
	must(setsid(), "setsid");
	while (getppid() == middle || getppid() == target)
		usleep(500);
	say("orphan");
	for (int fd = 0; fd < REPORT_FD; fd++)
		close(fd);
	rest();
}

static void live_namespace(enum part part)
{
	if (part == PART_FRONT) {
		if (geteuid() != 0)
			skip("namespaces of its own need root");
		spawn(PART_TARGET, 0);
	} else if (part == PART_TARGET) {
		must(unshare(CLONE_NEWUTS | CLONE_NEWNS), "unshare");
		say("target");
		spawn_orphaned(PART_ORPHAN, SPAWN_SESSION);
		rest();
	}
	orphan_idle(part);
}

const struct kind live_kinds[] = {
	{ "orphan-live-session", "target leads the session and lives", live_session,
	  false },
	{ "orphan-live-pipe", "writes into a pipe the target reads", live_pipe, false },
	{ "orphan-live-socketpair", "the other end of a socket pair", live_socketpair,
	  false },
	{ "orphan-live-kcmp", "inherited the target's listening socket", live_kcmp,
	  false },
	{ "orphan-live-layout", "forked without exec, detached", live_layout, false },
	{ "orphan-live-namespace", "in the target's UTS and mount ns", live_namespace,
	  false },
	{ NULL, NULL, NULL, false },
};
