/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS207 means and how pidfds are forgotten. The kernel shows in fdinfo that the
 * process is gone; who should have closed the descriptor it does not know.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"os.pidfd_open() returns a bare number that no collector "
			"closes. Close it in finally. subprocess and asyncio close "
			"their own, as long as somebody waits.",
		.code =
			"import os\n"
			"import select\n"
			"\n"
			"def has_ended(pid, timeout_s):\n"
			"    fd = os.pidfd_open(pid)             # Python 3.9, Linux 5.3\n"
			"    try:\n"
			"        poller = select.poll()\n"
			"        poller.register(fd, select.POLLIN)\n"
			"        return bool(poller.poll(timeout_s * 1000))\n"
			"    finally:\n"
			"        os.close(fd)\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"Node makes no pidfds: they come from a native addon, or were "
			"inherited. Wait for the event that Node itself offers.",
		.code =
			"const { spawn } = require('node:child_process');\n"
			"const { once } = require('node:events');\n"
			"\n"
			"async function statusOf(command, args) {\n"
			"  const child = spawn(command, args, { stdio: 'inherit' });\n"
			"  const [code, signal] = await once(child, 'exit');\n"
			"  return signal ?? code;\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"Since Go 1.23 an os.Process holds a pidfd, until Wait or "
			"Release, or until the collector finds it. A list of finished "
			"commands on which nobody called Wait keeps them all. Release "
			"what you only look at.",
		.code =
			"func isAlive(pid int) bool {\n"
			"\tprocess, err := os.FindProcess(pid)\n"
			"\tif err != nil {\n"
			"\t\treturn false\n"
			"\t}\n"
			"\tdefer process.Release()\n"
			"\treturn process.Signal(syscall.Signal(0)) == nil\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"The JDK waits by pid and makes no pidfds: they come from "
			"native code. A ProcessHandle holds no descriptor, and can be "
			"waited for as well.",
		.code =
			"static boolean hasEnded(long pid, long seconds) throws Exception {\n"
			"    ProcessHandle process = ProcessHandle.of(pid).orElse(null);\n"
			"    if (process == null)\n"
			"        return true;\n"
			"    try {\n"
			"        process.onExit().get(seconds, TimeUnit.SECONDS);\n"
			"        return true;\n"
			"    } catch (TimeoutException stillThere) {\n"
			"        return false;\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"pidfd_open, clone with CLONE_PIDFD, or SO_PEERPIDFD, and an "
			"early return. waitid(P_PIDFD) does not close the descriptor. "
			"Close it where you wait, on every path.",
		.code =
			"/* 1: it has ended; 0: not yet; -1: no such process, or an error. */\n"
			"int await_end(pid_t pid, int timeout_ms)\n"
			"{\n"
			"    struct pollfd end = { .events = POLLIN };\n"
			"    int n;\n"
			"\n"
			"    end.fd = (int)syscall(SYS_pidfd_open, pid, 0);\n"
			"    if (end.fd < 0)\n"
			"        return -1;\n"
			"    n = poll(&end, 1, timeout_ms);\n"
			"    close(end.fd);\n"
			"    return n;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"A shell makes no pidfds; one can only have inherited them. It "
			"knows its own children by pid, and collects them with wait.",
		.code =
			"run_limited_to() {      # run_limited_to SECONDS CMD...\n"
			"    local pid status\n"
			"    timeout --signal=TERM --kill-after=5 \"$@\" &\n"
			"    pid=$!\n"
			"    wait \"$pid\"\n"
			"    status=$?\n"
			"    return \"$status\"\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_pidfd_stale = {
	.id = "LS207",
	.kind = "pidfd-stale",
	.title = "pidfds to processes that have been reaped",
	.meaning =
		"A pidfd stands for one process, and for no other even when its "
		"number is used again. The process of this one has ended and its "
		"parent has waited for it: nothing can be sent to it and nothing "
		"waited for any more.\n"
		"One of them may be seen in the moment between waiting and closing. "
		"Two and more are a warning.",
	.why_it_matters =
		"Each child costs a descriptor for ever, so the app runs into its "
		"limit (LS202) after as many children as it may have descriptors. A "
		"loop that polls them spins: a pidfd of an ended process is always "
		"ready.",
	.fixes = fixes,
	.clean_up_now =
		"1. See them: Pid: -1 is one whose process has been reaped.\n"
		"  grep -H '^Pid:' /proc/PID/fdinfo/* | grep -e '-1$'\n"
		"2. Nobody can close a descriptor of another process safely. They do "
		"no harm until the limit is near: raise it to buy time (LS202), and "
		"restart the app when you can.",
	.limits =
		"Some programs keep a pidfd as a proof of who a peer was, and may do "
		"so after its end. Before Linux 5.4 a pidfd does not show that its "
		"process was reaped. The descriptors of other users' processes cannot "
		"be read without privileges.",
};
