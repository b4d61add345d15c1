/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pipes that hang, and pipes that only look so.  A part that blocks says so before it
 * does; the live tests look again until it has, for nobody can announce that it is
 * blocked.
 */
#include "mkleak.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	READ_FD = 20,
	WRITE_FD = 21,
	PEERLESS = 5,
	PIECE = 4096,
	SLOW_US = 20000,
	LIVE_US = 200000,
};

static bool is_target(enum part part)
{
	if (part == PART_FRONT)
		spawn(PART_TARGET, SPAWN_SESSION);
	return part == PART_TARGET;
}

static void ends_set(int ends[2])
{
	must(dup2(ends[0], READ_FD), "dup2");
	must(dup2(ends[1], WRITE_FD), "dup2");
	close(ends[0]);
	close(ends[1]);
}

static void pipe_set(void)
{
	int ends[2];

	must(pipe(ends), "pipe");
	ends_set(ends);
}

static _Noreturn void write_forever(int fd)
{
	static const char piece[PIECE];

	report_close();
	while (write(fd, piece, sizeof(piece)) > 0)
		;
	rest();
}

static _Noreturn void read_to_end(int fd)
{
	char buf[PIECE];

	report_close();
	while (read(fd, buf, sizeof(buf)) > 0)
		;
	rest();
}

/* PART_OTHER of several kinds: a child that writes without end. */
static void writer_run(enum part part)
{
	if (part != PART_OTHER)
		return;
	close(READ_FD);
	say_fact("fd", WRITE_FD);
	say("writer");
	write_forever(WRITE_FD);
}

static void writer_start(void)
{
	pipe_set();
	say("target");
	spawn(PART_OTHER, 0);
	close(WRITE_FD);
}

static void stuck_writer(enum part part)
{
	if (is_target(part)) {
		writer_start();
		rest();
	}
	writer_run(part);
}

static void stuck_waiter(enum part part)
{
	if (is_target(part)) {
		writer_start();
		report_close();
		waitpid(-1, NULL, 0);
		rest();
	}
	writer_run(part);
}

static void stuck_self(enum part part)
{
	if (!is_target(part))
		return;
	pipe_set();
	say_fact("fd", WRITE_FD);
	say("target");
	write_forever(WRITE_FD);
}

static void backpressure(enum part part)
{
	char buf[PIECE];

	if (is_target(part)) {
		writer_start();
		report_close();
		while (read(READ_FD, buf, sizeof(buf)) > 0)
			usleep(SLOW_US);
		rest();
	}
	writer_run(part);
}

/* The orphan has the write end; whoever was between has closed its own and is gone. */
static void no_eof(enum part part)
{
	if (is_target(part)) {
		pipe_set();
		say_fact("fd", READ_FD);
		say("target");
		spawn_orphaned(PART_ORPHAN, 0);
		close(WRITE_FD);
		read_to_end(READ_FD);
	}
	if (part == PART_ORPHAN) {
		close(READ_FD);
		say_orphaned("orphan");
		rest();
	}
}

static void no_eof_socketpair(enum part part)
{
	int ends[2];

	if (is_target(part)) {
		must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
		ends_set(ends);
		say_fact("fd", READ_FD);
		say("target");
		spawn_orphaned(PART_ORPHAN, 0);
		close(WRITE_FD);
		read_to_end(READ_FD);
	}
	if (part == PART_ORPHAN) {
		close(READ_FD);
		say_orphaned("orphan");
		rest();
	}
}

/* A reader that is to end with its input; a sibling that was started after it has the
 * write end too, so closing it in the target ends nothing. */
static void no_eof_sibling(enum part part)
{
	if (is_target(part)) {
		pipe_set();
		must(fcntl(WRITE_FD, F_SETFD, FD_CLOEXEC), "fcntl");
		say("target");
		spawn(PART_OTHER, 0);
		must(fcntl(WRITE_FD, F_SETFD, 0), "fcntl");
		close(READ_FD);
		spawn(PART_FOURTH, 0);
		close(WRITE_FD);
		report_close();
		waitpid(-1, NULL, 0);
		rest();
	}
	if (part == PART_OTHER) {
		say_fact("fd", READ_FD);
		say("reader");
		read_to_end(READ_FD);
	}
	if (part == PART_FOURTH) {
		say("sibling");
		rest();
	}
}

static void live_writer(enum part part)
{
	if (is_target(part)) {
		writer_start();
		read_to_end(READ_FD);
	}
	if (part == PART_OTHER) {
		close(READ_FD);
		say("writer");
		report_close();
		while (write(WRITE_FD, ".", 1) == 1)
			usleep(LIVE_US);
		rest();
	}
}

static void peerless(enum part part)
{
	if (!is_target(part))
		return;
	for (int i = 0; i < PEERLESS; i++) {
		int ends[2];

		must(pipe2(ends, O_CLOEXEC), "pipe");
		close(ends[1]);
		say_fact("fd", (unsigned long long)ends[0]);
	}
	say("target");
	rest();
}

const struct kind pipe_kinds[] = {
	{ "pipe-stuck-writer", "the reader lives and sleeps", stuck_writer, false },
	{ "pipe-stuck-self", "the writer has the only read end", stuck_self, false },
	{ "pipe-stuck-waiter", "the parent waits and does not read", stuck_waiter,
	  false },
	{ "pipe-backpressure", "a slow reader, healthy", backpressure, false },
	{ "pipe-no-eof", "an orphan has the write end", no_eof, false },
	{ "pipe-no-eof-sibling", "a sibling has the reader's write end", no_eof_sibling,
	  false },
	{ "pipe-no-eof-socketpair", "an orphan has the other end", no_eof_socketpair,
	  false },
	{ "pipe-live-writer", "a child that writes, healthy", live_writer, false },
	{ "pipe-peerless", "5 read ends that nobody writes to", peerless, false },
	{ NULL, NULL, NULL, false },
};
