/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The letters are those of htop.  What is reaped was selected by eye and is confirmed, so
 * strong evidence is enough here, where a command line asks for exact one.
 */
#include "cmd/top_options.h"

#include <stdio.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/suggest.h"

#define DELAY_LEAST_NS UINT64_C(500000000)
#define DELAY_MOST_NS (UINT64_C(3600) * 1000000000)

enum { OPT_COLOR = 256, OPT_READONLY, OPT_MIN_AGE, OPT_CONFIDENCE, OPT_GRACE, OPT_AUDIT };

static const struct option options[] = {
	TARGET_OPTIONS,
	SOURCE_OPTION,
	{ "delay", required_argument, NULL, 'd' },
	{ "no-color", no_argument, NULL, 'C' },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "no-mouse", no_argument, NULL, 'M' },
	{ "no-unicode", no_argument, NULL, 'U' },
	{ "readonly", no_argument, NULL, OPT_READONLY },
	{ "min-age", required_argument, NULL, OPT_MIN_AGE },
	{ "confidence", required_argument, NULL, OPT_CONFIDENCE },
	{ "grace", required_argument, NULL, OPT_GRACE },
	{ "audit", required_argument, NULL, OPT_AUDIT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: leakscan top [TARGET] [OPTION]...\n\n"
	     "The dashboard: watch a leak happen, understand it, end it.  ? shows the keys.\n"
	     "`leakscan' alone on a terminal is the same as `leakscan top --all'.\n\n"
	     "  -p, --pid PID         an application by its pid, alive or dead; repeatable\n"
	     "  -n, --name REGEX      those whose name or command line matches (extended regex)\n"
	     "  -u, --unit UNIT       a systemd unit\n"
	     "  -g, --cgroup PATH     a control group, with or without /sys/fs/cgroup\n"
	     "      --cookie ID       what was started under the `leakscan run` with that LEAKSCAN_ID\n"
	     "  -a, --all             every application on this machine (default)\n\n"
	     SOURCE_HELP
	     "  -d, --delay TIME      between two looks, 500ms at least (as the cost allows)\n"
	     "  -C, --no-color        attributes only\n"
	     "      --color[=WHEN]    auto, always or never\n"
	     "  -M, --no-mouse        leave the mouse to the terminal\n"
	     "  -U, --no-unicode      draw with ASCII only\n"
	     "      --readonly        look only: there is no key that ends anybody\n"
	     "      --min-age TIME    younger orphans and zombies are only mentioned (1s)\n"
	     "      --confidence HOW  reap on exact or on strong evidence (strong)\n"
	     "      --grace TIME      between SIGTERM and SIGKILL, for all together (5s)\n"
	     "      --audit FILE      append what is done as JSON lines; no line, no signal\n"
	     "  -h, --help            this help\n"
	     "  -V, --version         version\n\n"
	     "Exit status: 0 left by a key, 2 usage, 3 failed.");
}

static int set_delay(struct top_options *o, const char *word)
{
	int err = take_duration(TOP_WHO, "--delay", word, &o->delay_ns);

	if (!err && (o->delay_ns < DELAY_LEAST_NS || o->delay_ns > DELAY_MOST_NS))
		return usage_error(TOP_WHO, "--delay", word, "from 500ms to 1h");
	return err;
}

static int take(struct top_options *o, int got, char **argv)
{
	if (is_target_option(got))
		return take_target_option(&o->target, got, optarg);
	switch (got) {
	case 'd':
		return set_delay(o, optarg);
	case 'C':
		o->colour = "never";
		return 0;
	case OPT_COLOR:
		o->colour = optarg ? optarg : "always";
		return 0;
	case 'M':
		o->mouse = false;
		return 0;
	case 'U':
		o->unicode = false;
		return 0;
	case OPT_READONLY:
		o->readonly = true;
		return 0;
	case OPT_MIN_AGE:
		return take_duration(TOP_WHO, "--min-age", optarg, &o->policy.min_age_ns);
	case OPT_CONFIDENCE:
		return take_confidence(TOP_WHO, optarg, &o->policy.confidence);
	case OPT_GRACE:
		return take_duration(TOP_WHO, "--grace", optarg, &o->policy.grace_ns);
	case OPT_AUDIT:
		o->audit = optarg;
		return 0;
	default:
		suggest_option(TOP_WHO, argv, got, options);
		return CMD_USAGE;
	}
}

int top_options_read(struct top_options *o, int argc, char **argv)
{
	int got, status = 0;

	*o = (struct top_options){ .colour = "auto", .mouse = true, .unicode = true };
	target_options_init(&o->target, &o->q, TOP_WHO);
	o->q.pipes_of_all = false;	/* not once a second */
	o->policy = reap_policy_default();
	o->policy.confidence = CONF_STRONG;
	optind = 0;
	while (!status && (got = option_next(argc, argv, ":" TARGET_LETTERS "d:CMUhV", options)) != -1) {
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
		return usage_error(TOP_WHO, "argument", argv[optind],
				   "a TARGET is named by -p, -n, -u, -g or -a; see `leakscan top --help`");
	o->q.policy.min_age_ns = o->policy.min_age_ns;
	return -1;
}
