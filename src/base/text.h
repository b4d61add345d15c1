/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers out of bytes, and figures for people.  Everything that comes from /proc, from a
 * record or from the command line passes here: bounded, no locale, no silent wrap.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A view of bytes that need not end in NUL. */
struct text { const char *at; size_t n; };

struct text text_of(const char *nul_terminated);
bool text_is(struct text t, const char *word);
bool text_starts(struct text t, const char *prefix);
struct text text_trim(struct text t);			/* blanks and tabs at both ends */
/* Cuts the next line (without its newline) off *rest; false when nothing is left. */
bool text_line(struct text *rest, struct text *line);
/* Cuts the next blank-separated word off *rest; false when only blanks are left. */
bool text_word(struct text *rest, struct text *word);

/* The whole of t is one number: no sign for the unsigned, no blanks, no rest.
 * 0, -EINVAL (no number, or something behind it) or -ERANGE; *out untouched on failure. */
int text_u64(struct text t, uint64_t *out);
int text_i64(struct text t, int64_t *out);
int text_hex64(struct text t, uint64_t *out);		/* no 0x */
int text_octal64(struct text t, uint64_t *out);

/* A pid from a person: 1 to 2^22 (the kernel's PID_MAX_LIMIT).  -EINVAL, -ERANGE. */
int text_pid(struct text t, int *out);
/* "250ms", "10s", "5m", "2h", "1d", "1.5s", or seconds without a unit, into ns. */
int text_duration_ns(struct text t, uint64_t *out);

/* For people.  Both return buf.  "850 ms", "12 s", "2m 03s", "3h 12m", "5d 04h" */
char *text_age(uint64_t ns, char *buf, size_t size);
char *text_bytes(uint64_t bytes, char *buf, size_t size);	/* "12.4 MB" (decimal units) */
