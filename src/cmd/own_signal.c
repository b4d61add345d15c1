/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A caller learns how we ended by the signal that ended us, and a shell that we have been
 * suspended by the one that stopped us: so neither is imitated.
 */
#include "cmd/own_signal.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "reap/ops_pidfd.h"

static void take(int sig, sigset_t *before)
{
	struct pin self;
	sigset_t set;

	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	if (pin_self(&self))
		return;
	pin_signal(&self, sig);
	pin_close(&self);
	sigprocmask(SIG_UNBLOCK, &set, before);
}

void die_by(int sig)
{
	struct rlimit none = { 0, 0 };
	sigset_t before;

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0L);
	take(sig, &before);
}

void stop_here(void)
{
	sigset_t before;

	sigprocmask(SIG_BLOCK, NULL, &before);
	take(SIGTSTP, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}
