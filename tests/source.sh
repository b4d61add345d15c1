#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# --source of every face, and what `leakscan bpf` pins: what cannot be had is said, with the
# reason and what would help; a group gets it without capabilities, the others do not; what
# is not root's alone is not believed. Pins are made in a bpffs of a mount namespace that ends
# with this test.

. "$TOP_SRCDIR/tests/tap.sh"

: "${LEAKSCAN:=$TOP_BUILDDIR/leakscan}"
tmp=$(mktemp -d) || exit 99
holder=
# Only what was started here, by pid.
cleanup() {
	[ -z "$holder" ] || kill "$holder" 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 99' HUP INT TERM
chmod 755 "$tmp"
pins=/sys/fs/bpf/leakscan

# says STATUS TEXT COMMAND...: the status, and a part of what it says on stdout or stderr.
says() {
	want=$1
	part=$2
	shift 2
	status=0
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
	[ "$status" -eq "$want" ] && grep -qF -- "$part" "$tmp/out" "$tmp/err" && return
	echo "status $status, not $want, or it does not say: $part"
	head -c 2000 "$tmp/out"
	cat "$tmp/err"
	return 1
}

# looked_by SOURCE COMMAND...: a report came, and it says so.
looked_by() {
	want=$1
	shift
	"$@" --json >"$tmp/out" 2>"$tmp/err" </dev/null
	grep -Eq "\"source\": *\"$want\"" "$tmp/out" && [ ! -s "$tmp/err" ] && return
	head -c 2000 "$tmp/out"
	cat "$tmp/err"
	return 1
}

t() {
	name=$1
	shift
	check "$name" says "$@"
}

# What cannot be taken.
word="--source \`x': auto, bpf or procfs"
t 'scan: no such source' 2 "leakscan scan: $word" "$LEAKSCAN" scan --source x
t 'check: no such source' 3 "LEAKSCAN UNKNOWN: $word" "$LEAKSCAN" check --source x
t 'holders: no such source' 2 "leakscan holders: $word" "$LEAKSCAN" holders --pipe 1 --source x
t 'reap: no such source' 2 "leakscan reap: $word" "$LEAKSCAN" reap -p 4194304 --source x
t 'top: no such source' 2 "leakscan top: $word" "$LEAKSCAN" top --source x
t 'serve: no such source' 2 "leakscan serve: $word" "$LEAKSCAN" serve --inetd --source x
t 'an empty source' 2 "--source \`': auto" "$LEAKSCAN" scan --source ''
word='--source: a record was looked at already'
t 'scan: not of a record' 2 "leakscan scan: $word" "$LEAKSCAN" scan --source auto --from /dev/null
t 'check: not of a record' 3 'LEAKSCAN UNKNOWN: --source: a record' \
	"$LEAKSCAN" check --source procfs --from /dev/null
t 'reap: not of a record' 2 "leakscan reap: $word" \
	"$LEAKSCAN" reap -a --source bpf --from /dev/null
t 'history: it looks at nothing' 2 'no such option: --source' "$LEAKSCAN" history --source auto
t 'bpf: no group' 2 '--pin needs an argument' "$LEAKSCAN" bpf --pin
t 'bpf: an empty group' 2 'there is no such group' "$LEAKSCAN" bpf --pin ''
t 'bpf: no such group' 2 "--pin \`no such group': there is no" "$LEAKSCAN" bpf --pin 'no such group'
t 'bpf: no such number' 2 'there is no such group' "$LEAKSCAN" bpf --pin 4294967294
t 'bpf: not both' 2 'not together with --pin' "$LEAKSCAN" bpf --unpin --pin root
t 'bpf: an argument' 2 "argument \`x': " "$LEAKSCAN" bpf x

# What is asked for is what looks.
check 'by /proc' looked_by procfs "$LEAKSCAN" scan --source procfs -p $$
check 'of itself, one of both' looked_by '(bpf|procfs)' "$LEAKSCAN" scan --source auto -p $$

as_nobody() {
	setpriv --reuid=65534 --regid="${group:-65534}" --clear-groups --no-new-privs -- "$@"
}

nobody_can=
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null &&
	as_nobody test -x "$LEAKSCAN" 2>/dev/null; then
	nobody_can=yes
fi
built=yes
if "$LEAKSCAN" bpf 2>&1 | grep -q 'built without'; then
	built=
fi

# Without rights, and nothing pinned.
if [ -z "$nobody_can" ]; then
	skip 'without rights' 'not root, no setpriv, or nobody cannot reach the program'
elif [ -d "$pins" ]; then
	skip 'without rights' 'something is pinned here'
else
	reason='--source bpf cannot be used: it takes CAP_BPF and CAP_PERFMON: be root'
	[ -n "$built" ] || reason='--source bpf cannot be used: this leakscan was built without it'
	t 'nobody: scan' 3 "$reason" as_nobody "$LEAKSCAN" scan --source bpf -p $$
	t 'nobody: holders' 3 "$reason" as_nobody "$LEAKSCAN" holders --source bpf --pipe 1
	t 'nobody: reap' 3 "$reason" as_nobody "$LEAKSCAN" reap --source bpf -p $$
	t 'nobody: check' 3 'LEAKSCAN UNKNOWN: --source bpf cannot be used: ' \
		as_nobody "$LEAKSCAN" check --no-state --source bpf -p $$
	check 'nobody: check says all of it' grep -qF -- "$reason" "$tmp/out"
	check 'nobody: check does not write on stderr' test ! -s "$tmp/err"
	t 'nobody: bpf' 3 'usable: no: ' as_nobody "$LEAKSCAN" bpf
	check 'nobody: and what is auto looks by /proc, without a word' \
		looked_by procfs as_nobody "$LEAKSCAN" scan -p $$
	t 'nobody: pins nothing' 3 'only root may' as_nobody "$LEAKSCAN" bpf --pin root
	t 'nobody: unpins nothing' 3 'only root may' as_nobody "$LEAKSCAN" bpf --unpin
fi

# The rest is in a mount namespace of its own.
why=
[ -n "$built" ] || why='leakscan was built without BPF'
[ -n "$nobody_can" ] || why='not root, no setpriv, or nobody cannot reach the program'
[ -n "$why" ] || "$LEAKSCAN" bpf >"$tmp/out" 2>&1 || why=$(head -n 1 "$tmp/out")
[ -n "$why" ] || unshare -m mount -t bpf none /sys/fs/bpf 2>/dev/null ||
	why='no bpffs can be mounted in a mount namespace'
if [ -n "$why" ]; then
	skip 'pins' "$why"
	done_testing
	exit
fi

# A look at a file that only root may see, to be found by others through the pin.
mkdir -m 700 "$tmp/roots"
exec 8<"$tmp/roots/."
sleep 600 &
holder=$!
exec 8<&-
PINS_TMP=$tmp PINS_FILE=$tmp/roots HOLDER=$holder
export PINS_TMP PINS_FILE HOLDER
unshare -m --propagation private sh "$TOP_SRCDIR/tests/source_pins.sh" >"$tmp/pins" 2>&1
cp "$tmp/pins" "$tmp/pins.copy"
ended=
while read -r verdict line; do
	case $verdict in
	ok) ok "$line" ;;
	no) not_ok "$line" "$(cat "$tmp/pins.copy")" ;;
	end) ended=yes ;;
	esac
done <"$tmp/pins"
check 'all of it was tried' test "$ended" = yes
check 'nothing was pinned outside' test ! -e "$pins"

done_testing
