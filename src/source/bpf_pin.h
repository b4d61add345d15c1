/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The iterators that root has pinned in bpffs for a group: whoever may open one reads what
 * it shows, without any capability, and of the pid namespace that he is in.  Only what root
 * has put there, and nobody else can change, is believed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "source/bpf.h"

#define BPF_PIN_ROOT "/sys/fs/bpf"
#define BPF_PIN_DIR BPF_PIN_ROOT "/leakscan"

/* n new looks through one of them, to be read from.  0, or -errno: -ENOENT there is none, or
 * it is of another format of records; -EACCES not for us; -EPERM not to be believed. */
int bpf_pin_open(enum bpf_list list, int *fds, size_t n);

struct bpf_pinned {
	bool there;		/* the directory; else nothing below counts */
	bool trusted;		/* root's, and nobody else may change it */
	bool current;		/* of our format */
	gid_t gid;
};
/* 0, or -errno: what is there cannot be seen (-EACCES: not by us). */
int bpf_pin_look(struct bpf_pinned *out);

/* Pins these links (of iterators, in the order of enum bpf_list) for the group, in place of
 * what was pinned, at one stroke.  0, or -errno: -ENODEV no bpffs is mounted, -EPERM what
 * is there belongs to somebody else, -EXDEV the group could not get there: bpffs itself
 * is closed to others. */
int bpf_pin_make(const int links[BPF_LIST_N], gid_t gid);
/* 0, -ENOENT nothing is pinned, -EPERM as above, or -errno. */
int bpf_pin_remove(void);
