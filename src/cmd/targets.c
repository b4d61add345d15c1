/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pid may be dead: its session and group number still name it.  A name means the
 * uppermost of the processes that match, for their children are theirs anyway.
 */
#include "cmd/targets.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

uint32_t targets_need(const struct question *q)
{
	switch (q->kind) {
	case TARGET_NAME:
		return FACT_BIT(FACT_DETAILS);
	case TARGET_UNIT:
	case TARGET_CGROUP:
		return FACT_BIT(FACT_CGROUP);
	case TARGET_COOKIE:
		return FACT_BIT(FACT_LIMITS) | FACT_BIT(FACT_ENVIRON);
	case TARGET_PID:
	case TARGET_ALL:
		break;
	}
	return 0;
}

static struct target *add(struct snapshot *s, struct target **list, size_t *n, size_t *room,
			  enum target_kind kind)
{
	struct target *t = arena_push(s->arena, list, n, room, sizeof(*t));

	t->kind = kind;
	return t;
}

static int find_pids(const struct question *q, struct snapshot *s, struct target **list,
		     size_t *n, char *why, size_t why_size)
{
	size_t room = 0;

	for (size_t i = 0; i < q->pid_n; i++) {
		const struct process *p = snapshot_find(s, q->pids[i]);
		struct target *t;

		if (p && p->kernel_thread) {
			snprintf(why, why_size, "%d is a kernel thread, not an application", p->id.pid);
			return -EINVAL;
		}
		if (p && p->id.pid == s->self && !s->replayed) {
			snprintf(why, why_size, "%d is leakscan itself", p->id.pid);
			return -EINVAL;
		}
		t = add(s, list, n, &room, TARGET_PID);
		t->pid = q->pids[i];
		t->process = p;
		t->selector = arena_printf(s->arena, "pid=%d", t->pid);
	}
	return 0;
}

static bool ours(const struct snapshot *s, const struct process *p)
{
	const struct process *self = snapshot_find(s, s->self);

	for (unsigned depth = 0; self && depth < 4096; depth++) {
		if (self == p)
			return true;
		self = snapshot_parent(s, self);
	}
	return false;
}

static bool matches(const regex_t *regex, const struct process *p)
{
	return !p->kernel_thread && (!regexec(regex, p->comm, 0, NULL, 0) ||
				     (p->command && !regexec(regex, p->command, 0, NULL, 0)));
}

static bool below_a_match(const struct snapshot *s, const regex_t *regex, const struct process *p)
{
	p = snapshot_parent(s, p);
	for (unsigned depth = 0; p && depth < 4096; depth++) {
		if (matches(regex, p))
			return true;
		p = snapshot_parent(s, p);
	}
	return false;
}

static int find_names(const struct question *q, struct snapshot *s, struct target **list,
		      size_t *n, char *why, size_t why_size)
{
	size_t room = 0;
	regex_t regex;
	int err = regcomp(&regex, q->word, REG_EXTENDED | REG_NOSUB);

	if (err) {
		char text[128];

		regerror(err, &regex, text, sizeof(text));
		snprintf(why, why_size, "--name: not a regular expression: %s", text);
		return -EINVAL;
	}
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];
		struct target *t;

		if (ours(s, p) || !matches(&regex, p) || below_a_match(s, &regex, p))
			continue;
		t = add(s, list, n, &room, TARGET_NAME);
		t->pid = p->id.pid;
		t->process = p;
		t->selector = arena_printf(s->arena, "name=%s", q->word);
	}
	regfree(&regex);
	if (*n)
		return 0;
	snprintf(why, why_size, "no process matches that name (leakscan and what started it apart)");
	return -ENOENT;
}

/* The path up to the component that is the unit, of the first process that has one. */
static const char *unit_path(struct snapshot *s, const char *unit)
{
	size_t n = strlen(unit);

	for (size_t i = 0; i < s->process_n; i++) {
		const char *path = s->processes[i].cgroup;

		for (const char *at = path; at && (at = strstr(at, unit)); at++)
			if (at > path && at[-1] == '/' && (!at[n] || at[n] == '/'))
				return arena_bytes(s->arena, path, (size_t)(at - path) + n);
	}
	return NULL;
}

static const char *cgroup_path(struct snapshot *s, const char *word)
{
	const char *path = word;
	size_t n;

	if (!strncmp(path, CGROUP_ROOT "/unified/", strlen(CGROUP_ROOT "/unified/")))
		path += strlen(CGROUP_ROOT "/unified");
	else if (!strncmp(path, CGROUP_ROOT "/", strlen(CGROUP_ROOT "/")))
		path += strlen(CGROUP_ROOT);
	n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	path = arena_bytes(s->arena, path, n);
	for (size_t i = 0; i < s->process_n; i++) {
		const char *c = s->processes[i].cgroup;

		if (c && !strncmp(c, path, n) && (!c[n] || c[n] == '/' || n == 1))
			return path;
	}
	return NULL;
}

static int find_group(const struct question *q, struct snapshot *s, struct target **list,
		      size_t *n, char *why, size_t why_size)
{
	bool unit = q->kind == TARGET_UNIT;
	const char *word = q->word, *path;
	size_t room = 0;
	struct target *t;

	if (unit && !strchr(word, '.'))
		word = arena_printf(s->arena, "%s.service", word);
	path = unit ? unit_path(s, word) : cgroup_path(s, word);
	if (!path) {
		snprintf(why, why_size, "no process is in that %s", unit ? "unit" : "control group");
		return -ENOENT;
	}
	t = add(s, list, n, &room, q->kind);
	t->cgroup = path;
	t->selector = arena_printf(s->arena, "%s=%s", unit ? "unit" : "cgroup", word);
	return 0;
}

/* The 16 hex digits of LEAKSCAN_ID; of a run that left nobody nobody is found. */
static int find_run(const struct question *q, struct snapshot *s, struct target **list, size_t *n,
		    char *why, size_t why_size)
{
	size_t room = 0;
	struct target *t;
	uint64_t id;

	if (text_hex64(text_of(q->word), &id) || !id || id >> 60) {
		snprintf(why, why_size, "--cookie: not the LEAKSCAN_ID of a run (16 hex digits)");
		return -EINVAL;
	}
	t = add(s, list, n, &room, TARGET_COOKIE);
	t->cookie = id;
	t->selector = arena_printf(s->arena, "cookie=%016" PRIx64, id);
	return 0;
}

int targets_find(const struct question *q, struct snapshot *s, struct target **list, size_t *n,
		 char *why, size_t why_size)
{
	size_t room = 0;

	*list = NULL;
	*n = 0;
	switch (q->kind) {
	case TARGET_PID:
		return find_pids(q, s, list, n, why, why_size);
	case TARGET_NAME:
		return find_names(q, s, list, n, why, why_size);
	case TARGET_UNIT:
	case TARGET_CGROUP:
		return find_group(q, s, list, n, why, why_size);
	case TARGET_COOKIE:
		return find_run(q, s, list, n, why, why_size);
	case TARGET_ALL:
		break;
	}
	add(s, list, n, &room, TARGET_ALL)->selector = "all";
	return 0;
}
