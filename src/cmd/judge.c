/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of reading: the bare walk of everybody; more of those who may matter; what ties
 * them; facts of everybody only if the verdict hangs on it; details of those who are shown;
 * and, when there is something to confirm, a second look half a second after the first.
 */
#include "cmd/judge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/ask.h"
#include "cmd/observe.h"
#include "cmd/targets.h"
#include "detect/detectors.h"
#include "family/kinship.h"
#include "memory/memory.h"
#include "model/follow.h"
#include "model/growth.h"
#include "source/live.h"
#include "source/record.h"

#define NS_PER_MS UINT64_C(1000000)
#define LOOK_AGAIN_NS (500 * NS_PER_MS)
/* An age is as exact as the scheduler's clock on two CPUs. */
#define MARGIN_NS (120 * NS_PER_MS)
/* What is younger than the minimum age may reach it while we wait, but nobody waits long. */
#define LOOK_AGAIN_MOST_NS (1250 * NS_PER_MS)
/* CLOSE_WAIT for less than this is on its way out. */
#define CLOSING_MS 1000
#define RECORD_MOST ((off_t)1 << 30)

/* Everybody who is surely of a family and could still do something. */
static void watch(struct snapshot *s, struct target *const *targets, size_t n,
		  const struct question *q)
{
	struct people who = { .n = 0 };

	for (size_t i = 0; i < n; i++) {
		struct family f;

		family_build(s, targets[i], s->arena, &f);
		for (size_t j = 0; j < f.member_n; j++) {
			const struct process *p = f.members[j].process;

			if (f.members[j].relation != REL_POSSIBLE && p->now.state != 'Z' &&
			    !p->kernel_thread)
				people_add(s, &who, snapshot_find(s, p->id.pid));
		}
	}
	if (who.n)
		observe(s, who.list, who.n, q->for_ns, q->every_ns);
}

static bool grows(const struct snapshot *s, const struct process *p)
{
	for (size_t i = 0; i < s->series_n; i++)
		if (s->series[i].kind != SERIES_FDS_OF_KIND &&
		    process_id_same(s->series[i].id, p->id) &&
		    growth_of_series(&s->series[i]).grows)
			return true;
	return false;
}

/* Whom the report will show: of a whole machine only those with something to tell. */
static bool shown(const struct snapshot *s, const struct family *f, const struct member *m)
{
	const struct process *p = m->process;

	return f->target->kind != TARGET_ALL || m->relation == REL_ORPHAN || p->now.state == 'Z' ||
	       (process_knows(p, FACT_LIMITS) && p->now.fd_count > 0 &&
		(uint64_t)p->now.fd_count > p->nofile_soft / 2) || grows(s, p);
}

static bool watched(const struct snapshot *s)
{
	return s->series_n && !s->series[0].between_checks;
}

static bool stuck_in_pipe(const struct family *f)
{
	for (size_t i = 0; i < f->member_n; i++)
		for (size_t j = 0; j < f->members[i].process->task_n; j++)
			if (f->members[i].process->tasks[j].in_pipe)
				return true;
	return false;
}

/* What has to be confirmed by a second look: zombies with their parents, orphans, and, where
 * somebody blocks on a pipe, who of its users moves meanwhile. */
static bool to_confirm(const struct member *m, bool stuck)
{
	return m->process->now.state == 'Z' || m->relation == REL_ORPHAN ||
	       m->relation == REL_POSSIBLE || (stuck && m->process->task_n);
}

/* A socket whose peer has just closed is about to be closed, unless it stays so. */
static bool has_closing_socket(const struct snapshot *s, const struct process *p)
{
	for (size_t i = 0; i < p->fd_n; i++) {
		const struct socket_info *info = p->fds[i].kind == FD_SOCKET ?
			snapshot_socket(s, p->fds[i].inode) : NULL;

		if (info && info->tcp_state == TCP_STATE_CLOSE_WAIT &&
		    info->idle_ms < CLOSING_MS)
			return true;
	}
	return false;
}

static uint64_t pause_for(const struct snapshot *s, const struct policy *policy,
			  const struct process *p)
{
	uint64_t age = snapshot_age_ns(s, p), wait;

	snapshot_dead_ns(s, p, &age);
	wait = age < policy->min_age_ns ? policy->min_age_ns - age + MARGIN_NS : 0;
	return wait > LOOK_AGAIN_MOST_NS ? LOOK_AGAIN_MOST_NS : wait;
}

struct seen {
	struct snapshot *snapshot;
	struct target **targets;
	size_t n;
	bool stands;
};

/* Whom the second look is for, and how long it must wait. */
struct confirming {
	struct snapshot *s;
	const struct question *q;
	struct arena *scratch;
	struct people details, again;
	uint64_t after_ns;
	bool closing;
};

static void with_parent(struct snapshot *s, struct people *people, struct process *p)
{
	struct process *parent = snapshot_find(s, p->now.ppid);

	people_add(s, people, p);
	if (parent && !parent->kernel_thread)
		people_add(s, people, parent);
}

