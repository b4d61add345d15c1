/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one sanitiser.  It never asks the process locale: what is safe to show must not
 * depend on LANG.  A byte that does not survive as itself is written as its hexadecimal
 * value, so what a process called itself can still be told.
 */
#include "base/escape.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/unicode.h"

/* More marks on one cell are a trick to paint over the lines above and below. */
#define MARKS_MAX 2

static const char hex[] = "0123456789abcdef";

static char *put_hex(char *out, const char *prefix, uint8_t byte)
{
	while (*prefix)
		*out++ = *prefix++;
	*out++ = hex[byte >> 4];
	*out++ = hex[byte & 15];
	return out;
}

static int hex_value(char c)
{
	const char *at = c ? strchr(hex, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - hex) : -1;
}

static char *put_shown(char *out, const char *bytes, size_t n, bool plain)
{
	unsigned room = 0; /* marks the last cell can still take: none at the start */

	for (size_t i = 0; i < n;) {
		uint32_t code;
		size_t length = unicode_decode(bytes + i, n - i, &code);
		int cells = length ? unicode_cells(code) : -1;

		if (cells < 0 || (!cells && !room)) {
			room = 0;
			if (plain && bytes[i] == '\n') {
				*out++ = '\\';
				*out++ = 'n';
				i++;
				continue;
			}
			for (size_t end = i + (length ? length : 1); i < end; i++)
				out = put_hex(out, "\\x", (uint8_t)bytes[i]);
			continue;
		}
		room = cells ? MARKS_MAX : room - 1;
		if (plain && code == '\\')
			*out++ = '\\';
		memcpy(out, bytes + i, length);
		out += length;
		i += length;
	}
	return out;
}

/* Made harmless first, then quoted: the reader of the metrics undoes the second only. */
static char *put_label(struct arena *a, char *out, const char *bytes, size_t n)
{
	char *shown = arena_calloc(a, n + 1, 4);
	char *end = put_shown(shown, bytes, n, false);

	for (const char *at = shown; at < end; at++) {
		if (*at == '\\' || *at == '"')
			*out++ = '\\';
		*out++ = *at;
	}
	return out;
}

static char *put_json(char *out, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint32_t code = 0;
		size_t length = unicode_decode(bytes + i, n - i, &code);

		if (!length || !code) {	/* our strings end in NUL, so it cannot be one */
			memcpy(out, "\xef\xbf\xbd", 3);
			out += 3;
			i++;
			continue;
		}
		memcpy(out, bytes + i, length);
		out += length;
		i += length;
	}
	return out;
}

/* Printable ASCII as it is, but for the blank (unless kept), % and what is reserved. */
static char *put_percent(char *out, const char *bytes, size_t n, bool blanks,
			 const char *reserved)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)bytes[i];

		if ((byte == ' ' && blanks) ||
		    (byte > ' ' && byte < 0x7f && byte != '%' && !strchr(reserved, byte)))
			*out++ = bytes[i];
		else
			out = put_hex(out, "%", byte);
	}
	return out;
}

char *escape(struct arena *a, enum sink sink, const char *bytes, size_t n)
{
	/* a byte becomes at most \xHH, and in a label that \ is two */
	char *text = arena_calloc(a, n + 1, 5);
	char *end = text;

	switch (sink) {
	case SINK_TERMINAL:
	case SINK_PLAIN:
		end = put_shown(text, bytes, n, sink == SINK_PLAIN);
		break;
	case SINK_LABEL:
		end = put_label(a, text, bytes, n);
		break;
	case SINK_JSON:
		end = put_json(text, bytes, n);
		break;
	case SINK_NAGIOS:
		end = put_percent(text, bytes, n, true, "|'\"\\`$&<>~");
		break;
	case SINK_RECORD:
		end = put_percent(text, bytes, n, false, "");
		break;
	}
	*end = 0;
	return text;
}

char *escape_text(struct arena *a, enum sink sink, const char *text)
{
	return escape(a, sink, text ? text : "", text ? strlen(text) : 0);
}

char *escape_ascii(struct arena *a, const char *escaped)
{
	char *text = arena_calloc(a, strlen(escaped) + 1, 4);
	char *end = text;

	for (; *escaped; escaped++) {
		if ((uint8_t)*escaped < 0x80)
			*end++ = *escaped;
		else
			end = put_hex(end, "\\x", (uint8_t)*escaped);
	}
	*end = 0;
	return text;
}

int escape_undo_record(struct arena *a, const char *text, size_t n, char **bytes,
		       size_t *bytes_n)
{
	char *out = arena_alloc(a, n + 1);
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		int high, low;

		if (text[i] != '%') {
			out[used++] = text[i];
			continue;
		}
		if (n - i < 3)
			return -EINVAL;
		high = hex_value(text[i + 1]);
		low = hex_value(text[i + 2]);
		if (high < 0 || low < 0)
			return -EINVAL;
		out[used++] = (char)(high << 4 | low);
		i += 2;
	}
	out[used] = 0;
	*bytes = out;
	*bytes_n = used;
	return 0;
}

/* A character of 4 bytes with its marks, and something to spare; a bound, because texts
 * can be as long as a command line. */
#define UNIT_MAX (4 + 4 * MARKS_MAX + 4)

/* Bytes of the next thing that must not be cut apart: a character with its marks, or one
 * \xHH.  *cells is what it takes. */
static size_t unit_next(const char *at, size_t *cells)
{
	size_t left = strnlen(at, UNIT_MAX), length, total;
	uint32_t code;
	int width;

	if (at[0] == '\\' && at[1] == 'x' && hex_value(at[2]) >= 0 &&
	    hex_value(at[3]) >= 0) {
		*cells = 4;
		return 4;
	}
	total = unicode_decode(at, left, &code);
	if (!total) {	/* not from escape(): count it as the one cell of a U+FFFD */
		*cells = 1;
		return 1;
	}
	width = unicode_cells(code);
	*cells = width > 0 ? (size_t)width : 0;
	while (total < left &&
	       (length = unicode_decode(at + total, left - total, &code)) &&
	       !unicode_cells(code))
		total += length;
	return total;
}

size_t escape_cells(const char *escaped)
{
	size_t cells = 0, unit;

	while (*escaped) {
		escaped += unit_next(escaped, &unit);
		cells += unit;
	}
	return cells;
}

size_t escape_fit(const char *escaped, size_t cells)
{
	size_t used = 0, unit, bytes = 0;

	while (escaped[bytes]) {
		size_t length = unit_next(escaped + bytes, &unit);

		if (used + unit > cells)
			break;
		used += unit;
		bytes += length;
	}
	return bytes;
}

char *escape_cut(struct arena *a, const char *escaped, size_t cells, int ascii)
{
	const char *dots = ascii ? "..." : "\xe2\x80\xa6";
	size_t dots_cells = ascii ? 3 : 1;
	size_t fits = escape_fit(escaped, cells);

	if (!escaped[fits])
		return arena_strdup(a, escaped);
	if (cells < dots_cells)
		return arena_bytes(a, escaped, fits);
	fits = escape_fit(escaped, cells - dots_cells);
	return arena_printf(a, "%.*s%s", (int)fits, escaped, dots);
}
