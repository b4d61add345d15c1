/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sanitiser: hostile texts by hand, then the properties that every text must keep, on
 * random bytes from a fixed seed.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/escape.h"
#include "base/text.h"
#include "base/unicode.h"
#include "harness.h"

#define ROUNDS 200000
#define NAME_MAX_BYTES 48
#define MARKS_UNSET 99

static struct arena *arena;

static void start(void)
{
	arena = arena_new(0);
}

static void stop(void)
{
	arena_free(arena);
}

struct example { const char *raw, *terminal, *plain, *json, *record; };

static const struct example examples[] = {
	{"", "", "", "", ""},
	{"ffmpeg -i x", "ffmpeg -i x", "ffmpeg -i x", "ffmpeg -i x", "ffmpeg%20-i%20x"},
	{"a\x1b[2Jb", "a\\x1b[2Jb", "a\\x1b[2Jb", "a\x1b[2Jb", "a%1b[2Jb"},
	{"a\nb\r\t", "a\\x0ab\\x0d\\x09", "a\\nb\\x0d\\x09", "a\nb\r\t", "a%0ab%0d%09"},
	{"a\\n", "a\\n", "a\\\\n", "a\\n", "a\\n"},
	{"100%|", "100%|", "100%|", "100%|", "100%25|"},
	/* C1 as UTF-8: U+009B is CSI to some terminals */
	{"\xc2\x9b"
	 "2J",
	 "\\xc2\\x9b2J", "\\xc2\\x9b2J",
	 "\xc2\x9b"
	 "2J",
	 "%c2%9b2J"},
	/* the right-to-left override */
	{"a\xe2\x80\xaegpj", "a\\xe2\\x80\\xaegpj", "a\\xe2\\x80\\xaegpj",
	 "a\xe2\x80\xaegpj", "a%e2%80%aegpj"},
	{"\xff\xfe", "\\xff\\xfe", "\\xff\\xfe", "\xef\xbf\xbd\xef\xbf\xbd", "%ff%fe"},
	/* overlong '/', a surrogate, above U+10FFFF, cut off */
	{"\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf", "\xef\xbf\xbd\xef\xbf\xbd", "%c0%af"},
	{"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80",
	 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "%ed%a0%80"},
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80",
	 "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", "%f4%90%80%80"},
	{"\xe2\x82", "\\xe2\\x82", "\\xe2\\x82", "\xef\xbf\xbd\xef\xbf\xbd", "%e2%82"},
	{"\xc3\xa9\xe6\x97\xa5", "\xc3\xa9\xe6\x97\xa5", "\xc3\xa9\xe6\x97\xa5",
	 "\xc3\xa9\xe6\x97\xa5", "%c3%a9%e6%97%a5"},
	/* a mark with nothing to stand on, and a third one */
	{"\xcc\x81"
	 "e",
	 "\\xcc\\x81e", "\\xcc\\x81e",
	 "\xcc\x81"
	 "e",
	 "%cc%81e"},
	{"e\xcc\x81\xcc\x81\xcc\x81", "e\xcc\x81\xcc\x81\\xcc\\x81",
	 "e\xcc\x81\xcc\x81\\xcc\\x81", "e\xcc\x81\xcc\x81\xcc\x81",
	 "e%cc%81%cc%81%cc%81"},
	/* zero width space, soft hyphen, byte order mark, private use, tag */
	{"\xe2\x80\x8b\xc2\xad\xef\xbb\xbf\xee\x80\x80\xf3\xa0\x80\x81",
	 "\\xe2\\x80\\x8b\\xc2\\xad\\xef\\xbb\\xbf\\xee\\x80\\x80\\xf3\\xa0\\x80\\x81",
	 "\\xe2\\x80\\x8b\\xc2\\xad\\xef\\xbb\\xbf\\xee\\x80\\x80\\xf3\\xa0\\x80\\x81",
	 "\xe2\x80\x8b\xc2\xad\xef\xbb\xbf\xee\x80\x80\xf3\xa0\x80\x81",
	 "%e2%80%8b%c2%ad%ef%bb%bf%ee%80%80%f3%a0%80%81"},
};

START_TEST(hostile_texts)
{
	const struct example *e = &examples[_i];

	ck_assert_str_eq(escape_text(arena, SINK_TERMINAL, e->raw), e->terminal);
	ck_assert_str_eq(escape_text(arena, SINK_PLAIN, e->raw), e->plain);
	ck_assert_str_eq(escape_text(arena, SINK_JSON, e->raw), e->json);
	ck_assert_str_eq(escape_text(arena, SINK_RECORD, e->raw), e->record);
}
END_TEST

