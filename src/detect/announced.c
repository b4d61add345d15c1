/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How parents tell children of descriptors they leave open: LISTEN_FDS of systemd, the
 * jobserver in MAKEFLAGS, NODE_CHANNEL_FD, WAYLAND_SOCKET, "6;7;" as nginx does, or a number
 * among the arguments.  There is no end of such names, so any number that fits and that the
 * giver did not merely pass on counts: better one accident missed than one on purpose blamed.
 */
#include "detect/announced.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define LISTEN_FDS_START 3	/* sd_listen_fds(3) */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return isalpha((unsigned char)c);
}

/* What stands before a number of its own: "fd6", "/dev/fd/6", ":6", and among arguments
 * "-d6" too; but not "utf8", "1.3", "/srv/3". */
static bool starts_alone(const char *text, const char *at, bool arguments)
{
	size_t before = (size_t)(at - text), slash = before && at[-1] == '/';

	if (!before)
		return true;
	if (slash || is_letter(at[-1])) {
		if (before >= 2 + slash && !strncasecmp(at - 2 - slash, "fd", 2))
			return true;
		return arguments && !slash && before >= 2 && at[-2] == '-' &&
		       (before == 2 || at[-3] == ' ');
	}
	if (at[-1] == '.')
		return before < 2 || !is_digit(at[-2]);
	return !is_digit(at[-1]);
}

static bool ends_alone(const char *end)
{
	return !is_letter(*end) && !is_digit(*end) && !(*end == '.' && is_digit(end[1]));
}

static bool has_number(const char *text, int fd, bool arguments)
{
	char digits[16];
	int n = snprintf(digits, sizeof(digits), "%d", fd);

	for (const char *at = text; (at = strstr(at, digits)); at++)
		if (starts_alone(text, at, arguments) && ends_alone(at + n))
			return true;
	return false;
}

static bool is_list_of_numbers(const char *value)
{
	return strpbrk(value, ";:,") && value[strspn(value, "0123456789;:, ")] == '\0';
}

static bool names_descriptors(const char *name, size_t n)
{
	static const char *const words[] = {
		"FD", "SOCK", "LISTEN", "PIPE", "HANDLE", "CHANNEL", "INHERIT", "MAKEFLAGS",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (memmem(name, n, words[i], strlen(words[i])))
			return true;
	return false;
}

static bool says_nothing(const char *entry)
{
	static const char *const names[] = { "SHLVL=", "_=", "COLUMNS=", "LINES=", "LISTEN_PID=" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(entry, names[i], strlen(names[i])))
			return true;
	return false;
}

bool announced_by_environ(const struct process *p, const struct process *giver, int fd)
{
	const char *listen = process_getenv(p, "LISTEN_FDS");

	if (listen && fd >= LISTEN_FDS_START && fd - LISTEN_FDS_START < atoi(listen))
		return true;
	for (size_t i = 0; i < p->environ_n; i++) {
		const char *entry = p->environ[i], *value = strchr(entry, '=');

		if (!value || says_nothing(entry) || !strncmp(entry, "LISTEN_FDS=", 11) ||
		    !has_number(value + 1, fd, false))
			continue;
		if (names_descriptors(entry, (size_t)(value - entry)) ||
		    is_list_of_numbers(value + 1) || !giver || !process_has_entry(giver, entry))
			return true;
	}
	return false;
}

bool announced_by_command(const struct process *p, int fd)
{
	return p->command && has_number(p->command, fd, true);
}
