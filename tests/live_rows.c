/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a row to scans of the real program.  Whether a thread blocks shows only in the
 * kernel, some time after mkleak has said that it is about to: so a leak is looked for
 * until it is there, and what is healthy has to stay so in several looks.
 */
#include "live_rows.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

/* Reports are cut to 3000 bytes: Check can pass on no long messages. */
enum { PATIENCE_S = 60, HEALTHY_LOOKS = 3, LOOK_AGAIN_US = 200000 };

static const char *subject_role(const struct live_row *row)
{
	return row->role ? row->role : "target";
}

static pid_t pid_of(json_t *finding, const char *whom)
{
	return (pid_t)json_integer_value(
		json_object_get(json_object_get(finding, whom), "pid"));
}

void live_row_accusations(const struct live_row *row, const struct situation *s,
			  json_t *findings, const char *out)
{
	size_t i;
	json_t *f;

	json_array_foreach(findings, i, f)
	{
		pid_t pid = pid_of(f, "subject");
		bool own = row->finding && !strcmp(words_of(f, "kind"), row->finding) &&
			situation_has(s, subject_role(row), pid);
		bool orphan = !strcmp(words_of(f, "kind"), "orphan") &&
			situation_has(s, "orphan", pid);

		ck_assert_msg(!finding_is_leak(f) || own || orphan, "%s: %s accuses %d: %.3000s",
			      row->kind, words_of(f, "kind"), pid, out);
	}
}

static void found_check(const struct live_row *row, const struct situation *s,
			json_t *f, const char *out)
{
	ck_assert_msg(row->info || finding_is_leak(f), "%s is information only: %.3000s",
		      row->finding, out);
	if (row->culprit)
		ck_assert_msg(pid_of(f, "culprit") == situation_made(s, row->culprit, 0)->pid,
			      "%s is not the culprit: %.3000s", row->culprit, out);
	for (size_t i = 0; row->fds && i < s->fd_n; i++)
		ck_assert_msg(finding_has_fd(f, s->fds[i]), "not about descriptor %d: %.3000s",
			      s->fds[i], out);
	ck_assert_str_ne(words_of(f, "message"), "");
}

static void look(const struct live_row *row, const struct situation *s, struct scan *r,
		 uid_t uid)
{
	const struct scan_how how = { .uid = uid };

	scan_pid(r, &how, situation_made(s, "target", 0)->pid);
	ck_assert_msg(r->report != NULL, "no JSON; stderr: %s", r->err);
	live_row_accusations(row, s, json_object_get(r->report, "findings"), r->out);
}

void live_row_check(const struct live_row *row, uid_t uid)
{
	double begun = now_seconds();
	struct situation s;
	struct scan r;
	json_t *f = NULL;

	situation_start_as(&s, row->kind, uid);
	for (int n = 0;; n++) {
		look(row, &s, &r, uid);
		if (row->finding)
			f = finding_of(&r, row->finding,
				       situation_made(&s, subject_role(row), 0)->pid);
		if (f && (row->info || finding_is_leak(f)))
			break;
		if (row->finding ? now_seconds() - begun > PATIENCE_S
				 : n + 1 == HEALTHY_LOOKS)
			break;
		scan_free(&r);
		usleep(LOOK_AGAIN_US);
	}
	if (row->finding) {
		ck_assert_msg(f != NULL, "no %s: %.3000s", row->finding, r.out);
		found_check(row, &s, f, r.out);
	}
	scan_free(&r);
	situation_end(&s);
}

void live_row_check_blind(const struct live_row *row)
{
	struct situation s;
	struct scan r;

	situation_start(&s, row->kind);
	for (int n = 0; n < HEALTHY_LOOKS; n++) {
		look(row, &s, &r, NOBODY);
		scan_free(&r);
		usleep(LOOK_AGAIN_US);
	}
	situation_end(&s);
}
