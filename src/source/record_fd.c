/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A descriptor packed and unpacked: hundreds of thousands of them are held in memory, and
 * only few are ever written down.
 */
#include <string.h>

#include "source/procfs.h"
#include "source/record_keys.h"

struct record_fd record_fd_of(pid_t pid, const struct descriptor *d, char buf[DESCRIPTOR_LINK_SIZE])
{
	struct record_fd f = {
		.pid = pid, .fd = d->fd, .kind = d->kind, .mode = d->mode,
		.cloexec = d->cloexec, .deleted = d->deleted, .locked = d->locked,
		.inode = d->inode, .file_id = d->file_id,
		.readers = d->readers, .writers = d->writers,
	};

	f.target = descriptor_link(d, buf);
	if (d->has_watched)
		f.watched_pid = d->watched_pid;
	if (d->has_watches)
		f.watches = (struct maybe_u32){ true, d->watches };
	if (d->has_size)
		f.size = (struct maybe_u64){ true, d->size_bytes };
	if (d->has_queue)
		f.queue = (struct maybe_queue){ true, d->queued_bytes, d->capacity_bytes };
	return f;
}

/* What a kind can have one of only: false when there are two. */
static bool unpack_depth(const struct record_fd *f, struct descriptor *d)
{
	d->has_watched = f->watched_pid;
	d->has_watches = f->watches.has;
	d->has_size = f->size.has;
	d->has_queue = f->queue.has;
	if (d->has_watched + d->has_watches + d->has_size + d->has_queue > 1)
		return false;
	if (d->has_watched)
		d->watched_pid = f->watched_pid;
	if (d->has_watches)
		d->watches = f->watches.value;
	if (d->has_size)
		d->size_bytes = f->size.value;
	if (d->has_queue) {
		d->queued_bytes = f->queue.queued;
		d->capacity_bytes = f->queue.capacity;
	}
	return true;
}

static bool says_all(const struct descriptor *d, const char *target)
{
	char buf[DESCRIPTOR_LINK_SIZE];
	const char *made = descriptor_link(d, buf);

	return made && !strcmp(made, target);
}

const char *record_fd_unpack(const struct record_fd *f, bool kind_given, struct descriptor *out)
{
	struct descriptor d = {
		.fd = f->fd, .kind = f->kind, .mode = f->mode, .cloexec = f->cloexec,
		.deleted = f->deleted, .locked = f->locked, .inode = f->inode,
		.file_id = f->file_id,
	};

	if (!f->target && f->kind != FD_UNREADABLE)
		return "a descriptor without target=";
	if (f->readers > FD_ENDS_MOST || f->writers > FD_ENDS_MOST || !unpack_depth(f, &d))
		return "a value that cannot be";
	d.readers = (uint8_t)f->readers;
	d.writers = (uint8_t)f->writers;
	if (!kind_given && f->target)
		procfs_fd_link(text_of(f->target), &d);
	if (f->target && !says_all(&d, f->target))
		d.target = f->target;
	*out = d;
	return NULL;
}
