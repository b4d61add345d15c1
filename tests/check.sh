#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# `leakscan check` from outside: statuses and the one line for every command line, under its
# other name, against a real leak with a name that attacks, without rights, where /proc hides
# others, when time runs out, and when there is no memory. Nothing may ever go to stderr.

. "$TOP_SRCDIR/tests/tap.sh"

: "${LEAKSCAN:=$TOP_BUILDDIR/leakscan}"
tmp=$(mktemp -d) || exit 99
apps=
leaky=
# Only what was started here, by pid; a zombie is gone with its parent.
cleanup() {
	# A list of words on purpose.
	# shellcheck disable=SC2086
	[ -z "$apps" ] || kill -9 $apps 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 99' HUP INT TERM
chmod 755 "$tmp"
cp "$LEAKSCAN" "$tmp/check_leakscan" || exit 99

labels='leaks orphans zombies pipes zombie_age fd_pct fds children processes time '

# says STATUS TEXT ARG...: status, a part of the first line, nothing on stderr, no control
# bytes, less than 80 characters, performance data (if any) on the first line only.
says() {
	want=$1
	part=$2
	shift 2
	status=0
	# A loaded machine is no reason to give up.
	"$LEAKSCAN" check -t 300 "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
	judge_lines
}

judge_lines() {
	cat "$tmp/out" "$tmp/err"
	[ "$status" -eq "$want" ] || { echo "status $status, not $want"; return 1; }
	[ ! -s "$tmp/err" ] || { echo "something on stderr"; return 1; }
	head -n 1 "$tmp/out" >"$tmp/first"
	grep -qF -- "$part" "$tmp/first" || { echo "line 1 lacks: $part"; return 1; }
	# shellcheck disable=SC2016
	LC_ALL=C awk -F ' [|]' 'NR == 1 && length($1) > 79 { print "too long: " length($1); bad = 1 }
		/[^ -~]/ { print "bad byte in line " NR; bad = 1 }
		NR > 1 && /[|]/ { print "a bar in line " NR; bad = 1 }
		NR == 1 && gsub(/[|]/, "|") > 1 { print "two bars"; bad = 1 }
		END { exit bad }' "$tmp/out"
}

# perfdata: the labels that line 1 has, in one line.
perfdata() {
	sed 's/^[^|]*| *//' "$tmp/first" | tr ' ' '\n' | sed 's/=.*//' | tr '\n' ' '
}

t() {
	name=$1
	shift
	check "$name" says "$@"
}

# What cannot be taken: UNKNOWN, said on line 1.
t 'help' 3 'Usage: leakscan check' --help
t 'version' 3 'leakscan ' --version
t 'no such option' 3 'LEAKSCAN UNKNOWN: no such option: --bogus' --bogus
t 'an option without its argument' 3 'LEAKSCAN UNKNOWN: option -w needs' -w
t 'an argument' 3 "LEAKSCAN UNKNOWN: argument \`foo'" foo
t 'no pid' 3 "LEAKSCAN UNKNOWN: --pid \`x': not a process number" -p x
t 'two kinds of target' 3 'LEAKSCAN UNKNOWN: TARGET: one kind' -p 1 -a
t 'an upside-down range' 3 "LEAKSCAN UNKNOWN: --warning \`10:5': not a range" -w 10:5
t 'no range' 3 "LEAKSCAN UNKNOWN: --critical \`x': not a range" -c x
for option in orphans zombies pipes zombie-age fd-pct fd-eta; do
	t "--$option without a range" 3 "LEAKSCAN UNKNOWN: --$option \`5,x': not W" "--$option" 5,x
done
t 'no kind' 3 "LEAKSCAN UNKNOWN: --only \`orphan,x': not kinds" --only orphan,x
t 'no state' 3 "LEAKSCAN UNKNOWN: --if-missing \`x': ok" --if-missing x
t 'no time' 3 "LEAKSCAN UNKNOWN: --timeout \`0': from 1" -t 0
t 'a name that is no regex' 3 'LEAKSCAN UNKNOWN: --name: not a regular expression' \
	--no-state -n '('
t 'growth without a memory' 3 'LEAKSCAN UNKNOWN: --fd-eta: it needs the memory' --no-state --fd-eta 1h
t 'two answers about the memory' 3 'LEAKSCAN UNKNOWN: --no-state: not together' --no-state \
	--state x
t 'what a terminal would obey' 3 'LEAKSCAN UNKNOWN: argument' "$(printf '\033[2J|a=1')"
check 'help fits 80 columns and one look' sh -c \
	"'$LEAKSCAN' check --help | awk 'length > 80 { exit 1 } END { exit NR > 45 }'"

# Targets that are not there: pid 4194304 cannot be.
t 'missing' 3 'LEAKSCAN UNKNOWN: pid=4194304 is not there' --no-state -p 4194304
t 'missing is fine' 0 'LEAKSCAN OK: ' --no-state -p 4194304 --if-missing ok
t 'missing is bad' 2 'LEAKSCAN CRITICAL: ' --no-state -p 4194304 --if-missing critical
t 'nobody of that name' 3 'LEAKSCAN UNKNOWN: the target is not there' --no-state \
	-n 'no such name, I hope'
t 'time runs out' 3 'LEAKSCAN UNKNOWN: timed out after 0 ms' --no-state -a \
	-t 0.000001s

# leak NAME-FORMAT: an application with three zombies and that name; its pid in $app.
cat >"$tmp/leaky.py" <<'PYTHON'
import ctypes, os, sys, time
name = sys.argv[1].encode("latin-1").decode("unicode_escape").encode("latin-1")
ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
for i in range(3):
    if not os.fork():
        ctypes.CDLL(None).prctl(15, name, 0, 0, 0)
        os._exit(0)
print("there", flush=True)
time.sleep(600)
PYTHON
leak() {
	mkfifo "$tmp/ready.$$"
	python3 "$tmp/leaky.py" "$1" >"$tmp/ready.$$" 2>/dev/null &
	app=$!
	apps="$apps $app"
	read -r _ <"$tmp/ready.$$"
	rm -f "$tmp/ready.$$"
}

if command -v python3 >/dev/null 2>&1; then
	leak "a|b=9\\n\\x1b'\\xff\"\`\$"
	leaky=$app
	# Young zombies do not count, and who has waited for others is given some time.
	for _ in $(seq 120); do
		says 1 'LEAKSCAN WARNING' --no-state -p "$app" >/dev/null && break
	done
	t 'a leak' 1 'LEAKSCAN WARNING: 3 zombies, worst: ' --no-state -p "$app"
	check 'its performance data' test "$(perfdata)" = "$labels"
	for v in -v -vv -vvv; do
		t "the same, $v" 1 'LEAKSCAN WARNING: 3 zombies, worst: ' --no-state -p "$app" $v
		check "its performance data, $v" test "$(perfdata)" = "$labels"
		check "the leaks, $v" test "$(grep -c '^warning LS111 zombie ' "$tmp/out")" -eq 3
	done
	check 'its name' grep -q 'a%7cb=9%0a%1b%27%ff%22%60%24' "$tmp/out"
	t 'more than enough' 0 'LEAKSCAN OK: within limits: 3 zombies' --no-state -p "$app" -w 3
	t 'one too many' 1 'LEAKSCAN WARNING' --no-state -p "$app" -w 2 -c 3
	t 'far too many' 2 'LEAKSCAN CRITICAL' --no-state -p "$app" -w 2 -c 2
	t 'inside of a range' 2 'LEAKSCAN CRITICAL' --no-state -p "$app" -w 2 -c @3:4
	t 'zombies by themselves' 2 'LEAKSCAN CRITICAL: 3 zombies' --no-state -p "$app" \
		--zombies 0,2
	t 'not old enough' 0 'LEAKSCAN OK' --no-state -p "$app" --zombie-age 1d
	t 'old enough' 2 'LEAKSCAN CRITICAL: zombie for ' --no-state -p "$app" \
		--zombie-age 0,0.1
	t 'not what was asked' 0 'LEAKSCAN OK' --no-state -p "$app" --only orphan
	t 'descriptors in use' 1 'of its descriptors used by' --no-state -p "$app" \
		--fd-pct 0 --only orphan
	t 'under another name' 1 'LEAKSCAN WARNING: 3 zombies' --no-state -p "$app"
	status=0
	want=1
	part='LEAKSCAN WARNING: 3 zombies, worst: '
	"$tmp/check_leakscan" -t 300 --no-state -p "$app" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
	check 'as check_leakscan' judge_lines
	"$LEAKSCAN" check -t 300 --no-state -p "$app" >&- 2>/dev/null </dev/null
	check 'a closed stdout is no OK' test $? -eq 3
	"$LEAKSCAN" check -t 300 --no-state -p "$app" --only orphan >/dev/full 2>/dev/null </dev/null
	check 'a full stdout is no OK' test $? -eq 3

	# From check to check.
	t 'with a memory' 1 'LEAKSCAN WARNING' --state "$tmp/state.db" -p "$app" -vv
	t 'the second time' 1 'LEAKSCAN WARNING' --state "$tmp/state.db" -p "$app" -vv
	check 'it remembers the zombies' grep -q "^zombie [0-9]* was seen in 1 earlier check" \
		"$tmp/out"
	check 'it tells what has changed' grep -q '^since the check .* ago, descriptors' "$tmp/out"
	t 'no growth yet' 0 'LEAKSCAN OK' --state "$tmp/state.db" -p "$app" --fd-eta 1d,1h \
		--only orphan
	t 'no place for a memory' 1 'LEAKSCAN WARNING' --state "$tmp/none/state.db" -p "$app"
	check 'and why' grep -q '^note: nothing is known of earlier checks: ' "$tmp/out"
	t 'what rests on it is not OK' 3 'LEAKSCAN UNKNOWN: nothing is known of earlier checks' \
		--state "$tmp/none/state.db" -p "$app" --fd-eta 1d,1h --only orphan
else
	skip 'a real leak' 'no python3 here'
fi

# What comes and goes is said: descriptors that are opened and closed again.
mkfifo "$tmp/orders"
sh -c 'ulimit -n 20
while read -r order; do
	case $order in
	open) exec 3</dev/null 4<&3 5<&3 6<&3 7<&3 8<&3 ;;
	close) exec 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- ;;
	esac
