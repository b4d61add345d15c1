/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reaper knows nothing of onlookers, so its operations are wrapped: each goes on to the
 * real one, and what it was about moves the patient on, under a lock, in a list that the
 * board copies.
 */
#include "cmd/top_reap.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cmd/operate.h"
#include "cmd/top_thread.h"

struct reap_job {
	pthread_t thread;
	int wake;
	struct question q;
	pid_t pid;			/* of q, if it is one */
	struct reap_policy policy;
	pid_t selected[256];
	struct plan *plan;
	size_t planned_n;		/* those in the list behind them came late */
	const char *audit_path;
	struct audit audit;
	const char *why;		/* nothing was touched; or NULL */
	atomic_int cancels;
	const struct reap_ops *real;
	struct reap_ops ops;
	int err;

	pthread_mutex_t lock;
	bool over, changed;
	struct board_patient *patients;
	char (*names)[64];
	size_t n, room;
	uint64_t kill_at_ns;
};

/* --- the list --- */

static struct board_patient *find(struct reap_job *j, struct process_id id)
{
	for (size_t i = 0; i < j->n; i++)
		if (process_id_same(j->patients[i].id, id))
			return &j->patients[i];
	return NULL;
}

static struct board_patient *add(struct reap_job *j, const struct patient *p)
{
	if (j->n == j->room) {
		j->room = j->room ? 2 * j->room : 64;
		j->patients = reallocarray(j->patients, j->room, sizeof(*j->patients));
		j->names = reallocarray(j->names, j->room, sizeof(*j->names));
		if (!j->patients || !j->names)
			abort();
	}
	memcpy(j->names[j->n], p->process.comm, sizeof(j->names[0]));
	j->patients[j->n] = (struct board_patient){ .id = p->process.id };
	return &j->patients[j->n++];
}

static void changed(struct reap_job *j)
{
	j->changed = true;
	pthread_mutex_unlock(&j->lock);
	thread_wake(j->wake);
}

static void move_on(struct reap_job *j, struct process_id id, enum step at, bool over, bool gone)
{
	struct board_patient *p;

	pthread_mutex_lock(&j->lock);
	p = find(j, id);
	if (!p || p->over || (p->at == at && !over)) {
		pthread_mutex_unlock(&j->lock);
		return;
	}
	p->at = at;
	p->over = over;
	p->gone = gone;
	changed(j);
}

/* --- the operations --- */

static void job_pin(void *context, const struct process_id *ids, size_t n, struct pin *pins,
		    int *errors)
{
	struct reap_job *j = context;

	j->real->pin(j->real->context, ids, n, pins, errors);
	for (size_t i = 0; i < n; i++)
		move_on(j, ids[i], STEP_RUNNING, errors[i] != 0, errors[i] == -ESRCH);
}

static int job_signal(void *context, const struct pin *pin, int sig)
{
	struct reap_job *j = context;

	return j->real->signal(j->real->context, pin, sig);
}

static int job_look(void *context, const struct pin *pin)
{
	struct reap_job *j = context;
	int seen = j->real->look(j->real->context, pin);

	if (seen == 2 && pin->pidfd >= 0)
		move_on(j, pin->id, STEP_GONE, true, true);
	else if (seen == 1)
		move_on(j, pin->id, STEP_REAP, false, false);
	return seen;
}

static void job_close(void *context, struct pin *pin)
{
	struct reap_job *j = context;

	j->real->close(j->real->context, pin);
}

static int job_wait(void *context, const struct pin *pins, size_t n, uint64_t ns)
{
	struct reap_job *j = context;

	return j->real->wait(j->real->context, pins, n, ns);
}

static uint64_t job_now(void *context)
{
	struct reap_job *j = context;

	return j->real->now(j->real->context);
}

static int job_cancelled(void *context)
{
	return atomic_load(&((struct reap_job *)context)->cancels);
}

static void job_judge(void *context, enum judge_how how, struct patient *const *who, size_t n,
		      const struct held *held, size_t held_n, enum refusal *verdict)
{
	struct reap_job *j = context;

	j->real->judge(j->real->context, how, who, n, held, held_n, verdict);
	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < n; i++) {
		struct board_patient *p = find(j, who[i]->process.id);

		if (!p && !verdict[i])
			p = add(j, who[i]);
		if (!p || p->over)
			continue;
		p->over = verdict[i] != REFUSE_NOT;
		if (!verdict[i] && who[i]->treatment == TREAT_TERMINATE)
			p->at = how == JUDGE_STILL ? STEP_KILL : STEP_TERM;
	}
	if (how == JUDGE_AGAIN && !j->kill_at_ns)
		j->kill_at_ns = job_now(j) + j->plan->grace_ns;
	if (how == JUDGE_STILL)
		j->kill_at_ns = 0;
	changed(j);
}

static struct patient **job_late(void *context, struct held *held, size_t held_n, size_t *n)
{
	struct reap_job *j = context;

	return j->real->late(j->real->context, held, held_n, n);
}

static int job_kill_group(void *context, struct patient *const *who, const struct pin *pins,
			  size_t n)
{
	struct reap_job *j = context;
	int err = j->real->kill_group(j->real->context, who, pins, n);

	if (err)
		return err;
	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < n; i++) {
		struct board_patient *p = find(j, who[i]->process.id);

		if (p)
			p->killed = true;
	}
	changed(j);
	return 0;
}

