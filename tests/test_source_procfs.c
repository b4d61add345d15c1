/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parsers of /proc on true samples and on broken ones.  Every text is handed over in
 * its own allocation of just that size, so that a sanitizer sees a step beyond its end.
 */
#include "harness.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static struct process blank(void)
{
	struct process p;

	memset(&p, 0x5a, sizeof(p));
	p.read = 0;
	return p;
}

static bool untouched(const struct process *p)
{
	struct process was = blank();

	return !memcmp(p, &was, sizeof(was));
}

/* stat */

#define STAT_TAIL " S 5641 5637 4809 0 -1 4194304 115 0 0 0 7 5 0 0 20 0 1 0 95121 " \
	"3133440 408 " \
	"18446744073709551615 93940750819328 93940750839209 140722279010288 0 0 0 0 0 " \
		"0 1 0 " \
	"0 17 0 0 0 0 0 0 93940750855216 93940750856832 93941684936704 140722279017097 " \
	"140722279017117 140722279017117 140722279018475 0\n"
#define STAT "5643 (cat)" STAT_TAIL

START_TEST(stat_fields)
{
	struct process p = blank();

	ck_assert_int_eq(procfs_stat(text(STAT), 5643, &p), 0);
	ck_assert_int_eq(p.id.pid, 5643);
	ck_assert_uint_eq(p.id.start_ticks, 95121);
	ck_assert_int_eq(p.now.state, 'S');
	ck_assert_int_eq(p.now.ppid, 5641);
	ck_assert_int_eq(p.pgid, 5637);
	ck_assert_int_eq(p.sid, 4809);
	ck_assert_uint_eq(p.now.cpu_ticks, 12);
	ck_assert_uint_eq(p.threads, 1);
	ck_assert_int_eq(p.wait_status, -1);
	ck_assert(!p.kernel_thread);
	ck_assert_str_eq(p.comm, "cat");
	ck_assert_uint_eq(p.uid, 0x5a5a5a5a);
}
END_TEST

START_TEST(stat_of_kernel_thread)
{
	struct process p = blank();
	const char *name =
		"kworker/u8:3-a_name_that_fills_all_of_the_63_bytes_there_are_of";
	char line[512];

	snprintf(line, sizeof(line), "12 (%s) I 2 0 0 0 -1 69238880 0 0 0 0 0 0 0 0 20 "
		"0 1 "
		 "0 31 0 0 0 0 0 0 0 0 0 2147483647 0 1 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 "
			"0 0\n",
		 name);
	ck_assert_uint_eq(strlen(name), 63);
	ck_assert_int_eq(procfs_stat(text(line), 12, &p), 0);
	ck_assert(p.kernel_thread);
	ck_assert_str_eq(p.comm, name);
	ck_assert_int_eq(p.sid, 0);
}
END_TEST

START_TEST(stat_name_too_long_is_cut)
{
	struct process p = blank();
	char line[1024], name[101];

	memset(name, 'x', 100);
	name[100] = 0;
	snprintf(line, sizeof(line), "5643 (%s)" STAT_TAIL, name);
	ck_assert_int_eq(procfs_stat(text(line), 5643, &p), 0);
	ck_assert_uint_eq(strlen(p.comm), 63);
}
END_TEST

START_TEST(stat_cut_at_every_byte)
{
	size_t n;

	for (n = 0; n < strlen(STAT); n++) {
		struct process p = blank();

		ck_assert_int_eq(procfs_stat(bytes(STAT, n), 5643, &p), -EINVAL);
		ck_assert(untouched(&p));
	}
}
END_TEST

/* Whatever a process calls itself, all else is read as it is. */
START_TEST(stat_any_name_comes_back)
{
	static const char nasty[] = ")(\n \\R1)S%\t\x1b[";
	unsigned seed = 20240501;
	int round;

	for (round = 0; round < 20000; round++) {
		struct process p = blank();
		char name[16], line[1024];
		int i, n = rand_r(&seed) % 16;

		for (i = 0; i < n; i++)
			name[i] = rand_r(&seed) % 2 ?
					  nasty[(unsigned)rand_r(&seed) % strlen(nasty)] :
					  (char)(1 + rand_r(&seed) % 255);
		name[n] = 0;
		snprintf(line, sizeof(line), "5643 (%s)" STAT_TAIL, name);
		ck_assert_int_eq(procfs_stat(text(line), 5643, &p), 0);
		ck_assert_int_eq(strcmp(p.comm, name), 0);
		ck_assert_int_eq(p.now.ppid, 5641);
		ck_assert_uint_eq(p.id.start_ticks, 95121);
	}
}
END_TEST

