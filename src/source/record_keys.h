/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a record, one table for each kind of line: what is written and what is read
 * cannot drift apart, because both walk the same table.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/snapshot.h"

#define RECORD_PID_MOST (1 << 22)	/* the kernel's PID_MAX_LIMIT */
#define RECORD_FIRST_LINE "leakscan record 1"
#define RECORD_LAST_LINE "end"

/* How a field looks in C and in the file, and which of its values is left out. */
enum record_form {
	FORM_FLAG,	/* bool: 1; left out: false */
	FORM_STATE,	/* char; '?' */
	FORM_PORT,	/* uint16_t; 0 */
	FORM_FD,	/* int, never negative; never left out */
	FORM_INT,	/* int; -1 */
	FORM_PID,	/* pid_t, 0 to 2^22; 0 */
	FORM_ID,	/* uid_t, gid_t; -1 */
	FORM_U32,	/* 0 */
	FORM_U64,	/* 0 */
	FORM_MASK,	/* uint64_t in hex; 0 */
	FORM_LIMIT,	/* uint64_t or "unlimited"; unlimited */
	FORM_COUNT,	/* int64_t; -1 */
	FORM_WALL,	/* int64_t; 0 */
	FORM_AT,	/* uint64_t; the snapshot's now_ns */
	FORM_TEXT,	/* const char *, escaped; NULL */
	FORM_COMM,	/* char[64], escaped; "" */
	FORM_FACTS,	/* mask as fact names with commas, or "none" */
	FORM_LOOK,	/* struct look as seven figures with colons; no such look */
	FORM_LAYOUT,	/* struct layout as five hex figures with colons; all 0 */
	FORM_KIND, FORM_MODE, FORM_FAMILY,	/* a word of the lists below */
	FORM_CLOEXEC, FORM_DOING, FORM_SERIES,
	FORM_GROWING_KIND,	/* like FORM_KIND; unreadable */
	FORM_TCP_STATE,	/* uint8_t as a word of the list or a number; 0 */
	FORM_WATCHED,	/* pid_t, -1 to 2^22; 0 */
	FORM_MAYBE_U32,	/* struct maybe_u32; not has */
	FORM_MAYBE_U64,	/* struct maybe_u64; not has */
	FORM_QUEUE,	/* struct maybe_queue as QUEUED:CAPACITY; not has */
	FORM_SAMPLES,	/* struct samples as AT:VALUE with commas, oldest first; none */
	FORM_PLACE,	/* pid_t and int, one behind the other: PID:FD; never left out */
};

/* What a key that is given tells beyond its value: facts that it belongs to, and */
#define RECORD_READ_GIVEN (UINT32_C(1) << 31)
#define RECORD_AT_GIVEN (UINT32_C(1) << 30)
#define RECORD_KIND_GIVEN (UINT32_C(1) << 29)
#define RECORD_TARGET_GIVEN (UINT32_C(1) << 28)

struct record_key {
	const char *name;
	enum record_form form;
	size_t offset;
	uint32_t marks;		/* FACT_BIT and RECORD_*_GIVEN */
};

/* Fields of the model that lie one behind the other: is it known, and what it is. */
struct maybe_u32 { bool has; uint32_t value; };
struct maybe_u64 { bool has; uint64_t value; };
struct maybe_queue { bool has; uint32_t queued, capacity; };
struct record_task { pid_t pid; struct task t; struct maybe_u64 since; };
struct samples { struct sample *list; size_t n, room; };

/* struct descriptor is packed, and a key names an address. */
struct record_fd {
	pid_t pid;
	int fd;
	enum fd_kind kind;
	enum fd_mode mode;
	enum fd_cloexec cloexec;
	bool deleted, locked;
	uint64_t inode, file_id;
	const char *target;
	pid_t watched_pid;
	struct maybe_u32 watches;
	struct maybe_u64 size;
	struct maybe_queue queue;
	uint32_t readers, writers;
};

/* The target is borrowed from d, or made in buf. */
struct record_fd record_fd_of(pid_t pid, const struct descriptor *d,
			      char buf[DESCRIPTOR_LINK_SIZE]);
/* NULL, or why it cannot be.  kind_given: else kind and inode are read off the target. */
const char *record_fd_unpack(const struct record_fd *f, bool kind_given, struct descriptor *out);

/* All end with a NULL name, and have less than 64 keys. */
extern const struct record_key record_machine_keys[];	/* of struct snapshot */
extern const struct record_key record_process_keys[];	/* of struct process */
extern const struct record_key record_fd_keys[];	/* of struct record_fd */
extern const struct record_key record_task_keys[];	/* of struct record_task */
extern const struct record_key record_series_keys[];	/* of struct series */
extern const struct record_key record_socket_keys[];	/* of struct socket_info */
extern const struct record_key record_same_keys[];	/* of struct same_file */
extern const struct record_key record_pidfile_keys[];	/* of struct pidfile */

/* NULL-terminated, by the enums' values. */
extern const char *const record_fd_kinds[], *const record_fd_modes[],
	*const record_socket_families[], *const record_cloexecs[], *const record_doings[],
	*const record_series_kinds[], *const record_tcp_states[];

/* Reads a value of this form to where it belongs; texts into the arena.  False, with the
 * place untouched or half filled, for a value that cannot be: the record is refused then. */
bool record_value(struct arena *arena, enum record_form form, struct text t, void *at);
bool record_pid(struct text t, int *out);		/* 0 to 2^22 */
bool record_bytes(struct arena *arena, struct text t, char **out, size_t *n);
