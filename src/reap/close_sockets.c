/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A port held by an orphan, freed without ending it: pidfd_getfd(2) copies the descriptor,
 * shutdown(2) works on the socket behind it.  Closing the orphan's own number would let it
 * hit another file by a late close; a shut socket stays where it is.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "reap/ops_live.h"

static int shut(int pidfd, int number)
{
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0U), listening = 0, err;
	socklen_t size = sizeof(listening);

	if (fd < 0)
		return -errno;
	err = getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) ? -errno : 0;
	if (!err && !listening)
		err = -ENOTSOCK;
	if (!err && shutdown(fd, SHUT_RDWR))
		err = -errno;
	close(fd);
	return err;
}

int close_sockets(const struct patient *p, const struct pin *pin)
{
	int n = 0, failed = 0;

	for (size_t i = 0; i < p->listening_n; i++) {
		int err = shut(pin->pidfd, p->listening[i]);

		if (err)
			failed = err;
		else
			n++;
	}
	return n ? n : failed;
}
