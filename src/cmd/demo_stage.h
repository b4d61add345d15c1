/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stage of leakscan demo: what it starts, and how that always ends. See demo_stage.c. */
#pragma once

#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

enum lifeline { LIFE_SERVER, LIFE_LEAKY, LIFE_FIXED, LIFE_COUNT };

struct stage {
	char dir[PATH_MAX];	/* working directory, made by stage_open */
	int life[LIFE_COUNT];	/* write ends; -1 when not open */
	int guard_fd;		/* write end of the guard's pipe */
	pid_t guard;
	int signal_fd;		/* SIGINT, SIGTERM and SIGHUP arrive here */
	int stopped_by;		/* the one that asked us to stop, or 0 */
	sigset_t old_mask;
};

/* Makes the working directory and the guard, and takes over the signals that stop us. */
int stage_open(struct stage *s);

/* Closes every lifeline, waits until nobody watches one any more, and removes the working
 * directory. Reaping what script_start() returned is yours. -EBUSY: something stays. */
int stage_close(struct stage *s);

/* Waits for input on @fd (-1: for nothing but time). 1 ready, 0 time is up, -EINTR when
 * a signal asks us to stop: then s->stopped_by is set. */
int stage_wait(struct stage *s, int fd, long ms);

/* Makes a lifeline before script_start() uses it. Closing it ends all who watch it. */
int lifeline_open(struct stage *s, enum lifeline which);
void lifeline_close(struct stage *s, enum lifeline which);

/*
 * Starts python3 on @script with up to two @args (NULL-terminated), as a session leader
 * with nothing on its standard input, as a service would be. What it prints comes through
 * *@out (yours to close). Returns its pid (yours to reap) or -errno.
 */
pid_t script_start(struct stage *s, enum lifeline which, const char *script,
		   const char *const *args, int *out);

/* Puts @dir/@name into @path; -ENAMETOOLONG when it does not fit. */
int path_join(char *path, size_t size, const char *dir, const char *name);
