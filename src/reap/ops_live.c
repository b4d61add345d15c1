/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reaper's operations on this machine.  Whatever is judged here is read after the
 * pidfds were opened, and every read is done by a worker that may be abandoned.
 */
#include "reap/ops_live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "source/live.h"
#include "source/live_clock.h"
#include "source/proc_dir.h"
#include "source/worker.h"

enum { TARGET_UNSEEN_MOST = 3 };

/* Nobody is found, but some had gone when they were to be read, and may have handed on to a
 * child just before: looked for so long again.  On a busy machine they mostly have. */
#define HANDED_ON_NS (100 * UINT64_C(1000000))

static void live_pin(void *context, const struct process_id *ids, size_t n, struct pin *pins,
		     int *errors)
{
	(void)context;
	pin_open_all(ids, NULL, n, pins, errors);
}

static int live_signal(void *context, const struct pin *p, int sig)
{
	(void)context;
	return pin_signal(p, sig);
}

static int live_look(void *context, const struct pin *p)
{
	(void)context;
	return p->pidfd < 0 ? 2 : pin_look(p);
}

static void live_close(void *context, struct pin *p)
{
	(void)context;
	pin_close(p);
}

static int live_wait(void *context, const struct pin *pins, size_t n, uint64_t ns)
{
	(void)context;
	return pin_wait(pins, n, ns);
}

static uint64_t live_now(void *context)
{
	(void)context;
	return live_clock_ns();
}

static int live_cancelled(void *context)
{
	const struct live_reap *l = context;

	return l->cancelled ? *l->cancelled : 0;
}

static int live_intent(void *context, const struct patient *p, const char *what)
{
	const struct live_reap *l = context;

	return l->intent(l->context, p, what);
}

static void live_result(void *context, const struct patient *p, const char *what, int err)
{
	const struct live_reap *l = context;

	l->result(l->context, p, what, err);
}

static void refresh(const struct live_reap *l, struct patient *p, const struct snapshot *s)
{
	const struct process *seen = snapshot_find(s, p->process.id.pid);

	if (!seen || !process_id_same(seen->id, p->process.id))
		return;
	p->process.now = seen->now;
	if (seen->cgroup)
		p->process.cgroup = arena_strdup(l->plan->arena, seen->cgroup);
}

static void keep_detail(const struct live_reap *l, struct patient *p, const char *detail)
{
	p->fate_why = arena_strdup(l->plan->arena, detail);
}

static void judge_all(struct live_reap *l, enum judge_how how, struct patient *const *who,
		      size_t n, enum refusal *verdict)
{
	const struct report *r;
	struct plan *now = NULL;
	const char *detail;

	if (l->rejudge(l->context, &r)) {
		for (size_t i = 0; i < n; i++)
			verdict[i] = REFUSE_UNREAD;
		return;
	}
	if (how == JUDGE_AGAIN)
		now = plan_build(r, l->policy);
	for (size_t i = 0; i < n; i++) {
		verdict[i] = now ? plan_again(l->plan, now, who[i], &detail) :
			plan_still(r, who[i], l->plan->arena, &detail);
		keep_detail(l, who[i], detail);
		refresh(l, who[i], r->snapshot);
		if (now && !verdict[i] && who[i]->treatment == TREAT_CLOSE)
			plan_again_sockets(now, who[i]);
	}
	plan_free(now);
	l->rejudged(l->context);
}

static void walk(struct live_reap *l)
{
	struct snapshot *s = NULL;

	snapshot_free(l->walk);
	l->walk = live_walk(LIVE_PROCFS, &s) ? NULL : s;
	if (l->walk)
		snapshot_dismiss(l->walk);
}

static bool sees_target_session(const struct live_reap *l)
{
	for (size_t i = 0; i < l->walk->process_n; i++)
		if (!l->walk->processes[i].gone && l->walk->processes[i].sid == l->target_sid)
			return true;
	return false;
}

/* A session that nobody is in any more is over: see note_unseen() in cases.c. */
static void note_target_session(struct live_reap *l, bool seen)
{
	l->target_unseen = seen ? 0 : l->target_unseen + 1;
	if (l->target_unseen == TARGET_UNSEEN_MOST)
		l->target_sid = 0;
}

