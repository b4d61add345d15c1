/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan merge: how the reports get here is the business of tools that do it well (ssh,
 * clush, pdsh, Ansible); this only puts them side by side.
 */
#include "cmd/merge.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmds.h"
#include "cmd/options.h"
#include "cmd/suggest.h"
#include "view/fleet.h"

#define WHO "leakscan merge"

enum { OPT_COLOR = 256, OPT_JSON, OPT_TEXT };

static const struct option options[] = {
	{ "json", no_argument, NULL, OPT_JSON },
	{ "text", no_argument, NULL, OPT_TEXT },
	{ "color", optional_argument, NULL, OPT_COLOR },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: leakscan merge [OPTION]... FILE...\n\n"
	     "One table of the reports of many machines, the worst first.  A FILE is what\n"
	     "`leakscan scan --json` has printed, or many of those; - is standard input.\n\n"
	     "      --json            one JSON document\n"
	     "      --text            for people (default)\n"
	     "      --color[=WHEN]    auto, always or never\n"
	     "  -h, --help            this help\n"
	     "  -V, --version         version\n\n"
	     "Exit status: 0 nothing leaked anywhere, 1 leaks, 2 usage, 3 nobody is known to leak,\n"
	     "but a report could not see enough, or a file could not be read.");
}

static int usage(const char *what, const char *why)
{
	fprintf(stderr, WHO ": %s: %s\n", what, why);
	return CMD_USAGE;
}

static void complain(const char *file, const char *why)
{
	fprintf(stderr, WHO ": ");
	suggest_typed(file, 200);
	fprintf(stderr, ": %s\n", why);
}

static void read_one(struct fleet *f, const char *path)
{
	bool in = !strcmp(path, "-");
	FILE *file = in ? stdin : fopen(path, "re");

	if (!file) {
		struct fleet_fault *fault = arena_push(f->arena, &f->faults, &f->fault_n,
						       &f->fault_room, sizeof(*fault));

		*fault = (struct fleet_fault){ path, arena_strdup(f->arena, strerror(errno)) };
		return;
	}
	fleet_read(f, in ? "standard input" : path, file);
	if (!in)
		fclose(file);
}

static int merge(char *const *paths, size_t n, bool json, const char *colour)
{
	struct view_options view;
	struct fleet *f;
	int status;

	if (options_view(&view, colour))
		return usage("--color", "takes auto, always or never");
	f = fleet_new();
	for (size_t i = 0; i < n; i++)
		read_one(f, paths[i]);
	fleet_sort(f);
	/* the text says it itself */
	for (size_t i = 0; json && i < f->fault_n; i++)
		complain(f->faults[i].file, f->faults[i].why);
	status = fleet_status(f);
	if ((json ? fleet_json : fleet_text)(f, &view, stdout))
		status = CMD_FAILED;
	fleet_free(f);
	return status;
}

int merge_main(int argc, char **argv)
{
	const char *colour = "auto";
	bool json = false;
	int got;

	optind = 0;
	while ((got = option_next(argc, argv, ":hV", options)) != -1) {
		switch (got) {
		case 'h':
			print_help();
			return CMD_CLEAN;
		case 'V':
			puts("leakscan " VERSION);
			return CMD_CLEAN;
		case OPT_JSON:
		case OPT_TEXT:
			json = got == OPT_JSON;
			break;
		case OPT_COLOR:
			colour = optarg ? optarg : "always";
			break;
		default:
			suggest_option(WHO, argv, got, options);
			return CMD_USAGE;
		}
	}
	if (optind == argc)
		return usage("FILE", "which? what `leakscan scan --json` has printed; - for standard input");
	return merge(argv + optind, (size_t)(argc - optind), json, colour);
}
