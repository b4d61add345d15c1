/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader of the kernel's lists. */
#include "source/bpf.h"

#include <errno.h>
#include <string.h>

#include "source/live.h"

int bpf_walk(struct snapshot **out)
{
	(void)out;
	return -ENOSYS;
}

void bpf_machine(struct snapshot *s, uint32_t facts)
{
	(void)s;
	(void)facts;
}

int bpf_links(int links[BPF_PIN_N])
{
	(void)links;
	return -ENOSYS;
}
