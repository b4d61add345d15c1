/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* leakscan run [OPTION]... -- CMD [ARG]...: the command's own exit status (re-raised, when a
 * signal ended it); 99 or --leak-status when it succeeded and left something behind; 124 when
 * its time ran out; 125 when leakscan failed; 126, 127 as the shell. */
int run_main(int argc, char **argv);
