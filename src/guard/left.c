/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is left: everybody whose living chain of parents ends at us, strangers apart, and
 * whoever else is in the command's control group.  What they hold is read in workers, for a
 * process can make such a read block.
 */
#include "guard/guard.h"

#include <string.h>

#include "source/live.h"
#include "source/live_clock.h"
#include "source/procfs.h"

#define DEPTH_MOST 4096
#define LEFT_MOST 5000		/* listed by name */
#define FACTS_ALL (FACT_BIT(FACT_STATUS) | FACT_BIT(FACT_LIMITS) | FACT_BIT(FACT_DETAILS) | \
		   FACT_BIT(FACT_FDS) | FACT_BIT(FACT_CGROUP))

/* The child of ours that p is below or is. */
static const struct process *top_of(const struct snapshot *s, const struct process *p,
				    unsigned *depth)
{
	for (*depth = 1; p && *depth < DEPTH_MOST; ++*depth) {
		if (p->now.ppid == s->self)
			return p;
		p = snapshot_parent(s, p);
	}
	return NULL;
}

unsigned left_depth(const struct guard *g, const struct snapshot *s, const struct process *p)
{
	unsigned depth;
	const struct process *top = top_of(s, p, &depth);

	if (!top || p->id.pid == s->self || p->kernel_thread ||
	    stranger(&g->strangers, &g->proc, top->id.pid))
		return 0;
	return depth;
}

static void hold(struct guard *g, struct left *l, const char *what)
{
	const char **list = (const char **)(uintptr_t)l->holds;

	*(const char **)arena_push(g->r->arena, &list, &l->hold_n, &l->hold_room,
				   sizeof(*list)) = what;
	l->holds = list;
}

static const char *of_pipe(struct guard *g, struct left *l, const struct descriptor *d)
{
	static const char *const streams[] = { "stdout", "stderr" };
	struct arena *a = g->r->arena;
	char buf[DESCRIPTOR_LINK_SIZE];
	const char *link = descriptor_link(d, buf);

	for (size_t i = 0; d->mode != FD_READ && i < ARRAY_SIZE(streams); i++)
		if (g->output[i] && g->output[i] == d->inode) {
			if (l->holds_output)
				return NULL;
			l->holds_output = true;
			return arena_printf(a, "the command's %s (fd %d, %s): whoever reads it waits for its end",
					    streams[i], d->fd, link);
		}
	if (d->fd > 2 || g->o->fds)
		return arena_printf(a, "the %s end of %s (fd %d)", d->mode == FD_READ ? "read" : "write",
				    link, d->fd);
	return NULL;
}

static void know_holdings(struct guard *g, const struct snapshot *s, const struct process *p,
			  struct left *l)
{
	struct arena *a = g->r->arena;

	for (size_t i = 0; i < p->fd_n; i++) {
		const struct descriptor *d = &p->fds[i];
		const struct socket_info *k = d->kind == FD_SOCKET ? snapshot_socket(s, d->inode) : NULL;
		char buf[DESCRIPTOR_LINK_SIZE];
		const char *link = descriptor_link(d, buf), *what = NULL;

		if (k && k->family == SOCKET_TCP && k->listening)
			what = arena_printf(a, "listening tcp port %u (fd %d)", k->port, d->fd);
		else if (d->kind == FD_PIPE)
			what = of_pipe(g, l, d);
		else if (d->locked)
			what = arena_printf(a, "a lock on %s (fd %d)", link, d->fd);
		else if (d->deleted)
			what = arena_printf(a, "the deleted file %s (fd %d)", link, d->fd);
		else if (g->o->fds && link && (d->fd > 2 || d->kind == FD_FILE))
			what = arena_printf(a, "%s (fd %d)", link, d->fd);
		if (what)
			hold(g, l, what);
	}
}

bool left_named(const struct guard *g, const struct process *p)
{
	for (size_t i = 0; i < g->o->allow_n; i++)
		if (!regexec(&g->o->allow[i], process_label(p), 0, NULL, 0) ||
		    !regexec(&g->o->allow[i], p->comm, 0, NULL, 0))
			return true;
	return false;
}

/* Itself, or somebody it hangs below. */
static bool allowed(const struct guard *g, const struct snapshot *s, const struct process *p)
{
	for (unsigned depth = 0; g->o->allow_n && p && depth < DEPTH_MOST; depth++) {
		struct left *l = run_report_find(g->r, p->id);

		if (p->id.pid == s->self)
			return false;
		if ((l && l->allowed) || left_named(g, p))
			return true;
		p = snapshot_parent(s, p);
	}
	return false;
}

bool left_spared(const struct guard *g, pid_t child)
{
	struct process p;
	char buf[8192];
	ssize_t n;

	if (!g->o->allow_n)
		return false;
	process_init(&p, (struct process_id){ .pid = child });
	/* status never blocks; its NSsid is the session */
	n = proc_read(&g->proc, child, "status", buf, sizeof(buf));
	if (n <= 0 || procfs_status((struct text){ buf, (size_t)n }, &p))
		return false;
	for (size_t i = 0; i < g->r->left_n; i++) {
		const struct left *l = &g->r->left[i];

		if (l->allowed && l->fate != FATE_REAPED &&
		    (l->process.id.pid == child || (p.sid && p.sid == l->process.sid &&
						    p.sid == l->process.id.pid)))
			return true;
	}
	return false;
}

