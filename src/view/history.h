/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The past of a target: plots and a table for people, JSON and CSV for programs. */
#pragma once

#include "model/history.h"
#include "view/views.h"

/* All return 0 or -EIO (the stream failed). */
int history_text(const struct history *h, const struct view_options *o, FILE *out);
/* doc/leakscan.history.schema.json */
int history_json(const struct history *h, const struct view_options *o, FILE *out);
/* RFC 4180, times in UTC; what is not known is empty.  Fixed words and numbers only. */
int history_csv(const struct history *h, const struct view_options *o, FILE *out);

/* What is known at all. */
int history_targets_text(const struct history_target *list, size_t n, const struct view_options *o,
			 FILE *out);
int history_targets_json(const struct history_target *list, size_t n, const struct view_options *o,
			 FILE *out);
