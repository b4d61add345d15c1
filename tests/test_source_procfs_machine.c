/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parsers of what /proc tells about the machine and about objects, on true samples
 * and on broken ones, each in an allocation of just its size.
 */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/procfs.h"

static struct text copy;	/* of the text under test; freed by the next one */

static struct text bytes(const char *at, size_t n)
{
	char *fresh = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(fresh);
	memcpy(fresh, at, n);
	free((char *)copy.at);
	copy = (struct text){ fresh, n };
	return copy;
}

static struct text text(const char *of)
{
	return bytes(of, strlen(of));
}

static void stop(void)
{
	free((char *)copy.at);
	copy.at = NULL;
}

START_TEST(loadavg)
{
	static const char *const bad[] = {
		"", "\n", "0.24 0.08 0.02 2/94", "0.24 0.08 0.02 2/",
		"0.24 0.08 0.02 94 5\n", "0.24 0.08 0.02 2/x 5656\n",
		"0.24 0.08 0.02 2/-4 5656\n", "0.24 0.08 0.02 2/9223372036854775808 1\n",
	};
	int64_t threads = 77;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(procfs_loadavg(text(bad[i]), &threads), -EINVAL);
	ck_assert_int_eq(threads, 77);
	ck_assert_int_eq(procfs_loadavg(text("0.24 0.08 0.02 2/94 5656\n"), &threads), 0);
	ck_assert_int_eq(threads, 94);
}
END_TEST

START_TEST(last_pid)
{
	static const char *const bad[] = {
		"", "\n", "0.24 0.08 0.02 2/94\n", "0.24 0.08 0.02 2/94 56", "0.24 0.08 0.02 2/94 x\n",
	};
	uint64_t pid = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(procfs_last_pid(text(bad[i]), &pid), -EINVAL);
	ck_assert_uint_eq(pid, 77);
	ck_assert_int_eq(procfs_last_pid(text("0.24 0.08 0.02 2/94 5656\n"), &pid), 0);
	ck_assert_uint_eq(pid, 5656);
}
END_TEST

START_TEST(forks)
{
	static const char *const bad[] = {
		"", "processes", "processes 12", "cpu 1 2\nprocesses x\nprocs_running 1\n",
		"processesx 12\nprocs_running 1\n",
	};
	uint64_t n = 77;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(procfs_forks(text(bad[i]), &n), -EINVAL);
	ck_assert_uint_eq(n, 77);
	ck_assert_int_eq(procfs_forks(text("cpu 1 2\nprocesses 12\nprocs_running 1\n"), &n), 0);
	ck_assert_uint_eq(n, 12);
}
END_TEST

#define PLAIN "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
#define TAGGED "22 27 0:21 / /proc rw,nosuid shared:13 master:4 - proc proc rw,"
static const struct { const char *text; int result; bool hidepid,
	subset; } mount_rows[] = {
	{ PLAIN, 0, false, false },
	{ TAGGED "hidepid=2\n", 0, true, false },
	{ TAGGED "hidepid=1,gid=5\n", 0, true, false },
	{ TAGGED "gid=5,hidepid=invisible\n", 0, true, false },
	{ TAGGED "hidepid=ptraceable\n", 0, true, false },
	{ TAGGED "hidepid=noaccess\n", 0, true, false },
	{ TAGGED "hidepid=0\n", 0, false, false },
	{ TAGGED "hidepid=off\n", 0, false, false },
	{ TAGGED "subset=pid\n", 0, false, true },
	{ TAGGED "hidepid=invisible,subset=pid\n", 0, true, true },
	{ TAGGED "subset=pids\n", 0, false, false },
	{ TAGGED "hidepid=2\n" PLAIN, 0, false, false },
	{ PLAIN TAGGED "hidepid=2\n", 0, true, false },
	{ PLAIN "30 27 0:40 / /mnt/proc rw - proc proc rw,hidepid=2\n", 0, false, false },
	{ PLAIN "31 22 0:41 / /proc rw - tmpfs tmpfs rw,hidepid=2\n", 0, false, false },
	{ PLAIN "22 27 0:21 / /proc rw,hidepid=2 - ext4 /dev/x rw\n", 0, false, false },
	{ "22 27 0:21 / /proc rw - proc hidepid=2 rw\n", 0, false, false },
	{ PLAIN TAGGED "hidepid=2", 0, false, false },
	{ "", -EINVAL, true, true }, { "\n\n", -EINVAL, true, true },
	{ "27 1 254:0 / / rw - ext4 /dev/vda rw\n", -EINVAL, true, true },
	{ "22 27 0:21 / /proc rw proc proc rw\n", -EINVAL, true, true },
	{ "22 27 0:21 / /proc rw - proc proc\n", -EINVAL, true, true },
};

