/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two growth detectors share: the figures over time of one process, judged. */
#pragma once

#include "model/family.h"
#include "model/finding.h"
#include "model/growth.h"

/* The series of that kind of a member that grows, into *g, or NULL: of a watch and of the
 * checks before, one that is lasting (model/growth.h) if there is one. */
const struct series *growths_judge(const struct snapshot *s, const struct member *m,
				   enum series_kind kind, struct growth *g, bool *lasting);

/* "480 a minute (24 to 48 in 3 s)", "6.0 an hour (24 to 48 in 4h 00m)" */
const char *growths_text(struct arena *a, const struct series *series, const struct growth *g);
