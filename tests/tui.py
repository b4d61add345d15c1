#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard on a real terminal: tmux on a socket of its own, the real program, real leaks.

As root in a pid namespace of its own, so that others cannot disturb it and ten thousand
processes disturb nobody. What cannot be tried here is skipped aloud.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from runlib import BUILD, INNER, SRC, TREE, done, inner, result, skip, until

LEAKSCAN = os.path.join(BUILD, "leakscan")
SANITIZED = os.environ.get("SANITIZERS") == "yes"
PATIENCE_S = 60
COLOUR = r"\x1b\[(?:[0-9;]*;)?(?:[34][0-7]|9[0-7]|[34]8;5;[0-9]+)[;m]"
STEPS = ["close the pipe", "is it running?", "SIGTERM", "wait", "SIGKILL", "reap", "verify it is gone"]


def alive(pid):
    try:
        with open("/proc/%d/stat" % pid, "rb") as f:
            return f.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


def parent_of(pid):
    with open("/proc/%d/stat" % pid, "rb") as f:
        return int(f.read().rpartition(b")")[2].split()[1])


def end(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Terminal:
    """One pane, in which a shell runs a command and says how it ended."""
    sockets = 0

    def __init__(self, tmp, command, width=80, height=24, env=""):
        Terminal.sockets += 1
        self.tmux = ["tmux", "-f", "/dev/null", "-S", os.path.join(tmp, "tmux%d" % Terminal.sockets)]
        self.pidfile = os.path.join(tmp, "pid%d" % Terminal.sockets)
        # the shell, once replaced by the command, has the pid that is written down
        script = ("B=$(stty -g); %s sh -c 'echo $$ >%s.new; mv %s.new %s; exec %s'; E=$?; "
                  "[ \"$B\" = \"$(stty -g)\" ] && M=same; echo EXIT=$E MODES=$M; exec sleep 1000" %
                  (env, self.pidfile, self.pidfile, self.pidfile, command))
        self.call("new-session", "-d", "-x", str(width), "-y", str(height), script)

    def call(self, *words):
        return subprocess.run(self.tmux + list(words), stdin=subprocess.DEVNULL, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout.decode(errors="replace")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.call("kill-server")

    def screen(self, *how):
        return self.call("capture-pane", "-p", *how)

    def keys(self, *what):
        self.call("send-keys", *what)

    def type(self, text):
        self.call("send-keys", "-l", text)

    def shows(self, what, seconds=PATIENCE_S):
        """A text, a pattern, or what a function says of the screen."""
        def seen():
            text = self.screen()
            if isinstance(what, str):
                return what in text
            return what.search(text) if isinstance(what, re.Pattern) else what(text)
        return until(seen, seconds)

    def resize(self, width, height):
        self.call("resize-window", "-x", str(width), "-y", str(height))

    def flag(self, name):
        return self.call("display-message", "-p", "#{%s}" % name).strip()

    def pid(self):
        until(lambda: os.path.exists(self.pidfile))
        with open(self.pidfile) as f:
            return int(f.read())

    def ended(self, status, name):
        self.shows(re.compile(r"EXIT=\d+"))
        text = self.screen()
        return result("EXIT=%s MODES=same" % status in text and self.flag("alternate_on") == "0" and
                      self.flag("cursor_flag") == "1", name, text + self.flag("alternate_on"))


class Target:
    """A session leader that makes an orphan for each line that it is told."""

    def __init__(self, tmp, orphan="sleep 1000"):
        self.list = os.path.join(tmp, "orphans")
        open(self.list, "w").close()
        script = ("while read line; do sh -c '%s >/dev/null 2>&1 & echo $! >>\"$0\"' \"$0\"; done" % orphan)
        self.process = subprocess.Popen(["sh", "-c", script, self.list], stdin=subprocess.PIPE,
                                        stdout=subprocess.DEVNULL, start_new_session=True)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pid in self.orphans():
            end(pid)
        end(self.pid)
        self.process.wait()

    def orphans(self):
        with open(self.list) as f:
            return [int(line) for line in f.read().split()]

    def leak(self):
        """Makes one and waits until somebody else has adopted it."""
        n = len(self.orphans())
        self.process.stdin.write(b"leak\n")
        self.process.stdin.flush()
        until(lambda: len(self.orphans()) > n)
        pid = self.orphans()[-1]
        for_sure = until(lambda: parent_of(pid) != self.pid and parent_is_not_shell(pid))
        assert for_sure, "nobody has adopted it"
        return pid


def parent_is_not_shell(pid):
    parent = parent_of(pid)
    return parent == 1 or not open("/proc/%d/cmdline" % parent).read().startswith("sh\0-c")


def refreshes(text):
    """How long the history of orphans is: one bar a refresh."""
    found = re.search(r"orphans +\d+ +([▁▂▃▄▅▆▇█]*)", text)
    return len(found.group(1)) if found else 0


def scans(pid, n):
    """Waits until so many were over: each reaps workers, and then there is a pause."""
    def reaped():
        with open("/proc/%d/stat" % pid, "rb") as f:
            return int(f.read().rpartition(b")")[2].split()[8])
    for _ in range(n):
        last = reaped()
        until(lambda: reaped() > last)
        quiet = [reaped(), time.monotonic()]

        def rests():
            if reaped() != quiet[0]:
                quiet[:] = [reaped(), time.monotonic()]
            return time.monotonic() - quiet[1] > 0.2
        until(rests)


def story(tmp):
    """An orphan is made, seen, explained, ended, gone."""
    with Target(tmp) as target, \
            Terminal(tmp, "%s top -p %d -d 1" % (LEAKSCAN, target.pid), 120, 40) as t:
        result(t.shows(lambda s: refreshes(s) >= 2), "the dashboard of a target comes up", t.screen())
        result("Findings 0" in t.screen(), "and has no finding", t.screen())
        pid = target.leak()
        before = refreshes(t.screen())
        row = re.compile(r"LS101 orphan +%d " % pid)
        result(t.shows(row), "an orphan that is made now appears", t.screen())
        after = refreshes(t.screen())
        # the one under way when it was made does not count
        result(after - before <= 3, "within two refreshes", "%d, %d\n%s" % (before, after, t.screen()))
        result(t.shows(re.compile(r"WARN +LS101 orphan +%d .*exact" % pid)), "and is a leak for sure", t.screen())
        result("its session %d was led by the target" % target.pid in t.screen(),
               "the pane says how that is known", t.screen())
        explained = subprocess.run([LEAKSCAN, "explain", "LS101"], stdout=subprocess.PIPE).stdout.decode()
        first = explained.splitlines()[0].split(":")[-1].strip()[:30]
        t.keys("e")
        result(t.shows(first), "e explains it, in the words of leakscan explain", first + "\n" + t.screen())
        t.keys("Escape")
        result(t.shows(row), "Esc closes that", t.screen())
        t.keys("k")
        result(t.shows("reap: the plan") and str(pid) in t.screen() and alive(pid),
               "k shows the plan and does nothing", t.screen())
        t.keys("Escape")
        result(t.shows(lambda s: "reap: the plan" not in s) and alive(pid), "Esc leaves it alone", t.screen())
        t.keys("F9")
        t.shows("reap: the plan")
        t.keys("Enter")
        result(t.shows("Done: all of them are gone."), "Enter ends it", t.screen())
        steps = [s for s in STEPS if s in t.screen()]
        result(steps == STEPS, "the seven steps are shown", "%s\n%s" % (steps, t.screen()))
        result(until(lambda: not alive(pid)), "it is gone")
        t.keys("Escape")
        result(t.shows(lambda s: not row.search(s) and "Findings" in s), "and no row is left of it", t.screen())
        t.keys("q")
        t.ended(0, "q ends the dashboard, the terminal is as it was")


def escalation(tmp):
    with Target(tmp, 'trap "" TERM; exec sleep 1000') as target, \
            Terminal(tmp, "%s top -p %d -d 1 --grace 2s --audit %s/audit" % (LEAKSCAN, target.pid, tmp),
                     100, 30) as t:
        pid = target.leak()
        t.shows(re.compile(r"WARN +LS101"))
        t.keys("k")
        t.shows("reap: the plan")
        t.keys("y")
        result(t.shows(re.compile(r"\d\.\d s left")), "the grace period counts down", t.screen())
        result(t.shows("Done: all of them are gone.") and
               re.search(r"SIGKILL +done", t.screen()), "who ignores SIGTERM gets SIGKILL after it", t.screen())
        with open(os.path.join(tmp, "audit")) as f:
            lines = [json.loads(line) for line in f]
        result(len(lines) >= 4, "each signal is in the audit", lines)
        t.keys("q", "q")
    with Target(tmp, 'trap "" TERM; exec sleep 1000') as target, \
            Terminal(tmp, "%s top -p %d -d 1 --grace 300s" % (LEAKSCAN, target.pid), 100, 30) as t:
        pid = target.leak()
        t.shows(re.compile(r"WARN +LS101"))
        t.keys("k")
        t.shows("reap: the plan")
        t.keys("y")
        t.shows(re.compile(r"\d\.\d s left"))
        t.keys("Escape")
        t.keys("Escape")
        result(t.shows("what became of it") and alive(pid), "Esc keeps SIGKILL from them", t.screen())
        t.keys("q")
        t.keys("q")
        t.ended(0, "and it can be left")


def keys(tmp):
    with Target(tmp) as target, \
            Terminal(tmp, "%s top -p %d -d 1 --readonly" % (LEAKSCAN, target.pid), 100, 30) as t:
        pid = target.leak()
        row = re.compile(r"LS101 orphan +%d " % pid)
        t.shows(re.compile(r"WARN +LS101"))
        t.keys("k")
        result(t.shows("--readonly") and "reap: " not in t.screen() and "Reap" not in t.screen(),
               "with --readonly there is no key to reap", t.screen())
        t.keys("Z")
        result(t.shows("FROZEN"), "Z freezes", t.screen())
        other = target.leak()
        end(pid)
        n = refreshes(t.screen())
        scans(t.pid(), 3)
        result(row.search(t.screen()) and refreshes(t.screen()) == n and str(other) not in t.screen(),
               "a frozen view keeps its rows", t.screen())
        t.keys("Z")
        result(t.shows(re.compile(r"LS101 orphan +%d " % other)) and t.shows(lambda s: not row.search(s)),
               "thawed it shows what is", t.screen())
        t.keys("t")
        result(t.shows("[Tree]") and t.shows(str(other)), "t shows the family", t.screen())
        t.keys("?")
        result(t.shows(re.compile(r"help", re.I)), "? helps", t.screen())
        t.keys("Escape")
        t.keys("/")
        t.type("no such row")
        result(t.shows("no such row"), "/ searches", t.screen())
        t.keys("Escape")
        t.keys("q")
        t.ended(0, "and q still quits")


def saving(tmp):
    state = os.path.join(tmp, "state")
    os.mkdir(state)
    with Target(tmp) as target, \
            Terminal(tmp, "%s top -p %d -d 1" % (LEAKSCAN, target.pid), 100, 30,
                     env="XDG_STATE_HOME=" + state) as t:
        target.leak()
        t.shows(re.compile(r"WARN +LS101"))
        t.keys("r")
        result(t.shows("written: "), "r says where it wrote", t.screen())
        where = os.path.join(state, "leakscan")
        names = sorted(os.listdir(where))
        result([n.rpartition(".")[2] for n in names] == ["json", "record"], "a record and a report", names)
        modes = [os.stat(os.path.join(where, n)).st_mode & 0o777 for n in names]
        result(modes == [0o600, 0o600], "for our eyes only", modes)
        with open(os.path.join(where, names[0])) as f:
            report = json.load(f)
        again = subprocess.run([LEAKSCAN, "scan", "-p", str(target.pid), "--from", os.path.join(where, names[1])],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        result(report and again.returncode == 1, "and the record shows the leak again", again)
        t.keys("q")


def sizes(tmp):
    with Terminal(tmp, "%s top" % LEAKSCAN, 80, 24) as t:
        result(t.shows("Applications"), "all applications", t.screen())
        storm = [(20, 5), (200, 60), (40, 10), (21, 6), (120, 40), (10, 3), (80, 5), (20, 60)]
        for i in range(64):
            t.resize(*storm[i % len(storm)])
        for width, height in ((20, 5), (40, 10), (200, 60), (80, 24)):
            t.resize(width, height)
            good = t.shows(lambda s: "all" in s.splitlines()[0] and
                           all(len(line) <= width for line in s.splitlines()))
            result(good, "resized to %dx%d it draws" % (width, height), t.screen())
        result(t.shows("F1Help") or t.shows("Help"), "after a storm of sizes all is there", t.screen())
        t.keys("q")
        t.ended(0, "and it ends well")


def signals(tmp):
    for sig, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGQUIT, 131)):
        with Terminal(tmp, "%s top" % LEAKSCAN) as t:
            t.shows("Applications")
            os.kill(t.pid(), sig)
            t.ended(status, "%s ends it, the terminal is as it was" % sig.name)
    for sig, status in ((signal.SIGSEGV, 3), (signal.SIGABRT, 3)):
        name = "a crash by %s gives the terminal back" % sig.name
        if SANITIZED:
            skip(name, "sanitizers have their own end")
            continue
        with Terminal(tmp, "%s top" % LEAKSCAN, env="ulimit -c 0;") as t:
            t.shows("Applications")
            os.kill(t.pid(), sig)
            t.ended(status, name)
    with Terminal(tmp, "env PS1=READY: HISTFILE= bash --norc --noprofile -i") as t:
        if not t.shows("READY:", 20):
            skip("suspended and continued", "no bash")
            return
        for how in ("Ctrl-Z", "SIGTSTP"):
            t.keys("clear; %s top" % LEAKSCAN, "Enter")
            t.shows("Applications")
            if how == "Ctrl-Z":
                t.keys("C-z")
            else:
                shell = t.pid()
                children = open("/proc/%d/task/%d/children" % (shell, shell)).read().split()
                os.kill(int(children[-1]), signal.SIGTSTP)
            result(t.shows("Stopped") and t.flag("alternate_on") == "0", "%s suspends it" % how, t.screen())
            t.keys("clear; stty -a | grep -o ' icanon'", "Enter")
            result(t.shows(re.compile("^ icanon", re.M)), "the shell has its terminal", t.screen())
            t.keys("fg", "Enter")
            result(t.shows("Applications") and t.flag("alternate_on") == "1", "fg brings it back", t.screen())
            t.keys("q")
            result(t.shows("READY:") and t.flag("alternate_on") == "0", "and q quits", t.screen())


def terminals(tmp):
    with Terminal(tmp, "%s top" % LEAKSCAN, env="TERM=nosuch") as t:
        t.shows("EXIT=")
        result("TERM=xterm-256color" in t.screen() and "EXIT=2" in t.screen(), "an unknown TERM: a hint and 2",
               t.screen())
    with Terminal(tmp, "%s top" % LEAKSCAN, env="TERM=dumb") as t:
        t.shows("EXIT=")
        result("leakscan scan" in t.screen() and "EXIT=2" in t.screen(), "TERM=dumb: one line and 2", t.screen())
    with Terminal(tmp, LEAKSCAN, env="TERM=dumb") as t:
        result(t.shows(re.compile("EXIT=[013]")) and "This machine" in t.screen("-S", "-2000"),
               "leakscan alone on a dumb terminal prints a report", t.screen())
    with Terminal(tmp, LEAKSCAN) as t:
        result(t.shows("Applications"), "leakscan alone on a good one is the dashboard", t.screen())
        t.keys("q")
        t.ended(0, "which ends")
    bare = subprocess.run([LEAKSCAN, "top"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    result(bare.returncode == 2 and not bare.stdout and bare.stderr.count(b"\n") == 1,
           "no terminal: one line and 2", bare)
    bare = subprocess.run([LEAKSCAN], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    result(bare.returncode in (0, 1, 3) and b"\033" not in bare.stdout and bare.stdout, "leakscan alone: a report",
           bare)
    for words in (["-d", "1ms"], ["-n", "("], ["--confidence", "weak"], ["--color=x"], ["word"], ["-p", "x"]):
        r = subprocess.run([LEAKSCAN, "top"] + words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
        result(r.returncode == 2 and r.stderr, "top %s: usage" % " ".join(words), r)
    with Terminal(tmp, "%s top -n \"(\"" % LEAKSCAN) as t:
        t.shows("EXIT=")
        result("regular expression" in t.screen() and "EXIT=2" in t.screen(),
               "a question that makes no sense is said on the terminal", t.screen())
    for what, env, options, pattern in (
            ("256 colours", "TERM=tmux-256color", "", r"\x1b\[[0-9;]*[34]8;5;"),
            ("16 colours", "TERM=xterm-16color", "", r"\x1b\[[0-9;]*[349][0-7]m"),
            ("8 colours", "TERM=xterm", "", r"\x1b\[[0-9;]*[34][0-7]m")):
        with Terminal(tmp, "%s top %s" % (LEAKSCAN, options), env=env) as t:
            if t.shows(re.compile("Applications|not known here")) and "not known here" in t.screen():
                skip(what, "no entry for %s here" % env)
            else:
                result(re.search(pattern, t.screen("-e")), what, t.screen("-e"))
    for what, env, options in (("NO_COLOR", "NO_COLOR=1", ""), ("-C", "", "-C"), ("vt100", "TERM=vt100", "")):
        with Terminal(tmp, "%s top %s" % (LEAKSCAN, options), env=env) as t:
            result(t.shows("Applications") and not re.search(COLOUR, t.screen("-e")),
                   "no colour with " + what, t.screen("-e"))
    with Terminal(tmp, "%s top -U -M" % LEAKSCAN) as t:
        result(t.shows("Applications") and t.screen().isascii(), "-U: nothing but ASCII", t.screen())
        result(t.flag("mouse_any_flag") == "0", "-M: the mouse is the terminal's")
    with Terminal(tmp, "%s top" % LEAKSCAN, env="LC_ALL=C") as t:
        result(t.shows("Applications") and t.screen().isascii(), "so it is in a locale without UTF-8", t.screen())


def crowd(tmp):
    """Letters typed while a scan of so many is under way are all there, and soon."""
    want = 10000 if inner() else 500
    made = 0
    process = subprocess.Popen([TREE, "crowd", str(want)], stdout=subprocess.PIPE)
    try:
        made = int(process.stdout.readline().split()[1])
        if made < 10000:
            skip("10,000 processes", "%d could be made%s" % (made, "" if inner() else ": no namespace of our own"))
        with Terminal(tmp, "%s top" % LEAKSCAN, 150, 40) as t:
            result(t.shows("Applications"), "%d processes and a dashboard" % made, t.screen())
            first = t.shows(re.compile(r"(\d+) seen"))
            result(first and int(first.group(1)) >= made, "that sees them", t.screen())
            for view in ("[Applications]", "[Tree]"):
                if view == "[Tree]":
                    t.keys("t")
                result(t.shows(view), "the view of %s" % view, t.screen())
                text = "".join("abcdefghijklmnopqrstuvwxyz"[i % 26] for i in range(100))
                slowest = 0
                t.keys("/")
                for i, letter in enumerate(text):
                    start = time.monotonic()
                    t.type(letter)
                    if not t.shows(text[:i + 1], 20):
                        break
                    slowest = max(slowest, time.monotonic() - start)
                result(text in t.screen(), "no key is missed", t.screen())
                print("# slowest of %d keys: %.0f ms, tmux included" % (len(text), slowest * 1000))
                t.keys("Escape")
            for key in ("End", "Home", "NPage", "PPage"):
                t.keys(key)
            head = t.shows(re.compile(r"seen, .*", re.M))
            print("# header:", head.group(0).strip() if head else "none")
            t.keys("q")
            t.ended(0, "then q ends it")
    finally:
        end(process.pid)
        process.wait()


def main():
    os.environ["LC_ALL"] = "C.UTF-8"
    for name in ("NO_COLOR", "CLICOLOR_FORCE", "XDG_STATE_HOME"):
        os.environ.pop(name, None)
    if not shutil.which("tmux"):
        skip("the dashboard on a terminal", "no tmux")
        done()
    if not inner() and os.geteuid() == 0:
        env = dict(os.environ, **{INNER: "1"})
        # the shell is the init of that namespace, and reaps
        r = subprocess.run(["unshare", "-pf", "--kill-child", "--mount-proc", "sh", "-c",
                            '"$@" & wait $!', "sh", sys.executable] + sys.argv, env=env)
        sys.exit(r.returncode)
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as tmp:
        for part in (story, escalation, keys, saving, sizes, signals, terminals, crowd):
            if not only or part.__name__ in only:
                part(tmp)
    done()


main()