done' <"$tmp/orders" >/dev/null 2>&1 &
app=$!
apps="$apps $app"
exec 9>"$tmp/orders"
# order WORD SIGN: and wait until there are at least (-ge) or at most (-le) so many.
order() {
	echo "$1" >&9
	until test "$(find "/proc/$app/fd" -mindepth 1 | wc -l)" "$2" 6; do :; done
}
for _ in 1 2 3 4; do
	order open -ge
	says 1 'LEAKSCAN WARNING: ' --state "$tmp/flap.db" -p "$app" --fd-pct 40 >/dev/null || break
	order close -le
	says 0 'LEAKSCAN OK' --state "$tmp/flap.db" -p "$app" --fd-pct 40 >/dev/null || break
done
exec 9>&-
check 'a state that comes and goes' grep -q \
	'^note: the state has changed 7 times in the last 8 checks' "$tmp/out"

# Without rights, and where /proc hides others.
hidden() {
	# The inner shell is to expand it.
	# shellcheck disable=SC2016
	unshare --pid --fork --mount-proc --kill-child sh -c '
		mount -o remount,hidepid=2 /proc || exit 98
		sleep 600 &
		for more in "" "--only zombie" "--if-missing ok -p $!" "--if-missing ok -n ^sleep"; do
			status=0
			setpriv --reuid 65534 --regid 65534 --clear-groups -- \
				"$0" -t 300 --no-state $more || status=$?
			echo "status $status"
		done
		mount -o remount,hidepid=0 /proc
		"$0" -t 300 --no-state --fd-pct 100 --pipes 1,2 && echo "all is seen"' "$tmp/check_leakscan" >"$tmp/out" 2>"$tmp/err" </dev/null
}

