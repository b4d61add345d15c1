/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS112 means: a process in state Z that is not a zombie. /proc/PID/stat shows the
 * leader alone; only the thread count and /proc/PID/task tell that the rest is alive.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"Python waits for its threads at exit, so this takes foreign "
			"code: an extension or ctypes call that ends the main thread "
			"with pthread_exit. Keep the main thread, and join the others.",
		.code =
			"import threading\n"
			"\n"
			"def run_all(work, items):\n"
			"    threads = [threading.Thread(target=work, args=(item,))\n"
			"               for item in items]\n"
			"    for thread in threads:\n"
			"        thread.start()\n"
			"    for thread in threads:\n"
			"        thread.join()\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"JavaScript cannot end the main thread alone: process.exit() "
			"and an uncaught exception end all workers. It takes a native "
			"addon that calls pthread_exit there. Wait for the workers "
			"instead.",
		.code =
			"const { once } = require('node:events');\n"
			"const { Worker } = require('node:worker_threads');\n"
			"\n"
			"async function runAll(files) {\n"
			"  const workers = files.map((file) => new Worker(file));\n"
			"  await Promise.all(workers.map((worker) => once(worker, 'exit')));\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"The runtime keeps the main thread even when a goroutine "
			"locked to it ends, so this comes from C code called through "
			"cgo, or from a raw exit system call in place of exit_group. "
			"runtime.Goexit in main is a trap of its own: the program "
			"goes on without it. Let main wait.",
		.code =
			"func runAll(jobs []func()) {\n"
			"\tvar group sync.WaitGroup\n"
			"\tfor _, job := range jobs {\n"
			"\t\tgroup.Add(1)\n"
			"\t\tgo func(job func()) {\n"
			"\t\t\tdefer group.Done()\n"
			"\t\t\tjob()\n"
			"\t\t}(job)\n"
			"\t}\n"
			"\tgroup.Wait()\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"The java launcher keeps its first thread until the JVM ends. "
			"A C program that embeds a JVM and leaves main with "
			"pthread_exit shows this: it should call DestroyJavaVM, which "
			"waits. In Java, wait for the workers before main returns.",
		.code =
			"static void runAll(List<Runnable> jobs) throws InterruptedException {\n"
			"    List<Thread> threads = new ArrayList<>();\n"
			"    for (Runnable job : jobs) {\n"
			"        Thread thread = new Thread(job);\n"
			"        threads.add(thread);\n"
			"        thread.start();\n"
			"    }\n"
			"    for (Thread thread : threads)\n"
			"        thread.join();\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"main() ends with pthread_exit(NULL), the usual way to "
			"\"leave the workers running\". Join them and return instead, "
			"so that the process ends, and is seen to end, as a whole.",
		.code =
			"int run_all(size_t n, void *(*work)(void *), void *args[])\n"
			"{\n"
			"    pthread_t thread[n];\n"
			"    size_t started = 0;\n"
			"    int rc = 0;\n"
			"\n"
			"    while (started < n && rc == 0) {\n"
			"        rc = pthread_create(&thread[started], NULL, work, args[started]);\n"
			"        if (rc == 0)\n"
			"            started++;\n"
			"    }\n"
			"    while (started > 0)\n"
			"        pthread_join(thread[--started], NULL);\n"
			"    return rc;      /* 0 or an error number */\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"A shell has one thread, so it is never the cause, but its "
			"wait hangs on such a child. Let it see who still lives, and "
			"put a limit on the time it waits.",
		.code =
			"threads_of() {          # threads_of PID: each thread and its state\n"
			"    for task in /proc/\"$1\"/task/*; do\n"
			"        printf '%s %s\\n' \"${task##*/}\" \\\n"
			"            \"$(sed -n 's/^State:[[:space:]]*//p' \"$task/status\")\"\n"
			"    done\n"
			"}\n"
			"\n"
			"run_limited() {         # SIGTERM after 60 s, SIGKILL 5 s later\n"
			"    timeout -k 5 60 \"$@\"\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_dead_leader = {
	.id = "LS112",
	.kind = "dead-leader",
	.title = "the main thread has ended, other threads live on",
	.meaning =
		"The first thread of the process, its thread-group leader, has ended "
		"while other threads of it still run. The state in /proc and in ps is "
		"that of the leader, so the process shows Z and <defunct> although it "
		"lives: it is no zombie. Its parent cannot collect it before the last "
		"thread has ended, and no SIGCHLD has been sent.",
	.why_it_matters =
		"Tools that go by the state take it for dead: monitoring counts a "
		"zombie, while it still computes, writes, and holds memory, "
		"descriptors and ports. A parent that waits for it waits on. Much of "
		"/proc/PID (the command line, the descriptors, the executable) reads "
		"as empty through the leader, so it is hard to see what it does.",
	.fixes = fixes,
	.clean_up_now =
		"1. See which threads live, and what they do.\n"
		"  ps -L -o tid,stat,wchan:20,comm -p PID\n"
		"2. Its descriptors are to be seen through a living thread.\n"
		"  ls -l /proc/PID/task/TID/fd\n"
		"3. If it does useful work, let it finish: with its last thread it "
		"becomes an ordinary zombie, and its parent reaps it.\n"
		"4. If not, end it. Unlike a zombie it can be signalled, for a signal "
		"to the process reaches its living threads.\n"
		"  kill -TERM PID\n"
		"5. After 5 seconds, if threads still live:\n"
		"  kill -KILL PID",
	.limits =
		"A scan sees which threads live, not whether the program meant its "
		"main thread to end first, which POSIX allows. It cannot tell a "
		"thread that works from one that waits for ever.",
};
