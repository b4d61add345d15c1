/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was done to whom: a line before each signal and one after it, to syslog and, where
 * asked, to a file.  What cannot be written down must not be done.
 */
#pragma once

#include "model/plan.h"

struct audit { int fd; };	/* -1: no file */

/* path NULL: no file.  A regular file of one name, never through a link, appended to.
 * Waits while another one holds it, for 2 minutes at most.  0 or -errno (-EINVAL: not a
 * regular file, or it has several names; -EBUSY: another one still holds it). */
int audit_open(struct audit *a, const char *path);
void audit_close(struct audit *a);
/* In words what audit_open() returned. */
const char *audit_error(int err);

/* 0 or -errno. */
int audit_intent(const struct audit *a, const struct plan *plan, const struct patient *p,
		 const char *what);
void audit_result(const struct audit *a, const struct plan *plan, const struct patient *p,
		  const char *what, int err);
