#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The part of tests/source.sh that runs as root in a mount namespace of its own: bpffs and pins.
# Prints "ok NAME" or "no NAME" lines and, when it has come to its end, "end".
# Environment: LEAKSCAN, PINS_TMP a directory, PINS_FILE that the process HOLDER has open.

pins=/sys/fs/bpf/leakscan

# try NAME STATUS TEXT COMMAND...; STATUS "any" where it is not the point
try() {
	name=$1
	want=$2
	part=$3
	shift 3
	status=0
	"$@" >"$PINS_TMP/said" 2>&1 </dev/null || status=$?
	[ "$want" != any ] || want=$status
	if [ "$status" -eq "$want" ] && grep -Eq -- "$part" "$PINS_TMP/said"; then
		echo "ok $name"
	else
		echo "no $name"
		echo "status $status, not $want, or it does not say: $part"
		head -c 2000 "$PINS_TMP/said"
	fi
}

# as GID COMMAND...: nobody, in that group alone.
as() {
	as_gid=$1
	shift
	setpriv --reuid=65534 --regid="$as_gid" --clear-groups --no-new-privs -- "$@"
}

# What is in bpffs, but for what the kernel puts there.
ours() {
	find /sys/fs/bpf -mindepth 1 -maxdepth 1 -name 'leakscan*' -printf '%f ' | grep . || echo none
}

one=60001
while getent group $one >/dev/null 2>&1; do one=$((one + 1)); done
# A group that there is, for --pin; those two need not have a name.
group=$(getent group nogroup nobody daemon | head -n 1 | cut -d: -f1)
gid=$(getent group "$group" | cut -d: -f3)

mount -t tmpfs none /sys/fs/bpf || exit
try 'no bpffs: says how to mount it' 3 'mount -t bpf -o mode=0711' "$LEAKSCAN" bpf --pin "$group"
umount /sys/fs/bpf
mount -t bpf -o mode=0700 none /sys/fs/bpf || exit
try 'bpffs is closed: says how to open it' 3 'chmod 0711' "$LEAKSCAN" bpf --pin "$group"
chmod 0711 /sys/fs/bpf
try 'nothing is pinned' 0 'pinned: no$' "$LEAKSCAN" bpf

try 'pins' 0 "for the group $group" "$LEAKSCAN" bpf --pin "$group"
try 'its directory' 0 "^750 0 $gid\$" stat -c '%a %u %g' $pins
try 'its files' 0 "^440 0 $gid\$" sh -c "stat -c '%a %u %g' $pins/* | sort -u"
try 'nothing else is left there' 0 '^leakscan $' ours
try 'who it is pinned for' 0 "pinned: for the group $group" "$LEAKSCAN" bpf
try 'the group can use it' 0 'usable: yes, by what is pinned' as "$gid" "$LEAKSCAN" bpf
try 'the group can ask for it' any '"source": *"bpf"' as "$gid" "$LEAKSCAN" scan --source bpf -p $$ --json
try "the group finds what only root may see" 0 "$HOLDER" \
	as "$gid" "$LEAKSCAN" holders --source bpf --path "$PINS_FILE"
try 'without --source, too' 0 "$HOLDER" as "$gid" "$LEAKSCAN" holders --path "$PINS_FILE"
try 'by /proc nobody could' 3 'could not be inspected|cannot be' \
	as "$gid" "$LEAKSCAN" holders --source procfs --path "$PINS_FILE"
try 'others cannot use it' 3 'usable: no: .*the group that it is pinned for' \
	as "$one" "$LEAKSCAN" bpf
try 'others look by /proc, without a word' any '"source": *"procfs"' \
	as "$one" "$LEAKSCAN" scan -p $$ --json

# In a pid namespace it shows what is there, by the numbers that it has there.
inside() {
	# shellcheck disable=SC2016
	unshare -pf --mount-proc setpriv --reuid=65534 --regid="$gid" --clear-groups -- \
		sh -c '"$LEAKSCAN" scan --source bpf -p 1 --json; true'
}
try 'in a pid namespace: its own process' any '"pid": *1,' inside
try 'and nobody else' any '"processes": *2,' inside

chmod g+w $pins
try 'what the group may change is not believed' 3 'is not believed' as "$gid" "$LEAKSCAN" bpf
chmod g-w $pins
chmod g+w $pins/*
try 'nor what is in it' 3 'usable: no: ' as "$gid" "$LEAKSCAN" bpf
chmod g-w $pins/*
chown 65534 $pins
try 'what is not root'"'"'s is not believed' 3 'is not believed' as "$gid" "$LEAKSCAN" bpf
try 'nor replaced' 3 "not root's alone" "$LEAKSCAN" bpf --pin "$group"
try 'nor removed' 3 "not root's alone" "$LEAKSCAN" bpf --unpin
try 'a failed --pin leaves nothing' 0 '^leakscan $' ours
chown 0 $pins
for f in "$pins"/*; do mv "$f" "${f}9"; done
try 'another version is told' 3 'another version' as "$gid" "$LEAKSCAN" bpf
try 'another version is replaced' 0 'pinned in' "$LEAKSCAN" bpf --pin root
try 'by ours, alone' 0 '^none$' sh -c "ls $pins | grep 9\$ || echo none"
try 'of the other group' 3 'the group that it is pinned for' as "$gid" "$LEAKSCAN" bpf
mkdir /sys/fs/bpf/leakscan_new_1
try 'unpins' 0 'no longer pinned' "$LEAKSCAN" bpf --unpin
try 'and leaves nothing' 0 '^none$' ours
try 'unpins what is not pinned' 0 'nothing is pinned' "$LEAKSCAN" bpf --unpin

mount -t tmpfs none /sys/kernel/btf || exit
try 'no type information' 3 'no /sys/kernel/btf/vmlinux' as "$one" "$LEAKSCAN" scan --source bpf -p $$
umount /sys/kernel/btf
echo end