static void confirm_member(struct confirming *c, const struct family *f, const struct member *m,
			   bool stuck)
{
	struct process *p = (struct process *)(uintptr_t)m->process;
	struct snapshot *s = c->s;
	uint64_t wait_ns;

	if (!shown(s, f, m))
		return;
	c->closing |= has_closing_socket(s, p);
	with_parent(s, &c->details, p);
	/* after a watch the first look is old */
	if (!to_confirm(m, stuck) && !watched(s))
		return;
	with_parent(s, &c->again, p);
	wait_ns = pause_for(s, &c->q->policy, p);
	c->after_ns = wait_ns > c->after_ns ? wait_ns : c->after_ns;
}

/* Of a whole machine nothing hangs on who is whose: its index of holders is given on. */
static const struct holders *confirm_target(struct confirming *c, const struct target *t)
{
	const struct holders *h = NULL;
	struct people suspects;
	struct family f;
	bool stuck;

	if (t->kind == TARGET_ALL && c->s->coverage.machine_fds)
		h = holders_build(c->scratch, c->s);
	family_build_by(c->s, t, h, c->scratch, &f);
	if (t->kind == TARGET_ALL) {
		ask_of_all(c->s, &f, h, c->scratch, &suspects);
		for (size_t i = 0; i < suspects.n; i++) {
			people_add(c->s, &c->details, suspects.list[i]);
			people_add(c->s, &c->again, suspects.list[i]);
		}
	}
	stuck = t->kind != TARGET_ALL && stuck_in_pipe(&f);
	for (size_t i = 0; i < f.member_n; i++)
		confirm_member(c, &f, &f.members[i], stuck);
	return h;
}

static size_t gone_of(const struct snapshot *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->process_n; i++)
		n += s->processes[i].gone;
	return n;
}

/* Returns an index of holders, in scratch, that still holds, or NULL. */
static const struct holders *confirm(const struct question *q, const struct seen *seen,
				     struct arena *scratch)
{
	struct snapshot *s = seen->snapshot;
	struct confirming c = { .s = s, .q = q, .scratch = scratch, .after_ns = LOOK_AGAIN_NS };
	const struct holders *h = NULL;
	size_t gone = gone_of(s);

	for (size_t i = 0; i < seen->n; i++)
		h = confirm_target(&c, seen->targets[i]);
	live_facts(s, c.details.list, c.details.n, FACT_BIT(FACT_DETAILS) | FACT_BIT(FACT_STATUS));
	if (q->previous)
		return h;
	if (c.closing && c.after_ns < CLOSING_MS * NS_PER_MS + MARGIN_NS)
		c.after_ns = CLOSING_MS * NS_PER_MS + MARGIN_NS;
	if (c.again.n || c.closing)
		live_again(s, c.again.list, c.again.n, c.after_ns);
	if (c.closing)
		live_sockets(s, LIVE_TCP_STATES);
	return gone_of(s) == gone ? h : NULL;
}

/* What grew between the checks counts like what was seen to grow in this one. */
static void recall(struct memory *m, struct snapshot *s, struct target *const *targets, size_t n)
{
	for (size_t i = 0; m && i < n; i++) {
		struct family f;

		family_build(s, targets[i], s->arena, &f);
		memory_recall(m, s, &f);
	}
}

static int read_record(const char *path, struct snapshot **out, char *why, size_t why_size)
{
	struct record_error error = { 0, NULL };
	struct stat st;
	char *bytes;
	struct arena *a;
	size_t n = 0;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st)) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		snprintf(why, why_size, "cannot read the record: %s", strerror(-err));
		return err;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > RECORD_MOST) {
		close(fd);
		snprintf(why, why_size, "the record is not a regular file of reasonable size");
		return -EINVAL;
	}
	a = arena_new(0);
	bytes = arena_alloc(a, (size_t)st.st_size + 1);
	while (n < (size_t)st.st_size) {
		ssize_t got = read(fd, bytes + n, (size_t)st.st_size - n);

		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	err = record_read(bytes, n, out, &error);
	arena_free(a);
	if (err)
		snprintf(why, why_size, "the record cannot be used: line %u: %s", error.line,
			 error.why ? error.why : "unreadable");
	return err;
}

static struct report *report_on(const struct snapshot *s, const struct target *t,
				const struct policy *policy, const struct holders *h)
{
	struct report *r = report_new(s);
	struct scene scene = { .snapshot = s, .family = &r->family, .policy = policy };

	r->target = t;
	family_build_by(s, t, h, r->arena, &r->family);
	scene.holders = r->family.holders ? r->family.holders : holders_build(r->arena, s);
	family_blindness(r);
	detect_all(&scene, &r->findings);
	r->family.holders = NULL;	/* it may be another's */
	return r;
}

void judge_no_look(enum live_source source, int err, char *why, size_t why_size)
{
	if (source == LIVE_BPF)
		snprintf(why, why_size, "--source bpf cannot be used: %s", live_bpf_missing(err));
	else
		snprintf(why, why_size, "cannot look at /proc: %s", strerror(-err));
}

