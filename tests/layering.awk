# SPDX-License-Identifier: GPL-2.0-or-later
# Reads C files named relative to src/ and prints "RULE FILE:LINE: what" for each breach of
# the house's layering (doc/ARCHITECTURE.md). Comments are ignored everywhere, strings in
# all but include lines. It reads text, not C: a call through a macro escapes it.

BEGIN {
	# Which rooms a room may include, besides itself. main.c counts as the room "main".
	may["base"] = ""
	may["model"] = "base"
	may["source"] = "base model"
	may["family"] = "base model"
	may["detect"] = "base model"
	may["view"] = "base model"
	may["reap"] = "base model source family detect"
	may["guard"] = "base model source family detect reap"
	may["memory"] = "base model"
	may["tui"] = "base model view"
	may["cmd"] = "base model source family detect view reap guard memory tui"
	may["main"] = "base cmd"

	pure = "^(model|family|detect)$"
	signals = "kill|killpg|tgkill|tkill|raise|sigqueue|pthread_kill|pthread_sigqueue|" \
		"pidfd_send_signal|rt_sigqueueinfo|rt_tgsigqueueinfo"
	prints = "printf|vprintf|puts|putchar|putchar_unlocked|perror|dprintf|vdprintf|psignal"
	exits = "exit|_exit|_Exit|quick_exit"
	clocks = "time|clock|times|clock_gettime|gettimeofday|timespec_get"
}

function breach(rule, what) {
	printf "%s %s:%d: %s\n", rule, FILENAME, FNR, what
}

# The line without comments (also those of many lines) and, for code, without strings.
function strip(line, keep_strings,    out, c, two) {
	out = ""
	while (line != "") {
		two = substr(line, 1, 2)
		c = substr(line, 1, 1)
		if (in_comment) {
			if (two == "*/") {
				in_comment = 0
				line = substr(line, 3)
			} else {
				line = substr(line, 2)
			}
		} else if (two == "/*") {
			in_comment = 1
			line = substr(line, 3)
		} else if (two == "//") {
			return out
		} else if (!keep_strings && match(line, /^"([^"\\]|\\.)*"/)) {
			out = out "\"\""
			line = substr(line, RLENGTH + 1)
		} else if (!keep_strings && match(line, /^'([^'\\]|\\.)*'/)) {
			out = out "''"
			line = substr(line, RLENGTH + 1)
		} else {
			out = out c
			line = substr(line, 2)
		}
	}
	return out
}

# Is one of the names called here? A member (ops->kill, ops.kill) is not the function.
function calls(line, names) {
	return line ~ ("(^|[^A-Za-z0-9_>.])(" names ")[ \t]*\\(")
}

function allowed(list, word) {
	return index(" " list " ", " " word " ") > 0
}

function check_include(line,    name, other) {
	name = line
	sub(/^[ \t]*#[ \t]*include[ \t]*["<]/, "", name)
	sub(/[">].*$/, "", name)
	other = name
	sub(/\/.*/, "", other)

	if (line ~ /include[ \t]*"/ || other in may) {
		if (name == "config.h")
			return
		if (name !~ /^[a-z]+\/[a-z0-9_]+\.h$/ || !(other in may))
			breach("include", "\"" name "\" does not name a room")
		else if (other != room && !allowed(may[room], other))
			breach("layer", room " may not include " name)
		else if (name ~ /_skel\.h$/ && FILENAME != "source/bpf.c")
			breach("door", "the loader of BPF programs outside source/bpf.c")
		return
	}

	if (name ~ /^libproc2\// && FILENAME != "source/details.c")
		breach("door", "libproc2 outside source/details.c")
	if (name ~ /(^|\/)(curses|ncurses|panel|term)\.h$/ && FILENAME != "tui/curses.c")
		breach("door", "ncurses outside tui/curses.c")
	if (name == "jansson.h" && room != "view")
		breach("door", "jansson outside view/")
	if (name == "sqlite3.h" && room != "memory")
		breach("door", "SQLite outside memory/")
	if (name ~ /libsmartcols\.h$/ && room != "view")
		breach("door", "libsmartcols outside view/")
	if (name ~ /^linux\/(netlink|rtnetlink|genetlink|cn_proc|connector|sock_diag|inet_diag|unix_diag|taskstats)\.h$/ ||
	    name ~ /^libmnl\//) {
		if (room != "source")
			breach("door", "netlink outside source/")
	}
	if (name ~ /^(linux\/bpf\.h|bpf\/.*)$/ && FILENAME !~ /^source\/bpf(\.c|_pin\.c|_kernel\.h)$/)
		breach("door", "bpf(2) outside source/bpf.c, its pins and programs")
	if (name ~ /^(err|error|syslog)\.h$/ && room !~ /^(cmd|main)$/)
		breach("print", name " outside cmd/ and main.c")
	if ((room ~ pure || (room == "tui" && FILENAME != "tui/curses.c")) && name ~ /^(unistd|fcntl|dirent|poll|spawn|sched|sys\/.*)\.h$/ &&
	    name != "sys/types.h")
		breach("pure", name " in " room "/, which makes no system calls")
}

FNR == 1 {
	in_comment = 0
	room = FILENAME
	sub(/\/.*/, "", room)
	if (room == "main.c")
		room = "main"
	if (!(room in may))
		breach("room", "there is no such room")
	files++
}

# One byte past the limit of lines is enough to say so, once.
FNR == 501 { breach("length", "past 500 lines: this is two rooms") }

{
	is_include = !in_comment && $0 ~ /^[ \t]*#[ \t]*include[ \t]*["<]/
	code = strip($0, is_include)
	if (is_include) {
		check_include(code)
		next
	}

	if (FILENAME != "reap/ops_pidfd.c" &&
	    (calls(code, signals) || code ~ ("(SYS|__NR)_(" signals ")([^A-Za-z0-9_]|$)")))
		breach("signal", "a signal sent outside reap/ops_pidfd.c")
	if (room !~ /^(cmd|main)$/) {
		if (code ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/ || calls(code, prints))
			breach("print", "output outside cmd/ and main.c")
		if (calls(code, exits) && !(FILENAME ~ /^(source\/worker|guard\/(spawn|canary))\.c$/ && !calls(code, "exit|_Exit|quick_exit")))
			breach("exit", "exit outside cmd/ and main.c")
	}
	if (room !~ /^(source|cmd)$/ && calls(code, clocks))
		breach("clock", "a clock read outside source/ and cmd/")
	if (code ~ /^[ \t]*#[ \t]*define[ \t]+_(GNU_SOURCE|FILE_OFFSET_BITS)/)
		breach("include", "config.h, which every file gets first, defines this")
}

END {
	if (!files)
		print "room no file was read"
}
