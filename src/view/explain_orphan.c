/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS101 means and how not to make one. The kernel hands an orphan to its nearest
 * subreaper and keeps no record of who its parent was.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"The loop over process.stdout raises, wait() is never "
			"reached, and Popen does not end its child when it is "
			"forgotten. \"with Popen(...)\" closes the pipe and waits, "
			"but never terminates: a child that does not notice keeps the "
			"app waiting. No finally runs when the app itself gets "
			"SIGKILL.",
		.code =
			"import subprocess\n"
			"\n"
			"def run(cmd, handle_line):\n"
			"    process = subprocess.Popen(cmd, stdout=subprocess.PIPE,\n"
			"                               stderr=subprocess.STDOUT, text=True)\n"
			"    try:\n"
			"        for line in process.stdout:\n"
			"            handle_line(line)\n"
			"        return process.wait()\n"
			"    finally:\n"
			"        process.stdout.close()\n"
			"        if process.poll() is None:          # still running\n"
			"            process.terminate()             # SIGTERM\n"
			"            try:\n"
			"                process.wait(timeout=5)\n"
			"            except subprocess.TimeoutExpired:\n"
			"                process.kill()              # SIGKILL\n"
			"                process.wait()              # leave no zombie\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"An exception in a 'data' handler is uncaught and ends the "
			"app at once, without a thought for the child; so does "
			"process.exit(). Read in a for await loop, whose exceptions "
			"reach a finally, and keep an exit handler for the rest.",
		.code =
			"const { spawn } = require('node:child_process');\n"
			"const { once } = require('node:events');\n"
			"const readline = require('node:readline');\n"
			"\n"
			"async function run(command, args, handleLine) {\n"
			"  const stdio = ['ignore', 'pipe', 'inherit'];\n"
			"  const child = spawn(command, args, { stdio });\n"
			"  const exited = once(child, 'exit');   // rejects when it cannot start\n"
			"  const onExit = () => child.kill();\n"
			"  exited.catch(() => {});               // looked at below\n"
			"  process.once('exit', onExit);\n"
			"  try {\n"
			"    const lines = readline.createInterface({ input: child.stdout });\n"
			"    for await (const line of lines)\n"
			"      handleLine(line);\n"
			"    return (await exited)[0];\n"
			"  } finally {\n"
			"    child.stdout.destroy();\n"
			"    if (child.exitCode === null && child.signalCode === null) {\n"
			"      child.kill('SIGTERM');\n"
			"      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);\n"
			"      await exited.finally(() => clearTimeout(timer));\n"
			"    }\n"
			"    process.off('exit', onExit);\n"
			"  }\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"An early return between Start and Wait leaves the child "
			"running, and exec.Command does not tie it to the life of the "
			"program. Use a context, and let one deferred function end "
			"and collect the child on every path, panics included. "
			"os.Exit, log.Fatal and a panic in another goroutine skip it.",
		.code =
			"func run(ctx context.Context, handle func(string) error,\n"
			"\tname string, args ...string) (err error) {\n"
			"\tctx, cancel := context.WithCancel(ctx)\n"
			"\tdefer cancel()\n"
			"\tcmd := exec.CommandContext(ctx, name, args...)\n"
			"\tcmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }\n"
			"\tcmd.WaitDelay = 5 * time.Second // then SIGKILL; Go 1.20\n"
			"\tout, err := cmd.StdoutPipe()\n"
			"\tif err != nil {\n"
			"\t\treturn err\n"
			"\t}\n"
			"\tif err := cmd.Start(); err != nil {\n"
			"\t\treturn err\n"
			"\t}\n"
			"\tfinished := false\n"
			"\tdefer func() {\n"
			"\t\tout.Close()\n"
			"\t\tif !finished {\n"
			"\t\t\tcancel()\n"
			"\t\t}\n"
			"\t\terr = errors.Join(err, cmd.Wait())\n"
			"\t}()\n"
			"\tlines := bufio.NewScanner(out)\n"
			"\tfor lines.Scan() {\n"
			"\t\tif err := handle(lines.Text()); err != nil {\n"
			"\t\t\treturn err\n"
			"\t\t}\n"
			"\t}\n"
			"\tfinished = lines.Err() == nil\n"
			"\treturn lines.Err()\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"A Process is not closed when it becomes unreachable, and "
			"try-with-resources on its reader closes the pipe, not the "
			"process. End it in a finally. System.exit does not run "
			"finally blocks: for that, add a shutdown hook that calls "
			"destroy().",
		.code =
			"static int run(List<String> command, Consumer<String> handle)\n"
			"        throws IOException, InterruptedException {\n"
			"    Process process = new ProcessBuilder(command)\n"
			"            .redirectErrorStream(true).start();\n"
			"    try (BufferedReader out = new BufferedReader(\n"
			"            new InputStreamReader(process.getInputStream()))) {\n"
			"        for (String line; (line = out.readLine()) != null; )\n"
			"            handle.accept(line);\n"
			"        return process.waitFor();\n"
			"    } finally {                             // out is closed by now\n"
			"        boolean gone = !process.isAlive();\n"
			"        try {\n"
			"            if (!gone) {\n"
			"                process.destroy();          // SIGTERM\n"
			"                gone = process.waitFor(5, TimeUnit.SECONDS);\n"
			"            }\n"
			"        } finally {                         // also when interrupted\n"
			"            if (!gone)\n"
			"                process.destroyForcibly();  // SIGKILL\n"
			"        }\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"An error path returns between fork and waitpid, or the "
			"program crashes. Let every path pass the place that ends the "
			"child, and ask the kernel to signal the child when we die. "
			"That signal comes when the thread that forked ends, so fork "
			"in one that stays; a set-user-id program clears it.",
		.code =
			"static int end_child(pid_t pid)\n"
			"{\n"
			"    int status = 0, tries = 0;\n"
			"\n"
			"    kill(pid, SIGTERM);         /* not yet reaped: it is no other */\n"
			"    while (waitpid(pid, &status, WNOHANG) == 0) {\n"
			"        if (++tries == 50)      /* 5 s */\n"
			"            kill(pid, SIGKILL);\n"
			"        usleep(100000);\n"
			"    }\n"
			"    return status;\n"
			"}\n"
			"\n"
			"int run(char *const argv[], int (*handle)(const char *line))\n"
			"{\n"
			"    const pid_t parent = getpid();\n"
			"    int fd[2], status = 0, rc = 0;\n"
			"    char line[4096];\n"
			"\n"
			"    if (pipe2(fd, O_CLOEXEC) < 0)\n"
			"        return -1;\n"
			"    const pid_t pid = fork();\n"
			"    if (pid == 0) {\n"
			"        prctl(PR_SET_PDEATHSIG, SIGTERM);\n"
			"        if (getppid() != parent)        /* it died before the prctl */\n"
			"            _exit(127);\n"
			"        dup2(fd[1], STDOUT_FILENO);\n"
			"        execvp(argv[0], argv);\n"
			"        _exit(127);\n"
			"    }\n"
			"    close(fd[1]);\n"
			"    FILE *out = fdopen(fd[0], \"r\");\n"
			"    while (pid > 0 && out && rc == 0 && fgets(line, sizeof(line), out))\n"
			"        rc = handle(line);\n"
			"    if (out)\n"
			"        fclose(out);\n"
			"    else\n"
			"        close(fd[0]);\n"
			"    if (pid < 0)\n"
			"        return -1;\n"
			"    if (rc != 0 || !out)\n"
			"        end_child(pid);\n"
			"    else\n"
			"        waitpid(pid, &status, 0);\n"
			"    return rc ? rc : status;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"The script ends, by an error under \"set -e\", by exit or by "
			"a signal, while a background job or the command of a process "
			"substitution still runs. Only an interactive shell may pass "
			"SIGHUP on to its jobs. Set a trap on EXIT before the child "
			"is started.",
		.code =
			"child=\n"
			"end_child() {\n"
			"    trap - EXIT\n"
			"    exec 3<&-                               # our end of the pipe\n"
			"    [ -n \"$child\" ] || return 0\n"
			"    kill -TERM \"$child\" 2>/dev/null\n"
			"    for _ in 1 2 3 4 5; do\n"
			"        kill -0 \"$child\" 2>/dev/null || break\n"
			"        sleep 1\n"
			"    done\n"
			"    kill -KILL \"$child\" 2>/dev/null\n"
			"    wait \"$child\" 2>/dev/null\n"
			"}\n"
			"trap end_child EXIT\n"
			"trap 'exit 129' HUP\n"
			"trap 'exit 130' INT\n"
			"trap 'exit 143' TERM\n"
			"\n"
			"run() {                                     # bash 4.4\n"
			"    exec 3< <(exec \"$@\")\n"
			"    child=$!\n"
			"    while IFS= read -r line <&3; do\n"
			"        handle_line \"$line\" || exit 1\n"
			"    done\n"
			"    wait \"$child\"\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_orphan = {
	.id = "LS101",
	.kind = "orphan",
	.title = "a child runs on after the process that started it has exited",
	.meaning =
		"The process runs, and the parent that started it is gone. The kernel "
		"gave it a new parent: the nearest ancestor that had declared itself "
		"a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), else the init of its "
		"pid namespace. On a desktop that is often \"systemd --user\", in a "
		"container the first process, so \"parent process 1\" is no test for "
		"an orphan.\n"
		"People often call such a process a zombie. It is the opposite: a "
		"zombie has ended and only waits to be collected (LS111), an orphan "
		"is at work.\n"
		"Not every orphan is a mistake. A daemon detaches itself on purpose; "
		"what looks meant is reported with intent daemon and raises no alarm. "
		"LEAKSCAN_KEEP=1 in the environment of a process says that it is "
		"meant.",
	.why_it_matters =
		"It goes on using processor time, memory, disk and network for a "
		"result that nobody will collect: the download continues although the "
		"app has crashed. It keeps what it holds, such as a listening port, a "
		"file lock or a half-written file, so a restarted app fails with "
		"\"address already in use\" or meets a second writer. Each crash may "
		"add one more.",
	.fixes = fixes,
	.clean_up_now =
		"Judge first: look at the command, at what it still does and at what "
		"it holds. leakscan can take the steps below, and refuses where it is "
		"not sure: the first line prints the plan, the second acts.\n"
		"  leakscan reap --pid APP\n"
		"  leakscan reap --pid APP --yes\n"
		"By hand, these are the steps that the app should have taken:\n"
		"1. Close the pipe to it. Only the process that holds an end can "
		"close that end; when the app is dead, the kernel has done this for "
		"you.\n"
		"2. Is it still running, and still the same process? A pid can be "
		"given to another one.\n"
		"  ps -o pid,ppid,lstart,stat,args -p PID\n"
		"3. Ask it to end, with SIGTERM.\n"
		"  kill -TERM PID\n"
		"4. Give it up to 5 seconds to finish its files. A stopped process "
		"(state T) sees the signal only once it is continued: kill -CONT PID.\n"
		"5. If it is still there, and still the same process, SIGKILL.\n"
		"  kill -KILL PID\n"
		"6. Reaping it is the task of its present parent. An init does so at "
		"once; a subreaper should. Nothing else can.\n"
		"7. Verify that it is gone: this prints nothing.\n"
		"  ps -o pid,stat,args -p PID\n"
		"For a whole session left by a dead leader, pkill -TERM -s SID "
		"signals every member. Look first, with ps -o pid,args -s SID.",
	.limits =
		"Once a parent is gone, Linux no longer says who it was. A late scan "
		"goes by what children inherit: session, process group, environment, "
		"cgroup, pipes. Each piece of evidence is printed with its strength. "
		"A child that took a new session, closed its pipes and left the "
		"cgroup cannot be told apart from a daemon, and may not be found at "
		"all. Weak evidence, such as the same user or terminal, is shared by "
		"innocent neighbours. Whether the work is still wanted, only you can "
		"say.",
};
