/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reports of many machines: read back from their JSON, and shown as one table. */
#pragma once

#include <stdio.h>

#include "model/fleet.h"
#include "view/views.h"

/* A report is some kB; this is a machine with a million findings. */
#define FLEET_FILE_MOST (256U << 20)

/* Reads what `scan --json` has printed: a report, an array of them, or several documents
 * one behind the other.  What could not be read becomes a fault of the fleet, what came
 * before it stays. */
void fleet_read(struct fleet *f, const char *name, FILE *in);

/* Both return 0 or -EIO. */
int fleet_text(const struct fleet *f, const struct view_options *o, FILE *out);
int fleet_json(const struct fleet *f, const struct view_options *o, FILE *out);
