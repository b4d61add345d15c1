#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# leakscan history over what real checks of a real process have kept, also after its end.

. "$TOP_SRCDIR/tests/tap.sh"

: "${PYTHON:=python3}"
: "${LEAKSCAN:=$TOP_BUILDDIR/leakscan}"
tmp=$(mktemp -d) || exit 99
trap 'exec 8>&-; rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM
state=$tmp/state.db

history() {
	"$LEAKSCAN" history --state "$state" "$@" >"$tmp/out" 2>"$tmp/err"
}

# ends STATUS ARGUMENT...
ends() {
	want=$1
	shift
	history "$@"
	got=$?
	cat "$tmp/err"
	[ $got -eq "$want" ]
}

says() {
	grep -q -- "$1" "$tmp/out" "$tmp/err"
}

fits() {
	"$PYTHON" - "$TOP_SRCDIR/doc/leakscan.history.schema.json" "$tmp/out" <<'PY'
import json, sys
import jsonschema
schema, r = (json.load(open(name, encoding="ascii")) for name in sys.argv[1:3])
jsonschema.validators.validator_for(schema)(schema).validate(r)
PY
}

check "without a file: 3, and what makes it" ends 3
check "says so" says 'leakscan check makes it'
check "and makes none" test ! -e "$state"
check "usage: --csv without a target" ends 2 --csv
check "usage: two pids" ends 2 -p 1 -p 2
check "usage: --since nothing" ends 2 --since 0
check "usage: a word" ends 2 nginx
check "help" ends 0 --help

# A child of ours with 20 more descriptors; it ends when the pipe does.
mkfifo "$tmp/in"
sh -c 'exec 3<&0 4<&0 5<&0 6<&0 7<&0 9<&0; echo ready; read -r word; exit 0' \
	<"$tmp/in" >"$tmp/made" &
pid=$!
exec 8>"$tmp/in"
for _ in $(seq 300); do
	! grep -q ready "$tmp/made" || break
	sleep 0.1
done
for _ in 1 2 3; do
	"$LEAKSCAN" check -t 60 -p $pid --state "$state" >"$tmp/check" 2>&1
	# without the right to see everybody it is UNKNOWN, but it is kept
	case $? in 0 | 1 | 2 | 3) ;; *) not_ok "check runs" "$(cat "$tmp/check")" ;; esac
done
limited=$(
	ulimit -f 0
	"$LEAKSCAN" check -t 60 -p $pid --state "$state" 2>&1
)
check "a limit of file sizes does not kill the check" test $? -le 3
printf '%s\n' "$limited" >"$tmp/out"
check "but is told" says 'not remembered.*grow'
check "history of a living one" ends 0 -p $pid
check "three checks" says '^3 checks'
exec 8>&-
wait $pid
"$LEAKSCAN" check -t 60 -p $pid --state "$state" >/dev/null 2>&1
check "of one that is gone" ends 0 -p $pid
check "by its name" ends 0 -n '^sh'
check "as a plot" says 'Open descriptors'
check "and a table" says '^TIME '
check "the list of targets" ends 0
check "has it" says "pid=$pid"
check "csv" ends 0 -p $pid --csv
check "has a line for each check" test "$(grep -c '^2.*Z,' "$tmp/out")" -ge 3
check "nothing in that time is no error" ends 0 -p $pid --since 1ms
check "a name that nobody had" ends 3 -n 'no-such-name-at-all'
check "no regular expression" ends 2 -n '('
check "never a target" ends 3 -u no-such-unit
if "$PYTHON" -c 'import jsonschema' 2>/dev/null; then
	history -p $pid --json
	check "json fits its schema" fits
	history --json
	check "json of the targets fits its schema" fits
	history -p $pid --json --since 1ms
	check "json without a point fits its schema" fits
else
	skip "json fits its schema" "no python3-jsonschema"
fi
echo 'these are notes' >"$state"
check "a damaged file: 3" ends 3 -p $pid
check "says so" says 'damaged'
check "and leaves it" grep -q notes "$state"
done_testing
