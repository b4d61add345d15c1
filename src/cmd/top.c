/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dashboard's loop: keys, news, ticks go into the board, wishes and cells come out.
 * Whatever may take its time (scans, reaping, files) has its own thread, so a key is
 * answered at once.
 */
#include "cmd/top.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/operate.h"
#include "cmd/options.h"
#include "cmd/own_signal.h"
#include "cmd/scan.h"
#include "cmd/top_options.h"
#include "cmd/top_reap.h"
#include "cmd/top_save.h"
#include "cmd/top_scan.h"
#include "reap/ops_live.h"
#include "source/live_clock.h"
#include "tui/curses.h"

#define TICK_NS UINT64_C(250000000)
#define DOUBLE_CLICK_NS UINT64_C(400000000)
#define PATIENTS_MOST 256		/* of one plan */

struct top {
	struct top_options *o;
	struct screen *screen;
	struct board *board;
	struct grid *grid;
	struct scanner *scanner;
	struct sight *latest;		/* or NULL */
	int wake, signals;
	uint64_t ticked_ns;

	struct plan *plan;		/* shown, to be confirmed; or NULL */
	unsigned plan_number;
	pid_t selected[PATIENTS_MOST];
	struct reap_policy policy;	/* of that plan */
	struct reap_job *reaping;
	struct save_job *saving;

	struct screen_input click;	/* the one before */
	uint64_t clicked_ns;

	bool quit;
	int signal;			/* that made us quit; 0 */
	int status;
	char last_words[300];		/* on stderr, when the terminal is given back */
};

/* --- reaping --- */

static const struct report *report_of(const struct verdicts *v, struct process_id id)
{
	for (size_t i = 0; i < v->n; i++) {
		const struct family *f = &v->list[i]->family;

		for (size_t j = 0; j < f->member_n; j++)
			if (process_id_same(f->members[j].process->id, id))
				return v->list[i];
	}
	return NULL;
}

static void make_plan(struct top *t, const struct board_asked *asked)
{
	const struct report *r = t->latest && asked->id_n ?
		report_of(sight_verdicts(t->latest), asked->ids[0]) : NULL;

	if (!r || asked->id_n > PATIENTS_MOST) {
		board_plan(t->board, asked->plan, NULL,
			   r ? "too many at once: 256 at most" : "gone since");
		return;
	}
	t->policy = t->o->policy;
	t->policy.max = PATIENTS_MOST;
	t->policy.selected = t->selected;
	t->policy.selected_n = asked->id_n;
	for (size_t i = 0; i < asked->id_n; i++)
		t->selected[i] = asked->ids[i].pid;
	plan_free(t->plan);
	t->plan = operate_plan(r, &t->policy);
	plans_limit(&t->plan, 1, t->policy.max);
	ops_dry_run(t->plan);
	t->plan_number = asked->plan;
	board_plan(t->board, asked->plan, t->plan, NULL);
}

static void reap(struct top *t, unsigned number)
{
	int err;

	if (!t->plan || number != t->plan_number || t->reaping || t->o->readonly) {
		board_say(t->board, SEV_WARNING, "that plan is no longer there");
		return;
	}
	err = reap_job_start(scanner_question(t->scanner), &t->policy, t->o->audit, t->plan,
			     t->wake, &t->reaping);
	if (err)
		board_say(t->board, SEV_CRITICAL, strerror(-err));
	else
		t->plan = NULL;
}

/* --- what the board wants --- */

static void save(struct top *t)
{
	if (!t->latest || t->saving) {
		board_say(t->board, SEV_WARNING,
			  t->saving ? "still writing" : "nothing has been seen yet");
		return;
	}
	t->saving = save_job_start(t->latest, t->wake);
	if (!t->saving)
		board_say(t->board, SEV_CRITICAL, "cannot start a thread to write it");
}

static void suspend(struct top *t)
{
	screen_leave(t->screen);
	stop_here();
	screen_return(t->screen);
}

static void grant(struct top *t, const struct board_asked *asked)
{
	switch (asked->wish) {
	case BOARD_QUIT:
		t->quit = true;
		break;
	case BOARD_SUSPEND:
		suspend(t);
		break;
	case BOARD_REDRAW:
		screen_repaint(t->screen);
		break;
	case BOARD_SCAN_NOW:
		scanner_now(t->scanner);
		break;
	case BOARD_TARGET:
		scanner_target(t->scanner, asked->target.pid);
		break;
	case BOARD_TARGET_BACK:
		scanner_target(t->scanner, 0);
		break;
	case BOARD_PLAN:
		make_plan(t, asked);
		break;
	case BOARD_REAP:
		reap(t, asked->plan);
		break;
	case BOARD_CANCEL_REAP:
		if (t->reaping)
			reap_job_cancel(t->reaping);
		break;
	case BOARD_SAVE:
		save(t);
		break;
	case BOARD_DELAY:
		scanner_delay(t->scanner, asked->delay_ns);
		break;
	}
}

