/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots with anything in them that a record can hold, and whether two are alike. */
#ifndef TESTS_RANDOM_RECORDS_H
#define TESTS_RANDOM_RECORDS_H

#include "model/snapshot.h"

void dice_seed(unsigned s);	/* before anything random is asked for */
unsigned dice(unsigned sides);

struct snapshot *random_snapshot(void);
void compare(const struct process *a, const struct process *b);
void compare_sockets(const struct snapshot *a, const struct snapshot *b);
void compare_series(const struct snapshot *a, const struct snapshot *b);

#endif
