/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a plan takes and whom it refuses, each refusal by itself: an orphan that would be a
 * patient, with one thing against it.
 */
#include "harness.h"
#include "scene.h"

#include <stdio.h>
#include <string.h>

#include "reap/plan.h"

/* We are 900, started by the shell 100 of session 100; the target 200 is dead. */
#define HERE MACHINE("self=900")
#define US P(100, 100, 1, 100, 100, "comm=bash uid=0") P(900, 90000, 100, 900, 100, "comm=leakscan uid=0")
#define WORLD HERE INIT US
#define ORPHAN(pid, rest) P(pid, 6000, 1, 200, 200, "uid=0 " rest)

static struct scene_fixture *scene;
static struct reap_policy policy;
static struct plan *plan;
static pid_t selection[4];

static void setup(void)
{
	policy = reap_policy_default();
	scene = NULL;
	plan = NULL;
}

static void teardown(void)
{
	plan_free(plan);
	if (scene)
		scene_free(scene);
}

static void plan_for(const char *lines, pid_t target)
{
	scene = scene_from(lines, target);
	scene->snapshot->replayed = false;
	plan = plan_build(scene->report, &policy);
}

static void choose(pid_t pid)
{
	selection[policy.selected_n++] = pid;
	policy.selected = selection;
}

static const struct patient *patient(pid_t pid)
{
	for (size_t i = 0; i < plan->patient_n; i++)
		if (plan->patients[i]->process.id.pid == pid)
			return plan->patients[i];
	return NULL;
}

static const char *reason(pid_t pid)
{
	for (size_t i = 0; i < plan->refusal_n; i++)
		if (plan->refusals[i].process.id.pid == pid)
			return refusal_name(plan->refusals[i].why);
	return "none";
}

static void refuses(pid_t pid, const char *why)
{
	ck_assert_msg(!patient(pid), "%d is a patient", pid);
	ck_assert_str_eq(reason(pid), why);
}

START_TEST(takes_an_orphan)
{
	plan_for(WORLD ORPHAN(300, "comm=x"), 200);
	ck_assert_ptr_nonnull(patient(300));
	ck_assert_uint_eq(plan->patient_n, 1);
	ck_assert_uint_eq(plan->refusal_n, 0);
	ck_assert_int_eq(plan_status(plan), 1);
	ck_assert_int_eq(patient(300)->treatment, TREAT_TERMINATE);
	ck_assert_str_eq(patient(300)->finding, "LS101");
}
END_TEST

START_TEST(takes_its_tree_leader_first)
{
	plan_for(WORLD ORPHAN(300, "comm=x") P(290, 6100, 300, 200, 200, "uid=0 comm=y")
		 P(280, 6200, 290, 200, 200, "uid=0 comm=z"), 200);
	ck_assert_uint_eq(plan->patient_n, 3);
	ck_assert_int_eq(plan->patients[0]->process.id.pid, 300);
	ck_assert_int_eq(plan->patients[1]->process.id.pid, 290);
	ck_assert_int_eq(plan->patients[2]->process.id.pid, 280);
}
END_TEST

START_TEST(nothing_leaked_nothing_planned)
{
	plan_for(WORLD APP P(210, 5100, 200, 100, 100, "uid=0 comm=child"), 200);
	ck_assert_uint_eq(plan->patient_n, 0);
	ck_assert_int_eq(plan_status(plan), 0);
}
END_TEST

/* One process and what is said of it, selected by name so that nothing else can refuse it. */
static void standing(const char *lines, pid_t pid, const char *why)
{
	choose(pid);
	plan_for(lines, 200);
	refuses(pid, why);
}

START_TEST(pid_1)
{
	standing(WORLD ORPHAN(300, "comm=x"), 1, "init");
}
END_TEST

START_TEST(ourselves)
{
	standing(WORLD ORPHAN(300, "comm=x"), 900, "self");
}
END_TEST

