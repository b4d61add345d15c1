#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the real `leakscan demo`: it tells what happened, and leaves nothing behind, not
# even when it is interrupted or killed half-way. The system has no list of what a demo
# started: we take the pids it prints, with their start times, and its own TMPDIR.
. "$TOP_SRCDIR/tests/tap.sh"

program=$TOP_BUILDDIR/leakscan
export LEAKSCAN_EXAMPLES=$TOP_SRCDIR/examples/downloader

if ! command -v python3 >/dev/null; then
	skip "demo" "no python3 here"
	done_testing
	exit
fi

work=$(mktemp -d) || exit 1
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
trap 'rm -rf "$work"' EXIT

# The start time of a living process, or nothing. A zombie is as good as gone.
start_of() {
	local stat
	stat=$( (cat "/proc/$1/stat") 2>/dev/null) || return 0
	stat=${stat##*) }
	# shellcheck disable=SC2086 # the fields are to be split
	set -- $stat
	case $1 in Z | X) ;; *) echo "${20}" ;; esac
}

# The processes a demo has told of: "process N" in its output.
pids_in() {
	grep -o 'process [0-9]*' "$1" 2>/dev/null | cut -d' ' -f2 | sort -un
}

has() {
	grep -q -e "$2" "$1"
}

# Polls until a line is there, 30 s at most.
wait_for() {
	local n=0
	until has "$1" "$2"; do
		n=$((n + 1))
		[ $n -lt 600 ] || return 1
		sleep 0.05
	done
}

# Is anything of $1 (lines "pid start") still running, or a working directory left?
# Polls, 15 s at most.
all_gone() {
	local n=0 left pid start
	while :; do
		left=
		while read -r pid start; do
			[ -n "$start" ] && [ "$(start_of "$pid")" = "$start" ] && left="$left $pid"
		done <"$1"
		[ -z "$left" ] && [ -z "$(ls -A "$TMPDIR")" ] && return 0
		n=$((n + 1))
		if [ $n -ge 300 ]; then
			echo "left behind: processes:$left files: $(ls -A "$TMPDIR")"
			return 1
		fi
		sleep 0.05
	done
}

# Notes pid and start time of each process that $1 tells of, to the file $2.
note_processes() {
	local pid
	for pid in $(pids_in "$1"); do
		echo "$pid $(start_of "$pid")"
	done >"$2"
}

alive_count() {
	grep -c ' [0-9]' "$1"
}

# ---- the whole story

"$program" demo >"$work/out" 2>"$work/err" &
demo=$!
check "the app starts its download" wait_for "$work/out" 'started the download, process'
check "the app dies of its exception" wait_for "$work/out" 'ValueError'
note_processes "$work/out" "$work/first"
check "the download lives on" [ "$(start_of "$(sed -n 's/.*| started the download, process //p' "$work/out" | head -n 1)")" != "" ]
wait $demo
status=$?
check "exit status 0 (was $status)" [ $status -eq 0 ]
check "nothing on stderr" [ ! -s "$work/err" ]
check "the app was dead" has "$work/out" 'The app is dead: process [0-9]*, exit status 1'
check "the download went on" has "$work/out" 'The download goes on'
check "scan was asked for the dead app" has "$work/out" 'leakscan scan --pid [0-9]'
check "scan found a leak" has "$work/out" 'Exit status 1: leaked'
check "reap was asked for the dead app" has "$work/out" 'leakscan reap --pid [0-9]* --yes'
check "reap tells the seven steps" has "$work/out" '7 verify it is gone *done'
check "reap cleaned up" has "$work/out" 'Exit status 0: cleaned up'
check "the fixed app left nothing" has "$work/out" 'Exit status 0: nothing leaked'
sizes=$(sed -n 's/.*The file has \([0-9]*\) KiB.* later \([0-9]*\) KiB.*/\1 \2/p' "$work/out")
read -r a b c d <<<"${sizes//$'\n'/ }"
check "the leaked file grew ($a to $b KiB)" [ "${b:-0}" -gt "${a:-0}" ]
check "the fixed file did not ($c to $d KiB)" [ "${d:-1}" -eq "${c:-0}" ]
# The finding and the pid of the orphan are in the report of the scan, not only in the words of the app.
orphan=$(sed -n 's/.*| started the download, process //p' "$work/out" | head -n 1)
sed '/leakscan scan --pid/,/^3\. /!d; /^3\. /q' "$work/out" >"$work/report"
check "the report names the finding" has "$work/report" 'LS101'
check "the report names the download ($orphan)" has "$work/report" "\\b$orphan\\b"
check "nothing is left" all_gone "$work/first"

# ---- stopped half-way

# A shell without job control starts background jobs with SIGINT ignored, and exec keeps
# that; env --default-signal would need a newer coreutils than some have.
stopped_by() {	# stopped_by SIGNAL AFTER
	: >"$work/out"
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$program" demo >"$work/out" 2>"$work/err" &
	demo=$!
	check "SIG$1: reached '$2'" wait_for "$work/out" "$2"
	note_processes "$work/out" "$work/seen"
	check "SIG$1: there was something to end" [ "$(alive_count "$work/seen")" -ge 1 ]
	kill -s "$1" $demo
	wait $demo 2>/dev/null
	status=$?
	check "SIG$1: exit status $((128 + $(kill -l "$1"))) (was $status)" \
		[ $status -eq $((128 + $(kill -l "$1"))) ]
	[ "$1" = KILL ] ||
		check "SIG$1: the directory went before the demo" [ -z "$(ls -A "$TMPDIR")" ]
	check "SIG$1 at '$2': nothing is left" all_gone "$work/seen"
}

stopped_by INT 'server.py .*process'
stopped_by INT 'started the download'
stopped_by TERM 'ValueError'
stopped_by KILL 'server.py .*process'
stopped_by KILL 'started the download'
stopped_by KILL 'The app is dead'

# ---- what it needs

mkdir "$work/empty"
PATH=$work/empty "$program" demo >"$work/out" 2>"$work/err"
status=$?
check "no python3: exit status 3 (was $status)" [ $status -eq 3 ]
check "no python3: the message says so" has "$work/err" 'python3'
LEAKSCAN_EXAMPLES=$work/empty "$program" demo >"$work/out" 2>"$work/err"
status=$?
check "no scripts: exit status 3 (was $status)" [ $status -eq 3 ]
"$program" demo --bogus >"$work/out" 2>"$work/err"
status=$?
check "an argument: exit status 2 (was $status)" [ $status -eq 2 ]
# A full disk or a closed pipe on stdout must not keep the demo from ending what it began.
"$program" demo 2>"$work/err" | head -n 3 >"$work/out"
note_processes "$work/out" "$work/seen"
check "reader gone: nothing is left" all_gone "$work/seen"

done_testing
