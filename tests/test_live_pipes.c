/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real program on pipes that really hang: who is stuck, on which descriptor, and who
 * is to blame; and on pipes that are only slow, of which nothing may be said.
 */
#include "harness.h"
#include "live_rows.h"

#include <unistd.h>

enum { TEST_LIMIT_S = 600 };

static const struct live_row rows[] = {
	{ .kind = "pipe-stuck-writer", .finding = "pipe-stuck-writer", .role = "writer",
	  .culprit = "target", .fds = true },
	{ .kind = "pipe-stuck-waiter", .finding = "pipe-stuck-writer", .role = "writer",
	  .culprit = "target", .fds = true },
	{ .kind = "pipe-stuck-self", .finding = "pipe-stuck-writer", .fds = true },
	{ .kind = "pipe-no-eof", .finding = "pipe-no-eof", .culprit = "orphan",
	  .fds = true },
	{ .kind = "pipe-no-eof-socketpair", .finding = "pipe-no-eof",
	  .culprit = "orphan", .fds = true },
	{ .kind = "pipe-no-eof-sibling", .finding = "pipe-no-eof", .role = "reader",
	  .culprit = "sibling", .fds = true },
	/* who sees nothing unreadable may call it a leak */
	{ .kind = "pipe-peerless", .finding = "pipe-peerless", .fds = true,
	  .info = true },
	{ .kind = "pipe-backpressure" },
	{ .kind = "pipe-live-writer" },
};

enum { ROWS_N = sizeof(rows) / sizeof(rows[0]) };

START_TEST(pipes)
{
	live_row_check(&rows[_i], 0);
}
END_TEST

START_TEST(seen_by_nobody)
{
	live_row_check_blind(&rows[_i]);
}
END_TEST

static int suite_run(void)
{
	Suite *suite = suite_create("live_pipes");

	for (int i = 0; i < ROWS_N; i++) {
		TCase *one = tcase_create(rows[i].kind);

		tcase_set_timeout(one, TEST_LIMIT_S);
		tcase_add_loop_test(one, pipes, i, i + 1);
		if (nobody_possible(rows[i].kind))
			tcase_add_loop_test(one, seen_by_nobody, i, i + 1);
		suite_add_tcase(suite, one);
	}
	return harness_main(suite);
}

int main(void)
{
	return namespace_run(suite_run);
}
