#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# quickstart.sh on machines that we do not have: a PATH with nothing but a few basic tools
# and one package manager, which is a stub that must never be run by --print. Also what
# configure says when packages are missing, for both read the one table.

. "$TOP_SRCDIR/tests/tap.sh"

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

# machine MANAGER UID [EXTRA...]: a directory for PATH.
machine() {
	rm -rf "${tmp:?}/bin" "$tmp/ran" "$tmp/tree"
	mkdir "$tmp/bin" "$tmp/tree" "$tmp/tree/build-aux"
	cp "$TOP_SRCDIR/quickstart.sh" "$tmp/tree/"
	cp "$TOP_SRCDIR/build-aux/packages" "$tmp/tree/build-aux/"
	for tool in sh env dirname mkdir cat tail find; do
		ln -s "$(command -v $tool)" "$tmp/bin/$tool"
	done
	printf '#!/bin/sh\necho %s\n' "$2" >"$tmp/bin/id"
	manager=$1
	shift 2
	for tool in $manager "$@"; do
		printf '#!/bin/sh\necho "%s $*" >>"%s"\n' "$tool" "$tmp/ran" >"$tmp/bin/$tool"
	done
	chmod +x "$tmp"/bin/*
}

# quickstart ARGUMENT...: on that machine; its words go to $tmp/out.
quickstart() {
	(
		cd "$tmp/tree" && PATH=$tmp/bin && export PATH && unset CC
		./quickstart.sh "$@"
	) >"$tmp/out" 2>&1 </dev/null
}

# says TEXT...: each of them is in the output.
says() {
	for text; do
		grep -qF -- "$text" "$tmp/out" || {
			echo "no '$text' in:"
			cat "$tmp/out"
			return 1
		}
	done
}

says_not() {
	! grep -F -- "$1" "$tmp/out"
}

ran_nothing() {
	[ ! -e "$tmp/ran" ] || {
		cat "$tmp/ran"
		return 1
	}
}

# on MANAGER LINE...: --print shows these and runs nothing.
on() {
	machine "$1" 0
	quickstart --print test
	name=$1
	shift
	check "$name: --print shows the packages" says "$@"
	check "$name: --print runs nothing" ran_nothing
}

on apt-get 'apt-get -q -o DPkg::Lock::Timeout=300 update' libproc2-dev libncurses-dev \
	libjansson-dev libsmartcols-dev libsqlite3-dev 'python3 check' shellcheck
on dnf 'dnf -q -y install' procps-ng-devel ncurses-devel jansson-devel libsmartcols-devel \
	check-devel ShellCheck
on apk 'apk add build-base' procps-ng-dev util-linux-dev check-dev mandoc
on pacman 'pacman -Sy' 'base-devel procps-ng ncurses jansson util-linux-libs'

machine apt-get 0
quickstart --print
check "without the tests, Check is not installed" says_not ' check'

machine apt-get 1000
quickstart test
status=$?
check "no root, no sudo: says the line" says 'apt-get -q -y' libproc2-dev 'no sudo or doas'
check "no root, no sudo: fails" [ $status -eq 1 ]
check "no root, no sudo: runs nothing" ran_nothing

machine apt-get 1000 doas
quickstart --print
check "no root: takes doas" says 'doas env DEBIAN_FRONTEND=noninteractive apt-get'

machine apt-get 0
quickstart
status=$?
check "an installation that brings nothing fails" [ $status -eq 1 ]
check "and what is still missing is named" says 'still missing' 'pkg:libproc2'

machine true 0
quickstart
check "no package manager: says what is missing" says 'no apt-get, dnf, apk or pacman' pkg:jansson

quickstart --no-such-option
check "a wrong option is a usage error" [ $? -eq 2 ]

# configure, with a pkg-config that finds nothing. A tree that is configured in place refuses
# to be configured from elsewhere.
if [ -f "$TOP_SRCDIR/config.status" ]; then
	skip "configure names what is missing" "this tree is configured in place"
	done_testing
	exit
fi
mkdir "$tmp/conf"
(
	cd "$tmp/conf" || exit 1
	PKG_CONFIG_LIBDIR=$tmp/none PKG_CONFIG_PATH='' "$TOP_SRCDIR/configure" CC="$CC"
) >"$tmp/out" 2>&1
status=$?
check "configure fails when packages are missing" [ $status -eq 1 ]
check "configure names them all, for each distribution" says \
	'not found: libproc2 ncursesw jansson smartcols sqlite3 check' \
	'apt-get install libproc2-dev libncurses-dev libjansson-dev libsmartcols-dev libsqlite3-dev check' \
	'dnf install procps-ng-devel ncurses-devel jansson-devel libsmartcols-devel sqlite-devel check-devel' \
	'apk add procps-ng-dev linux-headers ncurses-dev jansson-dev util-linux-dev sqlite-dev check-dev' \
	'pacman -S procps-ng ncurses jansson util-linux-libs sqlite check' 'procps 3.3.x'

done_testing
