/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "Did you mean": the nearest of a few names, said on stderr. */
#pragma once

#include <getopt.h>
#include <stddef.h>

/* Says that there is no such command, and which was perhaps meant. */
void suggest_command(const char *who, const char *wrong);
/* getopt_long(3), but a long option must be spelled out: what is short for --yes today may be
 * short for something else tomorrow, and a slip must not act.  Sets opterr to 0.  letters
 * begin with ':' or "+:". */
int option_next(int argc, char **argv, const char *letters, const struct option *options);
/* After option_next() has returned '?' or ':' : says what was wrong with
 * argv[optind - 1], and which option was perhaps meant. */
void suggest_option(const char *who, char *const *argv, int got, const struct option *options);
/* What a person typed, on stderr: harmless bytes only, and no more than so many. */
void suggest_typed(const char *text, size_t most);
