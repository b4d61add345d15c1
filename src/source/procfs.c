/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parsers of /proc's texts.  Names and paths in them are chosen by the processes: `stat`
 * and `sched` show a name raw, newlines included, `status` escapes only newline and
 * backslash.  Linux does not say where a text was cut: a last line without its newline
 * is therefore never believed.
 */
#include "source/procfs.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#define PF_KTHREAD 0x00200000u	/* include/linux/sched.h */
#define PF_FORKNOEXEC 0x00000040u

static int int_of(struct text t, int *out)
{
	int64_t value;
	int r = text_i64(t, &value);

	if (r < 0 || value < INT_MIN || value > INT_MAX)
		return -EINVAL;
	*out = (int)value;
	return 0;
}

static int u32_of(struct text t, uint32_t *out)
{
	uint64_t value;

	if (text_u64(t, &value) < 0 || value > UINT32_MAX)
		return -EINVAL;
	*out = (uint32_t)value;
	return 0;
}

static bool whole_line(struct text *rest, struct text *line)
{
	/* the NUL-free rest behind the last newline is a line that was cut */
	return rest->n > 0 && memchr(rest->at, '\n', rest->n) && text_line(rest, line);
}

/* "Key:\tvalue": the value of a line with that key. */
static bool keyed(struct text line, const char *key, struct text *value)
{
	size_t n = strlen(key);

	if (!text_starts(line, key) || line.n <= n || line.at[n] != ':')
		return false;
	*value = text_trim((struct text){ line.at + n + 1, line.n - n - 1 });
	return true;
}

static void set_comm(struct process *p, const char *bytes, size_t n)
{
	if (n > sizeof(p->comm) - 1)
		n = sizeof(p->comm) - 1;
	memset(p->comm, 0, sizeof(p->comm));
	memcpy(p->comm, bytes, n);
}

/* Field numbers of proc_pid_stat(5); the first two are cut off before. */
enum {
	STAT_STATE = 3, STAT_PPID, STAT_PGRP, STAT_SESSION, STAT_FLAGS = 9,
	STAT_CMINFLT = 11,
	STAT_UTIME = 14, STAT_STIME, STAT_THREADS = 20, STAT_START = 22,
	STAT_WCHAN = 35, STAT_EXIT_CODE = 52, STAT_N
};

/* The wait status of a zombie, or -1.  Who may not trace the zombie is shown 0, which is
 * also what a good exit looks like.  fs/proc/array.c shows the wchan field of a task that
 * does not run as 1 to those who may, and as 0 to those who may not: that tells the two
 * apart (5.16 and later; before, a good exit often stays unknown, which is no lie). */
static int wait_status_of(const struct text *field)
{
	uint64_t code, wchan;

	if (text_u64(field[STAT_EXIT_CODE], &code) < 0 || code > 0xffff)
		return -1;
	if (code == 0 && (text_u64(field[STAT_WCHAN], &wchan) < 0 || wchan == 0))
		return -1;
	return (int)code;
}

/* A task that is being reaped has lost its group and session: the kernel shows -1. */
static int group_of(struct text t, pid_t *out)
{
	int value;

	if (int_of(t, &value) < 0 || value < -1)
		return -EINVAL;
	*out = value < 0 ? 0 : value;
	return 0;
}

static int stat_fields(const struct text *field, struct process *p)
{
	uint64_t flags, cminflt, utime, stime;

	if (field[STAT_STATE].n != 1)
		return -EINVAL;
	p->now.state = field[STAT_STATE].at[0];
	if (int_of(field[STAT_PPID], &p->now.ppid) < 0 || p->now.ppid < 0 ||
	    group_of(field[STAT_PGRP], &p->pgid) < 0 ||
	    group_of(field[STAT_SESSION], &p->sid) < 0 ||
	    text_u64(field[STAT_FLAGS], &flags) < 0 ||
	    text_u64(field[STAT_CMINFLT], &cminflt) < 0 ||
	    text_u64(field[STAT_UTIME], &utime) < 0 ||
	    text_u64(field[STAT_STIME], &stime) < 0 ||
	    u32_of(field[STAT_THREADS], &p->threads) < 0 ||
	    text_u64(field[STAT_START], &p->id.start_ticks) < 0 ||
	    __builtin_add_overflow(utime, stime, &p->now.cpu_ticks))
		return -EINVAL;
	p->kernel_thread = flags & PF_KTHREAD;
	p->has_execed = !(flags & PF_FORKNOEXEC);
	p->has_reaped = cminflt;
	p->wait_status = process_is_zombie(p) ? wait_status_of(field) : -1;
	return 0;
}

