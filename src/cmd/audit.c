/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One write a line: with O_APPEND, lines of several programs never mix.  The intent is on
 * the disk before the signal is sent, so that a power cut leaves no unexplained death.
 */
#include "cmd/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "view/plans.h"

enum { TURN_MS = 20, TURN_MOST_MS = 120000 };

/* Two at work over one family do no harm, but each would tell of half. */
static int take_turns(int fd)
{
	const struct timespec pause = { .tv_nsec = TURN_MS * 1000000L };

	for (unsigned ms = 0; flock(fd, LOCK_EX | LOCK_NB); ms += TURN_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return errno == ENOLCK || errno == EOPNOTSUPP ? 0 : -errno;
		if (ms >= TURN_MOST_MS)
			return -EBUSY;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int audit_open(struct audit *a, const char *path)
{
	struct stat st;
	int fd, err;

	a->fd = -1;
	openlog("leakscan", LOG_PID, LOG_DAEMON);
	if (!path)
		return 0;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC |
			O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) ? -errno : !S_ISREG(st.st_mode) || st.st_nlink != 1 ? -EINVAL : 0;
	err = err ? err : take_turns(fd);
	if (err)
		close(fd);
	else
		a->fd = fd;
	return err;
}

const char *audit_error(int err)
{
	return err == -EINVAL ? "not a regular file, or it has several names" :
		err == -EBUSY ? "another leakscan holds it" : strerror(-err);
}

void audit_close(struct audit *a)
{
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
	closelog();
}

static int write_line(const struct audit *a, const struct plan *plan, const struct patient *p,
		      const char *what, bool has_result, int err)
{
	struct arena *arena = arena_new(0);
	char *line = view_audit_line(arena, plan, p, what, has_result, err, time(NULL),
				     getpid(), geteuid());
	size_t n = strlen(line);
	ssize_t got;
	int failed = 0;

	if (a->fd >= 0) {
		got = write(a->fd, line, n);
		failed = got < 0 ? -errno : (size_t)got != n ? -ENOSPC : 0;
		if (!failed && !has_result && fdatasync(a->fd))
			failed = -errno;
	}
	if (!failed)
		syslog(LOG_NOTICE, "%.*s", (int)n - 1, line);
	arena_free(arena);
	return failed;
}

int audit_intent(const struct audit *a, const struct plan *plan, const struct patient *p,
		 const char *what)
{
	return write_line(a, plan, p, what, false, 0);
}

void audit_result(const struct audit *a, const struct plan *plan, const struct patient *p,
		  const char *what, int err)
{
	write_line(a, plan, p, what, true, err);
}
