/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leakscan demo: a real leak, found and then fixed, told in three steps. */
#pragma once

/* Exit status: 0 it went as told, 1 it did not, 2 usage, 3 it cannot run here (no python3,
 * no scripts), 128 + n when signal n stopped it. argv[0] is the name of the command. */
int demo_main(int argc, char **argv);
