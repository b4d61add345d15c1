/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that we write.  --output FILE: a file that is whole at any moment, for those who read it while we write.
 * It is made beside its place under a name that no collector takes for its own, and moved.
 */
#pragma once

#include <stdio.h>

struct output {
	FILE *stream;		/* in memory until output_commit() */
	const char *path;
	char *text;
	size_t n;
};

/* 0; -EINVAL: what is at path is no regular file, and must not be replaced; or -errno. */
int output_open(struct output *o, const char *path);
/* Puts it in place, readable for all (exporters run as another user), unless err is set.
 * Frees everything.  0, err, or -errno: the old file is untouched then. */
int output_commit(struct output *o, int err);

/* A stream to a file that only its owner may read, for what processes keep to themselves; no
 * symbolic link is followed.  how: O_EXCL, or O_TRUNC.  0 or -errno. */
int output_private(FILE **out, const char *path, int how);
