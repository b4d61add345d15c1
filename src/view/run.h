/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `leakscan run` has to say, for people and for the machines that run builds.
 * All return 0 or -EIO.
 */
#pragma once

#include "model/run.h"
#include "view/views.h"

/* Nothing at all when there is nothing to complain about and o->verbose is 0. */
int view_run_text(const struct run_report *r, const struct view_options *o, FILE *out);
/* doc/leakscan.run.schema.json */
int view_run_json(const struct run_report *r, const struct view_options *o, FILE *out);
/* JUnit's XML: one test case, "leaves nothing behind". */
int view_run_junit(const struct run_report *r, FILE *out);
/* Workflow commands of GitHub Actions, and a table for its step summary. */
int view_run_annotations(const struct run_report *r, FILE *out);
int view_run_summary(const struct run_report *r, FILE *out);

/* "ended by SIGTERM", "still running: ..."; raw process text. */
const char *view_run_fate(const struct run_report *r, const struct left *l, struct arena *a);
/* "orphaned while the command ran" */
const char *view_run_how(const struct left *l);
/* "exit 3", "killed by SIGSEGV", "did not start", "ran out of time" */
const char *view_run_end(const struct run_report *r, struct arena *a);
