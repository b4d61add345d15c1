/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every command that takes a TARGET reads of its command line, so that a target means
 * the same to all of them.  Errors are told on stderr; then the exit status is returned.
 */
#pragma once

#include "base/text.h"
#include "cmd/judge.h"

#define TARGET_PIDS_MOST 256

/* `WHO: WHAT `WORD': WHY`, in one line; WORD may be NULL.  CMD_USAGE. */
int usage_error(const char *who, const char *what, const char *word, const char *why);

struct target_options {
	const char *who;		/* the command, for its errors */
	struct question *q;		/* q->pids is set to pids */
	bool given, source_given;
	pid_t pids[TARGET_PIDS_MOST];
};

/* The long options of a TARGET have these values; the short ones their letters. */
enum { OPT_TARGET_COOKIE = 1024, OPT_SOURCE };
#define TARGET_OPTIONS \
	{ "pid", required_argument, NULL, 'p' }, \
	{ "name", required_argument, NULL, 'n' }, \
	{ "unit", required_argument, NULL, 'u' }, \
	{ "cgroup", required_argument, NULL, 'g' }, \
	{ "all", no_argument, NULL, 'a' }, \
	{ "cookie", required_argument, NULL, OPT_TARGET_COOKIE }
#define TARGET_LETTERS "p:n:u:g:a"
/* Of those that look at this machine, not only at what is remembered of it. */
#define SOURCE_OPTION { "source", required_argument, NULL, OPT_SOURCE }
#define SOURCE_HELP \
	"      --source SOURCE   how to look: auto (default), bpf or procfs; see `leakscan bpf`\n"

/* All of the machine, by the default policy, until told otherwise. */
void target_options_init(struct target_options *o, struct question *q, const char *who);
bool is_target_option(int got);
/* 0, or the exit status. */
int take_target_option(struct target_options *o, int got, const char *word);
/* What makes no sense together.  0, or the exit status. */
int check_target_options(const struct target_options *o);

/* A list of pids, each at most once.  0, or the exit status. */
int add_pid(const char *who, const char *option, struct text word, pid_t *list, size_t *n);
/* auto, bpf or procfs. */
int take_source(const char *who, const char *word, enum live_source *out);
int take_duration(const char *who, const char *option, const char *word, uint64_t *out);
/* --confidence: on which evidence somebody may be ended. */
int take_confidence(const char *who, const char *word, enum confidence *out);
