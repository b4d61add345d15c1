/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Only the init of a pid namespace can have the last pid of it set, or one of its children. */
#include "pid_space.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

void pid_space_next(pid_t pid)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	char text[32];
	int n = snprintf(text, sizeof(text), "%d", pid - 1);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, (size_t)n), n);
	close(fd);
}

static int init_run(const char *what, int (*suite_run)(void))
{
	int status = 0;
	pid_t runner, got;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	mount(NULL, "/proc", NULL, MS_REC | MS_PRIVATE, NULL);
	if (mount("proc", "/proc", "proc", 0, NULL)) {
		harness_skip(what, "no /proc can be mounted in a namespace here");
		return harness_main(NULL);
	}
	runner = fork();
	if (!runner)
		exit(suite_run());
	while ((got = waitpid(-1, &status, 0)) > 0 || errno == EINTR)
		if (got == runner)
			break;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int pid_space_main(const char *what, int (*suite_run)(void))
{
	int status;
	pid_t init;

	if (geteuid() || unshare(CLONE_NEWPID | CLONE_NEWNS)) {
		harness_skip(what, "only root can make a pid namespace and choose pids");
		return harness_main(NULL);
	}
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	init = fork();
	if (!init)
		exit(init_run(what, suite_run));
	if (init < 0 || waitpid(init, &status, 0) != init)
		return 99;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
