/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sources agree: a population of all kinds that stands still is looked at through both,
 * from within its pid namespace and from outside, and every field that a record can hold is
 * compared by its name.  A record is all that detectors may know, so a field that is added
 * to it is compared without a word here.
 */
#include "harness.h"
#include "many_kinds.h"

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
#include "source/record.h"

enum { TEST_LIMIT_S = 600, STILL_LIMIT_S = 120, KEYS_MOST = 80, DIFFERENCES_MOST = 60 };

/* The last word of the looker within: it came to its end. */
#define FOUND_NOTHING "all looked at\n"
#define ALL_FACTS ((UINT32_C(1) << FACT_N) - 1)
#define ALL_ASKS (ASK_FDINFO | ASK_WATCHES | ASK_SIZE | ASK_QUEUE)

/* What is not compared, and why. */
static const struct { const char *line, *key, *why; } moving[] = {
	{ "machine", "now", "the time of the look" },
	{ "machine", "sched_now", "the time of the look" },
	{ "machine", "wall", "the time of the look" },
	{ "machine", "took", "how long it took" },
	{ "machine", "source", "who told" },
	{ "machine", "passes", "over /proc; a list of the kernel is read once" },
	{ "machine", "vanished", "between the listing of /proc and the read" },
	{ "process", "at", "the time of the look" },
	{ "socket", "idle", "the time since the last segment" },
};

/* --- a look, as lines of a record --- */

struct line {
	char *text;			/* "process", and behind it words */
	char *identity;			/* "process pid=4711" */
	char *words[KEYS_MOST];		/* "key=value" */
	size_t word_n;
};

struct lines {
	struct line *list;
	size_t n;
	char *bytes;
};

static void check(bool fine, const char *what)
{
	if (fine)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	abort();
}

/* How many of its words name what a line is about. */
static size_t identity_words(const char *line)
{
	static const struct { const char *line; size_t n; } words[] = {
		{ "machine", 0 }, { "process", 1 }, { "fd", 2 }, { "task", 2 }, { "environ", 1 },
		{ "socket", 1 }, { "same", 2 }, { "pidfile", 2 }, { "series", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(line, words[i].line))
			return words[i].n;
	return 0;
}

static void parse(struct line *l, char *text)
{
	char *rest = text, *word;
	size_t n;

	l->text = strsep(&rest, " ");
	while ((word = strsep(&rest, " ")) && l->word_n < KEYS_MOST)
		if (strchr(word, '='))
			l->words[l->word_n++] = word;
	n = identity_words(l->text);
	check(asprintf(&l->identity, "%s%s%s%s%s", l->text, n ? " " : "", n ? l->words[0] : "",
		       n > 1 ? " " : "", n > 1 ? l->words[1] : "") > 0, "asprintf");
}

static struct lines lines_of(const struct snapshot *s)
{
	struct lines all = { .n = 0 };
	char *rest, *text;
	size_t size, room = 0;
	FILE *out = open_memstream(&all.bytes, &size);

	check(out && !record_write(s, out) && !fclose(out), "record_write");
	rest = all.bytes;
	while ((text = strsep(&rest, "\n")) && *text) {
		if (all.n == room) {
			room = room ? room * 2 : 1024;
			all.list = reallocarray(all.list, room, sizeof(*all.list));
			check(all.list, "memory");
		}
		all.list[all.n] = (struct line){ .word_n = 0 };
		parse(&all.list[all.n++], text);
	}
	return all;
}

static void lines_free(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->list[i].identity);
	free(l->list);
	free(l->bytes);
}

/* --- comparing --- */

static bool moves(const char *line, const char *key, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(moving); i++)
		if (!strcmp(line, moving[i].line) && strlen(moving[i].key) == n &&
		    !strncmp(key, moving[i].key, n))
			return true;
	return false;
}

static const char *value_of(const struct line *l, const char *key, size_t n)
{
	for (size_t i = 0; i < l->word_n; i++)
		if (!strncmp(l->words[i], key, n) && l->words[i][n] == '=')
			return l->words[i] + n + 1;
	return "(nothing)";
}

