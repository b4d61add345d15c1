/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "source/live_work.h"

#include <string.h>

struct live_crew {
	struct snapshot_helper helper;
	struct crew *crew;
};

static void go_home(struct snapshot_helper *h)
{
	crew_end(((struct live_crew *)h)->crew);
}

int live_work(struct snapshot *s, const struct work *w, struct work_result *out)
{
	struct live_crew *c = (struct live_crew *)s->helper;

	if (!c) {
		c = arena_alloc(s->arena, sizeof(*c));
		c->helper.end = go_home;
		c->crew = crew_new(s->arena);
		s->helper = &c->helper;
	}
	return crew_run(c->crew, w, out);
}

void *live_copy(struct snapshot *s, const void *list, size_t n, size_t size)
{
	void *copy = arena_calloc(s->arena, n, size);

	if (n)
		memcpy(copy, list, n * size);
	return copy;
}
