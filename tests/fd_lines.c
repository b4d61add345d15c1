/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A heap of descriptors in a line of test, and the one question about it. */
#include "fd_lines.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

char *fd_lines(const char *before, unsigned n, const char *pattern)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	fputs(before, out);
	for (unsigned i = 0; i < n; i++)
		for (const char *c = pattern; *c; c++)
			if (*c == '@')
				fprintf(out, "%u", 10 + i);
			else
				putc(*c, out);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

static size_t count(const struct scene_fixture *f, enum kind kind, pid_t pid)
{
	size_t n = 0;

	for (size_t i = 0; i < f->report->findings.n; i++)
		n += f->report->findings.list[i].kind == kind &&
		     f->report->findings.list[i].subject->id.pid == pid;
	return n;
}

void expect_fds(const char *lines, enum kind kind, pid_t pid, enum severity severity, size_t n)
{
	struct scene_fixture *f = scene_from(lines, 200);
	const struct finding *found = scene_finding(f, kind, pid);

	scene_has_severity(f, kind, pid, severity);
	ck_assert_uint_eq(count(f, kind, pid), 1);
	ck_assert_uint_eq(found->fd_n, n);
	ck_assert(found->has_value && found->unit && found->advice);
	ck_assert_double_eq(found->value, (double)n);
	ck_assert_int_eq(found->fd, n == 1 ? found->fds[0] : -1);
	for (size_t i = 1; i < n; i++)
		ck_assert_int_lt(found->fds[i - 1], found->fds[i]);
	ck_assert_int_eq(found->remedy, severity >= SEV_WARNING ? REMEDY_FIX_APP : REMEDY_NONE);
	scene_free(f);
}

void expect_no_fds(const char *lines, enum kind kind, pid_t pid)
{
	struct scene_fixture *f = scene_from(lines, 200);
	const struct finding *found = scene_finding(f, kind, pid);

	ck_assert_msg(!found, "%s: %s", kind_info(kind)->name, found ? found->message : "");
	scene_free(f);
}

void expect_many(const char *before, unsigned n, const char *pattern, enum kind kind,
		 enum severity severity, size_t fds)
{
	char *lines = fd_lines(before, n, pattern);

	expect_fds(lines, kind, 200, severity, fds);
	free(lines);
}

void expect_none_of_many(const char *before, unsigned n, const char *pattern, enum kind kind)
{
	char *lines = fd_lines(before, n, pattern);

	expect_no_fds(lines, kind, 200);
	free(lines);
}
