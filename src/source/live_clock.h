/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one clock of a scan: CLOCK_BOOTTIME, which runs on in suspend, as start times do. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t live_clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}