static bool same_value(const char *key, size_t n, const char *a, const char *b)
{
	long long cpu_a, cpu_b;

	if (!strcmp(a, b))
		return true;
	/* a tick may be counted when a process is looked at, though it only sleeps */
	if (n != 3 || strncmp(key, "cpu", 3))
		return false;
	cpu_a = strtoll(a, NULL, 10);
	cpu_b = strtoll(b, NULL, 10);
	return llabs(cpu_a - cpu_b) <= 1;
}

struct differences {
	FILE *out;
	size_t n;
	const char *a, *b;		/* who said it */
};

static void tell(struct differences *d, const struct line *l, const char *key, size_t n,
		 const char *a, const char *b)
{
	if (d->n++ < DIFFERENCES_MOST)
		fprintf(d->out, "%s: %.*s: %.200s (%s), %.200s (%s)\n", l->identity, (int)n, key,
			a, d->a, b, d->b);
}

/* The keys of a, and with both those that only b has. */
static void compare_words(struct differences *d, const struct line *a, const struct line *b)
{
	for (size_t i = 0; i < a->word_n; i++) {
		size_t n = strcspn(a->words[i], "=");
		const char *other = value_of(b, a->words[i], n);

		if (!moves(a->text, a->words[i], n) &&
		    !same_value(a->words[i], n, a->words[i] + n + 1, other))
			tell(d, a, a->words[i], n, a->words[i] + n + 1, other);
	}
	for (size_t i = 0; i < b->word_n; i++) {
		size_t n = strcspn(b->words[i], "=");

		if (!moves(b->text, b->words[i], n) && *value_of(a, b->words[i], n) == '(' &&
		    !strcmp(value_of(a, b->words[i], n), "(nothing)"))
			tell(d, b, b->words[i], n, "(nothing)", b->words[i] + n + 1);
	}
}

/* Lines keep to an order, so what is looked for is near. */
static const struct line *find(const struct lines *l, const char *identity, size_t *near)
{
	for (size_t i = 0; i < l->n; i++) {
		size_t at = (*near + i) % l->n;

		if (!strcmp(l->list[at].identity, identity)) {
			*near = at + 1;
			return &l->list[at];
		}
	}
	return NULL;
}

static size_t compare(const struct lines *a, const struct lines *b, struct differences *d)
{
	size_t near = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct line *other = find(b, a->list[i].identity, &near);

		if (other)
			compare_words(d, &a->list[i], other);
		else
			tell(d, &a->list[i], "line", 4, "there", "missing");
	}
	near = 0;
	for (size_t i = 0; i < b->n; i++)
		if (!find(a, b->list[i].identity, &near))
			tell(d, &b->list[i], "line", 4, "missing", "there");
	return d->n;
}

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

	check(keep, "memory");
	for (size_t i = 0; i < s->process_n; i++)
		keep[i] = is_below(s, &s->processes[i], top) && s->processes[i].id.pid != s->self;
	for (size_t i = 0; i < s->process_n; i++)
		if (keep[i])
			s->processes[n++] = s->processes[i];
	s->process_n = n;
	free(keep);
}

static void ask_descriptors(struct snapshot *s)
{
	struct fd_question *questions;
	size_t n = 0, room = 0;

	for (size_t i = 0; i < s->process_n; i++)
		room += s->processes[i].fd_n;
	questions = calloc(room + 1, sizeof(*questions));
	check(questions, "memory");
	for (size_t i = 0; i < s->process_n; i++)
		for (size_t j = 0; j < s->processes[i].fd_n; j++)
			questions[n++] = (struct fd_question){ &s->processes[i],
							       s->processes[i].fds[j].fd, ALL_ASKS };
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

		still = before.n && after.n && !compare(&before, &after, &none);
		fclose(none.out);
		if (!still && time_is_up(&begun)) {
			none = (struct differences){ .out = out, .a = "before", .b = "after" };
			fputs("the population does not stand still\n", out);
			compare(&before, &after, &none);
			still = true;
		} else if (still) {
			compare(&before, &ours, &d);
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
