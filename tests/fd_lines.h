/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Situations with many descriptors, and what is said about the target, 200, or its child. */
#ifndef TESTS_FD_LINES_H
#define TESTS_FD_LINES_H

#include "scene.h"

/* Lines of a record that are counted: the text before, and n times the pattern with 10, 11,
 * ... for each @.  To be freed. */
char *fd_lines(const char *before, unsigned n, const char *pattern);

/* The scene has one finding of this kind about pid, of this severity, with n descriptors. */
void expect_fds(const char *lines, enum kind kind, pid_t pid, enum severity severity, size_t n);
void expect_no_fds(const char *lines, enum kind kind, pid_t pid);
void expect_many(const char *before, unsigned n, const char *pattern, enum kind kind,
		 enum severity severity, size_t fds);
void expect_none_of_many(const char *before, unsigned n, const char *pattern, enum kind kind);

#define WORLD INIT SHELL APP

#endif
