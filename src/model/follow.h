/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One look after the other, for as long as somebody watches: the look before takes the
 * place of the first look of a scan, so that none has to wait for its second, and the
 * figures that change become series without anything more being read.
 */
#pragma once

#include "model/snapshot.h"

/* Looks that are nearer to each other confirm nothing. */
#define FOLLOW_LEAST_NS UINT64_C(500000000)
/* Samples of one series; the longer it is watched, the farther they are apart. */
#define FOLLOW_SAMPLES_MOST 256

/* Of whoever was there in the look before, under the same parent: sets `before`.  Takes over
 * the series, with a sample more; begins one when a figure differs.  Both are sorted by
 * pid, and the series of `previous`, if it has any, come from here. */
void snapshot_follow(struct snapshot *s, const struct snapshot *previous);
