/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run, in one transaction.  What a run writes lies together in few pages, for a check
 * runs every minute for years; and every run forgets a little, never much at once, so that
 * neither a full file nor a clock that jumped costs a run its time or the history its life.
 */
#include "memory/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define NS_PER_S UINT64_C(1000000000)
/* Members of one target whose figures are kept: those with most to lose. */
#define MEMBERS_MOST 128
#define ZOMBIES_MOST 4096
/* Who lives no longer has no growth between checks. */
#define YOUNG_NS (60 * NS_PER_S)
#define TEXT_MOST 512
#define FORGET_MOST 64
/* Runs after which the mark of a process that is still there is renewed. */
#define MARK_EVERY 64

struct note {
	struct memory *m;
	struct arena *a;
	const struct snapshot *s;
	int64_t *children, *zombies;	/* of each process of the snapshot */
	int64_t boot, run;
};

static bool belongs(const struct member *b)
{
	return b->confidence >= CONF_STRONG && b->relation != REL_POSSIBLE && !b->process->gone;
}

struct figures memory_figures(const struct report *r)
{
	struct figures f = { .fds = -1 };

	for (size_t i = 0; i < r->family.member_n; i++) {
		const struct member *b = &r->family.members[i];
		const struct process *p = b->process;
		const struct process *parent = snapshot_parent(r->snapshot, p);

		if (!belongs(b))
			continue;
		f.children += parent && family_find(&r->family, parent);
		f.processes += !process_is_zombie(p);
		if (p->now.fd_count >= 0 && p->now.state != 'Z')
			f.fds = (f.fds < 0 ? 0 : f.fds) + p->now.fd_count;
	}
	f.zombies = (int64_t)report_count(r, KIND_ZOMBIE, SEV_WARNING);
	f.orphans = (int64_t)report_count(r, KIND_ORPHAN, SEV_WARNING);
	f.pipes = (int64_t)(report_count(r, KIND_PIPE_STUCK_WRITER, SEV_WARNING) +
			    report_count(r, KIND_PIPE_NO_EOF, SEV_WARNING) +
			    report_count(r, KIND_PIPE_PEERLESS, SEV_WARNING));
	return f;
}

static void count_children(struct note *n)
{
	const struct snapshot *s = n->s;

	n->children = arena_calloc(n->a, s->process_n + 1, sizeof(*n->children));
	n->zombies = arena_calloc(n->a, s->process_n + 1, sizeof(*n->zombies));
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i], *parent = snapshot_parent(s, p);

		if (!parent || p->gone)
			continue;
		n->children[parent - s->processes]++;
		n->zombies[parent - s->processes] += process_is_zombie(p);
	}
}

static const char *cut(struct note *n, const char *text)
{
	return text && strlen(text) > TEXT_MOST ? arena_bytes(n->a, text, TEXT_MOST) : text;
}

/* The number of a process, which is made for it or brought up to date. */
static int put_process(struct note *n, const struct process *p, int64_t *out)
{
	struct memory *m = n->m;
	int err = store_change(m,
		"INSERT INTO process (boot, pid, start, comm, command, last_run)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (boot, pid, start) DO UPDATE SET"
		" comm = excluded.comm, command = coalesce(excluded.command, command),"
		" last_run = excluded.last_run WHERE last_run <= excluded.last_run - ?7"
		" OR comm IS NOT excluded.comm"
		" OR (excluded.command IS NOT NULL AND command IS NOT excluded.command)",
		"iiittii", n->boot, (int64_t)p->id.pid, (int64_t)p->id.start_ticks, p->comm,
		cut(n, p->command), n->run, (int64_t)MARK_EVERY);

	if (err)
		return err;
	*out = recall_process(m, n->boot, p->id);
	m->damaged |= !*out;
	return *out ? 0 : -EBADMSG;
}

static int put_sample(struct note *n, const struct process *p)
{
	size_t i = (size_t)(p - n->s->processes);
	bool limited = process_knows(p, FACT_LIMITS) && p->nofile_soft <= INT64_MAX;
	int64_t id;
	int err = put_process(n, p, &id);

	if (err)
		return err;
	return store_change(n->m,
		"INSERT OR IGNORE INTO sample (run, process, fds, children, zombies, soft)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		"iiiiii", n->run, id, p->now.fd_count, n->children[i], n->zombies[i],
		limited ? (int64_t)p->nofile_soft : INT64_C(-1));
}

