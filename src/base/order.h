/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorting what mostly comes sorted: the kernel lists by number, and qsort(3) would copy all
 * of it to find that out.
 */
#pragma once

#include <stdlib.h>

static inline void order(void *array, size_t n, size_t size,
			 int (*compare)(const void *left, const void *right))
{
	const char *at = (const char *)array;

	for (size_t i = 1; i < n; i++, at += size)
		if (compare(at, at + size) > 0) {
			qsort(array, n, size, compare);
			return;
		}
}
