/* SPDX-License-Identifier: GPL-2.0-or-later */
/* leakscan explain: the texts are in view/explain_*.c, one a kind. */
#include "cmd/explain.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmds.h"
#include "cmd/options.h"
#include "cmd/suggest.h"
#include "view/explain.h"

static const struct option options[] = {
	{ "color", optional_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: leakscan explain [ID|KIND]...\n\n"
	     "What a finding means, how it comes about in Python, Node, Go, Java, C and\n"
	     "shell, the fix in each, and how to clean up now.  Without an argument: the\n"
	     "list of kinds.\n\n"
	     "      --color[=WHEN]  auto, always or never\n"
	     "  -h, --help          this help");
}

int explain_main(int argc, char **argv)
{
	const char *when = "auto";
	struct view_options view;
	int got, err = 0;

	optind = 0;
	while ((got = option_next(argc, argv, ":h", options)) != -1) {
		switch (got) {
		case 'c':
			when = optarg ? optarg : "always";
			break;
		case 'h':
			print_help();
			return CMD_CLEAN;
		default:
			suggest_option("leakscan explain", argv, got, options);
			return CMD_USAGE;
		}
	}
	if (options_view(&view, when)) {
		fprintf(stderr, "leakscan: --color takes auto, always or never\n");
		return CMD_USAGE;
	}
	if (optind == argc)
		return explain_list(stdout) ? CMD_FAILED : CMD_CLEAN;
	for (; optind < argc && !err; optind++) {
		const struct explanation *e = explain_find(argv[optind]);

		if (!e) {
			fprintf(stderr, "leakscan: no such finding: %.40s; it is one of\n",
				argv[optind]);
			explain_list(stderr);
			return CMD_USAGE;
		}
		err = explain_print(e, stdout, view.width ? view.width : 80, view.colour);
	}
	return err ? CMD_FAILED : CMD_CLEAN;
}
