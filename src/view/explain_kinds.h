/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The texts, one file a kind. Adding one: 4 things to do: its file explain_KIND.c, its
 * line here, its line in the table of explain.c, its files in src/local.mk.
 */
#pragma once

#include "view/explain.h"

extern const struct explanation explain_orphan;
extern const struct explanation explain_zombie;
extern const struct explanation explain_dead_leader;
extern const struct explanation explain_child_growth;
extern const struct explanation explain_fd_growth;
extern const struct explanation explain_fd_limit;
extern const struct explanation explain_fd_multiplicity;
extern const struct explanation explain_fd_deleted;
extern const struct explanation explain_close_wait;
extern const struct explanation explain_inherited_fd;
extern const struct explanation explain_pidfd_stale;
extern const struct explanation explain_pipe_stuck_writer;
extern const struct explanation explain_pipe_no_eof;
extern const struct explanation explain_pipe_peerless;
