/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One kind of target at a time; only pids may be several. */
#include "cmd/target_options.h"

#include <errno.h>
#include <stdio.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/suggest.h"

int usage_error(const char *who, const char *what, const char *word, const char *why)
{
	fprintf(stderr, "%s: %s", who, what);
	if (word) {
		fprintf(stderr, " `");
		suggest_typed(word, 60);
		fputc('\'', stderr);
	}
	fprintf(stderr, ": %s\n", why);
	return CMD_USAGE;
}

static int set_kind(struct target_options *o, enum target_kind kind, const char *word)
{
	if (o->given && (o->q->kind != kind || kind != TARGET_PID))
		return usage_error(o->who, "TARGET", NULL,
				   "one kind of target at a time; only --pid may be repeated");
	if (word && !*word)
		return usage_error(o->who, "TARGET", NULL, "it is empty");
	o->given = true;
	o->q->kind = kind;
	o->q->word = word;
	return 0;
}

static int add_pid(struct target_options *o, const char *word)
{
	int pid, err = text_pid(text_of(word), &pid);

	if (err)
		return usage_error(o->who, "--pid", word, err == -ERANGE ?
				   "pids run from 1 to 4194304" : "not a process number");
	err = set_kind(o, TARGET_PID, NULL);
	if (err)
		return err;
	if (o->q->pid_n == TARGET_PIDS_MOST)
		return usage_error(o->who, "--pid", word,
				   "that is more pids than one scan takes (256)");
	o->q->pids = o->pids;
	for (size_t i = 0; i < o->q->pid_n; i++)
		if (o->pids[i] == pid)
			return 0;
	o->pids[o->q->pid_n++] = pid;
	return 0;
}

int target_option(struct target_options *o, int got, const char *argument)
{
	switch (got) {
	case 'p':
		return add_pid(o, argument);
	case 'n':
		return set_kind(o, TARGET_NAME, argument);
	case 'u':
		return set_kind(o, TARGET_UNIT, argument);
	case 'g':
		return set_kind(o, TARGET_CGROUP, argument);
	case 'a':
		return set_kind(o, TARGET_ALL, NULL);
	case OPT_COOKIE:
		return set_kind(o, TARGET_COOKIE, argument);
	default:
		return -1;
	}
}
