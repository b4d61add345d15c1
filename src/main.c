/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the command in the table and runs it.  Before that, the few things a caller may have
 * left in a state that would bite: closed stdio, a locale that is needed for the width of
 * characters.
 */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/cmds.h"

/* A closed stdout must fail when written to, not write into the next file opened.  For what
 * we execute it is closed again. */
static void guard_stdio(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* a chroot may have no /dev/null; any descriptor keeps the place taken */
		if (open("/dev/null", (fd ? O_RDONLY : O_WRONLY) | O_CLOEXEC) != fd &&
		    open("/", O_PATH | O_CLOEXEC) != fd)
			exit(CMD_FAILED);
	}
}

/* Memory that cannot be had ends in abort() deep inside; a caller must read that as "could
 * not see", not as a crash without a word. */
static void say_and_fail(int signal_number)
{
	static const char words[] = "leakscan: cannot go on: out of memory, or an internal error\n";

	(void)signal_number;
	if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0)
		_exit(CMD_FAILED);
	_exit(CMD_FAILED);
}

int main(int argc, char **argv)
{
	guard_stdio();
	signal(SIGABRT, say_and_fail);
	setlocale(LC_CTYPE, "");
	return cmd_run(argc, argv);
}