START_TEST(mountinfo)
{
	bool hidepid = true, subset = true;

	ck_assert_int_eq(procfs_mountinfo(text(mount_rows[_i].text), "/proc", &hidepid,
					  &subset), mount_rows[_i].result);
	ck_assert_int_eq(hidepid, mount_rows[_i].hidepid);
	ck_assert_int_eq(subset, mount_rows[_i].subset);
}
END_TEST

static const struct {
	const char *target;
	enum fd_kind kind;
	uint64_t inode;
	bool deleted;
} link_rows[] = {
	{ "pipe:[81234]", FD_PIPE, 81234, false },
	{ "socket:[18446744073709551615]", FD_SOCKET, UINT64_MAX, false },
	{ "socket:[18446744073709551616]", FD_OTHER, 0, false },
	{ "pipe:[]", FD_OTHER, 0, false }, { "pipe:[1", FD_OTHER, 0, false },
	{ "pipe:[-1]", FD_OTHER, 0, false }, { "pipe:[1] (deleted)", FD_OTHER, 0, false },
	{ "anon_inode:[eventfd]", FD_ANON, 0, false },
	{ "anon_inode:inotify", FD_ANON, 0, false },
	{ "/memfd:x (deleted)", FD_MEMFD, 0, false }, { "/memfd:x", FD_FILE, 0, false },
	{ "/dev/null", FD_DEVICE, 0, false },
	{ "/dev/pts/3 (deleted)", FD_DEVICE, 0, true },
	{ "/dev/shm/a", FD_FILE, 0, false }, { "/device", FD_FILE, 0, false },
	{ "/tmp/x (deleted)", FD_FILE, 0, true },
	{ "/tmp/x(deleted)", FD_FILE, 0, false },
	{ "/tmp/pipe:[5]", FD_FILE, 0, false }, { "/", FD_FILE, 0, false },
	{ "(unreachable)/a", FD_FILE, 0, false },
	{ "mnt:[4026531841]", FD_OTHER, 0, false },
	{ "", FD_OTHER, 0, false },
};

START_TEST(fd_link)
{
	struct descriptor d = { .fd = 3, .mode = FD_WRITE, .inode = 9, .deleted = true };

	procfs_fd_link(text(link_rows[_i].target), &d);
	ck_assert_int_eq((int)d.kind, (int)link_rows[_i].kind);
	ck_assert_uint_eq(d.inode, link_rows[_i].inode);
	ck_assert_int_eq(d.deleted, link_rows[_i].deleted);
	ck_assert(d.fd == 3 && d.mode == FD_WRITE && !d.target);
}
END_TEST

START_TEST(small_ones)
{
	uint64_t inode = 77;

	ck_assert(procfs_fdinfo_locked(text("pos:\t0\nflags:\t0100002\n"
		"lock:\t1: FLOCK\n")));
	ck_assert(!procfs_fdinfo_locked(text("pos:\t0\nflags:\t0100002\nblock:\t1\n")));
	ck_assert(!procfs_fdinfo_locked(text("")));
	ck_assert_int_eq(procfs_namespace(text("mnt:[4026531841]"), &inode), 0);
	ck_assert_uint_eq(inode, UINT64_C(4026531841));
	ck_assert_int_eq(procfs_namespace(text("mnt:[]"), &inode), -EINVAL);
	ck_assert_int_eq(procfs_namespace(text("mnt:[1"), &inode), -EINVAL);
	ck_assert_int_eq(procfs_namespace(text("[1]"), &inode), -EINVAL);
	ck_assert_int_eq(procfs_namespace(text(":[1]"), &inode), -EINVAL);
	ck_assert_int_eq(procfs_namespace(text(""), &inode), -EINVAL);
	ck_assert_uint_eq(inode, UINT64_C(4026531841));
}
END_TEST

