/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of evidence, and how pieces of it add up: the best one counts, all are kept. */
#include "family/kin.h"

static void (*const evidences[])(const struct kin *k, struct candidate *c) = {
	evidence_session,
	evidence_cookie,
	evidence_environ,
	evidence_cgroup,
	evidence_namespace,
	evidence_objects,
	evidence_stdio,
	evidence_layout,
	evidence_circumstance,
};

void member_add_evidence(const struct kin *k, struct member *m, enum evidence_type type,
			 enum confidence strength, const char *detail)
{
	struct evidence e = { .type = type, .strength = strength, .detail = detail };
	struct evidence *list = (struct evidence *)(uintptr_t)m->evidence;
	size_t at;

	arena_push(k->a, &list, &m->evidence_n, &m->evidence_room, sizeof(*list));
	for (at = m->evidence_n - 1; at > 0 && list[at - 1].strength < strength; at--)
		list[at] = list[at - 1];
	list[at] = e;
	m->evidence = list;
	if (strength > m->confidence)
		m->confidence = strength;
}

void kin_gather(const struct kin *k, struct candidate *c)
{
	c->m->evidence = NULL;
	c->m->evidence_n = c->m->evidence_room = 0;
	c->m->confidence = CONF_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(evidences); i++)
		evidences[i](k, c);
}
