/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk counts|fds [bpf]: leakscan's own walk, of /proc or by BPF, for the facts of `floor
 * counts` and `floor links`, by its library, so that the walk is compared and not the
 * verdict.  Says how many processes and descriptors there were, as floor does.
 */
#include "source/live.h"

#include <stdio.h>
#include <string.h>

static long fds_of_all(struct snapshot *s, bool tables)
{
	long fds = 0;
	size_t i;

	if (tables)
		live_machine(s, FACT_BIT(FACT_FDS));
	for (i = 0; i < s->process_n; i++) {
		const struct process *p = &s->processes[i];

		if (tables)
			fds += (long)p->fd_n;
		else if (p->now.fd_count > 0)
			fds += (long)p->now.fd_count;
	}
	return fds;
}

int main(int argc, char **argv)
{
	enum live_source source = LIVE_PROCFS;
	struct snapshot *s;
	bool tables;
	long fds;
	int r;

	if (argc < 2 || argc > 3)
		return 2;
	if (argc == 3 && strcmp(argv[2], "bpf") == 0)
		source = LIVE_BPF;
	tables = strcmp(argv[1], "fds") == 0;
	r = live_walk(source, &s);
	if (r < 0) {
		fprintf(stderr, "walk: %s\n", strerror(-r));
		return 1;
	}
	fds = fds_of_all(s, tables);
	printf("%zu %ld\n", s->process_n, fds);
	snapshot_free(s);
	return 0;
}