static const char *const bad_stats[] = {
	"", "\n", "(", ")", ")(", "1 (a)\n", "1 (a) \n", "1 a S 1 1 1 1 1 1 1\n",
	"5644 (cat)" STAT_TAIL, "-5643 (cat)" STAT_TAIL, "+5643 (cat)" STAT_TAIL,
	"4294972939 (cat)" STAT_TAIL, "5643(cat)" STAT_TAIL, " (cat)" STAT_TAIL,
	" 5643 (cat)" STAT_TAIL, "5643 )cat(" STAT_TAIL,
	"5643 (cat)S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 9 0 0 0\n",
	"5643 (cat) SS 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 9 0 0 0\n",
	"5643 (cat) S -1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 9 0 0 0\n",
	"5643 (cat) S 1 -2 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 9 0 0 0\n",
	"5643 (cat) S 2147483648 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 9 0 0 0\n",
	"5643 (cat) S 4294967297 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 9 0 0 0\n",
	"5643 (cat) S 1 1 1 0 -1 0 0 0 0 0 18446744073709551615 5 0 0 20 0 1 0 9 0 0 0\n",
	"5643 (cat) S 1 1 1 0 -1 0 0 0 0 0 7 18446744073709551616 0 0 20 0 1 0 9 0 0 0\n",
	"5643 (cat) S 1 1 1 0 -1 0 0 0 0 0 7 -5 0 0 20 0 1 0 9 0 0 0\n",
	"5643 (cat) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 -1 0 9 0 0 0\n",
	"5643 (cat) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 4294967296 0 9 0 0 0\n",
	"5643 (cat) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 18446744073709551616 0 0 0\n",
	"5643 (cat) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0 -9 0 0 0\n",
	"5643 (cat) S 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 1 0\n",
	"5643 (cat) S 1 1 1 0 -1 x 0 0 0 0 7 5 0 0 20 0 1 0 9 0 0 0\n",
};

START_TEST(stat_bad)
{
	struct process p = blank();

	ck_assert_int_eq(procfs_stat(text(bad_stats[_i]), 5643, &p), -EINVAL);
	ck_assert(untouched(&p));
}
END_TEST

START_TEST(stat_of_an_old_kernel)
{
	struct process p = blank();
	const char *line = "5643 (cat) Z 1 -1 -1 0 -1 0 0 0 0 0 7 5 0 0 20 0 0 0 9 0 0 "
		"0\n";

	ck_assert_int_eq(procfs_stat(text(line), 5643, &p), 0);
	ck_assert_int_eq(p.pgid, 0);
	ck_assert_int_eq(p.sid, 0);
	ck_assert_int_eq(p.wait_status, -1);
}
END_TEST

/* state, threads, wchan, exit code -> wait status */
static const struct { char state; int threads, wchan, code, wait; } wait_rows[] = {
	{ 'Z', 1, 1, 256, 256 }, { 'Z', 1, 1, 9, 9 }, { 'Z', 1, 0, 139, 139 },
	{ 'Z', 1, 1, 0, 0 },
	{ 'Z', 1, 0, 0, -1 },	/* hidden: other user's */
	{ 'Z', 2, 1, 256, -1 },	/* dead leader: not dead */
	{ 'S', 1, 1, 0, -1 }, { 'S', 1, 1, 256, -1 }, { 'Z', 1, 1, 65536, -1 },
};

START_TEST(stat_wait_status)
{
	struct process p = blank();
	char line[512];

	snprintf(line, sizeof(line), "7 (z) %c 1 1 1 0 -1 0 0 0 0 0 7 5 0 0 20 0 %d 0 "
		"9 0 0 0 "
		 "0 0 0 0 0 0 0 0 0 %d 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 %d\n",
		 wait_rows[_i].state, wait_rows[_i].threads, wait_rows[_i].wchan,
		 wait_rows[_i].code);
	ck_assert_int_eq(procfs_stat(text(line), 7, &p), 0);
	ck_assert_int_eq(p.wait_status, wait_rows[_i].wait);
}
END_TEST

