/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two snapshots compared as records, key by key: a record is all that detectors may know, so
 * a field that is added to it is compared without a word here.
 */
#ifndef TESTS_RECORD_DIFF_H
#define TESTS_RECORD_DIFF_H

#include <stdio.h>

#include "model/snapshot.h"

enum { KEYS_MOST = 80 };

struct line {
	char *text;			/* "process", and behind it words */
	char *identity;			/* "process pid=4711" */
	char *words[KEYS_MOST];		/* "key=value" */
	size_t word_n;
};

struct lines {
	struct line *list;
	size_t n;
	char *bytes;
};

struct differences {
	FILE *out;
	size_t n;
	const char *a, *b;		/* who said it */
};

struct lines lines_of(const struct snapshot *s);
void lines_free(struct lines *l);
/* How many; a line for each to d->out.  By /proc is a. */
size_t lines_compare(const struct lines *a, const struct lines *b, struct differences *d);
/* Goes on, or ends the process with a word. */
void diff_check(bool fine, const char *what);

#endif
