/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk's cheaper sister: the listing, counts, and what model/refresh.h wants read. */
#pragma once

#include "source/live.h"

/* As live_refresh() with LIVE_PROCFS; -ENODATA: everybody must be read, walk_procfs(). */
int refresh_procfs(const struct live_before *before, struct snapshot **out);
