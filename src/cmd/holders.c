/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan holders.  Any process may hold it, so this looks at the descriptors of all of
 * them, in one pass.  Only the user's own argument is ever resolved as a path: through
 * /proc/PID/fd nothing is followed, for that can block for good.
 */
#include "cmd/holders.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/options.h"
#include "cmd/suggest.h"
#include "cmd/target_options.h"
#include "model/who.h"
#include "source/live.h"
#include "view/holders.h"

#define WHO "leakscan holders"
/* Who forks and ends under our eyes may pass a thing on unseen: before "nobody" is said,
 * such a look is repeated. */
#define LOOKS_MOST 3
/* All of them, TIME_WAIT too: a port in use is in use. */
#define EVERY_TCP_STATE 0x1ffeU

enum { OPT_FD = 256, OPT_PATH, OPT_PORT, OPT_PIPE, OPT_JSON, OPT_TEXT, OPT_COLOR };

static const struct option options[] = {
	{ "fd", required_argument, NULL, OPT_FD },
	{ "path", required_argument, NULL, OPT_PATH },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "pipe", required_argument, NULL, OPT_PIPE },
	SOURCE_OPTION,
	{ "json", no_argument, NULL, OPT_JSON },
	{ "text", no_argument, NULL, OPT_TEXT },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct ask {
	struct who_question q;
	bool given, json;
	enum live_source source;
	const char *colour;
	char path[PATH_MAX];
};

static void print_help(void)
{
	puts("Usage: leakscan holders --fd PID:FD | --path FILE | --port N | --pipe INODE\n\n"
	     "Who holds the other end, this file, this port: what keeps a build hanging, and\n"
	     "whose address is already in use.\n\n"
	     "      --fd PID:FD       both ends of what that descriptor is: the other end of a\n"
	     "                        pipe or socket, everybody with the same file\n"
	     "      --path FILE       who has a file, device or directory open; deleted ones\n"
	     "                        too, but not who only works in it or has it mapped\n"
	     "      --port N          TCP sockets with that local port, listening or not\n"
	     "      --pipe INODE      a pipe by the number in pipe:[NUMBER]\n\n"
	     SOURCE_HELP
	     "      --json            one JSON document\n"
	     "      --text            for people (default)\n"
	     "      --color[=WHEN]    auto, always or never\n"
	     "  -h, --help            this help\n\n"
	     "Exit status: 0 somebody holds it, 1 nobody, 2 usage, 3 could not see enough to say\n"
	     "that nobody does.");
}

static int usage(const char *what, const char *why)
{
	fprintf(stderr, WHO ": %s%s%s\n", what ? what : "", what ? ": " : "", why);
	return CMD_USAGE;
}

static int take_fd(struct who_question *q, const char *word)
{
	const char *colon = strchr(word, ':');
	uint64_t fd;
	int pid;

	if (!colon || text_pid((struct text){ word, (size_t)(colon - word) }, &pid) ||
	    text_u64(text_of(colon + 1), &fd) || fd > INT_MAX)
		return usage("--fd", "takes PID:FD, such as 4711:5");
	q->pid = pid;
	q->fd = (int)fd;
	return 0;
}

/* The name that the kernel gives in links: absolute, without symbolic links.  Of a file
 * that is gone its directory may still be there. */
static int take_path(struct ask *o, const char *word)
{
	char real[PATH_MAX], copy[PATH_MAX];
	char *slash;
	int n;

	o->q.path = o->path;
	if (realpath(word, o->path))
		return 0;
	n = snprintf(copy, sizeof(copy), "%s%s", strchr(word, '/') ? "" : "./", word);
	slash = n < (int)sizeof(copy) ? strrchr(copy, '/') : NULL;
	if (!slash || !slash[1])
		return usage("--path", "no such file or directory");
	*slash = '\0';
	if (!realpath(slash == copy ? "/" : copy, real)) {
		if (word[0] != '/')
			return usage("--path", "its directory cannot be found");
		snprintf(real, sizeof(real), "%s", copy);
	}
	n = snprintf(o->path, sizeof(o->path), "%s/%s", strcmp(real, "/") ? real : "", slash + 1);
	return n < (int)sizeof(o->path) ? 0 : usage("--path", "it is too long");
}

static int take_port(struct who_question *q, const char *word)
{
	uint64_t port;

	if (text_u64(text_of(word), &port) || port < 1 || port > UINT16_MAX)
		return usage("--port", "takes a port number from 1 to 65535");
	q->port = (uint16_t)port;
	return 0;
}

static int take_pipe(struct who_question *q, const char *word)
{
	struct text t = text_of(word);

	if (text_starts(t, "pipe:[") && t.at[t.n - 1] == ']')
		t = (struct text){ t.at + 6, t.n - 7 };
	if (text_u64(t, &q->inode) || !q->inode)
		return usage("--pipe", "takes the number of pipe:[NUMBER]");
	return 0;
}

