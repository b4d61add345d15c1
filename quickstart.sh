#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# From a fresh checkout to a verdict: installs what is missing, builds in build/, and runs
# the demo or the tests. The packages are those of build-aux/packages; the package manager
# is not touched when all is there, so this works offline too.

set -u
cd "$(dirname "$0")" || exit 1

log=build/quickstart.log
print_only=no
goal=demo

usage() {
	cat <<-'TEXT'
	usage: ./quickstart.sh [--print] [demo|test]

	  demo      install what is missing, build, run `leakscan demo` (the default)
	  test      install what is missing, build, run every test
	  --print   only show what would be done

	QUICKSTART_CONFIGURE holds further options for configure.
	TEXT
}

say() {
	printf 'quickstart: %s\n' "$*"
}

fail() {
	printf 'quickstart: %s\n' "$*" >&2
	exit 1
}

# The packages

# have PROBE: a probe of the table.
have() {
	case $1 in
	cmd:cc) command -v "${CC:-cc}" >/dev/null 2>&1 ;;
	cmd:*) command -v "${1#cmd:}" >/dev/null 2>&1 ;;
	pkg:*) pkg-config --exists "${1#pkg:}" >/dev/null 2>&1 ;;
	py:*)
		python3 -c "import ${1#py:}" >/dev/null 2>&1 ||
			/usr/bin/python3 -c "import ${1#py:}" >/dev/null 2>&1
		;;
	*) fail "build-aux/packages has an unknown probe: $1" ;;
	esac
}

# missing WHEN...: the probes of these groups that fail.
missing() {
	for group; do
		while read -r when probe rest; do
			[ "$when" = "$group" ] || continue
			have "$probe" || echo "$probe"
		done <build-aux/packages
	done
}

# packages COLUMN PROBE...: their names, each once. Pure shell: a machine that has nothing
# need not have awk.
packages() {
	column=$1
	shift
	names=
	for probe; do
		while read -r _ this apt dnf apk pacman; do
			[ "$this" = "$probe" ] || continue
			eval "cell=\$$column"
			old_ifs=$IFS
			IFS=,
			# cell was set by the eval.
			# shellcheck disable=SC2154
			for name in $cell; do
				case " $names " in
				*" $name "*) ;;
				*) names="$names $name" ;;
				esac
			done
			IFS=$old_ifs
		done <build-aux/packages
	done
	# The columns are read by name, through eval.
	: "${apt-}${dnf-}${apk-}${pacman-}"
	echo "${names# }"
}

find_manager() {
	for try in apt-get dnf apk pacman; do
		if command -v "$try" >/dev/null 2>&1; then
			manager=$try
			column=${try%-get}
			return 0
		fi
	done
	return 1
}

# The commands of the manager, as one line each: to refresh its lists, to install.
refresh_line() {
	case $manager in
	apt-get) echo "apt-get -q -o DPkg::Lock::Timeout=300 update" ;;
	apk) echo "apk update" ;;
	*) echo ;;
	esac
}

install_line() {
	case $manager in
	apt-get)
		echo "env DEBIAN_FRONTEND=noninteractive apt-get -q -y" \
			"-o DPkg::Lock::Timeout=300 --no-install-recommends install"
		;;
	dnf) echo "dnf -q -y install" ;;
	apk) echo "apk add" ;;
	pacman) echo "pacman -Sy --noconfirm --needed" ;;
	esac
}

# install_missing: what is needed in one go, the extras of the tests one by one, for a
# distribution may not have one of them.
install_missing() {
	if [ "$goal" = test ]; then
		needed=$(missing build run test)
		extra=$(missing extra)
	else
		needed=$(missing build run)
		extra=
	fi
	if [ -z "$needed$extra" ]; then
		say "all packages are there"
		return
	fi
	# A list of words on purpose, here and below.
	# shellcheck disable=SC2086
	if ! find_manager; then
		fail "missing, and no apt-get, dnf, apk or pacman to install it with:" $needed $extra
	fi

	as_root=
	if [ "$(id -u)" -ne 0 ]; then
		if command -v sudo >/dev/null 2>&1; then
			as_root=sudo
		elif command -v doas >/dev/null 2>&1; then
			as_root=doas
		fi
	fi

	# shellcheck disable=SC2086
	needed_names=$(packages "$column" $needed)
	# shellcheck disable=SC2086
	extra_names=$(packages "$column" $extra)

	if [ "$print_only" = yes ]; then
		[ -z "$(refresh_line)" ] || show $as_root "$(refresh_line)"
		[ -z "$needed_names" ] || show $as_root "$(install_line)" "$needed_names"
		for name in $extra_names; do
			show $as_root "$(install_line)" "$name" "|| :    # optional"
		done
		return
	fi
	if [ "$(id -u)" -ne 0 ] && [ -z "$as_root" ]; then
		fail "packages are missing and there is no sudo or doas; run this as root, then me again:
    $(install_line) $needed_names $extra_names"
	fi

	# The lines are commands with their words, so unquoted.
	# shellcheck disable=SC2046,SC2086
	{
		[ -z "$(refresh_line)" ] || run "fetching the list of packages" may-fail \
			$as_root $(refresh_line)
		[ -z "$needed_names" ] || run "installing $needed_names" must \
			$as_root $(install_line) $needed_names
		for name in $extra_names; do
			run "installing $name" may-fail $as_root $(install_line) "$name"
		done
	}

	needed=$(missing build run)
	[ "$goal" != test ] || needed="$needed $(missing test)"
	# shellcheck disable=SC2086
	set -- $needed
	[ $# -eq 0 ] || fail "still missing after the installation: $*
libproc2 comes with procps-ng 4; a distribution with procps 3.3.x has none and is too old"
}

# Running things

show() {
	printf '    %s\n' "$*"
}

# run WHAT must|may-fail COMMAND...: one line for people, the rest into the log.
run() {
	what=$1
	mode=$2
	shift 2
	if [ "$print_only" = yes ]; then
		case $1 in
		in_build)
			shift
			show "(cd build && $*)"
			;;
		*) show "$@" ;;
		esac
		return
	fi
	say "$what"
	printf '\n## %s\n' "$*" >>"$log"
	"$@" >>"$log" 2>&1 </dev/null && return
	if [ "$mode" = may-fail ]; then
		say "that failed; going on without it (see $log)"
		return
	fi
	printf '%s\n' "----- the end of $log:" >&2
	tail -n 40 "$log" >&2
	fail "failed: $what"
}

