/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* leakscan explain [ID|KIND]: what a finding means and how to fix it.  Exit status 0, or 2
 * for a kind that there is not. */
int explain_main(int argc, char **argv);
