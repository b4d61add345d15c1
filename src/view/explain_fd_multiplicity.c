/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS203 means and how one thing comes to be opened again and again. The kernel
 * keeps no record of when a descriptor was opened, so a pool and a leak look alike at
 * one look.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"A logging handler is added each time a function runs, and each "
			"opens the file anew. Lines then come out several times, too. "
			"Ask first whether the logger has one.",
		.code =
			"import logging\n"
			"\n"
			"def logger_for(name, path):\n"
			"    log = logging.getLogger(name)\n"
			"    if not log.handlers:\n"
			"        log.addHandler(logging.FileHandler(path))\n"
			"    return log\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"createWriteStream or fs.watch is called for each request, and "
			"the old stream or watcher is never closed. Keep one for each "
			"path, and forget it when it closes.",
		.code =
			"const { createWriteStream } = require('node:fs');\n"
			"\n"
			"const streams = new Map();\n"
			"\n"
			"function streamFor(path) {\n"
			"  let stream = streams.get(path);\n"
			"  if (!stream) {\n"
			"    stream = createWriteStream(path, { flags: 'a' });\n"
			"    stream.once('close', () => streams.delete(path));\n"
			"    streams.set(path, stream);\n"
			"  }\n"
			"  return stream;\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"A handler opens the file it logs to or reads from, once for "
			"each request, and keeps it in a global or a closure. Open it "
			"once for all of them. A failure is kept as well: let the "
			"caller decide whether to end.",
		.code =
			"var journal struct {\n"
			"\tonce sync.Once\n"
			"\tfile *os.File\n"
			"\terr  error\n"
			"}\n"
			"\n"
			"func openJournal(path string) (*os.File, error) {\n"
			"\tjournal.once.Do(func() {\n"
			"\t\tjournal.file, journal.err = os.OpenFile(path,\n"
			"\t\t\tos.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)\n"
			"\t})\n"
			"\treturn journal.file, journal.err\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"Selector.open() makes an epoll and an eventfd each time; the "
			"collector does not close them. So does every event loop group "
			"that is made for one client and not shut down. Use "
			"try-with-resources, or one selector for all.",
		.code =
			"static boolean waitReadable(SelectableChannel channel, long millis)\n"
			"        throws IOException {\n"
			"    try (Selector selector = Selector.open()) {\n"
			"        channel.configureBlocking(false);\n"
			"        channel.register(selector, SelectionKey.OP_READ);\n"
			"        return selector.select(millis) > 0;\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"epoll_create1 or inotify_init1 stands in a function that is "
			"called again and again. An event loop needs one, made at its "
			"start. With threads, make it before they start.",
		.code =
			"int event_queue(void)\n"
			"{\n"
			"    static int epoll = -1;\n"
			"\n"
			"    if (epoll < 0)\n"
			"        epoll = epoll_create1(EPOLL_CLOEXEC);\n"
			"    return epoll;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"exec {log}>>file in a function opens the file at every call, "
			"and nothing closes it. Redirect the loop or the function as a "
			"whole: then it is opened once and closed at its end.",
		.code =
			"log_lines() {           # log_lines FILE: standard input, with the time\n"
			"    local line\n"
			"    while IFS= read -r line; do\n"
			"        printf '%(%H:%M:%S)T %s\\n' -1 \"$line\"\n"
			"    done >>\"$1\"\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_fd_multiplicity = {
	.id = "LS203",
	.kind = "fd-multiplicity",
	.title = "many descriptors of one process lead to the same thing",
	.meaning =
		"One process has many descriptors to the same file, or many epoll or "
		"inotify instances that watch nothing.\n"
		"Many to one file may be meant: a database opens its files once for "
		"each client. So that is worth knowing, no more. An epoll or inotify "
		"that watches nothing never wakes anybody; when there are more of "
		"those than threads, they were forgotten: that is a warning.",
	.why_it_matters =
		"Each one counts against the limit of the process (LS202). Code that "
		"opens the same thing for every request, and forgets it on some path, "
		"shows here long before the limit is reached. Several writers of one "
		"log that did not open it for appending also write over one another.",
	.fixes = fixes,
	.clean_up_now =
		"1. See what the descriptors lead to, most frequent first.\n"
		"  ls -l /proc/PID/fd | sed 's/.* -> //' | sort | uniq -c | sort -rn | head\n"
		"2. Look again after some work was done. If the number has grown, it "
		"is a leak; if not, it is likely a pool.\n"
		"3. Nobody can close a descriptor of another process safely. Restart "
		"the app when you can, then fix it.",
	.limits =
		"One look sees how many there are, not how many will be used again. "
		"Two paths may lead to one file, and one path to two files after a "
		"rename: only the text of the links is compared. What an epoll "
		"watches can be read only with the rights to look into the process.",
};