/* status */

#define STATUS_HEAD "Umask:\t0022\nState:\tS (sleeping)\nTgid:\t5644\nNgid:\t0\n" \
	"Pid:\t5644\n" \
	"PPid:\t5641\nTracerPid:\t12\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\n" \
		"FDSize:\t256\n" \
	"Groups:\t0 4 \n"
#define STATUS_NS "NStgid:\t5644\t1\nNSpid:\t5644\t40\t1\nNSpgid:\t5637\t0\t0\n" \
	"NSsid:\t4809\t0\t0\n"
#define STATUS_MASKS "VmRSS:\t    1752 kB\nThreads:\t3\nSigQ:\t0/96365\n" \
	"SigPnd:\t0000000000000001\nShdPnd:\t0000000000004000\n" \
		"SigBlk:\t0000000000010000\n" \
	"SigIgn:\t0000000000001001\nSigCgt:\tfffffffe7ffbfeff\n"
#define STATUS_TAIL "CapInh:\t0000000000000000\nMems_allowed_list:\t0\n"
#define STATUS "Name:\tcat\n" STATUS_HEAD STATUS_NS "Kthread:\t0\n" \
	STATUS_MASKS STATUS_TAIL

START_TEST(status_fields)
{
	struct process p = blank();

	ck_assert_int_eq(procfs_status(text(STATUS), &p), 0);
	ck_assert_uint_eq(p.uid, 2);
	ck_assert_uint_eq(p.gid, 6);
	ck_assert_int_eq(p.tracer, 12);
	ck_assert_uint_eq(p.threads, 3);
	ck_assert_uint_eq(p.ns_depth, 2);
	ck_assert_int_eq(p.ns_pid, 1);
	ck_assert_uint_eq(p.sig_pending, 0x4000);
	ck_assert_uint_eq(p.sig_blocked, 0x10000);
	ck_assert_uint_eq(p.sig_ignored, 0x1001);
	ck_assert_uint_eq(p.sig_caught, 0xfffffffe7ffbfeff);
	ck_assert(!p.kernel_thread);
	ck_assert_str_eq(p.comm, "cat");
	ck_assert_int_eq(p.now.state, 'S');
	ck_assert_int_eq(p.now.ppid, 5641);
	ck_assert_int_eq(p.pgid, 5637);
	ck_assert_int_eq(p.sid, 4809);
}
END_TEST

START_TEST(status_leaves_to_stat_what_is_its)
{
	struct process p = blank();

	p.read = FACT_BIT(FACT_STAT);
	ck_assert_int_eq(procfs_status(text(STATUS), &p), 0);
	ck_assert_uint_eq(p.uid, 2);
	ck_assert_int_eq(p.comm[0], 0x5a);
	ck_assert_int_eq(p.now.state, 0x5a);
	ck_assert_int_eq(p.now.ppid, 0x5a5a5a5a);
	ck_assert_int_eq(p.pgid, 0x5a5a5a5a);
	ck_assert_int_eq(p.sid, 0x5a5a5a5a);
}
END_TEST

START_TEST(status_of_an_old_kernel)
{
	struct process p = blank();

	/* no NSpid before 4.1, no Kthread before 6.8 */
	p.kernel_thread = true;
	ck_assert_int_eq(procfs_status(text("Name:\tcat\n" STATUS_HEAD STATUS_MASKS),
		&p), 0);
	ck_assert_uint_eq(p.ns_depth, 0);
	ck_assert_int_eq(p.ns_pid, 5644);
	ck_assert(p.kernel_thread);
	ck_assert_int_eq(p.pgid, 0x5a5a5a5a);
	ck_assert_int_eq(procfs_status(text("Name:\tkswapd0\n" STATUS_HEAD "Kthread:\t1\n"
					    STATUS_MASKS), &p), 0);
	ck_assert(p.kernel_thread);
}
END_TEST

