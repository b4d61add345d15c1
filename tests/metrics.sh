#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The ways in which metrics get out: a file that is whole at any moment, and one answer on a
# connection, however the client behaves. What real programs make of them is
# tests/integration/prometheus.sh.

. "$TOP_SRCDIR/tests/tap.sh"

: "${LEAKSCAN:=$TOP_BUILDDIR/leakscan}"
: "${PYTHON:=python3}"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

# A record, so that all of it is the same on every machine.
{
	echo 'leakscan record 1'
	echo 'machine hz=100 now=1000000000000 wall=1709294400 pid1=1 self=900 uid=0 host=h boot=b'
	echo 'process pid=1 start=1 state=S threads=1 comm=init'
	echo 'end'
} >"$tmp/record"
scan() {
	"$LEAKSCAN" scan --from "$tmp/record" "$@"
}

# status WANT COMMAND...
status() {
	want=$1
	shift
	got=0
	"$@" || got=$?
	[ "$got" -eq "$want" ] || { echo "status $got, not $want"; return 1; }
}

# Files

mkdir "$tmp/d"
whole() {
	(umask 077 && scan --format "$1" --output "$tmp/d/$1") >"$tmp/out" 2>&1
	[ ! -s "$tmp/out" ] || { cat "$tmp/out"; return 1; }
	[ "$(stat -c %a "$tmp/d/$1")" = 644 ] || { stat "$tmp/d/$1"; return 1; }
	scan --format "$1" --output - >"$tmp/stdout" || :
	cmp "$tmp/d/$1" "$tmp/stdout"
}
for format in text json prometheus openmetrics; do
	check "--output: $format, for all to read, and the same as on stdout" whole $format
done
check "--output leaves nothing else behind" [ "$(find "$tmp/d" -type f | wc -l)" -eq 4 ]

replaced() {
	echo old >"$tmp/d/file"
	before=$(stat -c %i "$tmp/d/file")
	exec 7<"$tmp/d/file"
	scan --format prometheus --output "$tmp/d/file" || :
	read -r old <&7
	exec 7<&-
	[ "$old" = old ] && [ "$(stat -c %i "$tmp/d/file")" != "$before" ] &&
		! grep -qx old "$tmp/d/file"
}
check "--output puts a new file in the place of the old one" replaced

untouched() {
	echo old >"$tmp/d/file"
	status 3 scan --output "$tmp/d/none/file" 2>"$tmp/err" || return 1
	grep -q 'cannot write the report: No such file' "$tmp/err" || { cat "$tmp/err"; return 1; }
	mkfifo "$tmp/d/fifo" && ln -s file "$tmp/d/link" && mkdir "$tmp/d/dir"
	for what in "$tmp/d/fifo" "$tmp/d/link" "$tmp/d/dir"; do
		status 3 scan --output "$what" 2>"$tmp/err" || return 1
		grep -q 'no regular file' "$tmp/err" || { cat "$tmp/err"; return 1; }
	done
	[ -p "$tmp/d/fifo" ] && [ -L "$tmp/d/link" ] &&
		[ "$(cat "$tmp/d/file")" = old ]
}
check "--output replaces nothing that is no regular file" untouched
long=$tmp/d/$(printf '%0255d' 1)
check "--output: a name as long as a file system takes" scan --format json --output "$long"
check "--output: it is there" [ -s "$long" ]
for word in '' xml; do
	check "--format '$word' is refused" status 2 scan --format "$word"
done
check "--label '' is refused" status 2 scan --label ''

# One answer

export LEAKSCAN
cat >"$tmp/client.py" <<'EOF'
"""Talks to `leakscan serve --inetd` over a socket, as a super-server would hand it one."""
import os, re, socket, subprocess, sys, time
from concurrent.futures import ThreadPoolExecutor

LIMIT = 120		# far beyond any deadline of the server


class Server:
    def __init__(self, *args):
        ours, theirs = socket.socketpair()
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.socket = ours
        ours.settimeout(LIMIT)
        self.process = subprocess.Popen([os.environ["LEAKSCAN"], "serve", "--inetd", *args],
                                        stdin=theirs, stdout=theirs, stderr=theirs)
        theirs.close()

    def ends(self):
        return self.process.wait(LIMIT)


def ask(request, *args, close=False):
    server = Server(*args)
    answer = b""
    # a server that is through with us may close before it has read all of what is too long
    try:
        server.socket.sendall(request)
        if close:
            server.socket.shutdown(socket.SHUT_WR)
    except (BrokenPipeError, ConnectionResetError):
        pass
    try:
        while more := server.socket.recv(65536):
            answer += more
    except ConnectionResetError:
        pass
    server.socket.close()
    return answer, server.ends()


def get(*fields, method="GET", path="/metrics", version="HTTP/1.1", args=(), end="\r\n"):
    lines = [" ".join((method, path, version)), "Host: x", *fields, "", ""]
    return ask(end.join(lines).encode("latin-1"), *args)


def parse(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:])
    return int(lines[0].split()[1]), fields, body


def expect(what, good, *why):
    if not good:
        print("not ok", what, *why)
        sys.exit(1)


def at_once(calls):
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda call: call(), calls))


