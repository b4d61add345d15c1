/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the threads of the dashboard have in common: no signals, and one way to wake it. */
#pragma once

#include <pthread.h>

/* A thread that takes no signal: all are the front's.  0 or -errno. */
int thread_start(pthread_t *out, void *(*run)(void *context), void *context);

/* Makes an eventfd readable. */
void thread_wake(int fd);
