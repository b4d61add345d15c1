/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds for every family, on random machines: few pids, so that everything
 * collides, and facts that contradict each other as those of a changing machine do.
 */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#include "detect/detectors.h"
#include "family/kinship.h"

#define ROUNDS 20000
#define PIDS 24			/* pids are 1 to PIDS */

static unsigned seed;
static unsigned seen[REL_POSSIBLE + 1], accused;

static unsigned dice(unsigned sides)
{
	return (unsigned)rand_r(&seed) % sides;
}

static void add_fds(struct snapshot *s, struct process *p)
{
	struct descriptor *fds = arena_calloc(s->arena, 4, sizeof(*fds));

	p->fds = fds;
	p->fd_n = dice(5);
	for (size_t i = 0; i < p->fd_n; i++) {
		static const enum fd_kind kinds[] =
			{ FD_PIPE, FD_SOCKET, FD_FILE, FD_UNREADABLE };
		enum fd_kind kind = kinds[dice(4)];

		fds[i] = (struct descriptor){ .fd = (int)(i + dice(2) * 3), .kind = kind,
					      .mode = (enum fd_mode)dice(4), .inode = 1 +
					      dice(6),
					      .locked = !dice(9) };
		if (kind != FD_UNREADABLE)
			fds[i].target = arena_printf(s->arena, "thing:[%d]",
						     (int)fds[i].inode);
	}
}

static void add_process(struct snapshot *s, pid_t pid)
{
	static const char *const comms[] = { "app", "systemd", "tmux", "x", "conmon",
		"bash" };
	static const char *const cgroups[] = { "/", "/a.service", "/b.scope",
		"/a.service/c" };
	static const char *const entries[] = { "LEAKSCAN_ID=1",
		"DATA=/a/very/long/value/1",
					       "BUILD_ID=dontKillMe",
					       "DATA=/a/very/long/value/2" };
	struct process *p = snapshot_add(s, (struct process_id){ pid, dice(40) });
	const char **environ = arena_calloc(s->arena, 1, sizeof(*environ));

	/* parents mostly older, but not always: a reused pid can close a circle */
	p->now.ppid = (pid_t)(dice(8) ? dice((unsigned)pid) : dice(PIDS + 2));
	p->sid = (pid_t)(dice(3) ? 1 + dice(PIDS) : (unsigned)pid);
	p->pgid = (pid_t)(dice(3) ? 1 + dice(PIDS) : (unsigned)pid);
	p->now.state = "SSSRDZZT"[dice(8)];
	p->threads = dice(4);
	p->now.at_ns = s->now_ns;
	p->before = p->now;
	p->before.at_ns = dice(4) ? s->now_ns - 500000000 : 0;
	p->kernel_thread = !dice(15);
	p->gone = !dice(15);
	strcpy(p->comm, comms[dice(6)]);
	p->read = dice(4) ? UINT32_MAX : (uint32_t)rand_r(&seed);
	p->read |= FACT_BIT(FACT_STAT);
	p->denied = ~p->read & (uint32_t)rand_r(&seed);
	p->ns_depth = dice(6) ? 0 : dice(3);
	p->ns_pid = (pid_t)(1 + dice(PIDS));
	p->uid = dice(2);
	p->tracer = (pid_t)(dice(9) ? 0 : dice(PIDS));
	p->nofile_soft = dice(3) ? 100 : LIMIT_UNLIMITED;
	p->now.fd_count = (int64_t)dice(130) - 1;
	p->locks_soft = dice(3) ? LIMIT_UNLIMITED : (UINT64_C(1) << 62) + dice(2);
	p->cgroup = dice(4) ? cgroups[dice(4)] : NULL;
	p->cwd = dice(2) ? "/srv" : NULL;
	p->namespaces[NS_NET] = dice(3);
	p->layout.random = dice(3);
	environ[0] = entries[dice(4)];
	p->environ = environ;
	p->environ_n = process_knows(p, FACT_ENVIRON);
	if (process_knows(p, FACT_FDS))
		add_fds(s, p);
}

static void add_same(struct snapshot *s)
{
	struct same_file *f = arena_push(s->arena, &s->same, &s->same_n, &s->same_room,
					 sizeof(*f));

	*f = (struct same_file){ (pid_t)(1 + dice(PIDS)), (int)dice(6),
				 (pid_t)(1 + dice(PIDS)), (int)dice(6) };
}

static struct snapshot *random_machine(void)
{
	struct snapshot *s = snapshot_new(0);

	s->now_ns = UINT64_C(100000000000);
	s->self = (pid_t)dice(PIDS);
	s->coverage.machine_fds = dice(2);
	s->coverage.machine_environ = dice(2);
	s->coverage.machine_cgroup = dice(2);
	s->coverage.pid1_visible = true;
	s->initial_pid_ns = dice(2);
	for (pid_t pid = 1; pid <= PIDS; pid++)
		if (dice(4))
			add_process(s, pid);
	for (unsigned i = 0; i < 3; i++) {
		struct socket_info *info = arena_push(s->arena, &s->sockets, &s->socket_n,
						      &s->socket_room, sizeof(*info));

		*info = (struct socket_info){ .inode = 1 + i * 2, .peer_inode = dice(7),
					      .family = (enum socket_family)dice(3),
					      .named = !dice(3), .listening = !dice(3) };
	}
	for (unsigned i = dice(8); i; i--)
		add_same(s);
	snapshot_sort(s);
	return s;
}