START_TEST(a_worker_of_ours)
{
	standing(WORLD P(901, 90001, 900, 900, 100, "uid=0 comm=leakscan"), 901, "self");
}
END_TEST

START_TEST(our_ancestors)
{
	standing(WORLD ORPHAN(300, "comm=x"), 100, "ancestor");
}
END_TEST

START_TEST(kernel_threads)
{
	standing(WORLD P(2, 0, 0, 0, 0, "uid=0 comm=kthreadd kthread=1"), 2, "kernel-thread");
}
END_TEST

START_TEST(a_name_like_a_kernel_thread_does_not_save)
{
	plan_for(WORLD ORPHAN(300, "comm=kworker/0:0"), 200);
	ck_assert_ptr_nonnull(patient(300));
}
END_TEST

START_TEST(init_of_another_pid_namespace)
{
	plan_for(WORLD ORPHAN(300, "comm=x ns_depth=1 ns_pid=1"), 200);
	refuses(300, "namespace-init");
}
END_TEST

START_TEST(protected_services)
{
	static const char *const names[] = { "sshd", "systemd", "systemd-journal", "dbus-daemon",
					     "containerd", "dockerd", "kubelet" };

	char lines[1024];

	snprintf(lines, sizeof(lines), "%sprocess pid=300 start=6000 ppid=1 pgid=200 sid=200 "
		 "state=S threads=1 uid=0 comm=%s\n", WORLD, names[_i]);
	choose(300);
	plan_for(lines, 200);
	refuses(300, "protected");
}
END_TEST

START_TEST(our_session_leader)
{
	/* not above us any more: its child, the shell's shell, is gone */
	standing(HERE INIT P(100, 100, 1, 100, 100, "comm=bash uid=0")
		 P(900, 90000, 1, 900, 100, "comm=leakscan uid=0"), 100, "session-leader");
}
END_TEST

START_TEST(an_identity_that_was_not_read)
{
	plan_for(WORLD P(300, 6000, 1, 200, 200, "comm=x"), 200);
	refuses(300, "unread");
}
END_TEST

START_TEST(other_users)
{
	plan_for(MACHINE("self=900 uid=1000") INIT US ORPHAN(300, "comm=x"), 200);
	refuses(300, "other-user");
}
END_TEST

START_TEST(other_users_as_root)
{
	plan_for(WORLD P(300, 6000, 1, 200, 200, "comm=x uid=1000"), 200);
	ck_assert_ptr_nonnull(patient(300));
	ck_assert_uint_ne(patient(300)->predictions & PREDICT_OTHER_UID, 0);
}
END_TEST

#define LIVE WORLD P(200, 5000, 100, 200, 200, "uid=0 comm=app") \
	P(210, 5100, 200, 200, 200, "uid=0 comm=child")

START_TEST(the_target)
{
	standing(LIVE, 200, "target");
}
END_TEST

START_TEST(the_target_when_asked)
{
	policy.with_target = true;
	plan_for(LIVE, 200);
	ck_assert_uint_eq(plan->patient_n, 2);
	ck_assert_int_eq(plan->patients[0]->process.id.pid, 200);
	ck_assert_int_eq(plan->patients[1]->process.id.pid, 210);
}
END_TEST

START_TEST(a_child_where_it_belongs)
{
	standing(LIVE, 210, "not-leaked");
}
END_TEST

START_TEST(a_stranger)
{
	standing(WORLD P(400, 300, 1, 400, 400, "uid=0 comm=other"), 400, "unrelated");
}
END_TEST

START_TEST(nobody)
{
	standing(WORLD, 401, "gone");
}
END_TEST

START_TEST(weak_evidence)
{
	const struct finding *f;

	/* the target leads neither session nor group: its launcher's are shared by all */
	plan_for(WORLD APP P(300, 6000, 1, 100, 100, "uid=0 comm=x"), 200);
	f = scene_finding(scene, KIND_ORPHAN, 300);
	ck_assert_msg(f && f->confidence == CONF_WEAK, "the scene is not what it should be");
	refuses(300, "weak");
}
END_TEST

