/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans made by hand, for what shows them. */
#ifndef TESTS_PLAN_SCENES_H
#define TESTS_PLAN_SCENES_H

#include "model/plan.h"

/* "reap-plan", "reap-acted", ... as the table at the end of plan_scenes.c has them; NULL for
 * an unknown name.  Free with arena_free(plan->arena). */
struct plan *plan_scene(const char *name);

#endif