static int put_zombie(struct note *n, const struct process *p)
{
	int64_t id;
	int err = put_process(n, p, &id);

	if (err)
		return err;
	return store_change(n->m,
		"INSERT INTO zombie (process, first_ns, first_wall_s, checks, last_run)"
		" VALUES (?1, ?2, ?3, 1, ?4) ON CONFLICT (process) DO UPDATE SET"
		" checks = checks + (last_run <> excluded.last_run), last_run = excluded.last_run,"
		" first_wall_s = min(first_wall_s, excluded.first_wall_s),"
		" first_ns = min(first_ns, excluded.first_ns)",
		"iiii", id, (int64_t)n->s->now_ns, n->s->wall_s, n->run);
}

/* Most figures first; the target itself before all. */
static int by_weight(const void *a, const void *b)
{
	const struct member *const *x = a, *const *y = b;
	bool tx = (*x)->relation == REL_TARGET, ty = (*y)->relation == REL_TARGET;

	if (tx != ty)
		return tx ? -1 : 1;
	if ((*x)->process->now.fd_count != (*y)->process->now.fd_count)
		return (*x)->process->now.fd_count > (*y)->process->now.fd_count ? -1 : 1;
	return (*x)->process->id.pid - (*y)->process->id.pid;
}

static int put_members(struct note *n, const struct report *r)
{
	const struct family *f = &r->family;
	const struct member **list = arena_calloc(n->a, f->member_n + 1, sizeof(*list));
	size_t count = 0, zombies = 0;
	int err = 0;

	for (size_t i = 0; !err && i < f->member_n; i++) {
		const struct member *b = &f->members[i];

		if (!belongs(b) || b->process->kernel_thread)
			continue;
		if (process_is_zombie(b->process))
			err = zombies++ < ZOMBIES_MOST ? put_zombie(n, b->process) : 0;
		else if (b->process->now.fd_count >= 0 &&
			 (b->process == r->target->process ||
			  snapshot_age_ns(n->s, b->process) >= YOUNG_NS))
			list[count++] = b;
	}
	qsort(list, count, sizeof(*list), by_weight);
	for (size_t i = 0; !err && i < count && i < MEMBERS_MOST; i++)
		err = put_sample(n, list[i]->process);
	return err;
}

static int put_report(struct note *n, const struct report *r)
{
	const struct process *p = r->target->process;
	struct figures f = memory_figures(r);
	int64_t process = 0, id = 0;
	int err = p ? put_process(n, p, &process) : 0;

	if (!err)
		err = store_change(n->m,
			"INSERT INTO target (selector, process, last_run) VALUES (?1, ?2, ?3)"
			" ON CONFLICT (selector, process) DO UPDATE SET last_run = excluded.last_run"
			" WHERE last_run <= excluded.last_run - ?4",
			"tiii", r->target->selector, process, n->run, (int64_t)MARK_EVERY);
	if (!err)
		err = store_number(n->m, 0, &id,
				   "SELECT id FROM target WHERE selector = ?1 AND process = ?2",
				   "ti", r->target->selector, process);
	if (!err)
		err = store_change(n->m,
			"INSERT OR IGNORE INTO figure (run, target, processes, fds, children, zombies,"
			" orphans, pipes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
			"iiiiiiii", n->run, id, f.processes, f.fds, f.children, f.zombies, f.orphans,
			f.pipes);
	return err ? err : put_members(n, r);
}

static int put_run(struct note *n, const char *check, int state)
{
	const char *boot = n->s->boot_id ? n->s->boot_id : "";
	int err = store_change(n->m, "INSERT OR IGNORE INTO boot (name) VALUES (?1)", "t", boot);

	if (err)
		return err;
	n->boot = recall_boot(n->m, boot);
	n->m->damaged |= !n->boot;
	if (!n->boot)
		return -EBADMSG;
	err = store_change(n->m,
		"INSERT INTO run (boot, boot_ns, wall_s, name, state) VALUES (?1, ?2, ?3, ?4, ?5)",
		"iiiti", n->boot, (int64_t)n->s->now_ns, n->s->wall_s, check, (int64_t)state);
	n->run = sqlite3_last_insert_rowid(n->m->db);
	return err;
}

/* ---- forgetting */

static int forget_run(struct memory *m, int64_t run)
{
	int err = store_change(m, "DELETE FROM sample WHERE run = ?1", "i", run);

	err = err ? err : store_change(m, "DELETE FROM figure WHERE run = ?1", "i", run);
	return err ? err : store_change(m, "DELETE FROM run WHERE id = ?1", "i", run);
}