static bool is_above(const struct snapshot *s, const struct process *above,
		     const struct process *p)
{
	for (unsigned depth = 0; p && depth < PIDS + 2; depth++) {
		p = snapshot_parent(s, p);
		if (p == above)
			return true;
	}
	return false;
}

static void check_member(const struct snapshot *s, const struct target *t,
			 const struct family *f, const struct member *m)
{
	const struct process *p = m->process, *self = snapshot_find(s, s->self);
	const struct process *target = t->process, *parent = snapshot_parent(s, p);

	seen[m->relation]++;
	if (m->relation == REL_TARGET) {
		ck_assert(p == target || t->cgroup);
		return;
	}
	ck_assert(!p->kernel_thread);
	ck_assert(!p->gone);
	ck_assert(p != self);
	ck_assert(!self || !is_above(s, p, self));
	ck_assert(!self || !is_above(s, self, p));
	ck_assert(m->confidence != CONF_NONE);
	if (m->relation == REL_DESCENDANT && target)
		ck_assert(is_above(s, target, p));
	if (m->relation == REL_ORPHAN || m->relation == REL_POSSIBLE) {
		ck_assert(parent && !parent->kernel_thread);
		ck_assert_uint_gt(m->evidence_n, 0);
		ck_assert_int_eq(m->evidence[0].strength, m->confidence);
	}
	if (target && m->relation != REL_DESCENDANT && m->relation !=
	    REL_ORPHAN_DESCENDANT) {
		ck_assert(p->id.start_ticks >= target->id.start_ticks);
		ck_assert(p != target);
		ck_assert(!is_above(s, p, target));
		ck_assert(!is_above(s, target, p));
	}
	if (m->relation == REL_ORPHAN && t->kind == TARGET_PID)
		ck_assert_int_ge(m->confidence, CONF_STRONG);
	if (m->relation == REL_POSSIBLE)
		ck_assert_int_eq(m->confidence, CONF_WEAK);
	if (m->relation == REL_ORPHAN_DESCENDANT) {
		ck_assert_ptr_nonnull(m->head);
		ck_assert_int_eq(m->head->relation, REL_ORPHAN);
		ck_assert(is_above(s, m->head->process, p));
	}
	for (size_t i = 1; i < m->evidence_n; i++)
		ck_assert_int_ge(m->evidence[i - 1].strength, m->evidence[i].strength);
	ck_assert_ptr_eq(family_find(f, p), m);	/* the first, so the only one */
}

static void check_findings(const struct family *f, const struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *found = &findings->list[i];
		const struct member *m = family_find(f, found->subject);

		ck_assert_ptr_nonnull(m);
		ck_assert(!found->subject->gone);
		ck_assert_ptr_nonnull(found->message);
		ck_assert_ptr_nonnull(found->advice);
		ck_assert(!i || findings->list[i - 1].severity >= found->severity);
		if (found->severity == SEV_INFO)
			continue;
		accused++;
		ck_assert_int_ge(m->confidence, CONF_STRONG);
		if (found->kind == KIND_ORPHAN) {
			ck_assert_int_eq(m->relation, REL_ORPHAN);
			ck_assert(!m->detached);
		}
		if (found->kind == KIND_ORPHAN || found->kind == KIND_ZOMBIE)
			ck_assert_uint_ne(found->subject->before.at_ns, 0);
		if (m->relation == REL_ORPHAN && found->kind != KIND_ZOMBIE)
			ck_assert_int_eq(m->intent, INTENT_LEAK);
	}
}

static void check(const struct snapshot *s, const struct target *t)
{
	struct policy policy = policy_default();
	struct report *r = report_new(s);
	struct scene scene = { s, &r->family, &policy, holders_build(r->arena, s) };
	struct selection who;
	size_t n;

	r->target = t;
	kinship_select(s, t, r->arena, &who);
	kinship_pairs(s, t, r->arena, &n);
	kinship_machine(s, t, r->arena);
	family_build(s, t, r->arena, &r->family);
	family_blindness(r);
	detect_all(&scene, &r->findings);
	for (size_t i = 0; i < r->family.member_n; i++)
		check_member(s, t, &r->family, &r->family.members[i]);
	check_findings(&r->family, &r->findings);
	report_free(r);
}

START_TEST(random_machines)
{
	seed = 20240607;
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct snapshot *s = random_machine();
		struct target t = { .kind = TARGET_PID, .selector = "test" };

		switch (dice(8)) {
		case 0:
			t.kind = TARGET_ALL;
			break;
		case 1:
			t.kind = dice(2) ? TARGET_UNIT : TARGET_CGROUP;
			t.cgroup = dice(2) ? "/a.service" : "/";
			break;
		default:
			t.pid = (pid_t)(1 + dice(PIDS));
			t.process = snapshot_find(s, t.pid);
			/* cmd/ refuses these */
			if (t.process && (t.process->kernel_thread || t.pid == s->self))
				t.process = NULL;
		}
		check(s, &t);
		snapshot_free(s);
	}
	/* the dice must not have missed what this is about */
	for (enum relation r = REL_TARGET; r <= REL_POSSIBLE; r++)
		ck_assert_msg(seen[r] > 1000, "only %u of %s", seen[r], relation_name(r));
	ck_assert_uint_gt(accused, 1000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("family/random");
	TCase *tcase = tcase_create("random");

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, random_machines);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
