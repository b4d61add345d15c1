/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the real reap, and looks for itself at who is left. */
#include "harness.h"
#include "live_reap.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t reap_start(const char *const *args, int out)
{
	const char *argv[24] = { "leakscan", "reap", "--json", "--min-age", "0s" };
	pid_t pid;
	int n = 5;

	while (*args && n < 23)
		argv[n++] = *args++;
	argv[n] = NULL;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (!pid) {
		dup2(out, 1);
		execv(leakscan_path(), (char *const *)argv);
		_exit(NO_EXEC);
	}
	return pid;
}

void reap_end(struct run *r, pid_t pid, int out)
{
	struct stat st;
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	r->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	ck_assert_int_eq(fstat(out, &st), 0);
	r->out = calloc(1, (size_t)st.st_size + 1);
	ck_assert_ptr_nonnull(r->out);
	ck_assert_int_eq(pread(out, r->out, (size_t)st.st_size, 0), st.st_size);
	r->plan = json_loads(r->out, JSON_REJECT_DUPLICATES, NULL);
	close(out);
}

pid_t reap_target(const struct situation *s, const char *const *more, int *out)
{
	const char *args[20] = { "-p", NULL };
	char pid[16];
	int n = 2;

	snprintf(pid, sizeof(pid), "%d", situation_made(s, "target", 0)->pid);
	args[1] = pid;
	while (*more)
		args[n++] = *more++;
	*out = memfd_create("out", MFD_CLOEXEC);
	ck_assert_int_ge(*out, 0);
	return reap_start(args, *out);
}

void reap_each(struct run *r, const struct situation *s, size_t n, const char *const *more)
{
	pid_t programs[TOGETHER_MOST];
	int outs[TOGETHER_MOST];
	double begun = now_seconds();

	ck_assert_uint_le(n, TOGETHER_MOST);
	for (size_t i = 0; i < n; i++)
		programs[i] = reap_target(&s[i], more, &outs[i]);
	for (size_t i = 0; i < n; i++) {
		reap_end(&r[i], programs[i], outs[i]);
		r[i].seconds = now_seconds() - begun;
		ck_assert_int_ne(r[i].status, NO_EXEC);
	}
}

void reap(struct run *r, const struct situation *s, const char *const *more)
{
	reap_each(r, s, 1, more);
}

void run_free(struct run *r)
{
	json_decref(r->plan);
	free(r->out);
}

char state_of(pid_t pid, long long *start)
{
	char path[64], buf[1024], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	p = strrchr(buf, ')');
	if (!p)
		return 0;
	*start = 0;
	sscanf(p + 2, "%*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lld",
	       start);
	return p[2];
}

bool alive(const struct made *m)
{
	long long start;
	char state = state_of(m->pid, &start);

	return state && state != 'Z' && start == m->start;
}

size_t count_in_session(pid_t sid, char wanted)
{
	size_t n = 0;

	for (pid_t pid = 2; pid < 32768; pid++) {
		char path[64], buf[1024], *p, state;
		int fd, session;
		ssize_t got;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		got = read(fd, buf, sizeof(buf) - 1);
		close(fd);
		buf[got > 0 ? got : 0] = '\0';
		p = got > 0 ? strrchr(buf, ')') : NULL;
		if (p && sscanf(p + 2, "%c %*d %*d %d", &state, &session) == 2 &&
		    session == sid && state != 'X' && (wanted ? state == wanted : state != 'Z'))
			n++;
	}
	return n;
}

void situation_drop(struct situation *s)
{
	close(s->in);
	ck_assert_int_eq(waitpid(s->pid, NULL, 0), s->pid);
	close(s->out);
}

json_t *patient_of(const struct run *r, pid_t pid)
{
	size_t i;
	json_t *p;

	json_array_foreach(json_object_get(r->plan, "patients"), i, p)
		if (json_integer_value(json_object_get(p, "pid")) == pid)
			return p;
	return NULL;
}

void audit_check(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[8192];

	while (f && fgets(line, sizeof(line), f)) {
		json_t *j = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

		ck_assert_msg(j && strchr(line, '\n'), "not a line of JSON: %s", line);
		json_decref(j);
	}
	if (f)
		fclose(f);
}
