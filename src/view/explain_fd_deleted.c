/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LS204 means and how logs come to be deleted but not closed. The kernel marks the
 * name as deleted; it does not say whether that was meant.
 */
#include "view/explain_kinds.h"

/* clang-format off: the texts are wrapped by hand */
static const struct explain_fix fixes[] = {
	{
		.language = "Python",
		.how_it_comes_about =
			"The app rotates its log by hand and opens the new file without "
			"closing the old one, or logrotate moves the file away and "
			"nobody tells the app. WatchedFileHandler notices that, and "
			"opens the file anew.",
		.code =
			"import logging\n"
			"import logging.handlers\n"
			"\n"
			"def start_log(path):\n"
			"    handler = logging.handlers.WatchedFileHandler(path)\n"
			"    logging.getLogger().addHandler(handler)\n"
			"    return handler\n",
	},
	{
		.language = "Node",
		.how_it_comes_about =
			"A stream stays open until it is ended; to assign a new one to "
			"the variable closes nothing. End the old one when a signal "
			"says that the log was moved.",
		.code =
			"const { createWriteStream } = require('node:fs');\n"
			"\n"
			"function openLog(path) {\n"
			"  const open = () => createWriteStream(path, { flags: 'a' });\n"
			"  let stream = open();\n"
			"  process.on('SIGHUP', () => {\n"
			"    const old = stream;\n"
			"    stream = open();\n"
			"    old.end();          // writes what is left, then closes\n"
			"  });\n"
			"  return (line) => stream.write(`${line}\\n`);\n"
			"}\n",
	},
	{
		.language = "Go",
		.how_it_comes_about =
			"log.SetOutput(next) does not close what it had before. Keep "
			"the file, and close the old one once the new one is in its "
			"place.",
		.code =
			"type logFile struct {\n"
			"\tmu   sync.Mutex\n"
			"\tpath string\n"
			"\tfile *os.File\n"
			"}\n"
			"\n"
			"func (l *logFile) reopen() error {\n"
			"\tnext, err := os.OpenFile(l.path,\n"
			"\t\tos.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)\n"
			"\tif err != nil {\n"
			"\t\treturn err // go on with the old one\n"
			"\t}\n"
			"\tl.mu.Lock()\n"
			"\told := l.file\n"
			"\tl.file = next\n"
			"\tl.mu.Unlock()\n"
			"\tif old == nil {\n"
			"\t\treturn nil\n"
			"\t}\n"
			"\treturn old.Close()\n"
			"}\n"
			"\n"
			"func (l *logFile) Write(p []byte) (int, error) {\n"
			"\tl.mu.Lock()\n"
			"\tdefer l.mu.Unlock()\n"
			"\treturn l.file.Write(p)\n"
			"}\n",
	},
	{
		.language = "Java",
		.how_it_comes_about =
			"The old writer is dropped, not closed, when the log is "
			"rotated. Its descriptor lives until the collector runs, and "
			"for a RandomAccessFile or a mapped file much longer. Close it "
			"when the new one is open.",
		.code =
			"static final class LogFile {\n"
			"    private final Path path;\n"
			"    private Writer writer;\n"
			"\n"
			"    LogFile(Path path) throws IOException {\n"
			"        this.path = path;\n"
			"        reopen();\n"
			"    }\n"
			"\n"
			"    synchronized void reopen() throws IOException {\n"
			"        Writer old = writer;\n"
			"        writer = Files.newBufferedWriter(path, StandardOpenOption.CREATE,\n"
			"                StandardOpenOption.APPEND);\n"
			"        if (old != null)\n"
			"            old.close();\n"
			"    }\n"
			"\n"
			"    synchronized void line(String text) throws IOException {\n"
			"        writer.write(text + \"\\n\");\n"
			"        writer.flush();\n"
			"    }\n"
			"}\n",
	},
	{
		.language = "C",
		.how_it_comes_about =
			"The new file is opened into the variable that held the old "
			"descriptor. Open first, and close the old one only when that "
			"worked: the log never stops.",
		.code =
			"int reopen_log(int *fd, const char *path)\n"
			"{\n"
			"    int next = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,\n"
			"                    0640);\n"
			"\n"
			"    if (next < 0)\n"
			"        return -1;\n"
			"    if (*fd >= 0)\n"
			"        close(*fd);\n"
			"    *fd = next;\n"
			"    return 0;\n"
			"}\n",
	},
	{
		.language = "shell",
		.how_it_comes_about =
			"A script with exec >>log goes on writing to the file that "
			"logrotate has moved and deleted. Let it open the log anew on a "
			"signal; exec closes the old one.",
		.code =
			"open_log() { exec >>\"${LOG:-app.log}\" 2>&1; }\n"
			"\n"
			"open_log\n"
			"trap open_log HUP       # from postrotate: kill -HUP\n",
	},
	{ NULL, NULL, NULL },
};

const struct explanation explain_fd_deleted = {
	.id = "LS204",
	.kind = "fd-deleted",
	.title = "descriptors keep deleted files on the disk",
	.meaning =
		"The process has files open that have no name any more. A file "
		"without a name keeps its space on the disk until the last descriptor "
		"to it is closed.\n"
		"To delete a temporary file at once is good practice, so files that "
		"can be read again are worth knowing, no more. A file that is open "
		"for writing only can never be read again by anybody: several of one "
		"name, but for the digits, or a gigabyte and more, are a warning.",
	.why_it_matters =
		"The disk fills, and no file explains it: df and du disagree. What "
		"the app writes to such a log is lost. When the log is rotated every "
		"day, one descriptor is lost each day, too, until the limit is "
		"reached (LS202).",
	.fixes = fixes,
	.clean_up_now =
		"1. See the files and their sizes.\n"
		"  lsof -nP -a -p PID +L1\n"
		"2. Many daemons open their logs anew on SIGHUP or SIGUSR1: see the "
		"manual of yours.\n"
		"3. When the disk is full and the process must not stop, a log that "
		"nobody needs can be cut to nothing in place. The process goes on "
		"writing to it.\n"
		"  truncate -s 0 /proc/PID/fd/FD\n"
		"4. Else restart the app when you can. For logrotate, use postrotate "
		"with a signal, or copytruncate for an app that cannot open its log "
		"anew.",
	.limits =
		"Whether a deleted file is still needed, only the program knows. A "
		"size is asked for without waking the disk or a network file system, "
		"so it may be a little old. That a file is open for writing only says "
		"that nobody reads it through this descriptor; readers in processes "
		"that could not be inspected are not seen.",
};
