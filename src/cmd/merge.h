/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* leakscan merge FILE...: JSON reports of many machines as one table.  Exit status: 0 nothing
 * leaked anywhere, 1 leaks, 2 usage, 3 a report is blind or a file could not be read. */
int merge_main(int argc, char **argv);
