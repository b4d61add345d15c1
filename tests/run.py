#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`leakscan run` against the bare command: what its caller sees, its verdicts and reports."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET

sys.dont_write_bytecode = True
from runlib import RUN, SRC, TREE, call, groups, main, report_of, result, skip, until


def same(name, command, **how):
    """Exit status and output are those of the bare command."""
    bare, guarded = call(command, **how), call(RUN + ["--"] + command, **how)
    return result((bare.returncode, bare.stdout, bare.stderr) ==
                  (guarded.returncode, guarded.stdout, guarded.stderr), name,
                  "bare: %r\nrun: %r" % (bare, guarded))


def transparency(tmp):
    wrong = [n for n in range(256)
             if call(RUN + ["--", "sh", "-c", "exit %d" % n]).returncode != n]
    result(not wrong, "exit statuses 0 to 255", wrong)
    fatal = [s for s in signal.Signals if s not in (signal.SIGCHLD, signal.SIGCONT, signal.SIGURG,
             signal.SIGWINCH, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)]
    die = ("import os,signal,sys,resource\nresource.setrlimit(resource.RLIMIT_CORE,(0,0))\n"
           "s=int(sys.argv[1])\nif s not in (9,19): signal.signal(s,signal.SIG_DFL)\n"
           "signal.pthread_sigmask(signal.SIG_UNBLOCK,[s])\nos.kill(os.getpid(),s)")
    wrong = []
    for s in fatal:
        command = [sys.executable, "-c", die, str(int(s))]
        bare, guarded = call(command), call(RUN + ["--"] + command)
        if (bare.returncode, bare.stderr) != (guarded.returncode, guarded.stderr):
            wrong.append((s, bare, guarded))
    result(not wrong, "%d fatal signals are died again" % len(fatal), wrong)
    shell = call(["sh", "-c", " ".join(RUN) + " -- sh -c 'kill -TERM $$'; echo $?"])
    result(shell.stdout == b"143\n", "a shell sees 128 + 15", shell)
    result(call(RUN + ["--", "/nonexistent/x"]).returncode == 127, "no such program: 127")
    result(call(RUN + ["--", tmp]).returncode == 126, "not a program: 126")
    result(call(RUN + ["--bogus", "--", "true"]).returncode == 125, "a wrong option: 125")
    result(call(RUN).returncode == 125, "no command: 125")
    text = os.path.join(tmp, "script")
    with open(text, "w") as f:
        f.write("echo no interpreter line; exit 3\n")
    os.chmod(text, 0o755)
    same("a script without #!", ["env", text])
    seen = ("import os,sys\nfor fd in range(8):\n try: os.fstat(fd); print(fd,file=open(sys.argv[1],'a'))\n"
            " except OSError: pass")
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        out = []
        for name, before in (("bare", ""), ("run", " ".join(RUN) + " -- ")):
            path = os.path.join(tmp, name)
            open(path, "w").close()
            call(["sh", "-c", '%s "$0" -c "$1" "$2" %s' % (before, closed), sys.executable, seen, path])
            with open(path) as f:
                out.append(f.read())
        result(out[0] == out[1], "descriptors with " + closed, out)
    for setup in ("trap '' CHLD", "trap '' INT HUP", "ulimit -c 0"):
        show = "grep -E '^(SigBlk|SigIgn|SigCgt)' /proc/self/status"
        bare = call(["sh", "-c", setup + "; exec " + show])
        guarded = call(["sh", "-c", setup + "; exec " + " ".join(RUN) + " -- " + show])
        result(bare.stdout == guarded.stdout and bare.stdout, "signal masks after " + setup,
               (bare, guarded))
    r = call(RUN + ["--", "cat"], stdin=None, input=b"through\0the pipe")
    result(r.stdout == b"through\0the pipe" and not r.stderr, "input and output pass through", r)
    # the writer must get its SIGPIPE though we are still there
    r = call(["bash", "-c", "yes | %s -- sh -c 'exec <&-; sleep 0.5'; echo ${PIPESTATUS[0]}" % " ".join(RUN)])
    result(r.stdout == b"141\n", "we keep no end of the command's stdin", r)