def answers():
    cases = (
        (200, lambda: get()), (200, lambda: get(end="\n")),
        (200, lambda: get(path="/metrics?x=y")), (200, lambda: get(path="http://host:1/metrics")),
        (200, lambda: get(version="HTTP/1.0")), (404, lambda: get(path="/")),
        (404, lambda: get(path="/metrics/")), (404, lambda: get(path="/" + "m" * 1000)),
        (405, lambda: get(method="POST")), (405, lambda: get(method="get")),
        (400, lambda: get(path="metrics")), (400, lambda: get("no colon")),
        (400, lambda: get(" folded: x")), (400, lambda: get("a\0: b")),
        (400, lambda: ask(b"GET /metrics\r\n\r\n")), (400, lambda: ask(b"\r\n\r\n")),
        (400, lambda: ask(b"GET /metrics HTTP/1.1\r\nHo", close=True)),
        (400, lambda: ask(b"\x16\x03\x01\n\n")), (505, lambda: get(version="HTTP/2.0")),
        (431, lambda: ask(b"a" * 30000)), (431, lambda: get("x: " + "y" * 9000)),
        (503, lambda: get(args=("--unit", "no-such-unit-here"))),
    )
    for (want, _), (answer, ended) in zip(cases, at_once([call for _, call in cases])):
        status, fields, body = parse(answer)
        expect("status", status == want, want, answer[:200])
        expect("length", int(fields["content-length"]) == len(body), answer[:200])
        expect("ends", ended == (3 if want == 503 else 0), want, ended)
        expect("allow", ("allow" in fields) == (want == 405), answer[:200])


def formats():
    old, new = "text/plain; version=0.0.4", "application/openmetrics-text; version=1.0.0"
    cases = (
        (old, "x/y"), (old, "*/*"), (old, "text/plain"), (old, "application/openmetrics-text;q=0"),
        (old, "application/openmetrics-text;version=0.0.1,text/plain;q=0.5"),
        (old, "application/openmetrics-text;q=0.3, text/plain;q=0.5"),
        (new, "application/openmetrics-text"), (new, "Application/OpenMetrics-Text ; Q=0.5"),
        (new, "application/openmetrics-text;version=1.0.0,"
              "application/openmetrics-text;version=0.0.1;q=0.75,"
              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
    )
    got = at_once([lambda accept=accept: get("Accept: " + accept) for _, accept in cases])
    for (want, accept), (answer, _) in zip(cases, got):
        status, fields, body = parse(answer)
        expect("type", fields["content-type"].startswith(want), accept, fields)
        expect("end", body.endswith(b"# EOF\n") == (want == new), accept, body[-80:])
    status, fields, body = parse(get(method="HEAD")[0])
    expect("head", status == 200 and int(fields["content-length"]) > 1000 and not body, fields)


def silent():
    server = Server()
    expect("silent", server.ends() == 0 and server.socket.recv(1) == b"")


def drip():
    server = Server()
    server.socket.sendall(b"GET /metrics HTTP/1.1\r\n")
    try:
        while server.process.poll() is None:
            server.socket.sendall(b"x: y\r\n")
            time.sleep(0.2)
    except (BrokenPipeError, ConnectionResetError):
        pass
    expect("drip", server.ends() == 0)
    expect("drip: 408 or 431", re.match(rb"HTTP/1.1 4(08|31) ", server.socket.recv(200)))


def deaf(then=lambda server: None):
    server = Server()
    server.socket.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
    then(server)
    expect("deaf", server.ends() == 0)


def slow():
    """Who says nothing, who says it too slowly, who does not read, who goes away."""
    at_once((silent, drip, deaf, lambda: deaf(lambda server: server.socket.close())))


globals()[sys.argv[1]]()
EOF
for what in answers formats slow; do
	check "serve: $what" "$PYTHON" "$tmp/client.py" $what
done
check "serve without --inetd is refused" status 2 "$LEAKSCAN" serve

pipes() {
	printf 'GET /metrics HTTP/1.0\r\n\r\n' | "$LEAKSCAN" serve --inetd --label here >"$tmp/answer" &&
		grep -q '^leakscan_orphans{target="here"} ' "$tmp/answer"
}
check "serve: a pipe will do, too" pipes

# Merge

report=$TOP_SRCDIR/tests/golden
check "merge: nothing leaked" status 0 "$LEAKSCAN" merge "$report/clean.json" "$report/daemons.json"
check "merge: leaks" status 1 "$LEAKSCAN" merge "$report/clean.json" "$report/all.json"
check "merge: blind" status 3 "$LEAKSCAN" merge "$report/clean.json" "$report/blind.json"
check "merge: a file missing" status 3 "$LEAKSCAN" merge "$report/clean.json" "$tmp/none"
check "merge: leaks outweigh a file missing" status 1 "$LEAKSCAN" merge "$tmp/none" "$report/all.json"
check "merge: no file" status 2 "$LEAKSCAN" merge
piped() {
	cat "$report/all.json" "$report/clean.json" | "$LEAKSCAN" merge - >"$tmp/out"
	[ $? -eq 1 ] && grep -q '^2 reports: 1 critical, 0 with leaks, 0 blind, 1 clean' "$tmp/out"
}
check "merge: many on standard input" piped
named() {
	echo '{' >"$tmp/cut.json"
	"$LEAKSCAN" merge --json "$tmp/cut.json" "$report/clean.json" >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 3 ] && grep -q 'cut.json: cut off' "$tmp/err" && grep -q '"clean"' "$tmp/out" &&
		grep -q '"why": "cut off' "$tmp/out"
}
check "merge --json: the bad file is named, the good one shown" named

done_testing
