/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and look-ups of a family; family/ builds it. */
#include "model/family.h"

const char *confidence_name(enum confidence c)
{
	static const char *const names[] = {
		[CONF_NONE] = "none", [CONF_WEAK] = "weak",
		[CONF_STRONG] = "strong", [CONF_EXACT] = "exact",
	};
	return names[c];
}

const char *evidence_name(enum evidence_type t)
{
	static const char *const names[EV_N] = {
		[EV_PPID] = "ppid", [EV_SESSION] = "session", [EV_PGRP] = "pgrp",
		[EV_COOKIE] = "cookie", [EV_ENVIRON] = "environ", [EV_CGROUP] = "cgroup",
		[EV_UNIT] = "unit", [EV_NAMESPACE] = "namespace", [EV_PIPE] = "pipe",
		[EV_SOCKET] = "socket", [EV_SAME_FILE] = "same-file", [EV_LAYOUT] = "layout",
		[EV_STDIO] = "stdio", [EV_CWD] = "cwd", [EV_EXE] = "exe",
		[EV_ABANDONED] = "abandoned", [EV_ADOPTED] = "adopted",
	};
	return names[t];
}

const char *relation_name(enum relation r)
{
	static const char *const names[] = {
		[REL_TARGET] = "target", [REL_DESCENDANT] = "descendant",
		[REL_ORPHAN] = "orphan", [REL_ORPHAN_DESCENDANT] = "orphan-descendant",
		[REL_POSSIBLE] = "possible",
	};
	return names[r];
}

void family_index(struct family *f, const struct snapshot *s, struct arena *a)
{
	uint32_t *places = arena_calloc(a, s->process_n + 1, sizeof(*places));

	for (size_t i = f->member_n; i > 0; i--)
		places[f->members[i - 1].process - s->processes] = (uint32_t)i;
	f->places = places;
	f->first_process = s->processes;
	f->place_n = s->process_n;
}

const struct member *family_find(const struct family *f, const struct process *p)
{
	if (f->places && p >= f->first_process && p < f->first_process + f->place_n) {
		uint32_t place = f->places[p - f->first_process];

		return place ? &f->members[place - 1] : NULL;
	}
	for (size_t i = 0; i < f->member_n; i++)
		if (f->members[i].process == p)
			return &f->members[i];
	return NULL;
}

const struct reaper *family_reaper(const struct family *f, pid_t pid)
{
	size_t low = 0, high = f->reaper_n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		pid_t there = f->reapers[middle].process->id.pid;

		if (there == pid)
			return &f->reapers[middle];
		if (there < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
