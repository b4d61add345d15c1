/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pidfd here is the place of a soul: it never means another one. */
#include "reap_world.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

struct soul *world_add(struct world *w, pid_t pid)
{
	struct soul *s = &w->souls[w->n];

	ck_assert_uint_lt(w->n, WORLD_MAX);
	*s = (struct soul){ .pid = pid, .start = 1000 + w->n, .ppid = 1 };
	w->n++;
	return s;
}

struct soul *world_who(struct world *w, pid_t pid)
{
	for (size_t i = w->n; i-- > 0;)
		if (w->souls[i].pid == pid && w->souls[i].dead < 2)
			return &w->souls[i];
	return NULL;
}

static void advance(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct soul *s = &w->souls[i];

		if (!s->dead && s->dies_at_ns && w->now_ns >= s->dies_at_ns)
			s->dead = s->never_reaped ? 1 : 2;
		if (s->dead == 1 && s->reaped_at_ns && w->now_ns >= s->reaped_at_ns)
			s->dead = 2;
	}
}

void world_tick(struct world *w)
{
	struct soul *old, *heir;
	uint64_t start;

	advance(w);
	if (++w->ops != w->reuse_at)
		return;
	old = world_who(w, w->reuse_pid);
	if (!old)
		return;
	old->dead = 2;
	start = old->start;
	heir = world_add(w, w->reuse_pid);
	heir->innocent = true;
	heir->start = w->same_tick ? start : start + 1;
}

int world_hit(struct world *w, struct soul *s, int sig)
{
	if (s->dead == 2)
		return -ESRCH;
	if (s->denied)
		return -EPERM;
	if (w->sent_n < SENT_MAX) {
		w->sent[w->sent_n].pid = s->pid;
		w->sent[w->sent_n].sig = sig;
		w->sent[w->sent_n++].soul = (size_t)(s - w->souls);
	}
	s->signals++;
	if (sig == SIGCONT)
		s->stopped = false;
	if (sig == SIGTERM)
		s->term_pending = !s->ignores_term;
	if (sig == SIGKILL && !s->stuck)
		s->dies_at_ns = w->now_ns + 1;
	if (s->term_pending && !s->stopped && !s->dies_at_ns) {
		s->dies_at_ns = w->now_ns + s->term_ns + 1;
		if (s->forks_once) {
			struct soul *child = world_add(w, s->pid + 1000);

			child->ppid = s->pid;
		}
	}
	if (sig == SIGCHLD)
		for (size_t i = 0; i < w->n && s->zombies; i++)
			if (w->souls[i].ppid == s->pid && w->souls[i].dead == 1) {
				w->souls[i].dead = 2;
				if (s->zombies > 0)
					break;
			}
	return 0;
}

static void fake_pin(void *context, const struct process_id *ids, size_t n, struct pin *pins,
		     int *errors)
{
	struct world *w = context;

	for (size_t i = 0; i < n; i++) {
		struct soul *s, *read;

		world_tick(w);
		s = world_who(w, ids[i].pid);
		pins[i] = (struct pin){ .id = ids[i], .pidfd = s ? (int)(s - w->souls) : -1 };
		world_tick(w);	/* between opening and reading */
		read = world_who(w, ids[i].pid);
		errors[i] = w->no_pidfd ? w->no_pidfd : !s || !read ||
			read->start != ids[i].start_ticks || s->dead == 2 ? -ESRCH : 0;
	}
}

static int fake_signal(void *context, const struct pin *p, int sig)
{
	struct world *w = context;

	world_tick(w);
	ck_assert_int_ge(p->pidfd, 0);
	return world_hit(w, &w->souls[p->pidfd], sig);
}

static int fake_close_socket(void *context, const struct pin *p, int fd, uint64_t inode)
{
	struct world *w = context;
	struct soul *s;

	(void)fd;
	(void)inode;
	world_tick(w);
	ck_assert_int_ge(p->pidfd, 0);
	s = &w->souls[p->pidfd];
	if (s->dead)
		return -ESRCH;
	s->shut += !w->close_error;
	return w->close_error;
}

static int fake_look(void *context, const struct pin *p)
{
	struct world *w = context;

	world_tick(w);
	return p->pidfd < 0 ? 2 : w->souls[p->pidfd].dead;
}

static void fake_close(void *context, struct pin *p)
{
	(void)context;
	p->pidfd = -1;
}

static int fake_wait(void *context, const struct pin *pins, size_t n, uint64_t ns)
{
	struct world *w = context;

	(void)pins;
	(void)n;
	world_tick(w);
	w->now_ns += ns;
	w->waits++;
	if (w->cancel_at_wait && (int)w->waits == w->cancel_at_wait)
		w->cancelled++;
	if (w->cancel_again_at_wait && (int)w->waits == w->cancel_again_at_wait)
		w->cancelled++;
	return -ETIMEDOUT;
}

static uint64_t fake_now(void *context)
{
	return ((struct world *)context)->now_ns;
}

