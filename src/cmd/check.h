/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#define CHECK_PLUGIN "check_leakscan"	/* the name under which it is `check` alone */

/* leakscan check [TARGET] [OPTION]...: one state for Nagios, Icinga, NRPE and their like, by
 * the Monitoring Plugins guidelines.  Exit status: 0 ok, 1 warning, 2 critical, 3 unknown,
 * usage and help included.  Everything goes to stdout. */
int check_main(int argc, char **argv);
