/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS206 means and how descriptors slip into children. The kernel hands over
 * whatever is not marked close-on-exec, and does not say what the child was meant to
 * have.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"Since 3.4 nothing is inherited unless someone calls "
			"set_inheritable(True) or passes close_fds=False; C extensions "
			"may still open without O_CLOEXEC. Name exactly what the child "
			"shall have, and tell it the number.",
		.code =
			"import subprocess\n"
			"\n"
			"def start_with(connection, cmd):\n"
			"    fd = connection.fileno()\n"
			"    return subprocess.Popen([*cmd, f\"--fd={fd}\"], pass_fds=[fd])\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"Node marks what it opens; native addons may not, and what Node "
			"itself was started with is handed on. A child gets what stdio "
			"names, under the number of its place in the list.",
		.code =
			"const { spawn } = require('node:child_process');\n"
			"\n"
			"function startWith(handle, command, args) {\n"
			"  return spawn(command, [...args, '--fd=3'], {\n"
			"    stdio: ['ignore', 'inherit', 'inherit', handle],\n"
			"  });\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"The os and net packages mark everything; syscall.Open, "
			"syscall.Socket and unix.Open do not unless O_CLOEXEC or "
			"SOCK_CLOEXEC is given, and File() of a connection is fine. Use "
			"ExtraFiles for what the child shall have.",
		.code =
			"func startWith(file *os.File, name string, args ...string) (\n"
			"\t*exec.Cmd, error) {\n"
			"\tcmd := exec.Command(name, append(args, \"--fd=3\")...)\n"
			"\tcmd.ExtraFiles = []*os.File{file} // the first of them is fd 3\n"
			"\tif err := cmd.Start(); err != nil {\n"
			"\t\treturn nil, err\n"
			"\t}\n"
			"\treturn cmd, nil\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"ProcessBuilder closes all but standard input, output and error "
			"in the child. Accidents come from native code that forks by "
			"itself. Give a child its data as one of the three.",
		.code =
			"static Process startWith(Path input, List<String> command)\n"
			"        throws IOException {\n"
			"    return new ProcessBuilder(command)\n"
			"            .redirectInput(input.toFile())\n"
			"            .redirectErrorStream(true)\n"
			"            .start();\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"socket, accept, open, pipe, dup and fopen make descriptors "
			"that every child inherits, even of a library that you did not "
			"write: system() and popen() are enough. Use SOCK_CLOEXEC, "
			"accept4, O_CLOEXEC, pipe2, F_DUPFD_CLOEXEC and \"e\" with fopen: "
			"a later fcntl is too late when another thread forks.",
		.code =
			"int listen_on(uint16_t port)\n"
			"{\n"
			"    struct sockaddr_in address = {\n"
			"        .sin_family = AF_INET,\n"
			"        .sin_port = htons(port),\n"
			"        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),\n"
			"    };\n"
			"    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);\n"
			"\n"
			"    if (fd < 0)\n"
			"        return -1;\n"
			"    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) ||\n"
			"        listen(fd, 128)) {\n"
			"        close(fd);\n"
			"        return -1;\n"
			"    }\n"
			"    return fd;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"exec 9>lock is inherited by everything the script starts, and "
			"a job in the background keeps the lock when the script has "
			"long ended. Close the number for that job.",
		.code =
			"start_once() {          # start_once LOCK CMD...: CMD does not hold LOCK\n"
			"    exec 9>\"$1\" || return\n"
			"    flock -n 9 || return\n"
			"    shift\n"
			"    \"$@\" 9>&- &\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_inherited_fd = {
	.id = "LS206",
	.kind = "inherited-fd",
	.title = "a child holds a descriptor of its parent by accident",
	.meaning =
		"A child runs another program and holds, under the same number, "
		"something that its parent opened without O_CLOEXEC: above standard "
		"input, output and error, and with nothing in its arguments or "
		"environment that tells it of the number.\n"
		"What is handed over on purpose is left out: sockets from systemd "
		"(LISTEN_FDS), the job server of make, NODE_CHANNEL_FD, /dev/fd/N, or "
		"any number that is named to the child. A listening socket is a "
		"warning; files, pipes and connections are worth knowing.",
	.why_it_matters =
		"A child that outlives its parent keeps the port: \"Address already in "
		"use\" at the next start. Clients that reach such a socket wait for "
		"ever, for nobody accepts. The write end of a pipe in the wrong hands "
		"keeps the reader waiting for the end (LS302), a lock stays locked, a "
		"deleted file keeps its space (LS204), and a child of less trust can "
		"use what it was never meant to have.",
	.fixes = fixes,
	.clean_up_now =
		"1. See who has the port.\n"
		"  leakscan holders --port PORT\n"
		"2. End the child if nobody needs it: with it goes its copy. If it "
		"was meant to go on, restart it after the parent was fixed.\n"
		"3. For a lock or a pipe, the same: who holds it?\n"
		"  leakscan holders --path FILE",
	.limits =
		"What the child was told other than by its arguments and its "
		"environment (a file, a fixed agreement on numbers) cannot be seen: "
		"then the finding is wrong, and a number among the arguments would "
		"help people, too. A child that got another number by dup2 is not "
		"found. Files are compared only where the kernel allows it (kcmp).",
};
