/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TARGET must be named: no default may kill.
 */
#include "cmd/reap_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/suggest.h"

enum {
	OPT_COLOR = 256, OPT_COOKIE, OPT_JSON, OPT_TEXT, OPT_MIN_AGE, OPT_SELECT, OPT_CONFIDENCE, OPT_GRACE,
	OPT_WITH_TARGET, OPT_MAX, OPT_AUDIT, OPT_SOCKETS, OPT_LEADER, OPT_YES, OPT_FROM,
};

static const struct option options[] = {
	{ "pid", required_argument, NULL, 'p' },
	{ "name", required_argument, NULL, 'n' },
	{ "unit", required_argument, NULL, 'u' },
	{ "cgroup", required_argument, NULL, 'g' },
	{ "cookie", required_argument, NULL, OPT_COOKIE },
	{ "all", no_argument, NULL, 'a' },
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

static int usage(const char *what, const char *word, const char *why)
{
	fprintf(stderr, REAP_WHO ": %s", what);
	if (word) {
		fprintf(stderr, " `");
		for (const char *p = word; *p && p < word + 60; p++)
			fputc(*p >= ' ' && *p <= '~' ? *p : '?', stderr);
		fputc('\'', stderr);
	}
	fprintf(stderr, ": %s\n", why);
	return CMD_USAGE;
}

static int set_kind(struct reap_options *o, enum target_kind kind, const char *word)
{
	if (o->target_given && (o->q.kind != kind || kind != TARGET_PID))
		return usage("TARGET", NULL, "one kind of target at a time; only --pid may be repeated");
	if (word && !*word)
		return usage("TARGET", NULL, "it is empty");
	o->target_given = true;
	o->q.kind = kind;
	o->q.word = word;
	return -1;
}

static int add_pid(const char *option, struct text word, pid_t *list, size_t *n)
{
	int pid, err = text_pid(word, &pid);
	char shown[32];

	snprintf(shown, sizeof(shown), "%.*s", (int)(word.n < 31 ? word.n : 31), word.at);
	if (err)
		return usage(option, shown, err == -ERANGE ? "pids run from 1 to 4194304" :
			     "not a process number");
	if (*n == REAP_PIDS_MOST)
		return usage(option, NULL, "too many pids (256 at most)");
	list[(*n)++] = pid;
	return -1;
}

static int select_pids(struct reap_options *o, const char *words)
{
	int status = -1;

	while (status < 0) {
		size_t n = strcspn(words, ",");

		status = add_pid("--select", (struct text){ words, n }, o->selected,
				 &o->policy.selected_n);
		if (!words[n])
			break;
		words += n + 1;
	}
	return status;
}

static int set_confidence(struct reap_options *o, const char *word)
{
	if (!strcmp(word, "exact"))
		o->policy.confidence = CONF_EXACT;
	else if (!strcmp(word, "strong"))
		o->policy.confidence = CONF_STRONG;
	else
		return usage("--confidence", word, "exact or strong");
	return -1;
}

static int set_time(const char *option, const char *word, uint64_t *out)
{
	return text_duration_ns(text_of(word), out) ?
		usage(option, word, "not a duration such as 500ms, 10s, 5m") : -1;
}

static int set_max(struct reap_options *o, const char *word)
{
	uint64_t n;

	if (text_u64(text_of(word), &n) || !n || n > 100000)
		return usage("--max", word, "a number from 1 to 100000");
	o->policy.max = n;
	return -1;
}

static int take_target(struct reap_options *o, int got)
{
	int status;

	switch (got) {
	case 'p':
		status = add_pid("--pid", text_of(optarg), o->pids, &o->q.pid_n);
		return status < 0 ? set_kind(o, TARGET_PID, NULL) : status;
	case 'n':
		return set_kind(o, TARGET_NAME, optarg);
	case 'u':
		return set_kind(o, TARGET_UNIT, optarg);
	case 'g':
		return set_kind(o, TARGET_CGROUP, optarg);
	case OPT_COOKIE:
		return set_kind(o, TARGET_COOKIE, optarg);
	default:
		return set_kind(o, TARGET_ALL, NULL);
	}
}

static int take(struct reap_options *o, int got, char **argv)
{
	switch (got) {
	case 'p': case 'n': case 'u': case 'g': case 'a': case OPT_COOKIE:
		return take_target(o, got);
	case OPT_YES:
		o->yes = true;
		return -1;
	case OPT_SELECT:
		return select_pids(o, optarg);
	case OPT_CONFIDENCE:
		return set_confidence(o, optarg);
	case OPT_GRACE:
		return set_time("--grace", optarg, &o->policy.grace_ns);
	case OPT_MIN_AGE:
		return set_time("--min-age", optarg, &o->policy.min_age_ns);
	case OPT_MAX:
		return set_max(o, optarg);
	case OPT_WITH_TARGET:
		o->policy.with_target = true;
		return -1;
	case OPT_SOCKETS:
		o->policy.sockets_only = true;
		return -1;
	case OPT_LEADER:
		return -1;
	case OPT_AUDIT:
		o->audit = optarg;
		return -1;
	case OPT_FROM:
		o->q.from = optarg;
		return -1;
	case OPT_JSON: case OPT_TEXT:
		o->json = got == OPT_JSON;
		return -1;
	case OPT_COLOR:
		o->colour = optarg ? optarg : "always";
		return -1;
	default:
		suggest_option(REAP_WHO, argv, got, options);
		return CMD_USAGE;
	}
}

int reap_options_read(struct reap_options *o, int argc, char **argv)
{
	int got, status = -1;

	*o = (struct reap_options){ .colour = "auto" };
	o->policy = reap_policy_default();
	o->policy.selected = o->selected;
	o->q.policy = policy_default();
	o->q.pids = o->pids;
	opterr = 0;
	optind = 0;
	while (status < 0 && (got = getopt_long(argc, argv, ":p:n:u:g:ahV", options, NULL)) != -1) {
		if (got == 'h' || got == 'V') {
			if (got == 'h')
				print_help();
			else
				puts("leakscan " VERSION);
			return CMD_CLEAN;
		}
		status = take(o, got, argv);
	}
	if (status >= 0)
		return status;
	if (optind < argc)
		return usage("argument", argv[optind],
			     "a TARGET is named by -p, -n, -u, -g, -a or --cookie; see `leakscan reap --help`");
	if (!o->target_given)
		return usage("TARGET", NULL, "name one by -p, -n, -u, -g, -a or --cookie; see `leakscan reap --help`");
	if (o->policy.sockets_only && o->policy.with_target)
		return usage("--close-sockets", NULL, "never of the target: leave out --with-target");
	if (o->yes && o->q.from)
		return usage("--from", o->q.from, "a record cannot be acted on: leave out --yes");
	o->q.policy.min_age_ns = o->policy.min_age_ns;
	return -1;
}
