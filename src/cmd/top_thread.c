/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread inherits the signal mask of whoever starts it. */
#include "cmd/top_thread.h"

#include <signal.h>
#include <stdint.h>
#include <unistd.h>

int thread_start(pthread_t *out, void *(*run)(void *context), void *context)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(out, NULL, run, context);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

void thread_wake(int fd)
{
	uint64_t one = 1;

	/* one that cannot be written to is full, and readable so */
	if (write(fd, &one, sizeof(one)) < 0)
		return;
}
