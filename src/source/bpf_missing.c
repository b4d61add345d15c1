/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why BPF cannot be used here, and what would help.  The kernel says EPERM, EINVAL or ENOENT
 * for many reasons, so what it needs is looked for, the plainest first.
 */
#include "source/live.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "source/bpf_pin.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF 39
#endif

/* bpf_rdonly_cast() of our programs */
enum { KERNEL_MAJOR = 6, KERNEL_MINOR = 2 };

static bool has_type_information(void)
{
	return !access("/sys/kernel/btf/vmlinux", F_OK);
}

static bool is_old_kernel(void)
{
	struct utsname u;
	int major, minor;

	return !uname(&u) && sscanf(u.release, "%d.%d", &major, &minor) == 2 &&
	       (major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor < KERNEL_MINOR));
}

static bool has_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	uint64_t effective;

	if (syscall(SYS_capget, &head, data))
		return true;
	effective = data[0].effective | (uint64_t)data[1].effective << 32;
	return effective >> CAP_SYS_ADMIN & 1 ||
	       (effective >> CAP_BPF & 1 && effective >> CAP_PERFMON & 1);
}

/* In confidentiality mode nobody may read the kernel's memory: "none integrity [x]". */
static bool is_locked_down(void)
{
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");
	char line[128] = "";
	bool found = f && fgets(line, sizeof(line), f) && strstr(line, "[confidentiality]");

	if (f)
		fclose(f);
	return found;
}

static const char *without_capabilities(void)
{
	struct bpf_pinned pin;
	bool there = !bpf_pin_look(&pin) && pin.there;

	if (there && !pin.trusted)
		return "it takes CAP_BPF and CAP_PERFMON, and what is pinned is not root's alone,"
		       " so it is not believed";
	if (there && !pin.current)
		return "it takes CAP_BPF and CAP_PERFMON, and what is pinned is of another version"
		       " of leakscan: let root run `leakscan bpf --pin GROUP` again";
	if (there)
		return "it takes CAP_BPF and CAP_PERFMON, or to be in the group that it is pinned"
		       " for (`leakscan bpf` tells)";
	return "it takes CAP_BPF and CAP_PERFMON: be root, or let root run"
	       " `leakscan bpf --pin GROUP` for a group of yours";
}

const char *live_bpf_missing(int err)
{
	if (err == -ENOSYS)
		return "this leakscan was built without it (configure --with-bpf)";
	if (err == -EXDEV)
		return "/proc is of another pid namespace than we are, or our user ids are mapped";
	if (!has_type_information())
		return "this kernel does not describe its types: there is no"
		       " /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)";
	if (is_old_kernel())
		return "this kernel is too old: it takes 6.2";
	if (!has_capabilities())
		return without_capabilities();
	if (is_locked_down())
		return "this kernel is locked down: confidentiality mode forbids it even to root";
	if (err == -EPERM || err == -EACCES || err == -EOPNOTSUPP)
		return "the kernel refuses the programs in spite of the capabilities: those of a"
		       " user namespace do not count, and a seccomp filter or a security module"
		       " may forbid bpf(2)";
	return strerror(-err);
}
