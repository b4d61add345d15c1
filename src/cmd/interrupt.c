/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one flag of the program that a signal sets.  SA_RESETHAND makes the second Ctrl-C
 * deadly; without SA_RESTART the first one ends the sleep it comes in.  A signal that comes
 * just before the sleep is seen after it: one interval later.
 */
#include "cmd/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t seen;
static bool caught;
static struct sigaction before;

static void note(int number)
{
	(void)number;
	seen = 1;
}

void interrupt_catch(void)
{
	struct sigaction action = { .sa_handler = note, .sa_flags = (int)SA_RESETHAND };

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGINT, NULL, &before) || before.sa_handler == SIG_IGN)
		return;
	caught = !sigaction(SIGINT, &action, NULL);
}

void interrupt_release(void)
{
	if (caught)
		sigaction(SIGINT, &before, NULL);
	caught = false;
}

bool interrupt_seen(void)
{
	return seen;
}
