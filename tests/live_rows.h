/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A situation of mkleak and what must be said of it: for live tests of descriptors. */
#ifndef TESTS_LIVE_ROWS_H
#define TESTS_LIVE_ROWS_H

#include "live.h"

struct live_row {
	const char *kind;
	const char *finding; /* NULL: healthy, nothing of warning or worse */
	const char *role;    /* whom mkleak calls so is the subject; NULL: the target */
	const char *culprit; /* the role of the one at fault; NULL: not asked */
	bool fds;	     /* the finding is about the descriptors that mkleak names */
	bool info;	     /* it need not be a warning */
};

/* Looks until it is found (nobody can announce that he is blocked), then checks subject,
 * culprit and descriptors; of a healthy one looks several times.  Each look accuses
 * nobody else.  uid: who makes the situation and looks; as `looks` says when that is not
 * 0. */
void live_row_check(const struct live_row *row, uid_t uid);
/* Made by root, looked at by nobody: whatever is said is true. */
void live_row_check_blind(const struct live_row *row);
/* Every finding of warning or worse in `findings` is the row's, or an orphan's own. */
void live_row_accusations(const struct live_row *row, const struct situation *s,
			  json_t *findings, const char *out);

#endif
