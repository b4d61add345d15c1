/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* leakscan scan TARGET: one report on stdout.  Exit status: 0 nothing leaked, 1 leaks,
 * 2 usage, 3 could not see enough to say, or failed. */
int scan_main(int argc, char **argv);