in_build() {
	(cd build && "$@")
}

jobs_count() {
	getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2
}

# Configures where that was not done, or was done without the tests that are now wanted.
build() {
	if [ -f config.status ]; then
		fail "this checkout is configured in place; run 'make distclean' first"
	fi

	options=${QUICKSTART_CONFIGURE-}
	[ "$goal" = test ] || have pkg:check || options="$options --disable-tests"

	[ -x configure ] || run "making configure" must ./autogen.sh
	configured=no
	if [ -f build/config.status ] && [ -f build/Makefile ]; then
		configured=yes
		case $(build/config.status --config 2>/dev/null) in
		*--disable-tests*) [ "$goal" != test ] || configured=no ;;
		esac
	fi
	# shellcheck disable=SC2086
	[ $configured = yes ] || run "configuring" must in_build ../configure $options
	run "building" must make -C build -j "$(jobs_count)"
}

# The tests

# results OUTCOMES: how many of them are in the .trs files that automake's driver left, one
# for each program or script. One whose test failed also exits with 1, and the driver adds
# an error for that at the end; here it is one failure.
results() {
	find build -name '*.trs' -exec awk -v want="$1" '
		FNR == 1 { failed = 0 }
		$1 != ":test-result:" { next }
		$2 == "FAIL" { failed = 1 }
		$2 == "ERROR" && failed { next }
		index(" " want " ", " " $2 " ") { n++ }
		END { print n + 0 }' {} + </dev/null | awk '{ n += $1 } END { print n + 0 }'
}

run_tests() {
	if [ "$print_only" = yes ]; then
		show make -k -C build -j "$(jobs_count)" check
		return
	fi
	find build -name '*.trs' -exec rm -f {} +
	say "testing (all of it in $log)"
	status=0
	printf '\n## make check\n' >>"$log"
	make -k -C build -j "$(jobs_count)" check >>"$log" 2>&1 </dev/null || status=1
	# Tests that are no part of `make check` leave .trs files in the same way.
	for more in check-corpus check-integration bench-quick; do
		grep -q "^$more:" build/Makefile || continue
		printf '\n## make %s\n' "$more" >>"$log"
		make -k -C build "$more" >>"$log" 2>&1 </dev/null || status=1
	done

	[ ! -f build/tests/bench/quick.log ] || sed -n 's/^# //p' build/tests/bench/quick.log

	passed=$(results 'PASS XFAIL')
	failed=$(results 'FAIL XPASS ERROR')
	skipped=$(results SKIP)

	if [ "$skipped" -gt 0 ]; then
		echo "Skipped:"
		find build -name '*.log' ! -name test-suite.log \
			-exec sed -n 's/^ok.* - \(.*[^\\]\)# SKIP \(.*\)/  \1(\2)/p' {} +
	fi
	if [ "$failed" -gt 0 ]; then
		echo "Failed:"
		find build -name '*.trs' -exec grep -El \
			'^:test-result: (FAIL|XPASS|ERROR)( |$)' {} + | while read -r trs; do
			echo "--- ${trs#build/}"
			why=$(awk '/^not ok/ { on = 1; print; next }
				/^FAIL: / { next }
				/^(#|Bail out|ERROR)/ { if (on || !/^#/) print; next }
				{ on = 0 }' "${trs%.trs}.log" | head -n 60)
			[ -n "$why" ] || why=$(tail -n 30 "${trs%.trs}.log")
			printf '%s\n' "$why" | sed 's/^/  | /'
		done
	fi
	if [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then
		printf '%s\n' "make check failed though no test did; the end of $log:"
		tail -n 40 "$log"
	fi
	if [ "$passed" -eq 0 ]; then
		echo "No test passed, so nothing is known."
		status=1
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $status -eq 0 ] && [ "$failed" -eq 0 ]
}

for argument; do
	case $argument in
	--print) print_only=yes ;;
	demo | test) goal=$argument ;;
	-h | --help)
		usage
		exit 0
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
done

if [ "$print_only" = no ]; then
	mkdir -p build || exit 1
	: >"$log" || exit 1
fi

install_missing
build
if [ "$goal" = test ]; then
	run_tests
elif [ "$print_only" = yes ]; then
	show build/leakscan demo
else
	say "running build/leakscan demo"
	build/leakscan demo
fi