START_TEST(weak_evidence_even_when_named)
{
	choose(300);
	plan_for(WORLD APP P(300, 6000, 1, 100, 100, "uid=0 comm=x"), 200);
	refuses(300, "weak");
}
END_TEST

#define BY_GROUP P(300, 6000, 1, 200, 150, "uid=0 comm=x")

START_TEST(less_sure_than_asked)
{
	plan_for(WORLD P(150, 150, 1, 150, 150, "uid=0 comm=bash") BY_GROUP, 200);
	refuses(300, "confidence");
}
END_TEST

START_TEST(as_sure_as_asked)
{
	policy.confidence = CONF_STRONG;
	plan_for(WORLD P(150, 150, 1, 150, 150, "uid=0 comm=bash") BY_GROUP, 200);
	ck_assert_ptr_nonnull(patient(300));
}
END_TEST

#define DAEMON ORPHAN(300, "comm=ssh-agent")

START_TEST(daemons)
{
	plan_for(WORLD DAEMON, 200);
	refuses(300, "daemon");
}
END_TEST

START_TEST(daemons_when_named)
{
	choose(300);
	plan_for(WORLD DAEMON, 200);
	ck_assert_ptr_nonnull(patient(300));
}
END_TEST

START_TEST(the_young)
{
	plan_for(WORLD P(300, 99950, 1, 200, 200, "uid=0 comm=x"), 200);
	refuses(300, "young");
}
END_TEST

START_TEST(not_selected)
{
	choose(301);
	plan_for(WORLD ORPHAN(300, "comm=x") ORPHAN(301, "comm=y")
		 P(302, 6100, 301, 200, 200, "uid=0 comm=z"), 200);
	refuses(300, "not-selected");
	ck_assert_ptr_nonnull(patient(301));
	ck_assert_ptr_nonnull(patient(302));
}
END_TEST

START_TEST(too_many_are_none)
{
	policy.max = 2;
	plan_for(WORLD ORPHAN(300, "comm=x") ORPHAN(301, "comm=y") ORPHAN(302, "comm=z"), 200);
	ck_assert_uint_eq(plan->patient_n, 0);
	refuses(300, "too-many");
	refuses(301, "too-many");
	refuses(302, "too-many");
}
END_TEST

START_TEST(as_many_as_allowed)
{
	policy.max = 3;
	plan_for(WORLD ORPHAN(300, "comm=x") ORPHAN(301, "comm=y") ORPHAN(302, "comm=z"), 200);
	ck_assert_uint_eq(plan->patient_n, 3);
}
END_TEST

START_TEST(a_record)
{
	scene = scene_from(WORLD ORPHAN(300, "comm=x"), 200);
	plan = plan_build(scene->report, &policy);
	refuses(300, "not-live");
}
END_TEST

START_TEST(a_proc_without_us)
{
	plan_for(MACHINE("self=900") INIT ORPHAN(300, "comm=x"), 200);
	refuses(300, "not-live");
}
END_TEST

START_TEST(predictions)
{
	static const struct { const char *text; unsigned bit; } rows[] = {
		{ "sigign=4000", PREDICT_TERM_IGNORED }, { "sigblk=4000", PREDICT_TERM_BLOCKED },
		{ "sigcgt=4000", PREDICT_TERM_HANDLED }, { "tracer=5", PREDICT_TRACED },
	};
	char lines[1024];

	snprintf(lines, sizeof(lines), "%sprocess pid=300 start=6000 ppid=1 pgid=200 sid=200 "
		 "state=S threads=1 uid=0 comm=x %s\n", WORLD, rows[_i].text);
	plan_for(lines, 200);
	ck_assert_ptr_nonnull(patient(300));
	ck_assert_uint_eq(patient(300)->predictions, rows[_i].bit);
}
END_TEST

