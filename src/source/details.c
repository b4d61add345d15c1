/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only door to libproc2.  The library never says "unknown": it puts "-" or "?" in the
 * place of what it could not read or was empty (other versions "[name]"), and takes a
 * newline in an argument for its end.  Linux lets every process choose such texts for its
 * own command line as well.  The unit takes it a hundred system calls a process: facts.c
 * knows it by the control group.
 */
#include "source/details.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libproc2/pids.h>

/* Arguments may take megabytes each, and a snapshot holds thousands of processes. */
#define COMMAND_MAX 32768

enum {
	ITEM_PID, ITEM_START, ITEM_COMMAND, ITEM_EXE, ITEM_USER, ITEM_GROUP,
	ITEM_N
};

static const enum pids_item items[ITEM_N] = {
	[ITEM_PID] = PIDS_ID_PID,
	[ITEM_START] = PIDS_TICS_BEGAN,
	[ITEM_COMMAND] = PIDS_CMDLINE_V,
	[ITEM_EXE] = PIDS_EXE,
	[ITEM_USER] = PIDS_ID_EUSER,
	[ITEM_GROUP] = PIDS_ID_EGROUP,
};

struct details { struct pids_info *info; };

int details_open(struct details **out)
{
	struct details *d = calloc(1, sizeof(*d));
	enum pids_item list[ITEM_N];
	int r;

	if (!d)
		return -ENOMEM;
	memcpy(list, items, sizeof(list));
	r = procps_pids_new(&d->info, list, ITEM_N);
	if (r < 0) {
		free(d);
		return r == -ENOMEM ? -ENOMEM : -ENOSYS;
	}
	*out = d;
	return 0;
}

void details_close(struct details *d)
{
	if (!d)
		return;
	procps_pids_unref(&d->info);
	free(d);
}

static char *known(struct arena *a, const char *text)
{
	if (!text || !*text || !strcmp(text, "-") || !strcmp(text, "?"))
		return NULL;
	return arena_strdup(a, text);
}

/* Could stand for an empty command line.  A process may as well call itself so. */
static bool looks_made_up(char *const *argv)
{
	size_t n = argv[0] && !argv[1] ? strlen(argv[0]) : 0;

	return (n == 1 && (argv[0][0] == '-' || argv[0][0] == '?')) ||
	       (n >= 2 && argv[0][0] == '[' && argv[0][n - 1] == ']');
}

/* One byte tells.  This read can block as the library's own just did not. */
static bool has_command_line(pid_t pid)
{
	char path[64], byte;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	close(fd);
	return n == 1;
}

static char *command_of(struct arena *a, pid_t pid, char *const *argv)
{
	size_t n = 0, i;
	char *command, *at;

	if (!argv || !argv[0] || (looks_made_up(argv) && !has_command_line(pid)))
		return NULL;
	for (i = 0; argv[i] && n < COMMAND_MAX; i++)
		n += strlen(argv[i]) + 1;
	if (n > COMMAND_MAX)
		n = COMMAND_MAX;
	at = command = arena_alloc(a, n);
	for (i = 0; argv[i] && at < command + n; i++) {
		size_t room = (size_t)(command + n - at) - 1, length = strlen(argv[i]);

		if (length > room)
			length = room;
		memcpy(at, argv[i], length);
		at += length;
		*at++ = ' ';
	}
	/* programs that write over their arguments fill the rest with empty ones */
	while (at > command && at[-1] == ' ')
		at--;
	if (at == command)
		return NULL;
	*at = '\0';
	return command;
}

int details_read(struct details *d, struct arena *a, struct process *p)
{
	unsigned pid = (unsigned)p->id.pid;
	const struct pids_result *head;
	struct pids_fetch *fetch;
	char *command;

	fetch = procps_pids_select(d->info, &pid, 1, PIDS_SELECT_PID);
	if (!fetch || fetch->counts->total != 1)
		return -ESRCH;
	head = fetch->stacks[0]->head;
	if (head[ITEM_PID].result.s_int != p->id.pid ||
	    head[ITEM_START].result.ull_int != p->id.start_ticks)
		return -ESRCH;
	command = command_of(a, p->id.pid, head[ITEM_COMMAND].result.strv);
	p->command = command;
	p->exe = known(a, head[ITEM_EXE].result.str);
	p->user = known(a, head[ITEM_USER].result.str);
	p->group = known(a, head[ITEM_GROUP].result.str);
	p->read |= FACT_BIT(FACT_DETAILS);
	return 0;
}
