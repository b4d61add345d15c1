/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a record.  Adding a field: 1. a row here, 2. a row in doc/record.md.
 * A key once given out keeps its meaning: old records are test cases.
 */
#include "source/record_keys.h"

_Static_assert(FACT_N < 28, "facts and RECORD_*_GIVEN share a mask");

#define AT(structure, field) offsetof(struct structure, field)
#define IN_NAMESPACES FACT_BIT(FACT_NAMESPACES)

const struct record_key record_machine_keys[] = {
	{ "hz", FORM_U32, AT(snapshot, hz), 0 },
	{ "now", FORM_U64, AT(snapshot, now_ns), 0 },
	{ "sched_now", FORM_U64, AT(snapshot, sched_now_ns), 0 },
	{ "wall", FORM_WALL, AT(snapshot, wall_s), 0 },
	{ "host", FORM_TEXT, AT(snapshot, host), 0 },
	{ "boot", FORM_TEXT, AT(snapshot, boot_id), 0 },
	{ "self", FORM_PID, AT(snapshot, self), 0 },
	{ "uid", FORM_U32, AT(snapshot, uid), 0 },
	{ "initial_pid_ns", FORM_FLAG, AT(snapshot, initial_pid_ns), 0 },
	{ "source", FORM_TEXT, AT(snapshot, coverage.source), 0 },
	{ "pid1", FORM_FLAG, AT(snapshot, coverage.pid1_visible), 0 },
	{ "threads", FORM_COUNT, AT(snapshot, coverage.threads_kernel), 0 },
	{ "partial", FORM_FLAG, AT(snapshot, coverage.partial), 0 },
	{ "passes", FORM_U32, AT(snapshot, coverage.passes), 0 },
	{ "unsteady", FORM_FLAG, AT(snapshot, coverage.unsteady), 0 },
	{ "vanished", FORM_U32, AT(snapshot, coverage.vanished), 0 },
	{ "hidepid", FORM_FLAG, AT(snapshot, coverage.hidepid), 0 },
	{ "subset_pid", FORM_FLAG, AT(snapshot, coverage.subset_pid), 0 },
	{ "stalled", FORM_U32, AT(snapshot, coverage.stalled), 0 },
	{ "walk_cut", FORM_FLAG, AT(snapshot, coverage.walk_cut), 0 },
	{ "objects_cut", FORM_FLAG, AT(snapshot, coverage.objects_cut), 0 },
	{ "machine_fds", FORM_FLAG, AT(snapshot, coverage.machine_fds), 0 },
	{ "machine_environ", FORM_FLAG, AT(snapshot, coverage.machine_environ), 0 },
	{ "machine_cgroup", FORM_FLAG, AT(snapshot, coverage.machine_cgroup), 0 },
	{ "took", FORM_U64, AT(snapshot, coverage.took_ns), 0 },
	{ 0 }
};