/* --- what comes in --- */

static void take_keys(struct top *t)
{
	struct screen_input in;

	while (screen_read(t->screen, &in)) {
		uint64_t now_ns = live_clock_ns();

		if (!in.is_button) {
			board_key(t->board, in.key);
			continue;
		}
		if (in.button == BOARD_CLICK && t->click.is_button && in.x == t->click.x &&
		    in.y == t->click.y && now_ns - t->clicked_ns < DOUBLE_CLICK_NS)
			in.button = BOARD_DOUBLE_CLICK;
		/* a third click is no second double one */
		t->click = in;
		t->click.is_button = in.button == BOARD_CLICK;
		t->clicked_ns = now_ns;
		board_click(t->board, in.x, in.y, in.button);
	}
}

static void take_scan(struct top *t)
{
	struct board_news news = { .n = 0 };
	struct scanned got;

	if (!scanner_take(t->scanner, &got))
		return;
	/* a question that makes no sense is asked once */
	if (got.err == -EINVAL && !t->latest) {
		snprintf(t->last_words, sizeof(t->last_words), "%s", got.error);
		t->status = CMD_USAGE;
		t->quit = true;
		return;
	}
	news.stands = got.stands;
	news.at_ns = got.at_ns;
	news.error = got.sight || got.stands ? NULL : got.error;
	news.cpu_ns = got.cpu_ns;
	news.cpu_percent = got.cpu_percent;
	news.every_ns = got.every_ns;
	news.adaptive = got.adaptive;
	if (got.sight) {
		const struct verdicts *v = sight_verdicts(got.sight);

		news.reports = (const struct report *const *)v->list;
		news.n = v->n;
		news.release = sight_drop;
		news.owner = got.sight;
		sight_drop(t->latest);
		t->latest = sight_keep(got.sight);
	}
	board_news(t->board, &news);
}

static void take_jobs(struct top *t)
{
	char *line;
	int err;

	if (t->reaping && reap_job_tell(t->reaping, t->board)) {
		t->reaping = NULL;
		scanner_now(t->scanner);
	}
	line = t->saving ? save_job_end(t->saving, &err) : NULL;
	if (!line)
		return;
	t->saving = NULL;
	board_say(t->board, err ? SEV_CRITICAL : SEV_INFO, line);
	free(line);
}

static void take_signals(struct top *t)
{
	struct signalfd_siginfo info;

	while (read(t->signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGWINCH:
			break;		/* the size is asked for before each drawing */
		case SIGCONT:
			screen_return(t->screen);
			break;
		case SIGTSTP:
			suspend(t);
			break;
		default:
			t->signal = (int)info.ssi_signo;
			t->quit = true;
		}
	}
}

static bool take_size(struct top *t)
{
	unsigned width, height;

	screen_size(t->screen, &width, &height);
	if (width == t->grid->width && height == t->grid->height)
		return false;
	grid_resize(t->grid, width, height);
	return true;
}

/* --- the loop --- */

static void wait(struct top *t)
{
	struct pollfd asks[] = {
		{ .fd = fileno(stdin), .events = POLLIN },
		{ .fd = t->wake, .events = POLLIN },
		{ .fd = t->signals, .events = POLLIN },
	};
	uint64_t now_ns = live_clock_ns(), next_ns = t->ticked_ns + TICK_NS, count;
	int ms = now_ns >= next_ns ? 0 : (int)((next_ns - now_ns) / 1000000 + 1);

	if (poll(asks, ARRAY_SIZE(asks), ms) < 0)
		return;
	if (asks[1].revents && read(t->wake, &count, sizeof(count)) < 0 && errno != EAGAIN)
		t->quit = true;
	/* the terminal is gone */
	if (asks[0].revents & (POLLERR | POLLHUP | POLLNVAL)) {
		t->signal = SIGHUP;
		t->quit = true;
	}
}

static void loop(struct top *t)
{
	struct board_asked asked;
	bool resized, repaint;

	while (!t->quit) {
		uint64_t now_ns = live_clock_ns();

		take_signals(t);
		take_keys(t);
		take_scan(t);
		take_jobs(t);
		if (now_ns >= t->ticked_ns + TICK_NS) {
			board_tick(t->board, now_ns);
			t->ticked_ns = now_ns;
		}
		while (!t->quit && board_ask(t->board, &asked))
			grant(t, &asked);
		if (t->quit)
			break;
		resized = take_size(t);
		repaint = screen_is_stale(t->screen);
		if (resized || repaint || board_dirty(t->board)) {
			if (resized || board_dirty(t->board))
				board_draw(t->board, t->grid);
			screen_show(t->screen, t->grid);
		}
		wait(t);
	}
}

