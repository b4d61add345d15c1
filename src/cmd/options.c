/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conventions: no-color.org for NO_COLOR, and an unset TERM is a dumb one. */
#include "cmd/options.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

static bool set(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

static bool colour_wanted(bool terminal)
{
	const char *term = getenv("TERM"), *force = getenv("CLICOLOR_FORCE");

	if (set("NO_COLOR"))
		return false;
	if (force && *force && strcmp(force, "0"))
		return true;
	return terminal && term && *term && strcmp(term, "dumb");
}

static unsigned width_of(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (!ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	if (columns && !text_u64(text_of(columns), &n) && n >= 20 && n <= 1000)
		return (unsigned)n;
	return 80;
}

int options_view(struct view_options *out, const char *when)
{
	struct view_options o = { .version = VERSION };

	o.terminal = isatty(STDOUT_FILENO);
	if (!strcmp(when, "auto"))
		o.colour = colour_wanted(o.terminal);
	else if (!strcmp(when, "always"))
		o.colour = true;
	else if (strcmp(when, "never"))
		return -EINVAL;
	o.width = o.terminal ? width_of(STDOUT_FILENO) : 0;
	o.ascii = strcmp(nl_langinfo(CODESET), "UTF-8");
	*out = o;
	return 0;
}

static const struct {
	const char *word;
	int (*view)(const struct report *const *reports, size_t n, const struct view_options *o,
		    FILE *out);
} formats[FORMAT_N] = {
	[FORMAT_TEXT] = { "text", view_text },
	[FORMAT_JSON] = { "json", view_json },
	[FORMAT_PROMETHEUS] = { "prometheus", view_prometheus },
	[FORMAT_OPENMETRICS] = { "openmetrics", view_openmetrics },
};

int options_format(enum format *out, const char *word)
{
	for (unsigned i = 0; i < FORMAT_N; i++)
		if (!strcmp(word, formats[i].word)) {
			*out = i;
			return 0;
		}
	return -EINVAL;
}

int options_print(enum format format, const struct verdicts *v, const struct view_options *o,
		  FILE *out)
{
	return formats[format].view((const struct report *const *)v->list, v->n, o, out);
}
