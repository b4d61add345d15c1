/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's own lists, by its BPF iterators: all processes and all descriptors in a few
 * reads, for a tenth of what /proc costs.  They wait for no process, so no worker is needed.
 */
#pragma once

#include "model/snapshot.h"
#include "source/bpf_pin.h"

/* As live_walk() with LIVE_BPF. */
int bpf_walk(struct snapshot **out);

/* Of a snapshot by bpf_walk(): reads these facts of everybody as far as the lists have them.
 * What they do not have, and who was not in them, stays for /proc. */
void bpf_machine(struct snapshot *s, uint32_t facts);

/* Loads the iterators: their links, to be pinned or closed by the caller.  0, or -errno as
 * live_bpf_missing() takes it. */
int bpf_links(int links[BPF_PIN_N]);
