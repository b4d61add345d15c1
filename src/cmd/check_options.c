/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is complained about goes to stderr as everywhere, and check.c makes a line of it. */
#include "cmd/check_options.h"

#include <stdio.h>
#include <string.h>

#include "cmd/suggest.h"

#define TIMEOUT_NS UINT64_C(10000000000)
#define TIMEOUT_MOST_NS UINT64_C(3600000000000)

enum {
	OPT_ONLY = 256, OPT_MISSING, OPT_MIN_AGE, OPT_STATE, OPT_NO_STATE, OPT_FROM,
	OPT_GAUGE,		/* and the gauges behind it */
};

static const struct option options[] = {
	TARGET_OPTIONS,
	SOURCE_OPTION,
	{ "warning", required_argument, NULL, 'w' },
	{ "critical", required_argument, NULL, 'c' },
	{ "orphans", required_argument, NULL, OPT_GAUGE + GAUGE_ORPHANS },
	{ "zombies", required_argument, NULL, OPT_GAUGE + GAUGE_ZOMBIES },
	{ "pipes", required_argument, NULL, OPT_GAUGE + GAUGE_PIPES },
	{ "zombie-age", required_argument, NULL, OPT_GAUGE + GAUGE_ZOMBIE_AGE },
	{ "fd-pct", required_argument, NULL, OPT_GAUGE + GAUGE_FD_PCT },
	{ "fd-eta", required_argument, NULL, OPT_GAUGE + GAUGE_FD_ETA },
	{ "only", required_argument, NULL, OPT_ONLY },
	{ "if-missing", required_argument, NULL, OPT_MISSING },
	{ "min-age", required_argument, NULL, OPT_MIN_AGE },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "no-state", no_argument, NULL, OPT_NO_STATE },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "timeout", required_argument, NULL, 't' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: leakscan check [TARGET] [OPTION]...     (or check_leakscan ...)\n\n"
	     "One state for Nagios, Icinga, NRPE: what the target has leaked, in one line.\n\n"
	     "  -p, --pid PID, -n, --name REGEX, -u, --unit UNIT, -g, --cgroup PATH,\n"
	     "  -a, --all (default), --cookie ID: the target, as for scan\n\n"
	     "  -w, --warning RANGE     leaks of all kinds; without -w and -c each one counts\n"
	     "  -c, --critical RANGE    by its severity: 0 leaks is OK\n"
	     "      --orphans W[,C]     ranges for one kind, which then are all that counts\n"
	     "      --zombies W[,C]     for it\n"
	     "      --zombie-age W[,C]  of the oldest: seconds, 15m, 2h\n"
	     "      --fd-pct W[,C]      descriptors in use, in percent of the limit\n"
	     "      --fd-eta W[,C]      time until the limit is reached: 1d,1h alerts below\n"
	     "      --pipes W[,C]       stuck, waiting in vain, without another end\n"
	     "      --only KINDS        kinds that count: orphan,zombie,... (leakscan explain)\n"
	     "      --if-missing STATE  ok, unknown (default), critical: no such target\n"
	     "      --min-age TIME      younger orphans and zombies do not count (1s)\n"
	     "      --state FILE        remembers growth and ages from check to check here\n"
	     "      --no-state          remembers nothing\n"
	     "      --from FILE         judges a record instead of this machine\n"
	     "      --source SOURCE     how to look: auto (default), bpf or procfs\n"
	     "  -t, --timeout SECONDS   then it is UNKNOWN (10)\n"
	     "  -v, --verbose           leaks below the line; -vv how they were judged; -vvv all\n"
	     "  -h, --help, -V, --version\n\n"
	     "RANGE: 10 alerts above 10 (and below 0), 10: below 10, ~:10 above 10,\n"
	     "10:20 outside, @10:20 inside.\n\n"
	     "Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN: could not see enough to\n"
	     "say OK, no such target, wrong usage, this help.");
}

static int set_range(const char *option, struct range *out)
{
	return range_parse(text_of(optarg), RANGE_COUNT, out) ?
		usage_error(CHECK_WHO, option, optarg, "not a range such as 10, 10:, ~:10, @10:20") : 0;
}

/* Of time that is left a single number can only be meant from below. */
static void turn_over(struct range *r)
{
	if (r->given && !r->inside && r->start == 0)
		*r = (struct range){ .given = true, .start = r->end, .end = __builtin_inf() };
}

static int set_gauge(struct check_options *o, enum gauge g)
{
	static const char *const names[GAUGE_N] = {
		[GAUGE_LEAKS] = "", [GAUGE_ORPHANS] = "--orphans", [GAUGE_ZOMBIES] = "--zombies",
		[GAUGE_PIPES] = "--pipes", [GAUGE_ZOMBIE_AGE] = "--zombie-age",
		[GAUGE_FD_PCT] = "--fd-pct", [GAUGE_FD_ETA] = "--fd-eta",
	};

	if (threshold_parse(text_of(optarg), gauge_info(g)->unit, &o->rule.limits[g]))
		return usage_error(CHECK_WHO, names[g], optarg, "not W, W,C or ,C with ranges such as 10, 5:");
	if (g == GAUGE_FD_ETA) {
		turn_over(&o->rule.limits[g].warning);
		turn_over(&o->rule.limits[g].critical);
	}
	return 0;
}

