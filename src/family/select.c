/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a live scan must read, and no more: facts of the few that matter, of everybody only
 * when a verdict hangs on it (a readdir of every process's fd directory makes the kernel
 * cache more than it is worth).
 */
#include "family/kin.h"

#include <string.h>

#define PAIRS_MOST 100000	/* kcmp calls: more would cost a second */
#define LOOKS_MOST 20000000	/* comparisons of paths: the same */

static void push(const struct kin *k, struct people *people, const struct process *p)
{
	*(struct process **)arena_push(k->a, &people->list, &people->n, &people->room,
				       sizeof(struct process *)) =
		(struct process *)(uintptr_t)p;
}

void kin_start(struct kin *k, struct family *f, const struct snapshot *s, const struct target *t,
	       struct arena *a)
{
	struct candidate c;

	*f = (struct family){ .target = t };
	kin_init(k, s, t, a, f);
	if (t->kind == TARGET_ALL)
		return;
	for (size_t i = 0; i < s->process_n; i++)
		if (kin_candidate(k, &s->processes[i], &c))
			k->marks[i] |= MARK_CANDIDATE;
	kin_mark_tails(k);
}

/* Of the whole machine only those are read more of that show something. */
static bool remarkable(const struct kin *k, const struct process *p)
{
	const struct process *parent = kin_parent(k, p);

	return p->now.state == 'Z' || p->now.fd_count >= 16 ||
	       (parent && parent->id.pid != 2 && kin_marked(k, parent, MARK_REAPER));
}

void kinship_select(const struct snapshot *s, const struct target *t, struct arena *a,
		    struct selection *out)
{
	struct family f;
	struct kin k;

	*out = (struct selection){ .tree = { .n = 0 } };
	kin_start(&k, &f, s, t, a);
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];
		bool leader = t->process && p->id.pid == t->process->sid;

		if (p->kernel_thread)
			continue;
		if (t->kind == TARGET_ALL) {
			if (remarkable(&k, p) && !(k.marks[i] & MARK_SELF))
				push(&k, &out->candidates, p);
		} else if (k.marks[i] & MARK_TREE) {
			push(&k, &out->tree, p);
		} else if ((k.marks[i] & (MARK_CANDIDATE | MARK_TAIL)) && kin_left(&k, p)) {
			push(&k, &out->left, p);
		} else if (k.marks[i] & MARK_CANDIDATE) {
			push(&k, &out->candidates, p);
		} else if (k.marks[i] & MARK_TAIL) {
			push(&k, &out->tails, p);
		} else if ((k.marks[i] & MARK_ANCESTOR) || leader) {
			push(&k, &out->outsiders, p);
		}
	}
}

struct pairing {
	struct same_file *list;
	size_t n, room;
	bool kept_number;		/* what fork gives on; else all the others */
	size_t looks;
};

/* Sockets and pipes have unique inodes; files may be opened many times. */
static void pair_up(const struct kin *k, const struct process *a, const struct process *b,
		    struct pairing *out)
{
	for (size_t i = 0; i < a->fd_n; i++) {
		const struct descriptor *x = &a->fds[i];

		if ((x->kind != FD_FILE && x->kind != FD_MEMFD) || !x->target)
			continue;
		for (size_t j = 0; j < b->fd_n && out->n < PAIRS_MOST; j++) {
			const struct descriptor *y = &b->fds[j];

			if ((y->fd == x->fd) != out->kept_number || y->kind != x->kind ||
			    y->mode != x->mode)
				continue;
			if (out->looks == LOOKS_MOST)
				return;
			out->looks++;
			if (strcmp(x->target, y->target))
				continue;
			*(struct same_file *)arena_push(k->a, &out->list, &out->n, &out->room,
							sizeof(*out->list)) =
				(struct same_file){ a->id.pid, x->fd, b->id.pid, y->fd };
		}
	}
}

static void pair_all(const struct kin *k, const struct selection *who,
		     const struct people *others, struct pairing *out)
{
	for (size_t i = 0; i < others->n; i++) {
		for (size_t j = 0; j < who->tree.n; j++)
			pair_up(k, who->tree.list[j], others->list[i], out);
		for (size_t j = 0; j < i && others->n <= 64; j++)
			pair_up(k, others->list[j], others->list[i], out);
	}
	for (size_t i = 0; i < who->outsiders.n && others->n; i++)
		for (size_t j = 0; j < who->tree.n; j++)
			pair_up(k, who->tree.list[j], who->outsiders.list[i], out);
}

