/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A situation as a few lines of text (doc/record.md), judged: what family/ and detect/
 * make of it.  Everything fails the running test when the text is broken.
 */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include "model/report.h"

struct scene_fixture {
	struct snapshot *snapshot;
	struct target target;
	struct policy policy;
	struct report *report;		/* family, findings, blindness */
	uint32_t machine;		/* what kinship_machine() would ask of everybody
	*/
};

/* The lines without the first and the last one; a machine line is put before them when
 * they have none: hz=100, 1000 s after boot, everything looked at twice.  Free with
 * scene_free(). */
struct scene_fixture *scene_from(const char *record_lines, pid_t target);
/* Any kind of target; cgroup is for TARGET_CGROUP and TARGET_UNIT. */
struct scene_fixture *scene_of(const char *record_lines, enum target_kind kind, pid_t pid,
			       const char *cgroup, const struct policy *policy);
void scene_free(struct scene_fixture *f);

/* The member with that pid, or NULL.  Fails when there are two. */
const struct member *scene_member(const struct scene_fixture *f, pid_t pid);
/* The finding of a kind about that pid, or NULL. */
const struct finding *scene_finding(const struct scene_fixture *f, enum kind kind, pid_t
				    pid);
/* Its evidence of a type, or NULL. */
const struct evidence *scene_evidence(const struct scene_fixture *f, pid_t pid,
				      enum evidence_type type);

/* An orphan of the target, by this evidence and with this confidence. */
void scene_is_orphan(const struct scene_fixture *f, pid_t pid, enum evidence_type type,
		     enum confidence confidence);
/* Nothing about it is of warning or worse, and it is not attributed. */
void scene_not_accused(const struct scene_fixture *f, pid_t pid);
/* Attributed, but no leak: info at most. */
void scene_only_info(const struct scene_fixture *f, pid_t pid);
void scene_has_severity(const struct scene_fixture *f, enum kind kind, pid_t pid,
			enum severity severity);
/* The message of the finding has this part. */
void scene_says(const struct scene_fixture *f, enum kind kind, pid_t pid, const char
		*part);

/* In one line: the scene, one question about pid, and its end. */
void expect_orphan(const char *lines, pid_t target, pid_t pid, enum evidence_type type,
		   enum confidence confidence);
void expect_innocent(const char *lines, pid_t target, pid_t pid);
void expect_only_info(const char *lines, pid_t target, pid_t pid);

/* Lines of a record; the rest is text of more keys. */
#define P(pid, start, ppid, pgid, sid, rest) \
	"process pid=" #pid " start=" #start " ppid=" #ppid " pgid=" #pgid " sid=" #sid \
	" state=S threads=1 " rest "\n"
#define ZOMBIE(pid, start, ppid, pgid, sid, rest) \
	"process pid=" #pid " start=" #start " ppid=" #ppid " pgid=" #pgid " sid=" #sid \
	" state=Z threads=1 " rest "\n"
#define FD(pid, fd, mode, target) \
	"fd pid=" #pid " fd=" #fd " mode=" mode " target=" target "\n"
#define PIPE(pid, fd, mode, inode) FD(pid, fd, mode, "pipe:[" #inode "]")
#define SOCKET(pid, fd, inode) FD(pid, fd, "rw", "socket:[" #inode "]")
#define PEERS(a, b) \
	"socket inode=" #a " family=unix peer=" #b "\n" \
	"socket inode=" #b " family=unix peer=" #a "\n"
#define SAME(a, b) "same a=" a " b=" b "\n"
#define ENVIRON(pid, words) "environ pid=" #pid " " words "\n"
#define MACHINE(more) \
	"machine hz=100 now=1000000000000 sched_now=1000000000000 pid1=1 " more "\n"

/* systemd, and a shell in a session of its own that started the target, 200, in a
 * script. */
#define INIT P(1, 1, 0, 1, 1, "comm=systemd")
#define SHELL P(100, 100, 1, 100, 100, "comm=bash")
#define SHELL_TTY SHELL FD(100, 0, "rw", "/dev/pts/0") FD(100, 1, "rw", "/dev/pts/0")
#define APP P(200, 5000, 100, 100, 100, "comm=app")

#endif
