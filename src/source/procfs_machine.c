/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parsers of what /proc tells about the machine and about objects: load, mounts, links.
 * A link's text is the only thing that is safe to read of a descriptor, and it is raw: a
 * file really called "x (deleted)" looks like a deleted file "x".
 */
#include "source/procfs.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

int procfs_loadavg(struct text t, int64_t *threads)
{
	struct text word, line;
	const char *slash;
	int64_t n;
	int i;

	if (!text_line(&t, &line))
		return -EINVAL;
	for (i = 0; i < 4; i++)
		if (!text_word(&line, &word))
			return -EINVAL;
	/* the fifth word must be there: else the fourth may be cut */
	slash = memchr(word.at, '/', word.n);
	if (!slash || line.n == 0 ||
	    text_i64((struct text){ slash + 1, (size_t)(word.at + word.n - slash - 1) },
		     &n) < 0 || n < 0)
		return -EINVAL;
	*threads = n;
	return 0;
}

int procfs_forks(struct text t, uint64_t *forks)
{
	struct text line, word;

	while (text_line(&t, &line))
		if (text_word(&line, &word) && text_is(word, "processes"))
			return text_word(&line, &word) && t.n && !text_u64(word, forks) ?
				0 : -EINVAL;
	return -EINVAL;
}

int procfs_last_pid(struct text t, uint64_t *pid)
{
	struct text line, word;

	if (!text_line(&t, &line))
		return -EINVAL;
	for (int field = 0; field < 5; field++)
		if (!text_word(&line, &word))
			return -EINVAL;
	return text_u64(word, pid) ? -EINVAL : 0;
}

/* Cuts the next option off a comma-separated list. */
static bool option_next(struct text *rest, struct text *option)
{
	const char *comma;

	if (rest->n == 0)
		return false;
	comma = memchr(rest->at, ',', rest->n);
	option->at = rest->at;
	option->n = comma ? (size_t)(comma - rest->at) : rest->n;
	rest->at += option->n + (comma ? 1 : 0);
	rest->n -= option->n + (comma ? 1 : 0);
	return true;
}

static void proc_options(struct text options, bool *hidepid, bool *subset_pid)
{
	struct text o;

	*hidepid = *subset_pid = false;
	/* numbers up to 5.7, then words too (fs/proc/root.c); one not known yet hides */
	while (option_next(&options, &o)) {
		if (text_starts(o, "hidepid="))
			*hidepid = !text_is(o, "hidepid=0") && !text_is(o, "hidepid=off");
		else if (text_is(o, "subset=pid"))
			*subset_pid = true;
	}
}

/* proc_pid_mountinfo(5): 4 words, mount point, options, optional words, "-", type,
 * source, super options.  0 when it is a proc mount on the mount point. */
static int proc_mount_line(struct text line, const char *mount_point,
			   struct text *options)
{
	struct text word;
	int i;

	for (i = 0; i < 5; i++)
		if (!text_word(&line, &word))
			return -EINVAL;
	if (!text_is(word, mount_point))
		return -EINVAL;
	do {
		if (!text_word(&line, &word))
			return -EINVAL;
	} while (!text_is(word, "-"));
	if (!text_word(&line, &word) || !text_is(word, "proc") ||
	    !text_word(&line, &word) || !text_word(&line, options))
		return -EINVAL;
	return 0;
}

int procfs_mountinfo(struct text t, const char *mount_point, bool *hidepid,
		     bool *subset_pid)
{
	struct text line, options;
	bool found = false;

	/* a line without its newline may lack the option that hides */
	while (t.n > 0 && memchr(t.at, '\n', t.n) && text_line(&t, &line)) {
		if (proc_mount_line(line, mount_point, &options) < 0)
			continue;
		proc_options(options, hidepid, subset_pid);
		found = true;
	}
	return found ? 0 : -EINVAL;
}

/* "prefix[123]" */
static int bracketed(struct text t, const char *prefix, uint64_t *inode)
{
	size_t n = strlen(prefix);

	if (!text_starts(t, prefix) || t.n < n + 3 || t.at[n] != '[' ||
	    t.at[t.n - 1] != ']')
		return -EINVAL;
	t = (struct text){ t.at + n + 1, t.n - n - 2 };
	return text_u64(t, inode) < 0 ? -EINVAL : 0;
}

static bool text_ends(struct text t, const char *suffix)
{
	size_t n = strlen(suffix);

	return t.n >= n && memcmp(t.at + t.n - n, suffix, n) == 0;
}

