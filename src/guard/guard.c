/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a guarded command, from its start to the last word about it.  Linux does not
 * tell a subreaper that it has been given an orphan, so while the command runs we look at our
 * children now and then: an orphan younger than that look may be taken for one that still
 * hung below the command when it ended.
 */
#include "guard/guard.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/spawn.h"
#include "source/live_clock.h"
#include "source/procfs.h"

#define NS_PER_MS UINT64_C(1000000)
#define LOOK_FIRST_MS 20
#define LOOK_MOST_MS 250
#define STOP_MS 1000		/* so long may the command take to stop with us */
#define REAP_MOST 10000		/* in one go: some 20 ms */
#define NAME_LOOKS 5		/* until somebody is named */
#define SETTLE_MS 200		/* whoever ends so soon after the command is no leak */

static void note_end(struct guard *g, const siginfo_t *info)
{
	int status = info->si_code == CLD_EXITED ? info->si_status << 8 :
		     info->si_status | (info->si_code == CLD_DUMPED ? 0x80 : 0);

	if (info->si_pid == g->cmd.id.pid && !g->cmd_over) {
		g->cmd_over = true;
		g->r->wait_status = status;
	} else if (!g->cmd_over) {
		g->r->adopted++;
	}
	for (size_t i = 0; i < g->r->left_n; i++) {
		struct left *l = &g->r->left[i];

		/* youngest last: of one pid only the newest can be the one that ended */
		if (l->process.id.pid == info->si_pid && l->fate != FATE_REAPED) {
			l->process.wait_status = status;
			l->fate = FATE_REAPED;
			break;
		}
	}
}

/* Not yet reaped. */
static bool command_dead(const struct guard *g)
{
	siginfo_t info = { .si_pid = 0 };

	return !waitid(P_PID, (id_t)g->cmd.id.pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid;
}

int guard_reap(struct guard *g)
{
	/* chains of forks may end faster than we reap */
	for (int n = 0; n < REAP_MOST; n++) {
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL))
			return errno == ECHILD ? -ECHILD : 0;
		/* seen dead while the command still was not: an orphan's end, no zombie that
		 * the command leaves */
		if (!info.si_pid || (g->running && command_dead(g)))
			return 0;
		note_end(g, &info);
		waitid(P_PID, (id_t)info.si_pid, &info, WEXITED | WNOHANG | __WALL);
		/* its number may come back as one of the command's */
		children_drop(&g->strangers.before, info.si_pid);
		g->reaped++;
	}
	return 0;
}

bool guard_sleep(struct guard *g, int ms, struct heard *heard)
{
	struct pollfd p = { .fd = g->forward.fd, .events = POLLIN };
	bool woken = poll(&p, 1, ms) > 0;

	forward_read(&g->forward, g->cmd_over ? NULL : &g->cmd, heard);
	return woken;
}

bool guard_alone(struct guard *g)
{
	struct children now;
	pid_t one;
	size_t unseen;

	if (guard_reap(g) == -ECHILD)
		return !own_cgroup_members(&g->cgroup, &one, 1, &unseen) && !unseen;
	if (!g->proc_ours || children_read(&g->proc, &now))
		return false;
	for (size_t i = 0; i < now.n; i++)
		if (!stranger(&g->strangers, &g->proc, now.pids[i]) && !left_spared(g, now.pids[i]))
			return false;
	return true;
}

static void look_at_children(struct guard *g)
{
	struct children now;

	if (children_read(&g->proc, &now))
		return;
	/* its place in the list is kept only as long as it is there */
	g->seen.n = 0;
	for (size_t i = 0; i < now.n; i++)
		if (now.pids[i] != g->cmd.id.pid)
			g->seen.pids[g->seen.n++] = now.pids[i];
}

/* As the command does: the shell must see the job stopped once it really is.  An editor may
 * stop itself alone, having read Ctrl-Z as a letter.  A SIGSTOP that nobody asked us for is
 * somebody's who will continue the command, but does not know us. */
static void stop_with_command(struct guard *g, uint64_t *stop_until_ns)
{
	siginfo_t info = { .si_pid = 0 };

	if (waitid(P_PID, (id_t)g->cmd.id.pid, &info, WSTOPPED | WNOHANG | WNOWAIT) || !info.si_pid)
		return;
	if (info.si_status == SIGSTOP && live_clock_ns() > *stop_until_ns)
		return;
	waitid(P_PID, (id_t)g->cmd.id.pid, &info, WSTOPPED | WNOHANG);
	*stop_until_ns = 0;
	if (info.si_pid)
		forward_stop(&g->self, info.si_status);
}