static struct patient **live_late(void *context, struct held *held, size_t held_n, size_t *n)
{
	struct live_reap *l = context;
	uint64_t until = live_clock_ns() + HANDED_ON_NS;
	struct patient **late;
	bool seen = false;

	*n = 0;
	do {
		walk(l);
		if (!l->walk)
			return NULL;
		seen |= l->target_sid && sees_target_session(l);
		late = plan_late(l->walk, held, held_n, l->target_sid, l->policy->confidence,
				 l->plan->arena, n);
	} while (!*n && l->walk->coverage.vanished && live_clock_ns() < until);
	if (l->target_sid)
		note_target_session(l, seen);
	return late;
}

/* Somebody as he was last seen: ourselves and our ancestors, who do not change. */
static void add_known(struct snapshot *s, const struct process *p)
{
	struct process *copy = snapshot_add(s, p->id);

	copy->now = p->now;
	copy->sid = p->sid;
	copy->pgid = p->pgid;
}

static void add_number(struct snapshot *s, pid_t number)
{
	if (number <= 0)
		return;
	for (size_t i = 0; i < s->process_n; i++)
		if (s->processes[i].id.pid == number)
			return;
	snapshot_add(s, (struct process_id){ number, 0 });
}

/* Read anew by `status` alone, which never blocks and holds user, masks, parent, group and
 * session: the start time was compared when the pidfd was opened. */
static struct snapshot *look_closely(const struct live_reap *l, struct patient *const *who,
				     size_t n)
{
	struct snapshot *s = snapshot_new(1);
	const struct process *up = snapshot_find(l->walk, l->walk->self);
	struct process **ask = NULL;
	size_t known, ask_n = 0, room = 0;

	s->self = l->walk->self;
	s->uid = l->walk->uid;
	s->hz = l->walk->hz;
	for (unsigned depth = 0; up && depth < 4096; depth++) {
		add_known(s, up);
		up = snapshot_parent(l->walk, up);
	}
	known = s->process_n;
	for (size_t i = 0; i < n; i++)
		snapshot_add(s, who[i]->process.id);
	for (size_t i = 0; i < n; i++) {
		add_number(s, who[i]->process.sid);
		add_number(s, who[i]->process.pgid);
	}
	add_number(s, l->target_sid);
	for (size_t i = known; i < s->process_n; i++)
		*(struct process **)arena_push(s->arena, &ask, &ask_n, &room,
					       sizeof(struct process *)) = &s->processes[i];
	live_facts(s, ask, ask_n, FACT_BIT(FACT_STATUS) | FACT_BIT(FACT_CGROUP));
	for (size_t i = known; i < s->process_n; i++)
		s->processes[i].gone = !process_knows(&s->processes[i], FACT_STATUS);
	snapshot_sort(s);
	return s;
}

static void judge_late(struct live_reap *l, struct patient *const *who, size_t n,
		       const struct held *held, size_t held_n, enum refusal *verdict)
{
	struct snapshot *s = look_closely(l, who, n);

	for (size_t i = 0; i < n; i++) {
		const struct process *p = snapshot_find(s, who[i]->process.id.pid);
		const char *detail = NULL, *why;

		verdict[i] = REFUSE_GONE;
		if (!p || p->gone || !process_id_same(p->id, who[i]->process.id))
			continue;
		verdict[i] = plan_standing(s, p, l->plan->arena, &detail);
		keep_detail(l, who[i], detail);
		if (!verdict[i] && plan_late_one(s, p, held, held_n, l->target_sid,
						 l->plan->arena, &why) < l->policy->confidence)
			verdict[i] = REFUSE_CHANGED;
		refresh(l, who[i], s);
		who[i]->process.uid = p->uid;
		memcpy(who[i]->process.comm, p->comm, sizeof(p->comm));
	}
	snapshot_free(s);
}

static void live_judge(void *context, enum judge_how how, struct patient *const *who, size_t n,
		       const struct held *held, size_t held_n, enum refusal *verdict)
{
	struct live_reap *l = context;

	if (how == JUDGE_LATE)
		judge_late(l, who, n, held, held_n, verdict);
	else
		judge_all(l, how, who, n, verdict);
}