const struct record_key record_process_keys[] = {
	{ "pid", FORM_PID, AT(process, id.pid), 0 },
	{ "start", FORM_U64, AT(process, id.start_ticks), FACT_BIT(FACT_STAT) },
	{ "ppid", FORM_PID, AT(process, now.ppid), FACT_BIT(FACT_STAT) },
	{ "pgid", FORM_PID, AT(process, pgid), FACT_BIT(FACT_STAT) },
	{ "sid", FORM_PID, AT(process, sid), FACT_BIT(FACT_STAT) },
	{ "state", FORM_STATE, AT(process, now.state), FACT_BIT(FACT_STAT) },
	{ "threads", FORM_U32, AT(process, threads), FACT_BIT(FACT_STAT) },
	{ "comm", FORM_COMM, AT(process, comm), FACT_BIT(FACT_STAT) },
	{ "kthread", FORM_FLAG, AT(process, kernel_thread), FACT_BIT(FACT_STAT) },
	{ "execed", FORM_FLAG, AT(process, has_execed), FACT_BIT(FACT_STAT) },
	{ "reaped", FORM_FLAG, AT(process, has_reaped), FACT_BIT(FACT_STAT) },
	{ "gone", FORM_FLAG, AT(process, gone), 0 },
	{ "wait", FORM_INT, AT(process, wait_status), FACT_BIT(FACT_STAT) },
	{ "cpu", FORM_U64, AT(process, now.cpu_ticks), FACT_BIT(FACT_STAT) },
	{ "rchar", FORM_COUNT, AT(process, now.read_bytes), FACT_BIT(FACT_IO) },
	{ "wchar", FORM_COUNT, AT(process, now.written_bytes), FACT_BIT(FACT_IO) },
	{ "fds", FORM_COUNT, AT(process, now.fd_count), 0 },
	{ "at", FORM_AT, AT(process, now.at_ns), RECORD_AT_GIVEN },
	{ "before", FORM_LOOK, AT(process, before), 0 },
	{ "uid", FORM_ID, AT(process, uid), FACT_BIT(FACT_STATUS) },
	{ "gid", FORM_ID, AT(process, gid), FACT_BIT(FACT_STATUS) },
	{ "tracer", FORM_PID, AT(process, tracer), FACT_BIT(FACT_STATUS) },
	{ "ns_depth", FORM_U32, AT(process, ns_depth), FACT_BIT(FACT_STATUS) },
	{ "ns_pid", FORM_PID, AT(process, ns_pid), FACT_BIT(FACT_STATUS) },
	{ "sigpnd", FORM_MASK, AT(process, sig_pending), FACT_BIT(FACT_STATUS) },
	{ "sigblk", FORM_MASK, AT(process, sig_blocked), FACT_BIT(FACT_STATUS) },
	{ "sigign", FORM_MASK, AT(process, sig_ignored), FACT_BIT(FACT_STATUS) },
	{ "sigcgt", FORM_MASK, AT(process, sig_caught), FACT_BIT(FACT_STATUS) },
	{ "nofile", FORM_LIMIT, AT(process, nofile_soft), FACT_BIT(FACT_LIMITS) },
	{ "nofile_hard", FORM_LIMIT, AT(process, nofile_hard), FACT_BIT(FACT_LIMITS) },
	{ "locks", FORM_LIMIT, AT(process, locks_soft), FACT_BIT(FACT_LIMITS) },
	{ "locks_hard", FORM_LIMIT, AT(process, locks_hard), FACT_BIT(FACT_LIMITS) },
	{ "exec_start", FORM_U64, AT(process, exec_start_ns), FACT_BIT(FACT_SCHED) },
	{ "cgroup", FORM_TEXT, AT(process, cgroup), FACT_BIT(FACT_CGROUP) },
	{ "cwd", FORM_TEXT, AT(process, cwd), FACT_BIT(FACT_CWD) },
	{ "ns.cgroup", FORM_U64, AT(process, namespaces[NS_CGROUP]), IN_NAMESPACES },
	{ "ns.ipc", FORM_U64, AT(process, namespaces[NS_IPC]), IN_NAMESPACES },
	{ "ns.mnt", FORM_U64, AT(process, namespaces[NS_MNT]), IN_NAMESPACES },
	{ "ns.net", FORM_U64, AT(process, namespaces[NS_NET]), IN_NAMESPACES },
	{ "ns.pid", FORM_U64, AT(process, namespaces[NS_PID]), IN_NAMESPACES },
	{ "ns.user", FORM_U64, AT(process, namespaces[NS_USER]), IN_NAMESPACES },
	{ "ns.uts", FORM_U64, AT(process, namespaces[NS_UTS]), IN_NAMESPACES },
	{ "layout", FORM_LAYOUT, AT(process, layout), FACT_BIT(FACT_LAYOUT) },
	{ "user", FORM_TEXT, AT(process, user), FACT_BIT(FACT_DETAILS) },
	{ "group", FORM_TEXT, AT(process, group), FACT_BIT(FACT_DETAILS) },
	{ "unit", FORM_TEXT, AT(process, unit), FACT_BIT(FACT_DETAILS) },
	{ "exe", FORM_TEXT, AT(process, exe), FACT_BIT(FACT_DETAILS) },
	{ "command", FORM_TEXT, AT(process, command), FACT_BIT(FACT_DETAILS) },
	{ "read", FORM_FACTS, AT(process, read), RECORD_READ_GIVEN },
	{ "denied", FORM_FACTS, AT(process, denied), 0 },
	{ "stalled", FORM_FACTS, AT(process, stalled), 0 },
	{ 0 }
};

_Static_assert(sizeof(record_process_keys) / sizeof(record_process_keys[0]) < 64,
	       "the reader has one bit for each key");

