/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors that a finding is about, while a detector gathers them. */
#pragma once

#include "model/finding.h"

struct fd_list {
	struct arena *arena;
	int *list;
	size_t n, room;
};

void fd_list_add(struct fd_list *l, int fd);

/* Into the finding: all as fds, the only one as fd too; their number as its value. */
void fd_list_give(const struct fd_list *l, struct finding *f);

/* Whether findings about descriptors may be made about it: surely of the family, alive. */
bool fd_list_wanted(const struct member *m);

/* What looks meant to stay is never worse than info. */
enum severity fd_list_severity(const struct member *m, enum severity severity);