START_TEST(plugin_output)
{
	ck_assert_str_eq(escape_text(arena, SINK_NAGIOS, "ffmpeg -i x=1;2,(a)"),
			 "ffmpeg -i x=1;2,(a)");
	ck_assert_str_eq(escape_text(arena, SINK_NAGIOS, "a|b=9\n\x1b[2J"), "a%7cb=9%0a%1b[2J");
	ck_assert_str_eq(escape_text(arena, SINK_NAGIOS, "'\"\\`$&<>~%"),
			 "%27%22%5c%60%24%26%3c%3e%7e%25");
	ck_assert_str_eq(escape_text(arena, SINK_NAGIOS, "\xc3\xa9\xff"), "%c3%a9%ff");
	ck_assert_str_eq(escape(arena, SINK_NAGIOS, "a\0b", 3), "a%00b");
}
END_TEST

START_TEST(nul_bytes_are_data)
{
	ck_assert_str_eq(escape(arena, SINK_TERMINAL, "a\0b", 3), "a\\x00b");
	ck_assert_str_eq(escape(arena, SINK_JSON, "a\0b", 3), "a\xef\xbf\xbd" "b");
	ck_assert_str_eq(escape(arena, SINK_RECORD, "a\0b", 3), "a%00b");
	ck_assert_str_eq(escape(arena, SINK_LABEL, "a\0\"b\n\\|=\xff", 9),
			 "a\\\\x00\\\"b\\\\x0a\\\\|=\\\\xff");
	ck_assert_str_eq(escape_text(arena, SINK_PLAIN, NULL), "");
}
END_TEST

START_TEST(cells_of_a_character)
{
	ck_assert_int_eq(unicode_cells('a'), 1);
	ck_assert_int_eq(unicode_cells(0x65e5), 2);	/* han */
	ck_assert_int_eq(unicode_cells(0xac00), 2);	/* hangul */
	ck_assert_int_eq(unicode_cells(0x1f600), 2);	/* emoji */
	ck_assert_int_eq(unicode_cells(0xff21), 2);	/* fullwidth A */
	ck_assert_int_eq(unicode_cells(0xff71), 1);	/* halfwidth kana */
	ck_assert_int_eq(unicode_cells(0x301), 0);
	ck_assert_int_eq(unicode_cells(0x2026), 1);
	ck_assert_int_eq(unicode_cells(0x2500), 1);
	for (uint32_t c = 0; c <= 0x10ffff; c++)
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
		    c == 0x115f || c == 0x1160 || (c >= 0x200b && c <= 0x200f) ||
		    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
		    c == 0x3164 || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
		    (c >= 0xe0000 && c <= 0xe0fff) || (c >= 0xe000 && c <= 0xf8ff) ||
		    (c & 0xfffe) == 0xfffe || c >= 0xf0000)
			ck_assert_msg(unicode_cells(c) == -1, "U+%04X", c);
}
END_TEST

START_TEST(cuts)
{
	const char *wide = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e";

	ck_assert_uint_eq(escape_cells(wide), 6);
	ck_assert_str_eq(escape_cut(arena, wide, 6, 0), wide);
	ck_assert_str_eq(escape_cut(arena, wide, 5, 0),
			 "\xe6\x97\xa5\xe6\x9c\xac\xe2\x80\xa6");
	ck_assert_str_eq(escape_cut(arena, wide, 4, 0), "\xe6\x97\xa5\xe2\x80\xa6");
	ck_assert_str_eq(escape_cut(arena, wide, 5, 1), "\xe6\x97\xa5...");
	ck_assert_str_eq(escape_cut(arena, "abcdef", 2, 1), "ab");
	ck_assert_str_eq(escape_cut(arena, "abcdef", 0, 0), "");
	ck_assert_str_eq(escape_cut(arena, "ab\\x1bcd", 5, 0), "ab\xe2\x80\xa6");
	/* marks stay with their character */
	ck_assert_str_eq(escape_cut(arena, "e\xcc\x81xyz", 2, 0),
			 "e\xcc\x81\xe2\x80\xa6");
	ck_assert_uint_eq(escape_fit("\xe6\x97\xa5x", 1), 0);
	ck_assert_str_eq(escape_ascii(arena, "x\xc3\xa9"), "x\\xc3\\xa9");
}
END_TEST

START_TEST(bad_records)
{
	static const char *const bad[] = {"%", "a%1", "%g0", "%0g", "%%41", "%\xff\xff"};
	char *bytes = (char *)1;
	size_t n = 7;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(
			escape_undo_record(arena, bad[i], strlen(bad[i]), &bytes, &n),
			-EINVAL);
	ck_assert_ptr_eq(bytes, (char *)1);
	ck_assert_uint_eq(n, 7);
	ck_assert_int_eq(escape_undo_record(arena, "%4A%4a", 6, &bytes, &n), 0);
	ck_assert_str_eq(bytes, "JJ");
}
END_TEST

