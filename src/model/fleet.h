/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many machines' reports in one table: what `leakscan merge` reads and shows.  All text is
 * from other machines, raw, and in the fleet's arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum fleet_verdict { FLEET_CLEAN, FLEET_BLIND, FLEET_LEAKS, FLEET_CRITICAL };	/* worse and worse */
const char *fleet_verdict_name(enum fleet_verdict v);

struct fleet_row {
	const char *host, *target, *file;
	const char *time;		/* as the report says it, or NULL */
	enum fleet_verdict verdict;
	/* findings of warning or worse */
	size_t orphans, zombies, fds, pipes, others;
	int64_t open_fds, soft_limit;	/* of the target process; -1 unknown */
};

/* A file, or the part of it from where it could not be read. */
struct fleet_fault { const char *file, *why; };

struct fleet {
	struct arena *arena;
	struct fleet_row *rows;
	size_t row_n, row_room;
	struct fleet_fault *faults;
	size_t fault_n, fault_room;
};

struct fleet *fleet_new(void);
void fleet_free(struct fleet *f);	/* NULL is fine */
/* Worst first; of the same, those with more findings; then by host and target. */
void fleet_sort(struct fleet *f);
/* 1 leaks somewhere, else 3 blind somewhere, or a file that could not be read, else 0. */
int fleet_status(const struct fleet *f);
