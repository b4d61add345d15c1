/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only door to libproc2: what people want to read about a process - command line,
 * executable, user and group.  Runs inside a worker: the library's reads of
 * cmdline and environ can block for ever.
 */
#pragma once

#include "model/snapshot.h"

struct details;

/* 0, -ENOMEM or -ENOSYS (the library refuses). */
int details_open(struct details **out);
void details_close(struct details *d);	/* NULL is fine */

/* Fills command, exe, user, group (strings in the arena) and the FACT_DETAILS bit of
 * p, if the process with p->id is still there; -ESRCH when it is not. */
int details_read(struct details *d, struct arena *a, struct process *p);