static int take_question(struct ask *o, int got, const char *word)
{
	if (o->given)
		return usage("holders", "one question at a time");
	o->given = true;
	switch (got) {
	case OPT_FD:
		o->q.kind = WHO_FD;
		return take_fd(&o->q, word);
	case OPT_PATH:
		o->q.kind = WHO_PATH;
		return take_path(o, word);
	case OPT_PORT:
		o->q.kind = WHO_PORT;
		return take_port(&o->q, word);
	default:
		o->q.kind = WHO_PIPE;
		return take_pipe(&o->q, word);
	}
}

static int take_option(struct ask *o, int got, char **argv)
{
	switch (got) {
	case OPT_FD:
	case OPT_PATH:
	case OPT_PORT:
	case OPT_PIPE:
		return take_question(o, got, optarg);
	case OPT_SOURCE:
		return take_source(WHO, optarg, &o->source);
	case OPT_JSON:
	case OPT_TEXT:
		o->json = got == OPT_JSON;
		return 0;
	case OPT_COLOR:
		o->colour = optarg ? optarg : "always";
		return 0;
	default:
		suggest_option(WHO, argv, got, options);
		return CMD_USAGE;
	}
}

/* Everything the answer needs, by one pass over everybody. */
static void look(struct snapshot *s, const struct who_question *q)
{
	const struct same_file *pairs;
	size_t n;

	live_machine(s, FACT_BIT(FACT_STATUS) | FACT_BIT(FACT_FDS));
	if (q->kind == WHO_FD || q->kind == WHO_PORT)
		live_sockets(s, EVERY_TCP_STATE);
	pairs = who_pairs(s, q, s->arena, &n);
	live_same_files(s, pairs, n);
}

static void details_of(struct snapshot *s, const struct who_answer *w)
{
	struct process **list = arena_calloc(s->arena, w->line_n + 1, sizeof(struct process *));
	size_t n = 0;

	for (size_t i = 0; i < w->line_n; i++) {
		struct process *p = snapshot_find(s, w->lines[i].process->id.pid);
		bool there = false;

		for (size_t j = 0; j < n && !there; j++)
			there = list[j] == p;
		if (!there)
			list[n++] = p;
	}
	live_facts(s, list, n, FACT_BIT(FACT_DETAILS));
}

static int fail(struct snapshot *s, const struct who_question *q, int err)
{
	const char *why = err == -ESRCH ? "there is no such process" :
			  err == -EACCES ? "its descriptors cannot be read: root or its user may" :
					   "it has no such descriptor";

	fprintf(stderr, WHO ": %d:%d: %s\n", q->pid, q->fd, why);
	snapshot_free(s);
	return CMD_FAILED;
}

/* 0, or the exit status. */
static int find_out(const struct who_question *q, enum live_source source, struct snapshot **out,
		    struct who_answer *w)
{
	for (unsigned looks = 1;; looks++) {
		struct snapshot *s;
		char why[256];
		int err = live_walk(source, &s);

		if (err) {
			judge_no_look(source, err, why, sizeof(why));
			fprintf(stderr, WHO ": %s\n", why);
			return CMD_FAILED;
		}
		look(s, q);
		err = who_holds(s, q, s->arena, w);
		if (err)
			return fail(s, q, err);
		if (w->verdict == WHO_HELD || !w->ended || looks == LOOKS_MOST) {
			*out = s;
			return 0;
		}
		snapshot_free(s);
	}
}

static int answer(const struct ask *o)
{
	static const int statuses[] = { [WHO_HELD] = 0, [WHO_NOBODY] = 1, [WHO_UNKNOWN] = 3 };
	struct view_options view;
	struct who_answer w;
	struct snapshot *s;
	int err;

	if (options_view(&view, o->colour))
		return usage("--color", "takes auto, always or never");
	err = find_out(&o->q, o->source, &s, &w);
	if (err)
		return err;
	details_of(s, &w);
	err = (o->json ? holders_json : holders_text)(&w, &view, stdout);
	snapshot_free(s);
	return err ? CMD_FAILED : statuses[w.verdict];
}

int holders_main(int argc, char **argv)
{
	struct ask *o = calloc(1, sizeof(*o));
	int got, status = 0;

	if (!o)
		return CMD_FAILED;
	o->colour = "auto";
	optind = 0;
	while (!status && (got = option_next(argc, argv, ":h", options)) != -1) {
		if (got == 'h') {
			print_help();
			free(o);
			return CMD_CLEAN;
		}
		status = take_option(o, got, argv);
	}
	if (!status && optind < argc)
		status = usage(argv[optind], "ask with --fd PID:FD, --path FILE, --port N or --pipe INODE");
	if (!status && !o->given)
		status = usage(NULL, "who holds what? ask with --fd PID:FD, --path FILE, --port N or --pipe INODE");
	if (!status)
		status = answer(o);
	free(o);
	return status;
}
