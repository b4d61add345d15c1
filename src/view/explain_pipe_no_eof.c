/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS302 means and how ends of pipes get into wrong hands. An end of file comes when
 * the last write end is closed, and the kernel does not say who was meant to have one.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"A step starts a server in the background, and the server inherits "
			"the step's stdout: reading it to the end lasts as long as the "
			"server. With multiprocessing a worker that is forked while a pipe "
			"to another child is open keeps a copy. Give what outlives you its "
			"own output.",
		.code =
			"import subprocess\n"
			"\n"
			"def start_server(cmd, log_path):\n"
			"    with open(log_path, \"ab\") as log:\n"
			"        return subprocess.Popen(cmd, stdin=subprocess.DEVNULL,\n"
			"                                stdout=log, stderr=log,\n"
			"                                start_new_session=True)\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"'close' waits for the end of the streams, and a grandchild that "
			"inherited them holds them open; 'exit' does not wait. Give a "
			"server a file.",
		.code =
			"const fs = require('node:fs');\n"
			"const { spawn } = require('node:child_process');\n"
			"\n"
			"function startServer(command, args, logFile) {\n"
			"  const log = fs.openSync(logFile, 'a');\n"
			"  try {\n"
			"    return spawn(command, args, { stdio: ['ignore', log, log] });\n"
			"  } finally {\n"
			"    fs.closeSync(log);          // the child has its own copy\n"
			"  }\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"When Stdout is no *os.File, Wait waits for a goroutine that reads "
			"the pipe to its end, whoever holds it. WaitDelay (Go 1.20) bounds "
			"that.",
		.code =
			"func runStep(out io.Writer, name string, args ...string) error {\n"
			"\tcmd := exec.Command(name, args...)\n"
			"\tcmd.Stdout, cmd.Stderr = out, out\n"
			"\tcmd.WaitDelay = 2 * time.Second // after its exit, for those it left\n"
			"\treturn cmd.Run()                // exec.ErrWaitDelay: somebody was left\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"getInputStream() is read to its end while a process that the child "
			"started still holds it. Give a server a file, never the pipe.",
		.code =
			"static Process startServer(List<String> command, Path log)\n"
			"        throws IOException {\n"
			"    return new ProcessBuilder(command)\n"
			"            .redirectInput(new File(\"/dev/null\"))\n"
			"            .redirectErrorStream(true)\n"
			"            .redirectOutput(\n"
			"                    ProcessBuilder.Redirect.appendTo(log.toFile()))\n"
			"            .start();\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"pipe() without O_CLOEXEC: every child that is started while it is "
			"open gets the write end, and the reader waits for all of them. The "
			"parent's own copy is forgotten as easily.",
		.code =
			"pid_t start_filter(char *const argv[], int *input)\n"
			"{\n"
			"    posix_spawn_file_actions_t actions;\n"
			"    int ends[2], error;\n"
			"    pid_t pid = -1;\n"
			"\n"
			"    if (pipe2(ends, O_CLOEXEC))\n"
			"        return -1;\n"
			"    posix_spawn_file_actions_init(&actions);\n"
			"    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);\n"
			"    error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);\n"
			"    posix_spawn_file_actions_destroy(&actions);\n"
			"    close(ends[0]);\n"
			"    if (error) {\n"
			"        close(ends[1]);\n"
			"        errno = error;\n"
			"        return -1;\n"
			"    }\n"
			"    *input = ends[1];           /* closing it is the end of file */\n"
			"    return pid;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"server & in a script whose output is read by somebody: $(script), "
			"script | tee log, a CI runner, ssh host script. All of them wait "
			"for the server.",
		.code =
			"start_server() {        # start_server LOG CMD...\n"
			"    local log=$1\n"
			"    shift\n"
			"    \"$@\" >\"$log\" 2>&1 </dev/null &\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_pipe_no_eof = {
	.id = "LS302",
	.kind = "pipe-no-eof",
	.title = "a reader waits for an end of file that cannot come",
	.meaning =
		"A process reads from a pipe or a socket pair, the one that was to "
		"write has ended or closed its end, and yet the end of file does "
		"not come: somebody else still holds the write end. Either an "
		"orphan that inherited it, or a sibling that was started while it "
		"was open. The finding names that process and its descriptor.\n"
		"It is critical when the reader is blocked in read on it. Of a whole "
		"machine it is a warning, and told only of orphans of the reader's "
		"own session and process group: a daemon that writes to who reads "
		"its log is neither.",
	.why_it_matters =
		"A build or CI step that has long succeeded never ends; $(...) "
		"hangs; a filter waits for more input and its parent waits for the "
		"filter. It ends when the one that holds the pipe ends, which for a "
		"server is never.",
	.fixes = fixes,
	.clean_up_now =
		"1. See who holds the pipe.\n"
		"  leakscan holders --fd PID:FD\n"
		"2. End that process, when nobody needs it: the reader goes on at "
		"once.\n"
		"  kill -TERM HOLDER\n"
		"3. If it must live, restart it with its output elsewhere.\n"
		"  CMD >/var/log/cmd.log 2>&1 </dev/null &",
	.limits =
		"Which process was meant to write is nowhere written down. An "
		"orphan that is meant to send its messages to the reader looks the "
		"same; when it looks like a daemon the finding is only worth "
		"knowing. Of siblings, those that hold the end as a standard stream "
		"or were told its number are left out, and others count only when "
		"the parent waits for the reader. When a process could not be "
		"inspected, it may be the rightful writer: then the finding says "
		"so, and is only worth knowing.",
};
