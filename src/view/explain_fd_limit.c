/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS202 means and how descriptors get lost. The kernel counts descriptors and knows
 * what each one refers to, not which line of the program forgot it.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"Files, sockets and the pipes of Popen stay open as long as "
			"something refers to them, and a kept exception keeps the "
			"variables of its frames. Use with, which closes on every "
			"path.",
		.code =
			"import socket\n"
			"\n"
			"def ask(address, request):\n"
			"    with socket.create_connection(address, timeout=10) as connection:\n"
			"        connection.sendall(request)\n"
			"        connection.shutdown(socket.SHUT_WR)\n"
			"        with connection.makefile(\"rb\") as reply:\n"
			"            return reply.read()\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"source.pipe(target) does not destroy the source when the "
			"target fails or its client goes away, so the file stays "
			"open. pipeline closes both, whatever happens. A FileHandle "
			"needs its close().",
		.code =
			"const { createReadStream } = require('node:fs');\n"
			"const { pipeline } = require('node:stream/promises');\n"
			"\n"
			"async function send(path, response) {\n"
			"  await pipeline(createReadStream(path), response);\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"The body of a response is not closed, or defer sits in a "
			"loop and runs only when the whole function returns. Let one "
			"function open, defer and return, and call it from the loop.",
		.code =
			"func fetch(client *http.Client, url string) ([]byte, error) {\n"
			"\tresponse, err := client.Get(url)\n"
			"\tif err != nil {\n"
			"\t\treturn nil, err\n"
			"\t}\n"
			"\tdefer response.Body.Close()\n"
			"\treturn io.ReadAll(response.Body)\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"A stream is not closed when an exception passes. The streams "
			"of Files.list, Files.walk and Files.lines hold a descriptor "
			"too, which is easily missed. Use try-with-resources for all "
			"of them.",
		.code =
			"static long countFiles(Path directory) throws IOException {\n"
			"    try (Stream<Path> files = Files.list(directory)) {\n"
			"        return files.filter(Files::isRegularFile).count();\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"An early return skips close(). The cleanup attribute of gcc "
			"and clang closes on every path. Open with O_CLOEXEC, or "
			"every child inherits the descriptor and holds it too.",
		.code =
			"static void close_fd(int *fd)\n"
			"{\n"
			"    if (*fd >= 0)\n"
			"        close(*fd);\n"
			"}\n"
			"\n"
			"ssize_t read_start(const char *path, void *buffer, size_t size)\n"
			"{\n"
			"    __attribute__((cleanup(close_fd)))\n"
			"    int fd = open(path, O_RDONLY | O_CLOEXEC);\n"
			"\n"
			"    return fd < 0 ? -1 : read(fd, buffer, size);\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"exec {fd}<file in a loop, with no exec {fd}<&- on every way "
			"out. Put the redirection on the command that needs it: then "
			"the shell closes it.",
		.code =
			"count_lines() {         # count_lines FILE...\n"
			"    local n=0 file\n"
			"    for file in \"$@\"; do\n"
			"        while IFS= read -r _; do\n"
			"            n=$((n + 1))\n"
			"        done <\"$file\"\n"
			"    done\n"
			"    printf '%s\\n' \"$n\"\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_fd_limit = {
	.id = "LS202",
	.kind = "fd-limit",
	.title = "open descriptors are close to the limit of the process",
	.meaning =
		"The process has almost as many descriptors open as its soft limit "
		"(RLIMIT_NOFILE) allows. Files, sockets, pipes, pidfds, epoll and "
		"timer objects each take one, and both ends of a pipe to a child "
		"count.\n"
		"Many descriptors may be right: a busy server needs them. A number "
		"that only grows is a leak, often on the very error path that loses "
		"child processes.",
	.why_it_matters =
		"At the limit, open, socket, accept, pipe and dup fail with EMFILE, "
		"\"Too many open files\". The failure shows up anywhere: a log that "
		"cannot be written, a name that cannot be looked up, a child that "
		"cannot be started. A server that cannot accept often spins at full "
		"load.",
	.fixes = fixes,
	.clean_up_now =
		"1. See what they are, counted by kind.\n"
		"  ls -l /proc/PID/fd | sed \"s/.* -> //; s/[0-9]//g\" | sort | uniq -c\n"
		"2. Buy time: raise the soft limit of the running process, up to its "
		"hard limit. Raising the hard limit takes root.\n"
		"  prlimit --pid PID --nofile=4096:\n"
		"3. Orphaned children may hold the other ends (LS101). Ending them "
		"makes an app that waits for them go on, but closes no descriptor of "
		"the app.\n"
		"4. Nobody can close a descriptor of another process safely. Restart "
		"the app when you can, then fix it.\n"
		"For a service of systemd the limit is LimitNOFILE=. Code that uses "
		"select() breaks at descriptor 1024: there, no higher limit helps.",
	.limits =
		"One scan sees a number, not its history: it cannot tell a leak from "
		"a heavy load. Whether a descriptor will be used again, only the "
		"program knows. For processes of other users the descriptors cannot "
		"be read without privileges; their limits can.",
};
