/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answers of `leakscan holders`, as a table for people and as a JSON document. */
#pragma once

#include <stdio.h>

#include "model/who.h"
#include "view/views.h"

/* Both return 0 or -EIO (the stream failed). */
int holders_text(const struct who_answer *w, const struct view_options *o, FILE *out);
int holders_json(const struct who_answer *w, const struct view_options *o, FILE *out);

/* "listening", "established", ... of enum tcp_state; NULL for what is none. */
const char *tcp_state_name(uint8_t state);
/* What a line is to the thing: "read", "write", "both", "listening", "connected", ... */
const char *who_mode_name(const struct who_line *line);
