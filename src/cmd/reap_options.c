/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TARGET must be named: no default may kill.
 */
#include "cmd/reap_options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/suggest.h"
#include "cmd/target_options.h"

enum {
	OPT_COLOR = 256, OPT_JSON, OPT_TEXT, OPT_MIN_AGE, OPT_SELECT, OPT_CONFIDENCE, OPT_GRACE,
	OPT_WITH_TARGET, OPT_MAX, OPT_AUDIT, OPT_SOCKETS, OPT_LEADER, OPT_YES, OPT_FROM,
};

static const struct option options[] = {
	TARGET_OPTIONS,
	SOURCE_OPTION,
	{ "yes", no_argument, NULL, OPT_YES },
	{ "select", required_argument, NULL, OPT_SELECT },
	{ "confidence", required_argument, NULL, OPT_CONFIDENCE },
	{ "grace", required_argument, NULL, OPT_GRACE },
	{ "with-target", no_argument, NULL, OPT_WITH_TARGET },
	{ "max", required_argument, NULL, OPT_MAX },
	{ "min-age", required_argument, NULL, OPT_MIN_AGE },
	{ "leader-first", no_argument, NULL, OPT_LEADER },
	{ "close-sockets", no_argument, NULL, OPT_SOCKETS },
	{ "audit", required_argument, NULL, OPT_AUDIT },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "text", no_argument, NULL, OPT_TEXT },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: leakscan reap TARGET [OPTION]...\n\n"
	     "Ends what the target has leaked.  Prints the plan, and whom it refuses to touch\n"
	     "and why; only --yes acts: SIGTERM leader first, up to 5 s, SIGKILL, verified.\n\n"
	     "  -p, --pid PID          an application by its pid, alive or dead; repeatable\n"
	     "  -n, --name REGEX       those whose name or command line matches (extended regex)\n"
	     "  -u, --unit UNIT        a systemd unit\n"
	     "  -g, --cgroup PATH      a control group, with or without /sys/fs/cgroup\n"
	     "      --cookie ID        what a `leakscan run` with that LEAKSCAN_ID left\n"
	     "  -a, --all              every application on this machine\n\n"
	     "      --yes              act; without it nothing is signalled\n"
	     "      --select PID,...   only these and what is below them; also daemons, if named\n"
	     "      --confidence HOW   exact (default) or strong\n"
	     "      --grace TIME       between SIGTERM and SIGKILL, for all together (5s)\n"
	     "      --with-target      the target and its living children, too\n"
	     "      --max N            when there are more victims in all, touch none (10)\n"
	     "      --min-age TIME     leave younger orphans alone (1s)\n"
	     "      --leader-first     parents before children (always so)\n"
	     "      --close-sockets    end nobody: shut the listening TCP sockets of those that\n"
	     "                         would be ended, so that their ports are free\n"
	     "      --audit FILE       append what is done as JSON lines; no line, no signal\n"
	     "      --from FILE        plan on a record; it can never be acted on\n"
	     "      --source SOURCE    how to look for the plan: auto (default), bpf or procfs\n"
	     "      --json             one JSON document\n"
	     "      --text             for people (default)\n"
	     "      --color[=WHEN]     auto, always or never\n"
	     "  -h, --help             this help\n"
	     "  -V, --version          version\n\n"
	     "Exit status: 0 nothing to do or all cleaned, 1 something to do, survivors, or a leak\n"
	     "that is not touched, 2 usage, 3 failed, or nothing found and not all could be seen.\n"
	     "Options must be spelled out.");
}

static int usage(const char *what, const char *word, const char *why)
{
	return usage_error(REAP_WHO, what, word, why);
}

static int select_pids(struct reap_options *o, const char *words)
{
	for (;;) {
		size_t n = strcspn(words, ",");
		int status = add_pid(REAP_WHO, "--select", (struct text){ words, n },
				     o->selected, &o->policy.selected_n);

		if (status || !words[n])
			return status;
		words += n + 1;
	}
}

static int set_max(struct reap_options *o, const char *word)
{
	uint64_t n;

	if (text_u64(text_of(word), &n) || !n || n > 100000)
		return usage("--max", word, "a number from 1 to 100000");
	o->policy.max = n;
	return 0;
}

static int take(struct reap_options *o, int got, char **argv)
{
	if (is_target_option(got))
		return take_target_option(&o->target, got, optarg);
	switch (got) {
	case OPT_YES:
		o->yes = true;
		return 0;
	case OPT_SELECT:
		return select_pids(o, optarg);
	case OPT_CONFIDENCE:
		return take_confidence(REAP_WHO, optarg, &o->policy.confidence);
	case OPT_GRACE:
		return take_duration(REAP_WHO, "--grace", optarg, &o->policy.grace_ns);
	case OPT_MIN_AGE:
		return take_duration(REAP_WHO, "--min-age", optarg, &o->policy.min_age_ns);
	case OPT_MAX:
		return set_max(o, optarg);
	case OPT_WITH_TARGET:
		o->policy.with_target = true;
		return 0;
	case OPT_SOCKETS:
		o->policy.sockets_only = true;
		return 0;
	case OPT_LEADER:
		return 0;
	case OPT_AUDIT:
		o->audit = optarg;
		return 0;
	case OPT_FROM:
		o->q.from = optarg;
		return 0;
	case OPT_JSON: case OPT_TEXT:
		o->json = got == OPT_JSON;
		return 0;
	case OPT_COLOR:
		o->colour = optarg ? optarg : "always";
		return 0;
	default:
		suggest_option(REAP_WHO, argv, got, options);
		return CMD_USAGE;
	}
}

int reap_options_read(struct reap_options *o, int argc, char **argv)
{
	int got, status = 0;

	*o = (struct reap_options){ .colour = "auto" };
	o->policy = reap_policy_default();
	o->policy.selected = o->selected;
	target_options_init(&o->target, &o->q, REAP_WHO);
	optind = 0;
	while (!status && (got = option_next(argc, argv, ":" TARGET_LETTERS "hV", options)) != -1) {
		if (got == 'h' || got == 'V') {
			if (got == 'h')
				print_help();
			else
				puts("leakscan " VERSION);
			return CMD_CLEAN;
		}
		status = take(o, got, argv);
	}
	if (status)
		return status;
	if (optind < argc)
		return usage("argument", argv[optind],
			     "a TARGET is named by -p, -n, -u, -g, -a or --cookie; see `leakscan reap --help`");
	if (!o->target.given)
		return usage("TARGET", NULL, "name one by -p, -n, -u, -g, -a or --cookie; see `leakscan reap --help`");
	if (check_target_options(&o->target))
		return CMD_USAGE;
	if (o->policy.sockets_only && o->policy.with_target)
		return usage("--close-sockets", NULL, "never of the target: leave out --with-target");
	if (o->yes && o->q.from)
		return usage("--from", o->q.from, "a record cannot be acted on: leave out --yes");
	if (o->audit && !o->yes)
		return usage("--audit", o->audit, "a plan does nothing that could be written down: with --yes only");
	o->q.policy.min_age_ns = o->policy.min_age_ns;
	return -1;
}
