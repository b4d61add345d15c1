/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS301 means and how output is read to its end. The kernel says who is blocked and
 * who could read, not whether the reader will.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"stdout=PIPE and then wait(): the child fills the pipe (64 KiB), "
			"blocks, and never ends, so wait() never returns. Reading stdout to "
			"its end first blocks the same way on stderr. communicate() reads "
			"both at once and waits last.",
		.code =
			"import subprocess\n"
			"\n"
			"def output_of(cmd):\n"
			"    with subprocess.Popen(cmd, stdin=subprocess.DEVNULL, text=True,\n"
			"                          stdout=subprocess.PIPE,\n"
			"                          stderr=subprocess.PIPE) as process:\n"
			"        out, err = process.communicate()\n"
			"    return process.returncode, out, err\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"spawn makes pipes for all three streams, and a stream that has no "
			"'data' handler, no pipe() and no resume() is not read. Waiting for "
			"'exit' alone does not read it either. Read both, or say 'ignore'.",
		.code =
			"const { spawn } = require('node:child_process');\n"
			"const { once } = require('node:events');\n"
			"const { text } = require('node:stream/consumers');\n"
			"\n"
			"async function outputOf(command, args) {\n"
			"  const stdio = ['ignore', 'pipe', 'pipe'];\n"
			"  const child = spawn(command, args, { stdio });\n"
			"  const [out, err, [code]] = await Promise.all([\n"
			"    text(child.stdout), text(child.stderr), once(child, 'close'),\n"
			"  ]);\n"
			"  return { code, out, err };\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"StdoutPipe() and then Wait() without reading, or reading one of "
			"two pipes. Set Stdout and Stderr to a buffer or a file, and Run "
			"does the rest.",
		.code =
			"func outputOf(name string, args ...string) (string, string, error) {\n"
			"\tvar out, errs strings.Builder // each is filled while Run waits\n"
			"\tcmd := exec.Command(name, args...)\n"
			"\tcmd.Stdout, cmd.Stderr = &out, &errs\n"
			"\terr := cmd.Run()\n"
			"\treturn out.String(), errs.String(), err\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"waitFor() before the output is read. A short output fits into the "
			"pipe and hides the mistake until the day it grows. Read to the end "
			"first, and merge the errors so that there is one pipe.",
		.code =
			"static int logOutput(List<String> command, Consumer<String> log)\n"
			"        throws IOException, InterruptedException {\n"
			"    Process process = new ProcessBuilder(command)\n"
			"            .redirectErrorStream(true)\n"
			"            .start();\n"
			"    try (BufferedReader reader = new BufferedReader(\n"
			"            new InputStreamReader(process.getInputStream()))) {\n"
			"        process.getOutputStream().close();\n"
			"        reader.lines().forEach(log);\n"
			"        return process.waitFor();\n"
			"    } finally {\n"
			"        process.destroy();\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"waitpid before the pipe is read; reading standard output to its "
			"end while the child blocks on standard error; or a process that "
			"writes more into its own pipe than it holds before it reads. Read "
			"both with poll, then wait.",
		.code =
			"int read_both(const int fds[2],\n"
			"              void (*take)(int which, const char *data, size_t n))\n"
			"{\n"
			"    struct pollfd ends[] = {\n"
			"        { fds[0], POLLIN, 0 }, { fds[1], POLLIN, 0 },\n"
			"    };\n"
			"    int left = 2;\n"
			"\n"
			"    while (left > 0) {\n"
			"        if (poll(ends, 2, -1) < 0) {\n"
			"            if (errno == EINTR)\n"
			"                continue;\n"
			"            return -1;\n"
			"        }\n"
			"        for (int i = 0; i < 2; i++) {\n"
			"            char data[4096];\n"
			"            ssize_t n;\n"
			"\n"
			"            if (!ends[i].revents)\n"
			"                continue;\n"
			"            n = read(ends[i].fd, data, sizeof(data));\n"
			"            if (n > 0) {\n"
			"                take(i, data, (size_t)n);\n"
			"            } else if (n == 0 || errno != EINTR) {\n"
			"                ends[i].fd = -1;    /* poll leaves it out now */\n"
			"                left--;\n"
			"            }\n"
			"        }\n"
			"    }\n"
			"    return 0;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"exec 3< <(cmd) or a named pipe, and then wait instead of reading. "
			"Send the output to a file, which never blocks, and read it when "
			"the command has ended.",
		.code =
			"run_logged() {          # run_logged LOG CMD...\n"
			"    local log=$1\n"
			"    shift\n"
			"    \"$@\" >\"$log\" 2>&1 </dev/null\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_pipe_stuck_writer = {
	.id = "LS301",
	.kind = "pipe-stuck-writer",
	.title = "blocked writing to a full pipe that nobody reads",
	.meaning =
		"A thread is blocked in write because the pipe is full (64 KiB, if "
		"nobody changed that), and those who hold the other end do not "
		"read. If nobody held it, the writer would have got SIGPIPE and "
		"would not be stuck.\n"
		"It is critical when it is certain: the only reader waits for the "
		"writer to end, or the writer itself holds the only read end. It is "
		"a warning when it has lasted for 5 s and nothing was ever read "
		"from the pipe, and otherwise worth knowing: a slow reader looks "
		"the same for a while. Of a whole machine only what is certain is "
		"told.",
	.why_it_matters =
		"Both sides wait for each other for ever. No processor time is "
		"used, nothing is logged, no timeout fires unless somebody set one: "
		"a job that hangs, a worker that never comes back. Small outputs "
		"fit into the pipe, so it starts on the day that a program says "
		"more than usual.",
	.fixes = fixes,
	.clean_up_now =
		"1. See the pipe with all who hold an end.\n"
		"  leakscan holders --fd PID:FD\n"
		"2. End the writer; the reader that waited for it goes on.\n"
		"  kill -TERM WRITER\n"
		"3. Then fix the reader, or the next long output hangs it again.",
	.limits =
		"A scan sees that nobody reads now, not that nobody will: a pager "
		"whose user is away, a program that works on each line for minutes "
		"and a stopped job hold a writer back for good reason, and are only "
		"told as worth knowing. Whether a thread with many companions would "
		"read later cannot be seen. Without the rights to see what a "
		"process is blocked in (ptrace access) nothing is said.",
};