static const struct { const char *path, *root, *unit; } unit_rows[] = {
	{ "/system.slice/nginx.service", "/init.scope", "nginx.service" },
	{ "/system.slice/nginx.service/worker", "/", "nginx.service" },
	{ "/system.slice/system-getty.slice/getty@tty1.service", "/init.scope", "getty@tty1.service" },
	{ "/user.slice/user-1000.slice/session-3.scope", "/init.scope", "session-3.scope" },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service", "/", "user@1000.service" },
	{ "/system.slice/_cpu.service", "/", "cpu.service" },
	{ "/machine/c1/system.slice/a.service", "/machine/c1/init.scope", "a.service" },
	{ "/machine/c1x/a.service", "/machine/c1", NULL },
	{ "/a.service", "/a.service", "a.service" },
	{ "/init.scope", "/init.scope", "init.scope" },
	{ "/docker/0123456789abcdef", "/", NULL },
	{ "/system.slice", "/", NULL },
	{ "/system.slice/x@.service", "/", NULL },
	{ "/system.slice/@x.service", "/", NULL },
	{ "/system.slice/a b.service", "/", NULL },
	{ "/system.slice/.service", "/", NULL },
	{ "/", "/", NULL },
	{ "", "", NULL },
};

START_TEST(unit)
{
	struct text got;
	bool is = procfs_unit(text(unit_rows[_i].path), text_of(unit_rows[_i].root), &got);

	ck_assert_msg(is == !!unit_rows[_i].unit, "%s", unit_rows[_i].path);
	if (is)
		ck_assert_msg(text_is(got, unit_rows[_i].unit), "%.*s", (int)got.n, got.at);
}
END_TEST

START_TEST(any_bytes)
{
	static const char *const samples[] = {
		"0.24 0.08 0.02 2/94 5656\n", TAGGED "hidepid=2\n", "pipe:[81234]",
		"mnt:[4026531841]", "lock:\t1: FLOCK\n", PLAIN TAGGED "subset=pid\n",
	};
	static const char nasty[] = "\n\t :()[]-0123456789/,=\\";
	unsigned seed = 4712;
	int round;

	for (round = 0; round < 20000; round++) {
		size_t which = (unsigned)rand_r(&seed) % ARRAY_SIZE(samples);
		size_t n = strlen(samples[which]);
		int changes = rand_r(&seed) % 8;
		struct descriptor d = { 0 };
		int64_t count = 77;
		char broken[512];
		uint64_t inode;
		bool one, two;
		struct text t, part;

		memcpy(broken, samples[which], n);
		while (changes--)
			broken[(unsigned)rand_r(&seed) % n] =
				nasty[(unsigned)rand_r(&seed) % strlen(nasty)];
		if (rand_r(&seed) % 4 == 0)
			n = (unsigned)rand_r(&seed) % (n + 1);
		t = bytes(broken, n);
		ck_assert(procfs_loadavg(t, &count) < 0 ? count == 77 : count >= 0);
		procfs_mountinfo(t, "/proc", &one, &two);
		procfs_fd_link(t, &d);
		ck_assert(d.inode == 0 || d.kind == FD_PIPE || d.kind == FD_SOCKET);
		procfs_fdinfo_locked(t);
		procfs_namespace(t, &inode);
		procfs_unit(t, t, &part);
	}
}
END_TEST

static struct text slurp(const char *path)
{
	char buf[65536];
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	return bytes(buf, n);
}

START_TEST(this_machine)
{
	struct text t = slurp("/proc/loadavg");
	bool hidepid, subset;
	int64_t threads;

	ck_assert_int_eq(procfs_loadavg(t, &threads), 0);
	ck_assert_int_gt(threads, 0);
	t = slurp("/proc/self/mountinfo");
	ck_assert_int_eq(procfs_mountinfo(t, "/proc", &hidepid, &subset), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source/procfs_machine");
	TCase *tcase = tcase_create("procfs_machine");

	tcase_add_checked_fixture(tcase, NULL, stop);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, loadavg);
	tcase_add_test(tcase, last_pid);
	tcase_add_test(tcase, forks);
	tcase_add_loop_test(tcase, mountinfo, 0, ARRAY_SIZE(mount_rows));
	tcase_add_loop_test(tcase, fd_link, 0, ARRAY_SIZE(link_rows));
	tcase_add_test(tcase, small_ones);
	tcase_add_loop_test(tcase, unit, 0, ARRAY_SIZE(unit_rows));
	tcase_add_test(tcase, any_bytes);
	tcase_add_test(tcase, this_machine);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