if [ "$(id -u)" -ne 0 ]; then
	skip 'as nobody' 'only root can become nobody'
elif setpriv --reuid 65534 --regid 65534 --clear-groups -- "$tmp/check_leakscan" -V \
	>/dev/null 2>&1; [ $? -ne 3 ]; then
	skip 'as nobody' 'nobody cannot run it here'
else
	if [ -n "$leaky" ]; then
		LEAKSCAN_AS="setpriv --reuid 65534 --regid 65534 --clear-groups --"
		want=3
		part='LEAKSCAN UNKNOWN: '
		status=0
		$LEAKSCAN_AS "$tmp/check_leakscan" -t 300 --no-state -p "$leaky" --only orphan \
			>"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
		check 'as nobody: what cannot be read is not OK' judge_lines
		want=1
		part='LEAKSCAN WARNING: 3 zombies'
		status=0
		$LEAKSCAN_AS "$tmp/check_leakscan" -t 300 --no-state -p "$leaky" \
			>"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
		check 'as nobody: what is seen is told' judge_lines
	fi
	hidden
	status=$?
	if [ $status -eq 98 ] || ! grep -q '^status' "$tmp/out"; then
		skip 'hidepid' "no pid namespace, or no hidepid: $(head -n 1 "$tmp/err")"
	else
		check 'hidepid: never OK' test "$(grep -c '^status 3' "$tmp/out")" -eq 4
		check 'hidepid: says why' test "$(grep -c '^LEAKSCAN UNKNOWN: /proc is mounted with hidepid' \
			"$tmp/out")" -eq 4
		check 'hidepid: silent on stderr' test ! -s "$tmp/err"
		check 'and OK where all is seen' grep -q '^all is seen' "$tmp/out"
	fi
fi

done_testing
