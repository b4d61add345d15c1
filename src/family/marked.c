/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A target that is one `leakscan run`: everybody who bears its mark, by RLIMIT_LOCKS or by
 * LEAKSCAN_ID as it was at exec, and whoever hangs below them.  The wrapper does not bear it:
 * while that lives it is their parent, and nobody is lost.
 */
#include "family/kin.h"

#include <inttypes.h>
#include <string.h>

#define LOCKS_MARK (UINT64_C(1) << 62)
#define DEPTH_MOST 4096

bool marked_by(const struct process *p, uint64_t id)
{
	const char *value = process_getenv(p, "LEAKSCAN_ID");
	const char *outer = process_getenv(p, "LEAKSCAN_OUTER_IDS");
	struct text rest = text_of(outer ? outer : ""), word;
	uint64_t other;

	if (process_knows(p, FACT_LIMITS) && p->locks_soft == (LOCKS_MARK | id))
		return true;
	if (value && !text_hex64(text_of(value), &other) && other == id)
		return true;
	while (text_word(&rest, &word))
		if (!text_hex64(word, &other) && other == id)
			return true;
	return false;
}

static bool wrapper(const struct process *p)
{
	return !strcmp(p->comm, "leakscan") && !cookie_marked(p);
}

bool marked_and_left(const struct snapshot *s, const struct process *p)
{
	const struct process *parent = snapshot_parent(s, p);

	if (!cookie_marked(p) || !parent || cookie_marked(parent))
		return false;
	/* a wrapper inside another run bears the outer one's mark */
	for (unsigned depth = 0; parent && depth < DEPTH_MOST; depth++) {
		if (!strcmp(parent->comm, "leakscan"))
			return false;
		parent = snapshot_parent(s, parent);
	}
	return true;
}

/* The nearest above p, or p itself, that bears the mark. */
static const struct process *nearest(const struct kin *k, const struct process *p)
{
	for (unsigned depth = 0; p && depth < DEPTH_MOST; depth++) {
		if (marked_by(p, k->t->cookie))
			return p;
		p = snapshot_parent(k->s, p);
	}
	return NULL;
}

static enum relation relation_of(const struct kin *k, const struct process *p)
{
	const struct process *top = p, *parent;

	while ((parent = snapshot_parent(k->s, top)) && nearest(k, parent))
		top = parent;
	if (parent && wrapper(parent))
		return REL_DESCENDANT;
	return top == p ? REL_ORPHAN : REL_ORPHAN_DESCENDANT;
}

void marked_build(struct kin *k)
{
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i], *bearer;
		struct member *m;

		if (p->gone || p->kernel_thread || kin_marked(k, p, MARK_SELF))
			continue;
		bearer = nearest(k, p);
		if (!bearer)
			continue;
		m = kin_add_member(k, p, relation_of(k, p), NULL);
		kin_mark(k, p, MARK_TREE);
		if (bearer == p)
			member_add_evidence(k, m, EV_COOKIE, CONF_EXACT,
					    arena_printf(k->a, "it bears the mark %016" PRIx64 " of the run",
							 k->t->cookie));
		else
			member_add_evidence(k, m, EV_PPID, CONF_EXACT,
					    arena_printf(k->a, "it is below %d, which bears the mark of the run",
							 bearer->id.pid));
	}
}