static uint32_t kind_named(struct text word)
{
	for (enum kind k = 0; k < KIND_N; k++)
		if (text_is(word, kind_info(k)->name) || text_is(word, kind_info(k)->id))
			return KIND_BIT(k);
	return 0;
}

static int set_only(struct check_options *o)
{
	const char *rest = optarg;

	o->rule.kinds = 0;
	for (;;) {
		struct text word = { rest, strcspn(rest, ",") };
		uint32_t kind = kind_named(word);

		if (!kind)
			return usage_error(CHECK_WHO, "--only", optarg,
					 "not kinds as `leakscan explain` lists them");
		o->rule.kinds |= kind;
		if (!rest[word.n])
			return 0;
		rest += word.n + 1;
	}
}

static int set_missing(struct check_options *o)
{
	static const struct { const char *word; enum check_state state; } words[] = {
		{ "ok", CHECK_OK }, { "warning", CHECK_WARNING },
		{ "critical", CHECK_CRITICAL }, { "unknown", CHECK_UNKNOWN },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, optarg)) {
			o->rule.if_missing = words[i].state;
			return 0;
		}
	return usage_error(CHECK_WHO, "--if-missing", optarg, "ok, unknown, critical or warning");
}

static int set_timeout(struct check_options *o)
{
	int err = take_duration(CHECK_WHO, "--timeout", optarg, &o->timeout_ns);

	if (err)
		return err;
	return !o->timeout_ns || o->timeout_ns > TIMEOUT_MOST_NS ?
		usage_error(CHECK_WHO, "--timeout", optarg, "from 1 to 3600 seconds") : 0;
}

static int take(struct check_options *o, int got, char **argv)
{
	if (is_target_option(got))
		return take_target_option(&o->target, got, optarg);
	if (got >= OPT_GAUGE && got < OPT_GAUGE + GAUGE_N)
		return set_gauge(o, (enum gauge)(got - OPT_GAUGE));
	switch (got) {
	case 'w':
		return set_range("--warning", &o->rule.limits[GAUGE_LEAKS].warning);
	case 'c':
		return set_range("--critical", &o->rule.limits[GAUGE_LEAKS].critical);
	case OPT_ONLY:
		return set_only(o);
	case OPT_MISSING:
		return set_missing(o);
	case OPT_MIN_AGE:
		return take_duration(CHECK_WHO, "--min-age", optarg, &o->q.policy.min_age_ns);
	case OPT_STATE:
		o->state = optarg;
		return *optarg ? 0 : usage_error(CHECK_WHO, "--state", NULL, "it is empty");
	case OPT_NO_STATE:
		o->no_state = true;
		return 0;
	case OPT_FROM:
		o->q.from = optarg;
		return 0;
	case 't':
		return set_timeout(o);
	case 'v':
		o->verbose++;
		return 0;
	default:
		suggest_option(CHECK_WHO, argv, got, options);
		return CHECK_UNKNOWN;
	}
}

static int check_together(const struct check_options *o)
{
	if (o->no_state && o->state)
		return usage_error(CHECK_WHO, "--no-state", NULL, "not together with --state");
	if ((o->no_state || o->q.from) && threshold_given(&o->rule.limits[GAUGE_FD_ETA]))
		return usage_error(CHECK_WHO, "--fd-eta", NULL, "it needs the memory: leave out --no-state and --from");
	return 0;
}

int check_options_read(struct check_options *o, int argc, char **argv)
{
	int got, err = 0;

	*o = (struct check_options){ .timeout_ns = TIMEOUT_NS };
	target_options_init(&o->target, &o->q, CHECK_WHO);
	o->q.missing_is_fine = true;
	o->rule.kinds = KINDS_ALL;
	o->rule.if_missing = CHECK_UNKNOWN;
	optind = 0;
	while (!err && (got = option_next(argc, argv, ":" TARGET_LETTERS "w:c:t:vhV", options)) != -1) {
		if (got == 'h' || got == 'V') {
			if (got == 'h')
				print_help();
			else
				puts("leakscan " VERSION);
			return CHECK_UNKNOWN;
		}
		err = take(o, got, argv);
	}
	if (!err && optind < argc)
		err = usage_error(CHECK_WHO, "argument", argv[optind],
				"a TARGET is named by -p, -n, -u, -g or -a");
	if (!err)
		err = check_target_options(&o->target);
	if (!err)
		err = check_together(o);
	return err ? CHECK_UNKNOWN : -1;
}
