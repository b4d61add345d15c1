/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a bare walk to what the verdict on one target needs to know. */
#pragma once

#include "family/kinship.h"

/* Reads what is missing into s, after the walk.  False: it takes a walk of everybody to tell,
 * and this one was around the targets only. */
bool ask_about(struct snapshot *s, const struct target *t);

/* The last questions about a whole machine.  h: NULL unless everybody's tables are known;
 * *suspects gets those who are to be looked at twice for the sake of their pipes. */
void ask_of_all(struct snapshot *s, const struct family *f, const struct holders *h,
		struct arena *a, struct people *suspects);

/* Nobody twice.  In the snapshot's arena. */
void people_add(struct snapshot *s, struct people *people, struct process *p);