START_TEST(status_cut_at_every_byte)
{
	size_t needed = strlen(STATUS) - strlen(STATUS_TAIL), n;

	for (n = 0; n <= strlen(STATUS); n++) {
		struct process p = blank();
		int r = procfs_status(bytes(STATUS, n), &p);

		ck_assert_int_eq(r, n < needed ? -EINVAL : 0);
		ck_assert(n >= needed || untouched(&p));
		ck_assert(n < needed || p.sig_caught == 0xfffffffe7ffbfeff);
	}
}
END_TEST

static const struct { const char *shown, *name; } name_rows[] = {
	{ "a\\nb", "a\nb" }, { "a\\\\b", "a\\b" }, { "\\\\n", "\\n" },
	{ "\\\\\\n", "\\\n" },
	{ "a\\tb", "a\\tb" }, { "a\\", "a\\" }, { "\\012", "\\012" },
	{ " a b ", " a b " },
	{ "", "" }, { "Uid:\t0", "Uid:\t0" }, { "\x1b[31m\xff", "\x1b[31m\xff" },
	{ "\\n\\n\\nState:\\n", "\n\n\nState:\n" },
};

START_TEST(status_names)
{
	struct process p = blank();
	char all[2048];

	snprintf(all, sizeof(all), "Name:\t%s\n" STATUS_HEAD STATUS_MASKS,
		name_rows[_i].shown);
	ck_assert_int_eq(procfs_status(text(all), &p), 0);
	ck_assert_str_eq(p.comm, name_rows[_i].name);
	ck_assert_uint_eq(p.uid, 2);
}
END_TEST

static const struct { const char *line, *instead; } bad_status[] = {
	{ "Uid:\t1\t2\t3\t4\n", "Uid:\t1\n" },
	{ "Uid:\t1\t2\t3\t4\n", "Uid:\t1\t-2\t3\t4\n" },
	{ "Uid:\t1\t2\t3\t4\n", "Uid:\t1\t4294967296\t3\t4\n" },
	{ "Gid:\t5\t6\t7\t8\n", "Gid:\n" }, { "PPid:\t5641\n", "PPid:\t-1\n" },
	{ "PPid:\t5641\n", "PPid:\t\n" }, { "PPid:\t5641\n", "" },
	{ "TracerPid:\t12\n", "TracerPid:\t99999999999\n" }, { "TracerPid:\t12\n", "" },
	{ "State:\tS (sleeping)\n", "State:\t\n" }, { "Threads:\t3\n", "Threads:\t3x\n" },
	{ "Threads:\t3\n", "" }, { "SigBlk:\t0000000000010000\n", "SigBlk:\t0x10\n" },
	{ "SigBlk:\t0000000000010000\n", "SigBlk:\t10000000000010000\n" },
	{ "ShdPnd:\t0000000000004000\n", "" }, { "NSpid:\t5644\t40\t1\n", "NSpid:\t\n" },
	{ "NSpid:\t5644\t40\t1\n", "NSpid:\t5644\t-40\t1\n" },
	{ "NSsid:\t4809\t0\t0\n", "NSsid:\tx\n" }, { "Name:\tcat\n", "" },
};

START_TEST(status_bad)
{
	const char *at = strstr(STATUS, bad_status[_i].line);
	struct process p = blank();
	char all[2048];

	ck_assert_ptr_nonnull(at);
	snprintf(all, sizeof(all), "%.*s%s%s", (int)(at - STATUS), STATUS,
		 bad_status[_i].instead, at + strlen(bad_status[_i].line));
	ck_assert_int_eq(procfs_status(text(all), &p), -EINVAL);
	ck_assert(untouched(&p));
}
END_TEST

/* limits, sched, io */

#define LIMITS \
	"Limit                     Soft Limit           Hard Limit         Units     \n" \
	"Max core file size        " \
		"0                    unlimited            bytes     \n" \
	"Max open files            1024                 " \
		"524288               files     \n" \
	"Max locked memory         8388608              " \
		"8388608              bytes     \n" \
	"Max file locks            4616810114002758605  unlimited            locks     \n"

