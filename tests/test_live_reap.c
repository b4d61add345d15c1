/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real reap on real trees that do not go easily, in a pid namespace of their own, where
 * we see all that is left.  What mkleak made is looked up by pid and start time.
 */
#include "harness.h"
#include "live.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEST_LIMIT_S = 120, NO_EXEC = 126, KILL_ROUNDS = 8, KILL_PARTS = 5,
       TOGETHER_N = 10 };

struct run {
	int status;
	double seconds;
	json_t *plan;
	char *out;
};

static pid_t reap_start(const char *const *args, int out)
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

static void reap_end(struct run *r, pid_t pid, int out)
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

/* `leakscan reap --json --min-age 0s -p TARGET ARG...` */
static void reap(struct run *r, const struct situation *s, const char *const *more)
{
	const char *args[16] = { "-p", NULL };
	char pid[16];
	int out = memfd_create("out", MFD_CLOEXEC), n = 2;
	double begun = now_seconds();

	snprintf(pid, sizeof(pid), "%d", situation_made(s, "target", 0)->pid);
	args[1] = pid;
	while (*more)
		args[n++] = *more++;
	ck_assert_int_ge(out, 0);
	reap_end(r, reap_start(args, out), out);
	r->seconds = now_seconds() - begun;
	ck_assert_int_ne(r->status, NO_EXEC);
}

static void run_free(struct run *r)
{
	json_decref(r->plan);
	free(r->out);
}

/* State letter of a process, and its start; 0 when there is none. */
static char state_of(pid_t pid, long long *start)
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

static bool alive(const struct made *m)
{
	long long start;
	char state = state_of(m->pid, &start);

	return state && state != 'Z' && start == m->start;
}

/* Processes of this namespace in a session; '\0': in any state. */
static size_t count_in_session(pid_t sid, char wanted)
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

/* mkleak ends the rest; that some have ended before is the point here. */
static void situation_drop(struct situation *s)
{
	close(s->in);
	ck_assert_int_eq(waitpid(s->pid, NULL, 0), s->pid);
	close(s->out);
}

static json_t *patient_of(const struct run *r, pid_t pid)
{
	size_t i;
	json_t *p;

	json_array_foreach(json_object_get(r->plan, "patients"), i, p)
		if (json_integer_value(json_object_get(p, "pid")) == pid)
			return p;
	return NULL;
}

static const char *const act[] = { "--yes", "--grace", "400ms", "--max", "2000", NULL };

/* status 1: a subreaper that never waits keeps it as a zombie, and that is said. */
static const struct { const char *kind, *prediction; int status; } trees[] = {
	{ "orphan-session", NULL, 0 },
	{ "orphan-tree", NULL, 0 },
	{ "orphan-busy", NULL, 0 },
	{ "orphan-subreaper", NULL, 1 },
	{ "reap-term-ignored", "term-ignored", 0 },
	{ "reap-term-blocked", "term-blocked", 0 },
	{ "reap-stopped", "stopped", 0 },
	{ "reap-vfork", NULL, 0 },
	{ "reap-respawn", NULL, 0 },
	{ "reap-storm-1", "term-ignored", 0 },
	{ "reap-storm-4", "term-ignored", 0 },
	{ "reap-storm-16", "term-ignored", 0 },
	{ "reap-many", NULL, 0 },
	{ "reap-thousand", NULL, 0 },
	{ "reap-sigpipe", NULL, 0 },
	{ "reap-other-user", "other-uid", 0 },
	{ "reap-traced", "traced", 0 },
};

enum { TREES_N = sizeof(trees) / sizeof(trees[0]) };

static bool predicts(json_t *patient, const char *word)
{
	size_t i;
	json_t *p;

	json_array_foreach(json_object_get(patient, "predictions"), i, p)
		if (!strcmp(json_string_value(p), word))
			return true;
	return false;
}

