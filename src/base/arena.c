/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mapping per arena, its head at the start, a bump pointer that only grows.  The size is
 * address space, not memory: pages exist once they are touched (MAP_NORESERVE), so asking for
 * much costs nothing; a small RLIMIT_AS or strict overcommit makes us ask for less.
 */
#include "base/arena.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct arena {
	atomic_size_t used;
	size_t size;
};

#define ARENA_ALIGN _Alignof(max_align_t)
#define ARENA_MOST (sizeof(void *) == 8 ? (size_t)16 << 30 : (size_t)256 << 20)
#define ARENA_LEAST ((size_t)1 << 20)
#define ARENA_RATIONED ((size_t)256 << 20)

static size_t aligned(size_t bytes)
{
	return (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

static struct arena *arena_at(void *map, size_t size)
{
	struct arena *a = map;

	a->size = size;
	atomic_init(&a->used, aligned(sizeof(*a)));
	return a;
}

/* Where address space is rationed, the next arena, stacks and libraries need some, too. */
static size_t leave_some(void *map, size_t size)
{
	size_t kept = size / 2 < ARENA_RATIONED ? size / 2 : ARENA_RATIONED;

	if (size == ARENA_LEAST)
		return size;
	munmap((char *)map + kept, size - kept);
	return kept;
}

struct arena *arena_new(int shared)
{
	int flags = MAP_ANONYMOUS | MAP_NORESERVE | (shared ? MAP_SHARED : MAP_PRIVATE);

	for (size_t size = ARENA_MOST; size >= ARENA_LEAST; size /= 2) {
		void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);

		if (map != MAP_FAILED)
			return arena_at(map, size < ARENA_MOST ? leave_some(map, size) : size);
	}
	abort();
}

void arena_free(struct arena *a)
{
	if (a)
		munmap(a, a->size);
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	size_t need, at;

	if (bytes > a->size)
		abort();
	need = aligned(bytes ? bytes : 1);
	at = atomic_fetch_add(&a->used, need);
	if (at > a->size || need > a->size - at)
		abort();
	return (char *)a + at;
}

void *arena_calloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		abort();
	return arena_alloc(a, bytes);
}

char *arena_bytes(struct arena *a, const char *bytes, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	if (n)
		memcpy(copy, bytes, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *text)
{
	return text ? arena_bytes(a, text, strlen(text)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *format, va_list ap)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		abort();
	text = arena_alloc(a, (size_t)n + 1);
	vsnprintf(text, (size_t)n + 1, format, ap);
	return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list ap;
	char *text;

	va_start(ap, format);
	text = arena_vprintf(a, format, ap);
	va_end(ap);
	return text;
}

size_t arena_used(const struct arena *a)
{
	return atomic_load(&((struct arena *)(uintptr_t)a)->used);
}

/* What was allocated last is made longer where it is: an array that nothing else grows
 * beside is never copied. */
static bool grow_in_place(struct arena *a, const void *array, size_t bytes, size_t more_bytes)
{
	size_t end = (size_t)((const char *)array - (const char *)a) + aligned(bytes);
	size_t grown = end - aligned(bytes) + aligned(more_bytes);

	return bytes && grown <= a->size && atomic_compare_exchange_strong(&a->used, &end, grown);
}

void *arena_push(struct arena *a, void *array_pointer, size_t *n, size_t *room, size_t size)
{
	void **array = array_pointer;

	if (*n == *room) {
		size_t more = *room ? *room * 2 : 16;

		if (more > a->size / size)
			abort();
		if (!grow_in_place(a, *array, *room * size, more * size)) {
			void *grown = arena_alloc(a, more * size);

			if (*n)
				memcpy(grown, *array, *n * size);
			*array = grown;
		}
		*room = more;
	}
	return (char *)*array + (*n)++ * size;
}
