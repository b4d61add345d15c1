/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leakscan scan: the one-shot report. */
#include "cmd/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/observe.h"
#include "cmd/options.h"
#include "cmd/output.h"
#include "cmd/suggest.h"
#include "cmd/target_options.h"
#include "source/record.h"

#define WHO "leakscan scan"
#define EVERY_NS UINT64_C(250000000)

struct scan {
	struct question q;
	struct target_options target;
	enum format format;
	unsigned verbose;
	const char *colour, *record, *label, *output;
};

enum { OPT_COLOR = 256, OPT_JSON, OPT_TEXT, OPT_MIN_AGE, OPT_RECORD, OPT_FROM, OPT_FOR, OPT_EVERY,
       OPT_FORMAT, OPT_OUTPUT, OPT_LABEL };

static const struct option options[] = {
	TARGET_OPTIONS,
	SOURCE_OPTION,
	{ "json", no_argument, NULL, OPT_JSON },
	{ "text", no_argument, NULL, OPT_TEXT },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "label", required_argument, NULL, OPT_LABEL },
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
	     SOURCE_HELP
	     "      --json            one JSON document\n"
	     "      --text            for people (default)\n"
	     "      --format FORMAT   text, json, prometheus, or openmetrics\n"
	     "      --output FILE     put it there, whole or not at all, instead of on stdout\n"
	     "      --label TEXT      in metrics, what the label `target` says\n"
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

static int check_watch(struct scan *o)
{
	struct question *q = &o->q;
	bool every_given = q->every_ns;

	if (!q->for_ns)
		return every_given ? usage_error(WHO, "--every", NULL, "only with --for") : 0;
	if (q->from)
		return usage_error(WHO, "--for", NULL, "a record cannot be watched; leave out --for or --from");
	if (q->for_ns > OBSERVE_MOST_FOR_NS)
		return usage_error(WHO, "--for", NULL, "24h at most");
	if (!every_given)
		q->every_ns = q->for_ns < EVERY_NS ? q->for_ns : EVERY_NS;
	if (q->every_ns < OBSERVE_LEAST_EVERY_NS)
		return usage_error(WHO, every_given ? "--every" : "--for", NULL, "10ms at least");
	if (q->every_ns > q->for_ns)
		return usage_error(WHO, "--every", NULL, "it must not be longer than --for");
	return 0;
}

static int set_format(struct scan *o, const char *word)
{
	return options_format(&o->format, word) ?
	       usage_error(WHO, "--format", word, "text, json, prometheus or openmetrics") : 0;
}

/* Zero is no watch, and no pause. */
static int set_watch(const char *option, const char *word, uint64_t *out)
{
	int err = take_duration(WHO, option, word, out);

	return err ? err : *out ? 0 : usage_error(WHO, option, word, "10ms at least");
}

static int take_option(struct scan *o, int got, char **argv)
{
	if (is_target_option(got))
		return take_target_option(&o->target, got, optarg);
	switch (got) {
	case OPT_JSON:
		o->format = FORMAT_JSON;
		return 0;
	case OPT_TEXT:
		o->format = FORMAT_TEXT;
		return 0;
	case OPT_FORMAT:
		return set_format(o, optarg);
	case OPT_OUTPUT:
		o->output = optarg;
		return *optarg ? 0 : usage_error(WHO, "--output", NULL, "it is empty");
	case OPT_LABEL:
		o->label = optarg;
		return *optarg ? 0 : usage_error(WHO, "--label", NULL, "it is empty");
	case OPT_COLOR:
		o->colour = optarg ? optarg : "always";
		return 0;
	case OPT_MIN_AGE:
		return take_duration(WHO, "--min-age", optarg, &o->q.policy.min_age_ns);
	case OPT_FOR:
		return set_watch("--for", optarg, &o->q.for_ns);
	case OPT_EVERY:
		return set_watch("--every", optarg, &o->q.every_ns);
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
	FILE *out;
	int err = output_private(&out, path, O_TRUNC);

	if (err)
		return err;
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

static int print(const struct scan *o, const struct verdicts *v, struct view_options *view)
{
	struct output out;
	int err;

	view->verbose = o->verbose;
	view->label = o->label;
	if (!o->output || !strcmp(o->output, "-"))	/* cmd_finish() says why */
		return options_print(o->format, v, view, stdout) ? CMD_FAILED : 0;
	/* nobody sits before a file */
	view->terminal = false;
	view->colour = !strcmp(o->colour, "always");
	view->width = 0;
	err = output_open(&out, o->output);
	if (!err) {
		err = options_print(o->format, v, view, out.stream);
		err = output_commit(&out, err);
	}
	if (!err)
		return 0;
	fprintf(stderr, WHO ": cannot write the report: %s\n",
		err == -EINVAL ? "what is there is no regular file" : strerror(-err));
	return CMD_FAILED;
}

static int report(struct scan *o)
{
	struct view_options view;
	struct verdicts v;
	char why[256] = "";
	int err, status;

	if (options_view(&view, o->colour))
		return usage_error(WHO, "--color", o->colour, "auto, always or never");
	o->q.around = true;
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
	err = print(o, &v, &view);
	verdicts_free(&v);
	return err ? err : status;
}

/* An optional argument is only taken after "=": GNU getopt leaves the other one here. */
static int stray_argument(const char *word)
{
	static const char *const colours[] = { "auto", "always", "never" };

	for (size_t i = 0; i < ARRAY_SIZE(colours); i++)
		if (!strcmp(word, colours[i]))
			return usage_error(WHO, "argument", word, "a colour is written --color=WHEN");
	return usage_error(WHO, "argument", word,
			 "a TARGET is named by -p, -n, -u, -g or -a; see `leakscan scan --help`");
}

int scan_main(int argc, char **argv)
{
	struct scan *o = calloc(1, sizeof(*o));
	int got, status = 0;

	if (!o)
		return CMD_FAILED;
	target_options_init(&o->target, &o->q, WHO);
	o->colour = "auto";
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
		status = check_target_options(&o->target);
	if (!status)
		status = check_watch(o);
	if (!status)
		status = report(o);
	free(o);
	return status;
}
