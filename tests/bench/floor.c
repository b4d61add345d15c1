/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floor ident|counts|links: the cheapest walk of /proc that we know for the same facts,
 * and nothing else: no join, no verdict, no output but how many there were.  What every
 * other program costs is told as a multiple of this.
 *
 * ident: pid, ppid, pgid, sid, state, start of each process (getdents64, and openat, read
 * and close of PID/stat).  counts: also its number of descriptors, which since Linux 6.2
 * is the size of PID/fd.  links: instead what each of them is (getdents64, readlinkat).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LISTING = 256 << 10, FD_LISTING = 32 << 10 };
enum level { LEVEL_IDENT, LEVEL_COUNTS, LEVEL_LINKS };

struct facts {
	long numbers[19];	/* fields 4 to 22 of proc_pid_stat(5) */
	char state;
	char comm[64];
	long fds;
};

struct dirent64 {
	unsigned long long ino;
	long long off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

_Noreturn static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* 0 when the process is gone. */
static int stat_read(int proc, const char *pid, struct facts *f)
{
	char path[32], text[1024], *p, *end, *open_paren;
	size_t len = strlen(pid), i;
	ssize_t n;
	int fd;

	memcpy(path, pid, len);
	memcpy(path + len, "/stat", 6);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	end = text + n;
	*end = '\0';
	p = memrchr(text, ')', (size_t)n);
	open_paren = strchr(text, '(');
	if (!p || !open_paren)
		return 0;
	len = (size_t)(p - open_paren - 1);
	if (len >= sizeof(f->comm))
		len = sizeof(f->comm) - 1;
	memcpy(f->comm, open_paren + 1, len);
	f->comm[len] = '\0';
	f->state = p[2];
	p += 4;
	for (i = 0; i < 19 && p < end; i++, p++) {
		long value = 0;
		int minus = *p == '-';

		for (p += minus; *p >= '0' && *p <= '9'; p++)
			value = value * 10 + (*p - '0');
		f->numbers[i] = minus ? -value : value;
	}
	return 1;
}

static void counts_read(int proc, const char *pid, struct facts *f)
{
	char path[32];
	size_t len = strlen(pid);
	struct stat st;

	memcpy(path, pid, len);
	memcpy(path + len, "/fd", 4);
	if (fstatat(proc, path, &st, 0) == 0)
		f->fds = st.st_size;
}

/* Every link of one process. */
static void links_read(int proc, const char *pid, struct facts *f)
{
	static char listing[FD_LISTING], target[4096];
	char path[32];
	size_t len = strlen(pid);
	long n, at;
	int dir;

	memcpy(path, pid, len);
	memcpy(path + len, "/fd", 4);
	dir = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return;
	while ((n = syscall(SYS_getdents64, dir, listing, sizeof(listing))) > 0)
		for (at = 0; at < n;) {
			struct dirent64 *d = (struct dirent64 *)(listing + at);

			at += d->reclen;
			if (d->name[0] != '.' &&
			    readlinkat(dir, d->name, target, sizeof(target)) > 0)
				f->fds++;
		}
	close(dir);
}

int main(int argc, char **argv)
{
	static char listing[LISTING];
	static struct facts facts;
	enum level level;
	long n, at, processes = 0, fds = 0;
	int proc;

	if (argc != 2)
		return 2;
	level = argv[1][0] == 'i' ? LEVEL_IDENT :
		argv[1][0] == 'c' ? LEVEL_COUNTS : LEVEL_LINKS;
	proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		die("/proc");
	while ((n = syscall(SYS_getdents64, proc, listing, sizeof(listing))) > 0)
		for (at = 0; at < n;) {
			struct dirent64 *d = (struct dirent64 *)(listing + at);

			at += d->reclen;
			if (d->name[0] < '1' || d->name[0] > '9')
				continue;
			facts.fds = 0;
			if (!stat_read(proc, d->name, &facts))
				continue;
			if (level == LEVEL_COUNTS)
				counts_read(proc, d->name, &facts);
			else if (level == LEVEL_LINKS)
				links_read(proc, d->name, &facts);
			processes++;
			fds += facts.fds;
		}
	if (n < 0)
		die("getdents64");
	printf("%ld %ld\n", processes, fds);
	return 0;
}
