/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leakscan top: see doc/leakscan.1. */
#pragma once

int top_main(int argc, char **argv);

/* `leakscan' alone: the dashboard of all, where there is a terminal that can show it, else
 * one report. */
int top_or_scan_main(int argc, char **argv);
