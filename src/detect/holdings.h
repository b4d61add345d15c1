/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the app an orphan keeps: listening ports, locks, ends of its pipes. */
#pragma once

#include "model/report.h"

/* Fills f->holds from the arena. */
void holdings_find(const struct scene *scene, const struct process *p, struct arena *a,
		   struct finding *f);