int procfs_stat(struct text t, pid_t pid, struct process *p)
{
	const char *open = t.n > 0 ? memchr(t.at, '(', t.n) : NULL;
	const char *close = t.n > 0 ? memrchr(t.at, ')', t.n) : NULL;
	struct text field[STAT_N] = { 0 }, rest, word;
	struct process filled = *p;
	int shown_pid, i = STAT_STATE;

	if (!open || !close || close < open || t.at[t.n - 1] != '\n')
		return -EINVAL;
	if (open == t.at || open[-1] != ' ' || close[1] != ' ' ||
	    int_of((struct text){ t.at, (size_t)(open - 1 - t.at) }, &shown_pid) < 0 ||
	    shown_pid != pid)
		return -EINVAL;
	rest = (struct text){ close + 2, (size_t)(t.at + t.n - 1 - (close + 2)) };
	while (i < STAT_N && text_word(&rest, &word))
		field[i++] = word;
	if (stat_fields(field, &filled) < 0)
		return -EINVAL;
	filled.id.pid = pid;
	set_comm(&filled, open + 1, (size_t)(close - open - 1));
	*p = filled;
	return 0;
}

/* The second of "real effective saved filesystem". */
static int effective_id(struct text value, uint32_t *out)
{
	struct text word;

	if (!text_word(&value, &word) || !text_word(&value, &word))
		return -EINVAL;
	return u32_of(word, out);
}

static int first_pid(struct text value, pid_t *out)
{
	struct text word;

	if (!text_word(&value, &word))
		return -EINVAL;
	return group_of(word, out);
}

/* One column for each pid namespace from ours down to the process's own. */
static int ns_columns(struct text value, struct process *p)
{
	struct text word;
	unsigned n = 0;
	int pid = 0;

	while (text_word(&value, &word)) {
		if (int_of(word, &pid) < 0 || pid < 0)
			return -EINVAL;
		n++;
	}
	if (n == 0)
		return -EINVAL;
	p->ns_depth = n - 1;
	p->ns_pid = pid;
	return 0;
}

/* Only "\n" and "\\" are escapes here, and blanks at the ends belong to the name. */
static void set_comm_escaped(struct process *p, struct text line)
{
	struct text raw = { line.at + strlen("Name:\t"), line.n - strlen("Name:\t") };
	char name[sizeof(p->comm)];
	size_t i, n = 0;

	for (i = 0; i < raw.n && n < sizeof(name); i++) {
		char c = raw.at[i];

		if (c == '\\' && i + 1 < raw.n &&
		    (raw.at[i + 1] == 'n' || raw.at[i + 1] == '\\'))
			c = raw.at[++i] == 'n' ? '\n' : '\\';
		name[n++] = c;
	}
	set_comm(p, name, n);
}

enum {
	SEEN_NAME = 1, SEEN_STATE = 2, SEEN_PPID = 4, SEEN_TRACER = 8, SEEN_UID = 16,
	SEEN_GID = 32, SEEN_THREADS = 64, SEEN_PENDING = 128, SEEN_BLOCKED = 256,
	SEEN_IGNORED = 512, SEEN_CAUGHT = 1024, SEEN_PID = 2048, SEEN_ALL = 4095
};

/* What only `stat` knows better: raw name, and the fields that it also has. */
static int status_line_shared(struct text line, struct process *p, unsigned *seen)
{
	struct text v;

	if (text_starts(line, "Name:\t")) {
		*seen |= SEEN_NAME;
		set_comm_escaped(p, line);
	} else if (keyed(line, "State", &v)) {
		*seen |= SEEN_STATE;
		if (v.n == 0)
			return -EINVAL;
		p->now.state = v.at[0];
	} else if (keyed(line, "PPid", &v)) {
		*seen |= SEEN_PPID;
		if (int_of(v, &p->now.ppid) < 0 || p->now.ppid < 0)
			return -EINVAL;
	} else if (keyed(line, "NSpgid", &v)) {
		return first_pid(v, &p->pgid);
	} else if (keyed(line, "NSsid", &v)) {
		return first_pid(v, &p->sid);
	}
	return 0;
}

static int status_mask(struct text v, uint64_t *mask, unsigned *seen, unsigned bit)
{
	*seen |= bit;
	return text_hex64(v, mask);
}

