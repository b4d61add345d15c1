/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* leakscan serve --inetd [TARGET]: answers one HTTP request for /metrics on its standard
 * input and output, and ends.  Exit status: 0 answered (a refusal is an answer, too),
 * 2 usage, 3 could not look. */
int serve_main(int argc, char **argv);
