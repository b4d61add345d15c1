#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The hardening flags are in the program that was built, not only on its command line.

. "$TOP_SRCDIR/tests/tap.sh"

program=$TOP_BUILDDIR/leakscan
names='pie full-relro stack-not-executable no-writable-code'

why=
[ "$HARDENING" = yes ] || why="built with --disable-hardening"
[ "$SANITIZERS" != yes ] || why="built with --enable-sanitizers"
command -v readelf >/dev/null 2>&1 || why="no readelf here"
if [ -n "$why" ]; then
	for name in $names; do
		skip "$name" "$why"
	done
	done_testing
	exit
fi

# Programs headers of all kinds, one a line.
headers=$(LC_ALL=C readelf -lW "$program") || exit 99
dynamic=$(LC_ALL=C readelf -dW "$program") || exit 99

has() {
	printf '%s\n' "$1" | grep -Eq "$2" || {
		printf 'no %s in:\n%s\n' "$2" "$1"
		return 1
	}
}

has_not() {
	! printf '%s\n' "$1" | grep -E "$2"
}

full_relro() {
	has "$headers" '^ *GNU_RELRO ' && has "$dynamic" 'BIND_NOW|FLAGS_1.*NOW'
}

check pie has "$headers" 'Elf file type is DYN'
check full-relro full_relro
check stack-not-executable has "$headers" '^ *GNU_STACK .* RW  *0x'
check no-writable-code has_not "$headers" '^ *LOAD .* (RWE|WE) '

done_testing