START_TEST(limits)
{
	struct process p = blank();
	size_t n;

	ck_assert_int_eq(procfs_limits(text(LIMITS), &p), 0);
	ck_assert_uint_eq(p.nofile_soft, 1024);
	ck_assert_uint_eq(p.nofile_hard, 524288);
	ck_assert_uint_eq(p.locks_soft, UINT64_C(4616810114002758605));
	ck_assert_uint_eq(p.locks_hard, LIMIT_UNLIMITED);
	for (n = 0; n < strlen(LIMITS); n++) {
		p = blank();
		ck_assert_int_eq(procfs_limits(bytes(LIMITS, n), &p), -EINVAL);
		ck_assert(untouched(&p));
	}
	ck_assert_int_eq(procfs_limits(text("Max open files unlimited -1 files\n"
					    "Max file locks 1 1 locks\n"), &p), -EINVAL);
	ck_assert_int_eq(procfs_limits(text("Max open files 18446744073709551616 "
		"1 files\n"
					    "Max file locks 1 1 locks\n"), &p), -EINVAL);
	ck_assert_int_eq(procfs_limits(text("Max open files 5\nMax file locks 1 "
		"1 locks\n"),
				       &p), -EINVAL);
	ck_assert(untouched(&p));
}
END_TEST

#define SCHED_REST " (5646, #threads: 1)\n-----------------------------------\n" \
	"se.exec_start                                :        951192.953992\n" \
	"se.vruntime                                  :            91.484252\n"

START_TEST(sched)
{
	static const char *const bad[] = {
		"", "se.exec_start : 1.5\n", "se.exec_start : -1.000000\n",
		"se.exec_start : 1\n", "se.exec_start\n", "se.exec_start : .000000\n",
		"se.exec_start : 18446744073710.000000\n", "se.exec_start : 1.000000",
		"se.exec_start_time : 1.000000\n", "se.exec_start : 1.-00000\n",
	};
	uint64_t ns = 77;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_int_eq(procfs_sched(text(bad[i]), &ns), -EINVAL);
	ck_assert_uint_eq(ns, 77);
	ck_assert_int_eq(procfs_sched(text("cat" SCHED_REST), &ns), 0);
	ck_assert_uint_eq(ns, UINT64_C(951192953992));
	ns = 0;
	/* fifteen bytes of a name that wants to be the line */
	ck_assert_int_eq(procfs_sched(text("\nse.exec_start:" SCHED_REST), &ns), 0);
	ck_assert_uint_eq(ns, UINT64_C(951192953992));
}
END_TEST

#define IO "rchar: 6976\nwchar: 9223372036854775807\nsyscr: 10\nsyscw: 0\nread_bytes: " \
	"4\n" \
	"write_bytes: 8\ncancelled_write_bytes: 0\n"

START_TEST(io)
{
	struct look look = { .state = 'S', .read_bytes = -1, .written_bytes = -1 };
	size_t n;

	for (n = 0; n < strlen("rchar: 6976\nwchar: 9223372036854775807\n"); n++)
		ck_assert_int_eq(procfs_io(bytes(IO, n), &look), -EINVAL);
	ck_assert_int_eq(procfs_io(text("rchar: -1\nwchar: 1\n"), &look), -EINVAL);
	ck_assert_int_eq(procfs_io(text("rchar: 9223372036854775808\nwchar: 1\n"), &look),
			 -EINVAL);
	ck_assert_int_eq(look.read_bytes, -1);
	ck_assert_int_eq(procfs_io(text(IO), &look), 0);
	ck_assert_int_eq(look.read_bytes, 6976);
	ck_assert_int_eq(look.written_bytes, INT64_MAX);
	ck_assert_int_eq(look.state, 'S');
}
END_TEST

/* cgroup, auxv, environ */

