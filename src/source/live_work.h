/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crew of a snapshot: one worker for all that is read into it, as long as it is read. */
#pragma once

#include "model/snapshot.h"
#include "source/worker.h"

/* crew_run() with the snapshot's crew, which snapshot_dismiss() sends home.  What the work
 * leads to lies in the snapshot's arena, and that is shared. */
int live_work(struct snapshot *s, const struct work *w, struct work_result *out);
/* A copy of a caller's list in there. */
void *live_copy(struct snapshot *s, const void *list, size_t n, size_t size);
