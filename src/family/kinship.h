/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a snapshot to a family: which processes belong to the target, how that is known, and
 * how sure it is.  Pure: reads nothing but the snapshot, so a recorded one gives the same
 * family.  A live scan asks in steps, because facts cost:
 *
 *   kinship_select()    after the bare walk: whom to read more of
 *   kinship_telling()   then, of a living process: what of the candidates can tell anything
 *   kinship_pairs()     then: which descriptors to compare by kcmp
 *   kinship_settled()   then: whether nothing more of them can matter
 *   kinship_machine()   then: which facts of everybody else, if any, the verdict hangs on
 *   family_build()      the verdict
 */
#pragma once

#include "model/report.h"

struct people {
	struct process **list;
	size_t n, room;
	bool *has;	/* by index in the snapshot, where nobody may be in it twice; or NULL */
};

struct selection {
	struct people tree;		/* the target and its living descendants, zombies too */
	struct people left;		/* in a session that the target leads, with those below */
	struct people candidates;	/* might be its orphans: no exact negative holds */
	struct people tails;		/* below candidates */
	struct people outsiders;	/* its ancestors and their session leader: what they
					 * hold too is no evidence */
};

void kinship_select(const struct snapshot *s, const struct target *t, struct arena *a,
		    struct selection *out);

/* Facts (FACT_BIT mask) in which a candidate could show that it belongs to the target, a living
 * process whose tree and outsiders were read.  What else there is to a candidate is of interest
 * only once it has shown something. */
uint32_t kinship_telling(const struct snapshot *s, const struct target *t, struct arena *a);
/* Nobody shows anything but those in a session that the target leads: they are the target's
 * whatever others are, and no other candidate will be in the report. */
bool kinship_settled(const struct snapshot *s, const struct target *t, struct arena *a);

/* Descriptor pairs worth comparing: same link text, not a device, not unique by itself. */
const struct same_file *kinship_pairs(const struct snapshot *s, const struct target *t,
				      struct arena *a, size_t *n);

/* FACT_BIT mask of what must be known of every process on the machine. */
uint32_t kinship_machine(const struct snapshot *s, const struct target *t, struct arena *a);

/* Fills f (members, reapers, unjudged) from the arena; f->target = t. */
void family_build(const struct snapshot *s, const struct target *t, struct arena *a,
		  struct family *f);

/* The same with an index of its holders that was made before, and still holds. */
void family_build_by(const struct snapshot *s, const struct target *t,
		     const struct holders *holders, struct arena *a, struct family *f);

/* Fills r->complete and r->blind; r->family is built. */
void family_blindness(struct report *r);

/* Attributed members that hold pipes or sockets, and their parents: whose threads are worth
 * a look. */
void family_pipe_users(const struct snapshot *s, const struct family *f, struct arena *a,
		       struct people *out);
/* Of a whole machine: who is blocked at a pipe in a way that may be no ordinary wait, with
 * those at its other end. */
void family_pipe_suspects(const struct snapshot *s, const struct family *f,
			  const struct holders *h, struct arena *a, struct people *out);
/* A pipe or socket pair of theirs has an end that nobody known holds. */
bool family_end_unaccounted(const struct family *f, const struct holders *h);
/* What to ask of single descriptors: live_descriptors(). */
const struct fd_question *family_questions(const struct snapshot *s, const struct family *f,
					   struct arena *a, size_t *n);
