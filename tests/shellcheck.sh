#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every shell script of ours is clean under shellcheck, one test each.

. "$TOP_SRCDIR/tests/tap.sh"

scripts=$(
	cd "$TOP_SRCDIR" || exit 1
	for file in autogen.sh quickstart.sh .ci/run; do
		echo "$file"
	done
	find tests examples -name '*.sh' 2>/dev/null | LC_ALL=C sort
)

cd "$TOP_SRCDIR" || exit 99
for script in $scripts; do
	if command -v shellcheck >/dev/null 2>&1; then
		check "$script" shellcheck -x -e SC1091 "$script"
	else
		skip "$script" "no shellcheck here"
	fi
done

done_testing
