/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A listing of /proc costs a tenth of a walk, and a count (the size of PID/fd, one stat(2), of
 * anybody's process, Linux 6.2) a third of what reading `stat` does.  Neither waits for another
 * process.  When anything blocks all the same, the look is given up: the walk knows what to do.
 */
#include "source/refresh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/refresh.h"
#include "source/fd_table.h"
#include "source/live_clock.h"
#include "source/live_work.h"
#include "source/procfs.h"
#include "source/walk.h"

#define READS_MOST (((size_t)1 << 22) + 1)	/* the listing, and pid_max processes */
#define COUNTS_A_BEAT 128

struct refresh {
	struct snapshot *s;
	struct refresh_rule rule;
	const struct process *self;	/* in the look before */
	struct refresh_entry *list;	/* NULL: nobody came to the end of it */
	size_t n, room;
	struct ticket *ticket;
	/* Of those to be read: where they are in the list, and what was seen. */
	size_t *todo;
	size_t todo_n;
	struct process *seen;
	size_t left;			/* of the look before, no longer there */
	atomic_bool differs;
};

static int list_one(void *context, int number, uint64_t inode)
{
	struct refresh *r = context;

	if (r->n % 1024 == 0)
		ticket_beat(r->ticket);
	if (number > 0)
		*(struct refresh_entry *)arena_push(r->s->arena, &r->list, &r->n, &r->room,
						    sizeof(*r->list)) =
			(struct refresh_entry){ .pid = number, .inode = inode > 1 ? inode : 0 };
	return 0;
}

static void count_all(const struct refresh *r, const struct proc_dir *proc, struct ticket *t)
{
	for (size_t i = 0; i < r->n; i++) {
		struct refresh_entry *e = &r->list[i];
		int64_t n;

		if (i % COUNTS_A_BEAT == 0)
			ticket_beat(t);
		if (!e->before || e->want == REFRESH_KEEP || e->before->kernel_thread)
			continue;
		n = proc_fd_count(proc, e->pid, 1);
		e->fd_count = n >= 0 ? n : -1;
		e->gone = n == -ESRCH;
	}
}

static void read_clocks(struct snapshot *s, const struct proc_dir *proc)
{
	char buf[4096];
	ssize_t n = proc_read(proc, 0, "self/sched", buf, sizeof(buf));

	if (n > 0)
		procfs_sched((struct text){ buf, (size_t)n }, &s->sched_now_ns);
	walk_threads(s, proc);
}

/* All of it is seen by others only once it is claimed: another worker may have to begin anew. */
static void list_item(struct refresh *shown, const struct proc_dir *proc, struct ticket *t)
{
	struct refresh r = { .s = shown->s, .rule = shown->rule, .self = shown->self, .ticket = t };
	int list, err;

	read_clocks(r.s, proc);
	list = proc_list_open(proc, 0, ".");
	if (list < 0)
		return;
	err = proc_list_inodes(list, list_one, &r);
	proc_list_close(proc, list);
	if (err || !proc_fd_size_is_count(proc))
		return;
	r.left = refresh_listed(&r.rule, r.list, r.n);
	count_all(&r, proc, t);
	refresh_counted(r.list, r.n);
	r.todo = arena_calloc(r.s->arena, r.n, sizeof(*r.todo));
	for (size_t i = 0; i < r.n; i++)
		if (!r.list[i].gone && r.list[i].want >= REFRESH_REST)
			r.todo[r.todo_n++] = i;
	r.seen = arena_calloc(r.s->arena, r.todo_n, sizeof(*r.seen));
	if (!ticket_claim(t))
		return;
	*shown = r;
	ticket_items(t, 1 + r.todo_n);
}

static bool read_status(const struct refresh *r, const struct proc_dir *proc,
			const struct refresh_entry *e, struct process *seen)
{
	char buf[8192];
	ssize_t n;

	process_init(seen, e->before->id);
	n = proc_read(proc, e->pid, "status", buf, sizeof(buf));
	if (n <= 0 || procfs_status((struct text){ buf, (size_t)n }, seen))
		return false;
	seen->read = FACT_BIT(FACT_STATUS);
	seen->now.at_ns = r->s->now_ns;
	seen->now.fd_count = e->fd_count;
	return refresh_rests(e->before, seen);
}

/* Whether anything is new of one that was read, and, of one that has run and was looked at
 * closely, of its descriptors. */
static bool is_news(const struct refresh *r, const struct proc_dir *proc,
		    const struct refresh_entry *e, const struct process *seen, struct ticket *t)
{
	struct process again = *seen;

	if (!e->before)
		return !seen->gone && !walk_is_worker(r->s, r->self, seen);
	if (e->pid == r->s->self)
		return false;
	if (refresh_differs(e->before, seen))
		return true;
	if (!refresh_looked_at(e->before) || !process_knows(e->before, FACT_FDS))
		return false;
	if (!fd_table_read(proc, r->s->arena, &again, t))
		again.read |= FACT_BIT(FACT_FDS);
	return refresh_fds_differ(e->before, &again);
}

static void read_item(struct refresh *r, const struct proc_dir *proc, size_t item,
		      struct ticket *t)
{
	struct refresh_entry *e = &r->list[r->todo[item]];
	struct process seen;
	bool rests = e->want == REFRESH_REST && read_status(r, proc, e, &seen);

	if (!rests && walk_stat(r->s, proc, e->pid, &seen)) {
		int64_t n = e->fd_count > 0 ? e->fd_count : proc_fd_count(proc, e->pid, 1);

		seen.now.fd_count = n >= 0 ? n : -1;
	}
	seen.inode = e->inode;
	if (!rests && r->rule.only_changes && !atomic_load(&r->differs) &&
	    is_news(r, proc, e, &seen, t))
		atomic_store(&r->differs, true);
	if (ticket_claim(t))
		r->seen[item] = seen;
}

static void refresh_item(void *context, void *own, size_t item, struct ticket *t)
{
	if (!item)
		list_item(context, own, t);
	else
		read_item(context, own, item - 1, t);
}

static void *refresh_begin(void *context)
{
	struct proc_dir *proc = calloc(1, sizeof(*proc));

	(void)context;
	return proc && !proc_dir_open(proc) && !proc_dir_late(proc) ? proc : NULL;
}

static void add_seen(struct refresh *r, const struct refresh_entry *e, const struct process *seen)
{
	struct snapshot *s = r->s;

	if (seen->gone)
		s->coverage.vanished++;
	else if (!(seen->read & FACT_BIT(FACT_STAT)) && !seen->denied)
		refresh_rest(s->arena, e->before, seen, &s->processes[s->process_n++]);
	else if (!walk_is_worker(s, r->self, seen))
		s->processes[s->process_n++] = *seen;
}

static void collect(struct refresh *r)
{
	struct snapshot *s = r->s;
	size_t at = 0;

	s->process_room = r->n;
	s->processes = arena_calloc(s->arena, r->n, sizeof(*s->processes));
	for (size_t i = 0; i < r->n; i++) {
		const struct refresh_entry *e = &r->list[i];

		if (at < r->todo_n && r->todo[at] == i)
			add_seen(r, e, &r->seen[at++]);
		else if (e->gone)
			s->coverage.vanished++;
		else
			refresh_keep(s->arena, e, s->now_ns, &s->processes[s->process_n++]);
	}
	snapshot_sort(s);
}

/* What a machine does not change while it is up. */
static void take_over(struct snapshot *s, const struct snapshot *previous)
{
	s->boot_id = arena_strdup(s->arena, previous->boot_id);
	s->initial_pid_ns = previous->initial_pid_ns;
	s->coverage.hidepid = previous->coverage.hidepid;
	s->coverage.subset_pid = previous->coverage.subset_pid;
	s->coverage.source = "procfs";
	s->coverage.passes = 1;
}

static bool stands(const struct refresh *r)
{
	if (r->left || atomic_load(&r->differs))
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].gone)
			return false;
	return true;
}

