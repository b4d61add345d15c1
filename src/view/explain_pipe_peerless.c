/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS303 means and how pipes are closed on every path. That nobody holds the other
 * end is the absence of something, seen only by looking everywhere.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"Popen objects with stdout=PIPE that are kept in a list or a cycle "
			"after the child has ended: wait() reaps the child and does not "
			"close the pipe. The with statement does both.",
		.code =
			"import subprocess\n"
			"\n"
			"def lines_of(cmd):\n"
			"    with subprocess.Popen(cmd, stdin=subprocess.DEVNULL, text=True,\n"
			"                          stdout=subprocess.PIPE) as process:\n"
			"        yield from process.stdout\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"A stream with unread data stays open after the child has ended, "
			"until it is read to its end or destroyed. Leaving a for await loop "
			"destroys it.",
		.code =
			"const { spawn } = require('node:child_process');\n"
			"\n"
			"async function firstChunk(command, args) {\n"
			"  const stdio = ['ignore', 'pipe', 'inherit'];\n"
			"  const child = spawn(command, args, { stdio });\n"
			"  child.once('error', (error) => child.stdout.destroy(error));\n"
			"  for await (const chunk of child.stdout)\n"
			"    return chunk.toString();\n"
			"  return '';\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"os.Pipe without closing: the end that the child got must be closed "
			"here after Start, and the other one at the end. StdoutPipe is "
			"closed by Wait, which must be called, then.",
		.code =
			"func countOutput(name string, args ...string) (int64, error) {\n"
			"\tr, w, err := os.Pipe()\n"
			"\tif err != nil {\n"
			"\t\treturn 0, err\n"
			"\t}\n"
			"\tdefer r.Close()\n"
			"\tcmd := exec.Command(name, args...)\n"
			"\tcmd.Stdout = w\n"
			"\terr = cmd.Start()\n"
			"\tw.Close() // the child has its own\n"
			"\tif err != nil {\n"
			"\t\treturn 0, err\n"
			"\t}\n"
			"\tn, err := io.Copy(io.Discard, r)\n"
			"\treturn n, errors.Join(err, cmd.Wait())\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"The JDK closes the pipes of a child when it has seen it end and "
			"its output was read. Those of a child that is left alone, and "
			"Pipe.open(), are closed only by you.",
		.code =
			"static String firstLine(List<String> command) throws IOException {\n"
			"    Process process = new ProcessBuilder(command)\n"
			"            .redirectErrorStream(true)\n"
			"            .start();\n"
			"    try (BufferedReader reader = new BufferedReader(\n"
			"            new InputStreamReader(process.getInputStream()))) {\n"
			"        process.getOutputStream().close();\n"
			"        return reader.readLine();\n"
			"    } finally {\n"
			"        process.destroy();\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"One of the four closes is missing: each side closes the end it "
			"does not use at once and its own when done, on the error paths, "
			"too. popen() needs pclose(), never fclose().",
		.code =
			"int open_reader(char *const argv[], pid_t *pid)\n"
			"{\n"
			"    int ends[2];\n"
			"\n"
			"    if (pipe2(ends, O_CLOEXEC))\n"
			"        return -1;\n"
			"    *pid = fork();\n"
			"    if (*pid == 0) {\n"
			"        dup2(ends[1], STDOUT_FILENO);   /* the copy survives exec */\n"
			"        execvp(argv[0], argv);\n"
			"        _exit(127);\n"
			"    }\n"
			"    close(ends[1]);\n"
			"    if (*pid < 0) {\n"
			"        close(ends[0]);\n"
			"        return -1;\n"
			"    }\n"
			"    return ends[0];\n"
			"}\n"
			"\n"
			"int close_reader(int fd, pid_t pid)\n"
			"{\n"
			"    int status;\n"
			"\n"
			"    close(fd);\n"
			"    return waitpid(pid, &status, 0) == pid ? status : -1;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"exec 3< <(cmd) stays open in the script, and in all it starts, "
			"until it is closed.",
		.code =
			"first_line() {          # first_line CMD...\n"
			"    local line\n"
			"\n"
			"    exec 3< <(\"$@\")\n"
			"    IFS= read -r line <&3\n"
			"    exec 3<&-\n"
			"    printf '%s\\n' \"$line\"\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_pipe_peerless = {
	.id = "LS303",
	.kind = "pipe-peerless",
	.title = "an end of a pipe whose other end nobody holds",
	.meaning =
		"The process holds one end of a pipe, and nobody on the machine "
		"holds the other one. Nothing can come through it any more: a read "
		"gives an end of file at once, a write gives SIGPIPE or EPIPE. It "
		"is only good for being closed, and was forgotten.\n"
		"Four of them in one process are a warning. Fewer are worth "
		"knowing: one may be about to be closed. Standard input, output and "
		"error are left out.",
	.why_it_matters =
		"Each takes a descriptor, and there are few (LS202). Such ends "
		"gather one by one with every child that is started, until open, "
		"accept and fork's plumbing fail with EMFILE. They also say that "
		"the code that should have noticed the end of a child did not run.",
	.fixes = fixes,
	.clean_up_now =
		"1. See the ends.\n"
		"  leakscan holders --fd PID:FD\n"
		"2. From outside nothing can close them safely: a descriptor closed "
		"behind a program's back may be opened again as something else, and "
		"its late close hits that.\n"
		"3. Restart the process when its descriptors run short, and fix the "
		"code.\n"
		"  grep \"open files\" /proc/PID/limits",
	.limits =
		"That nobody holds the other end is only known when every process "
		"could be inspected, or where the kernel's own count of the ends "
		"could be read (`leakscan bpf`); otherwise it says how many could not, "
		"and is only worth knowing, as it is inside a pid namespace, from "
		"where others are not seen. An end that is on its way through a "
		"unix socket is in nobody's hands for a moment. Socket pairs are "
		"not judged: a connection that waits to be accepted looks like one "
		"whose peer is gone.",
};
