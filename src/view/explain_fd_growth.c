/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS201 means and how descriptors get lost one by one. The kernel counts them; that
 * nobody will ever close one again, it cannot know.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"Several files are opened in a loop, and an exception in the "
			"middle leaves those that are open already to the garbage "
			"collector, or to a traceback that somebody keeps. ExitStack "
			"closes all of them on every path.",
		.code =
			"from contextlib import ExitStack\n"
			"\n"
			"def first_lines(paths):\n"
			"    with ExitStack() as files:\n"
			"        opened = [files.enter_context(open(path)) for path in paths]\n"
			"        return [file.readline() for file in opened]\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"A FileHandle is not closed when an await between open and "
			"close throws. Newer versions end the process for it when "
			"the garbage collector finds one. Close it in finally.",
		.code =
			"const { open } = require('node:fs/promises');\n"
			"\n"
			"async function firstBytes(path, size) {\n"
			"  const file = await open(path);\n"
			"  try {\n"
			"    const buffer = Buffer.alloc(size);\n"
			"    const { bytesRead } = await file.read(buffer, 0, size, 0);\n"
			"    return buffer.subarray(0, bytesRead);\n"
			"  } finally {\n"
			"    await file.close();\n"
			"  }\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"A return between Open and Close, or a connection whose "
			"goroutine waits forever for a peer without a deadline. "
			"Write defer right behind the check of the error, and give "
			"connections a deadline.",
		.code =
			"func firstLineOf(path string) (string, error) {\n"
			"\tfile, err := os.Open(path)\n"
			"\tif err != nil {\n"
			"\t\treturn \"\", err\n"
			"\t}\n"
			"\tdefer file.Close()\n"
			"\treturn bufio.NewReader(file).ReadString('\\n')\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"A stream, channel, Selector or HttpClient is made for each "
			"request and closed only where all goes well. The garbage "
			"collector may close it much later, or never. Use "
			"try-with-resources, and make clients once.",
		.code =
			"static byte[] firstBytes(Path path, int size) throws IOException {\n"
			"    try (InputStream in = Files.newInputStream(path)) {\n"
			"        return in.readNBytes(size);\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"A function opens two things, the second fails, and the "
			"first is forgotten; or an event loop makes an eventfd or a "
			"timerfd for each request. Undo in reverse order before "
			"each return that reports a failure.",
		.code =
			"int make_timer(long seconds, int *event, int *timer)\n"
			"{\n"
			"    struct itimerspec at = { .it_value.tv_sec = seconds };\n"
			"    int e = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), t;\n"
			"\n"
			"    if (e < 0)\n"
			"        return -1;\n"
			"    t = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);\n"
			"    if (t < 0 || timerfd_settime(t, 0, &at, NULL) < 0) {\n"
			"        if (t >= 0)\n"
			"            close(t);\n"
			"        close(e);\n"
			"        return -1;\n"
			"    }\n"
			"    *event = e;\n"
			"    *timer = t;\n"
			"    return 0;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"exec {fd}>>file takes a new descriptor each time, and the "
			"variable may be local while the descriptor is not. Close "
			"it in the function that opened it.",
		.code =
			"log_line() {            # log_line FILE TEXT...\n"
			"    local file=$1 fd\n"
			"    shift\n"
			"    exec {fd}>>\"$file\" || return\n"
			"    printf '%s\\n' \"$*\" >&\"$fd\"\n"
			"    exec {fd}>&-\n"
			"}\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_fd_growth = {
	.id = "LS201",
	.kind = "fd-growth",
	.title = "open descriptors grow steadily",
	.meaning =
		"While it was watched (scan --for), the process opened more "
		"descriptors than it closed, evenly and to the end. What counts is "
		"the floor, the least that was left over in each part of the time: "
		"warm-up, garbage collection and a burst move the number and leave "
		"the floor where it was.\n"
		"The finding says how fast, what the new ones are, and when the soft "
		"limit is reached if it goes on like this. It is critical when that "
		"is within the hour.",
	.why_it_matters =
		"At the limit, open, socket, accept, pipe and dup fail with EMFILE, "
		"\"Too many open files\", anywhere in the program. Until then each of "
		"them may hold more than a number: a connection, a lock, a deleted "
		"file, the pipe that a child waits for.",
	.fixes = fixes,
	.clean_up_now =
		"1. See which descriptors are new: the highest numbers are.\n"
		"  ls -lv /proc/PID/fd | tail -n 20\n"
		"2. See who opens them, and on which path. For a program with debug "
		"symbols the trace has the stack; it slows the program down.\n"
		"  strace -k -f -e trace=%desc -p PID\n"
		"3. Buy time: raise the soft limit of the running process, up to its "
		"hard limit.\n"
		"  prlimit --pid PID --nofile=4096:\n"
		"4. Nobody can close a descriptor of another process safely. Restart "
		"the app before it reaches its limit, then fix it.",
	.limits =
		"A cycle that is longer than the watch looks like growth: a batch "
		"that opens its files one by one and closes them all at the end. So "
		"what cannot have gone on for a good part of the life of the process "
		"is only mentioned. Watch for longer than one cycle.\n"
		"A slow leak needs a long watch, and a restless number a longer one: "
		"0.2 descriptors a second show in a minute, one a second among 30 "
		"that come and go in half a minute.",
};
