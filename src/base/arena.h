/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An arena: memory that is filled once and freed as a whole, one per snapshot and one per
 * report.  A shared arena lives in a mapping that a forked worker writes into while its
 * parent only waits: the addresses are the same in both, so pointers can be handed over.
 */
#pragma once

#include <stddef.h>
#include <stdarg.h>

struct arena;

/* shared: in a MAP_SHARED mapping (fork-visible), else private.  Address space is reserved
 * up front (up to tens of GiB, never touched before use); as much as the limits allow.
 * Dies (abort) when not even 1 MiB can be had: there is nothing sensible to go on with. */
struct arena *arena_new(int shared);
void arena_free(struct arena *a);	/* NULL is fine */

/* Zeroed, aligned for any object, never NULL: an exhausted arena aborts the process, which
 * for a worker means that its parent sees it die and says so.  Safe to call from several
 * workers at once. */
void *arena_alloc(struct arena *a, size_t bytes);
void *arena_calloc(struct arena *a, size_t n, size_t size);	/* aborts on overflow */

char *arena_strdup(struct arena *a, const char *text);		/* NULL stays NULL */
char *arena_bytes(struct arena *a, const char *bytes, size_t n);	/* adds a NUL */
char *arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list ap)
	__attribute__((format(printf, 2, 0)));

size_t arena_used(const struct arena *a);			/* bytes */

/* A growing array inside an arena: returns the place of the next element and counts it.
 * The old room is left to the arena when it grows, and must be of the same arena. */
void *arena_push(struct arena *a, void *array_pointer, size_t *n, size_t *room, size_t size);
