/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan run: options, files, and the one exit status.  Whoever called us must see what the
 * command's caller would have seen, so a signal's death is died again.
 */
#include "cmd/run.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/options.h"
#include "cmd/own_signal.h"
#include "cmd/suggest.h"
#include "guard/guard.h"
#include "view/run.h"

#define WHO "leakscan run"
#define ALLOW_MOST 64

enum { RUN_LEAKED = 99, RUN_TIMED_OUT = 124, RUN_FAILED = 125, RUN_CANNOT = 126, RUN_NOT_FOUND = 127 };
enum { FILE_JSON, FILE_JUNIT, FILE_N };

struct run {
	struct guard_options guard;
	regex_t allow[ALLOW_MOST];
	const char *path[FILE_N];
	int fd[FILE_N];
	uint64_t leak_status;
	unsigned verbose;
};

enum { OPT_GRACE = 256, OPT_NO_REAP, OPT_ALLOW, OPT_FAIL_ON, OPT_LEAK_STATUS, OPT_TIMEOUT,
       OPT_JSON, OPT_JUNIT, OPT_FDS };

static const struct option options[] = {
	{ "grace", required_argument, NULL, OPT_GRACE },
	{ "no-reap", no_argument, NULL, OPT_NO_REAP },
	{ "allow", required_argument, NULL, OPT_ALLOW },
	{ "fail-on", required_argument, NULL, OPT_FAIL_ON },
	{ "leak-status", required_argument, NULL, OPT_LEAK_STATUS },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "junit", required_argument, NULL, OPT_JUNIT },
	{ "fds", no_argument, NULL, OPT_FDS },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: leakscan run [OPTION]... [--] COMMAND [ARGUMENT]...\n\n"
	     "Runs a command, names every process that it leaves behind, and ends them.\n"
	     "Its input, output and exit status are the command's own; our report goes to\n"
	     "stderr, and there is none when nothing was left.\n\n"
	     "      --grace TIME      between SIGTERM and SIGKILL (5s)\n"
	     "      --no-reap         only report, leave them running\n"
	     "      --allow REGEX     these may stay (name or command line); repeatable\n"
	     "      --fail-on KINDS   what counts: orphan (default), zombie, or both with a comma\n"
	     "      --leak-status N   exit status when the command succeeds but leaks (99)\n"
	     "      --timeout TIME    end the command and all it started; exit status 124\n"
	     "      --json FILE       the report as JSON\n"
	     "      --junit FILE      the report as JUnit XML\n"
	     "      --fds             also open descriptors: of those left, and their growth\n"
	     "  -v, --verbose         always report, with all that is known\n"
	     "  -h, --help            this help\n"
	     "  -V, --version         version\n\n"
	     "Exit status: the command's, 128+N for signal N; 99 it succeeded and leaked, 124 its\n"
	     "time ran out, 125 leakscan failed, 126 and 127 it cannot be run, is not found.");
}

static int usage(const char *what, const char *why)
{
	fprintf(stderr, WHO ": %s: %s\n", what, why);
	return RUN_FAILED;
}

static int add_allow(struct run *o, const char *word)
{
	char why[128];
	int err;

	if (o->guard.allow_n == ALLOW_MOST)
		return usage("--allow", "that is more patterns than one run takes (64)");
	err = *word ? regcomp(&o->allow[o->guard.allow_n], word, REG_EXTENDED | REG_NOSUB) : REG_BADPAT;
	if (err) {
		regerror(err, NULL, why, sizeof(why));
		return usage("--allow", *word ? why : "an empty pattern would allow everything");
	}
	o->guard.allow_n++;
	return 0;
}

static int set_fail_on(struct run *o, const char *word)
{
	char list[64], *rest = list, *one;

	if (strlen(word) >= sizeof(list))
		return usage("--fail-on", "orphan, zombie, or both with a comma");
	strcpy(list, word);
	o->guard.fail_on = 0;
	while ((one = strsep(&rest, ","))) {
		if (!strcmp(one, "orphan"))
			o->guard.fail_on |= RUN_ORPHAN;
		else if (!strcmp(one, "zombie"))
			o->guard.fail_on |= RUN_ZOMBIE;
		else
			return usage("--fail-on", "orphan, zombie, or both with a comma");
	}
	return 0;
}

static int set_duration(const char *option, const char *word, uint64_t *out)
{
	return text_duration_ns(text_of(word), out) ?
	       usage(option, "not a duration such as 500ms, 10s, 5m") : 0;
}

static int take_option(struct run *o, int got, char **argv)
{
	switch (got) {
	case OPT_GRACE:
		return set_duration("--grace", optarg, &o->guard.grace_ns);
	case OPT_TIMEOUT:
		return set_duration("--timeout", optarg, &o->guard.timeout_ns);
	case OPT_NO_REAP:
		o->guard.reap = false;
		return 0;
	case OPT_ALLOW:
		return add_allow(o, optarg);
	case OPT_FAIL_ON:
		return set_fail_on(o, optarg);
	case OPT_LEAK_STATUS:
		if (text_u64(text_of(optarg), &o->leak_status) || o->leak_status > 255)
			return usage("--leak-status", "an exit status is 0 to 255");
		return 0;
	case OPT_JSON:
	case OPT_JUNIT:
		o->path[got == OPT_JSON ? FILE_JSON : FILE_JUNIT] = optarg;
		return strcmp(optarg, "-") ? 0 : usage("FILE", "stdout is the command's own");
	case OPT_FDS:
		o->guard.fds = true;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	default:
		suggest_option(WHO, argv, got, options);
		return RUN_FAILED;
	}
}

