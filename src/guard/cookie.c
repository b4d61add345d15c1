/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See cookie.h.  Anybody may read another's limits, even a zombie's; environments not. */
#include "guard/cookie.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#define MARK (UINT64_C(1) << 62)
#define ID_BITS 60

int cookie_make(struct cookie *c)
{
	struct rlimit limit;

	do {
		if (getrandom(&c->id, sizeof(c->id), 0) != (ssize_t)sizeof(c->id))
			return errno == EINTR ? -EAGAIN : -errno;
		c->id &= (UINT64_C(1) << ID_BITS) - 1;
	} while (!c->id);
	snprintf(c->text, sizeof(c->text), "%016" PRIx64, c->id);
	c->marked = !getrlimit(RLIMIT_LOCKS, &limit) &&
		    (limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= (MARK | c->id));
	return 0;
}

int cookie_wear(const struct cookie *c)
{
	const char *outer = getenv(COOKIE_NAME), *beyond = getenv(COOKIE_OUTER);
	struct rlimit limit;

	if (c->marked && !getrlimit(RLIMIT_LOCKS, &limit)) {
		limit.rlim_cur = MARK | c->id;
		setrlimit(RLIMIT_LOCKS, &limit);
	}
	if (outer && *outer && strlen(outer) == 16) {
		char list[256];

		/* so long a list of runs in runs is cut at its far end */
		snprintf(list, sizeof(list), "%s%s%s", outer, beyond ? " " : "",
			 beyond ? beyond : "");
		if (setenv(COOKIE_OUTER, list, 1))
			return -errno;
	}
	return setenv(COOKIE_NAME, c->text, 1) ? -errno : 0;
}

const char *cookie_worn(uint64_t id, const struct process *p)
{
	const char *value = process_getenv(p, COOKIE_NAME);
	const char *outer = process_getenv(p, COOKIE_OUTER);
	char text[17];

	if (process_knows(p, FACT_LIMITS) && p->locks_soft == (MARK | id))
		return "bears our RLIMIT_LOCKS mark";
	snprintf(text, sizeof(text), "%016" PRIx64, id);
	if (value && !strcmp(value, text))
		return "has our " COOKIE_NAME " in its environment";
	if (outer && strstr(outer, text))
		return "was started by a run inside this one";
	return NULL;
}