void procfs_fd_link(struct text target, struct descriptor *d)
{
	bool deleted = text_ends(target, " (deleted)");

	d->inode = 0;
	d->deleted = false;
	if (bracketed(target, "pipe:", &d->inode) == 0) {
		d->kind = FD_PIPE;
	} else if (bracketed(target, "socket:", &d->inode) == 0) {
		d->kind = FD_SOCKET;
	} else if (text_starts(target, "anon_inode:")) {
		d->kind = FD_ANON;
	} else if (text_starts(target, "/memfd:") && deleted) {
		/* born without a name: "(deleted)" says nothing */
		d->kind = FD_MEMFD;
	} else if (text_starts(target, "/dev/") && !text_starts(target, "/dev/shm/")) {
		d->kind = FD_DEVICE;
		d->deleted = deleted;
	} else if (text_starts(target, "/") || text_starts(target, "(unreachable)/")) {
		d->kind = FD_FILE;
		d->deleted = deleted;
	} else {
		d->kind = FD_OTHER;
	}
}

bool procfs_fdinfo_locked(struct text t)
{
	struct text line;

	while (text_line(&t, &line))
		if (text_starts(line, "lock:"))
			return true;
	return false;
}

#define FDINFO_CLOEXEC 02000000		/* O_CLOEXEC, as fdinfo shows it on every architecture */

static bool watches_things(const struct descriptor *d)
{
	return d->target && (!strcmp(d->target, "anon_inode:[eventpoll]") ||
			     !strcmp(d->target, "anon_inode:inotify"));
}

void procfs_fdinfo(struct text t, struct descriptor *d)
{
	struct text line, word;
	uint64_t flags;
	int64_t pid;

	if (watches_things(d)) {
		d->has_watches = true;
		d->watches = 0;
	}
	while (text_line(&t, &line)) {
		if (d->has_watches && (text_starts(line, "tfd:") || text_starts(line, "inotify ")))
			d->watches++;
		if (!text_word(&line, &word))
			continue;
		if (text_is(word, "flags:") && text_word(&line, &word) &&
		    !text_octal64(word, &flags))
			d->cloexec = flags & FDINFO_CLOEXEC ? CLOEXEC_SET : CLOEXEC_CLEAR;
		else if (text_is(word, "Pid:") && text_word(&line, &word) &&
			 !d->has_watches && !text_i64(word, &pid) && pid >= -1 &&
			 pid <= INT32_MAX) {
			d->has_watched = pid;
			d->watched_pid = (pid_t)pid;
		}
	}
}

int procfs_namespace(struct text t, uint64_t *inode)
{
	const char *colon = t.n > 0 ? memchr(t.at, ':', t.n) : NULL;

	if (!colon || colon == t.at)
		return -EINVAL;
	t.n -= (size_t)(colon + 1 - t.at);
	t.at = colon + 1;
	return bracketed(t, "", inode);
}

/* systemd.unit(5): name, dot, type, of certain characters; of a template only instances. */
static bool is_unit(struct text name)
{
	static const char *const types[] = { ".service", ".scope", ".socket", ".target", ".mount",
		".automount", ".swap", ".timer", ".path", ".device", ".slice" };
	const char *at_sign = memchr(name.at, '@', name.n);

	for (size_t i = 0; i < name.n; i++)
		if (!isalnum((unsigned char)name.at[i]) && !memchr(":-_.\\@", name.at[i], 6))
			return false;
	if (name.n > 255 || at_sign == name.at || (at_sign && at_sign[1] == '.'))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		size_t n = strlen(types[i]);

		if (name.n > n && !memcmp(name.at + name.n - n, types[i], n))
			return true;
	}
	return false;
}

static bool is_slice(struct text name)
{
	return name.n > 6 && !memcmp(name.at + name.n - 6, ".slice", 6) && is_unit(name);
}

static struct text without(struct text t, const char *end)
{
	size_t n = strlen(end);

	if (t.n >= n && !memcmp(t.at + t.n - n, end, n))
		t.n -= n;
	return t;
}

bool procfs_unit(struct text path, struct text root, struct text *unit)
{
	struct text name = { NULL, 0 };

	root = without(without(without(root, "/init.scope"), "/system.slice"), "/");
	if (root.n < path.n && !memcmp(path.at, root.at, root.n) && path.at[root.n] == '/')
		path = (struct text){ path.at + root.n, path.n - root.n };
	do {
		while (path.n && *path.at == '/')
			path = (struct text){ path.at + 1, path.n - 1 };
		for (name = (struct text){ path.at, 0 }; name.n < path.n && path.at[name.n] != '/';)
			name.n++;
		path = (struct text){ path.at + name.n, path.n - name.n };
		if (name.n && *name.at == '_')
			name = (struct text){ name.at + 1, name.n - 1 };
	} while (is_slice(name));
	if (!is_unit(name))
		return false;
	*unit = name;
	return true;
}
