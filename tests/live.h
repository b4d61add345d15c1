/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the live tests share: one situation of mkleak, one run of the real program on it,
 * and words to ask its JSON.  What cannot be done fails the running Check test.
 */
#ifndef TESTS_LIVE_H
#define TESTS_LIVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { MADE_MAX = 64, FDS_MAX = 64, NOBODY = 65534 };

struct made {
	char role[16];
	pid_t pid;
	long long start; /* ticks since boot */
};

struct situation {
	pid_t pid;   /* of mkleak */
	int in, out; /* its stdin (closing ends all), its stdout */
	struct made made[MADE_MAX];
	size_t made_n;
	unsigned long long port;
	int fds[FDS_MAX]; /* the descriptors that it is about */
	size_t fd_n;
	char skipped[160]; /* why this machine cannot have it; or empty */
};

/* Returns when mkleak says ready, or with `skipped` set and nothing running. */
void situation_start(struct situation *s, const char *kind);
/* The same, made by this user. */
void situation_start_as(struct situation *s, const char *kind, uid_t uid);
/* Ends all it made, and asserts that it lived until now and that nothing is left. */
void situation_end(struct situation *s);
/* The n-th of that role, asserted to be there. */
const struct made *situation_made(const struct situation *s, const char *role, size_t n);
size_t situation_count(const struct situation *s, const char *role);
bool situation_has(const struct situation *s, const char *role, pid_t pid);

struct scan_how {
	uid_t uid;	 /* 0: as we are */
	bool hidepid;	 /* a /proc of its own with hidepid=2 */
	const char *out; /* a file for stdout; NULL: kept for `report` */
	bool out_closed;
	bool bare;		      /* `leakscan ARG...` and nothing else */
	bool min_age;		      /* the program's own, not 0s */
	void (*meanwhile)(void *arg); /* called once the program runs */
	void *arg;
};

struct scan {
	int status; /* exit status, 128+n when a signal ended it */
	int left;   /* processes of its own that outlived it */
	double seconds;
	json_t *report; /* NULL when stdout was no JSON */
	char *out, *err;
};

/* `leakscan --json --min-age 0s ARG...`; NULL ends the arguments; how may be NULL. */
void scan_run(struct scan *r, const struct scan_how *how, const char *const *args);
void scan_pid(struct scan *r, const struct scan_how *how, pid_t pid);
void scan_free(struct scan *r);

/* The finding of that kind about pid; NULL when there is none. */
json_t *finding_of(const struct scan *r, const char *kind, pid_t pid);
/* It is about this descriptor: its fd, or one of its fds. */
bool finding_has_fd(json_t *finding, int fd);
/* Findings of warning or worse. */
size_t leaks_count(const struct scan *r);
bool finding_is_leak(json_t *finding);
bool evidence_has(json_t *finding, const char *type);
const char *words_of(json_t *object, const char *key);

/* The report is of this target, and the exit status says what the report says. */
void report_check(const struct scan *r, const struct made *target, bool alive);
/* situation_start(), then the scan of its target. */
void scan_kind(struct situation *s, struct scan *r, const char *kind);
/* The finding about what mkleak calls the orphan, asserted to be there. */
json_t *orphan_finding(const struct situation *s, const struct scan *r);
/* Whether this machine can have the situation; if not, a skip is counted.  Must be known
 * before Check runs. */
bool possible(const char *test, const char *kind);

/* Whether there is a nobody who could run the program; if not, a skip is counted. */
bool nobody_possible(const char *test);

const char *leakscan_path(void);
double now_seconds(void);
/* In a pid and mount namespace of our own when root; runs `run` and returns its value. */
int namespace_run(int (*run)(void));

#endif
