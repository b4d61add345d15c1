#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What `leakscan reap` answers to a command line that it cannot take: exit status 2, one line
# on stderr that names what is wrong, nothing on stdout, and nothing done.  No line has a
# TARGET that could be acted on: pid 4194304 cannot exist.

. "$TOP_SRCDIR/tests/tap.sh"

: "${LEAKSCAN:=$TOP_BUILDDIR/leakscan}"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

# answers STATUS TEXT ARG...: status, a part of the only line of stderr.
answers() {
	want=$1
	part=$2
	shift 2
	status=0
	"$LEAKSCAN" reap "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
	cat "$tmp/out" "$tmp/err"
	[ "$status" -eq "$want" ] || { echo "status $status, not $want"; return 1; }
	[ "$want" -ne 2 ] || [ ! -s "$tmp/out" ] || { echo "something on stdout"; return 1; }
	[ -z "$part" ] || grep -qF -- "leakscan reap: $part" "$tmp/err" ||
		{ echo "stderr lacks: $part"; return 1; }
	[ "$(wc -l <"$tmp/err")" -eq "$([ -n "$part" ] && echo 1 || echo 0)" ]
}

usage() {
	part=$1
	shift
	check "reap $*" answers 2 "$part" "$@"
}

usage 'TARGET: name one by'
usage 'TARGET: name one by' --yes
usage 'option -p needs an argument' -p
usage "--pid \`x': not a process number" -p x
usage "--pid \`0': pids run from" -p 0
usage "--pid \`4194305': pids run from" -p 4194305
usage "--pid \`-1': " -p -1
usage 'TARGET: one kind of target at a time' -p 4194304 -n x
usage 'TARGET: one kind of target at a time' -a -a
usage 'TARGET: it is empty' -n ''
usage '--name: not a regular expression' -n '('
usage '--cookie: not the LEAKSCAN_ID of a run' --cookie zz
usage "argument \`4194304': a TARGET is named by" 4194304
usage "argument \`foo': " -p 4194304 foo
usage 'no such option: --bogus' -p 4194304 --bogus
usage 'no such option: -z' -p 4194304 -z
usage 'option --yes takes no argument' -p 4194304 --yes=1
usage "--grace \`x': not a duration" -p 4194304 --grace x
usage "--grace \`': not a duration" -p 4194304 --grace ''
usage "--grace \`999999999h': not a duration" -p 4194304 --grace 999999999h
usage "--min-age \`-1s': not a duration" -p 4194304 --min-age -1s
usage "--max \`0': a number from" -p 4194304 --max 0
usage "--max \`-1': a number from" -p 4194304 --max -1
usage "--max \`1000000': a number from" -p 4194304 --max 1000000
usage "--confidence \`weak': exact or strong" -p 4194304 --confidence weak
usage "--select \`': not a process number" -p 4194304 --select ''
usage "--select \`': not a process number" -p 4194304 --select 1,,2
usage "--select \`1;2': not a process number" -p 4194304 --select '1;2'
usage "--from \`$tmp/x': a record cannot be acted on" -p 4194304 --from "$tmp/x" --yes
usage '--close-sockets: never of the target' -p 4194304 --close-sockets --with-target
usage '--color: auto, always or never' -p 4194304 --color=x
usage "argument \`?[2J': " -p 4194304 "$(printf '\033[2J')"

usage 'no such option: --y; did you mean --yes?' -p 4194304 --y
usage 'no such option: --ye; did you mean --yes?' -p 4194304 --ye
usage 'no such option: --with-t; did you mean --with-target?' -p 4194304 --with-t --yes
usage 'no such option: --sel; did you mean --select?' -p 4194304 --sel 5
usage 'no such option: --max-kills=3' -p 4194304 --max-kills=3
usage "--audit \`$tmp/a': a plan does nothing" -p 4194304 --audit "$tmp/a"

check 'help' answers 0 '' --help
check 'version' answers 0 '' --version
check 'nothing to do' answers 0 '' -p 4194304
check 'nothing to do, acting' answers 0 '' -p 4194304 --yes
check 'no record' answers 3 'cannot read the record: ' -p 4194304 --from "$tmp/x"
check 'an audit that is a directory' answers 3 'nothing was touched: cannot write the audit' \
	-p 4194304 --yes --audit "$tmp"
check 'no name for an audit' answers 3 'nothing was touched: cannot write the audit' \
	-p 4194304 --yes --audit ''
done_testing
