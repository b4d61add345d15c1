/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plans made by hand, before and after, with what can be said of a patient.
 */
#include "plan_scenes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static struct plan *plan_new(bool acted)
{
	struct arena *a = arena_new(0);
	struct plan *p = arena_calloc(a, 1, sizeof(*p));

	*p = (struct plan){
		.arena = a, .selector = "pid=4711", .target_pid = 4711, .target_dead = true,
		.host = "example", .boot_id = "0f3c7a9e-5d0b-4f5e-9d6d-3d1c2b4a5e6f",
		.wall_s = 1709294400, .grace_ns = UINT64_C(5000000000), .acted = acted,
		.complete = true,
	};
	return p;
}

static struct process process_of(pid_t pid, const char *comm, const char *command)
{
	struct process p;

	process_init(&p, (struct process_id){ pid, 1000 + (uint64_t)pid });
	snprintf(p.comm, sizeof(p.comm), "%s", comm);
	p.command = command;
	p.user = "alice";
	p.now.state = 'S';
	return p;
}

static struct patient *patient(struct plan *plan, pid_t pid, const char *comm,
			       const char *command, enum treatment t)
{
	struct patient *p = arena_calloc(plan->arena, 1, sizeof(*p));

	*p = (struct patient){
		.process = process_of(pid, comm, command), .treatment = t,
		.relation = REL_ORPHAN, .confidence = CONF_EXACT, .finding = "LS101",
		.why = "its session 4711 was led by the target",
		.parent = { 1, 1 }, .parent_name = "systemd",
	};
	if (t == TREAT_TERMINATE)
		p->would = "SIGTERM";
	*(struct patient **)arena_push(plan->arena, &plan->patients, &plan->patient_n,
				       &plan->patient_room, sizeof(p)) = p;
	return p;
}

static void refuse(struct plan *plan, pid_t pid, const char *comm, enum refusal why,
		   const char *detail)
{
	struct refused *r = arena_push(plan->arena, &plan->refusals, &plan->refusal_n,
				       &plan->refusal_room, sizeof(*r));

	*r = (struct refused){ process_of(pid, comm, NULL), why, detail, false };
}

static void step(struct patient *p, enum step s, enum step_end end, pid_t only,
		 const char *note)
{
	p->steps[s] = (struct step_result){ end, only, note };
}

static struct plan *make_plan(void)
{
	struct plan *plan = plan_new(false);
	struct patient *p = patient(plan, 4720, "worker", "worker --spool /var/spool/app",
				    TREAT_TERMINATE);

	p->predictions = PREDICT_TERM_HANDLED;
	p = patient(plan, 4721, "child", "child", TREAT_TERMINATE);
	p->relation = REL_ORPHAN_DESCENDANT;
	p->finding = NULL;
	p->why = NULL;
	p->parent = (struct process_id){ 4720, 5720 };
	p->depth = 1;
	p->predictions = PREDICT_TERM_IGNORED | PREDICT_STOPPED | PREDICT_TRACED |
		PREDICT_OTHER_UID | PREDICT_WAITS;
	p->would = "SIGTERM, SIGCONT and, if it lives on, SIGKILL";
	p = patient(plan, 4722, "\033[2Jevil\n", "\033]0;owned\a \xff\xe2\x80\xae", TREAT_TERMINATE);
	p->predictions = PREDICT_FROZEN | PREDICT_TERM_BLOCKED;
	p = patient(plan, 4730, "dead", NULL, TREAT_NUDGE);
	p->finding = "LS201";
	p->parent = (struct process_id){ 4729, 5729 };
	snprintf(p->parent_name, sizeof(p->parent_name), "keeper");
	p->would = "SIGCHLD";
	p = patient(plan, 4731, "dead", NULL, TREAT_ADVISE);
	p->finding = "LS201";
	p->advice = "its parent must wait, or end";
	refuse(plan, 4740, "logger", REFUSE_DAEMON, "its pid file is /run/logger.pid");
	refuse(plan, 4741, "other", REFUSE_USER, "uid 1001");
	refuse(plan, 4742, "maybe", REFUSE_WEAK, NULL);
	plan->complete = false;
	return plan;
}

static struct plan *make_acted(void)
{
	struct plan *plan = plan_new(true);
	struct patient *p = patient(plan, 4720, "worker", "worker", TREAT_TERMINATE);

