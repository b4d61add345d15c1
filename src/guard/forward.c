/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * si_code tells who sent it (sigaction(2)): above 0 the kernel or a terminal did.  Whether a
 * process sent it to us alone or to our whole group only the canary can tell, and one that
 * comes while that is being replaced reaches the command twice, rather than never.
 */
#include "guard/forward.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

int forward_open(struct forward *f)
{
	/* these tell of an error in our own code, at once or never */
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&set, own[i]);
	if (sigprocmask(SIG_BLOCK, &set, &f->old_mask))
		return -errno;
	f->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return f->fd < 0 ? -errno : 0;
}

void forward_share(struct forward *f, const struct proc_dir *proc)
{
	f->proc = proc;
	canary_begin(&f->canary);
}

void forward_unshare(struct forward *f)
{
	canary_end(&f->canary);
}

static bool asks_to_end(int sig)
{
	return sig == SIGINT || sig == SIGTERM || sig == SIGHUP || sig == SIGQUIT;
}

static bool asks_to_stop(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

void forward_read(struct forward *f, const struct pin *cmd, struct heard *out)
{
	struct signalfd_siginfo info;
	bool spent = false;

	*out = (struct heard){ .end = 0 };
	while (read(f->fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int sig = (int)info.ssi_signo;
		bool group = sig != SIGCHLD && canary_has(&f->canary, f->proc, sig);

		spent |= group;
		/* a shell that we run takes a group of its own, and is told apart */
		group = group && cmd && getpgid(cmd->id.pid) == getpgrp();
		/* SIGPIPE comes from our own writing, as if we had sent it */
		if (sig == SIGCHLD)
			out->child = true;
		else if (info.ssi_code <= 0 && (pid_t)info.ssi_pid != getpid() && cmd && !group)
			pin_signal(cmd, sig);
		out->stop |= asks_to_stop(sig);
		out->go |= sig == SIGCONT;
		if (asks_to_end(sig))
			out->end = sig;
	}
	if (spent) {
		canary_end(&f->canary);
		canary_begin(&f->canary);
	}
}

void forward_stop(const struct pin *self, int sig)
{
	void (*before)(int) = sig == SIGSTOP ? SIG_DFL : signal(sig, SIG_DFL);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	pin_signal(self, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* here we stand still */
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (sig != SIGSTOP)
		signal(sig, before);
}

void forward_close(struct forward *f)
{
	forward_unshare(f);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}
