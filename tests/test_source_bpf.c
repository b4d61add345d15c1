/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of the kernel's lists: records that come in pieces or are none, which needs no
 * rights; and, where the lists can be had, what only they tell of descriptors of our own.
 */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "source/bpf.h"
#include "source/live.h"

#define MANY 3000		/* records of so many take several reads */

struct seen { size_t n; uint16_t types[8]; int32_t last; };

static void see(void *context, const struct bpf_record_head *head)
{
	struct seen *s = context;

	s->types[s->n++ % 8] = head->type;
	s->last = head->pid;
}

/* What bpf_read() makes of these bytes. */
static int read_bytes(const void *bytes, size_t n, struct seen *seen)
{
	int fds[2];

	*seen = (struct seen){ .n = 0 };
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(write(fds[1], bytes, n), (ssize_t)n);
	close(fds[1]);
	return bpf_read(fds[0], see, seen);
}

START_TEST(records_are_taken_whole)
{
	struct { struct bpf_record_head a, b; uint64_t more; struct bpf_record_head c; } r = {
		{ BPF_RECORD_CPU, 8, 1 }, { 999, 16, 2 }, 7, { BPF_RECORD_THREAD, 8, 3 },
	};
	struct seen seen;

	ck_assert_int_eq(read_bytes(&r, sizeof(r), &seen), 0);
	ck_assert_uint_eq(seen.n, 3);
	ck_assert_uint_eq(seen.types[1], 999);
	ck_assert_int_eq(seen.last, 3);
	ck_assert_int_eq(read_bytes(&r, 0, &seen), 0);
	ck_assert_uint_eq(seen.n, 0);
}
END_TEST

START_TEST(what_is_no_record_is_refused)
{
	struct { struct bpf_record_head a, b; } r = { { BPF_RECORD_CPU, 8, 1 }, { 1, 16, 2 } };
	struct seen seen;

	/* cut in the middle; shorter than its head; not a multiple of 8 */
	ck_assert_int_eq(read_bytes(&r, sizeof(r), &seen), -EPROTO);
	ck_assert_uint_eq(seen.n, 1);
	r.b.size = 0;
	ck_assert_int_eq(read_bytes(&r, sizeof(r), &seen), -EPROTO);
	r.a.size = 12;
	ck_assert_int_eq(read_bytes(&r, sizeof(r), &seen), -EPROTO);
	ck_assert_uint_eq(seen.n, 0);
}
END_TEST

static const struct process *look(struct snapshot **s)
{
	const struct process *me;

	ck_assert_int_eq(live_walk(LIVE_BPF, s), 0);
	live_machine(*s, FACT_BIT(FACT_FDS));
	me = snapshot_find(*s, getpid());
	ck_assert_ptr_nonnull(me);
	ck_assert(process_knows(me, FACT_FDS) && process_knows(me, FACT_STATUS));
	return me;
}

static const struct descriptor *fd_of(const struct process *p, int fd)
{
	const struct descriptor *d = process_fd(p, fd);

	ck_assert_msg(d != NULL, "descriptor %d is not listed", fd);
	return d;
}

START_TEST(files_are_told_apart)
{
	int a = open("/dev/null", O_RDONLY | O_CLOEXEC), b = dup(a), c = open("/dev/null", O_RDONLY);
	struct snapshot *s, *again;
	const struct process *me = look(&s);

	ck_assert(a >= 0 && b >= 0 && c >= 0);
	ck_assert(fd_of(me, a)->file_id && fd_of(me, a)->file_id == fd_of(me, b)->file_id);
	ck_assert(fd_of(me, a)->file_id != fd_of(me, c)->file_id);
	ck_assert_int_eq(fd_of(me, a)->cloexec, CLOEXEC_SET);
	ck_assert_int_eq(fd_of(me, b)->cloexec, CLOEXEC_CLEAR);
	ck_assert_str_eq(s->coverage.source, "bpf");
	/* hashed with a secret of each load: an address would be the same again */
	ck_assert(fd_of(look(&again), a)->file_id != fd_of(me, a)->file_id);
	snapshot_free(s);
	snapshot_free(again);
	close(a);
	close(b);
	close(c);
}
END_TEST

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(what_is_kept_is_loaded_once)
{
	int a = open("/dev/null", O_RDONLY | O_CLOEXEC), open_before = open_fds(), news;
	struct live_before before = { .kept = live_keep() };
	struct snapshot *s[2];

	ck_assert(a >= 0 && before.kept);
	for (int i = 0; i < 2; i++) {
		/* each look is a new one */
		news = dup(a);
		ck_assert_int_eq(live_refresh(LIVE_BPF, &before, &s[i]), 0);
		live_machine(s[i], FACT_BIT(FACT_FDS));
		fd_of(snapshot_find(s[i], getpid()), news);
	}
	/* by one secret: that of one load */
	ck_assert(fd_of(snapshot_find(s[0], getpid()), a)->file_id ==
		  fd_of(snapshot_find(s[1], getpid()), a)->file_id);
	snapshot_free(s[0]);
	snapshot_free(s[1]);
	live_keep_end(before.kept);
	/* nothing of it stays open: only what was opened here */
	ck_assert_int_eq(open_fds(), open_before + 2);
}
END_TEST

START_TEST(pipes_tell_their_ends)
{
	const struct descriptor *d;
	struct snapshot *s;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(write(fds[1], "eleven byte", 11), 11);
	close(fds[0]);
	d = fd_of(look(&s), fds[1]);
	ck_assert_int_eq(d->kind, FD_PIPE);
	ck_assert_int_eq(d->mode, FD_WRITE);
	ck_assert(d->readers == 0 && d->writers == 1);
	ck_assert(d->has_queue && d->queued_bytes == 11);
	ck_assert_int_eq((int)d->capacity_bytes, fcntl(fds[1], F_GETPIPE_SZ));
	snapshot_free(s);
	close(fds[1]);
}
END_TEST

START_TEST(a_long_table_is_whole)
{
	struct rlimit most = { MANY + 64, MANY + 64 };
	const struct process *me;
	struct snapshot *s;
	size_t found = 0;
	int first = -1;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &most), 0);
	for (int i = 0; i < MANY; i++) {
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		ck_assert_int_ge(fd, 0);
		first = first < 0 ? fd : first;
	}
	me = look(&s);
	for (size_t i = 0; i < me->fd_n; i++) {
		ck_assert(!i || me->fds[i - 1].fd < me->fds[i].fd);
		found += me->fds[i].fd >= first && me->fds[i].target &&
			 !strcmp(me->fds[i].target, "/dev/null");
	}
	ck_assert_uint_ge(found, MANY);
	snapshot_free(s);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, const char *why)
{
	TCase *tc;

	if (why) {
		harness_skip(name, why);
		return;
	}
	tc = tcase_create(name);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test);
	suite_add_tcase(suite, tc);
}

int main(void)
{
	Suite *suite = suite_create("source bpf");
	struct snapshot *s;
	int err = live_walk(LIVE_BPF, &s);
	const char *why = err ? live_bpf_missing(err) : NULL;

	if (!err)
		snapshot_free(s);
	add(suite, "whole", records_are_taken_whole, NULL);
	add(suite, "refused", what_is_no_record_is_refused, NULL);
	add(suite, "files", files_are_told_apart, why);
	add(suite, "kept", what_is_kept_is_loaded_once, why);
	add(suite, "pipes", pipes_tell_their_ends, why);
	add(suite, "long", a_long_table_is_whole, why);
	return harness_main(suite);
}
