/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan history.  It looks at no process: a target may be gone for weeks.  Only the
 * memory of the checks knows the past, for Linux keeps none.
 */
#include "cmd/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cmd/target_options.h"
#include "cmd/cmds.h"
#include "cmd/options.h"
#include "cmd/suggest.h"
#include "memory/memory.h"
#include "view/history.h"

#define WHO "leakscan history"
#define NS_PER_S UINT64_C(1000000000)
#define SINCE_NS (24 * 3600 * NS_PER_S)

enum { OPT_JSON = 256, OPT_TEXT, OPT_CSV, OPT_COLOR, OPT_SINCE, OPT_STATE };

static const struct option options[] = {
	TARGET_OPTIONS,
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "csv", no_argument, NULL, OPT_CSV },
	{ "text", no_argument, NULL, OPT_TEXT },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

struct past_asked {
	struct question q;
	struct target_options target;
	uint64_t since_ns;
	int form;			/* OPT_TEXT, OPT_JSON, OPT_CSV */
	unsigned verbose;
	const char *state, *colour;
};

static void print_help(void)
{
	puts("Usage: leakscan history [TARGET] [OPTION]...\n\n"
	     "What the checks have seen of a target, also of one that is gone: descriptors, zombies\n"
	     "and orphans as plots and as a table.  Without a TARGET: which targets are known.\n\n"
	     "  -p, --pid PID         the latest process with that pid\n"
	     "  -n, --name REGEX      those whose name or command line matches (extended regex)\n"
	     "  -u, --unit UNIT       a systemd unit\n"
	     "  -g, --cgroup PATH     a control group\n"
	     "      --cookie ID       what was started under one `leakscan run`\n"
	     "  -a, --all             the checks of the whole machine\n\n"
	     "      --since TIME      no more than that long ago (24h)\n"
	     "      --state FILE      what `leakscan check --state FILE` has kept\n"
	     "      --json            one JSON document\n"
	     "      --csv             comma-separated values, times in UTC\n"
	     "      --text            for people (default)\n"
	     "      --color[=WHEN]    auto, always or never\n"
	     "  -v, --verbose         every check in the table\n"
	     "  -h, --help            this help\n\n"
	     "Exit status: 0 shown, 2 usage, 3 nothing is known of it, or it cannot be read.");
}

static int take_option(struct past_asked *o, int got, char **argv)
{
	int status = 0;

	if (is_target_option(got))
		return take_target_option(&o->target, got, optarg);
	switch (got) {
	case OPT_SINCE:
		status = take_duration(WHO, "--since", optarg, &o->since_ns);
		return status || o->since_ns ? status :
		       usage_error(WHO, "--since", optarg, "more than nothing, such as 24h");
	case OPT_STATE:
		o->state = optarg;
		return 0;
	case OPT_JSON:
	case OPT_CSV:
	case OPT_TEXT:
		o->form = got;
		return 0;
	case OPT_COLOR:
		o->colour = optarg ? optarg : "always";
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	default:
		suggest_option(WHO, argv, got, options);
		return CMD_USAGE;
	}
}

static int failed(const char *why)
{
	fprintf(stderr, WHO ": %s\n", why);
	return CMD_FAILED;
}

static int show_targets(const struct past_asked *o, struct memory *m, struct arena *a,
			const struct view_options *view)
{
	struct history_target *list;
	size_t n;

	if (memory_targets(m, a, &list, &n))
		return failed("the state file cannot be read");
	return (o->form == OPT_JSON ? history_targets_json : history_targets_text)(list, n, view, stdout) ?
	       CMD_FAILED : CMD_CLEAN;
}

static int show_one(const struct past_asked *o, struct memory *m, struct arena *a,
		    const struct view_options *view)
{
	struct history_question q = { .kind = o->q.kind, .word = o->q.word };
	int64_t now = time(NULL);
	char why[MEMORY_WHY];
	struct history h;
	int err;

	if (o->q.pid_n)
		q.pid = o->target.pids[0];
	if (o->since_ns / NS_PER_S < (uint64_t)now)
		q.since_wall_s = now - (int64_t)(o->since_ns / NS_PER_S);
	err = memory_history(m, &q, a, &h, why);
	if (err == -EINVAL)
		return usage_error(WHO, "--name", q.word, "not a regular expression");
	if (err)
		return failed(why);
	return (o->form == OPT_JSON ? history_json : o->form == OPT_CSV ? history_csv :
		history_text)(&h, view, stdout) ? CMD_FAILED : CMD_CLEAN;
}

static int show(const struct past_asked *o)
{
	struct view_options view;
	char why[MEMORY_WHY];
	struct memory *m;
	struct arena *a;
	int status;

	if (options_view(&view, o->colour))
		return usage_error(WHO, "--color", o->colour, "auto, always or never");
	view.verbose = o->verbose;
	if (memory_open(o->state, MEMORY_READ, &m, why))
		return failed(why);
	a = arena_new(0);
	status = (o->target.given ? show_one : show_targets)(o, m, a, &view);
	arena_free(a);
	memory_close(m);
	return status;
}

static int check_question(const struct past_asked *o)
{
	if (o->q.pid_n > 1)
		return usage_error(WHO, "--pid", NULL, "one history at a time");
	if (!o->target.given && o->form == OPT_CSV)
		return usage_error(WHO, "--csv", NULL, "only of a TARGET");
	return 0;
}

int history_main(int argc, char **argv)
{
	struct past_asked *o = calloc(1, sizeof(*o));
	int got, status = 0;

	if (!o)
		return CMD_FAILED;
	target_options_init(&o->target, &o->q, WHO);
	o->since_ns = SINCE_NS;
	o->form = OPT_TEXT;
	o->colour = "auto";
	optind = 0;
	while (!status && (got = option_next(argc, argv, ":" TARGET_LETTERS "vh", options)) != -1) {
		if (got == 'h') {
			print_help();
			free(o);
			return CMD_CLEAN;
		}
		status = take_option(o, got, argv);
	}
	if (!status && optind < argc)
		status = usage_error(WHO, "argument", argv[optind],
				   "a TARGET is named by -p, -n, -u, -g or -a");
	status = status ? status : check_question(o);
	status = status ? status : show(o);
	free(o);
	return status;
}
