/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starts mkleak and the real program.  Nobody is told what a dead child left running, so
 * each scan has a keeper above it that is a subreaper: what outlives the scan lands
 * there.
 */
#include "live.h"
#include "harness.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SCAN_LIMIT_S = 120, LINGER_MS = 60000, NO_EXEC = 126 };

/* What the keeper has seen, in memory that it shares with the test. */
struct kept {
	int status, left;
	double seconds;
};

double now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A program beside this one; both live in the build directory.  No ck_assert here: Check
 * allows none outside of its tests, and possible() is. */
static const char *beside(char path[static PATH_MAX], const char *name)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	if (n <= 0 || snprintf(path, PATH_MAX, "%s/%s", dirname(self), name) >= PATH_MAX)
		abort();
	return path;
}

const char *leakscan_path(void)
{
	static char path[PATH_MAX];
	const char *named = getenv("LEAKSCAN");

	return named ? named : beside(path, "../leakscan");
}

static int become(uid_t uid)
{
	return setgroups(0, NULL) || setgid(uid) || setuid(uid);
}

static bool line_take(struct situation *s, const char *line)
{
	struct made m;
	int fd;

	if (!strcmp(line, "ready\n"))
		return false;
	if (!strncmp(line, "skip ", 5))
		snprintf(s->skipped, sizeof(s->skipped), "%.*s",
			 (int)strcspn(line + 5, "\n"), line + 5);
	else if (sscanf(line, "fact port %llu", &s->port) == 1)
		return true;
	else if (sscanf(line, "fact fd %d", &fd) == 1 && s->fd_n < FDS_MAX)
		s->fds[s->fd_n++] = fd;
	else if (sscanf(line, "%15s %d %lld", m.role, &m.pid, &m.start) == 3 &&
		 s->made_n < MADE_MAX)
		s->made[s->made_n++] = m;
	return true;
}

void situation_start(struct situation *s, const char *kind)
{
	situation_start_as(s, kind, 0);
}

void situation_start_as(struct situation *s, const char *kind, uid_t uid)
{
	char path[PATH_MAX], line[256];
	int in[2], out[2];
	bool ready = false;
	FILE *f;

	*s = (struct situation){ .pid = -1 };
	beside(path, "mkleak");
	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (!s->pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		if (uid && become(uid))
			_exit(NO_EXEC);
		execl(path, "mkleak", kind, NULL);
		_exit(NO_EXEC);
	}
	close(in[0]);
	close(out[1]);
	s->in = in[1];
	s->out = out[0];
	f = fdopen(dup(s->out), "r");
	ck_assert_ptr_nonnull(f);
	while (!ready && fgets(line, sizeof(line), f))
		ready = !line_take(s, line);
	fclose(f);
	if (s->skipped[0]) {
		close(s->in);
		close(s->out);
		waitpid(s->pid, NULL, 0);
		return;
	}
	ck_assert_msg(ready, "mkleak %s did not get ready", kind);
}

void situation_end(struct situation *s)
{
	int status;

	close(s->in);
	ck_assert_int_eq(waitpid(s->pid, &status, 0), s->pid);
	close(s->out);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		      "mkleak ended with wait status %d", status);
}

size_t situation_count(const struct situation *s, const char *role)
{
	size_t n = 0;

	for (size_t i = 0; i < s->made_n; i++)
		n += !strcmp(s->made[i].role, role);
	return n;
}

const struct made *situation_made(const struct situation *s, const char *role, size_t n)
{
	for (size_t i = 0; i < s->made_n; i++)
		if (!strcmp(s->made[i].role, role) && n-- == 0)
			return &s->made[i];
	ck_abort_msg("mkleak named no %s", role);
}

bool situation_has(const struct situation *s, const char *role, pid_t pid)
{
	for (size_t i = 0; i < s->made_n; i++)
		if (s->made[i].pid == pid && !strcmp(s->made[i].role, role))
			return true;
	return false;
}

static int hidepid_mount(void)
{
	return unshare(CLONE_NEWNS) ||
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		mount("proc", "/proc", "proc", 0, "hidepid=2");
}

