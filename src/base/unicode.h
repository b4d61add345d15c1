/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What we know of Unicode ourselves: decoding UTF-8 and the cells of a character.  libc
 * knows both only through the process locale, which under cron, in containers and in
 * monitoring is mostly "C"; and its iswprint() lets bidi and invisible marks through.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Decodes one character from n > 0 bytes.  Returns the bytes it takes, or 0 when they are
 * not well-formed UTF-8 (overlong, surrogate, above U+10FFFF, cut off): then *code is
 * untouched. */
size_t unicode_decode(const char *bytes, size_t n, uint32_t *code);

/* Terminal cells: 1, 2 (East Asian wide, emoji), 0 (combines with the one before), or -1
 * for what must not reach a terminal: controls, marks that reorder or hide text, private
 * use, noncharacters, wide stretches of unassigned ones. */
int unicode_cells(uint32_t code);