	p->fate = FATE_REAPED;
	p->sent = 1;
	step(p, STEP_CLOSE_PIPE, STEP_ONLY, 812, "it holds the other end");
	step(p, STEP_RUNNING, STEP_DONE, 0, "yes, state S");
	step(p, STEP_TERM, STEP_DONE, 0, NULL);
	step(p, STEP_WAIT, STEP_DONE, 0, "12 ms");
	step(p, STEP_KILL, STEP_NOT_NEEDED, 0, NULL);
	step(p, STEP_REAP, STEP_DONE, 0, "by systemd (1)");
	step(p, STEP_GONE, STEP_DONE, 0, NULL);
	p = patient(plan, 4721, "stuck", "stuck", TREAT_TERMINATE);
	p->fate = FATE_STUCK;
	p->fate_why = "lives on after SIGKILL, in nfs_wait_bit_killable";
	p->sent = 2;
	p->late = true;
	step(p, STEP_CLOSE_PIPE, STEP_NOT_NEEDED, 0, "it holds no pipe");
	step(p, STEP_RUNNING, STEP_DONE, 0, "yes, state D");
	step(p, STEP_TERM, STEP_DONE, 0, "it ignores it");
	step(p, STEP_WAIT, STEP_DONE, 0, "5 s");
	step(p, STEP_KILL, STEP_DONE, 0, NULL);
	step(p, STEP_REAP, STEP_FAILED, 0, NULL);
	step(p, STEP_GONE, STEP_FAILED, 0, "it is still there");
	p = patient(plan, 4722, "changed", "changed", TREAT_TERMINATE);
	p->fate = FATE_REFUSED;
	p->refused = REFUSE_USER;
	p->fate_why = "uid 1001";
	step(p, STEP_CLOSE_PIPE, STEP_NOT_NEEDED, 0, "it holds no pipe");
	step(p, STEP_RUNNING, STEP_DONE, 0, "yes, state S");
	step(p, STEP_TERM, STEP_FAILED, 0, NULL);
	step(p, STEP_WAIT, STEP_NOT_NEEDED, 0, NULL);
	step(p, STEP_KILL, STEP_FAILED, 0, NULL);
	step(p, STEP_REAP, STEP_FAILED, 0, NULL);
	step(p, STEP_GONE, STEP_FAILED, 0, "it is still there");
	return plan;
}

static struct patient *listener(struct plan *plan)
{
	static struct listener list[5];
	struct patient *p = patient(plan, 4720, "server", "server --port 8080", TREAT_CLOSE);

	memcpy(list, (const struct listener[5]){
		{ .fd = 3, .inode = 70, .port = 8080 },
		{ .fd = 4, .inode = 71, .port = 8081, .shared_with = 812, .end = SOCKET_SHARED },
		{ .fd = 5, .inode = 72 }, { .fd = 6, .inode = 73, .port = 8082 },
	}, sizeof(list));
	p->listeners = list;
	p->listener_n = 4;
	return p;
}

static struct plan *make_sockets(void)
{
	struct plan *plan = plan_new(false);

	listener(plan);
	refuse(plan, 4721, "child", REFUSE_NO_SOCKET, NULL);
	return plan;
}

static struct plan *make_sockets_acted(void)
{
	struct plan *plan = plan_new(true);
	struct patient *p = listener(plan);

	p->fate = FATE_LISTENING;
	p->listeners[0].end = SOCKET_SHUT;
	p->listeners[2].end = SOCKET_CHANGED;
	p->listeners[3].end = SOCKET_FAILED;
	p->listeners[3].error = -EPERM;
	return plan;
}

static struct plan *make_nothing(void)
{
	return plan_new(false);
}

/* Three of one parent are told at once; the fourth is another's. */
static struct plan *make_zombies(void)
{
	struct plan *plan = plan_new(false);

	for (pid_t pid = 4730; pid < 4734; pid++) {
		struct patient *p = patient(plan, pid, "sh", NULL, TREAT_ADVISE);

		p->relation = REL_DESCENDANT;
		p->why = pid % 2 ? "odd" : "even";
		p->parent = (struct process_id){ pid < 4733 ? 4711 : 4712, 5711 };
		snprintf(p->parent_name, sizeof(p->parent_name), "app\n");
		p->advice = "the parent must wait for its children";
	}
	plan->elsewhere = 2;
	return plan;
}

static struct plan *make_zombies_acted(void)
{
	struct plan *plan = make_zombies();

	plan->acted = true;
	for (size_t i = 0; i < plan->patient_n; i++) {
		struct patient *p = plan->patients[i];

		p->fate = i == 2 ? FATE_REAPED : FATE_UNREAPED;
		step(p, STEP_CLOSE_PIPE, STEP_NOT_NEEDED, 0, "the dead hold no pipe");
		step(p, STEP_REAP, STEP_ONLY, i == 3 ? 0 : p->parent.pid, p->advice);
	}
	return plan;
}

/* Nobody is to be ended, and yet it is not clean. */
static struct plan *make_refused(void)
{
	struct plan *plan = plan_new(false);

	refuse(plan, 4741, "other", REFUSE_USER, "uid 1001");
	plan->refusals[0].remains = true;
	return plan;
}

static const struct { const char *name; struct plan *(*make)(void); } scenes[] = {
	{ "reap-plan", make_plan },
	{ "reap-acted", make_acted },
	{ "reap-sockets", make_sockets },
	{ "reap-sockets-acted", make_sockets_acted },
	{ "reap-nothing", make_nothing },
	{ "reap-zombies", make_zombies },
	{ "reap-zombies-acted", make_zombies_acted },
	{ "reap-refused", make_refused },
};

struct plan *plan_scene(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		if (!strcmp(scenes[i].name, name))
			return scenes[i].make();
	return NULL;
}