/* Before the command runs: a report that cannot be written should not be learnt of after. */
static int open_files(struct run *o)
{
	for (int i = 0; i < FILE_N; i++) {
		if (!o->path[i])
			continue;
		o->fd[i] = open(o->path[i], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644);
		if (o->fd[i] < 0)
			return usage("cannot write the report", strerror(errno));
	}
	return 0;
}

static int status_of(const struct run *o, const struct run_report *r)
{
	if (r->exec_error)
		return r->exec_error == ENOENT ? RUN_NOT_FOUND : RUN_CANNOT;
	if (r->timed_out)
		return RUN_TIMED_OUT;
	if (WIFSIGNALED(r->wait_status))
		return 128 + WTERMSIG(r->wait_status);
	if (WEXITSTATUS(r->wait_status))
		return WEXITSTATUS(r->wait_status);
	if (run_report_leaks(r) || (r->blind && o->guard.fail_on & RUN_ORPHAN))
		return (int)o->leak_status;
	return 0;
}

static int write_file(int fd, const struct run_report *r, const struct view_options *view,
		      int which)
{
	FILE *out = fdopen(fd, "w");
	int err = -EIO;

	if (out) {
		err = which == FILE_JSON ? view_run_json(r, view, out) : view_run_junit(r, out);
		if (fclose(out))
			err = -EIO;
	}
	return err;
}

static int write_github(const struct run_report *r)
{
	const char *on = getenv("GITHUB_ACTIONS"), *path = getenv("GITHUB_STEP_SUMMARY");
	FILE *out;
	int err, fd;

	if (!on || strcmp(on, "true"))
		return 0;
	err = view_run_annotations(r, stderr);
	if (!path || !*path || !run_report_leaks(r))
		return err;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
	out = fd < 0 ? NULL : fdopen(fd, "a");
	if (!out)
		return -EIO;
	err = view_run_summary(r, out);
	return fclose(out) ? -EIO : err;
}

static int tell(const struct run *o, const struct run_report *r)
{
	struct view_options view;
	int err = 0;

	options_view(&view, "never");
	view.terminal = isatty(STDERR_FILENO);
	view.verbose = o->verbose;
	view.width = 0;
	/* nobody to read our words is no failure of the command: they are extra */
	view_run_text(r, &view, stderr);
	write_github(r);
	for (int i = 0; i < FILE_N; i++)
		if (o->fd[i] >= 0 && write_file(o->fd[i], r, &view, i))
			err = usage(o->path[i], "cannot write the report");
	return err;
}

static int guard(struct run *o)
{
	struct run_report *r = NULL;
	int64_t wall_s = (int64_t)time(NULL);
	int err, status, sig;

	o->guard.allow = o->allow;
	o->guard.keep = o->fd;
	o->guard.keep_n = FILE_N;
	err = guard_run(&o->guard, &r);
	if (err)
		return usage("cannot start", strerror(-err));
	r->wall_s = wall_s;
	r->status = status = status_of(o, r);
	if (r->exec_error)
		fprintf(stderr, WHO ": %s: %s\n", o->guard.argv[0], strerror(r->exec_error));
	err = tell(o, r);
	sig = !r->timed_out && WIFSIGNALED(r->wait_status) ? WTERMSIG(r->wait_status) : 0;
	run_report_free(r);
	if (sig)
		die_by(sig);
	return !status && err ? err : status;
}

int run_main(int argc, char **argv)
{
	struct run *o = calloc(1, sizeof(*o));
	int got, status = 0;

	if (!o)
		return RUN_FAILED;
	o->guard.sigchld_ignored = signal(SIGCHLD, SIG_DFL) == SIG_IGN;
	o->guard.grace_ns = UINT64_C(5000000000);
	o->guard.reap = true;
	o->guard.fail_on = RUN_ORPHAN;
	o->leak_status = RUN_LEAKED;
	o->fd[FILE_JSON] = o->fd[FILE_JUNIT] = -1;
	optind = 0;
	while (!status && (got = option_next(argc, argv, "+:vhV", options)) != -1) {
		if (got == 'h' || got == 'V') {
			if (got == 'h')
				print_help();
			else
				puts("leakscan " VERSION);
			free(o);
			return 0;
		}
		status = take_option(o, got, argv);
	}
	if (!status && optind == argc)
		status = usage("COMMAND", "what shall be run? see `leakscan run --help`");
	o->guard.argv = argv + optind;
	if (!status)
		status = open_files(o);
	if (!status)
		status = guard(o);
	for (size_t i = 0; i < o->guard.allow_n; i++)
		regfree(&o->allow[i]);
	free(o);
	return status;
}
