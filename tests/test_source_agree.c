/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sources agree: a population of all kinds that stands still is looked at through both,
 * from within its pid namespace and from outside, and every field that a record can hold is
 * compared by its name.  A record is all that detectors may know, so a field that is added
 * to it is compared without a word here.
 */
#include "harness.h"
#include "many_kinds.h"
#include "record_diff.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "source/live.h"

enum { TEST_LIMIT_S = 600, STILL_LIMIT_S = 120 };

/* The last word of the looker within: it came to its end. */
#define FOUND_NOTHING "all looked at\n"
#define ALL_FACTS ((UINT32_C(1) << FACT_N) - 1)

/* --- looking --- */

static bool is_below(const struct snapshot *s, const struct process *p, pid_t top)
{
	while (p && p->id.pid != top)
		p = snapshot_parent(s, p);
	return p;
}

/* Only top and what is below, and never the one who looks. */
static void keep_below(struct snapshot *s, pid_t top)
{
	bool *keep = calloc(s->process_n + 1, sizeof(*keep));
	size_t n = 0;

	diff_check(keep, "memory");
	for (size_t i = 0; i < s->process_n; i++)
		keep[i] = is_below(s, &s->processes[i], top) && s->processes[i].id.pid != s->self;
	for (size_t i = 0; i < s->process_n; i++)
		if (keep[i])
			s->processes[n++] = s->processes[i];
	s->process_n = n;
	free(keep);
}

/* All that can be asked of its kind. */
static unsigned asks_of(const struct descriptor *d)
{
	return ASK_FDINFO | (d->kind == FD_PIPE ? ASK_QUEUE : d->kind == FD_ANON ? ASK_WATCHES :
			     d->deleted ? ASK_SIZE : 0);
}

static void ask_descriptors(struct snapshot *s)
{
	struct fd_question *questions;
	size_t n = 0, room = 0;

	for (size_t i = 0; i < s->process_n; i++)
		room += s->processes[i].fd_n;
	questions = calloc(room + 1, sizeof(*questions));
	diff_check(questions, "memory");
	for (size_t i = 0; i < s->process_n; i++)
		for (size_t j = 0; j < s->processes[i].fd_n; j++)
			questions[n++] = (struct fd_question){
				&s->processes[i], s->processes[i].fds[j].fd,
				asks_of(&s->processes[i].fds[j]) };
	live_descriptors(s, questions, n);
	free(questions);
}

static struct lines look(enum live_source source, pid_t top, bool inside, FILE *out)
{
	struct snapshot *s;
	struct lines l = { .n = 0 };
	int err = live_walk(source, &s);

	if (err) {
		fprintf(out, "no look: %s\n", source == LIVE_BPF ? live_bpf_missing(err) : strerror(-err));
		return l;
	}
	live_machine(s, ALL_FACTS);
	keep_below(s, top);
	ask_descriptors(s);
	/* those of the whole network namespace: only one of our own stands still */
	s->socket_n = 0;
	if (inside)
		live_sockets(s, ~0U);
	/* the machine around it is not still, either */
	s->coverage.threads_kernel = -1;
	if (!s->coverage.stalled && !s->coverage.walk_cut)
		l = lines_of(s);
	snapshot_free(s);
	return l;
}

static bool time_is_up(const struct timespec *since)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - since->tv_sec > STILL_LIMIT_S;
}

/* Through /proc before and after: only when these two agree did it stand still between. */
static void agree(pid_t top, bool inside, FILE *out)
{
	struct timespec begun;
	bool still = false;

	clock_gettime(CLOCK_MONOTONIC, &begun);
	while (!still) {
		struct lines before = look(LIVE_PROCFS, top, inside, out);
		struct lines ours = look(LIVE_BPF, top, inside, out);
		struct lines after = look(LIVE_PROCFS, top, inside, out);
		struct differences none = { .out = fopen("/dev/null", "w"), .a = "before", .b = "after" };
		struct differences d = { .out = out, .a = "procfs", .b = "bpf" };

		still = before.n && ours.n && after.n && !lines_compare(&before, &after, &none);
		fclose(none.out);
		if (!still && time_is_up(&begun)) {
			none = (struct differences){ .out = out, .a = "before", .b = "after" };
			fputs("the population does not stand still\n", out);
			lines_compare(&before, &after, &none);
			still = true;
		} else if (still) {
			lines_compare(&before, &ours, &d);
			if (before.n < 300)
				fprintf(out, "hardly anything was there: %zu lines\n", before.n);
		}
		lines_free(&before);
		lines_free(&ours);
		lines_free(&after);
	}
}

