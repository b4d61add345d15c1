/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leakscan scan: the one-shot report. */
#include "cmd/scan.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/judge.h"
#include "cmd/observe.h"
#include "cmd/options.h"
#include "cmd/suggest.h"
#include "cmd/target_options.h"
#include "source/record.h"

#define WHO "leakscan scan"
#define EVERY_NS UINT64_C(250000000)

struct scan {
	struct question q;
	struct target_options target;
	bool json;
	unsigned verbose;
	const char *colour, *record;
};

enum { OPT_COLOR = 256, OPT_JSON, OPT_TEXT, OPT_MIN_AGE, OPT_RECORD, OPT_FROM,
       OPT_FOR, OPT_EVERY };

static const struct option options[] = {
	TARGET_OPTIONS,
	{ "json", no_argument, NULL, OPT_JSON },
	{ "text", no_argument, NULL, OPT_TEXT },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "min-age", required_argument, NULL, OPT_MIN_AGE },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "every", required_argument, NULL, OPT_EVERY },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "from", required_argument, NULL, OPT_FROM },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: leakscan [scan] [TARGET] [OPTION]...\n\n"
	     "One report: what the target has leaked, how that is known, why it matters.\n\n"
	     "  -p, --pid PID         an application by its pid, alive or dead; repeatable\n"
	     "  -n, --name REGEX      those whose name or command line matches (extended regex)\n"
	     "  -u, --unit UNIT       a systemd unit\n"
	     "  -g, --cgroup PATH     a control group, with or without /sys/fs/cgroup\n"
	     "      --cookie ID       what was started under the `leakscan run` with that LEAKSCAN_ID\n"
	     "  -a, --all             every application on this machine (default)\n\n"
	     "      --json            one JSON document\n"
	     "      --text            for people (default)\n"
	     "      --color[=WHEN]    auto, always or never\n"
	     "      --min-age TIME    younger orphans and zombies are only mentioned (1s)\n"
	     "      --for TIME        watch it that long, and say what grows; Ctrl-C ends it early\n"
	     "      --every TIME      time between two samples of --for (250ms)\n"
	     "      --record FILE     also write what was seen, for --from and bug reports\n"
	     "      --from FILE       judge a record instead of this machine\n"
	     "  -v, --verbose         all evidence, the whole family\n"
	     "  -h, --help            this help\n"
	     "  -V, --version         version\n\n"
	     "Exit status: 0 nothing leaked, 1 leaks, 2 usage, 3 could not see enough to say.");
}

static int usage(const char *what, const char *word, const char *why)
{
	return usage_error(WHO, what, word, why);
}

static int check_watch(struct scan *o)
{
	bool every_given = o->q.every_ns;

	if (!o->q.for_ns)
		return every_given ? usage("--every", NULL, "only with --for") : 0;
	if (o->q.from)
		return usage("--for", NULL, "a record cannot be watched; leave out --for or --from");
	if (o->q.for_ns > OBSERVE_MOST_FOR_NS)
		return usage("--for", NULL, "24h at most");
	if (!every_given)
		o->q.every_ns = o->q.for_ns < EVERY_NS ? o->q.for_ns : EVERY_NS;
	if (o->q.every_ns < OBSERVE_LEAST_EVERY_NS)
		return usage(every_given ? "--every" : "--for", NULL, "10ms at least");
	if (o->q.every_ns > o->q.for_ns)
		return usage("--every", NULL, "it must not be longer than --for");
	return 0;
}

static int take_option(struct scan *o, int got, char **argv)
{
	int err;

	if (is_target_option(got))
		return take_target_option(&o->target, got, optarg);
	switch (got) {
	case OPT_JSON:
	case OPT_TEXT:
		o->json = got == OPT_JSON;
		return 0;
	case OPT_COLOR:
		o->colour = optarg ? optarg : "always";
		return 0;
	case OPT_MIN_AGE:
		return take_duration(WHO, "--min-age", optarg, &o->q.policy.min_age_ns);
	case OPT_FOR:
		err = take_duration(WHO, "--for", optarg, &o->q.for_ns);
		return err ? err : o->q.for_ns ? 0 : usage("--for", optarg, "10ms at least");
	case OPT_EVERY:
		err = take_duration(WHO, "--every", optarg, &o->q.every_ns);
		return err ? err : o->q.every_ns ? 0 : usage("--every", optarg, "10ms at least");
	case OPT_RECORD:
		o->record = optarg;
		return 0;
	case OPT_FROM:
		o->q.from = optarg;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	default:
		suggest_option(WHO, argv, got, options);
		return CMD_USAGE;
	}
}

/* A record may be all there is to show a bug: never over an existing link, and said when it
 * cannot be written. */
static int write_record(const struct snapshot *s, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int err;

	if (!out) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = record_write(s, out);
	if (fclose(out) && !err)
		err = -errno;
	return err;
}

static int status_of(const struct verdicts *v)
{
	int status = CMD_CLEAN;

	/* a leak that was found outweighs what could not be seen */
	for (size_t i = 0; i < v->n; i++) {
		int one = report_status(v->list[i]);

		if (one == CMD_LEAKS || status == CMD_CLEAN)
			status = one;
	}
	return status;
}

static int report(struct scan *o)
{
	struct view_options view;
	struct verdicts v;
	char why[256] = "";
	int err, status;

	if (options_view(&view, o->colour))
		return usage("--color", o->colour, "auto, always or never");
	view.verbose = o->verbose;
	err = judge(&o->q, &v, why, sizeof(why));
	if (err) {
		fprintf(stderr, WHO ": %s\n", why);
		return err == -EINVAL ? CMD_USAGE : CMD_FAILED;
	}
	status = status_of(&v);
	if (o->record) {
		err = write_record(v.snapshot, o->record);
		if (err) {
			fprintf(stderr, WHO ": cannot write the record: %s\n", strerror(-err));
			status = CMD_FAILED;
		}
	}
	err = (o->json ? view_json : view_text)((const struct report *const *)v.list, v.n, &view,
						stdout);
	verdicts_free(&v);
	/* cmd_finish() says why */
	return err ? CMD_FAILED : status;
}

/* An optional argument is only taken after "=": GNU getopt leaves the other one here. */
static int stray_argument(const char *word)
{
	static const char *const colours[] = { "auto", "always", "never" };

	for (size_t i = 0; i < ARRAY_SIZE(colours); i++)
		if (!strcmp(word, colours[i]))
			return usage("argument", word, "a colour is written --color=WHEN");
	return usage("argument", word,
		     "a TARGET is named by -p, -n, -u, -g or -a; see `leakscan scan --help`");
}

int scan_main(int argc, char **argv)
{
	struct scan *o = calloc(1, sizeof(*o));
	int got, status = 0;

	if (!o)
		return CMD_FAILED;
	o->q.kind = TARGET_ALL;
	o->q.policy = policy_default();
	o->colour = "auto";
	o->target.who = WHO;
	o->target.q = &o->q;
	optind = 0;
	while (!status && (got = option_next(argc, argv, ":" TARGET_LETTERS "vhV", options)) != -1) {
		if (got == 'h' || got == 'V') {
			if (got == 'h')
				print_help();
			else
				puts("leakscan " VERSION);
			free(o);
			return CMD_CLEAN;
		}
		status = take_option(o, got, argv);
	}
	if (!status && optind < argc)
		status = stray_argument(argv[optind]);
	if (!status)
		status = check_watch(o);
	if (!status)
		status = report(o);
	free(o);
	return status;
}
