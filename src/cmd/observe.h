/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watching for a while: samples at even times, so that growth can be judged. */
#pragma once

#include "model/snapshot.h"

#define OBSERVE_LEAST_EVERY_NS UINT64_C(10000000)
#define OBSERVE_MOST_FOR_NS (24 * UINT64_C(3600000000000))

/* Samples these processes into s->series until for_ns have passed, all of them have
 * ended or Ctrl-C is pressed.
 * A long watch samples less often than asked, so that memory stays bounded.  Shows on
 * stderr how far it is when that is a terminal, and says nothing else. */
void observe(struct snapshot *s, struct process *const *who, size_t n, uint64_t for_ns,
	     uint64_t every_ns);
