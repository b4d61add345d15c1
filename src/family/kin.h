/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The family under construction; private to this room.
 * Adding a kind of evidence: its enumerator and word in model/family, its file here, its
 * line in evidences.c, its sentence in doc/leakscan.1.
 */
#pragma once

#include "base/text.h"
#include "family/kinship.h"
#include "model/holders.h"

enum mark {
	MARK_SELF = 1,		/* leakscan, its ancestors and its children */
	MARK_ANCESTOR = 2,	/* of the target */
	MARK_TREE = 4,		/* the target or its living descendants */
	MARK_CANDIDATE = 8,
	MARK_CORE = 16,		/* attributed: evidence may lead from it to others */
	MARK_REAPER = 32,
	MARK_TAIL = 64,		/* living descendant of a candidate */
	MARK_BROTHER = 128,	/* may be a child of the target's ancestor, or below one */
};

struct kin {
	const struct snapshot *s;
	const struct target *t;
	struct arena *a;
	struct family *f;
	uint8_t *marks;			/* by index in the snapshot */
	uint32_t *parents;		/* by index: that of the parent, or KIN_NOBODY */
	bool *adopted;			/* by index: certainly, see kin_adopted() */
	const struct process *launcher;	/* the target's parent; NULL: dead target, not seen */
	/* The target may itself have been adopted: whatever it shares with a candidate, both
	 * may have got from a launcher that is gone. */
	bool sibling_doubt;
	bool unit_main;			/* the target is the main process of its service */
	/* The target's launcher may have had other children, which are gone: what it gave to
	 * the target, it may have given to them, and they to orphans of theirs. */
	bool brother_lost;
	int fd_given;			/* the last that the target's launcher gave to it */
	struct handed *handed;		/* the latest answer of may_have_been_handed() */
	bool ancestry_known;		/* the target's chain of parents was seen to its end */
};

#define KIN_NOBODY UINT32_MAX

struct handed {
	const struct process *process;
	size_t member_n;		/* of the family then */
	bool answer;
};

struct candidate {
	const struct process *p;
	/* Its parent is an ancestor of the target that was never seen to adopt anybody: it
	 * may be that one's own child, a brother of the target. */
	bool maybe_brother;
	bool certainly_adopted;
	struct member *m;		/* evidence is gathered here */
};

/* As snapshot_parent(), which looks it up each time. */
const struct process *kin_parent(const struct kin *k, const struct process *p);
const struct holders *kin_holders(const struct kin *k);	/* made when it is first asked for */
size_t kin_index(const struct kin *k, const struct process *p);
bool kin_marked(const struct kin *k, const struct process *p, unsigned marks);
void kin_mark(struct kin *k, const struct process *p, unsigned marks);

/* relatives.c */
void kin_init(struct kin *k, const struct snapshot *s, const struct target *t, struct arena *a,
	      struct family *f);
/* Fills c; false when an exact negative holds. */
bool kin_candidate(const struct kin *k, const struct process *p, struct candidate *c);
/* Let into its pid namespace from outside (nsenter, a container's exec). */
bool kin_entered(const struct process *p, const struct process *parent);
/* Neither family nor a possible orphan: a brother of the target is an outsider, too. */
bool kin_outsider(const struct kin *k, const struct process *p);

/* In a session that the target, a living process, leads, or below somebody who is. */
bool kin_left(const struct kin *k, const struct process *p);

/* select.c: kin_init(), and candidates and tails marked */
void kin_start(struct kin *k, struct family *f, const struct snapshot *s, const struct target *t,
	       struct arena *a);

void kin_mark_tails(struct kin *k);	/* MARK_TAIL, once candidates are marked */

/* build.c: judged: what is known already; NULL: exact, nothing yet */
struct member *kin_add_member(struct kin *k, const struct process *p, enum relation relation,
			      const struct member *judged);
/* unit.c, machine.c: targets that are not one process */
void unit_build(struct kin *k);
/* Nobody in exactly its control group was seen to be older. */
bool unit_first(const struct kin *k, const struct process *p);
bool unit_is_service(const char *cgroup);	/* and no manager of services */
void machine_build(struct kin *k);
/* marked.c: a target that is a run */
void marked_build(struct kin *k);
bool marked_by(const struct process *p, uint64_t id);
/* It bears some run's mark, and that run's wrapper is not there. */
bool marked_and_left(const struct snapshot *s, const struct process *p);

/* reapers.c */
void kin_learn_reapers(struct kin *k);
/* Its session is neither its own nor its parent's: only adoption explains that. */
bool kin_adopted(const struct kin *k, const struct process *p);

/* evidences.c */
void kin_gather(const struct kin *k, struct candidate *c);
void member_add_evidence(const struct kin *k, struct member *m, enum evidence_type type,
			 enum confidence strength, const char *detail);

/* one each: evidence_*.c */
void evidence_session(const struct kin *k, struct candidate *c);
void evidence_cookie(const struct kin *k, struct candidate *c);
bool cookie_marked(const struct process *p);	/* by some run's RLIMIT_LOCKS */
void evidence_environ(const struct kin *k, struct candidate *c);
/* Whether p has some value of the target's environment that nobody else was seen to have. */
bool environ_shared(const struct kin *k, const struct process *p);
/* Some value of the target's environment could tell its descendants from others. */
bool environ_tells(const struct kin *k);
void evidence_cgroup(const struct kin *k, struct candidate *c);
bool cgroup_tells(const struct kin *k);
void evidence_namespace(const struct kin *k, struct candidate *c);
bool namespace_tells(const struct kin *k);
void evidence_objects(const struct kin *k, struct candidate *c);
void evidence_stdio(const struct kin *k, struct candidate *c);
/* Whether what it shares would tell, if nobody else on the machine held it. */
bool stdio_tells(const struct kin *k, const struct candidate *c);
void evidence_layout(const struct kin *k, struct candidate *c);
/* One is a fork, without exec, of the other, or both of a third. */
bool layout_shared(const struct process *a, const struct process *b);
/* An ancestor of the target has it, too: then so has whoever else that one forked. */
bool layout_from_above(const struct kin *k, const struct process *p);
void evidence_circumstance(const struct kin *k, struct candidate *c);
bool cwd_tells(const struct kin *k);

/* objects.c */
bool fd_comparable(const struct descriptor *d);		/* shared by inheritance or passing only */
bool fd_same_object(const struct snapshot *s, const struct process *a, const struct descriptor *x,
		    const struct process *b, const struct descriptor *y);
bool fd_opposite_ends(const struct snapshot *s, const struct descriptor *x,
		      const struct descriptor *y);
bool object_held_by(const struct kin *k, const struct process *owner,
		    const struct descriptor *d, const struct process *other);
/* An ancestor of the target holds it, or could not be asked; or a brother other than but. */
bool object_from_outside(const struct kin *k, const struct process *owner,
			 const struct descriptor *d, const struct process *but);
/* Whether the candidate has a unix socket that leads out of the family, or the family one
 * that others come to: through such it may have been handed descriptors (SCM_RIGHTS). */
bool may_have_been_handed(const struct kin *k, const struct process *p);
bool pipe_peerless(const struct kin *k, const struct descriptor *d);

/* intent.c */
void intent_judge(const struct kin *k, struct member *m);
/* Once all are judged and have their heads: what a daemon's tree lost is the daemon's. */
void intent_inherit(const struct kin *k, struct member *m);
/* known_daemons.c, known_reapers.c */
const char *known_daemon(const struct process *p);
const char *known_reaper(const struct process *p);
