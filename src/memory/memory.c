/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening: made when missing, converted when older, set aside when damaged, each under the
 * lock of its directory, so that of two checks at once one does it.
 */
#include "memory/store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAY_S INT64_C(86400)
#define AGE_MOST_S (31 * DAY_S)
#define BYTES_MOST (INT64_C(32) << 20)

/* Whatever stands in the way of a good file, by one step; 0: look again. */
static int mend(struct memory *m, int err, ino_t inode, char why[MEMORY_WHY])
{
	switch (err) {
	case -ENOENT:
		return m->use == MEMORY_WRITE ? place_make(m->path) : err;
	case -ESTALE:
		return store_upgrade(m);
	case -EBADMSG:
		store_close(m);
		return m->use == MEMORY_WRITE ? place_set_aside(m->path, inode, why) : err;
	default:
		return err;
	}
}

/* Missing, then empty, then of the wrong version: at most so many steps lead to a good one. */
static int open_locked(struct memory *m, char why[MEMORY_WHY])
{
	int err = -ENOENT;

	for (unsigned step = 0; step < 5; step++) {
		char words[MEMORY_WHY] = "";
		ino_t inode = 0;

		place_inode(m->path, &inode);
		err = store_open(m, words);
		/* the remark that a damaged one was set aside is worth more */
		if (*words && (err || !*why))
			memcpy(why, words, MEMORY_WHY);
		if (!err)
			return 0;
		err = mend(m, err, inode, why);
		m->damaged = false;
		store_close(m);
		if (err == -EBADMSG && m->use == MEMORY_WRITE)
			err = place_set_aside(m->path, inode, why);
		if (err)
			return err;
	}
	return err ? err : -EBUSY;
}

static int open_any(struct memory *m, char why[MEMORY_WHY])
{
	int err = store_open(m, why), lock;

	if (err != -ENOENT && err != -ESTALE && err != -EBADMSG)
		return err;
	store_close(m);
	if (m->use == MEMORY_READ && err == -ENOENT) {
		snprintf(why, MEMORY_WHY, "there is no state file yet: leakscan check makes it");
		return err;
	}
	why[0] = '\0';
	lock = place_lock(m->path);
	if (lock < 0) {
		err = lock;
	} else {
		err = open_locked(m, why);
		close(lock);
	}
	if (err && !*why)
		snprintf(why, MEMORY_WHY, "cannot use the state file: %s", store_words(err));
	return err;
}

int memory_open(const char *path, enum memory_use use, struct memory **out, char why[MEMORY_WHY])
{
	struct memory *m = calloc(1, sizeof(*m));
	int err;

	why[0] = '\0';
	if (!m)
		return -ENOMEM;
	m->use = use;
	m->age_most_s = AGE_MOST_S;
	m->bytes_most = BYTES_MOST;
	err = place_find(path, use, m->path, why);
	if (!err)
		err = open_any(m, why);
	if (err) {
		memory_close(m);
		return err;
	}
	*out = m;
	return 0;
}

void memory_close(struct memory *m)
{
	if (m)
		store_close(m);
	free(m);
}

void memory_limit(struct memory *m, int64_t age_most_s, int64_t bytes_most)
{
	m->age_most_s = age_most_s;
	m->bytes_most = bytes_most;
}

const char *memory_path(const struct memory *m)
{
	return m->path;
}
