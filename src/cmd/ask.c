/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One kind of target at a time: what two kinds together mean, nobody could say. */
#include "cmd/ask.h"

#include <errno.h>
#include <stdio.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/suggest.h"

void ask_init(struct ask *a, const char *who)
{
	*a = (struct ask){ .who = who, .q.kind = TARGET_ALL };
	a->q.policy = policy_default();
	a->q.pids = a->pids;
}

int ask_wrong(const struct ask *a, const char *option, const char *word, const char *why)
{
	fprintf(stderr, "%s: %s", a->who, option);
	if (word) {
		fprintf(stderr, " `");
		suggest_typed(word, 60);
		fputc('\'', stderr);
	}
	fprintf(stderr, ": %s\n", why);
	return CMD_USAGE;
}

static int set_kind(struct ask *a, enum target_kind kind, const char *word)
{
	if (a->given && (a->q.kind != kind || kind != TARGET_PID))
		return ask_wrong(a, "TARGET", NULL,
				 "one kind of target at a time; only --pid may be repeated");
	if (word && !*word)
		return ask_wrong(a, "TARGET", NULL, "it is empty");
	a->given = true;
	a->q.kind = kind;
	a->q.word = word;
	return 0;
}

static int add_pid(struct ask *a, const char *word)
{
	int pid, err = text_pid(text_of(word), &pid);

	if (err)
		return ask_wrong(a, "--pid", word, err == -ERANGE ?
				 "pids run from 1 to 4194304" : "not a process number");
	err = set_kind(a, TARGET_PID, NULL);
	if (err)
		return err;
	if (a->q.pid_n == ASK_PIDS_MOST)
		return ask_wrong(a, "--pid", word, "that is more pids than one scan takes (256)");
	for (size_t i = 0; i < a->q.pid_n; i++)
		if (a->pids[i] == pid)
			return 0;
	a->pids[a->q.pid_n++] = pid;
	return 0;
}

bool ask_take(struct ask *a, int got, const char *word, int *status)
{
	switch (got) {
	case 'p':
		*status = add_pid(a, word);
		return true;
	case 'n':
		*status = set_kind(a, TARGET_NAME, word);
		return true;
	case 'u':
		*status = set_kind(a, TARGET_UNIT, word);
		return true;
	case 'g':
		*status = set_kind(a, TARGET_CGROUP, word);
		return true;
	case 'a':
		*status = set_kind(a, TARGET_ALL, NULL);
		return true;
	case ASK_COOKIE:
		*status = set_kind(a, TARGET_COOKIE, word);
		return true;
	default:
		return false;
	}
}

int ask_time(const struct ask *a, const char *option, const char *word, uint64_t *out)
{
	return text_duration_ns(text_of(word), out) ?
	       ask_wrong(a, option, word, "not a duration such as 250ms, 10s, 5m") : 0;
}
