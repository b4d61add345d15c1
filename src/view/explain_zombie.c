/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS111 means and how a parent should reap. The kernel says that nobody waited, not
 * why the parent does not.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"A Popen object is kept but nobody calls wait() or poll(); "
			"kill() without wait() is the same. Forgotten objects are "
			"collected only when the next Popen is made. os.fork() needs "
			"its own os.waitpid().",
		.code =
			"import subprocess\n"
			"import threading\n"
			"\n"
			"def start(cmd):\n"
			"    process = subprocess.Popen(cmd)\n"
			"    # Collects the child the moment it ends; wait() may be called twice.\n"
			"    threading.Thread(target=process.wait, daemon=True).start()\n"
			"    return process\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"Node reaps what it spawned as soon as its event loop runs. "
			"Zombies stay while the loop is blocked by long synchronous "
			"work, when a native addon forks by itself, or when Node is "
			"process 1 of a container and inherits children it never "
			"started (use an init). Move the heavy work off the main "
			"thread.",
		.code =
			"const { Worker } = require('node:worker_threads');\n"
			"\n"
			"function compute(file, data) {\n"
			"  return new Promise((resolve, reject) => {\n"
			"    const worker = new Worker(file, { workerData: data });\n"
			"    worker.once('message', resolve);\n"
			"    worker.once('error', reject);\n"
			"    worker.once('exit', (code) => reject(new Error(`exit code ${code}`)));\n"
			"  });\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"cmd.Start() without cmd.Wait(). Neither Process.Kill nor "
			"Process.Release reaps. Wait in a goroutine when the program "
			"has other things to do.",
		.code =
			"func start(name string, args ...string) (*exec.Cmd, <-chan error, error) {\n"
			"\tcmd := exec.Command(name, args...)\n"
			"\tif err := cmd.Start(); err != nil {\n"
			"\t\treturn nil, nil, err\n"
			"\t}\n"
			"\tdone := make(chan error, 1) // with room: nobody has to listen\n"
			"\tgo func() { done <- cmd.Wait() }()\n"
			"\treturn cmd, done, nil\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"The JDK waits for each child it starts in a thread of its "
			"own. Zombies of a Java process come from native code that "
			"forks, from a JVM that is stopped, or from children it "
			"inherited as process 1 of a container (use an init). Start "
			"children with ProcessBuilder, and ask for the result.",
		.code =
			"static CompletableFuture<Integer> start(List<String> command)\n"
			"        throws IOException {\n"
			"    Process process = new ProcessBuilder(command).inheritIO().start();\n"
			"    return process.onExit().thenApply(Process::exitValue);      // Java 9\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"Nobody calls waitpid, or a SIGCHLD handler calls it once "
			"although several children have ended: pending signals of one "
			"kind merge into one. Call it until nothing is left. This "
			"collects every child, so system() and code that waits for a "
			"certain pid get in its way.",
		.code =
			"static void on_sigchld(int sig)\n"
			"{\n"
			"    const int saved = errno;\n"
			"\n"
			"    (void)sig;\n"
			"    while (waitpid(-1, NULL, WNOHANG) > 0)\n"
			"        ;\n"
			"    errno = saved;\n"
			"}\n"
			"\n"
			"int reap_children(void)\n"
			"{\n"
			"    struct sigaction action = {\n"
			"        .sa_handler = on_sigchld,\n"
			"        .sa_flags = SA_RESTART | SA_NOCLDSTOP,\n"
			"    };\n"
			"\n"
			"    sigemptyset(&action.sa_mask);\n"
			"    return sigaction(SIGCHLD, &action, NULL);\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"A shell reaps its own jobs. But \"helper & exec server\" "
			"turns the shell into a server that has a child it knows "
			"nothing of, and a script that is process 1 of a container "
			"inherits the orphans of others. Stay as the parent.",
		.code =
			"helper &\n"
			"helper=$!\n"
			"server &                # not: exec server\n"
			"server=$!\n"
			"trap 'kill -TERM \"$server\"' INT TERM\n"
			"until wait \"$server\"; status=$?; ! kill -0 \"$server\" 2>/dev/null; do\n"
			"    :                   # a trap interrupted the wait\n"
			"done\n"
			"kill -TERM \"$helper\" 2>/dev/null\n"
			"wait \"$helper\"\n"
			"exit \"$status\"\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_zombie = {
	.id = "LS111",
	.kind = "zombie",
	.title = "a child has ended and its parent has not collected it",
	.meaning =
		"The process has ended. The kernel has freed its memory and closed "
		"its files, but keeps its pid and exit status until the parent asks "
		"for them with wait(2): until then it is a zombie, state Z, shown as "
		"<defunct>. For a moment every process that ends is one. It becomes a "
		"finding when it stays.\n"
		"A process in state Z that still has live threads is not a zombie but "
		"a dead leader (LS112).",
	.why_it_matters =
		"A zombie uses no processor time and next to no memory, but it "
		"occupies a pid and counts as a process of its user. When they pile "
		"up, fork fails with EAGAIN at the limit of processes (RLIMIT_NPROC), "
		"of the cgroup (pids.max) or of pids, for other programs too. It also "
		"says that the parent has lost track: nobody looked at that exit "
		"status.",
	.fixes = fixes,
	.clean_up_now =
		"A zombie cannot be killed, for it is dead already. Only its parent "
		"can reap it. leakscan says whether a signal can make it, and with "
		"--yes sends it, once for each zombie.\n"
		"  leakscan reap --pid APP\n"
		"By hand:\n"
		"1. Find the parent.\n"
		"  ps -o ppid= -p ZOMBIE\n"
		"2. Is the parent stopped (state T, kill -CONT PARENT resumes it), "
		"stuck in the kernel (state D) or held by a debugger? Then it reaps "
		"once it runs again.\n"
		"3. Does it handle SIGCHLD? Bit 17 (0x10000) of SigCgt must be set, "
		"and that of SigBlk must not.\n"
		"  grep -E \"SigCgt|SigBlk\" /proc/PARENT/status\n"
		"4. If it does, its handler may have missed one of several signals "
		"that merged. One more is harmless and may help. If it does not "
		"handle SIGCHLD, this does nothing.\n"
		"  kill -CHLD PARENT\n"
		"5. Otherwise restart or end the parent, when you can afford that. "
		"Its zombies then go to the nearest subreaper or to init, which reaps "
		"them.\n"
		"6. Verify that it is gone: this prints nothing.\n"
		"  ps -o pid,stat,args -p ZOMBIE\n"
		"When the parent is the first process of a container, ending it ends "
		"the container. Give the container a real init (docker run --init, or "
		"tini).",
	.limits =
		"A scan sees that the parent has not waited yet, not whether it is "
		"about to. A process that exists for moments only is judged twice, "
		"some time apart, yet a very slow parent looks the same as one that "
		"forgot. A parent may keep a zombie on purpose, to keep the pid from "
		"being used again while it still signals it.",
};