def verdicts(tmp):
    r = call(RUN + ["--", "true"])
    result(r.returncode == 0 and not r.stderr and not r.stdout, "nothing left: not a word", r)
    r, j = report_of(tmp, ["sh", "-c", "sleep 0.05 & exit 0"])
    result(r.returncode == 0 and not r.stderr and j["leaks"] == 0,
           "what ends right after the command is no leak", (r, j))
    r, j = report_of(tmp, ["sh", "-c", "(sleep 1000 & ) ; sleep 3; sleep 1001 & exit 0"])
    how = {p["command"]: p["how"] for p in j["left"]}
    result(how == {"sleep 1000": "orphaned", "sleep 1001": "below"},
           "orphaned while it ran, and below it when it ended, are told apart", how)
    r, j = report_of(tmp, ["sh", "-c", "sleep 1000 & exit 0"])
    result(r.returncode == 99 and j["left"][0]["holds_output"] and b"whoever reads it" in r.stderr,
           "who keeps the build's stdout open is named", (r, j))
    r, j = report_of(tmp, [TREE, "zombies", "2"])
    result(r.returncode == 0 and j["leaks"] == 0, "zombies do not count unless asked", (r, j))
    r, j = report_of(tmp, [TREE, "zombies", "2"], ["--fail-on", "orphan,zombie"])
    result(r.returncode == 99 and [p["kind"] for p in j["left"] if p["leak"]] == ["zombie"] * 2,
           "--fail-on zombie", (r, j))
    r, j = report_of(tmp, ["sh", "-c", "sleep 1000 & exit 0"], ["--leak-status", "0"])
    result(r.returncode == 0 and j["leaks"] == 1, "--leak-status", (r, j))
    r, j = report_of(tmp, ["sh", "-c", "sleep 2 >/dev/null 2>&1 & until grep -q sleep /proc/$!/comm; do :; done; sleep 1000 & exit 0"], ["--allow", "^sleep 2$"])
    fates = {p["command"]: p["fate"] for p in j["left"]}
    result(fates == {"sleep 2": "allowed", "sleep 1000": "reaped"} and r.returncode == 99,
           "--allow spares whom it names, and nobody else", (r, fates))
    until(lambda: not os.path.exists("/proc/%d" % [p["pid"] for p in j["left"] if p["fate"] == "allowed"][0]))
    r, j = report_of(tmp, ["sh", "-c", "sleep 3 >/dev/null 2>&1 & exit 0"], ["--no-reap"])
    pid = j["left"][0]["pid"]
    result(r.returncode == 99 and os.path.exists("/proc/%d" % pid), "--no-reap leaves it", (r, j))
    r = call([RUN[0], "scan", "--json", "--cookie", j["id"]])
    found = [f["subject"]["pid"] for f in json.loads(r.stdout)["findings"]]
    result(r.returncode == 1 and found == [pid], "and scan --cookie finds it", r)
    until(lambda: not os.path.exists("/proc/%d" % pid))
    start = time.monotonic()
    r, j = report_of(tmp, ["sh", "-c", "trap '' TERM; (setsid sleep 1000 &); sleep 1000; sleep 1000"],
                     ["--timeout", "500ms"])
    result(r.returncode == 124 and j["timed_out"] and j["proven"] and time.monotonic() - start < 60,
           "--timeout ends the whole tree: 124", (r, j))
    inherited = "sleep 3 & exec %s -- sh -c 'exit 4'" % " ".join(RUN)
    r = call(["sh", "-c", inherited + " 2>&1; "], stdin=subprocess.DEVNULL)
    result(r.returncode == 4 and not r.stderr, "a child of whoever became us is left alone", r)
    r = call(["bash", "-c", "sleep 3 >/dev/null & echo $!; exec %s -- sh -c 'sleep 1000 & exit 0'" % " ".join(RUN + ["--grace", "1s"])])
    stranger = int(r.stdout.split()[0])
    result(r.returncode == 99 and os.path.exists("/proc/%d" % stranger) and b"left 1 process " in r.stderr,
           "even when the command leaks", r)
    until(lambda: not os.path.exists("/proc/%d" % stranger))