/* A small generator of our own: the same bytes on every libc. */
static uint32_t random_next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

/* Random bytes, mixed with characters and pieces that are likely to matter. */
static size_t random_name(uint64_t *seed, char *name)
{
	static const char *const pieces[] = {
		"\x1b[",
		"\\",
		"\\x41",
		"\n",
		"%",
		"%41",
		"\xe2\x80\xae",
		"\xe2\x80\xa8",
		"\xcc\x81",
		"\xe6\x97\xa5",
		"\xf0\x9f\x98\x80",
		"\xc2\x9b",
		"\xed\xa0\x80",
		"\xef\xbf\xbd",
		"e",
		"\xf4\x8f\xbf\xbf",
		"\xef\xb8\x8f",
		"\"",
		"|",
		" ",
	};
	size_t n = 0, wanted = random_next(seed) % (NAME_MAX_BYTES - 4);

	while (n < wanted) {
		if (random_next(seed) % 2) {
			name[n++] = (char)random_next(seed);
		} else {
			const char *piece =
				pieces[random_next(seed) % ARRAY_SIZE(pieces)];

			memcpy(name + n, piece, strlen(piece));
			n += strlen(piece);
		}
	}
	return n;
}

/* Check notes the place of each of its assertions in a file: too slow for millions. */
static void must(bool ok, int line)
{
	if (!ok)
		ck_abort_msg("line %d does not hold", line);
}

/* Nothing but safe characters; and their cells. */
static size_t check_shown(const char *text)
{
	size_t left = strlen(text), cells = 0;
	unsigned marks = MARKS_UNSET;

	while (left) {
		uint32_t code;
		size_t length = unicode_decode(text, left, &code);

		must(length > 0, __LINE__);
		must(unicode_cells(code) >= 0, __LINE__);
		if (unicode_cells(code)) {
			marks = 0;
		} else {
			must(marks != MARKS_UNSET, __LINE__);
			must(marks < 2, __LINE__);
			marks++;
		}
		cells += (size_t)unicode_cells(code);
		text += length;
		left -= length;
	}
	return cells;
}

static int digit(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

static size_t undo_plain(const char *text, char *out)
{
	size_t n = 0;

	while (*text) {
		if (*text != '\\') {
			out[n++] = *text++;
		} else if (text[1] == '\\') {
			out[n++] = '\\';
			text += 2;
		} else if (text[1] == 'n') {
			out[n++] = '\n';
			text += 2;
		} else {
			must(text[1] == 'x', __LINE__);
			out[n++] = (char)(digit(text[2]) << 4 | digit(text[3]));
			text += 4;
		}
	}
	return n;
}

static void check_name(const char *name, size_t n)
{
	char *shown = escape(arena, SINK_TERMINAL, name, n), *cut, *bytes;
	char undone[NAME_MAX_BYTES];
	size_t cells = check_shown(shown), bytes_n;

	must(escape_cells(shown) == cells, __LINE__);
	for (size_t room = 0; room < 12; room += 3) {
		cut = escape_cut(arena, shown, room, room == 6);
		must(check_shown(cut) <= room, __LINE__);
	}

	shown = escape(arena, SINK_PLAIN, name, n);
	check_shown(shown);
	must(undo_plain(shown, undone) == n, __LINE__);
	must(!memcmp(undone, name, n), __LINE__);

	shown = escape(arena, SINK_RECORD, name, n);
	for (const char *c = shown; *c; c++)
		must(*c > ' ' && *c < 0x7f, __LINE__);
	must(escape_undo_record(arena, shown, strlen(shown), &bytes, &bytes_n) == 0,
	     __LINE__);
	must(bytes_n == n, __LINE__);
	must(!memcmp(bytes, name, n), __LINE__);

	shown = escape(arena, SINK_JSON, name, n);
	for (size_t left = strlen(shown); left;) {
		uint32_t code;
		size_t length = unicode_decode(shown, left, &code);

		must(length > 0, __LINE__);
		shown += length;
		left -= length;
	}
}

START_TEST(random_texts)
{
	uint64_t seed = 20240229;
	char name[NAME_MAX_BYTES];

	for (unsigned i = 0; i < ROUNDS; i++) {
		check_name(name, random_name(&seed, name));
		if (arena_used(arena) > 1 << 20) {
			stop();
			start();
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/escape");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_set_timeout(tests, 300);
	tcase_add_loop_test(tests, hostile_texts, 0, ARRAY_SIZE(examples));
	tcase_add_test(tests, plugin_output);
	tcase_add_test(tests, nul_bytes_are_data);
	tcase_add_test(tests, cells_of_a_character);
	tcase_add_test(tests, cuts);
	tcase_add_test(tests, bad_records);
	tcase_add_test(tests, random_texts);
	suite_add_tcase(suite, tests);
	return harness_main(suite);
}
