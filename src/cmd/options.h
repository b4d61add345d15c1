/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the terminal, the environment and the command line say about how and where to print. */
#pragma once

#include "cmd/judge.h"
#include "view/views.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_PROMETHEUS, FORMAT_OPENMETRICS, FORMAT_N };

/* when: auto, always, never.  Order of precedence: --color, NO_COLOR, CLICOLOR_FORCE,
 * TERM=dumb, a terminal or not.  0, or -EINVAL for another word. */
int options_view(struct view_options *out, const char *when);
/* "text", "json", ...: 0, or -EINVAL for another word. */
int options_format(enum format *out, const char *word);
/* 0 or -EIO. */
int options_print(enum format format, const struct verdicts *v, const struct view_options *o,
		  FILE *out);