static int rest_ms(uint64_t until_ns, int most)
{
	uint64_t now = live_clock_ns(), rest;

	if (!until_ns)
		return most;
	rest = until_ns > now ? (until_ns - now) / NS_PER_MS + 1 : 0;
	return rest < (uint64_t)most ? (int)rest : most;
}

/* Until the command has ended, or its time is over. */
static void guard_wait(struct guard *g)
{
	uint64_t end_ns = g->o->timeout_ns ? g->start_ns + g->o->timeout_ns : 0;
	uint64_t stop_until_ns = 0, look_ns = g->start_ns;
	int look_ms = LOOK_FIRST_MS;

	while (!command_dead(g)) {
		struct heard heard;
		uint64_t now = live_clock_ns();

		if (end_ns && now >= end_ns) {
			g->r->timed_out = true;
			return;
		}
		if (now >= look_ns) {
			guard_reap(g);
			look_at_children(g);
			fds_look(g, now);
			look_ns = now + (uint64_t)look_ms * NS_PER_MS;
			look_ms = look_ms * 2 < LOOK_MOST_MS ? look_ms * 2 : LOOK_MOST_MS;
		}
		guard_sleep(g, rest_ms(end_ns, rest_ms(look_ns, look_ms)), &heard);
		if (heard.child)
			guard_reap(g);
		if (heard.stop && g->shares_terminal)
			stop_until_ns = live_clock_ns() + STOP_MS * NS_PER_MS;
		if (g->shares_terminal && (heard.child || heard.stop))
			stop_with_command(g, &stop_until_ns);
	}
}

/* Whoever called exec to become us may have had children: they are not the command's. */
static void know_strangers(struct guard *g)
{
	if (children_read(&g->proc, &g->strangers.before))
		g->strangers.before.n = 0;
	g->r->inherited = g->strangers.before.n;
	g->strangers.possible = g->strangers.before.n || getpid() == 1;
	g->strangers.canary = &g->forward.canary;
	g->strangers.id = g->cookie.id;
	g->strangers.marked = g->cookie.marked;
}

static void know_output(struct guard *g)
{
	struct stat st;

	for (int i = 0; i < 2; i++)
		if (!fstat(i + 1, &st) && S_ISFIFO(st.st_mode))
			g->output[i] = st.st_ino;
}

static const char *joined(struct arena *a, char *const *argv)
{
	const char *text = argv[0];

	for (size_t i = 1; argv[i]; i++)
		text = arena_printf(a, "%s %s", text, argv[i]);
	return arena_strdup(a, text);
}

/* Of another pid namespace, its numbers would name others. */
static bool proc_is_ours(const struct guard *g)
{
	char buf[32];
	ssize_t n = proc_link(&g->proc, 0, "self", buf, sizeof(buf));
	uint64_t pid;

	return n > 0 && !text_u64((struct text){ buf, (size_t)n }, &pid) &&
	       (pid_t)pid == getpid();
}

