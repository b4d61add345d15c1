/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ctrl-C as "that is enough": the first ends a watch early, and the report is made of what
 * there is; the second does what it always does.
 */
#pragma once

#include <stdbool.h>

/* Catches the next SIGINT, unless it is ignored: then somebody wants it so. */
void interrupt_catch(void);
/* As it was before. */
void interrupt_release(void);
bool interrupt_seen(void);
