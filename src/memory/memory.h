/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one look cannot know, from check to check: since when a zombie is one, what grew
 * between the checks, whether a state comes and goes.  One SQLite file, and the only room
 * that knows SQLite.  Linux keeps no history of a process at all.
 *
 * The order of a check:
 *	memory_open()		at the start; without it the check goes on, and says why
 *	judge()			with the memory in its question: it calls memory_recall(), so
 *				that the growth detectors see the series between the checks
 *	memory_zombie() ...	questions about the past; the present is not in it yet
 *	memory_note()		at the end: this run, in one transaction
 *	memory_close()
 * Reading and writing are apart: two checks at once cannot hold one another up for longer
 * than one of them writes.  What fails here never makes a finding less bad: without a
 * memory an age is the one of this look, and a growth is not judged.  A check whose
 * thresholds rest on the memory must then be UNKNOWN, not OK.
 */
#pragma once

#include "model/history.h"
#include "model/report.h"

struct memory;

/* Words for people, printable; "" when all is well. */
#define MEMORY_WHY 320

enum memory_use {
	MEMORY_WRITE,		/* made when it is not there */
	MEMORY_READ,		/* -ENOENT when it is not there, -EBADMSG when it is damaged */
};

/* path: --state FILE, or NULL for the default: /var/lib/leakscan/state.db for root and for
 * whoever may write there, else $XDG_STATE_HOME/leakscan/state.db, else
 * ~/.local/state/leakscan/state.db.  The default's directories are made (0700), another's
 * are not.  The file is 0600.
 * 0: *out is open; *why may have a remark all the same: a damaged file was set aside (beside
 * it, as FILE.damaged-N, its bytes as they were) and the history starts anew; or it can be
 * read but not written (no room, read-only), and then memory_note() fails with that errno.
 * Else -errno with *why, *out untouched: -EACCES -EPERM -ENOENT -ENOSPC -EROFS -EDQUOT as
 * usual; -ELOOP a symbolic link; -EPERM others could replace it: the directory is writable
 * for others, or it is another user's; -EPROTONOSUPPORT written by a newer leakscan, left
 * alone; -EEXIST an SQLite file of another program, left alone; -EBUSY locked for longer than
 * a second. */
int memory_open(const char *path, enum memory_use use, struct memory **out,
		char why[MEMORY_WHY]);
void memory_close(struct memory *m);			/* NULL is fine */
const char *memory_path(const struct memory *m);	/* raw */
/* How much is kept: 31 days and 32 MiB, unless told otherwise. */
void memory_limit(struct memory *m, int64_t age_most_s, int64_t bytes_most);

/* Adds what is known of the living members between checks to s->series, this look as the
 * last sample: descriptors and children, of the last two days of this boot.  Their series
 * have between_checks set.  NULL is fine. */
void memory_recall(struct memory *m, struct snapshot *s, const struct family *f);

/* Since when a process is known as a zombie; false: not before this look.  Nobody is
 * listed who was not dead at an earlier check with the same boot, pid and start time. */
struct memory_zombie {
	double age_seconds;	/* up to now, suspend included; at least so long */
	int64_t first_wall_s;	/* the check that saw it first */
	uint64_t checks;	/* in which it was seen, without this one */
};
bool memory_zombie(struct memory *m, const struct snapshot *s, const struct process *p,
		   struct memory_zombie *out);

/* The same target at the latest check before this one; false when there was none in this
 * boot (a target that is a process: with the same pid and start time). */
struct memory_before {
	double seconds;		/* between that look and this one; > 0 */
	struct figures figures;
};
bool memory_before(struct memory *m, const struct report *r, struct memory_before *out);

/* How often the state of this check changed in its last `last` runs, this one (with
 * `state`) included.  check: as in memory_note(). */
struct memory_flapping {
	unsigned checks;	/* known, this one included; at most `last` */
	unsigned changes;	/* between neighbours: at most checks - 1 */
};
void memory_flapping(struct memory *m, const char *check, int state, unsigned last,
		     struct memory_flapping *out);

/* Keeps one run, in one transaction: the figures of every target, descriptors and children
 * of the members, the zombies; and forgets what is too old or too much.
 * check: what names the same check from run to run (its target and thresholds); state: its
 * outcome, a small number of the caller's.  Reports of one snapshot.
 * 0, or -errno with *why: -ENOSPC, -EDQUOT, -EROFS, -EACCES, -EBUSY (others wrote for more
 * than a second), -EIO.  Nothing of the run is kept then, and all earlier ones are.  A file
 * that turns out to be damaged is set aside, and the run is kept in a new one: 0 with *why. */
int memory_note(struct memory *m, const struct report *const *reports, size_t n,
		const char *check, int state, char why[MEMORY_WHY]);

/* What memory_note() counts in a report: findings of warning or worse, and sums over those
 * members who surely belong to it. */
struct figures memory_figures(const struct report *r);

/* The past of a target, of processes that are gone, too.  since_wall_s: CLOCK_REALTIME.
 * 0 (perhaps without points); -ENOENT nothing of that name is known; -EINVAL the name is no
 * regular expression; -EIO.  All in the arena; *why as above. */
int memory_history(struct memory *m, const struct history_question *q, struct arena *a,
		   struct history *out, char why[MEMORY_WHY]);
/* What is known at all: one entry per target, latest first. */
int memory_targets(struct memory *m, struct arena *a, struct history_target **list, size_t *n);
