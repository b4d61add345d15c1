#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: install.sh PROBE:PACKAGE...
#
# Makes sure that the programs of these Debian packages are there, for the tests that drive
# the real ones. PROBE is a path, or a name to be found in PATH. Exit status 0: all are
# there; 1: one is not, and stdout says in one line why.
#
# Nothing that is installed here starts a service: a policy-rc.d says no to all of them for
# as long as it takes, and a machine that systemd runs, which would start them at the next
# boot, is left alone unless it is CI's (CI is set) or LEAKSCAN_INSTALL=yes.

set -u
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
PATH=$PATH:/usr/sbin:/sbin
policy=/usr/sbin/policy-rc.d
out=$(mktemp) || exit 1
mine=no

cleanup() {
	rm -f "$out"
	[ $mine = no ] || rm -f "$policy"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM

# missing ARG...: the packages whose probe fails.
missing() {
	for arg; do
		probe=${arg%%:*}
		command -v "$probe" >/dev/null 2>&1 || [ -e "$probe" ] || echo "${arg#*:}"
	done
}

cannot() {
	echo "$*" | tr '\n' ' '
	echo
	exit 1
}

apt() {
	apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$out" 2>&1 </dev/null
}

[ -n "$(missing "$@")" ] || exit 0

# One installation at a time; the second finds that all is there.
if command -v flock >/dev/null 2>&1; then
	exec 9<"$0" && flock -w 600 9
fi
packages=$(missing "$@")
[ -n "$packages" ] || exit 0

command -v apt-get >/dev/null 2>&1 || cannot "no apt-get to install" "$packages" "with"
[ "$(id -u)" -eq 0 ] || cannot "not root, and not installed:" "$packages"
if [ -d /run/systemd/system ] && [ -z "${CI-}" ] && [ "${LEAKSCAN_INSTALL-}" != yes ]; then
	cannot "not installed:" "$packages" "(LEAKSCAN_INSTALL=yes would install its services)"
fi
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && mine=yes
	[ $mine = yes ] || cannot "cannot keep services from starting, so not installed:" "$packages"
fi

# A list of words on purpose. The lists of packages may be old or absent: then once more.
# shellcheck disable=SC2086
apt install --no-install-recommends $packages || {
	apt update
	apt install --no-install-recommends $packages
} || cannot "apt-get failed:" "$(grep '^E:' "$out" | head -n 2)"
packages=$(missing "$@")
[ -z "$packages" ] || cannot "installed, and still not there:" "$packages"
