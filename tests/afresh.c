/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * afresh COMMAND [ARGUMENT...]: runs a test as a login shell would, whoever runs the tests.
 * Under nohup or a CI runner SIGHUP or SIGPIPE is ignored, which is inherited by all that a
 * test starts, and which leakscan takes for what it is: a sign of a daemon.  A shell cannot
 * give back what was ignored when it began.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	sigset_t none;

	if (argc < 2)
		return 99;
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[1], argv + 1);
	fprintf(stderr, "afresh: %s: %s\n", argv[1], strerror(errno));
	return 99;
}
