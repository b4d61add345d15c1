/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A board without a terminal: keys from a line of text, and the screen as text.
 */
#ifndef TESTS_BOARD_SCRIPT_H
#define TESTS_BOARD_SCRIPT_H

#include "tui/board.h"

/* Presses keys: characters stand for themselves, "<Down>", "<F5>", "<Enter>", ... for the
 * others. Fails the test for a name it does not know. */
void board_play(struct board *b, const char *keys);

/* The screen, drawn; to be freed. tints: a second row below each, see grid_print(). */
char *board_screen(struct board *b, unsigned width, unsigned height, bool tints);

/* Hands reports over; *released is counted up when the board needs them no more.  They
 * and the array must live until then. */
void board_tell(struct board *b, const struct report *const *reports, size_t n, int *released);

/* The next wish must be this one; what it asked for. */
struct board_asked board_asks(struct board *b, enum board_wish wish);

/* Every cell is in order: widths fit, no control characters, ASCII if asked for. */
void board_check_cells(struct board *b, unsigned width, unsigned height, bool ascii);

#endif
