/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals to ourselves, with what they usually do. */
#pragma once

/* Dies by it, without a core of our own.  Returns only to an init, which no signal of its
 * own ends. */
void die_by(int sig);
/* Stops by SIGTSTP, which is blocked, and returns when we go on.  At once where nobody could
 * make us go on: in an orphaned process group. */
void stop_here(void);