static int job_close_socket(void *context, const struct pin *pin, int fd, uint64_t inode)
{
	struct reap_job *j = context;

	return j->real->close_socket(j->real->context, pin, fd, inode);
}

static int job_intent(void *context, const struct patient *p, const char *what)
{
	struct reap_job *j = context;

	return j->real->intent(j->real->context, p, what);
}

static void job_result(void *context, const struct patient *patient, const char *what, int err)
{
	struct reap_job *j = context;
	struct board_patient *p;

	j->real->result(j->real->context, patient, what, err);
	pthread_mutex_lock(&j->lock);
	p = find(j, patient->process.id);
	if (!p || p->over) {
		pthread_mutex_unlock(&j->lock);
		return;
	}
	if (!strcmp(what, "SIGTERM")) {
		p->termed = !err;
		p->at = err ? STEP_TERM : STEP_WAIT;
	} else if (!strcmp(what, "SIGKILL")) {
		p->killed = !err;
		p->at = STEP_KILL;
	} else if (!strcmp(what, "SIGCHLD")) {
		p->at = STEP_REAP;
	}
	changed(j);
}

static const char *job_wchan(void *context, const struct patient *p)
{
	struct reap_job *j = context;

	return j->real->wchan(j->real->context, p);
}

static const struct reap_ops *watch(void *watcher, const struct reap_ops *real)
{
	struct reap_job *j = watcher;

	j->real = real;
	j->ops = (struct reap_ops){
		.context = j, .pin = job_pin, .signal = job_signal, .look = job_look,
		.close = job_close, .wait = job_wait, .now = job_now,
		.cancelled = job_cancelled, .judge = job_judge, .late = job_late,
		.kill_group = real->kill_group ? job_kill_group : NULL,
		.close_socket = job_close_socket,
		.intent = job_intent, .result = job_result, .wchan = job_wchan,
	};
	return &j->ops;
}

/* --- the job --- */

static void *job_main(void *context)
{
	struct reap_job *j = context;
	struct operation operation = { .q = &j->q, .policy = &j->policy, .plan = j->plan,
				       .audit = &j->audit, .watch = watch, .watcher = j };
	/* may wait for another one that is at work */
	int err = audit_open(&j->audit, j->audit_path);

	if (err)
		j->why = audit_error(err);
	else
		err = operate(&operation);
	audit_close(&j->audit);
	pthread_mutex_lock(&j->lock);
	j->err = err;
	j->over = true;
	changed(j);
	return NULL;
}

static void job_free(struct reap_job *j)
{
	plan_free(j->plan);
	pthread_mutex_destroy(&j->lock);
	free(j->patients);
	free(j->names);
	free(j);
}

static void keep_question(struct reap_job *j, const struct question *q,
			  const struct reap_policy *policy)
{
	j->q = *q;
	j->q.previous = NULL;
	if (q->pid_n == 1) {
		j->pid = q->pids[0];
		j->q.pids = &j->pid;
	}
	j->policy = *policy;
	if (j->policy.selected_n > ARRAY_SIZE(j->selected))
		j->policy.selected_n = ARRAY_SIZE(j->selected);
	for (size_t i = 0; i < j->policy.selected_n; i++)
		j->selected[i] = policy->selected[i];
	j->policy.selected = j->selected;
}

int reap_job_start(const struct question *q, const struct reap_policy *policy,
		   const char *audit, struct plan *plan, int wake_fd, struct reap_job **out)
{
	struct reap_job *j = calloc(1, sizeof(*j));
	int err;

	if (!j)
		abort();
	keep_question(j, q, policy);
	j->plan = plan;
	j->planned_n = plan->patient_n;
	j->audit_path = audit;
	j->wake = wake_fd;
	pthread_mutex_init(&j->lock, NULL);
	for (size_t i = 0; i < plan->patient_n; i++)
		add(j, plan->patients[i]);
	operate_prepare();
	err = thread_start(&j->thread, job_main, j);
	if (!err) {
		*out = j;
		return 0;
	}
	j->plan = NULL;
	job_free(j);
	return err;
}

void reap_job_cancel(struct reap_job *j)
{
	atomic_fetch_add(&j->cancels, 1);
}

bool reap_job_tell(struct reap_job *j, struct board *b)
{
	bool over;

	pthread_mutex_lock(&j->lock);
	over = j->over;
	if (j->changed) {
		struct board_progress progress = { .patients = j->patients, .n = j->n,
						   .kill_at_ns = j->kill_at_ns };

		for (size_t i = j->planned_n; i < j->n; i++)
			j->patients[i].name = j->names[i];
		board_progress(b, &progress);
	}
	j->changed = false;
	pthread_mutex_unlock(&j->lock);
	if (!over)
		return false;
	pthread_join(j->thread, NULL);
	if (j->why)
		board_say(b, SEV_CRITICAL, j->why);
	board_reaped(b, j->plan, j->why ? -EIO : j->err);
	job_free(j);
	return true;
}

void reap_job_end(struct reap_job *j)
{
	pthread_join(j->thread, NULL);
	job_free(j);
}