START_TEST(tree)
{
	static const char *const none[] = { "--max", "2000", NULL };
	const struct made *orphan;
	struct situation s;
	struct run r;
	pid_t target;

	situation_start(&s, trees[_i].kind);
	target = situation_made(&s, "target", 0)->pid;
	orphan = situation_made(&s, "orphan", 0);
	if (!strcmp(trees[_i].kind, "reap-stopped"))
		for (int n = 0; n < 5000 && count_in_session(target, 'T') == 0; n++)
			usleep(1000);

	/* only the plan: nobody is touched */
	reap(&r, &s, none);
	ck_assert_msg(r.status == 1, "status %d: %s", r.status, r.out);
	ck_assert_msg(alive(orphan), "the plan touched it");
	ck_assert_msg(patient_of(&r, orphan->pid), "no patient: %s", r.out);
	if (trees[_i].prediction)
		ck_assert_msg(predicts(patient_of(&r, orphan->pid), trees[_i].prediction),
			      "%s", r.out);
	run_free(&r);

	reap(&r, &s, act);
	ck_assert_msg(r.status == trees[_i].status, "status %d: %s", r.status, r.out);
	ck_assert_str_eq(text_of(patient_of(&r, orphan->pid), "fate"),
			 trees[_i].status ? "unreaped" : "reaped");
	ck_assert_msg(!alive(orphan), "it lives: %s", r.out);
	/* but for that subreaper, which is no leak and in the same session */
	ck_assert_msg(count_in_session(target, 0) == (size_t)trees[_i].status, "%zu left: %s",
		      count_in_session(target, 0), r.out);
	ck_assert_msg(alive(situation_made(&s, "launcher", 0)), "the launcher was hit");
	ck_assert_msg(r.seconds < 30, "%.1f s", r.seconds);
	run_free(&r);

	/* and nobody is left to be ended */
	reap(&r, &s, act);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert_uint_eq(json_array_size(json_object_get(r.plan, "patients")), 0);
	run_free(&r);
	situation_drop(&s);
}
END_TEST

/* Kind, what becomes of each zombie, and how many signals its parent may get. */
static const struct { const char *kind, *treatment, *fate; int signals; } dead[] = {
	{ "reap-zombies-late", "nudge-parent", "reaped", 1 },
	{ "reap-zombies-one", "nudge-parent", "reaped", 4 },
	{ "zombie-handler", "nudge-parent", "unreaped", 1 },
	{ "zombie-default", "advise", "unreaped", 0 },
	{ "zombie-blocked", "advise", "unreaped", 0 },
	{ "zombie-ignored-late", "advise", "unreaped", 0 },
	{ "zombie-stopped-parent", "advise", "unreaped", 0 },
	{ "zombie-traced", "advise", "unreaped", 0 },
};

enum { DEAD_N = sizeof(dead) / sizeof(dead[0]) };

START_TEST(zombie_parents)
{
	struct situation s;
	struct run r;
	int signals = 0;
	size_t i;
	json_t *p;

	situation_start(&s, dead[_i].kind);
	reap(&r, &s, act);
	for (i = 0; i < situation_count(&s, "zombie"); i++) {
		p = patient_of(&r, situation_made(&s, "zombie", i)->pid);
		ck_assert_msg(p != NULL, "no patient: %s", r.out);
		ck_assert_str_eq(text_of(p, "treatment"), dead[_i].treatment);
		ck_assert_msg(!strcmp(text_of(p, "fate"), dead[_i].fate), "%s", r.out);
	}
	json_array_foreach(json_object_get(r.plan, "patients"), i, p)
		signals += (int)json_integer_value(json_object_get(p, "signals"));
	ck_assert_int_eq(signals, dead[_i].signals);
	ck_assert_int_eq(r.status, !strcmp(dead[_i].fate, "reaped") ? 0 : 1);
	ck_assert(alive(situation_made(&s, "target", 0)));
	run_free(&r);
	situation_drop(&s);
}
END_TEST

