/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One kind of TARGET at a time: what two kinds together would mean, nobody could guess. */
#include "cmd/target_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmds.h"
#include "cmd/suggest.h"

#define SHOWN_MOST 60

int usage_error(const char *who, const char *what, const char *word, const char *why)
{
	fprintf(stderr, "%s: %s", who, what);
	if (word) {
		fprintf(stderr, " `");
		suggest_typed(word, SHOWN_MOST);
		fputc('\'', stderr);
	}
	fprintf(stderr, ": %s\n", why);
	return CMD_USAGE;
}

int add_pid(const char *who, const char *option, struct text word, pid_t *list, size_t *n)
{
	int pid, err = text_pid(word, &pid);
	char shown[SHOWN_MOST + 1];

	snprintf(shown, sizeof(shown), "%.*s", (int)(word.n < SHOWN_MOST ? word.n : SHOWN_MOST),
		 word.at);
	if (err)
		return usage_error(who, option, shown, err == -ERANGE ?
				   "pids run from 1 to 4194304" : "not a process number");
	for (size_t i = 0; i < *n; i++)
		if (list[i] == pid)
			return 0;
	if (*n == TARGET_PIDS_MOST)
		return usage_error(who, option, shown, "that is more pids than it takes (256)");
	list[(*n)++] = pid;
	return 0;
}

int take_duration(const char *who, const char *option, const char *word, uint64_t *out)
{
	return text_duration_ns(text_of(word), out) ?
		usage_error(who, option, word, "not a duration such as 250ms, 10s, 5m") : 0;
}

int take_source(const char *who, const char *word, enum live_source *out)
{
	static const char *const words[] = {
		[LIVE_AUTO] = "auto", [LIVE_BPF] = "bpf", [LIVE_PROCFS] = "procfs",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(word, words[i])) {
			*out = (enum live_source)i;
			return 0;
		}
	return usage_error(who, "--source", word, "auto, bpf or procfs");
}

int take_confidence(const char *who, const char *word, enum confidence *out)
{
	if (!strcmp(word, "exact"))
		*out = CONF_EXACT;
	else if (!strcmp(word, "strong"))
		*out = CONF_STRONG;
	else
		return usage_error(who, "--confidence", word, "exact or strong");
	return 0;
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

void target_options_init(struct target_options *o, struct question *q, const char *who)
{
	q->kind = TARGET_ALL;
	q->policy = policy_default();
	q->pipes_of_all = true;
	o->who = who;
	o->q = q;
}

bool is_target_option(int got)
{
	return got == 'p' || got == 'n' || got == 'u' || got == 'g' || got == 'a' ||
		got == OPT_TARGET_COOKIE || got == OPT_SOURCE;
}

int take_target_option(struct target_options *o, int got, const char *word)
{
	int err;

	switch (got) {
	case 'p':
		o->q->pids = o->pids;
		err = add_pid(o->who, "--pid", text_of(word), o->pids, &o->q->pid_n);
		return err ? err : set_kind(o, TARGET_PID, NULL);
	case 'n':
		return set_kind(o, TARGET_NAME, word);
	case 'u':
		return set_kind(o, TARGET_UNIT, word);
	case 'g':
		return set_kind(o, TARGET_CGROUP, word);
	case OPT_TARGET_COOKIE:
		return set_kind(o, TARGET_COOKIE, word);
	case OPT_SOURCE:
		o->source_given = true;
		return take_source(o->who, word, &o->q->source);
	default:
		return set_kind(o, TARGET_ALL, NULL);
	}
}

int check_target_options(const struct target_options *o)
{
	return o->source_given && o->q->from ?
		usage_error(o->who, "--source", NULL,
			    "a record was looked at already; leave out --source or --from") : 0;
}
