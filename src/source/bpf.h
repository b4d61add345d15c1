/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own lists, by its BPF iterators: all processes and all descriptors in a few
 * reads, for a tenth of what /proc costs.  They wait for no process, so no worker is needed,
 * and neither hidepid nor the rights on /proc/PID hide anybody.
 */
#pragma once

#include "model/snapshot.h"
#include "source/bpf_record.h"
#include "source/live.h"

/* The door: bpf(2) and the loaded programs. */

enum bpf_list { BPF_TASKS, BPF_FILES, BPF_THREADS, BPF_LIST_N };

/* By list: a descriptor of its link, or -1. */
struct live_kept { int links[BPF_LIST_N]; };

/* Descriptors to read the list from n times: one that was kept, else one that is pinned
 * (source/bpf_pin.h), else it is loaded: to be kept, or, with NULL, for this once.  0, or -errno
 * as for live_bpf_missing(). */
int bpf_open(enum bpf_list list, struct live_kept *kept, int *fds, size_t n);

/* The loaded programs' links, to be pinned and closed by the caller.  0, or -errno as above. */
int bpf_links(int links[BPF_LIST_N]);

/* Reads it to its end, record by record, and closes it.  0, or -errno: what was given until
 * then is not all. */
int bpf_read(int fd, void (*record)(void *context, const struct bpf_record_head *),
	     void *context);

/* A snapshot from the lists. */

/* As live_walk() with LIVE_BPF.  Further lists of that snapshot come by what is kept, too. */
int bpf_walk(struct live_kept *kept, struct snapshot **out);

/* Of a snapshot by bpf_walk(): FACT_FDS, FACT_CGROUP and FACT_TASKS of everybody as far as the
 * lists have them.  What they do not have, and who was not in them, stays for /proc. */
void bpf_machine(struct snapshot *s, uint32_t facts);

/* What of its ask the lists have not answered already. */
unsigned bpf_answer(const struct fd_question *q);

/* Are they one open file description?  1, 0, or -1: the lists have not said. */
int bpf_same_file(const struct snapshot *s, const struct same_file *pair);

/* Sockets with descriptors in whatever network namespace, ascending by inode, TCP among them in
 * any state, become those of the snapshot, in place of what it had; once, for there is but one
 * list of them.  False: no list of files was read, now or before. */
bool bpf_give_sockets(struct snapshot *s);