def descriptors(tmp):
    opens = "import sys,time\nl=[]\nfor i in range(int(sys.argv[1])): l.append(open('/dev/null')); time.sleep(0.05)"
    r, j = report_of(tmp, [sys.executable, "-c", opens, "200"], ["--fds"])
    grown = {g["pid"]: g for g in j["fds_grown"]}.get(j["pid"])
    result(r.returncode == 0 and grown and grown["last"] - grown["first"] >= 5 and grown["last"] <= 220 and
           j["fds"]["most"] == grown["most"] and b"grew from" in r.stderr, "--fds: the command's descriptors grow", (r, j))
    r, j = report_of(tmp, ["sh", "-c", '"$0" "$@"; exit 3', sys.executable, "-c", opens, "200"], ["--fds"])
    result(r.returncode == 3 and [g["name"] for g in j["fds_grown"] if g["pid"] != j["pid"]][:1],
           "--fds: and those of a child of it", (r, j))
    calm = "import time\nfor i in range(60): f=open('/dev/null'); time.sleep(0.05)"
    r, j = report_of(tmp, [sys.executable, "-c", calm], ["--fds"])
    result(r.returncode == 0 and not j["fds_grown"] and not r.stderr, "--fds: not a word when none grow", (r, j))
    held = os.path.join(tmp, "held.txt")
    r, j = report_of(tmp, ["sh", "-c", "exec 7>%s; sleep 3 >/dev/null 2>&1 & until grep -q sleep /proc/$!/comm; do :; done; exit 0" % held],
                     ["--fds", "--allow", "^sleep"])
    result(r.returncode == 0 and not j["leaks"] and "%s (fd 7)" % held in " ".join(j["left"][0]["holds"]) and
           b"held.txt (fd 7)" in r.stderr, "--fds: what an allowed survivor keeps open", (r, j))
    until(lambda: not os.path.exists("/proc/%d" % j["left"][0]["pid"]))


def example(_):
    r = call([sys.executable, os.path.join(SRC, "examples", "test_cleanup.py")],
             env=dict(os.environ, LEAKSCAN=RUN[0]))
    result(r.returncode == 0 and r.stdout == b"ok\n", "examples/test_cleanup.py", r)


HOSTILE = ["<a b='c'>&amp;", "]]>", "<!--", "--><![CDATA[", "&#0;&bogus;", "\x01\x08\x0b\x1f\x7f", "a\nb\r\tc",
           "\u0085\u2028\ufdd0\ufffe\uffff", "\U0001f600\U0010ffff", "\udcff\udcc3( not utf-8", '"\'`\\',
           "\udced\udca0\udc80 a surrogate", "%s%n", " ", "\u202e\u200b"]