static const char *known_by(struct guard *g, const struct snapshot *s, const struct process *p,
			    unsigned depth)
{
	const struct process *parent = snapshot_parent(s, p);

	if (!depth)
		return "it is in the command's control group, but not below us";
	if (depth == 1)
		return "its parent is gone, and it came to us";
	return arena_printf(g->r->arena, "its parent is %d (%s), which is below us", p->now.ppid,
			    parent ? parent->comm : "?");
}

static enum left_how how_of(const struct guard *g, const struct snapshot *s,
			    const struct process *p, unsigned depth)
{
	unsigned unused;
	const struct process *top = depth ? top_of(s, p, &unused) : NULL;

	if (!depth)
		return LEFT_ESCAPED;
	if (g->r->timed_out)
		return LEFT_TIMEOUT;
	return top && children_has(&g->seen, top->id.pid) ? LEFT_ORPHANED : LEFT_BELOW;
}

static void add_victim(struct guard *g, const struct process *p, unsigned depth)
{
	struct victim *v;

	for (size_t i = 0; i < g->victim_n; i++)
		if (process_id_same(g->victims[i].id, p->id))
			return;
	v = arena_push(g->r->arena, &g->victims, &g->victim_n, &g->victim_room,
				      sizeof(*v));

	*v = (struct victim){ .id = p->id, .pin = { .pidfd = -1 }, .depth = depth };
}

/* What we said of somebody before his exec was not about the program that he runs. */
static void add(struct guard *g, const struct snapshot *s, const struct process *p,
		unsigned depth, bool late)
{
	struct run_report *r = g->r;
	struct left *l = run_report_find(r, p->id);

	if (!l && r->left_n >= LEFT_MOST) {
		r->late_unnamed++;
		return;
	}
	if (!l) {
		l = arena_push(r->arena, &r->left, &r->left_n, &r->left_room, sizeof(*l));
		*l = (struct left){ .how = how_of(g, s, p, depth), .late = late };
	}
	l->process = plan_keep(r->arena, p);
	l->holds = NULL;
	l->hold_n = l->hold_room = 0;
	l->holds_output = false;
	l->zombie = p->now.state == 'Z' && !process_is_dead_leader(p);
	l->known_by = known_by(g, s, p, depth);
	l->age_ns = snapshot_age_ns(s, p);
	l->allowed = allowed(g, s, p);
	know_holdings(g, s, p, l);
	if (!l->allowed && !l->zombie && depth)
		add_victim(g, p, depth);
}

static bool in_group(const pid_t *pids, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (pids[i] == pid)
			return true;
	return false;
}

/* Parents before their children: who hangs below an allowed one is allowed, too. */
static void add_all(struct guard *g, const struct snapshot *s, struct process *const *who,
		    const unsigned *depths, size_t n, bool late)
{
	unsigned deepest = 0;

	for (size_t i = 0; i < n; i++)
		deepest = depths[i] > deepest ? depths[i] : deepest;
	for (unsigned depth = 0; depth <= deepest; depth++)
		for (size_t i = 0; i < n; i++)
			if (depths[i] == depth && !who[i]->gone)
				add(g, s, who[i], depth, late);
}

/* Known, and not to be looked at again. */
static bool told(struct guard *g, const struct process *p, bool late)
{
	const struct left *l = run_report_find(g->r, p->id);

	return l && (late || l->zombie || l->by_itself || l->fate != FATE_NONE);
}

void left_gather(struct guard *g, bool late)
{
	pid_t group[4096];
	size_t group_n, unseen, n = 0;
	struct process **who;
	unsigned *depths;
	struct snapshot *s;

	if (!g->proc_ours || live_walk(LIVE_PROCFS, &s))
		return;
	group_n = own_cgroup_members(&g->cgroup, group, ARRAY_SIZE(group), &unseen);
	g->r->host = g->r->host ? g->r->host : arena_strdup(g->r->arena, s->host);
	who = arena_calloc(s->arena, s->process_n + 1, sizeof(*who));
	depths = arena_calloc(s->arena, s->process_n + 1, sizeof(*depths));
	for (size_t i = 0; i < s->process_n; i++) {
		struct process *p = &s->processes[i];
		unsigned depth = p->gone ? 0 : left_depth(g, s, p);

		if (p->gone || (!depth && (!in_group(group, group_n, p->id.pid) ||
					   p->id.pid == s->self)))
			continue;
		if (!process_knows(p, FACT_STAT) || told(g, p, late))
			continue;
		depths[n] = depth;
		who[n++] = p;
	}
	/* in a storm of forks names are worth less than speed */
	if (n && (!late || g->o->allow_n || n < 64)) {
		live_facts(s, who, n, FACTS_ALL);
		live_sockets(s, LIVE_TCP_STATES);
	}
	add_all(g, s, who, depths, n, late);
	snapshot_free(s);
}