/* Whether it may be looked around the targets only, and that could be done. */
static bool walk_around(const struct question *q, struct snapshot **out)
{
	return q->around && q->kind == TARGET_PID && q->pid_n && q->source != LIVE_BPF &&
	       !q->for_ns && !q->previous && !live_walk_around(q->pids, q->pid_n, out);
}

/* *out is NULL when the verdict before stands. */
static int walk(const struct question *q, struct snapshot **out, char *why, size_t why_size)
{
	const struct live_before before = { q->previous, q->turn, q->may_stand, q->kept };
	int err;

	if (walk_around(q, out))
		return 0;
	err = live_refresh(q->source, &before, out);
	if (err) {
		judge_no_look(q->source, err, why, why_size);
		/* no bad question, and nothing that was looked for */
		return err == -EINVAL || err == -ENOENT ? -EIO : err;
	}
	if (*out)
		live_machine(*out, targets_need(q) |
			     (q->kind == TARGET_ALL && q->pipes_of_all && live_lists_all(*out) ?
			      FACT_BIT(FACT_FDS) | FACT_BIT(FACT_TASKS) : 0));
	return 0;
}

/* Everything up to what ties the processes.  -EXDEV: it takes the whole machine to tell. */
static int look_once(const struct question *q, struct seen *out, char *why, size_t why_size)
{
	struct target *targets, **list;
	struct snapshot *s;
	size_t n;
	int err;

	err = q->from ? read_record(q->from, &s, why, why_size) : walk(q, &s, why, why_size);
	if (err)
		return err;
	if (!s) {
		*out = (struct seen){ .stands = true };
		return 0;
	}
	err = targets_find(q, s, &targets, &n, why, why_size);
	if (err && !(err == -ENOENT && q->missing_is_fine)) {
		snapshot_free(s);
		return err;
	}
	list = arena_calloc(s->arena, n, sizeof(*list));
	for (size_t i = 0; i < n; i++)
		list[i] = &targets[i];
	for (size_t i = 0; !q->from && i < n; i++)
		if (!ask_about(s, list[i])) {
			snapshot_free(s);
			return -EXDEV;
		}
	*out = (struct seen){ .snapshot = s, .targets = list, .n = n };
	return 0;
}

static int look(const struct question *q, struct seen *out, char *why, size_t why_size)
{
	struct question everybody = *q;
	int err = look_once(q, out, why, why_size);

	everybody.around = false;
	return err == -EXDEV && q->around ? look_once(&everybody, out, why, why_size) : err;
}

/* Watches, and then looks afresh: what was true before a watch of hours is no verdict.  If
 * the targets cannot be found any more, the first look is all there is. */
static void watch_and_look(const struct question *q, struct seen *seen)
{
	struct seen fresh;
	char why[256];

	snapshot_dismiss(seen->snapshot);
	watch(seen->snapshot, seen->targets, seen->n, q);
	if (look(q, &fresh, why, sizeof(why)))
		return;
	snapshot_take_series(fresh.snapshot, seen->snapshot);
	snapshot_free(seen->snapshot);
	*seen = fresh;
}

static int judge_once(const struct question *q, struct verdicts *out, char *why, size_t why_size)
{
	const struct holders *h = NULL;
	struct arena *scratch;
	struct snapshot *s;
	struct seen seen;
	int err = look(q, &seen, why, why_size);

	if (err)
		return err;
	*out = (struct verdicts){ .stands = seen.stands };
	if (seen.stands)
		return 0;
	if (!q->from && q->for_ns)
		watch_and_look(q, &seen);
	s = seen.snapshot;
	if (!q->from && q->previous)
		snapshot_follow(s, q->previous);
	if (!q->from)
		recall(q->memory, s, seen.targets, seen.n);
	scratch = arena_new(0);
	if (!q->from)
		h = confirm(q, &seen, scratch);
	snapshot_dismiss(s);
	out->snapshot = s;
	out->n = seen.n;
	out->list = arena_calloc(s->arena, seen.n, sizeof(*out->list));
	for (size_t i = 0; i < seen.n; i++)
		out->list[i] = report_on(s, seen.targets[i], &q->policy, h);
	arena_free(scratch);
	return 0;
}

/* What blocks at a pipe, or makes others block, is judged by who else might hold an end, and
 * how many of those could not be asked. */
static bool hangs_on_everybody(const struct verdicts *v)
{
	for (size_t i = 0; i < v->n; i++)
		for (size_t j = 0; j < v->list[i]->findings.n; j++)
			if (v->list[i]->findings.list[j].pipe)
				return true;
	return false;
}

int judge(const struct question *q, struct verdicts *out, char *why, size_t why_size)
{
	struct question everybody = *q;
	int err = judge_once(q, out, why, why_size);

	if (err || out->stands || !out->snapshot->coverage.partial || q->from ||
	    !hangs_on_everybody(out))
		return err;
	verdicts_free(out);
	everybody.around = false;
	return judge_once(&everybody, out, why, why_size);
}

void verdicts_free(struct verdicts *v)
{
	for (size_t i = 0; i < v->n; i++)
		report_free(v->list[i]);
	snapshot_free(v->snapshot);
	*v = (struct verdicts){ .n = 0 };
}
