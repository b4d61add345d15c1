/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read of whom for a verdict on one target: of its own people everything, of who
 * might be its orphan what could show it, of everybody only what the verdict hangs on.
 */
#include "cmd/ask.h"

#include "source/live.h"

#define TREE_FACTS (FACT_BIT(FACT_STATUS) | FACT_BIT(FACT_LIMITS) | FACT_BIT(FACT_SCHED) | \
		    FACT_BIT(FACT_CGROUP))
#define LINK_FACTS (FACT_BIT(FACT_FDS) | FACT_BIT(FACT_CWD) | FACT_BIT(FACT_NAMESPACES) | \
		    FACT_BIT(FACT_LAYOUT) | FACT_BIT(FACT_ENVIRON))

void people_add(struct snapshot *s, struct people *people, struct process *p)
{
	if (!people->has)
		people->has = arena_calloc(s->arena, s->process_n + 1, sizeof(*people->has));
	if (people->has[p - s->processes])
		return;
	people->has[p - s->processes] = true;
	*(struct process **)arena_push(s->arena, &people->list, &people->n, &people->room,
				       sizeof(p)) = p;
}

/* What the verdict hangs on of everybody.  False: only a few were looked at. */
static bool ask_machine(struct snapshot *s, uint32_t facts)
{
	if (facts && s->coverage.partial)
		return false;
	live_machine(s, facts);
	return true;
}

static bool somebody_waits(const struct people *who)
{
	for (size_t i = 0; i < who->n; i++)
		for (size_t j = 0; j < who->list[i]->task_n; j++)
			if (who->list[i]->tasks[j].in_pipe || who->list[i]->tasks[j].fd >= 0)
				return true;
	return false;
}

/* Pipes and descriptors of those who are attributed by now. */
static bool read_plumbing(struct snapshot *s, const struct target *t)
{
	const struct fd_question *questions;
	struct people users;
	struct family f;
	size_t n;

	if (t->kind == TARGET_ALL)
		return true;	/* ask_of_all() */
	family_build(s, t, s->arena, &f);
	family_pipe_users(s, &f, s->arena, &users);
	live_facts(s, users.list, users.n, FACT_BIT(FACT_TASKS));
	/* what it wrote tells whether anything was read of what it waits for */
	if (somebody_waits(&users))
		live_facts(s, users.list, users.n, FACT_BIT(FACT_IO));
	if (!s->coverage.machine_fds &&
	    family_end_unaccounted(&f, holders_build(s->arena, s)) &&
	    !ask_machine(s, FACT_BIT(FACT_FDS)))
		return false;
	questions = family_questions(s, &f, s->arena, &n);
	live_descriptors(s, questions, n);
	return true;
}

static void compare_files(struct snapshot *s, const struct target *t)
{
	const struct same_file *pairs;
	size_t n;

	pairs = kinship_pairs(s, t, s->arena, &n);
	live_same_files(s, pairs, n);
}

/* Of those who could not be read the user must be known. */
static void read_refused(struct snapshot *s, const struct people *who)
{
	struct people refused = { .n = 0 };

	for (size_t i = 0; i < who->n; i++)
		if (who->list[i]->denied | who->list[i]->stalled)
			people_add(s, &refused, who->list[i]);
	live_facts(s, refused.list, refused.n, FACT_BIT(FACT_STATUS));
}

/* Only what can tell anything, unless it does. */
static bool read_candidates(struct snapshot *s, const struct target *t, const struct selection *who)
{
	if (t->process && t->kind != TARGET_ALL) {
		live_facts(s, who->candidates.list, who->candidates.n,
			   kinship_telling(s, t, s->arena));
		read_refused(s, &who->candidates);
		compare_files(s, t);
		if (kinship_settled(s, t, s->arena))
			return true;
		if (s->coverage.partial)
			return false;
	}
	live_facts(s, who->candidates.list, who->candidates.n,
		   TREE_FACTS | LINK_FACTS | FACT_BIT(FACT_IO));
	live_facts(s, who->tails.list, who->tails.n, TREE_FACTS | LINK_FACTS | FACT_BIT(FACT_IO));
	compare_files(s, t);
	return true;
}

bool ask_about(struct snapshot *s, const struct target *t)
{
	struct selection who;

	kinship_select(s, t, s->arena, &who);
	live_facts(s, who.tree.list, who.tree.n,
		   TREE_FACTS | (LINK_FACTS & ~FACT_BIT(FACT_NAMESPACES)));
	/* its namespaces are the tree's, as far as they matter */
	if (t->process)
		people_add(s, &who.outsiders, snapshot_find(s, t->pid));
	live_facts(s, who.left.list, who.left.n, TREE_FACTS | LINK_FACTS | FACT_BIT(FACT_IO));
	live_facts(s, who.outsiders.list, who.outsiders.n, TREE_FACTS | LINK_FACTS);
	if (!s->socket_n)
		live_sockets(s, LIVE_TCP_STATES);
	if ((who.candidates.n || who.left.n) && !s->pidfile_n)
		live_pidfiles(s);
	if (!read_candidates(s, t, &who))
		return false;
	if (who.candidates.n + who.left.n && !ask_machine(s, kinship_machine(s, t, s->arena)))
		return false;
	return read_plumbing(s, t);
}

void ask_of_all(struct snapshot *s, const struct family *f, const struct holders *h,
		struct arena *a, struct people *suspects)
{
	const struct fd_question *questions;
	size_t n;

	questions = family_questions(s, f, a, &n);
	live_descriptors(s, questions, n);
	*suspects = (struct people){ .n = 0 };
	if (!h)
		return;
	family_pipe_suspects(s, f, h, a, suspects);
	live_facts(s, suspects->list, suspects->n, FACT_BIT(FACT_STATUS) | FACT_BIT(FACT_IO));
}
