/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands, the overview, and the way from argv to one of them. */
#include "cmd/cmds.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "cmd/bpf.h"
#include "cmd/check.h"
#include "cmd/demo.h"
#include "cmd/explain.h"
#include "cmd/history.h"
#include "cmd/holders.h"
#include "cmd/merge.h"
#include "cmd/reap.h"
#include "cmd/run.h"
#include "cmd/scan.h"
#include "cmd/serve.h"
#include "cmd/suggest.h"
#include "cmd/top.h"

static int help_main(int argc, char **argv);

static const struct command commands[] = {
	{ "scan", "report what an application has leaked (default when a TARGET is given)", scan_main },
	{ "check", "one line and one state for Nagios, Icinga, NRPE", check_main },
	{ "holders", "who holds the other end of a descriptor, a file, a port, a pipe", holders_main },
	{ "reap", "end what an application has leaked: the plan first, --yes acts", reap_main },
	{ "run", "run a command, name what it leaves behind, and end that", run_main },
	{ "top", "the dashboard: watch it happen, understand it, end it", top_main },
	{ "merge", "one table of the JSON reports of many machines, the worst first", merge_main },
	{ "serve", "metrics over HTTP, one request on stdin, for a socket unit", serve_main },
	{ "history", "what checks have kept of an application: plots, table, JSON, CSV", history_main },
	{ "bpf", "whether the fast way to look can be used here; --pin GROUP shares it", bpf_main },
	{ "explain", "what a finding means, how it comes about, how to fix it", explain_main },
	{ "demo", "make a real leak, find it, clean it up, fix it", demo_main },
	{ "help", "this overview", help_main },
	{ NULL, NULL, NULL },
};

const struct command *cmd_at(size_t i)
{
	return commands[i].name ? &commands[i] : NULL;
}

static void print_overview(FILE *out)
{
	fputs("Usage: leakscan                      (on a terminal: the dashboard)\n"
	      "       leakscan [scan] [TARGET] [OPTION]...\n"
	      "       leakscan COMMAND [ARGUMENT]...\n\n"
	      "Finds orphaned, zombie and descriptor-leaking children of an application,\n"
	      "says how it knows and why it matters.  It only looks, but for `reap --yes`, which\n"
	      "ends what it has found, and `run`, which ends what its command leaves.\n\nCommands:\n", out);
	for (size_t i = 0; cmd_at(i); i++)
		fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\nTargets:\n"
	      "  -p, --pid PID       an application by its pid, alive or dead; repeatable\n"
	      "  -n, --name REGEX    those whose name or command line matches\n"
	      "  -u, --unit UNIT     a systemd unit\n"
	      "  -g, --cgroup PATH   a control group\n"
	      "  -a, --all           every application on this machine (default)\n\n"
	      "Others:\n"
	      "  -h, --help          this, or `leakscan COMMAND --help`\n"
	      "  -V, --version       version\n\n"
	      "Exit status: 0 nothing leaked, 1 leaks, 2 usage, 3 could not see enough to say.\n"
	      "First time here?  leakscan demo\n", out);
}

static int help_main(int argc, char **argv)
{
	char *help[] = { NULL, (char *)"--help", NULL };

	for (size_t i = 0; argc > 1 && cmd_at(i); i++) {
		if (strcmp(commands[i].name, argv[1]) || commands[i].main == help_main)
			continue;
		help[0] = argv[1];
		return commands[i].main(2, help);
	}
	if (argc > 1 && argv[1][0] != '-' && strcmp(argv[1], "help")) {
		suggest_command("leakscan", argv[1]);
		return CMD_USAGE;
	}
	print_overview(stdout);
	return CMD_CLEAN;
}

int cmd_finish(int status)
{
	bool failed = ferror(stdout);

	if (fclose(stdout) || failed) {
		fprintf(stderr, "leakscan: cannot write the report: %s\n",
			errno ? strerror(errno) : "write error");
		return CMD_FAILED;
	}
	return status;
}

/* An ignored SIGCHLD would let our workers vanish unwaited; but what `run` executes is to
 * find it as its caller left it. */
static int call(int (*command)(int argc, char **argv), int argc, char **argv)
{
	if (command != run_main) {
		signal(SIGCHLD, SIG_DFL);
		/* past a limit of the size of files (ulimit -f) a write fails, and is told */
		signal(SIGXFSZ, SIG_IGN);
	}
	return cmd_finish(command(argc, argv));
}

/* Installed under another name it is that plugin, and nothing else. */
static bool is_plugin(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;

	return name && !strcmp(name, CHECK_PLUGIN);
}

int cmd_run(int argc, char **argv)
{
	const char *first = argc > 1 ? argv[1] : NULL;

	if (is_plugin(argv[0]))
		return call(check_main, argc, argv);
	if (first && (!strcmp(first, "--help") || !strcmp(first, "-h")))
		return cmd_finish(help_main(1, argv));
	if (first && (!strcmp(first, "--version") || !strcmp(first, "-V"))) {
		puts("leakscan " VERSION);
		return cmd_finish(CMD_CLEAN);
	}
	if (!first)
		return call(top_or_scan_main, argc, argv);
	if (first[0] == '-')
		return call(scan_main, argc, argv);
	for (size_t i = 0; cmd_at(i); i++)
		if (!strcmp(commands[i].name, first))
			return call(commands[i].main, argc - 1, argv + 1);
	suggest_command("leakscan", first);
	return CMD_USAGE;
}
