/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal: shows a grid, reads keys, and gives the terminal back as it was, however
 * the program ends.  There is one, for ncurses has one.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "tui/board.h"
#include "tui/grid.h"

struct screen;

struct screen_options {
	FILE *in, *out;
	bool colour;		/* as many as the terminal has; else attributes only */
	bool mouse;
};

/* 0, or -ENOTTY (in or out is no terminal), -ENOENT (TERM names none that is known here),
 * -ENOTSUP (TERM names one whose cursor cannot be placed, like dumb).  Nothing was written
 * then.  Blocks no signal; SIGWINCH, SIGTSTP and SIGCONT are the caller's. */
int screen_open(const struct screen_options *o, struct screen **out);
/* The terminal as it was before. */
void screen_close(struct screen *s);		/* NULL is fine */

/* The terminal is somebody else's for a while: when we are stopped. */
void screen_leave(struct screen *s);
void screen_return(struct screen *s);

/* Its size, as it is now, in cells. */
void screen_size(struct screen *s, unsigned *width, unsigned *height);
/* Of the size that screen_size() told last; what differs from what is shown is written. */
void screen_show(struct screen *s, const struct grid *g);
/* Trusts nothing that is shown: the next screen_show() writes it all. */
void screen_repaint(struct screen *s);
/* That is still to be done. */
bool screen_is_stale(const struct screen *s);

struct screen_input {
	bool is_button;
	uint32_t key;		/* as board_key() takes it */
	enum board_button button;	/* never BOARD_DOUBLE_CLICK: that takes a clock */
	unsigned x, y;
};

/* The next key or button that is there already; false: none. */
bool screen_read(struct screen *s, struct screen_input *out);
