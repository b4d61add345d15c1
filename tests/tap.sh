# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# For scripts that print TAP: `. "$TOP_SRCDIR/tests/tap.sh"`, then ok, not_ok, skip or
# check for each test, and done_testing as the last command (its status is the script's).

tap_count=0
tap_failed=0

# One line, and no '#' that would start a directive.
tap_text() {
	printf '%s' "$*" | tr '\n\t' '  ' | sed 's/#/\\#/g'
}

ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $(tap_text "$1")"
}

# not_ok NAME [WHY]: WHY may have many lines.
not_ok() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $(tap_text "$1")"
	[ -z "${2-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

# skip NAME WHY
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $(tap_text "$1") # SKIP $(tap_text "$2")"
}

# check NAME COMMAND...: ok when COMMAND succeeds; its output is the reason when not.
check() {
	tap_name=$1
	shift
	if tap_out=$("$@" 2>&1); then
		ok "$tap_name"
	else
		not_ok "$tap_name" "$tap_out"
	fi
}

done_testing() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ] && [ "$tap_count" -gt 0 ]
}