START_TEST(predictions_by_state)
{
	static const struct { char state; unsigned bit; } rows[] = {
		{ 'T', PREDICT_STOPPED }, { 'D', PREDICT_WAITS }, { 't', PREDICT_TRACED },
		{ 'S', 0 },
	};
	char lines[1024];

	snprintf(lines, sizeof(lines), "%sprocess pid=300 start=6000 ppid=1 pgid=200 sid=200 "
		 "state=%c threads=1 uid=0 comm=x\n", WORLD, rows[_i].state);
	plan_for(lines, 200);
	ck_assert_ptr_nonnull(patient(300));
	ck_assert_uint_eq(patient(300)->predictions, rows[_i].bit);
}
END_TEST

/* A zombie, dead for long, of a parent with these masks. */
static void zombie_of(const char *masks, enum treatment treatment)
{
	char lines[1024];

	snprintf(lines, sizeof(lines), "%sprocess pid=200 start=5000 ppid=100 pgid=200 sid=200 "
		 "state=S threads=1 uid=0 comm=app %s\n"
		 "process pid=210 start=5100 ppid=200 pgid=200 sid=200 state=Z threads=1 "
		 "comm=child exec_start=900000000000\n", WORLD, masks);
	plan_for(lines, 200);
	ck_assert_ptr_nonnull(patient(210));
	ck_assert_str_eq(treatment_name(patient(210)->treatment), treatment_name(treatment));
}

START_TEST(zombies_are_nudged_where_it_can_help)
{
	zombie_of("sigcgt=10000", TREAT_NUDGE);
}
END_TEST

START_TEST(zombies_with_deaf_parents_get_advice)
{
	static const char *const masks[] = { "sigcgt=0", "sigcgt=10000 sigblk=10000",
					     "sigign=10000" };

	zombie_of(masks[_i], TREAT_ADVISE);
	ck_assert_ptr_nonnull(patient(210)->advice);
}
END_TEST

START_TEST(judged_again_by_identity_and_target)
{
	struct plan *now;
	struct patient *p;
	const char *detail;

	plan_for(WORLD ORPHAN(300, "comm=x"), 200);
	p = plan->patients[0];
	now = plan_build(scene->report, &policy);
	ck_assert_int_eq(plan_again(plan, now, p, &detail), REFUSE_NOT);
	now->target = (struct process_id){ 200, 99000 };
	ck_assert_int_eq(plan_again(plan, now, p, &detail), REFUSE_CHANGED);
	now->target = (struct process_id){ 0, 0 };
	p->process.id.start_ticks++;
	ck_assert_int_eq(plan_again(plan, now, p, &detail), REFUSE_CHANGED);
	plan_free(now);
}
END_TEST