def reports(tmp):
    env = dict(os.environ, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=os.path.join(tmp, "summary"))
    junit = os.path.join(tmp, "junit.xml")
    evil = "exec -a 'x%<&\"]]>\n::error::|`\x1b[31m\u202e' sleep 1000 & sleep 0.1; exit 0"
    r, j = report_of(tmp, ["bash", "-c", evil], ["--junit", junit], env=env)
    result(r.returncode == 99, "a hostile name", r)
    lines = [line for line in r.stderr.split(b"\n") if line.startswith(b"::")]
    result(len(lines) == 1 and lines[0].startswith(b"::error title=leaked process ") and b"%25" in lines[0],
           "one GitHub annotation, whatever the process is called", r.stderr)
    root = ET.parse(junit).getroot()
    case = root.find("testsuite/testcase/failure")
    result(case is not None and str(j["left"][0]["pid"]) in case.text, "JUnit XML that a parser takes")
    call(RUN + ["--junit", junit, "--", "true"])
    root = ET.parse(junit).getroot()
    result(root.find("testsuite").get("failures") == "0" and root.find("testsuite/testcase/failure") is None,
           "JUnit of a clean run")
    with open(env["GITHUB_STEP_SUMMARY"], encoding="utf-8") as f:
        rows = [line for line in f if line.startswith("| ")]
    result(len(rows) == 2 and rows[1].count("|") == 7, "one row in the step summary", rows)
    wrong = []
    for name in HOSTILE:
        # as the command's own name, as that of who is left, and as what he holds
        command = ["bash", "-c", 'exec 7>"$1"; rm "$1"; exec -a "$0" sleep 1000 & '
                   "until grep -q sleep /proc/$!/comm; do :; done; exit 0", name, os.path.join(tmp, "held" + name.replace("/", "_")[:99])]
        r = call([os.fsencode(a) for a in RUN + ["--grace", "300ms", "--junit", junit, "--"] + command])
        try:
            case = ET.parse(junit).getroot().find("testsuite/testcase")
            good = "sleep" in case.get("name") and "holds" in case.find("failure").text
        except (ET.ParseError, AttributeError):
            good = False
        lint = call(["xmllint", "--noout", junit]) if shutil.which("xmllint") else None
        if r.returncode != 99 or not good or (lint and (lint.returncode or lint.stderr)):
            wrong.append((name, r, lint, open(junit, "rb").read()))
    result(not wrong, "JUnit XML of %d hostile names%s" % (len(HOSTILE), ", by xmllint, too" if lint else ""), wrong)
    if not lint:
        skip("JUnit XML, by xmllint", "no xmllint")
    try:
        import jsonschema
    except ImportError:
        skip("the JSON fits its schema", "no python3-jsonschema")
        return
    with open(os.path.join(SRC, "doc", "leakscan.run.schema.json"), encoding="ascii") as f:
        schema = json.load(f)
    check = jsonschema.validators.validator_for(schema)
    check.check_schema(schema)
    for report in (j, report_of(tmp, ["true"])[1], report_of(tmp, ["/nonexistent"])[1],
                   report_of(tmp, ["true"], ["--fds"])[1],
                   report_of(tmp, ["sleep", "1000"], ["--timeout", "100ms"])[1]):
        errors = [e.message for e in check(schema).iter_errors(report)]
        result(not errors, "the JSON fits its schema: exit status %d" % report["exit_status"], errors)


def signals(tmp):
    said = os.path.join(tmp, "said")
    app = ("import signal,sys,time\nf=open(sys.argv[1],'a',buffering=1)\n"
           "for s in (2,15,1,10,12,34): signal.signal(s,lambda n,_: f.write('%d\\n'%n))\n"
           "f.write('ready\\n')\nend=time.time()+300\n"
           "while time.time()<end and 'x' not in open(sys.argv[1]).read(): time.sleep(0.01)\nsys.exit(9)")
    with subprocess.Popen(RUN + ["--", sys.executable, "-c", app, said], stdin=subprocess.DEVNULL,
                          start_new_session=True) as p:
        until(lambda: os.path.exists(said) and "ready" in open(said).read())
        for s in (2, 15, 1, 10, 12, 34):
            p.send_signal(s)
            until(lambda: open(said).read().split()[-1] == str(s))
        with open(said, "a") as f:
            f.write("x\n")
        status = p.wait(300)
    got = open(said).read().split()
    result(status == 9 and got == ["ready", "2", "15", "1", "10", "12", "34", "x"],
           "each signal is passed on once", (status, got))
    ids = os.path.join(tmp, "id")
    tree = "echo $LEAKSCAN_ID >%s.new; mv %s.new %s; (setsid env -i sleep 60 </dev/null >/dev/null 2>&1 &); sleep 60" % (ids, ids, ids)
    p = subprocess.Popen(RUN + ["--", "sh", "-c", tree], stdin=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: os.path.exists(ids))
    cookie = open(ids).read().strip()

    def family():
        r = call([RUN[0], "scan", "--json", "--min-age", "0s", "--cookie", cookie])
        return [m for m in json.loads(r.stdout)["family"] if m["relation"] != "possible"]
    until(lambda: len(family()) == 3)
    p.kill()
    p.wait()
    found = family()
    result(sorted(m["command"] for m in found if m["command"].startswith("sleep")) == ["sleep 60"] * 2 and
           len(found) == 3 and {m["confidence"] for m in found} == {"exact"},
           "the wrapper killed: scan --cookie finds all of the family", found)
    r = call([RUN[0], "scan", "--json", "--all", "--min-age", "0s"])
    alone = [f["subject"]["pid"] for f in json.loads(r.stdout)["findings"]
             if any(e["type"] == "cookie" for e in f["evidence"])]
    result(len(alone) >= 2 and set(alone) <= {m["pid"] for m in found}, "scan --all tells of them, too",
           (alone, found))
    for m in found:
        fd = os.pidfd_open(m["pid"])
        with open("/proc/%d/stat" % m["pid"], "rb") as f:
            if int(f.read().rpartition(b")")[2].split()[19]) == m["start"]:
                signal.pidfd_send_signal(fd, signal.SIGKILL)
        os.close(fd)
    # emptied groups of killed wrappers go with the next run
    until(lambda: call(RUN + ["--", "true"]) and not [g for g in groups() if cookie in g])
    result(not [g for g in groups() if cookie in g], "nor does its control group stay", groups())