/* --- the population and its namespaces --- */

struct world {
	pid_t init;
	int life;			/* closing it ends them */
	int news;			/* what the one within found, then end of file */
	char dir[64], cgroup[128];
};

static void loopback_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd >= 0) {
		ioctl(fd, SIOCSIFFLAGS, &lo);
		close(fd);
	}
}

static _Noreturn void init_run(const struct world *w, int life, int news)
{
	char byte;
	pid_t looker;
	FILE *out;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	loopback_up();
	many_must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount /");
	many_must(mount("proc", "/proc", "proc", 0, NULL), "mount /proc");
	fcntl(life, F_SETFD, FD_CLOEXEC);
	many_kinds_make(w->dir, *w->cgroup ? w->cgroup : NULL);
	looker = many_must(fork(), "fork");
	if (!looker) {
		out = fdopen(news, "w");
		agree(1, true, out);
		fputs(FOUND_NOTHING, out);
		fclose(out);
		_exit(0);
	}
	close(news);
	waitpid(looker, NULL, 0);
	/* now for the one outside */
	if (read(life, &byte, 1) < 0)
		_exit(1);
	_exit(0);
}

static void make_cgroup(struct world *w)
{
	static const char *const places[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/cgroup.procs", places[i]);
		if (access(path, W_OK))
			continue;
		snprintf(w->cgroup, sizeof(w->cgroup), "%s/leakscan agree %d", places[i], getpid());
		if (!mkdir(w->cgroup, 0755))
			return;
		w->cgroup[0] = '\0';
	}
}

static void world_begin(struct world *w)
{
	int life[2], news[2];

	*w = (struct world){ .dir = "/tmp/leakscan-agree-XXXXXX" };
	ck_assert_ptr_nonnull(mkdtemp(w->dir));
	ck_assert_int_eq(chmod(w->dir, 0755), 0);
	make_cgroup(w);
	ck_assert_int_eq(pipe2(life, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(news, O_CLOEXEC), 0);
	w->init = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
				 SIGCHLD, NULL, NULL, NULL, NULL);
	ck_assert_int_ge(w->init, 0);
	if (!w->init) {
		close(life[1]);
		close(news[0]);
		init_run(w, life[0], news[1]);
	}
	close(life[0]);
	close(news[1]);
	w->life = life[1];
	w->news = news[0];
}

static void world_end(struct world *w)
{
	char command[128];

	close(w->life);
	close(w->news);
	waitpid(w->init, NULL, 0);
	snprintf(command, sizeof(command), "rm -rf %s", w->dir);
	ck_assert_int_eq(system(command), 0);
	/* those that were in it are dead, but not at once out of it */
	while (*w->cgroup && rmdir(w->cgroup) && errno == EBUSY)
		usleep(1000);
}

/* All that the looker within wrote, in memory of the caller. */
static char *news_of(const struct world *w)
{
	char *text, buf[4096];
	size_t size;
	FILE *all = open_memstream(&text, &size);
	ssize_t n;

	while ((n = read(w->news, buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, all);
	fclose(all);
	return text;
}

START_TEST(both_see_the_same)
{
	struct world w;
	char *within, *outside;
	size_t size;
	FILE *out = open_memstream(&outside, &size);

	world_begin(&w);
	within = news_of(&w);
	agree(w.init, false, out);
	fclose(out);
	world_end(&w);
	ck_assert_msg(!strcmp(within, FOUND_NOTHING) && !*outside, "from within:\n%s\nfrom outside:\n%s", within, outside);
	free(within);
	free(outside);
}
END_TEST

int main(void)
{
	static const char name[] = "both sources see the same";
	struct snapshot *s;
	Suite *suite = NULL;
	TCase *tc;
	int err;

	setenv("CK_MAX_MSG_SIZE", "1000000", 0);
	err = live_walk(LIVE_BPF, &s);
	if (geteuid() || err) {
		harness_skip(name, geteuid() ? "only root can make namespaces" : live_bpf_missing(err));
	} else {
		snapshot_free(s);
		suite = suite_create("source agree");
		tc = tcase_create("agree");
		tcase_set_timeout(tc, TEST_LIMIT_S);
		tcase_add_test(tc, both_see_the_same);
		suite_add_tcase(suite, tc);
	}
	return harness_main(suite);
}
