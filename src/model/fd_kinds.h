/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors of a process, counted by kind; anonymous ones by the word in their link. */
#pragma once

#include "model/snapshot.h"

#define FD_KINDS_MOST 24	/* of one process; more are not counted */

struct fd_kind_count {
	enum fd_kind kind;
	char anon[24];		/* "eventfd" of "anon_inode:[eventfd]"; "" for all other kinds */
	int64_t n;
};

/* Fills out (FD_KINDS_MOST of them) and returns how many there are. */
size_t fd_kinds_count(const struct process *p, struct fd_kind_count *out);
/* Whether the series is of that kind. */
bool fd_kinds_is_series(const struct series *one, const struct fd_kind_count *k);
