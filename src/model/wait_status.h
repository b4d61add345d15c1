/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a process ended, in words: "exit 22", "killed by SIGSEGV (core dumped)". */
#pragma once

#include "base/arena.h"

/* status as wait(2) tells it; negative: unknown, gives NULL. */
const char *wait_status_text(struct arena *a, int status);
