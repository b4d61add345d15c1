/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Series as lines of a record, for the tests of the growth detectors. */
#ifndef TESTS_GROWTH_LINES_H
#define TESTS_GROWTH_LINES_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "scene.h"

enum { GROWTH_SAMPLES = 41 };

/* `words` ("pid=200 of=fds"), then 41 samples in 10 s up to now: from `first`, by `rate` a
 * second, back by `reset` whenever that much has come together (0: never). */
static inline void growth_line(FILE *out, const char *words, int64_t first, double rate,
			       int64_t reset)
{
	fprintf(out, "series %s samples=", words);
	for (int i = 0; i < GROWTH_SAMPLES; i++) {
		int64_t rise = (int64_t)(rate * i / 4);

		fprintf(out, "%s%" PRIu64 ":%" PRId64, i ? "," : "",
			UINT64_C(990000000000) + (uint64_t)i * 250000000,
			first + (reset ? rise % reset : rise));
	}
	fputc('\n', out);
}

/* A target, 200, that started `age` seconds ago, and the lines behind it. */
struct growth_scene { char *text; size_t n; FILE *out; };

static inline void growth_begin(struct growth_scene *g, int age, const char *keys)
{
	g->out = open_memstream(&g->text, &g->n);
	if (!g->out)
		abort();
	fprintf(g->out, "%s%sprocess pid=200 start=%d ppid=100 pgid=100 sid=100 state=S "
		"threads=1 comm=app fds=50 %s\n", INIT, SHELL, (1000 - age) * 100, keys);
}

static inline struct scene_fixture *growth_end(struct growth_scene *g)
{
	struct scene_fixture *f;

	fclose(g->out);
	f = scene_from(g->text, 200);
	free(g->text);
	return f;
}

#endif