static int add_switches(struct text v, struct process *p)
{
	uint64_t n;

	if (text_u64(v, &n) < 0)
		return -EINVAL;
	p->switches += n;
	return 0;
}

static int status_line(struct text line, struct process *p, unsigned *seen)
{
	struct text v;

	if (keyed(line, "Pid", &v)) {
		*seen |= SEEN_PID;
		/* the fallback of kernels before 4.1, which have no NSpid */
		return ns_columns(v, p);
	}
	if (keyed(line, "NSpid", &v))
		return ns_columns(v, p);
	if (keyed(line, "TracerPid", &v)) {
		*seen |= SEEN_TRACER;
		return int_of(v, &p->tracer) < 0 || p->tracer < 0 ? -EINVAL : 0;
	}
	if (keyed(line, "Uid", &v)) {
		*seen |= SEEN_UID;
		return effective_id(v, &p->uid);
	}
	if (keyed(line, "Gid", &v)) {
		*seen |= SEEN_GID;
		return effective_id(v, &p->gid);
	}
	if (keyed(line, "Threads", &v)) {
		*seen |= SEEN_THREADS;
		return u32_of(v, &p->threads);
	}
	if (keyed(line, "voluntary_ctxt_switches", &v) ||
	    keyed(line, "nonvoluntary_ctxt_switches", &v))
		return add_switches(v, p);
	if (keyed(line, "Kthread", &v)) {
		p->kernel_thread = text_is(v, "1");
		return 0;
	}
	if (keyed(line, "ShdPnd", &v))
		return status_mask(v, &p->sig_pending, seen, SEEN_PENDING);
	if (keyed(line, "SigBlk", &v))
		return status_mask(v, &p->sig_blocked, seen, SEEN_BLOCKED);
	if (keyed(line, "SigIgn", &v))
		return status_mask(v, &p->sig_ignored, seen, SEEN_IGNORED);
	if (keyed(line, "SigCgt", &v))
		return status_mask(v, &p->sig_caught, seen, SEEN_CAUGHT);
	return 0;
}

int procfs_status(struct text t, struct process *p)
{
	struct process filled = *p, shared = *p;
	struct text line;
	unsigned seen = 0;

	filled.switches = 0;
	while (whole_line(&t, &line))
		if (status_line(line, &filled, &seen) < 0 ||
		    status_line_shared(line, &shared, &seen) < 0)
			return -EINVAL;
	if (seen != SEEN_ALL)
		return -EINVAL;
	if (!process_knows(p, FACT_STAT)) {
		memcpy(filled.comm, shared.comm, sizeof(filled.comm));
		filled.now.state = shared.now.state;
		filled.now.ppid = shared.now.ppid;
		filled.pgid = shared.pgid;
		filled.sid = shared.sid;
	}
	*p = filled;
	return 0;
}

static int limit_of(struct text t, uint64_t *out)
{
	if (text_is(t, "unlimited")) {
		*out = LIMIT_UNLIMITED;
		return 0;
	}
	return text_u64(t, out);
}

/* "Max open files   1024   4096   files" */
static int limit_line(struct text line, const char *name, uint64_t *soft, uint64_t *hard)
{
	size_t n = strlen(name);
	struct text rest = { line.at + n, line.n - n }, word;

	if (!text_word(&rest, &word) || limit_of(word, soft) < 0 ||
	    !text_word(&rest, &word) || limit_of(word, hard) < 0)
		return -EINVAL;
	return 1;
}

int procfs_limits(struct text t, struct process *p)
{
	struct process filled = *p;
	int files = 0, locks = 0;
	struct text line;

	while (whole_line(&t, &line)) {
		if (text_starts(line, "Max open files "))
			files = limit_line(line, "Max open files ", &filled.nofile_soft,
					   &filled.nofile_hard);
		else if (text_starts(line, "Max file locks "))
			locks = limit_line(line, "Max file locks ", &filled.locks_soft,
					   &filled.locks_hard);
		if (files < 0 || locks < 0)
			return -EINVAL;
	}
	if (!files || !locks)
		return -EINVAL;
	*p = filled;
	return 0;
}