static int live_kill_group(void *context, struct patient *const *who, const struct pin *pins,
			   size_t n)
{
	const struct live_reap *l = context;
	int err;

	if (!cgroup_common(who, n))
		return -ENOENT;
	for (size_t i = 0; i < n; i++)
		if (l->intent(l->context, who[i], "cgroup.kill") < 0)
			return -EIO;
	/* whether it is only theirs is asked in there, as late as can be */
	err = cgroup_kill(who, pins, n);
	for (size_t i = 0; i < n; i++)
		l->result(l->context, who[i], "cgroup.kill", err);
	return err;
}

static int live_close_socket(void *context, const struct pin *pin, int fd, uint64_t inode)
{
	(void)context;
	return close_socket(pin, fd, inode);
}

struct wchan { pid_t pid; char text[64]; };

static void wchan_item(void *context, void *own, size_t i, struct ticket *t)
{
	struct wchan *w = context;
	char buf[sizeof(w->text)];
	struct proc_dir proc;
	ssize_t n;

	(void)own;
	(void)i;
	if (proc_dir_open(&proc))
		return;
	n = proc_read(&proc, w->pid, "wchan", buf, sizeof(buf) - 1);
	if (n > 0 && ticket_claim(t))
		memcpy(w->text, buf, (size_t)n);
}

static const char *wchan_of(struct plan *plan, const struct patient *p)
{
	struct arena *a = arena_new(1);
	struct wchan *w = arena_calloc(a, 1, sizeof(*w));
	struct work work = { .item = wchan_item, .context = w, .n = 1 };
	struct work_result result;
	const char *text = NULL;

	w->pid = p->process.id.pid;
	work_run(a, &work, &result);
	/* "0" is what those without rights are told, and the running */
	if (w->text[0] && strcmp(w->text, "0"))
		text = arena_strdup(plan->arena, w->text);
	arena_free(a);
	return text;
}

static const char *live_wchan(void *context, const struct patient *p)
{
	return wchan_of(((struct live_reap *)context)->plan, p);
}

static bool read_status(struct snapshot *s, struct process *p)
{
	live_facts(s, &p, 1, FACT_BIT(FACT_STATUS));
	return process_knows(p, FACT_STATUS);
}

static int live_adopter(void *context, const struct patient *p, struct process_id *out,
			char name[64])
{
	struct snapshot *s = snapshot_new(1);
	struct process *dead = snapshot_add(s, p->process.id), *parent;
	int err = -ESRCH;

	(void)context;
	if (read_status(s, dead) && dead->now.ppid > 0) {
		parent = snapshot_add(s, (struct process_id){ dead->now.ppid, 0 });
		*out = parent->id;
		snprintf(name, 64, "%s", read_status(s, parent) ? parent->comm : "");
		err = 0;
	}
	snapshot_free(s);
	return err;
}

/* The names differ between kernels, their parts do not. */
void ops_live_predict(struct plan *plan)
{
	for (size_t i = 0; i < plan->patient_n; i++) {
		struct patient *p = plan->patients[i];
		const char *wchan = p->predictions & PREDICT_WAITS ? wchan_of(plan, p) : NULL;

		if (wchan && strstr(wchan, "refrigerator"))
			p->predictions |= PREDICT_FROZEN;
		if (wchan && (strstr(wchan, "clone") || strstr(wchan, "fork")))
			p->predictions &= ~(unsigned)PREDICT_WAITS;
	}
}

void ops_live(struct reap_ops *out, struct live_reap *l)
{
	*out = (struct reap_ops){
		.context = l, .pin = live_pin, .signal = live_signal, .look = live_look,
		.close = live_close, .wait = live_wait, .now = live_now,
		.cancelled = live_cancelled, .judge = live_judge, .late = live_late,
		.kill_group = live_kill_group, .close_socket = live_close_socket,
		.intent = live_intent, .result = live_result, .wchan = live_wchan,
		.adopter = live_adopter,
	};
}

void ops_live_end(struct live_reap *l)
{
	snapshot_free(l->walk);
	l->walk = NULL;
}
