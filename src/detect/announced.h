/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a process was told the number of a descriptor: then it was left open on purpose. */
#pragma once

#include "model/process.h"

/* By its environment, as at exec.  What its giver (NULL: unknown) had in its own environment
 * already, word for word, was there before the descriptor: of that only count the names and
 * forms that are used for descriptors. */
bool announced_by_environ(const struct process *p, const struct process *giver, int fd);

/* By its command line: a number of its own, "--fd=6", "-d6", "/dev/fd/6". */
bool announced_by_command(const struct process *p, int fd);
