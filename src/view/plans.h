/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans and what became of them, to a stream; and the lines of an audit. */
#pragma once

#include "model/plan.h"
#include "view/views.h"

/* 0 or -EIO. */
int view_plan_text(const struct plan *const *plans, size_t n, const struct view_options *o,
		   FILE *out);
int view_plan_json(const struct plan *const *plans, size_t n, const struct view_options *o,
		   FILE *out);

/* One line of JSON with its newline, in the arena: what leakscan (self) is about to do to a
 * patient (has_result false), or what came of it (err: 0 or -errno). */
char *view_audit_line(struct arena *a, const struct plan *plan, const struct patient *p,
		      const char *what, bool has_result, int err, int64_t wall_s, pid_t self,
		      uid_t uid);