static int fake_cancelled(void *context)
{
	return ((struct world *)context)->cancelled;
}

static void fake_judge(void *context, enum judge_how how, struct patient *const *who, size_t n,
		       const struct held *held, size_t held_n, enum refusal *verdict)
{
	struct world *w = context;

	w->judged[how]++;
	for (size_t i = 0; i < n; i++) {
		struct soul *s;

		world_tick(w);
		s = world_who(w, who[i]->process.id.pid);
		if (s && s->dies_when_judged && !s->dead) {
			s->dead = 1;
			s->reaped_at_ns = w->now_ns + 100000000;
		}
		verdict[i] = !s ? REFUSE_GONE : s->innocent ? REFUSE_CHANGED :
			w->refuse_times && w->judged[how] > w->refuse_times ? REFUSE_NOT :
			w->refuse_at[how];
		if (s)
			who[i]->process.now.state = s->dead ? 'Z' : s->stopped ? 'T' : 'S';
	}
	(void)held;
	(void)held_n;
}

static struct patient **fake_late(void *context, struct held *held, size_t held_n, size_t *n)
{
	struct world *w = context;
	struct patient **list = arena_calloc(w->plan->arena, WORLD_MAX, sizeof(*list));

	world_tick(w);
	*n = 0;
	w->looks++;
	for (size_t i = 0; i < held_n; i++) {
		held[i].session_seen = w->looks <= w->session_looks;
		w->sessions_offered += held[i].led_session && !held[i].unreaped;
	}
	for (size_t i = 0; i < w->n; i++)
		for (size_t j = 0; j < held_n; j++) {
			bool known = false;

			for (size_t k = 0; k < held_n; k++)
				known |= held[k].id.pid == w->souls[i].pid;
			if (w->souls[i].ppid != held[j].id.pid || w->souls[i].dead || known)
				continue;
			list[*n] = arena_calloc(w->plan->arena, 1, sizeof(**list));
			list[*n]->process.id = (struct process_id){ w->souls[i].pid,
								    w->souls[i].start };
			list[*n]->late = true;
			list[(*n)++]->process.now.ppid = w->souls[i].ppid;
		}
	return list;
}

static int fake_kill_group(void *context, struct patient *const *who, const struct pin *pins,
			   size_t n)
{
	struct world *w = context;

	(void)who;
	if (!w->groups_work)
		return -ENOENT;
	for (size_t i = 0; i < n; i++)
		w->souls[pins[i].pidfd].dead = 2;
	return 0;
}

static int fake_intent(void *context, const struct patient *p, const char *what)
{
	struct world *w = context;

	(void)p;
	(void)what;
	world_tick(w);
	return w->audit_fails ? -ENOSPC : 0;
}

static void fake_result(void *context, const struct patient *p, const char *what, int err)
{
	(void)context;
	(void)p;
	(void)what;
	(void)err;
}

void world_ops(struct world *w, struct reap_ops *out)
{
	*out = (struct reap_ops){
		.context = w, .pin = fake_pin, .signal = fake_signal, .look = fake_look,
		.close = fake_close, .wait = fake_wait, .now = fake_now,
		.cancelled = fake_cancelled, .judge = fake_judge, .late = fake_late,
		.kill_group = fake_kill_group,
		.close_socket = fake_close_socket, .intent = fake_intent, .result = fake_result,
	};
}

struct patient *world_patient(struct world *w, const struct soul *s, enum treatment t)
{
	struct plan *plan = w->plan;
	struct patient *p = arena_calloc(plan->arena, 1, sizeof(*p));
	const struct soul *parent = world_who(w, s->ppid);

	process_init(&p->process, (struct process_id){ s->pid, s->start });
	p->process.now.state = s->dead ? 'Z' : 'S';
	p->treatment = t;
	p->confidence = CONF_EXACT;
	p->parent = (struct process_id){ s->ppid, parent ? parent->start : 0 };
	*(struct patient **)arena_push(plan->arena, &plan->patients, &plan->patient_n,
				       &plan->patient_room, sizeof(p)) = p;
	return p;
}

void world_open(struct world *w)
{
	struct arena *a = arena_new(0);

	*w = (struct world){ .now_ns = 1000 };
	w->plan = arena_calloc(a, 1, sizeof(*w->plan));
	w->plan->arena = a;
	w->plan->complete = true;
	w->plan->grace_ns = UINT64_C(5000000000);
}

void world_close(struct world *w)
{
	plan_free(w->plan);
}

int world_run(struct world *w)
{
	struct reap_ops ops;

	world_ops(w, &ops);
	return reaper_run(w->plan, &ops);
}

size_t world_sent(const struct world *w, pid_t pid, int sig)
{
	size_t n = 0;

	for (size_t i = 0; i < w->sent_n; i++)
		n += w->sent[i].pid == pid && w->sent[i].sig == sig;
	return n;
}

unsigned world_wrong(const struct world *w)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->souls[i].innocent ? w->souls[i].signals : 0;
	return n;
}
