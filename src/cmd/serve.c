/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan serve --inetd: metrics for whoever scrapes.  Listening, limits on connections and
 * restarts are systemd's or inetd's, which do it well; a scan for each request, so that
 * what is served is never old, and nothing runs in between.
 */
#include "cmd/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/target_options.h"
#include "cmd/cmds.h"
#include "cmd/http.h"
#include "cmd/options.h"
#include "cmd/suggest.h"

#define WHO "leakscan serve"
/* Far beyond all that can take its time: a bug here must not pile up processes. */
#define LAST_RESORT_S 120

struct serve {
	struct question q;
	struct target_options target;
	bool inetd;
	const char *label;
};

enum { OPT_INETD = 256, OPT_MIN_AGE, OPT_LABEL };

static const struct option options[] = {
	{ "inetd", no_argument, NULL, OPT_INETD },
	TARGET_OPTIONS,
	SOURCE_OPTION,
	{ "min-age", required_argument, NULL, OPT_MIN_AGE },
	{ "label", required_argument, NULL, OPT_LABEL },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: leakscan serve --inetd [TARGET] [OPTION]...\n\n"
	     "Answers one HTTP request for /metrics on standard input and output, and ends:\n"
	     "for a socket unit of systemd (Accept=yes) or inetd.  It scans for each request.\n"
	     "OpenMetrics, or Prometheus' older text when that is what the client accepts.\n\n"
	     "      --inetd           needed: leakscan does not listen itself\n"
	     "  -p, --pid PID         an application by its pid; repeatable\n"
	     "  -n, --name REGEX      those whose name or command line matches (extended regex)\n"
	     "  -u, --unit UNIT       a systemd unit\n"
	     "  -g, --cgroup PATH     a control group\n"
	     "      --cookie ID       what was started under that `leakscan run`\n"
	     "  -a, --all             every application on this machine (default)\n"
	     SOURCE_HELP
	     "      --min-age TIME    younger orphans and zombies are only mentioned (1s)\n"
	     "      --label TEXT      what the label `target` says\n"
	     "  -h, --help            this help\n"
	     "  -V, --version         version\n\n"
	     "Exit status: 0 answered, 2 usage, 3 could not look (the client gets status 503).");
}

static int take_option(struct serve *o, int got, char **argv)
{
	if (is_target_option(got))
		return take_target_option(&o->target, got, optarg);
	switch (got) {
	case OPT_INETD:
		o->inetd = true;
		return 0;
	case OPT_MIN_AGE:
		return take_duration(WHO, "--min-age", optarg, &o->q.policy.min_age_ns);
	case OPT_LABEL:
		o->label = optarg;
		return *optarg ? 0 : usage_error(WHO, "--label", NULL, "it is empty");
	default:
		suggest_option(WHO, argv, got, options);
		return CMD_USAGE;
	}
}

/* inetd gives the connection as stderr, too: no word of ours may get into an answer. */
static void keep_stderr_apart(void)
{
	struct stat out, err;
	int null;

	if (fstat(STDOUT_FILENO, &out) || fstat(STDERR_FILENO, &err) || !S_ISSOCK(err.st_mode) ||
	    out.st_dev != err.st_dev || out.st_ino != err.st_ino)
		return;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
}

static int refuse(const struct http_request *r, int status, const char *why)
{
	char body[320];
	int n = snprintf(body, sizeof(body), "%s\n", why);
	struct http_answer a = { .status = status, .body = body, .n = (size_t)n };

	return http_send(STDOUT_FILENO, STDIN_FILENO, r, &a);
}

static int answer(const struct http_request *r, const struct verdicts *v, const char *label)
{
	struct view_options view = { .version = VERSION, .label = label };
	struct http_answer a = { .status = 200 };
	char *body = NULL;
	FILE *out = open_memstream(&body, &a.n);
	int err;

	if (!out)
		return -errno;
	err = options_print(r->openmetrics ? FORMAT_OPENMETRICS : FORMAT_PROMETHEUS, v, &view, out);
	if (fclose(out) && !err)
		err = -ENOMEM;
	a.body = body;
	a.type = r->openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8" :
				  "text/plain; version=0.0.4; charset=utf-8";
	/* whoever does not read its answer to the end is no failure of ours */
	if (!err)
		http_send(STDOUT_FILENO, STDIN_FILENO, r, &a);
	free(body);
	return err;
}

static const char *refusal(int status)
{
	switch (status) {
	case 405:
		return "GET or HEAD /metrics";
	case 408:
		return "the request did not come in time";
	case 431:
		return "the request is too long";
	default:
		return "this is no request of HTTP/1.1";
	}
}

static int serve(struct serve *o)
{
	struct http_request r;
	struct verdicts v;
	char why[256] = "";
	int err, status;

	keep_stderr_apart();
	signal(SIGALRM, SIG_DFL);
	alarm(LAST_RESORT_S);
	status = http_read(STDIN_FILENO, &r);
	if (status < 0)
		return CMD_CLEAN;
	if (!status && strcmp(r.path, "/metrics"))
		return refuse(&r, 404, "there is only /metrics"), CMD_CLEAN;
	if (status)
		return refuse(&r, status, refusal(status)), CMD_CLEAN;
	err = judge(&o->q, &v, why, sizeof(why));
	if (!err) {
		err = answer(&r, &v, o->label);
		verdicts_free(&v);
		if (!err)
			return CMD_CLEAN;
	}
	fprintf(stderr, WHO ": %s\n", *why ? why : strerror(-err));
	refuse(&r, 503, *why ? why : "the scan failed");
	return CMD_FAILED;
}

int serve_main(int argc, char **argv)
{
	struct serve *o = calloc(1, sizeof(*o));
	int got, status = 0;

	if (!o)
		return CMD_FAILED;
	target_options_init(&o->target, &o->q, WHO);
	optind = 0;
	while (!status && (got = option_next(argc, argv, ":" TARGET_LETTERS "hV", options)) != -1) {
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
		status = usage_error(WHO, "argument", argv[optind],
				   "a TARGET is named by -p, -n, -u, -g or -a");
	if (!status && !o->inetd)
		status = usage_error(WHO, "--inetd", NULL,
				   "needed: leakscan does not listen itself; see contrib/systemd/leakscan.socket");
	if (!status)
		status = serve(o);
	free(o);
	return status;
}
