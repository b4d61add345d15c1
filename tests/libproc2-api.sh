#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# source/details.c compiles with both shapes of libproc2: PIDS_VAL has 4 arguments up to
# 4.0.4 and 3 from 4.0.5 on. A machine has only one of them, so the header is copied and its
# macro rewritten.

. "$TOP_SRCDIR/tests/tap.sh"

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

# CC and the flags may be several words each.
# shellcheck disable=SC2086
header=$(echo '#include <libproc2/pids.h>' | $CC -E $LIBPROC2_CFLAGS - |
	sed -n 's/^# [0-9]* "\(.*\/libproc2\/pids\.h\)".*/\1/p' | head -n 1)
if [ ! -f "$header" ]; then
	not_ok "libproc2/pids.h is found" "$header"
	done_testing
	exit
fi

# shape DIRECTORY PARAMETERS
shape() {
	mkdir -p "$tmp/$1/libproc2"
	cp "${header%/*}"/*.h "$tmp/$1/libproc2/"
	sed "s/^#define PIDS_VAL(.*)/#define PIDS_VAL( $2 )/" "$header" \
		>"$tmp/$1/libproc2/pids.h"
}
shape three 'relative_enum, type, stack'
shape four 'relative_enum, type, stack, info'

cat >"$tmp/three.c" <<'C'
#include <libproc2/pids.h>
int f(struct pids_stack *stack);
int f(struct pids_stack *stack) { return PIDS_VAL(0, s_int, stack); }
C
sed 's/, stack);/, stack, info);/' "$tmp/three.c" >"$tmp/four.c"

# compile SHAPE FILE
compile() {
	# shellcheck disable=SC2086
	$CC -I"$tmp/$1" $TEST_CFLAGS -Werror -fsyntax-only "$2"
}

does_not_compile() {
	! compile "$@" 2>/dev/null
}

check "the copy with 3 arguments is one" compile three "$tmp/three.c"
check "the copy with 3 arguments refuses 4" does_not_compile three "$tmp/four.c"
check "the copy with 4 arguments is one" compile four "$tmp/four.c"
check "the copy with 4 arguments refuses 3" does_not_compile four "$tmp/three.c"
check "details.c compiles as with 4.0.5 and newer" compile three "$TOP_SRCDIR/src/source/details.c"
check "details.c compiles as with 4.0.4 and older" compile four "$TOP_SRCDIR/src/source/details.c"

done_testing
