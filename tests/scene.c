/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From text to a verdict, as cmd/ does it, but for the reading.
 */
#include "scene.h"

#include <stdlib.h>
#include <string.h>

#include "detect/detectors.h"
#include "family/kinship.h"
#include "harness.h"
#include "source/record.h"

static const char usual_machine[] =
	"machine hz=100 now=1000000000000 sched_now=1000000000000 "
				    "pid1=1 self=0\n";

static struct snapshot *read_lines(const char *lines)
{
	const char *machine = strstr(lines, "machine ") ? "" : usual_machine;
	size_t n = strlen(lines) + strlen(machine) + 64;
	struct record_error e = { 0, NULL };
	struct snapshot *s = NULL;
	char *text = malloc(n);

	ck_assert_ptr_nonnull(text);
	snprintf(text, n, "leakscan record 1\n%s%s%send\n", machine, lines,
		 *lines && lines[strlen(lines) - 1] != '\n' ? "\n" : "");
	if (record_read(text, strlen(text), &s, &e))
		ck_abort_msg("line %u: %s in:\n%s", e.line, e.why, text);
	free(text);
	return s;
}

/* Most situations were looked at twice and did not change: only where a look before is
 * written is it another one. */
static void look_twice(struct snapshot *s)
{
	for (size_t i = 0; i < s->process_n; i++) {
		struct process *p = &s->processes[i];

		if (p->before.at_ns || p->gone || !strcmp(p->comm, "once"))
			continue;
		p->now.at_ns = s->now_ns;
		p->before = p->now;
		p->before.at_ns = s->now_ns - UINT64_C(500000000);
	}
}

struct scene_fixture *scene_of(const char *record_lines, enum target_kind kind, pid_t pid,
			       const char *cgroup, const struct policy *policy)
{
	struct scene_fixture *f = calloc(1, sizeof(*f));
	struct scene scene;
	struct report *r;

	ck_assert_ptr_nonnull(f);
	f->snapshot = read_lines(record_lines);
	look_twice(f->snapshot);
	f->policy = policy ? *policy : policy_default();
	f->target = (struct target){ .kind = kind, .pid = pid, .cgroup = cgroup,
				     .selector = "test" };
	f->target.process = pid ? snapshot_find(f->snapshot, pid) : NULL;
	r = f->report = report_new(f->snapshot);
	r->target = &f->target;
	f->machine = kinship_machine(f->snapshot, &f->target, r->arena);
	family_build(f->snapshot, &f->target, r->arena, &r->family);
	family_blindness(r);
	scene = (struct scene){ f->snapshot, &r->family, &f->policy,
				holders_build(r->arena, f->snapshot) };
	detect_all(&scene, &r->findings);
	return f;
}

struct scene_fixture *scene_from(const char *record_lines, pid_t target)
{
	return scene_of(record_lines, TARGET_PID, target, NULL, NULL);
}

void scene_free(struct scene_fixture *f)
{
	report_free(f->report);
	snapshot_free(f->snapshot);
	free(f);
}

const struct member *scene_member(const struct scene_fixture *f, pid_t pid)
{
	const struct member *found = NULL;

	for (size_t i = 0; i < f->report->family.member_n; i++)
		if (f->report->family.members[i].process->id.pid == pid) {
			ck_assert_msg(!found, "%d is a member twice", pid);
			found = &f->report->family.members[i];
		}
	return found;
}

const struct finding *scene_finding(const struct scene_fixture *f, enum kind kind, pid_t
				    pid)
{
	for (size_t i = 0; i < f->report->findings.n; i++) {
		const struct finding *found = &f->report->findings.list[i];

		if (found->kind == kind && found->subject->id.pid == pid)
			return found;
	}
	return NULL;
}

const struct evidence *scene_evidence(const struct scene_fixture *f, pid_t pid,
				      enum evidence_type type)
{
	const struct member *m = scene_member(f, pid);

	for (size_t i = 0; m && i < m->evidence_n; i++)
		if (m->evidence[i].type == type)
			return &m->evidence[i];
	return NULL;
}

void scene_is_orphan(const struct scene_fixture *f, pid_t pid, enum evidence_type type,
		     enum confidence confidence)
{
	const struct member *m = scene_member(f, pid);
	const struct evidence *e = scene_evidence(f, pid, type);

	ck_assert_msg(m, "%d does not belong to the target", pid);
	ck_assert_msg(m->relation == REL_ORPHAN, "%d is %s", pid,
		      relation_name(m->relation));
	ck_assert_msg(e, "%d: no evidence of %s, but %s: %s", pid, evidence_name(type),
		      evidence_name(m->evidence[0].type), m->evidence[0].detail);
	ck_assert_str_eq(confidence_name(e->strength), confidence_name(confidence));
	ck_assert_int_ge(m->confidence, confidence);
}

static void nothing_bad(const struct scene_fixture *f, pid_t pid)
{
	for (size_t i = 0; i < f->report->findings.n; i++) {
		const struct finding *found = &f->report->findings.list[i];

		if (found->subject->id.pid == pid && found->severity >= SEV_WARNING)
			ck_abort_msg("%d is accused: %s %s; %s", pid,
				     severity_name(found->severity), found->message,
				     found->evidence_n ? found->evidence[0].detail : "");
	}
}

void scene_not_accused(const struct scene_fixture *f, pid_t pid)
{
	const struct member *m = scene_member(f, pid);

	nothing_bad(f, pid);
	if (m && m->relation != REL_POSSIBLE)
		ck_abort_msg("%d is taken for %s: %s", pid, relation_name(m->relation),
			     m->evidence_n ? m->evidence[0].detail : "");
	if (m)
		ck_assert_int_eq(m->confidence, CONF_WEAK);
}

void scene_only_info(const struct scene_fixture *f, pid_t pid)
{
	const struct member *m = scene_member(f, pid);

	ck_assert_msg(m && m->relation == REL_ORPHAN, "%d is no orphan", pid);
	nothing_bad(f, pid);
}

void scene_has_severity(const struct scene_fixture *f, enum kind kind, pid_t pid,
			enum severity severity)
{
	const struct finding *found = scene_finding(f, kind, pid);

	ck_assert_msg(found, "no %s about %d", kind_info(kind)->name, pid);
	ck_assert_msg(found->severity == severity, "%s, not %s: %s",
		      severity_name(found->severity), severity_name(severity),
		      found->message);
}

void scene_says(const struct scene_fixture *f, enum kind kind, pid_t pid, const char
		*part)
{
	const struct finding *found = scene_finding(f, kind, pid);

	ck_assert_msg(found, "no %s about %d", kind_info(kind)->name, pid);
	ck_assert_msg(strstr(found->message, part), "\"%s\" is not in \"%s\"", part,
		      found->message);
}

void expect_orphan(const char *lines, pid_t target, pid_t pid, enum evidence_type type,
		   enum confidence confidence)
{
	struct scene_fixture *f = scene_from(lines, target);

	scene_is_orphan(f, pid, type, confidence);
	scene_free(f);
}

void expect_innocent(const char *lines, pid_t target, pid_t pid)
{
	struct scene_fixture *f = scene_from(lines, target);

	scene_not_accused(f, pid);
	scene_free(f);
}

void expect_only_info(const char *lines, pid_t target, pid_t pid)
{
	struct scene_fixture *f = scene_from(lines, target);

	scene_only_info(f, pid);
	scene_free(f);
}
