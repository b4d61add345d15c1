/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in an array a number is: the array keeps the numbers, this only places.  Nothing is
 * ever taken out.  A search by halves would miss the cache at each step, for what is looked
 * for lies far apart.
 *
 *	for (size_t i = lookup_first(l, key), place; (place = lookup_place(l, &i)); )
 *		if (array[place - 1].key == key)
 *			return &array[place - 1];
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

struct lookup {
	uint32_t *slots;	/* 1 + place in the array; 0: free */
	size_t mask;
	unsigned shift;
};

/* Room for n numbers, in the arena; n below 2^30. */
static inline void lookup_init(struct lookup *l, struct arena *a, size_t n)
{
	size_t size = 16;

	for (l->shift = 60; size < 2 * n; size *= 2)
		l->shift--;
	l->mask = size - 1;
	l->slots = arena_calloc(a, size, sizeof(*l->slots));
}

static inline size_t lookup_first(const struct lookup *l, uint64_t key)
{
	return (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> l->shift);
}

/* The next place that may be it, counted from 1, or 0. */
static inline size_t lookup_place(const struct lookup *l, size_t *at)
{
	size_t place = l->slots[*at];

	*at = (*at + 1) & l->mask;
	return place;
}

static inline void lookup_add(struct lookup *l, uint64_t key, size_t place)
{
	size_t at = lookup_first(l, key);

	while (l->slots[at])
		at = (at + 1) & l->mask;
	l->slots[at] = (uint32_t)place + 1;
}
