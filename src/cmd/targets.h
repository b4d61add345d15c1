/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the words of a question to targets in a snapshot. */
#pragma once

#include "cmd/judge.h"

/* Facts that must be known of every process before targets_find() can tell. */
uint32_t targets_need(const struct question *q);

/* 0 and *list of *n targets in the snapshot's arena; -EINVAL or -ENOENT with why. */
int targets_find(const struct question *q, struct snapshot *s, struct target **list, size_t *n,
		 char *why, size_t why_size);
