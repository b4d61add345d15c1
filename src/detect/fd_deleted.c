/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS204 fd-deleted: descriptors to files without a name, which keep their space on the disk.
 * To unlink an open file is good practice for temporary files, so what can be read again is
 * worth knowing, no more, however big.  A file that is open for writing only, while nobody
 * that we see reads it, is of no use to anybody: a heap of such files with one name, but for
 * the digits, is a log that was rotated and never closed, and a big one is where `df` and
 * `du` disagree.  Names say nothing of memory files and what the kernel makes as files.
 */
#include "detect/detectors.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "detect/fd_list.h"

#define HEAP 4
#define BIG_BYTES (UINT64_C(1) << 30)
#define TEMPORARY_NORMAL 2
#define SUFFIX " (deleted)"

struct lost {
	const struct descriptor *d;
	const char *stem;	/* its path without digits */
	bool useless;		/* only written to, and nobody seen reads it */
	bool told;
};

struct losses {
	struct lost *list;	/* by stem */
	size_t n, room;
};

struct readers {
	const char **targets;	/* sorted */
	size_t n, room;
};

static size_t path_length(const char *target)
{
	size_t n = strlen(target), suffix = strlen(SUFFIX);

	return n > suffix && !strcmp(target + n - suffix, SUFFIX) ? n - suffix : n;
}

/* O_TMPFILE: "#" and the inode */
static bool never_had_a_name(const char *target)
{
	const char *base = strrchr(target, '/');

	return base && base[1] == '#' && base[2] && !strcmp(base + 2 + strspn(base + 2, "0123456789"),
							     SUFFIX);
}

/* System V segments, buffers of asynchronous I/O and of graphics, huge pages */
static bool made_by_kernel(const char *target)
{
	static const char *const names[] = {
		"/SYSV", "/[aio]", "/anon_hugepage", "/drm mm object", "/i915", "/dev/shm/",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(target, names[i], strlen(names[i])))
			return true;
	return false;
}

static bool counts(const struct descriptor *d)
{
	return d->kind == FD_FILE && d->deleted && d->target && !never_had_a_name(d->target) &&
	       !made_by_kernel(d->target);
}

static int by_text(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void find_readers(const struct snapshot *s, struct arena *a, struct readers *out)
{
	*out = (struct readers){ .n = 0 };
	for (size_t i = 0; i < s->process_n; i++)
		for (size_t j = 0; j < s->processes[i].fd_n; j++) {
			const struct descriptor *d = &s->processes[i].fds[j];

			if (counts(d) && d->mode != FD_WRITE)
				*(const char **)arena_push(a, &out->targets, &out->n, &out->room,
							   sizeof(d->target)) = d->target;
		}
	if (out->n)
		qsort(out->targets, out->n, sizeof(*out->targets), by_text);
}

static bool is_read(const struct readers *r, const char *target)
{
	return r->n && bsearch(&target, r->targets, r->n, sizeof(*r->targets), by_text);
}

static const char *stem_of(struct arena *a, const char *target)
{
	size_t n = path_length(target), used = 0;
	char *stem = arena_bytes(a, target, n);

	for (size_t i = 0; i < n; i++)
		if (stem[i] < '0' || stem[i] > '9')
			stem[used++] = stem[i];
	stem[used] = '\0';
	return stem;
}

/* stdout and stderr in one log are one file, most likely */
static bool is_copy(const struct process *p, const struct descriptor *d)
{
	for (int fd = 0; fd < d->fd && d->fd <= 2; fd++) {
		const struct descriptor *other = process_fd(p, fd);

		if (other && other->mode == d->mode && other->target && counts(other) &&
		    !strcmp(other->target, d->target))
			return true;
	}
	return false;
}

static int by_stem(const void *left, const void *right)
{
	const struct lost *a = left, *b = right;
	int order = strcmp(a->stem, b->stem);

	return order ? order : a->d->fd < b->d->fd ? -1 : a->d->fd > b->d->fd;
}

static void gather(const struct process *p, const struct readers *readers, struct arena *a,
		   struct losses *out)
{
	*out = (struct losses){ .n = 0 };
	for (size_t i = 0; i < p->fd_n; i++) {
		const struct descriptor *d = &p->fds[i];

		if (!counts(d) || is_copy(p, d))
			continue;
		*(struct lost *)arena_push(a, &out->list, &out->n, &out->room, sizeof(*out->list)) =
			(struct lost){ .d = d, .stem = stem_of(a, d->target),
				       .useless = d->mode == FD_WRITE && !d->locked &&
						  !is_read(readers, d->target) };
	}
	if (out->n)
		qsort(out->list, out->n, sizeof(*out->list), by_stem);
}

static bool is_temporary(const struct process *p, const char *target)
{
	static const char *const directories[] = { "/tmp", "/var/tmp" };
	const char *own = process_getenv(p, "TMPDIR");

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		size_t n = strlen(directories[i]);

		if (!strncmp(target, directories[i], n) && target[n] == '/')
			return true;
	}
	return own && own[0] == '/' && own[1] && !strncmp(target, own, strlen(own));
}