/* --- from the command line to the loop, and back --- */

static const char *what_of(const struct question *q, char *buf, size_t size)
{
	switch (q->kind) {
	case TARGET_PID:
		snprintf(buf, size, q->pid_n > 1 ? "pid %d and others" : "pid %d", q->pids[0]);
		return buf;
	case TARGET_ALL:
		return "all";
	default:
		return q->word;
	}
}

static void block_signals(sigset_t *ours, sigset_t *before)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH };

	sigemptyset(ours);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		struct sigaction now;

		/* who ignores SIGHUP has been told to: nohup(1) */
		if (sigaction(numbers[i], NULL, &now) || now.sa_handler != SIG_IGN)
			sigaddset(ours, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, ours, before);
}

static void watch(struct top *t, const struct view_options *view)
{
	char buf[64];
	struct board_options options = {
		.ascii = view->ascii || !t->o->unicode, .readonly = t->o->readonly,
		.all = t->o->q.kind == TARGET_ALL, .version = VERSION,
		.what = what_of(&t->o->q, buf, sizeof(buf)), .now_ns = live_clock_ns(),
	};
	int err;

	t->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	t->board = board_new(&options);
	t->grid = grid_new(1, 1);
	t->ticked_ns = options.now_ns;
	err = t->wake < 0 ? -errno : scanner_start(&t->o->q, t->o->delay_ns, t->wake, &t->scanner);
	if (err) {
		snprintf(t->last_words, sizeof(t->last_words), "%s", strerror(-err));
		t->status = CMD_FAILED;
	} else {
		loop(t);
	}
	screen_close(t->screen);
}

/* After the terminal is given back: this can take a moment. */
static void wind_up(struct top *t)
{
	if (t->reaping) {
		fputs(TOP_WHO ": stopped what was being ended; `leakscan reap` goes on\n", stderr);
		reap_job_cancel(t->reaping);
		reap_job_cancel(t->reaping);
		reap_job_end(t->reaping);
	}
	if (t->scanner)
		scanner_stop(t->scanner);
	plan_free(t->plan);
	board_free(t->board);
	grid_free(t->grid);
	sight_drop(t->latest);
	close(t->wake);
	close(t->signals);
	if (t->last_words[0])
		fprintf(stderr, TOP_WHO ": %s\n", t->last_words);
}

static int top(struct top_options *o, struct screen *screen, const struct view_options *view)
{
	struct top t = { .o = o, .screen = screen, .status = CMD_CLEAN };
	sigset_t ours, before;

	block_signals(&ours, &before);
	t.signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	watch(&t, view);
	wind_up(&t);
	if (t.signal)
		die_by(t.signal);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return t.status;
}

static const char *why_not(int err)
{
	if (err == -ENOTTY)
		return "this is no terminal; `leakscan scan` prints one report";
	if (err == -ENOENT)
		return "this terminal is not known here; try TERM=xterm-256color leakscan top";
	return "the cursor of this terminal cannot be placed; `leakscan scan` prints one report";
}

static int run(struct top_options *o, bool or_scan)
{
	char *scan[] = { (char *)"scan", NULL };
	struct screen_options terminal = { .in = stdin, .out = stdout, .mouse = o->mouse };
	struct view_options view;
	struct screen *screen;
	int err;

	if (options_view(&view, o->colour))
		return usage_error(TOP_WHO, "--color", o->colour, "auto, always or never");
	terminal.colour = view.colour;
	err = screen_open(&terminal, &screen);
	if (!err)
		return top(o, screen, &view);
	if (!or_scan || err == -ENOENT)
		fprintf(stderr, TOP_WHO ": %s\n", why_not(err));
	return or_scan ? scan_main(1, scan) : CMD_USAGE;
}

static int start(int argc, char **argv, bool or_scan)
{
	struct top_options *o = calloc(1, sizeof(*o));
	int status;

	if (!o)
		return CMD_FAILED;
	status = top_options_read(o, argc, argv);
	if (status < 0)
		status = run(o, or_scan);
	free(o);
	return status;
}

int top_main(int argc, char **argv)
{
	return start(argc, argv, false);
}

int top_or_scan_main(int argc, char **argv)
{
	return start(argc, argv, true);
}
