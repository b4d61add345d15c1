/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the views share that print JSON.  What is not known is null, never left out. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"

/* jansson returns NULL only when memory has run out or we passed it nonsense: then these
 * abort.  Values that are put or added belong to the object or array. */
json_t *doc_must(json_t *value);
void doc_put(json_t *object, const char *key, json_t *value);
void doc_add(json_t *array, json_t *value);

json_t *doc_text(struct arena *a, const char *raw);	/* NULL: null */
json_t *doc_count_or_null(int64_t n);			/* negative: null */
/* "2026-11-24T17:05:00Z", or null for what is no time. */
json_t *doc_when(struct arena *a, int64_t wall_s);
char *doc_time(struct arena *a, int64_t wall_s);	/* the same as text, or NULL */

/* On one line, with its newline; gives root up. */
char *doc_line(struct arena *a, json_t *root);
/* Prints it, with a newline, and gives it up.  0 or -EIO. */
int doc_write(json_t *root, FILE *out);
