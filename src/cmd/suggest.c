/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edit distance (Damerau-Levenshtein, adjacent swaps) over short names. */
#include "cmd/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cmd/cmds.h"

#define NAME_MOST 31
#define TYPED_MOST 80
#define NEAR 3		/* edits: a distance from this on is another word */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned distance(const char *a, const char *b)
{
	unsigned d[NAME_MOST + 1][NAME_MOST + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > NAME_MOST || m > NAME_MOST)
		return NAME_MOST;
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (!i || !j) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			d[i][j] = least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
					least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[n][m];
}

static void consider(const char *wrong, const char *name, const char **best, unsigned *near)
{
	bool begins = *wrong && !strncmp(name, wrong, strlen(wrong));
	unsigned d = begins && strlen(wrong) > 2 ? 1 : distance(wrong, name);

	if (begins && *near == NEAR && d > NEAR - 1)
		d = NEAR - 1;
	if (d < *near && d < strlen(name)) {
		*near = d;
		*best = name;
	}
}

/* What a person typed may hold anything; only harmless bytes are shown again. */
void suggest_typed(const char *text, size_t most)
{
	for (const char *p = text; *p && p < text + most; p++)
		fputc(*p >= ' ' && *p <= '~' ? *p : '?', stderr);
}

void suggest_command(const char *who, const char *wrong)
{
	const char *best = NULL;
	unsigned near = NEAR;

	for (size_t i = 0; cmd_at(i); i++)
		consider(wrong, cmd_at(i)->name, &best, &near);
	fprintf(stderr, "%s: no such command: ", who);
	suggest_typed(wrong, TYPED_MOST);
	if (*wrong && strspn(wrong, "0123456789") == strlen(wrong))
		fprintf(stderr, "; did you mean `%s --pid %.10s`?\n", who, wrong);
	else if (best)
		fprintf(stderr, "; did you mean `%s %s`?\n", who, best);
	else
		fprintf(stderr, "; see `%s --help`\n", who);
}

static const char *nearest_option(const char *wrong, const struct option *options)
{
	char name[NAME_MOST + 1];
	const char *best = NULL;
	unsigned near = NEAR;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(wrong, "="), wrong);
	for (; options->name; options++)
		consider(name, options->name, &best, &near);
	return best;
}

int option_next(int argc, char **argv, const char *letters, const struct option *options)
{
	const char *typed;
	int got, at = -1;

	opterr = 0;
	got = getopt_long(argc, argv, letters, options, &at);
	if (got == -1 || got == '?' || got == ':' || at < 0)
		return got;
	/* an argument of its own stands behind the option */
	typed = optarg && optarg == argv[optind - 1] ? argv[optind - 2] : argv[optind - 1];
	if (strcspn(typed + 2, "=") == strlen(options[at].name))
		return got;
	/* for suggest_option(): the last word read is the wrong one */
	if (optarg == argv[optind - 1])
		optind--;
	optopt = 0;
	return '?';
}

void suggest_option(const char *who, char *const *argv, int got, const struct option *options)
{
	const char *typed = argv[optind - 1];
	const char *best = typed[0] == '-' && typed[1] == '-' ? nearest_option(typed + 2, options) : NULL;

	if (got == ':') {
		fprintf(stderr, "%s: option ", who);
		suggest_typed(typed, TYPED_MOST);
		fprintf(stderr, " needs an argument\n");
		return;
	}
	fprintf(stderr, "%s: ", who);
	if (optopt && optopt < 128 && typed[1] != '-') {
		fprintf(stderr, "no such option: -%c", optopt >= ' ' ? optopt : '?');
	} else {
		for (; optopt && options->name; options++)
			if (options->val == optopt) {
				fprintf(stderr, "option --%s takes no argument\n", options->name);
				return;
			}
		fprintf(stderr, "no such option: ");
		suggest_typed(typed, TYPED_MOST);
	}
	if (best)
		fprintf(stderr, "; did you mean --%s?\n", best);
	else
		fprintf(stderr, "; see `%s --help`\n", who);
}
