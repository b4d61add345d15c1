/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot as text: what `--record` writes, `--from` reads, bug reports carry and tests
 * are written in.  The format is in doc/record.md.  A replayed snapshot has .replayed set
 * and can never be acted on.
 */
#pragma once

#include <stdio.h>

#include "model/snapshot.h"

/* 0 or -EIO. */
int record_write(const struct snapshot *s, FILE *out);

struct record_error { unsigned line; const char *why; };	/* why: static text */

/* Reads a record of n bytes.  0 and *out (free with snapshot_free), or -EINVAL with *error
 * filled: not a record, another version, a bad line, cut off (no `end` line). */
int record_read(const char *bytes, size_t n, struct snapshot **out, struct record_error *error);
