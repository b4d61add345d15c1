/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup.kill: one write ends all of a control group, without a race against forks.  So it
 * ends strangers too: it is used only where everybody in the group is a patient, which is
 * asked last, and never for the root or a group with groups below it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "reap/ops_live.h"

#define GROUP_MOST 16384	/* bytes of cgroup.procs; a larger group is left to pidfds */

static int open_group(const char *path)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char file[4096];

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		int fd;

		/* a v1 hierarchy has no such file */
		snprintf(file, sizeof(file), "%s/cgroup.controllers", roots[i]);
		if (access(file, F_OK) ||
		    snprintf(file, sizeof(file), "%s%s", roots[i], path) >= (int)sizeof(file))
			continue;
		fd = open(file, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}

static bool has_groups_below(int dir)
{
	struct stat st;

	/* cgroupfs counts directories as links, as disks do */
	return fstat(dir, &st) || st.st_nlink > 2;
}

/* A pid in the list is a patient's only if that one was not reaped before it was read. */
static bool only_patients(int dir, struct patient *const *who, const struct pin *pins, size_t n)
{
	int fd = openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	char buf[GROUP_MOST];
	struct text rest = { buf, 0 }, line;
	bool ours;
	size_t seen = 0;
	ssize_t got = -1;

	if (fd < 0)
		return false;
	while (rest.n < sizeof(buf) && (got = read(fd, buf + rest.n, sizeof(buf) - rest.n)) > 0)
		rest.n += (size_t)got;
	close(fd);
	/* who was not read may be anybody */
	ours = !got;
	while (ours && text_line(&rest, &line)) {
		int pid;

		/* 0: somebody of a pid namespace that we cannot see into */
		ours = !text_pid(line, &pid);
		for (size_t i = 0; ours && i <= n; i++) {
			if (i == n)
				ours = false;
			else if (who[i]->process.id.pid == pid) {
				ours = pin_look(&pins[i]) < 2;
				break;
			}
		}
		seen++;
	}
	return ours && seen;
}

const char *cgroup_common(struct patient *const *who, size_t n)
{
	const char *path = n ? who[0]->process.cgroup : NULL;

	if (!path || path[0] != '/' || !path[1] || strstr(path, "/.."))
		return NULL;
	for (size_t i = 1; i < n; i++)
		if (!who[i]->process.cgroup || strcmp(who[i]->process.cgroup, path))
			return NULL;
	return path;
}

int cgroup_kill(struct patient *const *who, const struct pin *pins, size_t n)
{
	const char *path = cgroup_common(who, n);
	int dir, fd, err = -ENOENT;

	if (!path)
		return -ENOENT;
	dir = open_group(path);
	if (dir < 0)
		return dir;
	if (!has_groups_below(dir) && only_patients(dir, who, pins, n)) {
		fd = openat(dir, "cgroup.kill", O_WRONLY | O_CLOEXEC);
		err = fd < 0 || write(fd, "1", 1) != 1 ? -errno : 0;
		if (fd >= 0)
			close(fd);
	}
	close(dir);
	return err;
}
