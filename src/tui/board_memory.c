/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remembered from refresh to refresh: figures for sparklines, whom a process hung
 * below before it was orphaned (the kernel forgets that at once), how many descriptors of
 * which kind it began with, and which findings are new.
 */
#include "tui/board_state.h"

#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
#define FRESH_NS (10 * NS_PER_S)

static void *grown(void *list, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return list;
	*room = *room ? 2 * *room : 32;
	list = reallocarray(list, *room, size);
	if (!list)
		abort();
	return list;
}

static int id_order(struct process_id a, struct process_id b)
{
	if (a.pid != b.pid)
		return a.pid < b.pid ? -1 : 1;
	return (a.start_ticks > b.start_ticks) - (a.start_ticks < b.start_ticks);
}

bool id_set_has(const struct id_set *s, struct process_id id)
{
	for (size_t i = 0; i < s->n; i++)
		if (process_id_same(s->list[i], id))
			return true;
	return false;
}

void id_set_put(struct id_set *s, struct process_id id, bool in)
{
	for (size_t i = 0; i < s->n; i++)
		if (process_id_same(s->list[i], id)) {
			if (!in)
				memmove(s->list + i, s->list + i + 1,
					(--s->n - i) * sizeof(*s->list));
			return;
		}
	if (!in)
		return;
	s->list = grown(s->list, s->n, &s->room, sizeof(*s->list));
	s->list[s->n++] = id;
}

void id_set_free(struct id_set *s)
{
	free(s->list);
	*s = (struct id_set){ .n = 0 };
}

static int key_order(const void *left, const void *right)
{
	const struct row_key *a = left, *b = right;

	if (a->what != b->what)
		return a->what < b->what ? -1 : 1;
	if (id_order(a->id, b->id))
		return id_order(a->id, b->id);
	return (a->extra > b->extra) - (a->extra < b->extra);
}

bool row_key_same(struct row_key a, struct row_key b)
{
	return !key_order(&a, &b);
}

struct row_key finding_key(const struct finding *f, unsigned nth)
{
	return (struct row_key){
		ROW_FINDING, f->subject->id,
		(uint64_t)f->kind << 48 | (uint64_t)(nth & 0xffff) << 32 | (uint32_t)f->fd,
	};
}

/* --- processes ----------------------------------------------------------------------- */

static int track_order(const void *left, const void *right)
{
	return id_order(((const struct track *)left)->id, ((const struct track *)right)->id);
}

static struct track *track_find(const struct memory *m, size_t n, struct process_id id)
{
	struct track key = { .id = id };

	return n ? bsearch(&key, m->tracks, n, sizeof(key), track_order) : NULL;
}

const struct track *memory_track(const struct memory *m, struct process_id id)
{
	return track_find(m, m->track_n, id);
}

static void track_update(struct track *t, const struct report *r, const struct member *mb)
{
	const struct process *p = mb->process;
	const struct process *parent = snapshot_parent(r->snapshot, p);

	t->seen = true;
	if (parent && mb->relation != REL_ORPHAN && mb->relation != REL_POSSIBLE &&
	    !family_reaper(&r->family, parent->id.pid)) {
		t->parent = parent->id;
		memcpy(t->parent_name, parent->comm, sizeof(t->parent_name));
	}
	if (t->fds_since_ns || !process_knows(p, FACT_FDS))
		return;
	t->fds_since_ns = p->now.at_ns ? p->now.at_ns : 1;
	for (size_t i = 0; i < p->fd_n; i++)
		t->fds_first[p->fds[i].kind]++;
}

static void take_processes(struct memory *m, const struct report *r)
{
	size_t before = m->track_n;

	for (size_t i = 0; i < r->family.member_n; i++) {
		const struct member *mb = &r->family.members[i];
		struct track *t = track_find(m, before, mb->process->id);

		if (!t) {
			m->tracks = grown(m->tracks, m->track_n, &m->track_room, sizeof(*t));
			t = &m->tracks[m->track_n++];
			*t = (struct track){ .id = mb->process->id };
		}
		track_update(t, r, mb);
	}
	if (m->track_n)
		qsort(m->tracks, m->track_n, sizeof(*m->tracks), track_order);
}

static void forget_processes(struct memory *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->track_n; i++)
		if (m->tracks[i].seen) {
			m->tracks[n] = m->tracks[i];
			m->tracks[n++].seen = false;
		}
	m->track_n = n;
}

/* --- findings ------------------------------------------------------------------------ */

static struct known *known_find(const struct memory *m, size_t n, struct row_key key)
{
	struct known *at = n ? bsearch(&key, m->knowns, n, sizeof(*m->knowns), key_order) : NULL;

	return at;
}

static void take_findings(struct memory *m, const struct report *r, uint64_t now_ns)
{
	size_t before = m->known_n;
	unsigned nth = 0;

	for (size_t i = 0; i < r->findings.n; i++) {
		const struct finding *f = &r->findings.list[i];
		struct row_key key;
		struct known *k;

		/* sorted by kind and pid, so those of one subject are neighbours */
		nth = i && f[-1].kind == f->kind && f[-1].subject == f->subject ? nth + 1 : 0;
		key = finding_key(f, nth);
		k = known_find(m, before, key);
		if (!k) {
			m->knowns = grown(m->knowns, m->known_n, &m->known_room, sizeof(*k));
			k = &m->knowns[m->known_n++];
			*k = (struct known){ .key = key, .since_ns = m->refreshes ? now_ns : 0 };
			m->appeared++;
		}
		k->seen = true;
	}
	if (m->known_n)
		qsort(m->knowns, m->known_n, sizeof(*m->knowns), key_order);
}