START_TEST(the_target_only_when_asked)
{
	static const char *const with[] = { "--yes", "--with-target", NULL };
	struct situation s;
	struct run r;

	situation_start(&s, "orphan-live-session");
	reap(&r, &s, act);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert(!alive(situation_made(&s, "orphan", 0)));
	ck_assert(alive(situation_made(&s, "target", 0)));
	run_free(&r);
	reap(&r, &s, with);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert(!alive(situation_made(&s, "target", 0)));
	run_free(&r);
	situation_drop(&s);
}
END_TEST

START_TEST(innocents_stay)
{
	static const char *const kinds[] = { "decoy-sibling", "decoy-pipeline", "decoy-scm",
					     "decoy-older", "daemon-keep" };
	struct situation s;
	struct run r;

	situation_start(&s, kinds[_i]);
	reap(&r, &s, act);
	ck_assert_msg(json_array_size(json_object_get(r.plan, "patients")) == 0, "%s", r.out);
	for (size_t i = 0; i < s.made_n; i++)
		if (strcmp(s.made[i].role, "target") && strcmp(s.made[i].role, "zombie"))
			ck_assert_msg(alive(&s.made[i]), "%s was hit: %s", s.made[i].role, r.out);
	run_free(&r);
	situation_drop(&s);
}
END_TEST

/* No line, no signal: a full disk, a link, a FIFO's reader gone. */
START_TEST(no_audit_no_signal)
{
	static const char *const paths[] = { "/dev/full", "link", "missing/dir" };
	char dir[] = "/tmp/leakscan-reap-XXXXXX", path[64], real[64];
	const char *args[] = { "--yes", "--audit", path, NULL };
	struct situation s;
	struct run r;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(real, sizeof(real), "%s/real", dir);
	snprintf(path, sizeof(path), "%s/%s", dir, paths[_i]);
	if (paths[_i][0] == '/')
		snprintf(path, sizeof(path), "%s", paths[_i]);
	else if (!strcmp(paths[_i], "link"))
		ck_assert_int_eq(symlink(real, path), 0);
	situation_start(&s, "orphan-session");
	reap(&r, &s, args);
	ck_assert_int_eq(r.status, 3);
	ck_assert(alive(situation_made(&s, "orphan", 0)));
	run_free(&r);
	situation_drop(&s);
	if (!strcmp(paths[_i], "link"))
		unlink(path);
	ck_assert_msg(rmdir(dir) == 0, "something was written through the link");
}
END_TEST

/* Every line of the audit is a whole one. */
static void audit_check(const char *path)
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

/* Stopped or traced to a stop, anywhere: as root we see a namespace of our own only. */
static size_t count_stopped(const struct situation *s)
{
	size_t n = 0;
	long long start;

	if (geteuid())
		return count_in_session(situation_made(s, "target", 0)->pid, 'T');
	for (pid_t pid = 1; pid < 32768; pid++) {
		char state = state_of(pid, &start);

		n += state == 'T' || state == 't';
	}
	return n;
}

static void sleep_until(double when)
{
	double left = when - now_seconds();

	if (left > 0)
		usleep((useconds_t)(left * 1e6));
}

static const char *const killed_kinds[] = {
	"orphan-tree", "reap-term-ignored", "reap-respawn", "reap-storm-4", "reap-many",
};

/* Killed at any moment from its start to its end, it leaves nobody stopped, and what is left
 * is ended by the next.  LEAKSCAN_SEED repeats a run. */