/* "951192.953992" (milliseconds) into nanoseconds */
static int sched_ms(struct text t, uint64_t *ns)
{
	const char *dot = t.n > 0 ? memchr(t.at, '.', t.n) : NULL;
	uint64_t ms, rest;

	if (!dot || t.at + t.n - dot != 7 ||
	    text_u64((struct text){ t.at, (size_t)(dot - t.at) }, &ms) < 0 ||
	    text_u64((struct text){ dot + 1, 6 }, &rest) < 0 ||
	    __builtin_mul_overflow(ms, UINT64_C(1000000), &ms) ||
	    __builtin_add_overflow(ms, rest, ns))
		return -EINVAL;
	return 0;
}

int procfs_sched(struct text t, uint64_t *exec_start_ns)
{
	struct text line, value;
	uint64_t ns;

	/* The first line holds the raw name.  Its 15 bytes are enough to begin a line of
	 * its own, but not to end one: a line that is no number is passed over. */
	while (whole_line(&t, &line)) {
		const char *colon = line.n > 0 ? memchr(line.at, ':', line.n) : NULL;

		if (!colon || !text_is(text_trim((struct text){ line.at,
				(size_t)(colon - line.at) }), "se.exec_start"))
			continue;
		value.at = colon + 1;
		value.n = (size_t)(line.at + line.n - value.at);
		if (sched_ms(text_trim(value), &ns) < 0)
			continue;
		*exec_start_ns = ns;
		return 0;
	}
	return -EINVAL;
}

int procfs_io(struct text t, struct look *look)
{
	int64_t read_bytes = -1, written_bytes = -1;
	struct text line, v;

	while (whole_line(&t, &line))
		if ((keyed(line, "rchar", &v) && text_i64(v, &read_bytes) < 0) ||
		    (keyed(line, "wchar", &v) && text_i64(v, &written_bytes) < 0))
			return -EINVAL;
	if (read_bytes < 0 || written_bytes < 0)
		return -EINVAL;
	look->read_bytes = read_bytes;
	look->written_bytes = written_bytes;
	return 0;
}

int procfs_cgroup(struct text t, struct text *path)
{
	struct text line, unified = { NULL, 0 }, legacy = { NULL, 0 };

	/* "hierarchy:controllers:path"; a path may hold colons, but no newline */
	while (whole_line(&t, &line)) {
		const char *first = line.n > 0 ? memchr(line.at, ':', line.n) : NULL;
		const char *end = line.at + line.n, *second;
		struct text found;

		second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
		if (!second || second + 1 == end || second[1] != '/')
			return -EINVAL;
		found = (struct text){ second + 1, (size_t)(end - second - 1) };
		if (text_starts(line, "0::"))
			unified = found;
		else if (text_is((struct text){ first + 1, (size_t)(second - first - 1) },
				 "name=systemd"))
			legacy = found;
	}
	if (legacy.n > 1 || (legacy.n && !unified.n))
		*path = legacy;
	else if (unified.n)
		*path = unified;
	else
		return -EINVAL;
	return 0;
}

int procfs_auxv(struct text t, struct layout *out)
{
	struct layout l = { 0 };
	unsigned long pair[2];
	size_t i;

	for (i = 0; i + sizeof(pair) <= t.n; i += sizeof(pair)) {
		memcpy(pair, t.at + i, sizeof(pair));
		if (pair[0] == AT_NULL)
			break;
		/* types are small: anything else is the other word size, misread */
		if (pair[0] > 4096)
			return -EINVAL;
		if (pair[0] == AT_SYSINFO_EHDR)
			l.vdso = pair[1];
		else if (pair[0] == AT_PHDR)
			l.phdr = pair[1];
		else if (pair[0] == AT_BASE)
			l.base = pair[1];
		else if (pair[0] == AT_ENTRY)
			l.entry = pair[1];
		else if (pair[0] == AT_RANDOM)
			l.random = pair[1];
	}
	if (i + sizeof(pair) > t.n || !l.phdr || !l.entry || !l.random)
		return -EINVAL;
	*out = l;
	return 0;
}

int procfs_environ(struct arena *a, struct text t, const char *const **out, size_t *n)
{
	const char **list = NULL;
	size_t count = 0, room = 0;
	char *copy = arena_bytes(a, t.n ? t.at : "", t.n), *at = copy, *nul;

	/* the last one, without its NUL, was cut: half a value would be a false one */
	for (; (nul = memchr(at, '\0', (size_t)(copy + t.n - at))); at = nul + 1) {
		const char *equals = strchr(at, '=');

		if (equals && equals != at)
			*(const char **)arena_push(a, &list, &count, &room,
						   sizeof(*list)) = at;
	}
	*out = list;
	*n = count;
	return 0;
}
