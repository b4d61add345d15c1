/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --close-sockets in the fake world: what is shut, when nothing is, and that nobody is ever
 * signalled by it.
 */
#include "harness.h"
#include "reap_world.h"

#include <errno.h>

static struct world w;

static void open_world(void)
{
	world_open(&w);
}

static void close_world(void)
{
	world_close(&w);
}

static const char *fate(size_t i)
{
	return fate_name(w.plan->patients[i]->fate);
}

static struct patient *shop(struct soul *s)
{
	static struct listener list[2];
	struct patient *p = world_patient(&w, s, TREAT_CLOSE);

	list[0] = (struct listener){ .fd = 3, .inode = 7, .port = 80 };
	list[1] = (struct listener){ .fd = 4, .inode = 8, .port = 81 };
	p->listeners = list;
	p->listener_n = 2;
	return p;
}

START_TEST(sockets_are_shut_and_nobody_is_signalled)
{
	struct patient *p = shop(world_add(&w, 100));

	ck_assert_int_eq(world_run(&w), 0);
	ck_assert_str_eq(fate(0), "shut");
	ck_assert_uint_eq(w.souls[0].shut, 2);
	ck_assert_int_eq(p->listeners[1].end, SOCKET_SHUT);
	ck_assert_uint_eq(w.sent_n, 0);
	ck_assert_uint_eq(w.judged[JUDGE_AGAIN], 1);
	ck_assert_int_eq(plan_status(w.plan), 0);
}
END_TEST

START_TEST(shared_sockets_are_not_shut)
{
	struct patient *p = shop(world_add(&w, 100));

	p->listeners[0].end = SOCKET_SHARED;
	ck_assert_int_eq(world_run(&w), 0);
	ck_assert_str_eq(fate(0), "listening");
	ck_assert_uint_eq(w.souls[0].shut, 1);
	ck_assert_int_eq(plan_status(w.plan), 1);
}
END_TEST

/* Refused, cancelled, not written down, denied, changed: told, and nothing is shut. */
START_TEST(sockets_that_are_not_shut)
{
	static const char *const fates[] = { "refused", "cancelled", "cancelled", "denied",
					     "listening" };
	struct patient *p = shop(world_add(&w, 100));

	w.refuse_at[JUDGE_AGAIN] = _i == 0 ? REFUSE_DAEMON : REFUSE_NOT;
	w.cancelled = _i == 1;
	w.audit_fails = _i == 2;
	w.close_error = _i == 3 ? -EPERM : _i == 4 ? -ESTALE : 0;
	ck_assert_int_eq(world_run(&w), _i == 2 ? -EIO : 0);
	ck_assert_str_eq(fate(0), fates[_i]);
	ck_assert_uint_eq(w.souls[0].shut, 0);
	ck_assert_int_eq(p->listeners[0].end, _i == 3 ? SOCKET_FAILED : _i == 4 ? SOCKET_CHANGED :
			 SOCKET_LEFT);
	ck_assert_uint_eq(w.sent_n, 0);
	ck_assert_int_eq(plan_status(w.plan), 1);
}
END_TEST

START_TEST(sockets_of_a_reused_pid_stay)
{
	shop(world_add(&w, 100));
	w.reuse_at = 1 + (unsigned)_i;
	w.reuse_pid = 100;
	w.same_tick = true;
	world_run(&w);
	for (size_t i = 0; i < w.n; i++)
		ck_assert_msg(!w.souls[i].innocent || !w.souls[i].shut, "a stranger's was shut");
	ck_assert_uint_eq(w.sent_n, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reap_close");
	TCase *t = tcase_create("sockets");

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, open_world, close_world);
	tcase_add_test(t, sockets_are_shut_and_nobody_is_signalled);
	tcase_add_test(t, shared_sockets_are_not_shut);
	tcase_add_loop_test(t, sockets_that_are_not_shut, 0, 5);
	tcase_add_loop_test(t, sockets_of_a_reused_pid_stay, 0, 12);
	return harness_main(s);
}
