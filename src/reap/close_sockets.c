/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port held by an orphan, freed without ending it: pidfd_getfd(2) copies the descriptor,
 * shutdown(2) works on the socket behind it.  Closing the orphan's own number would let it
 * hit another file by a late close; a shut socket stays where it is.  But it also stays
 * bound: only SO_REUSEADDR on both sides lets another one listen on that port.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reap/ops_live.h"

static int ask(int fd, int option, int *value)
{
	socklen_t size = sizeof(*value);

	return getsockopt(fd, SOL_SOCKET, option, value, &size) ? -errno : 0;
}

static int shut(int fd, uint64_t inode)
{
	int listening = 0, on = 1;
	struct stat st;

	/* a copy of our own: this asks the socket, no file system that could hang */
	if (fstat(fd, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode) || st.st_ino != inode ||
	    ask(fd, SO_ACCEPTCONN, &listening) || !listening)
		return -ESTALE;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    shutdown(fd, SHUT_RDWR))
		return -errno;
	return ask(fd, SO_ACCEPTCONN, &listening) || listening ? -EBUSY : 0;
}

int close_socket(const struct pin *pin, int number, uint64_t inode)
{
	int fd = (int)syscall(SYS_pidfd_getfd, pin->pidfd, number, 0U), err;

	if (fd < 0)
		return -errno;
	err = shut(fd, inode);
	close(fd);
	return err;
}