/* The first runs before `run` that are older than wall_s. */
static int forget_runs(struct memory *m, int64_t run, int64_t wall_s, int64_t most)
{
	int64_t doomed[FORGET_MOST];
	size_t count = 0;
	sqlite3_stmt *st;
	int err = store_ask(m, &st,
		"SELECT id FROM run WHERE id < ?1 AND wall_s < ?2 ORDER BY id LIMIT ?3", "iii",
		run, wall_s, most);

	if (err)
		return err;
	while ((err = store_next(m, &st)) > 0)
		if (count < FORGET_MOST)
			doomed[count++] = sqlite3_column_int64(st, 0);
	for (size_t i = 0; !err && i < count; i++)
		err = forget_run(m, doomed[i]);
	return err;
}

static int bytes_used(struct memory *m, int64_t *bytes, int64_t *unused)
{
	int64_t pages, size;
	int err = store_number(m, 0, &pages, "PRAGMA page_count", "");

	err = err ? err : store_number(m, 0, unused, "PRAGMA freelist_count", "");
	err = err ? err : store_number(m, 0, &size, "PRAGMA page_size", "");
	if (!err)
		*bytes = (pages - *unused) * size;
	return err;
}

/* Names that no run knows any more. */
static int forget_names(struct memory *m, int64_t run)
{
	static const char *const sweeps[] = {
		"DELETE FROM zombie WHERE last_run < ?1 - ?2",
		"DELETE FROM target WHERE last_run < ?1 - ?2",
		"DELETE FROM process WHERE last_run < ?1 - ?2 AND id NOT IN (SELECT process FROM zombie)"
		" AND id NOT IN (SELECT process FROM target)",
		"DELETE FROM boot WHERE id NOT IN (SELECT boot FROM run)"
		" AND id NOT IN (SELECT boot FROM process) AND ?1 > ?2",
	};
	int64_t oldest;
	int err = store_number(m, run, &oldest, "SELECT min(id) FROM run", "");

	for (size_t i = 0; !err && i < ARRAY_SIZE(sweeps); i++)
		err = store_change(m, sweeps[i], "ii", oldest, (int64_t)MARK_EVERY);
	return err;
}

static int forget(struct note *n)
{
	struct memory *m = n->m;
	int64_t bytes, unused;
	int err = forget_runs(m, n->run, n->s->wall_s - m->age_most_s, FORGET_MOST);

	err = err ? err : bytes_used(m, &bytes, &unused);
	if (!err && bytes > m->bytes_most)
		err = forget_runs(m, n->run, INT64_MAX, FORGET_MOST);
	if (!err && n->run % MARK_EVERY == 0)
		err = forget_names(m, n->run);
	if (!err && unused)
		err = store_do(m, "PRAGMA incremental_vacuum(256)");
	return err;
}

/* ---- the transaction */

static int keep(struct note *n, const struct report *const *reports, size_t count,
		const char *check, int state)
{
	int err = store_do(n->m, "BEGIN IMMEDIATE");

	if (err)
		return err;
	err = put_run(n, check, state);
	for (size_t i = 0; !err && i < count; i++)
		err = put_report(n, reports[i]);
	err = err ? err : forget(n);
	err = err ? err : store_do(n->m, "COMMIT");
	/* some errors have rolled it back already */
	if (err && !sqlite3_get_autocommit(n->m->db))
		sqlite3_exec(n->m->db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

/* The damaged file goes aside, and a new one takes its place. */
static int start_anew(struct memory *m, char why[MEMORY_WHY])
{
	struct memory *fresh;
	ino_t inode = 0;
	int err = 0, lock;

	place_inode(m->path, &inode);
	store_close(m);
	lock = place_lock(m->path);
	if (lock < 0)
		return lock;
	err = place_set_aside(m->path, inode, why);
	close(lock);
	if (!err) {
		char words[MEMORY_WHY];

		err = memory_open(m->path, MEMORY_WRITE, &fresh, words);
	}
	if (err)
		return err;
	fresh->age_most_s = m->age_most_s;
	fresh->bytes_most = m->bytes_most;
	*m = *fresh;
	free(fresh);
	return 0;
}

int memory_note(struct memory *m, const struct report *const *reports, size_t n,
		const char *check, int state, char why[MEMORY_WHY])
{
	struct note note = { .m = m, .s = n ? reports[0]->snapshot : NULL };
	int err = 0;

	why[0] = '\0';
	if (!n)
		return 0;
	note.a = arena_new(0);
	count_children(&note);
	if (m->unwritable)
		err = -m->unwritable;
	else if (!m->damaged)
		err = keep(&note, reports, n, check, state);
	if (m->damaged && (err = start_anew(m, why)) == 0)
		err = keep(&note, reports, n, check, state);
	arena_free(note.a);
	if (err)
		snprintf(why, MEMORY_WHY, "this run could not be kept in the state file: %s",
			 store_words(err));
	return err;
}