static const struct { const char *text, *path; } cgroup_rows[] = {
	{ "0::/system.slice/a.service\n", "/system.slice/a.service" },
	{ "0::/\n", "/" },
	{ "9:name=systemd:/\n8:pids:/\n4:memory:/other/x\n0::/\n", "/" },
	{ "9:name=systemd:/user.slice\n8:pids:/\n0::/\n", "/user.slice" },
	{ "1:name=systemd:/\n0::/lxc/box\n", "/lxc/box" },
	{ "9:name=systemd:/a\n1:cpu,cpuacct:/b\n", "/a" },
	{ "1:name=systemd:/\n", "/" },
	{ "0::/a:b::c/name=systemd:/x\n", "/a:b::c/name=systemd:/x" },
	{ "0::/../gone (deleted)\n", "/../gone (deleted)" },
	{ "0::/\x1b[2J\n", "/\x1b[2J" },
	{ "1:name=systemdx:/x\n0::/y\n", "/y" },
	{ "", NULL }, { "0::\n", NULL }, { "0::/cut", NULL }, { "0:/a\n", NULL },
	{ "rubbish\n0::/a\n", NULL }, { "4:memory:/x\n", NULL }, { "0::a\n", NULL },
};

START_TEST(cgroup)
{
	struct text path = { "untouched", 9 };
	int r = procfs_cgroup(text(cgroup_rows[_i].text), &path);

	ck_assert_int_eq(r, cgroup_rows[_i].path ? 0 : -EINVAL);
	ck_assert(text_is(path,
		cgroup_rows[_i].path ? cgroup_rows[_i].path : "untouched"));
}
END_TEST

START_TEST(auxv)
{
	unsigned long v[] = { AT_SYSINFO_EHDR, 11, AT_HWCAP, 0xbfebfbff, AT_PHDR, 22,
		AT_BASE,
			      33, AT_FLAGS, 0, AT_ENTRY, 44, AT_RANDOM, 55, AT_NULL, 0 };
	uint32_t narrow[] = { AT_SYSINFO_EHDR, 11, AT_PHDR, 22, AT_BASE, 33, AT_ENTRY, 44,
			      AT_RANDOM, 55, AT_NULL, 0, 0, 0 };
	struct layout l = { 1, 1, 1, 1, 1 };
	size_t n;

	for (n = 0; n < sizeof(v); n++)
		ck_assert_int_eq(procfs_auxv(bytes((char *)v, n), &l), -EINVAL);
	if (sizeof(long) == 8)
		ck_assert_int_eq(procfs_auxv(bytes((char *)narrow, sizeof(narrow)), &l),
				 -EINVAL);
	ck_assert_uint_eq(l.vdso, 1);
	ck_assert_int_eq(procfs_auxv(bytes((char *)v, sizeof(v)), &l), 0);
	ck_assert(l.vdso == 11 && l.phdr == 22 && l.base == 33 && l.entry == 44 &&
		  l.random == 55);
}
END_TEST