def pid1(tmp):
    if os.geteuid() != 0:
        skip("as the init of a container", "not root")
        return
    init = ["unshare", "-pf", "--mount-proc"] + RUN
    r = call(init + ["--", "sh", "-c", "(true &); (sh -c 'exit 3' &); n=0; "
                     "while grep -q '^State.*Z' /proc/[0-9]*/status && [ $n -lt 300 ]; do sleep 0.1; n=$((n+1)); done; "
                     "grep -l '^State.*Z' /proc/[0-9]*/status; exit 6"])
    result(r.returncode == 6 and not r.stdout, "as init: reaps, exits with the command's status", r)
    r = call(init + ["--", "sh", "-c", "kill -KILL $$"])
    result(r.returncode == 137, "as init: 128 + 9", r)
    ready = os.path.join(tmp, "ready")
    p = subprocess.Popen(["unshare", "-pf", "--kill-child", "--mount-proc"] + RUN +
                         ["--", "sh", "-c", "trap 'exit 8' TERM; >%s; while :; do sleep 0.05; done" % ready],
                         stdin=subprocess.DEVNULL)
    until(lambda: os.path.exists(ready))
    with open("/proc/%d/task/%d/children" % (p.pid, p.pid)) as f:
        child = int(f.read().split()[0])
    fd = os.pidfd_open(child)
    signal.pidfd_send_signal(fd, signal.SIGTERM)
    os.close(fd)
    result(p.wait(300) == 8, "as init: passes SIGTERM on")
    held = subprocess.Popen(["unshare", "-pf", "--kill-child", "sleep", "60"], stdin=subprocess.DEVNULL)
    path = os.path.join(tmp, "held")
    until(lambda: open("/proc/%d/task/%d/children" % (held.pid, held.pid)).read().split())
    with open(path, "w") as f:
        f.write(open("/proc/%d/task/%d/children" % (held.pid, held.pid)).read().split()[0])
    r, j = report_of(tmp, ["sh", "-c", "(setsid nsenter -t $(cat %s) -p sh -c 'sleep 5 & exit 0' </dev/null >/dev/null 2>&1); exit 0" % path])
    escaped = [p for p in j["left"] if p["how"] == "escaped"]
    result(r.returncode == 99 and len(escaped) == 1, "who entered another pid namespace is reported", (r, j))
    held.kill()
    held.wait()


def overhead(_):
    def best(command, n=40):
        times = []
        for _ in range(n):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
            times.append(time.perf_counter() - start)
        return sorted(times)[n // 2]
    bare = best(["true"])
    for name, command in (("leakscan run --", RUN + ["--", "true"]), ("timeout 10", ["timeout", "10", "true"]),
                          ("tini -s --", ["tini", "-s", "--", "true"])):
        try:
            print("# %-16s true: %.2f times the bare command (median of 40)" % (name, best(command) / bare), flush=True)
        except FileNotFoundError:
            print("# %-16s true: not here" % name, flush=True)


main((("transparency", transparency), ("verdicts", verdicts), ("reports", reports), ("descriptors", descriptors),
      ("signals", signals), ("pid1", pid1), ("example", example), ("overhead", overhead)))
