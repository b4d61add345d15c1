/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout of a wait status is the kernel's, and the same on every architecture. */
#include "model/wait_status.h"

#include <signal.h>

#include "base/text.h"

static const char *const signals[] = {
	[SIGHUP] = "SIGHUP", [SIGINT] = "SIGINT", [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",
	[SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT", [SIGBUS] = "SIGBUS", [SIGFPE] = "SIGFPE",
	[SIGKILL] = "SIGKILL", [SIGUSR1] = "SIGUSR1", [SIGSEGV] = "SIGSEGV",
	[SIGUSR2] = "SIGUSR2", [SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM",
	[SIGTERM] = "SIGTERM", [SIGXCPU] = "SIGXCPU", [SIGXFSZ] = "SIGXFSZ",
	[SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF", [SIGIO] = "SIGIO", [SIGSYS] = "SIGSYS",
};

const char *wait_status_text(struct arena *a, int status)
{
	size_t number = (size_t)(status & 0x7f);

	if (status < 0)
		return NULL;
	if (!number)
		return arena_printf(a, "exit %d", status >> 8 & 0xff);
	if (number < ARRAY_SIZE(signals) && signals[number])
		return arena_printf(a, "killed by %s%s", signals[number],
				    status & 0x80 ? " (core dumped)" : "");
	return arena_printf(a, "killed by signal %zu%s", number,
			    status & 0x80 ? " (core dumped)" : "");
}
