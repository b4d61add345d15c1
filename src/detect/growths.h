/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two growth detectors share: the figures over time of one process, judged. */
#pragma once

#include "model/family.h"
#include "model/finding.h"
#include "model/growth.h"

/* The series of that kind of p, or NULL when it was not watched. */
const struct series *growths_series(const struct snapshot *s, const struct process *p,
				    enum series_kind kind);

/* Whether what was watched of a member grows, into *g; lasting as in model/growth.h. */
bool growths_judge(const struct snapshot *s, const struct member *m, enum series_kind kind,
		   struct growth *g, bool *lasting);

/* "480 a minute (24 to 48 in 3 s)" */
const char *growths_text(struct arena *a, const struct series *series, const struct growth *g);
