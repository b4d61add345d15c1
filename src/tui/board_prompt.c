/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Typing a line: what is searched for, what is sifted by, how often is looked. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/unicode.h"
#include "tui/board_state.h"

#define LEAST_DELAY_NS UINT64_C(500000000)

void prompt_open(struct board *b, enum prompt prompt, const char *text)
{
	b->prompt = prompt;
	snprintf(b->typed, sizeof(b->typed), "%s", text);
}

static void erase(struct board *b)
{
	size_t n = strlen(b->typed);

	while (n && ((unsigned char)b->typed[n - 1] & 0xc0) == 0x80)
		n--;
	b->typed[n ? n - 1 : 0] = 0;
}

static void type(struct board *b, uint32_t code)
{
	char utf8[5] = "";
	size_t n;

	if (code >= BKEY_UP || unicode_cells(code) < 1)
		return;
	if (code < 0x80) {
		utf8[0] = (char)code;
	} else if (code < 0x800) {
		utf8[0] = (char)(0xc0 | code >> 6);
		utf8[1] = (char)(0x80 | (code & 63));
	} else if (code < 0x10000) {
		utf8[0] = (char)(0xe0 | code >> 12);
		utf8[1] = (char)(0x80 | (code >> 6 & 63));
		utf8[2] = (char)(0x80 | (code & 63));
	} else {
		utf8[0] = (char)(0xf0 | code >> 18);
		utf8[1] = (char)(0x80 | (code >> 12 & 63));
		utf8[2] = (char)(0x80 | (code >> 6 & 63));
		utf8[3] = (char)(0x80 | (code & 63));
	}
	n = strlen(b->typed);
	if (n + strlen(utf8) < sizeof(b->typed))
		strcpy(b->typed + n, utf8);
}

static void find_from(struct board *b, size_t first)
{
	struct arena *a;

	rows_make(b);
	if (!b->search[0] || !b->rows.n)
		return;
	a = arena_new(0);
	for (size_t i = 0; i < b->rows.n; i++) {
		size_t at = (first + i) % b->rows.n;

		if (row_matches(&b->rows.list[at], b->search, a)) {
			rows_select(b, at);
			arena_free(a);
			return;
		}
	}
	arena_free(a);
	board_say(b, SEV_WARNING, "not found");
}

static void set_delay(struct board *b)
{
	uint64_t ns = 0;

	if (strcmp(b->typed, "auto") && b->typed[0] &&
	    (text_duration_ns(text_of(b->typed), &ns) || ns < LEAST_DELAY_NS)) {
		board_say(b, SEV_WARNING, "a delay is a number of seconds, 0.5 at least, or auto");
		return;
	}
	board_wish(b, (struct board_asked){ .wish = BOARD_DELAY, .delay_ns = ns });
}

/* Searching and sifting go on while one types. */
static void changed(struct board *b)
{
	if (b->prompt == PROMPT_SEARCH) {
		snprintf(b->search, sizeof(b->search), "%s", b->typed);
		find_from(b, b->places[b->view].at);
	} else if (b->prompt == PROMPT_FILTER) {
		snprintf(b->filter, sizeof(b->filter), "%s", b->typed);
		b->rows_old = true;
	}
}

void prompt_key(struct board *b, uint32_t key)
{
	switch (key) {
	case BKEY_ESC:
	case 3:
		b->typed[0] = 0;
		if (b->prompt != PROMPT_DELAY)
			changed(b);
		b->prompt = PROMPT_NONE;
		b->said.until_ns = 0;
		return;
	case BKEY_ENTER:
	case '\n':
		if (b->prompt == PROMPT_DELAY)
			set_delay(b);
		b->prompt = PROMPT_NONE;
		return;
	case BKEY_F0 + 3:
		if (b->prompt == PROMPT_SEARCH)
			find_from(b, b->places[b->view].at + 1);
		return;
	case BKEY_BACKSPACE:
	case 0x7f:
	case 8:
		erase(b);
		break;
	case 21:	/* Ctrl-U */
		b->typed[0] = 0;
		break;
	default:
		type(b, key);
	}
	changed(b);
}

void prompt_next(struct board *b)
{
	if (b->search[0])
		find_from(b, b->places[b->view].at + 1);
	else
		prompt_open(b, PROMPT_SEARCH, "");
}
