/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * New files only, and for our eyes only: the names can be guessed, and a record tells more
 * about processes than everybody may know.
 */
#include "cmd/top_save.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/output.h"
#include "cmd/top_thread.h"
#include "source/record.h"
#include "view/views.h"

#define TRIES_MOST 100		/* names of one second */

struct save_job {
	pthread_t thread;
	struct sight *sight;
	int wake, err;
	char *line;
	atomic_bool over;
};

/* Where such things go, or where we are. */
static void directory(char *out, size_t size)
{
	const char *state = getenv("XDG_STATE_HOME");

	snprintf(out, size, ".");
	if (!state || state[0] != '/')
		return;
	snprintf(out, size, "%s/leakscan", state);
	if (mkdir(out, 0700) && errno != EEXIST)
		snprintf(out, size, ".");
}

static int write_record(const struct sight *s, FILE *out)
{
	return record_write(sight_verdicts(s)->snapshot, out);
}

static int write_report(const struct sight *s, FILE *out)
{
	const struct view_options o = { .version = VERSION };
	const struct verdicts *v = sight_verdicts(s);

	return view_json((const struct report *const *)v->list, v->n, &o, out);
}

static int write_new(const char *path, int (*what)(const struct sight *s, FILE *out),
		     const struct sight *s)
{
	FILE *out;
	int err = output_private(&out, path, O_EXCL);

	if (err)
		return err;
	err = what(s, out);
	if (fclose(out) && !err)
		err = -errno;
	return err;
}

static int save(const struct sight *s, char **line)
{
	char where[512], when[32], stem[600], path[620];
	time_t now = time(NULL);
	struct tm tm;
	int err = -EEXIST;

	directory(where, sizeof(where));
	if (!localtime_r(&now, &tm) || !strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm))
		return -EINVAL;
	for (unsigned i = 0; err == -EEXIST && i < TRIES_MOST; i++) {
		if (i)
			snprintf(stem, sizeof(stem), "%s/leakscan-%s-%u", where, when, i);
		else
			snprintf(stem, sizeof(stem), "%s/leakscan-%s", where, when);
		snprintf(path, sizeof(path), "%s.record", stem);
		err = write_new(path, write_record, s);
	}
	if (!err) {
		snprintf(path, sizeof(path), "%s.json", stem);
		err = write_new(path, write_report, s);
	}
	if (asprintf(line, err ? "cannot write %s: %s" : "written: %s and .record", path,
		     strerror(-err)) < 0)
		*line = NULL;
	return err;
}

static void *save_main(void *context)
{
	struct save_job *j = context;

	j->err = save(j->sight, &j->line);
	atomic_store(&j->over, true);
	thread_wake(j->wake);
	return NULL;
}

struct save_job *save_job_start(struct sight *s, int wake)
{
	struct save_job *j = calloc(1, sizeof(*j));

	if (!j)
		abort();
	j->sight = sight_keep(s);
	j->wake = wake;
	if (!thread_start(&j->thread, save_main, j))
		return j;
	sight_drop(j->sight);
	free(j);
	return NULL;
}

char *save_job_end(struct save_job *j, int *err)
{
	char *line;

	if (!atomic_load(&j->over))
		return NULL;
	pthread_join(j->thread, NULL);
	line = j->line ? j->line : strdup("cannot write");
	*err = j->err;
	sight_drop(j->sight);
	free(j);
	return line;
}
