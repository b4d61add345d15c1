/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of detectors. */
#include "detect/detectors.h"

#include "base/text.h"

static void (*const detectors[])(const struct scene *scene, struct findings *out) = {
	detect_orphan,
	detect_zombie,
	detect_dead_leader,
	detect_child_growth,
	detect_fd_growth,
	detect_fd_limit,
	detect_fd_multiplicity,
	detect_fd_deleted,
	detect_close_wait,
	detect_inherited_fd,
	detect_pidfd_stale,
	detect_pipe_stuck_writer,
	detect_pipe_no_eof,
	detect_pipe_peerless,
};

void detect_all(const struct scene *scene, struct findings *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(detectors); i++)
		detectors[i](scene, out);
	findings_sort(out);
}