#define FOLLOWS(structure, has, field, maybe, value) \
	_Static_assert(AT(structure, field) - AT(structure, has) == AT(maybe, value), #field)

FOLLOWS(socket_info, has_idle, idle_ms, maybe_u32, value);
FOLLOWS(series, samples, n, samples, n);
FOLLOWS(series, samples, room, samples, room);

const struct record_key record_fd_keys[] = {
	{ "pid", FORM_PID, AT(record_fd, pid), 0 },
	{ "fd", FORM_FD, AT(record_fd, fd), 0 },
	{ "kind", FORM_KIND, AT(record_fd, kind), RECORD_KIND_GIVEN },
	{ "mode", FORM_MODE, AT(record_fd, mode), 0 },
	{ "inode", FORM_U64, AT(record_fd, inode), RECORD_KIND_GIVEN },
	{ "deleted", FORM_FLAG, AT(record_fd, deleted), RECORD_KIND_GIVEN },
	{ "locked", FORM_FLAG, AT(record_fd, locked), 0 },
	{ "target", FORM_TEXT, AT(record_fd, target), RECORD_TARGET_GIVEN },
	{ "cloexec", FORM_CLOEXEC, AT(record_fd, cloexec), 0 },
	{ "watched", FORM_WATCHED, AT(record_fd, watched_pid), 0 },
	{ "watches", FORM_MAYBE_U32, AT(record_fd, watches), 0 },
	{ "size", FORM_MAYBE_U64, AT(record_fd, size), 0 },
	{ "queue", FORM_QUEUE, AT(record_fd, queue), 0 },
	{ "readers", FORM_U32, AT(record_fd, readers), 0 },
	{ "writers", FORM_U32, AT(record_fd, writers), 0 },
	{ "file", FORM_MASK, AT(record_fd, file_id), 0 },
	{ 0 }
};

const struct record_key record_task_keys[] = {
	{ "pid", FORM_PID, AT(record_task, pid), 0 },
	{ "tid", FORM_PID, AT(record_task, t.tid), 0 },
	{ "state", FORM_STATE, AT(record_task, t.state), 0 },
	{ "doing", FORM_DOING, AT(record_task, t.doing), 0 },
	{ "fd", FORM_INT, AT(record_task, t.fd), 0 },
	{ "pipe", FORM_FLAG, AT(record_task, t.in_pipe), 0 },
	{ "since", FORM_MAYBE_U64, AT(record_task, since), 0 },
	{ 0 }
};

const struct record_key record_series_keys[] = {
	{ "pid", FORM_PID, AT(series, id.pid), 0 },
	{ "start", FORM_U64, AT(series, id.start_ticks), 0 },
	{ "of", FORM_SERIES, AT(series, kind), 0 },
	{ "kind", FORM_GROWING_KIND, AT(series, fd_kind), 0 },
	{ "anon", FORM_TEXT, AT(series, anon), 0 },
	{ "remembered", FORM_FLAG, AT(series, between_checks), 0 },
	{ "samples", FORM_SAMPLES, AT(series, samples), 0 },
	{ 0 }
};

const struct record_key record_socket_keys[] = {
	{ "inode", FORM_U64, AT(socket_info, inode), 0 },
	{ "family", FORM_FAMILY, AT(socket_info, family), 0 },
	{ "peer", FORM_U64, AT(socket_info, peer_inode), 0 },
	{ "named", FORM_FLAG, AT(socket_info, named), 0 },
	{ "listening", FORM_FLAG, AT(socket_info, listening), 0 },
	{ "port", FORM_PORT, AT(socket_info, port), 0 },
	{ "state", FORM_TCP_STATE, AT(socket_info, tcp_state), 0 },
	{ "unread", FORM_U32, AT(socket_info, unread_bytes), 0 },
	{ "idle", FORM_MAYBE_U32, AT(socket_info, has_idle), 0 },
	{ "remote", FORM_TEXT, AT(socket_info, peer), 0 },
	{ 0 }
};

_Static_assert(AT(same_file, a_fd) == AT(same_file, a) + sizeof(pid_t) &&
	       AT(same_file, b_fd) == AT(same_file, b) + sizeof(pid_t), "FORM_PLACE");

const struct record_key record_same_keys[] = {
	{ "a", FORM_PLACE, AT(same_file, a), 0 },
	{ "b", FORM_PLACE, AT(same_file, b), 0 },
	{ 0 }
};

const struct record_key record_pidfile_keys[] = {
	{ "pid", FORM_PID, AT(pidfile, pid), 0 },
	{ "path", FORM_TEXT, AT(pidfile, path), 0 },
	{ 0 }
};

const char *const record_fd_kinds[] = {
	[FD_UNREADABLE] = "unreadable", [FD_FILE] = "file", [FD_DEVICE] = "device",
	[FD_PIPE] = "pipe", [FD_SOCKET] = "socket", [FD_MEMFD] = "memfd",
	[FD_ANON] = "anon", [FD_OTHER] = "other", NULL
};

const char *const record_fd_modes[] = {
	[FD_MODE_UNKNOWN] = "unknown", [FD_READ] = "r", [FD_WRITE] = "w",
	[FD_READ_WRITE] = "rw", NULL
};

const char *const record_socket_families[] = {
	[SOCKET_UNIX] = "unix", [SOCKET_TCP] = "tcp", [SOCKET_OTHER] = "other", NULL
};

const char *const record_cloexecs[] = {
	[CLOEXEC_UNKNOWN] = "unknown", [CLOEXEC_SET] = "set", [CLOEXEC_CLEAR] = "clear", NULL
};

const char *const record_doings[] = {
	[TASK_UNKNOWN] = "unknown", [TASK_RUNNING] = "running", [TASK_READING] = "reading",
	[TASK_WRITING] = "writing", [TASK_POLLING] = "polling",
	[TASK_WAITING_CHILD] = "waiting-child", [TASK_SLEEPING] = "sleeping",
	[TASK_LOCKING] = "locking", NULL
};

const char *const record_series_kinds[] = {
	[SERIES_FDS] = "fds", [SERIES_CHILDREN] = "children", [SERIES_FDS_OF_KIND] = "kind", NULL
};

const char *const record_tcp_states[] = {
	"unknown", "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2",
	"time-wait", "close", "close-wait", "last-ack", "listen", "closing", NULL
};
