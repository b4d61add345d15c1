/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A population in which every field of a process, a descriptor and a thread has some value
 * that is not its usual one, and that then stands still.
 */
#ifndef TESTS_MANY_KINDS_H
#define TESTS_MANY_KINDS_H

/* Called by the init of a pid namespace, whose end is theirs.  dir: an empty directory for
 * their files; cgroup: the directory of a control group for one of them, or NULL.  Returns
 * when all have come to rest; what cannot be made ends the process with a word on stderr. */
void many_kinds_make(const char *dir, const char *cgroup);

/* ---- between the two files */
struct many_kind { const char *name; void (*run)(void); };
extern const struct many_kind many_fd_kinds[], many_process_kinds[];
int many_must(int ret, const char *what);	/* ret, or the end when it is negative */
_Noreturn void many_rest(void);
void many_ready(void);				/* instead, before something that blocks */
const char *many_cgroup(void);

#endif
