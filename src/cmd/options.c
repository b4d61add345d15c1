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