static int look(struct refresh *r)
{
	struct work work = { .item = refresh_item, .begin = refresh_begin, .context = r, .n = 1,
			     .most = READS_MOST };
	struct work_result result;
	int err = live_work(r->s, &work, &result);

	return err ? err : !r->list || result.cut || result.stalled ? -ENODATA : 0;
}

static int refresh(const struct refresh_rule *rule, struct snapshot **out)
{
	struct snapshot *s = snapshot_new(1);
	struct refresh *r = arena_calloc(s->arena, 1, sizeof(*r));
	int err;

	walk_first_look(s);
	take_over(s, rule->previous);
	*r = (struct refresh){ .s = s, .rule = *rule,
			       .self = snapshot_find(rule->previous, s->self) };
	err = r->self ? look(r) : -ENODATA;
	if (!err && rule->only_changes && !stands(r))
		err = -EAGAIN;
	if (!err && !rule->only_changes) {
		collect(r);
		s->coverage.pid1_visible = snapshot_find(s, 1);
		s->coverage.took_ns = live_clock_ns() - s->now_ns;
		*out = s;
		return 0;
	}
	snapshot_free(s);
	if (!err)
		*out = NULL;
	return err;
}

int refresh_procfs(const struct live_before *before, struct snapshot **out)
{
	struct refresh_rule rule = { before->snapshot, before->turn, before->may_stand };
	int err = -EAGAIN;

	if (!refresh_fits(before->snapshot, live_clock_ns()))
		return -ENODATA;
	if (before->may_stand)
		err = refresh(&rule, out);
	rule.only_changes = false;
	return err == -EAGAIN ? refresh(&rule, out) : err;
}