START_TEST(killed_half_way)
{
	char dir[] = "/tmp/leakscan-reap-XXXXXX", path[64], pid[16];
	const char *args[] = { "-p", pid, "--yes", "--grace", "200ms", "--max", "2000",
			       "--audit", path, NULL };
	const char *given = getenv("LEAKSCAN_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	const char *kind = killed_kinds[_i];
	double whole = 0;
	struct situation s;
	struct run r;

	printf("# %s: LEAKSCAN_SEED=%u\n", kind, seed);
	fflush(stdout);
	seed += (unsigned)_i;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/audit", dir);
	/* the first is not killed: it tells how long a whole run takes */
	for (int round = 0; round <= KILL_ROUNDS; round++) {
		double when = round ? whole * rand_r(&seed) / RAND_MAX : 1e3, begun;
		int out = memfd_create("out", MFD_CLOEXEC), pidfd;
		pid_t target, program;

		situation_start(&s, kind);
		target = situation_made(&s, "target", 0)->pid;
		snprintf(pid, sizeof(pid), "%d", target);
		begun = now_seconds();
		program = reap_start(args, out);
		pidfd = (int)syscall(SYS_pidfd_open, program, 0);
		if (round) {
			sleep_until(begun + when);
			syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
		}
		close(pidfd);
		reap_end(&r, program, out);
		whole = round ? whole : now_seconds() - begun;
		run_free(&r);
		ck_assert_msg(count_stopped(&s) == 0, "seed %u, %.3f s of %.3f s: left stopped",
			      seed, when, whole);
		audit_check(path);
		reap(&r, &s, act);
		ck_assert_msg(r.status == 0, "seed %u, %.3f s of %.3f s: status %d: %s", seed,
			      when, whole, r.status, r.out);
		ck_assert_msg(count_in_session(target, 0) == 0, "seed %u, %.3f s of %.3f s: left",
			      seed, when, whole);
		ck_assert(alive(situation_made(&s, "launcher", 0)));
		run_free(&r);
		situation_drop(&s);
	}
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

static const struct { const char *kind; bool audit; } together[] = {
	{ "orphan-tree", false }, { "orphan-tree", true },
	{ "reap-term-ignored", false }, { "reap-respawn", false }, { "reap-respawn", true },
};

enum { TOGETHER_KINDS_N = sizeof(together) / sizeof(together[0]) };

/* Ten over one family, beside another: who is hit is hit by several, nobody else is. */
START_TEST(many_at_once)
{
	char dir[] = "/tmp/leakscan-reap-XXXXXX", path[64], pid[16];
	const char *args[] = { "-p", pid, "--yes", "--grace", "400ms",
			       "--max", "300", together[_i].audit ? "--audit" : NULL, path, NULL };
	struct situation s, bystanders;
	pid_t programs[TOGETHER_N];
	int outs[TOGETHER_N];
	struct run r;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/audit", dir);
	situation_start(&bystanders, "orphan-session");
	situation_start(&s, together[_i].kind);
	snprintf(pid, sizeof(pid), "%d", situation_made(&s, "target", 0)->pid);
	for (int i = 0; i < TOGETHER_N; i++) {
		outs[i] = memfd_create("out", MFD_CLOEXEC);
		programs[i] = reap_start(args, outs[i]);
	}
	for (int i = 0; i < TOGETHER_N; i++) {
		size_t j;
		json_t *p;

		reap_end(&r, programs[i], outs[i]);
		ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
		json_array_foreach(json_object_get(r.plan, "patients"), j, p)
			ck_assert_msg(!strcmp(text_of(p, "fate"), "reaped") ||
				      !strcmp(text_of(p, "fate"), "stale"), "%s", r.out);
		run_free(&r);
	}
	ck_assert(!alive(situation_made(&s, "orphan", 0)));
	ck_assert_uint_eq(count_in_session(situation_made(&s, "target", 0)->pid, 0), 0);
	ck_assert(alive(situation_made(&s, "launcher", 0)));
	audit_check(path);
	situation_drop(&s);
	situation_end(&bystanders);	/* all of them have lived until now */
	ck_assert_int_eq(unlink(path) == 0, together[_i].audit);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

/* A grandchild in a session of its own with nothing in its environment: only the mark of the
 * run that it was started under ties it. */
START_TEST(escaped_without_environment)
{
	static const char script[] =
		"echo $LEAKSCAN_ID; (setsid env -i sleep 100 </dev/null >/dev/null 2>&1 & echo $!)";
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
	char cookie[32], text[80] = "";
	const char *args[] = { "--cookie", cookie, "--yes", NULL };
	struct made sleeper = { .role = "orphan" };
	pid_t pid = fork();
	struct run r;
	int status;

	ck_assert_int_ge(pid, 0);
	if (!pid) {
		dup2(out, 1);
		dup2(err, 2);
		execl(leakscan_path(), "leakscan", "run", "--no-reap", "--", "sh", "-c", script,
		      (char *)NULL);
		_exit(NO_EXEC);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_ge(pread(out, text, sizeof(text) - 1, 0), 0);
	ck_assert_msg(sscanf(text, "%31s %d", cookie, &sleeper.pid) == 2, "said: %s", text);
	ck_assert(state_of(sleeper.pid, &sleeper.start) && alive(&sleeper));
	ck_assert_int_eq(ftruncate(out, 0), 0);
	lseek(out, 0, SEEK_SET);
	reap_end(&r, reap_start(args, out), out);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert_msg(patient_of(&r, sleeper.pid) != NULL, "no patient: %s", r.out);
	ck_assert_str_eq(text_of(patient_of(&r, sleeper.pid), "fate"), "reaped");
	ck_assert(!alive(&sleeper));
	run_free(&r);
	close(err);
}
END_TEST

START_TEST(interrupted_in_the_grace_period)
{
	char pid[16];
	const char *args[] = { "-p", pid, "--yes", "--grace", "3s", NULL };
	int out = memfd_create("out", MFD_CLOEXEC), pidfd;
	struct situation s;
	struct run r;
	pid_t program;

	situation_start(&s, "reap-term-ignored");
	snprintf(pid, sizeof(pid), "%d", situation_made(&s, "target", 0)->pid);
	program = reap_start(args, out);
	pidfd = (int)syscall(SYS_pidfd_open, program, 0);
	usleep(2000000);
	syscall(SYS_pidfd_send_signal, pidfd, SIGINT, NULL, 0);
	close(pidfd);
	reap_end(&r, program, out);
	ck_assert_msg(r.status == 1, "status %d: %s", r.status, r.out);
	ck_assert_str_eq(text_of(patient_of(&r, situation_made(&s, "orphan", 0)->pid), "fate"),
			 "cancelled");
	ck_assert(alive(situation_made(&s, "orphan", 0)));
	run_free(&r);
	situation_drop(&s);
}
END_TEST

/* 0 or errno of listening on that port of loopback, as servers do; *fd stays open. */
static int listen_on(unsigned long long port, int *fd)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int on = 1;

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(*fd, 0);
	setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(*fd, (struct sockaddr *)&a, sizeof(a)) || listen(*fd, 8) ? errno : 0;
}

static bool connects(unsigned long long port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool can = !connect(fd, (struct sockaddr *)&a, sizeof(a));

	close(fd);
	return can;
}

/* The port is free, its holder lives and was sent nothing; the plan alone does neither. */
START_TEST(closes_sockets)
{
	static const char *const plan[] = { "--close-sockets", NULL };
	static const char *const close_only[] = { "--yes", "--close-sockets", NULL };
	const struct made *orphan;
	struct situation s;
	json_t *p, *l;
	struct run r;
	int fd;

	situation_start(&s, "orphan-port");
	orphan = situation_made(&s, "orphan", 0);
	ck_assert(s.port != 0);
	reap(&r, &s, plan);
	ck_assert_msg(r.status == 1, "status %d: %s", r.status, r.out);
	ck_assert_str_eq(text_of(patient_of(&r, orphan->pid), "treatment"), "close-sockets");
	run_free(&r);
	ck_assert_int_eq(listen_on(s.port, &fd), EADDRINUSE);
	close(fd);
	ck_assert(connects(s.port));

	reap(&r, &s, close_only);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	p = patient_of(&r, orphan->pid);
	l = json_array_get(json_object_get(p, "listens"), 0);
	ck_assert_str_eq(text_of(p, "fate"), "shut");
	ck_assert_int_eq(json_integer_value(json_object_get(p, "signals")), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(l, "port")), (json_int_t)s.port);
	ck_assert_str_eq(text_of(l, "result"), "shut");
	run_free(&r);
	ck_assert(!connects(s.port));
	ck_assert_int_eq(listen_on(s.port, &fd), 0);
	ck_assert(connects(s.port));
	close(fd);

	/* nothing is left to be shut; and it lived all the time, says situation_end() */
	reap(&r, &s, close_only);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert_uint_eq(json_array_size(json_object_get(r.plan, "patients")), 0);
	run_free(&r);
	ck_assert(alive(orphan));
	situation_end(&s);
}
END_TEST

/* What the living target listens on, too, is not shut under it. */
START_TEST(leaves_shared_sockets)
{
	static const char *const args[] = { "--yes", "--close-sockets", "--confidence",
					    "strong", NULL };
	const struct made *orphan, *target;
	struct situation s;
	json_t *p, *l;
	struct run r;

	situation_start(&s, "orphan-live-kcmp");
	orphan = situation_made(&s, "orphan", 0);
	target = situation_made(&s, "target", 0);
	reap(&r, &s, args);
	ck_assert_msg(r.status == 1, "status %d: %s", r.status, r.out);
	p = patient_of(&r, orphan->pid);
	l = json_array_get(json_object_get(p, "listens"), 0);
	ck_assert_str_eq(text_of(p, "fate"), "listening");
	ck_assert_str_eq(text_of(l, "result"), "shared");
	ck_assert_int_eq(json_integer_value(json_object_get(l, "shared_with")), target->pid);
	run_free(&r);
	ck_assert(connects(s.port));
	situation_end(&s);
}
END_TEST

#define FREEZER "/sys/fs/cgroup/freezer/leakscan-test"

static bool group_write(const char *group, const char *file, const char *text)
{
	char path[128];
	bool done;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	f = fopen(path, "we");
	if (!f)
		return false;
	fputs(text, f);
	done = !fclose(f);
	return done;
}

/* A v1 freezer holds even SIGKILL back: that is foretold, told, and waited for no longer. */
START_TEST(frozen_is_stuck)
{
	struct situation s;
	const struct made *orphan;
	char pid[16];
	struct run r;

	situation_start(&s, "orphan-session");
	orphan = situation_made(&s, "orphan", 0);
	snprintf(pid, sizeof(pid), "%d", orphan->pid);
	ck_assert(group_write(FREEZER, "cgroup.procs", pid) && group_write(FREEZER, "freezer.state", "FROZEN"));
	for (int i = 0; i < 5000; i++) {
		long long start;

		if (state_of(orphan->pid, &start) == 'D')
			break;
		usleep(1000);
	}
	reap(&r, &s, act);
	group_write(FREEZER, "freezer.state", "THAWED");
	ck_assert_msg(r.status == 1, "status %d: %s", r.status, r.out);
	ck_assert(predicts(patient_of(&r, orphan->pid), "frozen"));
	ck_assert_str_eq(text_of(patient_of(&r, orphan->pid), "fate"), "stuck");
	ck_assert_msg(strstr(text_of(patient_of(&r, orphan->pid), "fate_why"), "refrigerator"),
		      "%s", r.out);
	ck_assert(r.seconds < 15);
	run_free(&r);
	situation_drop(&s);
}
END_TEST

#define GROUP "/sys/fs/cgroup/unified/leakscan-test"

/* A control group is killed as a whole only when all in it are patients: with a stranger in
 * it, he lives. */
START_TEST(a_group_with_a_stranger)
{
	char dir[] = "/tmp/leakscan-reap-XXXXXX", path[64], pid[16], audit[16384] = "";
	const char *args[] = { "--yes", "--grace", "200ms", "--audit", path, NULL };
	const struct made *stranger;
	struct situation s;
	struct run r;
	FILE *f;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/audit", dir);
	situation_start(&s, "reap-term-ignored");
	stranger = situation_made(&s, "launcher", 0);
	snprintf(pid, sizeof(pid), "%d", situation_made(&s, "orphan", 0)->pid);
	ck_assert(group_write(GROUP, "cgroup.procs", pid));
	snprintf(pid, sizeof(pid), "%d", stranger->pid);
	if (_i)
		ck_assert(group_write(GROUP, "cgroup.procs", pid));
	reap(&r, &s, args);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	ck_assert_msg(alive(stranger), "the stranger was hit");
	f = fopen(path, "re");
	ck_assert_ptr_nonnull(f);
	audit[fread(audit, 1, sizeof(audit) - 1, f)] = '\0';
	fclose(f);
	ck_assert_ptr_nonnull(strstr(audit, "cgroup.kill"));
	/* ENOENT: there is no such group that is only ours */
	ck_assert_int_eq(strstr(audit, "No such file or directory") != NULL, _i);
	run_free(&r);
	unlink(path);
	ck_assert_int_eq(rmdir(dir), 0);
	situation_drop(&s);
}
END_TEST

static bool group_make(const char *group, const char *test, const char *why)
{
	if (!mkdir(group, 0700))
		return true;
	harness_skip(test, why);
	return false;
}

static void group_remove(const char *group)
{
	for (int i = 0; i < 1000 && rmdir(group); i++)
		usleep(1000);
}

static int suite_run(void)
{
	bool freezer = group_make(FREEZER, "frozen_is_stuck", "no v1 freezer that we may divide");
	bool unified = group_make(GROUP, "a_group_with_a_stranger",
				  "no v2 hierarchy beside v1 that we may divide");
	int status;

	Suite *suite = suite_create("live_reap");
	TCase *t = tcase_create("reap");

	suite_add_tcase(suite, t);
	tcase_set_timeout(t, TEST_LIMIT_S);
	for (int i = 0; i < TREES_N; i++) {
		TCase *one = tcase_create(trees[i].kind);

		if (!strcmp(trees[i].kind, "reap-thousand") && !possible(trees[i].kind, trees[i].kind))
			continue;
		if (geteuid() && !strcmp(trees[i].kind, "reap-other-user")) {
			harness_skip(trees[i].kind, "only root can become another user");
			continue;
		}
		tcase_set_timeout(one, TEST_LIMIT_S);
		tcase_add_loop_test(one, tree, i, i + 1);
		suite_add_tcase(suite, one);
	}
	tcase_add_loop_test(t, zombie_parents, 0, DEAD_N);
	tcase_add_test(t, the_target_only_when_asked);
	tcase_add_loop_test(t, innocents_stay, 0, 5);
	tcase_add_loop_test(t, no_audit_no_signal, 0, 3);
	tcase_add_test(t, interrupted_in_the_grace_period);
	if (freezer)
		tcase_add_test(t, frozen_is_stuck);
	if (unified)
		tcase_add_loop_test(t, a_group_with_a_stranger, 0, 2);
	t = tcase_create("killed");
	suite_add_tcase(suite, t);
	tcase_set_timeout(t, TEST_LIMIT_S);
	tcase_add_loop_test(t, killed_half_way, 0, KILL_PARTS);
	t = tcase_create("together");
	suite_add_tcase(suite, t);
	tcase_set_timeout(t, TEST_LIMIT_S);
	tcase_add_loop_test(t, many_at_once, 0, TOGETHER_KINDS_N);
	t = tcase_create("escaped");
	suite_add_tcase(suite, t);
	tcase_set_timeout(t, TEST_LIMIT_S);
	tcase_add_test(t, escaped_without_environment);
	t = tcase_create("sockets");
	suite_add_tcase(suite, t);
	tcase_set_timeout(t, TEST_LIMIT_S);
	tcase_add_test(t, closes_sockets);
	tcase_add_test(t, leaves_shared_sockets);
	status = harness_main(suite);
	if (freezer)
		group_remove(FREEZER);
	if (unified)
		group_remove(GROUP);
	return status;
}

int main(void)
{
	return namespace_run(suite_run);
}