/* Late forks: 300 is held, 310 is its child, 320 was and lives in its session. */
START_TEST(late_forks)
{
	struct held held = { .id = { 300, 6000 }, .unreaped = true, .led_session = true,
			     .led_group = true };
	struct patient **late;
	size_t n;

	plan_for(WORLD P(300, 6000, 1, 300, 300, "uid=0 comm=x") P(310, 7000, 300, 5, 5, "uid=0")
		 P(320, 7000, 1, 320, 300, "uid=0") P(330, 7000, 1, 300, 5, "uid=0")
		 P(340, 7000, 1, 340, 340, "uid=0"), 200);
	late = plan_late(scene->snapshot, &held, 1, 0, CONF_EXACT, plan->arena, &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(late[0]->process.id.pid, 310);
	ck_assert_int_eq(late[1]->process.id.pid, 320);
	plan_late(scene->snapshot, &held, 1, 0, CONF_STRONG, plan->arena, &n);
	ck_assert_uint_eq(n, 3);
	/* reaped, and its pid is another's: neither its children nor its session are ours */
	held.unreaped = false;
	plan_late(scene->snapshot, &held, 1, 0, CONF_STRONG, plan->arena, &n);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(late_forks_of_a_dead_target)
{
	struct held held = { .id = { 300, 6000 } };
	size_t n;

	plan_for(WORLD P(310, 7000, 1, 200, 200, "uid=0") P(320, 7000, 1, 5, 5, "uid=0"), 200);
	plan_late(scene->snapshot, &held, 1, 200, CONF_EXACT, plan->arena, &n);
	ck_assert_uint_eq(n, 1);
	scene_free(scene);
	plan_free(plan);
	/* somebody has that pid now */
	plan_for(WORLD P(200, 6900, 1, 200, 200, "uid=0") P(310, 7000, 1, 200, 200, "uid=0"), 200);
	plan_late(scene->snapshot, &held, 1, 200, CONF_EXACT, plan->arena, &n);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* Views show a plan when its report has long gone. */
START_TEST(outlives_the_report)
{
	plan_for(WORLD APP P(300, 6000, 1, 100, 100, "uid=0 comm=x"), 200);
	refuses(300, "weak");
	scene_free(scene);
	scene = NULL;
	ck_assert_ptr_nonnull(strstr(plan->refusals[0].detail, "100"));
}
END_TEST

/* A leak that is refused is still one; what only looks like one, or was not asked for, none. */
START_TEST(refused_leaks_remain)
{
	static const struct { const char *line; pid_t select; int status; } rows[] = {
		{ P(150, 150, 1, 150, 150, "uid=0 comm=bash") BY_GROUP, 0, 1 },
		{ ORPHAN(300, "comm=systemd-resolve"), 0, 1 },
		{ DAEMON, 0, 0 },
		{ P(300, 99950, 1, 200, 200, "uid=0 comm=x"), 0, 0 },
		{ "", 1, 1 },		/* asked for by its pid */
		{ "", 100, 1 },
		{ "", 4000, 0 },	/* and not there at all */
	};
	char lines[1024];

	if (rows[_i].select)
		choose(rows[_i].select);
	snprintf(lines, sizeof(lines), WORLD "%s", rows[_i].line);
	plan_for(lines, 200);
	ck_assert_uint_eq(plan->patient_n, 0);
	ck_assert_int_eq(plan_status(plan), rows[_i].status);
	plan->acted = true;
	ck_assert_int_eq(plan_status(plan), rows[_i].status);
}
END_TEST

START_TEST(nothing_found_by_the_blind)
{
	plan_for(WORLD, 200);
	plan->complete = false;
	ck_assert_int_eq(plan_status(plan), 3);
}
END_TEST

START_TEST(all_cleaned_by_the_blind)
{
	plan_for(WORLD ORPHAN(300, "comm=x"), 200);
	plan->complete = false;
	plan->acted = true;
	plan->patients[0]->fate = FATE_REAPED;
	ck_assert_int_eq(plan_status(plan), 0);
}
END_TEST

/* --max is for all targets of one command together. */
START_TEST(many_targets_have_one_limit)
{
	struct plan *plans[2];

	plan_for(WORLD ORPHAN(300, "comm=x") ORPHAN(301, "comm=y"), 200);
	plans[0] = plan;
	plans[1] = plan_build(scene->report, &policy);
	/* the same two: they count once */
	plans_limit(plans, 2, 2);
	ck_assert_uint_eq(plans[0]->patient_n, 2);
	ck_assert_uint_eq(plans[1]->patient_n, 2);
	plans[1]->patients[0]->process.id.pid = 302;
	plans_limit(plans, 2, 2);
	ck_assert_uint_eq(plans[0]->patient_n, 0);
	ck_assert_uint_eq(plans[1]->patient_n, 0);
	ck_assert_str_eq(reason(300), "too-many");
	ck_assert_int_eq(plan_status(plan), 1);
	plan_free(plans[1]);
}
END_TEST

#define ZOMBIE_AND_PARENT \
	"process pid=200 start=5000 ppid=100 pgid=200 sid=200 state=S threads=1 uid=0 " \
	"comm=app sigcgt=10000\n" \
	"process pid=210 start=5100 ppid=200 pgid=200 sid=200 state=Z threads=1 comm=child " \
	"exec_start=900000000000\n"

START_TEST(zombies_of_the_ended_need_no_nudge)
{
	policy.with_target = true;
	plan_for(WORLD ZOMBIE_AND_PARENT, 200);
	ck_assert_int_eq(patient(200)->treatment, TREAT_TERMINATE);
	ck_assert_int_eq(patient(210)->treatment, TREAT_ADVISE);
}
END_TEST

/* A nudge is for that parent, and only as long as it can help. */
START_TEST(nudges_are_judged_again)
{
	struct plan *now;
	const char *detail;

	plan_for(WORLD ZOMBIE_AND_PARENT, 200);
	now = plan_build(scene->report, &policy);
	ck_assert_int_eq(plan_again(plan, now, patient(210), &detail), REFUSE_NOT);
	now->patients[0]->parent.start_ticks++;
	ck_assert_int_eq(plan_again(plan, now, patient(210), &detail), REFUSE_CHANGED);
	now->patients[0]->parent.start_ticks--;
	now->patients[0]->treatment = TREAT_ADVISE;
	ck_assert_int_eq(plan_again(plan, now, patient(210), &detail), REFUSE_CHANGED);
	plan_free(now);
}
END_TEST

/* Whose number is in use still, also by a zombie; and of two with one pid the living. */
START_TEST(late_looks_note_who_is_seen)
{
	struct held held[] = { { .id = { 300, 6000 }, .led_session = true, .led_group = true },
			       { .id = { 301, 6000 }, .led_session = true, .led_group = true },
			       { .id = { 302, 6000 } },
			       { .id = { 302, 6500 }, .unreaped = true } };
	size_t n;

	plan_for(WORLD P(302, 6500, 1, 5, 5, "uid=0") P(310, 7000, 302, 5, 5, "uid=0")
		 "process pid=320 start=7000 ppid=1 pgid=301 sid=300 state=Z threads=1 comm=z\n",
		 200);
	plan_late(scene->snapshot, held, 4, 0, CONF_EXACT, plan->arena, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert(held[0].session_seen && !held[0].group_seen);
	ck_assert(!held[1].session_seen && held[1].group_seen);
}
END_TEST

/* Only the sockets: whoever listens is left alive, nobody else is a patient. */
START_TEST(only_sockets)
{
	policy.sockets_only = true;
	plan_for(WORLD ORPHAN(300, "") SOCKET(300, 5, 7) ORPHAN(301, "")
		 "socket inode=7 family=tcp port=80 listening=1\n", 200);
	ck_assert_ptr_nonnull(patient(300));
	ck_assert_int_eq(patient(300)->treatment, TREAT_CLOSE);
	ck_assert_uint_eq(patient(300)->listener_n, 1);
	ck_assert_int_eq(patient(300)->listeners[0].fd, 5);
	ck_assert_int_eq(patient(300)->listeners[0].port, 80);
	ck_assert_int_eq(patient(300)->listeners[0].end, SOCKET_LEFT);
	refuses(301, "no-socket");
}
END_TEST

START_TEST(shared_sockets_are_left)
{
	policy.sockets_only = true;
	plan_for(WORLD P(150, 4000, 1, 150, 150, "uid=0") SOCKET(150, 3, 7)
		 ORPHAN(300, "") SOCKET(300, 5, 7)
		 "socket inode=7 family=tcp port=80 listening=1\n", 200);
	ck_assert_ptr_nonnull(patient(300));
	ck_assert_int_eq(patient(300)->listeners[0].end, SOCKET_SHARED);
	ck_assert_int_eq(patient(300)->listeners[0].shared_with, 150);
}
END_TEST

/* The number is another socket's by now, or somebody has joined. */
START_TEST(sockets_are_judged_again)
{
	static const char *const later[] = {
		SOCKET(300, 5, 8) "socket inode=8 family=tcp port=80 listening=1\n",
		SOCKET(300, 5, 7) SOCKET(100, 3, 7)
			"socket inode=7 family=tcp port=80 listening=1\n",
	};
	static const enum socket_end ends[] = { SOCKET_CHANGED, SOCKET_SHARED };
	struct scene_fixture *now;
	char lines[4096];
	struct plan *again;

	policy.sockets_only = true;
	plan_for(WORLD ORPHAN(300, "") SOCKET(300, 5, 7)
		 "socket inode=7 family=tcp port=80 listening=1\n", 200);
	snprintf(lines, sizeof(lines), WORLD ORPHAN(300, "") "%s", later[_i]);
	now = scene_from(lines, 200);
	now->snapshot->replayed = false;
	again = plan_build(now->report, &policy);
	ck_assert_ptr_nonnull(patient(300));
	plan_again_sockets(again, plan->patients[0]);
	ck_assert_int_eq(patient(300)->listeners[0].end, ends[_i]);
	plan_free(again);
	scene_free(now);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reap_plan");
	TCase *t = tcase_create("plan");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, takes_an_orphan);
	tcase_add_test(t, takes_its_tree_leader_first);
	tcase_add_test(t, nothing_leaked_nothing_planned);
	tcase_add_test(t, pid_1);
	tcase_add_test(t, ourselves);
	tcase_add_test(t, a_worker_of_ours);
	tcase_add_test(t, our_ancestors);
	tcase_add_test(t, kernel_threads);
	tcase_add_test(t, a_name_like_a_kernel_thread_does_not_save);
	tcase_add_test(t, init_of_another_pid_namespace);
	tcase_add_loop_test(t, protected_services, 0, 7);
	tcase_add_test(t, our_session_leader);
	tcase_add_test(t, an_identity_that_was_not_read);
	tcase_add_test(t, other_users);
	tcase_add_test(t, other_users_as_root);
	tcase_add_test(t, the_target);
	tcase_add_test(t, the_target_when_asked);
	tcase_add_test(t, a_child_where_it_belongs);
	tcase_add_test(t, a_stranger);
	tcase_add_test(t, nobody);
	tcase_add_test(t, weak_evidence);
	tcase_add_test(t, weak_evidence_even_when_named);
	tcase_add_test(t, less_sure_than_asked);
	tcase_add_test(t, as_sure_as_asked);
	tcase_add_test(t, daemons);
	tcase_add_test(t, daemons_when_named);
	tcase_add_test(t, the_young);
	tcase_add_test(t, not_selected);
	tcase_add_test(t, too_many_are_none);
	tcase_add_test(t, as_many_as_allowed);
	tcase_add_test(t, a_record);
	tcase_add_test(t, a_proc_without_us);
	tcase_add_loop_test(t, predictions, 0, 4);
	tcase_add_loop_test(t, predictions_by_state, 0, 4);
	tcase_add_test(t, zombies_are_nudged_where_it_can_help);
	tcase_add_loop_test(t, zombies_with_deaf_parents_get_advice, 0, 3);
	tcase_add_test(t, judged_again_by_identity_and_target);
	tcase_add_test(t, late_forks);
	tcase_add_test(t, late_forks_of_a_dead_target);
	tcase_add_test(t, outlives_the_report);
	tcase_add_loop_test(t, refused_leaks_remain, 0, 7);
	tcase_add_test(t, nothing_found_by_the_blind);
	tcase_add_test(t, all_cleaned_by_the_blind);
	tcase_add_test(t, many_targets_have_one_limit);
	tcase_add_test(t, zombies_of_the_ended_need_no_nudge);
	tcase_add_test(t, nudges_are_judged_again);
	tcase_add_test(t, late_looks_note_who_is_seen);
	tcase_add_test(t, only_sockets);
	tcase_add_test(t, shared_sockets_are_left);
	tcase_add_loop_test(t, sockets_are_judged_again, 0, 2);
	return harness_main(s);
}