/* One for each of those left.  The command has kept the limit that it was given. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int start(struct guard *g)
{
	const struct guard_options *o = g->o;
	struct spawn s = { .argv = o->argv, .cookie = &g->cookie, .cgroup = &g->cgroup,
			   .mask = &g->forward.old_mask, .sigchld_ignored = o->sigchld_ignored };
	int keep[14] = { 0 }, err;
	size_t n = 0;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1L))
		return -errno;
	err = proc_dir_open(&g->proc);
	if (err)
		return err;
	err = cookie_make(&g->cookie);
	if (!err)
		err = forward_open(&g->forward);
	if (!err)
		err = pin_self(&g->self);
	if (err)
		return err;
	g->proc_ours = proc_is_ours(g);
	know_strangers(g);
	know_output(g);
	escapees_begin(g);
	own_cgroup_make(&g->cgroup, g->cookie.text);
	g->shares_terminal = spawn_shares_terminal();
	s.own_session = !g->shares_terminal;
	g->start_ns = live_clock_ns();
	err = spawn(&s, &g->cmd, &g->exec_fd);
	if (err) {
		own_cgroup_remove(&g->cgroup);
		return err;
	}
	g->r->pid = g->cmd.id.pid;
	g->r->id = g->cookie.id;
	g->r->marked = g->cookie.marked;
	g->r->own_cgroup = g->cgroup.dir >= 0;
	g->strangers.group = g->r->own_cgroup ? g->cgroup.name : NULL;
	g->r->own_session = s.own_session;
	for (size_t i = 0; i < o->keep_n && n < 6; i++)
		keep[n++] = o->keep[i];
	keep[n++] = g->proc.fd;
	keep[n++] = g->forward.fd;
	keep[n++] = g->self.pidfd;
	keep[n++] = g->cmd.pidfd;
	keep[n++] = g->exec_fd;
	if (g->cgroup.dir >= 0) {
		keep[n++] = g->cgroup.dir;
		keep[n++] = g->cgroup.parent;
	}
	spawn_let_go(keep, n);
	raise_descriptor_limit();
	if (g->shares_terminal)
		forward_share(&g->forward, &g->proc);
	return 0;
}

/* A child that ends because the command has is no leak. */
static void settle(struct guard *g)
{
	uint64_t until_ns = g->end_ns + SETTLE_MS * NS_PER_MS;
	struct heard heard;

	while (!guard_alone(g) && live_clock_ns() < until_ns)
		guard_sleep(g, 10, &heard);
	for (size_t i = 0; i < g->r->left_n; i++) {
		struct left *l = &g->r->left[i];
		struct pin p;

		if (l->zombie)
			continue;
		if (l->fate == FATE_NONE && !pin_open(l->process.id, 0, &p)) {
			if (pin_look(&p) == 0) {
				pin_close(&p);
				continue;
			}
			pin_close(&p);
		}
		l->by_itself = true;
		l->fate = FATE_REAPED;
	}
}

static bool anybody_named(const struct run_report *r)
{
	for (size_t i = 0; i < r->left_n; i++)
		if (!r->left[i].by_itself && !r->left[i].zombie)
			return true;
	return false;
}

static void finish(struct guard *g)
{
	struct run_report *r = g->r;

	g->end_ns = live_clock_ns();
	r->took_ns = g->end_ns - g->start_ns;
	if (!r->timed_out) {
		siginfo_t info = { .si_pid = 0 };

		/* the command first: what is reaped after it was its */
		if (!g->cmd_over && !waitid(P_PID, (id_t)r->pid, &info, WEXITED) && info.si_pid)
			note_end(g, &info);
	}
	r->exec_error = spawn_error(g->exec_fd);
	fds_tell(g);
	if (r->fail_on & RUN_ZOMBIE || !guard_alone(g)) {
		left_gather(g, false);
		if (!r->timed_out)
			settle(g);
		/* who is here by now is left, though he may have been forked meanwhile */
		if (!guard_alone(g)) {
			int looks = NAME_LOOKS;

			/* of a storm one look may see nobody: whoever it lists has ended by then */
			do
				left_gather(g, false);
			while (--looks && !anybody_named(r) && !guard_alone(g));
			r->blind = !r->timed_out && !anybody_named(r);
			if (r->reap)
				guard_clean(g);
		}
	}
	escapees_find(g);
	r->proven = guard_reap(g) == -ECHILD;
}

int guard_run(const struct guard_options *o, struct run_report **out)
{
	struct guard *g = calloc(1, sizeof(*g));
	int err;

	if (!g)
		return -ENOMEM;
	g->o = o;
	g->forward.fd = g->cmd.pidfd = g->self.pidfd = g->proc.fd = g->exec_fd = -1;
	g->forward.canary.pin.pidfd = -1;
	g->cgroup.dir = g->cgroup.parent = -1;
	g->r = run_report_new();
	g->r->command = joined(g->r->arena, o->argv);
	g->r->reap = o->reap;
	g->r->fds = o->fds;
	g->r->grace_ns = o->grace_ns;
	g->r->fail_on = o->fail_on;
	err = start(g);
	if (!err) {
		g->running = true;
		guard_wait(g);
		g->running = false;
		forward_unshare(&g->forward);
		finish(g);
		*out = g->r;
	} else {
		run_report_free(g->r);
	}
	for (size_t i = 0; i < g->victim_n; i++)
		pin_close(&g->victims[i].pin);
	own_cgroup_remove(&g->cgroup);
	pin_close(&g->cmd);
	pin_close(&g->self);
	forward_close(&g->forward);
	if (g->proc.fd >= 0)
		proc_dir_close(&g->proc);
	free(g);
	return err;
}