static void forget_findings(struct memory *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->known_n; i++)
		if (m->knowns[i].seen) {
			m->knowns[n] = m->knowns[i];
			m->knowns[n++].seen = false;
		} else {
			m->ended++;
		}
	m->known_n = n;
}

bool memory_fresh(const struct memory *m, struct row_key key, uint64_t now_ns)
{
	const struct known *k = known_find(m, m->known_n, key);

	return k && k->since_ns && now_ns < k->since_ns + FRESH_NS;
}

/* --- applications -------------------------------------------------------------------- */

static int trend_order(const void *left, const void *right)
{
	return id_order(((const struct app_trend *)left)->id,
			((const struct app_trend *)right)->id);
}

static struct app_trend *trend_find(const struct memory *m, size_t n, struct process_id id)
{
	for (size_t low = 0; low < n;) {
		size_t middle = low + (n - low) / 2;
		int order = id_order(m->trends[middle].id, id);

		if (!order)
			return &m->trends[middle];
		if (order < 0)
			low = middle + 1;
		else
			n = middle;
	}
	return NULL;
}

const struct history *memory_trend(const struct memory *m, struct process_id app)
{
	const struct app_trend *t = trend_find(m, m->trend_n, app);

	return t && t->percent.n > 1 ? &t->percent : NULL;
}

void memory_take_apps(struct memory *m, const struct app *apps, size_t n, uint64_t at_ns)
{
	size_t before = m->trend_n, kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct app_trend *t = trend_find(m, before, apps[i].id);

		if (!apps[i].percent)
			continue;
		if (!t) {
			m->trends = grown(m->trends, m->trend_n, &m->trend_room, sizeof(*t));
			t = &m->trends[m->trend_n++];
			*t = (struct app_trend){ .id = apps[i].id };
		}
		t->seen = true;
		history_add(&t->percent, at_ns, apps[i].percent);
	}
	for (size_t i = 0; i < m->trend_n; i++)
		if (m->trends[i].seen) {
			if (kept != i)
				m->trends[kept] = m->trends[i];
			m->trends[kept++].seen = false;
		}
	m->trend_n = kept;
	if (kept)
		qsort(m->trends, kept, sizeof(*m->trends), trend_order);
}

/* --- figures ------------------------------------------------------------------------- */

struct figures figures_of(const struct report *r)
{
	const struct process *target = r->target->process;
	struct figures f = { .fds = -1 };

	if (target) {
		f.fds = target->now.fd_count;
		f.limit = process_knows(target, FACT_LIMITS) ? target->nofile_soft : 0;
	}
	for (size_t i = 0; i < r->family.member_n; i++) {
		const struct member *m = &r->family.members[i];
		bool dead = m->process->now.state == 'Z';

		if (m->relation == REL_POSSIBLE || m->process->gone)
			continue;
		f.processes++;
		f.zombies += process_is_zombie(m->process);
		f.orphans += m->relation == REL_ORPHAN && !dead && m->intent == INTENT_LEAK;
		f.children += target && m->process->now.ppid == target->id.pid && !dead &&
			m->relation == REL_DESCENDANT;
	}
	return f;
}

static void take_figures(struct memory *m, const struct board_news *news, uint64_t at_ns)
{
	struct figures sum = { .fds = -1 };

	for (size_t i = 0; i < news->n; i++) {
		struct figures f = figures_of(news->reports[i]);

		sum.zombies += f.zombies;
		sum.orphans += f.orphans;
		sum.children += f.children;
		sum.processes += f.processes;
		if (news->n == 1)
			sum.fds = f.fds;
	}
	if (sum.fds >= 0)
		history_add(&m->fds, at_ns, sum.fds);
	history_add(&m->zombies, at_ns, (int64_t)sum.zombies);
	history_add(&m->orphans, at_ns, (int64_t)sum.orphans);
	history_add(&m->children, at_ns, (int64_t)sum.children);
	history_add(&m->processes, at_ns, (int64_t)sum.processes);
}

void memory_take(struct memory *m, const struct board_news *news)
{
	uint64_t at_ns = news->reports[0]->snapshot->now_ns;

	m->appeared = m->ended = 0;
	for (size_t i = 0; i < news->n; i++) {
		take_processes(m, news->reports[i]);
		take_findings(m, news->reports[i], at_ns);
	}
	forget_processes(m);
	forget_findings(m);
	take_figures(m, news, at_ns);
	m->refreshes++;
}

void memory_still(struct memory *m, const struct board_news *news, uint64_t at_ns)
{
	take_figures(m, news, at_ns);
	m->refreshes++;
}

void memory_free(struct memory *m)
{
	free(m->tracks);
	free(m->knowns);
	free(m->trends);
	memset(m, 0, sizeof(*m));
}
