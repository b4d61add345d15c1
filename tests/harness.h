/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every Check program of ours shares: it runs one suite and prints TAP, so that
 * automake counts single tests. Check's own TAP breaks when a message holds a newline,
 * and Check knows no skipped test at all.
 */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <check.h>

/*
 * Counts a test that cannot run here and says why: `ok - name # SKIP why`. Call it before
 * harness_main(), in place of adding the test to the suite.
 */
void harness_skip(const char *name, const char *why);

/*
 * Runs the suite (NULL: all was skipped), frees it, and prints a line for each test and the
 * plan. What tests write to stdout goes to stderr. The value is main()'s: 0 when every
 * test passed, 1 when one failed or when there was neither a test nor a skip.
 */
int harness_main(Suite *suite);

#endif
