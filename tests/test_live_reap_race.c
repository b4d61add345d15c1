/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real reap where it is disturbed: killed at any moment, many at once; and what it does
 * to a port, and to one that escaped.
 */
#include "harness.h"
#include "live_reap.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TEST_LIMIT_S = 120, KILL_ROUNDS = 8, KILL_PARTS = 4, TOGETHER_N = 10 };

static const char *const act[] = { "--yes", "--grace", "400ms", "--max", "2000", NULL };

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

/* Not reap-storm-4: when only the lanes of a storm are left, each of a few milliseconds, the
 * next run sees nobody at both of its looks (CAVEATS in the manual). */
static const char *const killed_kinds[] = {
	"orphan-tree", "reap-term-ignored", "reap-respawn", "reap-many",
};

/* One run that is killed at its moment; those after the first all at once. */
struct attempt {
	struct situation s;
	char path[64];
	double when;		/* seconds after its start; < 0: not at all */
	pid_t program;
	int out, pidfd;
};

static void attempt_start(struct attempt *a, const char *dir, int n)
{
	const char *args[] = { "--yes", "--grace", "200ms", "--max", "2000", "--audit", a->path,
			       NULL };

	snprintf(a->path, sizeof(a->path), "%s/audit%d", dir, n);
	a->program = reap_target(&a->s, args, &a->out);
	a->pidfd = (int)syscall(SYS_pidfd_open, a->program, 0);
	ck_assert_int_ge(a->pidfd, 0);
}

static int by_moment(const void *a, const void *b)
{
	const struct attempt *x = a, *y = b;

	return (x->when > y->when) - (x->when < y->when);
}

/* Seconds that it took, from its start or from being killed. */
static double attempt_end(struct attempt *a)
{
	double begun = now_seconds();
	struct run r;

	close(a->pidfd);
	reap_end(&r, a->program, a->out);
	run_free(&r);
	audit_check(a->path);
	unlink(a->path);
	return now_seconds() - begun;
}

/* What the killed ones have left, the next ones end. */
static void end_the_rest(struct attempt *list, size_t n, unsigned seed)
{
	pid_t programs[KILL_ROUNDS];
	int outs[KILL_ROUNDS];
	struct run r;

	for (size_t i = 0; i < n; i++)
		programs[i] = reap_target(&list[i].s, act, &outs[i]);
	for (size_t i = 0; i < n; i++) {
		size_t left;

		reap_end(&r, programs[i], outs[i]);
		ck_assert_msg(r.status == 0, "seed %u, %.3f s: status %d: %s", seed,
			      list[i].when, r.status, r.out);
		left = count_in_session(situation_made(&list[i].s, "target", 0)->pid, 0);
		ck_assert_msg(!left, "seed %u, %.3f s: %zu left", seed, list[i].when, left);
		ck_assert(alive(situation_made(&list[i].s, "launcher", 0)));
		run_free(&r);
	}
	for (size_t i = 0; i < n; i++)
		situation_drop(&list[i].s);
}

/* Killed at any moment from its start to its end, it leaves nobody stopped, and what is left
 * is ended by the next.  LEAKSCAN_SEED repeats a run. */
START_TEST(killed_half_way)
{
	char dir[] = "/tmp/leakscan-reap-XXXXXX";
	const char *given = getenv("LEAKSCAN_SEED");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
	struct attempt *list = calloc(KILL_ROUNDS, sizeof(*list));
	double whole, begun;

	printf("# %s: LEAKSCAN_SEED=%u\n", killed_kinds[_i], seed);
	fflush(stdout);
	ck_assert_ptr_nonnull(list);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	/* the first is not killed: it tells how long a whole run takes */
	situation_start(&list[0].s, killed_kinds[_i]);
	attempt_start(&list[0], dir, 0);
	whole = attempt_end(&list[0]);
	end_the_rest(list, 1, seed);
	for (int i = 0; i < KILL_ROUNDS; i++)
		list[i].when = whole * rand_r(&seed) / RAND_MAX;
	for (int i = 0; i < KILL_ROUNDS; i++)
		situation_start(&list[i].s, killed_kinds[_i]);
	qsort(list, KILL_ROUNDS, sizeof(*list), by_moment);
	begun = now_seconds();
	/* the last to be killed begins first: each has its moment then */
	for (int i = KILL_ROUNDS - 1; i >= 0; i--) {
		sleep_until(begun + whole - list[i].when);
		attempt_start(&list[i], dir, i);
		list[i].when += now_seconds();
	}
	for (int i = KILL_ROUNDS - 1; i >= 0; i--) {
		sleep_until(list[i].when);
		syscall(SYS_pidfd_send_signal, list[i].pidfd, SIGKILL, NULL, 0);
	}
	for (int i = 0; i < KILL_ROUNDS; i++) {
		attempt_end(&list[i]);
		ck_assert_msg(count_stopped(&list[i].s) == 0, "seed %u: left stopped", seed);
	}
	end_the_rest(list, KILL_ROUNDS, seed);
	free(list);
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
		/* 3: nobody is left for it, but those whom others are ending just now could
		 * not be read to the end */
		ck_assert_msg(r.status == 0 ||
			      (r.status == 3 && json_is_false(json_object_get(r.plan, "complete"))),
			      "status %d: %s", r.status, r.out);
		json_array_foreach(json_object_get(r.plan, "patients"), j, p)
			ck_assert_msg(!strcmp(words_of(p, "fate"), "reaped") ||
				      !strcmp(words_of(p, "fate"), "stale"), "%s", r.out);
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
	ck_assert_str_eq(words_of(patient_of(&r, sleeper.pid), "fate"), "reaped");
	ck_assert(!alive(&sleeper));
	run_free(&r);
	close(err);
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
	ck_assert_str_eq(words_of(patient_of(&r, orphan->pid), "treatment"), "close-sockets");
	run_free(&r);
	ck_assert_int_eq(listen_on(s.port, &fd), EADDRINUSE);
	close(fd);
	ck_assert(connects(s.port));

	reap(&r, &s, close_only);
	ck_assert_msg(r.status == 0, "status %d: %s", r.status, r.out);
	p = patient_of(&r, orphan->pid);
	l = json_array_get(json_object_get(p, "listens"), 0);
	ck_assert_str_eq(words_of(p, "fate"), "shut");
	ck_assert_int_eq(json_integer_value(json_object_get(p, "signals")), 0);
	ck_assert_int_eq(json_integer_value(json_object_get(l, "port")), (json_int_t)s.port);
	ck_assert_str_eq(words_of(l, "result"), "shut");
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
	ck_assert_str_eq(words_of(p, "fate"), "listening");
	ck_assert_str_eq(words_of(l, "result"), "shared");
	ck_assert_int_eq(json_integer_value(json_object_get(l, "shared_with")), target->pid);
	run_free(&r);
	ck_assert(connects(s.port));
	situation_end(&s);
}
END_TEST

static int suite_run(void)
{
	Suite *suite = suite_create("live_reap_race");
	TCase *t;

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
	return harness_main(suite);
}

int main(void)
{
	return namespace_run(suite_run);
}
