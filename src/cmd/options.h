/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the terminal, the environment and --color say about how to print. */
#pragma once

#include "view/views.h"

/* when: auto, always, never.  Order of precedence: --color, NO_COLOR, CLICOLOR_FORCE,
 * TERM=dumb, a terminal or not.  0, or -EINVAL for another word. */
int options_view(struct view_options *out, const char *when);
