/* SPDX-License-Identifier: GPL-2.0-or-later */
/* jansson refuses invalid UTF-8, and Linux does not promise any other: see SINK_JSON. */
#include "view/document.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"

json_t *doc_must(json_t *value)
{
	if (!value)
		abort();
	return value;
}

void doc_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, doc_must(value)))
		abort();
}

void doc_add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, doc_must(value)))
		abort();
}

json_t *doc_text(struct arena *a, const char *raw)
{
	return raw ? json_string(escape_text(a, SINK_JSON, raw)) : json_null();
}

json_t *doc_count_or_null(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

char *doc_time(struct arena *a, int64_t wall_s)
{
	time_t t = (time_t)wall_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || tm.tm_year + 1900 < 1970 || tm.tm_year + 1900 > 9999)
		return NULL;
	return arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
			    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

json_t *doc_when(struct arena *a, int64_t wall_s)
{
	const char *text = doc_time(a, wall_s);

	return text ? json_string(text) : json_null();
}

/* ASCII only: no line separator, bidi mark or C1 reaches whoever prints it raw. */
#define FLAGS (JSON_ENSURE_ASCII | JSON_REAL_PRECISION(12))

/* DEL is the one control that jansson writes as it is; it occurs only inside strings. */
static int write_piece(const char *bytes, size_t n, void *stream)
{
	while (n) {
		const char *del = memchr(bytes, 0x7f, n);
		size_t plain = del ? (size_t)(del - bytes) : n;

		if (fwrite(bytes, 1, plain, stream) != plain)
			return -1;
		bytes += plain;
		n -= plain;
		if (del) {
			if (fputs("\\u007f", stream) < 0)
				return -1;
			bytes++;
			n--;
		}
	}
	return 0;
}

int doc_write(json_t *root, FILE *out)
{
	bool failed = json_dump_callback(root, write_piece, out, JSON_INDENT(2) | FLAGS) ||
		      putc('\n', out) == EOF || fflush(out) || ferror(out);

	json_decref(root);
	return failed ? -EIO : 0;
}

char *doc_line(struct arena *a, json_t *root)
{
	char *bytes = NULL, *line;
	size_t n = 0;
	FILE *out = open_memstream(&bytes, &n);

	if (!out || json_dump_callback(root, write_piece, out, JSON_COMPACT | FLAGS) ||
	    putc('\n', out) == EOF || fclose(out))
		abort();
	line = arena_bytes(a, bytes, n);
	free(bytes);
	json_decref(root);
	return line;
}
