/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of facts, and the few things that can be said of one process alone. */
#include "model/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

_Static_assert(sizeof(void *) != 8 || sizeof(struct descriptor) == 40, "it grew");

static const char *const fact_names[FACT_N] = {
	[FACT_STATUS] = "status",
	[FACT_LIMITS] = "limits",
	[FACT_SCHED] = "sched",
	[FACT_CGROUP] = "cgroup",
	[FACT_STAT] = "stat",
	[FACT_IO] = "io",
	[FACT_FDS] = "fd",
	[FACT_CWD] = "cwd",
	[FACT_NAMESPACES] = "namespaces",
	[FACT_LAYOUT] = "layout",
	[FACT_TASKS] = "tasks",
	[FACT_ENVIRON] = "environ",
	[FACT_DETAILS] = "command",
};

static const char *const namespace_names[NS_N] = {
	[NS_CGROUP] = "cgroup", [NS_IPC] = "ipc", [NS_MNT] = "mnt", [NS_NET] = "net",
	[NS_PID] = "pid", [NS_USER] = "user", [NS_UTS] = "uts",
};

const char *fact_name(enum fact f)
{
	return fact_names[f];
}

const char *namespace_name(enum namespace_kind k)
{
	return namespace_names[k];
}

void process_init(struct process *p, struct process_id id)
{
	*p = (struct process){ .id = id, .wait_status = -1, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	p->now.state = '?';
	p->now.read_bytes = p->now.written_bytes = p->now.fd_count = -1;
	p->before = p->now;
	p->nofile_soft = p->nofile_hard = p->locks_soft = p->locks_hard = LIMIT_UNLIMITED;
}

const char *process_label(const struct process *p)
{
	return p->command ? p->command : p->comm;
}

const char *process_getenv(const struct process *p, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < p->environ_n; i++) {
		const char *entry = p->environ[i];

		if (!strncmp(entry, name, n) && entry[n] == '=')
			return entry + n + 1;
	}
	return NULL;
}

bool process_has_entry(const struct process *p, const char *entry)
{
	for (size_t i = 0; i < p->environ_n; i++)
		if (!strcmp(p->environ[i], entry))
			return true;
	return false;
}

const struct descriptor *process_fd(const struct process *p, int fd)
{
	for (size_t i = 0; i < p->fd_n; i++)
		if (p->fds[i].fd == fd)
			return &p->fds[i];
	return NULL;
}

const char *descriptor_link(const struct descriptor *d, char buf[DESCRIPTOR_LINK_SIZE])
{
	if (d->target || (d->kind != FD_PIPE && d->kind != FD_SOCKET))
		return d->target;
	snprintf(buf, DESCRIPTOR_LINK_SIZE, "%s:[%" PRIu64 "]",
		 d->kind == FD_PIPE ? "pipe" : "socket", d->inode);
	return buf;
}

bool process_is_shell(const struct process *p)
{
	static const char *const names[] = {
		"sh", "bash", "dash", "zsh", "ksh", "ksh93", "mksh", "ash", "fish", "busybox",
	};
	const char *name = p->exe ? p->exe : p->comm, *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}
