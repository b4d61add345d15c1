/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* leakscan holders: who holds a descriptor's other end, a file, a port, a pipe.  Exit
 * status: 0 somebody, 1 nobody, 2 usage, 3 could not see enough to say nobody, or failed. */
int holders_main(int argc, char **argv);