static _Noreturn void program_exec(const struct scan_how *how, const char *const *args,
				   int out, int err)
{
	const char *argv[24] = { "leakscan", "--json", "--min-age", "0s" };
	int n = how->bare ? 1 : how->min_age ? 2 : 4, null = open("/dev/null", O_RDONLY);

	while (*args && n < 23)
		argv[n++] = *args++;
	argv[n] = NULL;
	if (how->hidepid && hidepid_mount())
		_exit(NO_EXEC);
	if (how->out)
		out = open(how->out, O_WRONLY | O_CLOEXEC);
	dup2(null, 0);
	dup2(out, 1);
	dup2(err, 2);
	if (how->out_closed)
		close(1);
	if (how->uid && become(how->uid))
		_exit(NO_EXEC);
	execv(leakscan_path(), (char *const *)argv);
	_exit(NO_EXEC);
}

/* Waits for the program, then until nothing that it started is left. */
static _Noreturn void keeper_run(const struct scan_how *how, const char *const *args,
				 int out, int err, struct kept *kept)
{
	double begun = now_seconds();
	int status = 0;
	pid_t program, got;

	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	program = fork();
	if (!program) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		program_exec(how, args, out, err);
	}
	while ((got = waitpid(program, &status, WNOHANG)) == 0 &&
	       now_seconds() - begun < SCAN_LIMIT_S)
		usleep(1000);
	kept->seconds = now_seconds() - begun;
	if (got == 0) {
		kill(program, SIGKILL);
		waitpid(program, &status, 0);
	}
	kept->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	for (int ms = 0; ms < LINGER_MS; ms++) {
		while ((got = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (got < 0)
			_exit(0);
		usleep(1000);
	}
	kept->left = 1;
	_exit(0);
}

/* What was written into a memfd, as a string. */
static char *text_take(int fd)
{
	struct stat st;
	char *text;

	ck_assert_int_eq(fstat(fd, &st), 0);
	text = calloc(1, (size_t)st.st_size + 1);
	ck_assert_ptr_nonnull(text);
	ck_assert_int_eq(pread(fd, text, (size_t)st.st_size, 0), st.st_size);
	close(fd);
	return text;
}

void scan_run(struct scan *r, const struct scan_how *how, const char *const *args)
{
	static const struct scan_how plain;
	int out = memfd_create("out", MFD_CLOEXEC),
	    err = memfd_create("err", MFD_CLOEXEC);
	struct kept *kept = mmap(NULL, sizeof(*kept), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t keeper;

	ck_assert(out >= 0 && err >= 0 && kept != MAP_FAILED);
	how = how ? how : &plain;
	kept->status = -1;
	keeper = fork();
	ck_assert_int_ge(keeper, 0);
	if (!keeper)
		keeper_run(how, args, out, err, kept);
	if (how->meanwhile)
		how->meanwhile(how->arg);
	ck_assert_int_eq(waitpid(keeper, NULL, 0), keeper);
	*r = (struct scan){
		.status = kept->status,
		.left = kept->left,
		.seconds = kept->seconds,
	};
	munmap(kept, sizeof(*kept));
	r->out = text_take(out);
	r->err = text_take(err);
	r->report = json_loads(r->out, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(r->status != NO_EXEC, "cannot run %s", leakscan_path());
	ck_assert_msg(!r->left, "something that the scan started outlived it");
}

void scan_pid(struct scan *r, const struct scan_how *how, pid_t pid)
{
	char text[16];
	const char *args[] = { "--pid", text, NULL };

	snprintf(text, sizeof(text), "%d", pid);
	scan_run(r, how, args);
}

void scan_free(struct scan *r)
{
	json_decref(r->report);
	free(r->out);
	free(r->err);
}

const char *words_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

json_t *finding_of(const struct scan *r, const char *kind, pid_t pid)
{
	size_t i;
	json_t *f, *subject;

	json_array_foreach(json_object_get(r->report, "findings"), i, f)
	{
		subject = json_object_get(f, "subject");
		if (!strcmp(words_of(f, "kind"), kind) &&
		    json_integer_value(json_object_get(subject, "pid")) == pid)
			return f;
	}
	return NULL;
}

bool finding_is_leak(json_t *finding)
{
	return strcmp(words_of(finding, "severity"), "info") != 0;
}

bool finding_has_fd(json_t *finding, int fd)
{
	json_t *one = json_object_get(finding, "fd"), *each;
	size_t i;

	if (json_is_integer(one) && json_integer_value(one) == fd)
		return true;
	json_array_foreach(json_object_get(finding, "fds"), i, each)
	{
		if (json_integer_value(each) == fd)
			return true;
	}
	return false;
}

size_t leaks_count(const struct scan *r)
{
	size_t i, n = 0;
	json_t *f;

	json_array_foreach(json_object_get(r->report, "findings"), i, f) n +=
		finding_is_leak(f);
	return n;
}

bool evidence_has(json_t *finding, const char *type)
{
	size_t i;
	json_t *e;

	json_array_foreach(json_object_get(finding, "evidence"), i,
			   e) if (!strcmp(words_of(e, "type"), type)) return true;
	return false;
}

/* The status says what the report says, and the report is of this target. */
void report_check(const struct scan *r, const struct made *target, bool alive)
{
	json_t *t = json_object_get(r->report, "target");

	ck_assert_msg(r->report != NULL, "no JSON; stderr: %s", r->err);
	ck_assert_str_eq(words_of(r->report, "schema"), "leakscan.report/1");
	ck_assert_int_eq(json_integer_value(json_object_get(t, "pid")), target->pid);
	ck_assert_int_eq(json_is_true(json_object_get(t, "alive")), alive);
	if (alive)
		ck_assert_int_eq(json_integer_value(json_object_get(t, "start")),
				 target->start);
	ck_assert_msg(r->status == (leaks_count(r) ? 1 : 0), "status %d: %s%s", r->status,
		      r->out, r->err);
}

void scan_kind(struct situation *s, struct scan *r, const char *kind)
{
	situation_start(s, kind);
	scan_pid(r, NULL, situation_made(s, "target", 0)->pid);
	ck_assert_msg(r->report != NULL, "no JSON; stderr: %s", r->err);
}

json_t *orphan_finding(const struct situation *s, const struct scan *r)
{
	json_t *f = finding_of(r, "orphan", situation_made(s, "orphan", 0)->pid);

	ck_assert_msg(f != NULL, "the orphan is not found: %s", r->out);
	return f;
}

bool nobody_possible(const char *test)
{
	const char *why = geteuid() ? "only root can become nobody" : NULL;
	char path[PATH_MAX];
	int status;
	pid_t pid;

	beside(path, "mkleak");
	pid = why ? 0 : fork();
	if (!why && !pid)
		_exit(become(NOBODY) || access(leakscan_path(), X_OK) ||
		      access(path, X_OK));
	if (!why && (waitpid(pid, &status, 0) != pid || status))
		why = "nobody cannot reach the program in this directory";
	if (why)
		harness_skip(test, why);
	return !why;
}

bool possible(const char *test, const char *kind)
{
	char path[PATH_MAX], command[PATH_MAX + 64], line[256];
	bool can = true;
	FILE *f;

	/* with nothing to read, mkleak ends as soon as all stands */
	snprintf(command, sizeof(command), "'%s' %s </dev/null", beside(path, "mkleak"),
		 kind);
	f = popen(command, "re");
	if (!f)
		abort();
	while (fgets(line, sizeof(line), f)) {
		if (strncmp(line, "skip ", 5))
			continue;
		can = false;
		line[strcspn(line, "\n")] = '\0';
		harness_skip(test, line + 5);
	}
	pclose(f);
	return can;
}

static int init_run(int (*run)(void))
{
	pid_t runner, got;
	int status, value = 1;

	/* in a chroot / is no mount, but /proc is one */
	if ((mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	     mount(NULL, "/proc", NULL, MS_REC | MS_PRIVATE, NULL)) ||
	    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL)) {
		printf("Bail out! no /proc for the namespace: %s\n", strerror(errno));
		return 99;
	}
	runner = fork();
	if (!runner)
		exit(run());
	/* as an init does: orphans that end must not stay as zombies */
	while ((got = waitpid(-1, &status, 0)) > 0 || errno == EINTR)
		if (got == runner) {
			value = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
			break;
		}
	return value;
}

int namespace_run(int (*run)(void))
{
	int status;
	pid_t init;

	/* Check ends a test with status 2 and no word when its message is longer than 4 KiB,
	 * as the report that says what was wrong mostly is.  Each assertion takes that much
	 * memory, so only here, where they are few. */
	setenv("CK_MAX_MSG_SIZE", "1000000", 0);
	if (geteuid() != 0 || unshare(CLONE_NEWPID | CLONE_NEWNS) != 0)
		return run();
	fflush(stdout);
	init = fork();
	if (!init) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		exit(init_run(run));
	}
	if (init < 0 || waitpid(init, &status, 0) != init)
		return 99;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