/* A child keeps its parent's numbers: one pair a number, or none. */
static void pair_inherited(const struct kin *k, const struct process *child, struct pairing *out)
{
	const struct process *parent = snapshot_parent(k->s, child);

	for (size_t i = 0; parent && i < child->fd_n && out->n < PAIRS_MOST; i++) {
		const struct descriptor *mine = &child->fds[i];
		const struct descriptor *theirs = mine->fd > 2 ? process_fd(parent, mine->fd) : NULL;

		if (!theirs || mine->kind != FD_FILE || theirs->kind != FD_FILE ||
		    mine->mode != theirs->mode || strcmp(mine->target, theirs->target))
			continue;
		*(struct same_file *)arena_push(k->a, &out->list, &out->n, &out->room,
						sizeof(*out->list)) =
			(struct same_file){ parent->id.pid, theirs->fd, child->id.pid, mine->fd };
	}
}

const struct same_file *kinship_pairs(const struct snapshot *s, const struct target *t,
				      struct arena *a, size_t *n)
{
	struct pairing out = { .n = 0 };
	struct people others = { .n = 0 };
	struct selection who;
	struct family f;
	struct kin k;

	*n = 0;
	if (t->kind == TARGET_ALL)
		return NULL;
	kinship_select(s, t, a, &who);
	kin_start(&k, &f, s, t, a);
	for (size_t i = 0; i < who.left.n; i++)
		push(&k, &others, who.left.list[i]);
	for (size_t i = 0; i < who.candidates.n; i++)
		push(&k, &others, who.candidates.list[i]);
	for (size_t i = 0; i < who.tails.n; i++)
		push(&k, &others, who.tails.list[i]);
	out.kept_number = true;
	pair_all(&k, &who, &others, &out);
	out.kept_number = false;
	out.looks = 0;
	pair_all(&k, &who, &others, &out);
	for (size_t i = 0; i < who.tree.n; i++)
		if (who.tree.list[i] != t->process)
			pair_inherited(&k, who.tree.list[i], &out);
	*n = out.n;
	return out.list;
}

/* Whether anybody else's facts could turn weak evidence of this kind into strong. */
static bool hangs_on(const struct member *m, enum evidence_type type)
{
	for (size_t i = 0; i < m->evidence_n; i++)
		if (m->evidence[i].type == type)
			return true;
	return false;
}

static uint32_t machine_needs(const struct kin *k, const struct family *f)
{
	uint32_t facts = 0;

	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct member *known = family_find(f, &k->s->processes[i]);
		struct member judged = { .confidence = CONF_NONE };
		struct candidate c;

		if (!(k->marks[i] & MARK_CANDIDATE) || (known && known->confidence >= CONF_STRONG) ||
		    !kin_candidate(k, &k->s->processes[i], &c))
			continue;
		c.m = &judged;
		kin_gather(k, &c);
		if (hangs_on(&judged, EV_STDIO) && stdio_tells(k, &c))
			facts |= FACT_BIT(FACT_FDS);
		if (hangs_on(&judged, EV_CGROUP) && cgroup_tells(k))
			facts |= FACT_BIT(FACT_CGROUP);
	}
	return facts;
}

/* A candidate without better evidence that shares some long environment value. */
static bool environ_needed(const struct kin *k, const struct family *f)
{
	for (size_t i = 0; k->t->process && i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];
		const struct member *m = family_find(f, p);

		if (!(k->marks[i] & MARK_CANDIDATE) || (m && m->confidence >= CONF_STRONG))
			continue;
		if (environ_shared(k, p))
			return true;
	}
	return false;
}

static bool stdio_unaccounted(const struct snapshot *s, const struct family *f)
{
	for (size_t i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];

		if (!family_reaper(f, p->now.ppid) || p->now.state == 'Z')
			continue;
		for (int fd = 0; fd <= 2; fd++) {
			const struct descriptor *d = process_fd(p, fd);

			if (d && (d->kind == FD_PIPE || d->kind == FD_SOCKET))
				return true;
		}
	}
	return false;
}

uint32_t kinship_machine(const struct snapshot *s, const struct target *t, struct arena *a)
{
	struct family built, f;
	uint32_t facts;
	struct kin k;

	if (t->kind == TARGET_ALL && s->coverage.machine_fds)
		return 0;
	kin_start(&k, &f, s, t, a);
	if (t->kind == TARGET_ALL)
		return stdio_unaccounted(s, &f) ? FACT_BIT(FACT_FDS) : 0;
	family_build(s, t, a, &built);
	k.f = &built;
	for (size_t i = 0; i < built.member_n; i++)
		if (built.members[i].relation != REL_POSSIBLE)
			kin_mark(&k, built.members[i].process, MARK_CORE);
	facts = machine_needs(&k, &built);
	if (environ_needed(&k, &built))
		facts |= FACT_BIT(FACT_ENVIRON);
	return facts;
}
