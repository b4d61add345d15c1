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

enum {
	OPT_COLOR = 256, OPT_JSON, OPT_TEXT, OPT_MIN_AGE, OPT_SELECT, OPT_CONFIDENCE, OPT_GRACE,
	OPT_WITH_TARGET, OPT_MAX, OPT_AUDIT, OPT_SOCKETS, OPT_LEADER, OPT_YES, OPT_FROM,
};

static const struct option options[] = {
	ASK_OPTIONS,
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
	     "      --max N            when there are more victims, touch none (10)\n"
	     "      --min-age TIME     leave younger orphans alone (1s)\n"
	     "      --leader-first     parents before children (always so)\n"
	     "      --close-sockets    end nobody: shut the listening TCP sockets of those that\n"
	     "                         would be ended, so that their ports are free\n"
	     "      --audit FILE       append what is done as JSON lines; no line, no signal\n"
	     "      --from FILE        plan on a record; it can never be acted on\n"
	     "      --json             one JSON document\n"
	     "      --text             for people (default)\n"
	     "      --color[=WHEN]     auto, always or never\n"
	     "  -h, --help             this help\n"
	     "  -V, --version          version\n\n"
	     "Exit status: 0 nothing to do or all cleaned, 1 something to do or survivors,\n"
	     "2 usage, 3 failed.");
}

static int select_pids(struct reap_options *o, const char *words)
{
	size_t *n = &o->policy.selected_n;

	for (;; words++) {
		size_t length = strcspn(words, ",");
		char shown[32];
		int pid;

		snprintf(shown, sizeof(shown), "%.*s", (int)(length < 31 ? length : 31), words);
		if (text_pid((struct text){ words, length }, &pid))
			return ask_wrong(&o->ask, "--select", shown, "not a process number");
		if (*n == ASK_PIDS_MOST)
			return ask_wrong(&o->ask, "--select", NULL, "too many pids (256 at most)");
		o->selected[(*n)++] = pid;
		words += length;
		if (!*words)
			return 0;
	}
}

static int set_confidence(struct reap_options *o, const char *word)
{
	if (!strcmp(word, "exact"))
		o->policy.confidence = CONF_EXACT;
	else if (!strcmp(word, "strong"))
		o->policy.confidence = CONF_STRONG;
	else
		return ask_wrong(&o->ask, "--confidence", word, "exact or strong");
	return 0;
}

static int set_max(struct reap_options *o, const char *word)
{
	uint64_t n;

	if (text_u64(text_of(word), &n) || !n || n > 100000)
		return ask_wrong(&o->ask, "--max", word, "a number from 1 to 100000");
	o->policy.max = n;
	return 0;
}

static int take(struct reap_options *o, int got, char **argv)
{
	int status;

	if (ask_take(&o->ask, got, optarg, &status))
		return status;
	switch (got) {
	case OPT_YES:
		o->yes = true;
		return 0;
	case OPT_SELECT:
		return select_pids(o, optarg);
	case OPT_CONFIDENCE:
		return set_confidence(o, optarg);
	case OPT_GRACE:
		return ask_time(&o->ask, "--grace", optarg, &o->policy.grace_ns);
	case OPT_MIN_AGE:
		return ask_time(&o->ask, "--min-age", optarg, &o->policy.min_age_ns);
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
		o->ask.q.from = optarg;
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
	ask_init(&o->ask, REAP_WHO);
	o->policy = reap_policy_default();
	o->policy.selected = o->selected;
	opterr = 0;
	optind = 0;
	while (!status && (got = getopt_long(argc, argv, ":" ASK_LETTERS "hV", options, NULL)) != -1) {
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
		return ask_wrong(&o->ask, "argument", argv[optind],
				 "a TARGET is named by -p, -n, -u, -g, -a or --cookie; see `leakscan reap --help`");
	if (!o->ask.given)
		return ask_wrong(&o->ask, "TARGET", NULL,
				 "name one by -p, -n, -u, -g, -a or --cookie; see `leakscan reap --help`");
	if (o->policy.sockets_only && o->policy.with_target)
		return ask_wrong(&o->ask, "--close-sockets", NULL,
				 "never of the target: leave out --with-target");
	if (o->yes && o->ask.q.from)
		return ask_wrong(&o->ask, "--from", o->ask.q.from,
				 "a record cannot be acted on: leave out --yes");
	o->ask.q.policy.min_age_ns = o->policy.min_age_ns;
	return -1;
}
