#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `reap --select` ends the one that was named, and nobody who only shares its session with it:
# the rescans for late forks must not make patients of those whom the plan does not touch.

. "$TOP_SRCDIR/tests/tap.sh"

: "${LEAKSCAN:=$TOP_BUILDDIR/leakscan}"
tmp=$(mktemp -d) || exit 99
made=
# shellcheck disable=SC2086 # a list of pids
trap 'kill -KILL $made 2>/dev/null; rm -rf "$tmp"' EXIT

# The leader of a session is dead, three children of it live on.
# shellcheck disable=SC2016 # expanded by that shell
setsid sh -c 'echo $$ >"$1/leader"
	for i in a b c; do sleep 1000 & echo $! >"$1/$i"; done' sh "$tmp" \
	</dev/null >/dev/null 2>&1
leader=$(cat "$tmp/leader")
a=$(cat "$tmp/a") b=$(cat "$tmp/b") c=$(cat "$tmp/c")
made="$a $b $c"

# a zombie is not there either
lives() {
	state=$(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) || return 1
	[ -n "$state" ] && [ "$state" != Z ]
}

reap() {
	"$LEAKSCAN" reap --pid "$leader" --min-age 0s "$@" >"$tmp/out" 2>&1 || status=$?
	cat "$tmp/out"
}

only_one() {
	status=0
	reap --yes --select "$a"
	[ "$status" -le 1 ] && grep -q '1 reaped' "$tmp/out" && ! lives "$a" && lives "$b" &&
		lives "$c"
}

all_of_them() {
	status=0
	reap --yes
	[ "$status" -eq 0 ] && ! lives "$b" && ! lives "$c"
}

check "the others of its session are not touched" only_one
check "and are ended when nobody is selected" all_of_them
done_testing
