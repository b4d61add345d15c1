/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links are read, never followed.  The access mode is in the rights of the link itself, so
 * lstat tells it without opening fdinfo (which of an epoll can block for good).  A thread
 * group whose leader has exited shows an empty table there; its threads show theirs.
 */
#include "source/fd_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/procfs.h"

struct fd_list {
	const struct proc_dir *proc;
	struct arena *arena;
	struct ticket *ticket;
	pid_t pid;
	char dir[40];		/* "fd" or "task/TID/fd" */
	int list;		/* that directory */
	struct descriptor *fds;
	size_t n, room;
	int next;		/* below this all that are open have been read */
	bool denied, unsorted;
};

/* The owner's rights on the link are the descriptor's access mode: tid_fd_update_inode and
 * proc_fd_instantiate in fs/proc/fd.c. */
static enum fd_mode link_mode(const struct fd_list *l, const char *name)
{
	struct stat st;

	if (fstatat(l->list, name, &st, AT_SYMLINK_NOFOLLOW))
		return FD_MODE_UNKNOWN;
	if ((st.st_mode & S_IRUSR) && (st.st_mode & S_IWUSR))
		return FD_READ_WRITE;
	return st.st_mode & S_IWUSR ? FD_WRITE : FD_READ;
}

static int read_fd(void *context, int number)
{
	struct fd_list *l = context;
	struct descriptor *d;
	char name[16], link[4096];
	ssize_t n;

	if (l->n % 256 == 255)
		ticket_beat(l->ticket);
	proc_number(name, (unsigned)number);
	n = readlinkat(l->list, name, link, sizeof(link));
	if (n < 0 && (errno == ENOENT || errno == ESRCH))
		return 0;	/* closed meanwhile */
	l->unsorted |= l->n && l->fds[l->n - 1].fd > number;
	d = arena_push(l->arena, &l->fds, &l->n, &l->room, sizeof(*d));
	d->fd = number;
	if (n < 0) {
		l->denied = errno == EACCES || errno == EPERM;
		return l->denied;	/* one as all; but a path may be too long by itself */
	}
	procfs_fd_link((struct text){ link, (size_t)n }, d);
	if (d->kind != FD_PIPE && d->kind != FD_SOCKET)
		d->target = arena_bytes(l->arena, link, (size_t)n);
	d->mode = FD_READ_WRITE;	/* as sock_alloc_file in net/socket.c makes every socket */
	if (d->kind != FD_SOCKET)
		d->mode = link_mode(l, name);
	return l->n >= PROCESS_FDS_MOST;
}

static int read_later_fd(void *context, int number)
{
	struct fd_list *l = context;

	return number < l->next ? 0 : read_fd(l, number);
}

/* Most tables have no holes: 0, 1, 2 and so on, as many as were counted, and then no more.
 * To have them listed as well would cost a quarter of reading them. */
static int read_fds(struct fd_list *l, int64_t counted)
{
	struct stat st;
	int end = 0;

	while (!end && l->next < counted && l->n == (size_t)l->next)
		end = read_fd(l, l->next++);
	if (end || (l->n && l->n == (size_t)counted && !fstat(l->list, &st) &&
		    st.st_size == counted))
		return 0;
	return proc_list(l->list, read_later_fd, l);
}

bool fd_table_locked(const struct proc_dir *proc, pid_t pid, int fd)
{
	char file[64], buf[4096];
	ssize_t n;

	snprintf(file, sizeof(file), "fdinfo/%d", fd);
	n = proc_read(proc, pid, file, buf, sizeof(buf));
	return n > 0 && procfs_fdinfo_locked((struct text){ buf, (size_t)n });
}

/* A lock shows in fdinfo.  Only asked of files: an epoll's fdinfo can block for good. */
static void read_locks(struct fd_list *l)
{
	if (proc_has_no_locks(l->proc))
		return;
	for (size_t i = 0; i < l->n; i++)
		if (l->fds[i].kind == FD_FILE && l->fds[i].mode != FD_READ)
			l->fds[i].locked = fd_table_locked(l->proc, l->pid, l->fds[i].fd);
}

static int by_fd(const void *left, const void *right)
{
	const struct descriptor *a = left, *b = right;

	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

static int find_living(void *context, int tid)
{
	struct fd_list *l = context;

	if (tid == l->pid)
		return 0;
	snprintf(l->dir, sizeof(l->dir), "task/%d/fd", tid);
	return 1;
}

int fd_table_read(const struct proc_dir *proc, struct arena *a, struct process *p,
		  struct ticket *ticket)
{
	struct fd_list l = { .proc = proc, .arena = a, .ticket = ticket, .pid = p->id.pid,
			     .dir = "fd" };
	int err = 0;

	if (process_is_dead_leader(p))
		err = proc_numbers(proc, p->id.pid, "task", find_living, &l);
	l.list = err ? err : proc_list_open(proc, p->id.pid, l.dir);
	if (l.list < 0)
		return l.list;
	err = read_fds(&l, p->now.fd_count);
	proc_list_close(proc, l.list);
	if (err)
		return err;
	if (l.denied)
		return -EACCES;
	read_locks(&l);
	if (l.unsorted)
		qsort(l.fds, l.n, sizeof(*l.fds), by_fd);
	p->fds = l.fds;
	p->fd_n = l.n;
	return 0;
}
