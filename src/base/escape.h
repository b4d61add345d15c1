/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one sanitiser.  Whatever a process can choose - its name, arguments, paths, cgroup,
 * environment - is hostile text.  Each sink has a rule; views call this and nothing else.
 * Linux hands all of it out raw: control bytes, ESC, newlines, invalid UTF-8, bidi marks.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct arena;

enum sink {
	SINK_TERMINAL,	/* printable UTF-8 of known width; anything else as \xHH per byte */
	SINK_PLAIN,	/* file or pipe: the same, and backslash doubled: lossless */
	SINK_JSON,	/* valid UTF-8, invalid bytes as U+FFFD; the JSON library does the rest */
	SINK_LABEL,	/* between the quotes of a metric's label: as SINK_TERMINAL, then \ and " quoted */
	SINK_NAGIOS,	/* plugin output: printable ASCII; %XX for all else and for what means
			 * something to a plugin's readers, shells among them: |'"\`$&<>~% */
	SINK_RECORD,	/* record files: ASCII without blanks; %XX for all else; lossless */
};

/* The text made safe for the sink, in the arena.  n bytes, NUL bytes are data. */
char *escape(struct arena *a, enum sink sink, const char *bytes, size_t n);
char *escape_text(struct arena *a, enum sink sink, const char *text);	/* NULL -> "" */

/* Undoes SINK_RECORD.  0 or -EINVAL (a bad or cut %XX); bytes get a NUL behind them. */
int escape_undo_record(struct arena *a, const char *text, size_t n, char **bytes, size_t *bytes_n);

/* Terminal cells the text takes once escaped for a terminal; and a cut to so many cells
 * (with an ellipsis: U+2026, or "..." when ascii), never inside a character. */
size_t escape_cells(const char *escaped);
char *escape_cut(struct arena *a, const char *escaped, size_t cells, int ascii);
/* Bytes of it that fit into so many cells, never inside a character or a \xHH. */
size_t escape_fit(const char *escaped, size_t cells);
/* For a terminal that does not speak UTF-8, to which half a character can be a control:
 * the bytes above 0x7f of an already escaped text as \xHH too. */
char *escape_ascii(struct arena *a, const char *escaped);
