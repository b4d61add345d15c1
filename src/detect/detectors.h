/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Detectors: pure functions from a scene to findings.
 * Adding one, four things to do: its kind in model/finding, its file here and its line in
 * detectors.c, its test in tests/test_detect_<name>.c on one-line snapshots, its
 * explanation in view/explain_<name>.c.
 */
#pragma once

#include "model/report.h"

void detect_orphan(const struct scene *scene, struct findings *out);
void detect_zombie(const struct scene *scene, struct findings *out);
void detect_dead_leader(const struct scene *scene, struct findings *out);
void detect_child_growth(const struct scene *scene, struct findings *out);
void detect_fd_growth(const struct scene *scene, struct findings *out);
void detect_fd_limit(const struct scene *scene, struct findings *out);
void detect_fd_multiplicity(const struct scene *scene, struct findings *out);
void detect_fd_deleted(const struct scene *scene, struct findings *out);
void detect_close_wait(const struct scene *scene, struct findings *out);
void detect_inherited_fd(const struct scene *scene, struct findings *out);
void detect_pidfd_stale(const struct scene *scene, struct findings *out);
void detect_pipe_stuck_writer(const struct scene *scene, struct findings *out);
void detect_pipe_no_eof(const struct scene *scene, struct findings *out);
void detect_pipe_peerless(const struct scene *scene, struct findings *out);

/* All of them, worst finding first. */
void detect_all(const struct scene *scene, struct findings *out);
