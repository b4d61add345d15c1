/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LS205: connections whose peer has closed: forgotten, pooled, or seen in passing. */
#include "harness.h"

#include <stdlib.h>

#include "fd_lines.h"

/* Accepted: the local port is low, or somebody listens on it. */
#define SERVED(idle) \
	"fd pid=200 fd=@ mode=rw target=socket:[9@]\n" \
	"socket inode=9@ family=tcp port=80 state=close-wait idle=" #idle " remote=192.0.2.7:501@\n"
#define BY(remote, idle) \
	"fd pid=200 fd=@ mode=rw target=socket:[9@]\n" \
	"socket inode=9@ family=tcp port=401@ state=close-wait idle=" #idle " remote=" remote "\n"

static const enum kind kind = KIND_CLOSE_WAIT;

START_TEST(forgotten)
{
	expect_many(WORLD, 8, SERVED(1000), kind, SEV_WARNING, 8);
	expect_many(WORLD, 7, SERVED(1000), kind, SEV_INFO, 7);
	expect_many(WORLD, 1, SERVED(3600000), kind, SEV_INFO, 1);
}
END_TEST

START_TEST(in_passing)
{
	expect_none_of_many(WORLD, 500, SERVED(999), kind);
	expect_none_of_many(WORLD, 500, "fd pid=200 fd=@ mode=rw target=socket:[9@]\n"
			    "socket inode=9@ family=tcp port=80 state=close-wait\n", kind);
	/* one old one among many young ones is a slow client, not a heap */
	expect_many(WORLD SOCKET(200, 5, 7) "socket inode=7 family=tcp port=80 state=close-wait "
		    "idle=60000\n", 50, SERVED(20), kind, SEV_INFO, 51);
}
END_TEST

START_TEST(other_states)
{
	expect_none_of_many(WORLD, 50, "fd pid=200 fd=@ mode=rw target=socket:[9@]\n"
			    "socket inode=9@ family=tcp port=80 state=established idle=90000\n", kind);
	expect_none_of_many(WORLD, 50, "fd pid=200 fd=@ mode=rw target=socket:[9@]\n", kind);
	expect_none_of_many(WORLD P(300, 6000, 100, 300, 100, "comm=brother"), 50,
			    "fd pid=300 fd=@ mode=rw target=socket:[9@]\n"
			    "socket inode=9@ family=tcp port=80 state=close-wait idle=90000\n", kind);
}
END_TEST

START_TEST(pool_of_a_client)
{
	expect_many(WORLD, 16, BY("192.0.2.1:443", 90000), kind, SEV_INFO, 16);
	expect_many(WORLD, 17, BY("192.0.2.1:443", 90000), kind, SEV_WARNING, 17);
	/* a pool for each of many peers */
	expect_many(WORLD, 60, BY("192.0.2.@:443", 90000), kind, SEV_INFO, 60);
	expect_many(WORLD, 17, BY("[2001:db8::1]:443", 90000), kind, SEV_WARNING, 17);
}
END_TEST

START_TEST(not_clearly_a_client)
{
	/* both ports are high: it takes a listener to tell, and then it was accepted */
	expect_many(WORLD, 8, BY("192.0.2.1:50000", 90000), kind, SEV_WARNING, 8);
	expect_many(WORLD "socket inode=5 family=tcp port=40110 listening=1 state=listen\n", 8,
		    "fd pid=200 fd=@ mode=rw target=socket:[9@]\n"
		    "socket inode=9@ family=tcp port=40110 state=close-wait idle=9000 "
		    "remote=192.0.2.1:900\n", kind, SEV_WARNING, 8);
}
END_TEST

START_TEST(copies_are_one_socket)
{
	expect_fds(WORLD SOCKET(200, 5, 7) SOCKET(200, 6, 7)
		   "socket inode=7 family=tcp port=80 state=close-wait idle=5000\n", kind, 200,
		   SEV_INFO, 1);
	expect_many(WORLD SOCKET(200, 5, 910), 7, SERVED(5000), kind, SEV_INFO, 7);
}
END_TEST

START_TEST(says_what_it_saw)
{
	struct scene_fixture *f = scene_from(WORLD SOCKET(200, 5, 7)
		"socket inode=7 family=tcp port=80 state=close-wait idle=65000 unread=12 "
		"remote=192.0.2.7:5000\n", 200);
	const struct finding *found = scene_finding(f, kind, 200);

	scene_says(f, kind, 200, "fd 5 is a connection");
	scene_says(f, kind, 200, "(192.0.2.7:5000)");
	scene_says(f, kind, 200, "1m 05s ago");
	scene_says(f, kind, 200, "12 B are not read yet");
	ck_assert(found->has_age && found->age_seconds > 64.9 && found->age_seconds < 65.1);
	scene_free(f);
}
END_TEST

START_TEST(the_check_waits_longer)
{
	struct policy policy = policy_default();
	char *lines = fd_lines(WORLD, 20, SERVED(59999));
	char *older = fd_lines(WORLD, 20, SERVED(60000));
	struct scene_fixture *f;

	policy.min_age_ns = UINT64_C(60000000000);
	f = scene_of(lines, TARGET_PID, 200, NULL, &policy);
	ck_assert_ptr_null(scene_finding(f, kind, 200));
	scene_free(f);
	f = scene_of(older, TARGET_PID, 200, NULL, &policy);
	scene_has_severity(f, kind, 200, SEV_WARNING);
	scene_free(f);
	free(older);
	free(lines);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("detect/close_wait");
	TCase *tcase = tcase_create("close_wait");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, forgotten);
	tcase_add_test(tcase, in_passing);
	tcase_add_test(tcase, other_states);
	tcase_add_test(tcase, pool_of_a_client);
	tcase_add_test(tcase, not_clearly_a_client);
	tcase_add_test(tcase, copies_are_one_socket);
	tcase_add_test(tcase, says_what_it_saw);
	tcase_add_test(tcase, the_check_waits_longer);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
