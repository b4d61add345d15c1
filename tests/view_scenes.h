/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports made by hand for the views: one a situation, without family/ and detect/, so that
 * a golden changes only when a view does.
 */
#ifndef TESTS_VIEW_SCENES_H
#define TESTS_VIEW_SCENES_H

#include "model/report.h"

/* Makes the named report: "dead-orphan", "live-zombies", ...; see the table in the file.
 * NULL for an unknown name.  Free with scene_free(). */
struct report *scene_make(const char *name);
void scene_free(struct report *r);

/* Compares with tests/golden/NAME, or writes it when LEAKSCAN_UPDATE_GOLDEN is set; fails
 * the test when they differ.  text is n bytes. */
void golden_check(const char *name, const char *text, size_t n);

#endif
