/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pid files below /run, one level deep: a process that is named by one is meant to be there.
 * Anybody may own a directory there, so: no link followed, regular files only, no blocking.
 */
#include "source/live.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "source/live_work.h"

#define RUN_DIR "/run"
#define ENTRIES_MOST 4096

/* Collected privately: a worker that was left behind must not add to what others read. */
struct found {
	struct arena *arena;
	struct pidfile *list;
	size_t n, room;
};

static void read_pidfile(struct found *l, int dir, const char *below, const char *name)
{
	size_t n = strlen(name);
	struct pidfile *f;
	struct stat st;
	char buf[32];
	ssize_t got;
	int fd, pid;

	if (n < 5 || strcmp(name + n - 4, ".pid"))
		return;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	got = fstat(fd, &st) || !S_ISREG(st.st_mode) ? -1 : read(fd, buf, sizeof(buf));
	close(fd);
	if (got <= 0 || got == sizeof(buf))
		return;
	while (got > 0 && (buf[got - 1] == '\n' || buf[got - 1] == ' '))
		got--;
	if (text_pid((struct text){ buf, (size_t)got }, &pid))
		return;
	f = arena_push(l->arena, &l->list, &l->n, &l->room, sizeof(*f));
	f->pid = pid;
	f->path = arena_printf(l->arena, RUN_DIR "/%s%s%s", below, *below ? "/" : "", name);
}

static void scan_dir(struct found *l, int parent, const char *name, unsigned *budget)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool top = !strcmp(name, RUN_DIR);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while (*budget && (e = readdir(dir))) {
		--*budget;
		if (e->d_name[0] == '.')
			continue;
		if (e->d_type == DT_REG)
			read_pidfile(l, dirfd(dir), top ? "" : name, e->d_name);
		else if (top && e->d_type == DT_DIR)
			scan_dir(l, dirfd(dir), e->d_name, budget);
	}
	closedir(dir);
}

static void pidfiles_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct snapshot *s = context;
	struct found l = { .arena = s->arena };
	unsigned budget = ENTRIES_MOST;

	(void)own;
	(void)item;
	scan_dir(&l, AT_FDCWD, RUN_DIR, &budget);
	if (!ticket_claim(t))
		return;
	s->pidfiles = l.list;
	s->pidfile_n = l.n;
	s->pidfile_room = l.room;
}

void live_pidfiles(struct snapshot *s)
{
	struct work work = { .item = pidfiles_item, .context = s, .n = 1 };
	struct work_result result;

	live_work(s, &work, &result);
}