START_TEST(environment)
{
	static const char all[] = "A=1\0\0no equals\0=noname\0B=x=y\0C=\0LAST=cut";
	struct arena *a = arena_new(0);
	const char *const *list;
	size_t n = 77;

	ck_assert_int_eq(procfs_environ(a, bytes(all, sizeof(all) - 1), &list, &n), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(list[0], "A=1");
	ck_assert_str_eq(list[1], "B=x=y");
	ck_assert_str_eq(list[2], "C=");
	ck_assert_int_eq(procfs_environ(a, bytes(all, sizeof(all)), &list, &n), 0);
	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(list[3], "LAST=cut");
	ck_assert_int_eq(procfs_environ(a, (struct text){ NULL, 0 }, &list, &n), 0);
	ck_assert_uint_eq(n, 0);
	arena_free(a);
}
END_TEST

/* Any bytes at all: no crash, and a failure leaves everything as it was. */
static void try_all(struct arena *a, struct text t)
{
	struct process p = blank();
	struct look look = { 0 };
	struct layout layout;
	struct text path;
	const char *const *list;
	uint64_t number;
	size_t n;

	ck_assert(procfs_stat(t, 5643, &p) == 0 || untouched(&p));
	ck_assert(memchr(p.comm, 0, sizeof(p.comm)) || untouched(&p));
	p = blank();
	ck_assert(procfs_status(t, &p) == 0 || untouched(&p));
	p = blank();
	ck_assert(procfs_limits(t, &p) == 0 || untouched(&p));
	procfs_sched(t, &number);
	procfs_io(t, &look);
	procfs_cgroup(t, &path);
	procfs_auxv(t, &layout);
	procfs_environ(a, t, &list, &n);
}

START_TEST(any_bytes)
{
	static const char *const samples[] = {
		STAT, STATUS, LIMITS, "cat" SCHED_REST, IO, "9:name=systemd:/a\n0::/b\n",
	};
	static const char nasty[] = "\n\t :()[]-0123456789/,=\\";
	unsigned seed = 4711;
	struct arena *a = arena_new(0);
	int round;

	for (round = 0; round < 20000; round++) {
		size_t which = (unsigned)rand_r(&seed) % ARRAY_SIZE(samples);
		const char *sample = samples[which];
		char broken[2048];
		size_t n = strlen(sample);
		int changes = rand_r(&seed) % 8;

		memcpy(broken, sample, n);
		while (changes--)
			broken[(unsigned)rand_r(&seed) % n] = rand_r(&seed) % 2 ?
				nasty[(unsigned)rand_r(&seed) % strlen(nasty)] :
				(char)(rand_r(&seed) % 256);
		if (rand_r(&seed) % 4 == 0)
			n = (unsigned)rand_r(&seed) % (n + 1);
		try_all(a, bytes(broken, n));
	}
	arena_free(a);
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
	struct process p = blank();
	struct look look;
	struct layout layout;
	struct text path;

	ck_assert_int_eq(procfs_stat(slurp("/proc/self/stat"), getpid(), &p), 0);
	ck_assert_int_eq(p.now.ppid, getppid());
	ck_assert_int_eq(p.pgid, getpgrp());
	ck_assert_int_eq(p.sid, getsid(0));
	p.read = 0;
	ck_assert_int_eq(procfs_status(slurp("/proc/self/status"), &p), 0);
	ck_assert_uint_eq(p.uid, geteuid());
	ck_assert_uint_eq(p.gid, getegid());
	ck_assert_int_eq(p.pgid, getpgrp());
	ck_assert_int_eq(procfs_limits(slurp("/proc/self/limits"), &p), 0);
	ck_assert_uint_eq(p.nofile_soft, (uint64_t)sysconf(_SC_OPEN_MAX));
	ck_assert_int_eq(procfs_io(slurp("/proc/self/io"), &look), 0);
	ck_assert_int_gt(look.read_bytes, 0);
	ck_assert_int_eq(procfs_auxv(slurp("/proc/self/auxv"), &layout), 0);
	ck_assert_int_eq(procfs_cgroup(slurp("/proc/self/cgroup"), &path), 0);
	ck_assert_int_eq(path.at[0], '/');
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source/procfs");
	TCase *tcase = tcase_create("procfs");

	tcase_add_checked_fixture(tcase, NULL, stop);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, stat_fields);
	tcase_add_test(tcase, stat_of_kernel_thread);
	tcase_add_test(tcase, stat_name_too_long_is_cut);
	tcase_add_test(tcase, stat_cut_at_every_byte);
	tcase_add_test(tcase, stat_any_name_comes_back);
	tcase_add_loop_test(tcase, stat_bad, 0, ARRAY_SIZE(bad_stats));
	tcase_add_test(tcase, stat_of_an_old_kernel);
	tcase_add_loop_test(tcase, stat_wait_status, 0, ARRAY_SIZE(wait_rows));
	tcase_add_test(tcase, status_fields);
	tcase_add_test(tcase, status_leaves_to_stat_what_is_its);
	tcase_add_test(tcase, status_of_an_old_kernel);
	tcase_add_test(tcase, status_cut_at_every_byte);
	tcase_add_loop_test(tcase, status_names, 0, ARRAY_SIZE(name_rows));
	tcase_add_loop_test(tcase, status_bad, 0, ARRAY_SIZE(bad_status));
	tcase_add_test(tcase, limits);
	tcase_add_test(tcase, sched);
	tcase_add_test(tcase, io);
	tcase_add_loop_test(tcase, cgroup, 0, ARRAY_SIZE(cgroup_rows));
	tcase_add_test(tcase, auxv);
	tcase_add_test(tcase, environment);
	tcase_add_test(tcase, any_bytes);
	tcase_add_test(tcase, this_machine);
	suite_add_tcase(suite, tcase);
	return harness_main(suite);
}
