/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reaper at work; private to reap/. */
#pragma once

#include "reap/reaper.h"

struct reap_case {
	struct patient *p;
	enum reap_state state;
	struct pin pin, parent;		/* parent: of a zombie that is nudged */
	bool termed, killed, nudged;
	uint64_t termed_ns, killed_ns;	/* when */
	/* Looks in a row in which nobody had its pid as session, as group. */
	unsigned session_unseen, group_unseen;
};

struct reaping {
	struct plan *plan;
	const struct reap_ops *ops;
	struct reap_case *cases;	/* the plan's order; late ones behind */
	size_t n, room;
	int err;
};

/* cases.c */
struct reap_case *case_add(struct reaping *r, struct patient *p, enum reap_state state);
size_t cases_in(const struct reaping *r, enum reap_state state);
/* Looks at everyone who has not come to an end, and lets the table say what follows. */
void cases_look(struct reaping *r);
void case_event(struct reaping *r, struct reap_case *c, enum reap_event event);
void cases_event(struct reaping *r, enum reap_state state, enum reap_event event);
/* Pins those that are not pinned; who cannot be is stale, denied or refused. */
void cases_pin(struct reaping *r);
/* Judges those in that state, and lets the table act on it. */
void cases_judge(struct reaping *r, enum reap_state state, enum judge_how how);
/* Those forked meanwhile become cases in that state, pinned and judged.  How many. */
size_t cases_late(struct reaping *r, enum reap_state state);
/* Sleeps until somebody in that state may have changed. */
void cases_wait(struct reaping *r, enum reap_state state, uint64_t ns);

/* steps.c: fates and the seven steps */
void case_tell(const struct reaping *r, struct reap_case *c);
