/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* leakscan history: what checks have kept of a target, or which targets there are.  Exit
 * status: 0 shown, 2 usage, 3 nothing is known of it or the file cannot be read. */
int history_main(int argc, char **argv);
