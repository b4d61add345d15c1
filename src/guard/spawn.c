/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One fork, straight into the control group: to move a process into one later makes the
 * kernel wait for all CPUs, some 10 ms.
 */
#include "guard/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

bool spawn_shares_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static pid_t fork_into(const struct own_cgroup *g)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD,
				   .cgroup = (uint64_t)g->dir };

	return g->dir < 0 ? -1 : (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

/* What the shell says: 127 there is no such program, 126 it cannot be run. */
static void child_main(const struct spawn *s, int report)
{
	int err = cookie_wear(s->cookie);

	if (s->own_session)
		setsid();
	if (s->sigchld_ignored)
		signal(SIGCHLD, SIG_IGN);
	sigprocmask(SIG_SETMASK, s->mask, NULL);
	if (!err) {
		execvp(s->argv[0], s->argv);
		err = -errno;
	}
	err = -err;
	if (write(report, &err, sizeof(err)) != (ssize_t)sizeof(err))
		_exit(126);
	_exit(err == ENOENT ? 127 : 126);
}

int spawn(const struct spawn *s, struct pin *child, int *exec_fd)
{
	int report[2], err;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return -errno;
	pid = fork_into(s->cgroup);
	if (pid < 0)
		pid = fork();
	if (!pid)
		child_main(s, report[1]);
	err = pid < 0 ? -errno : pin_child(pid, child);
	close(report[1]);
	if (err)
		close(report[0]);
	else
		*exec_fd = report[0];
	return err;
}

bool spawn_settled(int exec_fd)
{
	struct pollfd p = { .fd = exec_fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

int spawn_error(int exec_fd)
{
	int told = 0;

	/* a child that was killed before its exec has told nothing */
	if (!spawn_settled(exec_fd) || read(exec_fd, &told, sizeof(told)) != (ssize_t)sizeof(told))
		told = 0;
	close(exec_fd);
	return told;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

void spawn_let_go(const int *keep, size_t n)
{
	int sorted[16], from = 3;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd < 2; fd++)
		dup3(null, fd, O_CLOEXEC);
	if (null > 2)
		close(null);
	n = n < ARRAY_SIZE(sorted) ? n : ARRAY_SIZE(sorted);
	/* those that are not open are -1, and come first */
	for (size_t i = 0; i < n; i++)
		sorted[i] = keep[i];
	qsort(sorted, n, sizeof(*sorted), by_number);
	for (size_t i = 0; i < n; i++) {
		if (sorted[i] > from)
			syscall(SYS_close_range, (unsigned)from, (unsigned)sorted[i] - 1, 0U);
		from = sorted[i] >= from ? sorted[i] + 1 : from;
	}
	syscall(SYS_close_range, (unsigned)from, ~0U, 0U);
}
