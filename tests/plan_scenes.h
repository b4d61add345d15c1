/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans made by hand, for what shows them. */
#ifndef TESTS_PLAN_SCENES_H
#define TESTS_PLAN_SCENES_H

#include "model/plan.h"

/* "reap-plan", "reap-acted", "reap-sockets", "reap-sockets-acted", "reap-nothing"; NULL for
 * an unknown name.  Free with arena_free(plan->arena). */
struct plan *plan_scene(const char *name);

#endif