struct share {
	struct fd_list fds;
	const char *first;	/* a target */
	uint64_t bytes;
	bool useless, temporary;	/* all of them */
};

static void share_add(struct share *s, const struct process *p, struct lost *l)
{
	if (!s->first) {
		s->first = l->d->target;
		s->useless = s->temporary = true;
	}
	fd_list_add(&s->fds, l->d->fd);
	s->bytes += l->d->has_size ? l->d->size_bytes : 0;
	s->useless &= l->useless;
	s->temporary &= is_temporary(p, l->d->target);
	l->told = true;
}

static const char *sentence(struct arena *a, const struct share *s)
{
	const char *only = s->useless ? " for writing only" : "";
	int n = (int)path_length(s->first);
	char bytes[32];
	const char *text = s->fds.n == 1 ?
		arena_printf(a, "fd %d is open%s to %.*s, which has been deleted", s->fds.list[0],
			     only, n, s->first) :
		arena_printf(a, "%zu descriptors are open%s to deleted files such as %.*s", s->fds.n,
			     only, n, s->first);

	if (!s->bytes)
		return text;
	return arena_printf(a, "%s; %s %s of disk space", text, s->fds.n == 1 ? "it keeps" : "they keep",
			    text_bytes(s->bytes, bytes, sizeof(bytes)));
}

static void tell(const struct member *m, const struct share *s, enum severity severity,
		 const char *advice, struct findings *out)
{
	struct finding *f = findings_add(out, KIND_FD_DELETED, m->process);

	f->message = sentence(out->arena, s);
	fd_list_give(&s->fds, f);
	f->severity = fd_list_severity(m, severity);
	f->remedy = severity >= SEV_WARNING ? REMEDY_FIX_APP : REMEDY_NONE;
	f->advice = advice;
}

static void tell_heaps(const struct member *m, const struct losses *all, struct findings *out)
{
	size_t next;

	for (size_t i = 0; i < all->n; i = next) {
		struct share heap = { .fds.arena = out->arena };
		size_t useless = 0;

		for (next = i; next < all->n && !strcmp(all->list[next].stem, all->list[i].stem); next++)
			useless += all->list[next].useless;
		if (useless < HEAP)
			continue;
		for (size_t j = i; j < next; j++)
			if (all->list[j].useless)
				share_add(&heap, m->process, &all->list[j]);
		tell(m, &heap, SEV_WARNING, "close the old file when the next one is opened; the space comes back when the process closes it or ends", out);
	}
}

static void tell_rest(const struct member *m, const struct losses *all, struct findings *out)
{
	struct share big = { .fds.arena = out->arena }, rest = big;
	uint64_t useless_bytes = 0;

	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].useless && !all->list[i].told && all->list[i].d->has_size)
			useless_bytes += all->list[i].d->size_bytes;
	for (size_t i = 0; i < all->n; i++)
		if (!all->list[i].told)
			share_add(useless_bytes >= BIG_BYTES && all->list[i].useless &&
				  all->list[i].d->has_size ? &big : &rest, m->process, &all->list[i]);
	if (big.fds.n)
		tell(m, &big, SEV_WARNING, "make the process open its log anew (many do on SIGHUP or SIGUSR1), or restart it; delete logs through logrotate", out);
	if (rest.fds.n && !(rest.temporary && rest.fds.n <= TEMPORARY_NORMAL))
		tell(m, &rest, SEV_INFO, "it may be meant: temporary files are often deleted while they are in use", out);
}

void detect_fd_deleted(const struct scene *scene, struct findings *out)
{
	struct readers readers;
	struct losses all;

	find_readers(scene->snapshot, out->arena, &readers);
	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];

		if (!fd_list_wanted(m))
			continue;
		gather(m->process, &readers, out->arena, &all);
		tell_heaps(m, &all, out);
		tell_rest(m, &all, out);
	}
}
