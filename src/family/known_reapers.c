/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs whose trade is adopting.  Only a hint that one may adopt: no name ever makes a
 * process somebody's orphan, the evidence must.
 */
#include "family/kin.h"

#include <string.h>

#include "base/text.h"

static const struct { const char *comm, *why; } reapers[] = {
	{ "systemd", "a systemd manager" },
	{ "init", "an init" },
	{ "tini", "a container init" },
	{ "dumb-init", "a container init" },
	{ "docker-init", "a container init" },
	{ "catatonit", "a container init" },
	{ "containerd-shim", "a container shim" },
	{ "conmon", "a container monitor" },
	{ "s6-svscan", "a supervisor" },
	{ "runsvdir", "a supervisor" },
	{ "bwrap", "a sandbox init" },
	{ "leakscan", "leakscan run" },
};

const char *known_reaper(const struct process *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(reapers); i++) {
		size_t n;

		if (*p->comm != *reapers[i].comm)	/* everybody is asked */
			continue;
		n = strlen(reapers[i].comm);
		/* names are cut at 15 bytes: that is all of a shim's before its version */
		if (!strncmp(p->comm, reapers[i].comm, n) && (!p->comm[n] || n >= 15))
			return reapers[i].why;
	}
	return NULL;
}
