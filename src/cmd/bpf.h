/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* leakscan bpf: whether --source bpf can be used here, and for whom it is pinned; --pin GROUP
 * and --unpin.  Exit status 0, 2 usage, 3 it cannot be used, or it failed. */
int bpf_main(int argc, char **argv);
