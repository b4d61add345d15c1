/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc_pid_task(5): `children` of the one thread we have. */
#include "guard/children.h"

#include <string.h>

#include "source/procfs.h"

int children_read(const struct proc_dir *proc, struct children *out)
{
	char buf[CHILDREN_MOST * 8];
	struct text rest, word;
	uint64_t pid;
	ssize_t n = proc_read(proc, 0, "thread-self/children", buf, sizeof(buf));

	if (n < 0)
		return (int)n;
	/* the last number may be cut, and each has a blank behind it */
	while (n && buf[n - 1] != ' ')
		n--;
	out->n = 0;
	rest = (struct text){ buf, (size_t)n };
	while (out->n < CHILDREN_MOST && text_word(&rest, &word))
		if (!text_u64(word, &pid))
			out->pids[out->n++] = (pid_t)pid;
	return 0;
}

bool children_has(const struct children *c, pid_t pid)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->pids[i] == pid)
			return true;
	return false;
}

void children_drop(struct children *c, pid_t pid)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->pids[i] == pid)
			c->pids[i--] = c->pids[--c->n];
}

/* Somewhere in the path: the command may have made groups of its own below. */
static bool in_group(const struct proc_dir *proc, pid_t child, const char *name)
{
	char buf[8192];
	ssize_t n = proc_read(proc, child, "cgroup", buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	return strstr(buf, name);
}

bool stranger(const struct strangers *s, const struct proc_dir *proc, pid_t child)
{
	struct process p;
	char buf[4096];
	ssize_t n;

	if (s->canary->pin.pidfd >= 0 && child == s->canary->pin.id.pid)
		return true;
	if (!s->possible)
		return false;
	if (children_has(&s->before, child))
		return true;
	/* cgroup and limits never block */
	if (s->group && in_group(proc, child, s->group))
		return false;
	if (!s->marked)
		return true;
	process_init(&p, (struct process_id){ .pid = child });
	n = proc_read(proc, child, "limits", buf, sizeof(buf));
	if (n <= 0 || procfs_limits((struct text){ buf, (size_t)n }, &p))
		return true;
	p.read |= FACT_BIT(FACT_LIMITS);
	return !cookie_worn(s->id, &p);
}
