/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on the screen, to files: a record for `--from`, and the JSON report. */
#pragma once

#include "cmd/top_scan.h"

struct save_job;

/* On a thread of its own: a disk can be slow.  NULL when that cannot be.  wake: an eventfd
 * that is written to at the end. */
struct save_job *save_job_start(struct sight *s, int wake);
/* NULL while it is at work; then once one line for the user, to be freed, and *err. */
char *save_job_end(struct save_job *j, int *err);
