/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan check.  Engines run it often, read its first line and its status, and kill it
 * when it takes too long, which says nothing to anybody: so it ends itself, and says so.
 */
#include "cmd/check.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/escape.h"
#include "cmd/check_past.h"
#include "view/nagios.h"

/* For the handler alone, which can be given nothing; written before it is set. */
static char last_words[96];

static void time_is_up(int signal_number)
{
	(void)signal_number;
	if (write(STDOUT_FILENO, last_words, strlen(last_words)) < 0)
		_exit(CHECK_UNKNOWN);
	_exit(CHECK_UNKNOWN);
}

static void arm(uint64_t ns)
{
	struct itimerval when = { .it_value = { .tv_sec = (time_t)(ns / 1000000000),
						.tv_usec = (suseconds_t)(ns % 1000000000 / 1000) } };
	struct sigaction up = { .sa_handler = time_is_up };
	sigset_t mask;
	char age[32];

	if (!when.it_value.tv_sec && !when.it_value.tv_usec)
		when.it_value.tv_usec = 1;
	snprintf(last_words, sizeof(last_words), NAGIOS_NAME " UNKNOWN: timed out after %s\n",
		 text_age(ns, age, sizeof(age)));
	sigaction(SIGALRM, &up, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	setitimer(ITIMER_REAL, &when, NULL);
}

/* What is being printed must not be mixed with last words; a reader that does not read is
 * still no reason to stay for ever. */
static void disarm(void)
{
	signal(SIGALRM, SIG_DFL);
}

static void add(int64_t *sum, int64_t value)
{
	if (value >= 0)
		*sum = *sum < 0 ? value : *sum + value;
}

static struct figures sum_of(const struct verdicts *v)
{
	struct figures sum = { -1, -1, -1, -1, -1, -1 };

	for (size_t i = 0; i < v->n; i++) {
		struct figures one = memory_figures(v->list[i]);

		add(&sum.processes, one.processes);
		add(&sum.fds, one.fds);
		add(&sum.children, one.children);
	}
	return sum;
}

static int print(const struct check_options *o, const struct past *p, const struct verdicts *v,
		 const struct check *c)
{
	struct nagios_view view = {
		.check = c, .rule = &o->rule, .snapshot = v->snapshot,
		.reports = (const struct report *const *)v->list, .n = v->n,
		.verbose = o->verbose,
		.notes = p->notes, .note_n = p->note_n,
		.remarks = p->remarks, .remark_n = p->remark_n,
	};

	disarm();
	return view_nagios(&view, stdout) ? CHECK_UNKNOWN : c->state;
}

/* As much as the first line takes, and, where that is not all, all of it below. */
static void print_unknown(const char *words)
{
	size_t most = NAGIOS_LINE_MOST - strlen(NAGIOS_NAME " UNKNOWN: ");

	printf(NAGIOS_NAME " UNKNOWN: %.*s\n", (int)most, words);
	if (strlen(words) > most)
		puts(words);
}

static int unknown(const char *why)
{
	struct arena *a = arena_new(0);

	disarm();
	print_unknown(escape_text(a, SINK_NAGIOS, why));
	arena_free(a);
	return CHECK_UNKNOWN;
}

static int check(struct check_options *o, struct past *p)
{
	const struct report *const *reports;
	char why[256] = "";
	struct verdicts v;
	struct check c;
	int status;

	o->q.around = true;
	if (judge(&o->q, &v, why, sizeof(why)))
		return unknown(why);
	reports = (const struct report *const *)v.list;
	past_apply(p, &v);
	check_judge(&o->rule, v.snapshot, reports, v.n, v.snapshot->arena, &c);
	if (!past_keep(p, o, &v, &c))
		check_judge(&o->rule, v.snapshot, reports, v.n, v.snapshot->arena, &c);
	c.figures = sum_of(&v);
	status = print(o, p, &v, &c);
	verdicts_free(&v);
	return status;
}

/* Engines show the first line of stdout, and drop stderr or store it as if it were ours. */
static void tell_complaint(int fd)
{
	char text[512];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	size_t who = strlen(CHECK_WHO ": ");
	const char *words = text;

	if (n <= 0)
		return;
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	/* what somebody typed must not begin performance data */
	for (char *p = text; *p; p++)
		*p = *p == '|' ? '?' : *p;
	if (!strncmp(text, CHECK_WHO ": ", who))
		words += who;
	print_unknown(words);
}

static int read_options(struct check_options *o, int argc, char **argv)
{
	int fd = memfd_create("complaints", MFD_CLOEXEC);
	int status;

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0)
		return CHECK_UNKNOWN;
	status = check_options_read(o, argc, argv);
	if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		status = CHECK_UNKNOWN;
	tell_complaint(fd);
	close(fd);
	return status;
}

int check_main(int argc, char **argv)
{
	struct check_options *o = calloc(1, sizeof(*o));
	struct past p;
	int status;

	if (!o)
		return CHECK_UNKNOWN;
	status = read_options(o, argc, argv);
	if (status < 0) {
		arm(o->timeout_ns);
		past_open(&p, o, argc, argv);
		status = check(o, &p);
		past_close(&p);
	}
	free(o);
	return status;
}
