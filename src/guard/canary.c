/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See canary.h.  A signal that is pending cannot be taken back: each canary serves once. */
#include "guard/canary.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "source/procfs.h"

void canary_begin(struct canary *c)
{
	pid_t us = getpid(), pid = fork();

	c->pin.pidfd = -1;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* it must hold no pipe of the command's open */
		syscall(SYS_close_range, 0U, ~0U, 0U);
		while (getppid() == us)
			pause();
		_exit(0);
	}
	if (pid > 0 && pin_child(pid, &c->pin))
		c->pin.pidfd = -1;
}

bool canary_has(const struct canary *c, const struct proc_dir *proc, int sig)
{
	struct process p;
	char buf[8192];
	ssize_t n;

	/* our child: its number is its own until we have reaped it */
	if (c->pin.pidfd < 0 || pin_look(&c->pin))
		return false;
	process_init(&p, c->pin.id);
	n = proc_read(proc, c->pin.id.pid, "status", buf, sizeof(buf));
	return n > 0 && !procfs_status((struct text){ buf, (size_t)n }, &p) &&
	       (p.sig_pending >> (sig - 1) & 1);
}

void canary_end(struct canary *c)
{
	siginfo_t info;

	if (c->pin.pidfd < 0)
		return;
	if (!pin_signal(&c->pin, SIGKILL))
		waitid(P_PIDFD, (id_t)c->pin.pidfd, &info, WEXITED | __WALL);
	pin_close(&c->pin);
}
