/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One row of a table on pipes, judged. */
#include "pipe_lines.h"

#include <string.h>

#include "harness.h"

static void check(const struct pipe_row *row, enum kind kind, struct scene_fixture *f)
{
	const struct finding *found = NULL;

	for (size_t i = 0; i < f->report->findings.n; i++) {
		const struct finding *one = &f->report->findings.list[i];

		if (one->kind != kind)
			continue;
		ck_assert_msg(!found, "%s: two findings: %s; %s", row->name,
			      found ? found->message : "", one->message);
		found = one;
	}
	ck_assert_msg(found || row->severity < 0, "%s: nothing found", row->name);
	ck_assert_msg(!found || row->severity >= 0, "%s: %s", row->name,
		      found ? found->message : "");
	if (found) {
		ck_assert_msg((int)found->severity == row->severity, "%s: %s: %s", row->name,
			      severity_name(found->severity), found->message);
		ck_assert_msg(found->subject->id.pid == row->subject, "%s: %d", row->name,
			      found->subject->id.pid);
		ck_assert_msg((found->culprit ? found->culprit->id.pid : 0) == row->culprit,
			      "%s: %s", row->name, found->message);
		ck_assert_msg(found->fd == row->fd, "%s: fd %d", row->name, found->fd);
		ck_assert_msg(!row->says || strstr(found->message, row->says), "%s: %s",
			      row->name, found->message);
		ck_assert(found->pipe && found->pipe->name && *found->advice);
	}
	scene_free(f);
}

void pipe_row_check(const struct pipe_row *row, enum kind kind)
{
	check(row, kind, scene_from(row->lines, 200));
}

void pipe_row_check_all(const struct pipe_row *row, enum kind kind)
{
	check(row, kind, scene_of(row->lines, TARGET_ALL, 0, NULL, NULL));
}
