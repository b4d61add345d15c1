/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS205 means and how connections are forgotten. The kernel knows when the peer's
 * end came, not why the program does not react.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"accept() or connect() without with, an exception before "
			"close(), or a loop that does not know that recv() returns b\"\" "
			"at the end. The handlers of socketserver close the connection "
			"whatever happens.",
		.code =
			"import socketserver\n"
			"\n"
			"class Lines(socketserver.StreamRequestHandler):\n"
			"    timeout = 60        # a silent client does not keep its thread\n"
			"\n"
			"    def handle(self):\n"
			"        for line in self.rfile:         # ends when the client has closed\n"
			"            self.wfile.write(line.upper())\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"A server with allowHalfOpen: true must end() every socket "
			"itself. A socket that is paused, or that waits behind a "
			"promise that never settles, does not see the end. Leave "
			"allowHalfOpen alone and set a timeout.",
		.code =
			"const net = require('node:net');\n"
			"\n"
			"function serve(port, answer) {\n"
			"  return net.createServer((socket) => {\n"
			"    socket.setTimeout(60_000, () => socket.destroy());\n"
			"    socket.on('error', () => socket.destroy());\n"
			"    socket.on('data', (data) => socket.write(answer(data)));\n"
			"  }).listen(port, '127.0.0.1');\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"The goroutine of a connection returns early without Close, or "
			"waits for something else for ever. defer the Close as its "
			"first line, and set a deadline before each read. For clients, "
			"close every response.Body.",
		.code =
			"func serveLines(conn net.Conn) error {\n"
			"\tdefer conn.Close()\n"
			"\tlines := bufio.NewScanner(conn)\n"
			"\tfor {\n"
			"\t\terr := conn.SetReadDeadline(time.Now().Add(time.Minute))\n"
			"\t\tif err != nil {\n"
			"\t\t\treturn err\n"
			"\t\t}\n"
			"\t\tif !lines.Scan() {\n"
			"\t\t\treturn lines.Err() // nil when the client has closed\n"
			"\t\t}\n"
			"\t\tif _, err := fmt.Fprintln(conn, lines.Text()); err != nil {\n"
			"\t\t\treturn err\n"
			"\t\t}\n"
			"\t}\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"A socket from accept() is handed to a thread that dies of an "
			"exception, or a response of an HTTP client is neither read to "
			"its end nor closed. Put the socket itself into "
			"try-with-resources.",
		.code =
			"static void serve(Socket accepted) throws IOException {\n"
			"    try (Socket socket = accepted;\n"
			"            BufferedReader in = new BufferedReader(\n"
			"                    new InputStreamReader(socket.getInputStream()))) {\n"
			"        socket.setSoTimeout(60_000);\n"
			"        Writer out = new OutputStreamWriter(socket.getOutputStream());\n"
			"        for (String line; (line = in.readLine()) != null; ) {\n"
			"            out.write(line.toUpperCase(Locale.ROOT) + \"\\n\");\n"
			"            out.flush();\n"
			"        }\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"recv() returns 0 at the end, and the code takes that for "
			"nothing to read. With EPOLLRDHUP handled and EPOLLIN not, or "
			"with EPOLLET and a read that stops early, the end is missed, "
			"too.",
		.code =
			"/* 1: go on; 0: it is over, and the descriptor is closed. */\n"
			"int serve_readable(int fd, void (*handle)(const char *data, size_t n))\n"
			"{\n"
			"    char buffer[4096];\n"
			"    ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);\n"
			"\n"
			"    if (n > 0) {\n"
			"        handle(buffer, (size_t)n);\n"
			"        return 1;\n"
			"    }\n"
			"    if (n < 0 && (errno == EAGAIN || errno == EINTR))\n"
			"        return 1;\n"
			"    close(fd);          /* an epoll forgets it with that */\n"
			"    return 0;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"exec 9<>/dev/tcp/host/port stays open until exec 9>&- or the "
			"end of the script. Put the redirection on the group of "
			"commands that needs it.",
		.code =
			"ask() {                 # ask HOST PORT REQUEST\n"
			"    local answer\n"
			"    {\n"
			"        printf '%s\\n' \"$3\" >&9\n"
			"        IFS= read -r -t 10 answer <&9\n"
			"    } 9<>\"/dev/tcp/$1/$2\" || return\n"
			"    printf '%s\\n' \"$answer\"\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_close_wait = {
	.id = "LS205",
	.kind = "close-wait",
	.title = "the peer has closed the connection and the app has not",
	.meaning =
		"The peer has closed its side of a TCP connection, the kernel has "
		"told the app, and the app has not closed its own. The socket stays "
		"in CLOSE_WAIT for as long as the app holds it: there is no timeout "
		"for that.\n"
		"A few are normal: clients keep idle connections in a pool and see "
		"only at the next use that the server has closed them. Eight and more "
		"old ones that were accepted, or more than a pool keeps for one peer, "
		"are a warning.",
	.why_it_matters =
		"Each one holds a descriptor and memory in the kernel. A server that "
		"forgets one with every client that goes away runs into its limit "
		"(LS202), and then it cannot accept anybody. Often a thread or a task "
		"is stuck behind it as well. For the peer the connection hangs in "
		"FIN_WAIT_2.",
	.fixes = fixes,
	.clean_up_now =
		"1. See who the peers are, and for how long it is so.\n"
		"  ss -tnpo state close-wait\n"
		"2. See whether the threads that should close them are stuck: a stack "
		"of each thread (jstack, py-spy, gdb) tells.\n"
		"3. As root, the kernel can take single sockets away. The app then "
		"gets an error when it uses them next, and must close them still.\n"
		"  ss -K state close-wait dst ADDRESS dport = PORT\n"
		"4. Restart the app when you can, then fix it. TCP keepalive does not "
		"help: a connection in CLOSE_WAIT is alive.",
	.limits =
		"A peer that has shut down only its sending side and waits for an "
		"answer looks the same. The age is the time since the peer last sent "
		"anything, which includes its end. Sockets of another network "
		"namespace are not seen. Whether an idle connection lies in a pool, "
		"only the program knows.",
};
