/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One patient from a process; private to reap/. */
#pragma once

#include "model/plan.h"

/* Identity, parent, what SIGTERM will do; copies, in the arena. */
struct patient *patient_new(const struct snapshot *s, const struct process *p, struct arena *a);
/* Pipes, who holds their other ends, and listening sockets. */
void patient_holdings(struct patient *out, const struct snapshot *s, const struct holders *h,
		      const struct process *p, struct arena *a);
