#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every file that git tracks is in the release tarball. automake ships only what it is told
# of, and drops a dangling symlink without a word.

. "$TOP_SRCDIR/tests/tap.sh"

if ! git -C "$TOP_SRCDIR" rev-parse --git-dir >/dev/null 2>&1 || [ ! -e "$TOP_SRCDIR/.git" ]; then
	skip "all tracked files are shipped" "this is no git checkout"
	done_testing
	exit
fi

shipped=$(unset MAKEFLAGS MFLAGS MAKELEVEL
	${MAKE:-make} -s --no-print-directory -C "$TOP_BUILDDIR" print-distfiles) || exit 99
missing=$(git -C "$TOP_SRCDIR" ls-files | while read -r file; do
	at=$file
	while :; do
		case "
$shipped
" in
		*"
$at
"*) break ;;
		esac
		case $at in
		*/*) at=${at%/*} ;;
		*)
			echo "$file"
			break
			;;
		esac
	done
done)

if [ -z "$missing" ]; then
	ok "all tracked files are shipped"
else
	not_ok "all tracked files are shipped" "in git, not in EXTRA_DIST or a list of sources:
$missing"
fi

done_testing
