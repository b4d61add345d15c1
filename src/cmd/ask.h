/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a bare walk to what the verdict on one target needs to know. */
#pragma once

#include "family/kinship.h"

/* Reads what is missing into s, after the walk.  False: it takes a walk of everybody to tell,
 * and this one was around the targets only. */
bool ask_about(struct snapshot *s, const struct target *t);

/* Nobody twice.  In the snapshot's arena. */
void people_add(struct snapshot *s, struct people *people, struct process *p);
