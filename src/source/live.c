/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which way the machine is looked at: no one behind this file asks. */
#include "source/live.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/refresh.h"
#include "source/bpf.h"
#include "source/refresh.h"
#include "source/walk.h"

struct live_kept *live_keep(void)
{
	struct live_kept *kept = malloc(sizeof(*kept));

	for (size_t i = 0; kept && i < BPF_LIST_N; i++)
		kept->links[i] = -1;
	return kept;
}

void live_keep_end(struct live_kept *kept)
{
	for (size_t i = 0; kept && i < BPF_LIST_N; i++)
		if (kept->links[i] >= 0)
			close(kept->links[i]);
	free(kept);
}

int live_walk(enum live_source source, struct snapshot **out)
{
	int err = source == LIVE_PROCFS ? -ENOSYS : bpf_walk(NULL, out);

	if (err && source != LIVE_BPF)
		err = walk_procfs(out);
	return err;
}

/* The lists are read whole: what is new shows when they are there. */
static int refresh_bpf(const struct live_before *before, struct snapshot **out)
{
	struct snapshot *s;
	int err = bpf_walk(before->kept, &s);

	if (err)
		return err;
	if (before->may_stand && refresh_same(before->snapshot, s)) {
		snapshot_free(s);
		s = NULL;
	} else if (before->snapshot) {
		refresh_facts(before->snapshot, s);
	}
	*out = s;
	return 0;
}

int live_refresh(enum live_source source, const struct live_before *before, struct snapshot **out)
{
	int err = source == LIVE_PROCFS ? -ENOSYS : refresh_bpf(before, out);

	if (err && source != LIVE_BPF)
		err = refresh_procfs(before, out);
	if (err && source != LIVE_BPF)
		err = walk_procfs(out);
	return err;
}

bool live_lists_all(const struct snapshot *s)
{
	return s->bpf;
}

void live_machine(struct snapshot *s, uint32_t facts)
{
	struct process **all;
	size_t n = 0;

	if (!facts)
		return;
	if (s->bpf)
		bpf_machine(s, facts);
	all = arena_calloc(s->arena, s->process_n, sizeof(*all));
	for (size_t i = 0; i < s->process_n; i++) {
		struct process *p = &s->processes[i];

		if (!p->kernel_thread && facts & ~(p->read | p->denied | p->stalled))
			all[n++] = p;
	}
	live_facts(s, all, n, facts);
	s->coverage.machine_fds |= !!(facts & FACT_BIT(FACT_FDS));
	s->coverage.machine_environ |= !!(facts & FACT_BIT(FACT_ENVIRON));
	s->coverage.machine_cgroup |= !!(facts & FACT_BIT(FACT_CGROUP));
}
