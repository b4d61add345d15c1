#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`leakscan run` on a terminal: job control, and signals to the whole process group."""
import os
import pty
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from runlib import RUN, call, main, result, skip, until


SAYS = """
import os, signal, sys
f = open(sys.argv[1], 'a', buffering=1)
for s in (1, 2, 10, 12, 15, 18, 34):
    signal.signal(s, lambda n, _: f.write('%d\\n' % n))
print('STARTED', flush=True)
"""


def content(path):
    try:
        with open(path) as f:
            return f.read()
    except FileNotFoundError:
        return ""


class Shell:
    """An interactive bash in a tmux of our own."""

    def __init__(self, tmp):
        self.base = ["tmux", "-f", "/dev/null", "-S", os.path.join(tmp, "tmux")]
        call(self.base + ["new-session", "-d", "-x", "120", "-y", "40",
                          "env PS1='READY> ' IGNOREEOF=999 HISTFILE= bash --norc --noprofile"], check=True)

    def screen(self):
        return call(self.base + ["capture-pane", "-p"]).stdout.decode(errors="replace")

    def keys(self, *what):
        call(self.base + ["send-keys"] + list(what))

    def shows(self, text, n=1):
        return until(lambda: self.screen().count(text) >= n)

    def prompt(self):
        return until(lambda: self.screen().rstrip().split("\n")[-1].strip() == "READY>")

    def type(self, line):
        self.keys("clear", "Enter")
        self.prompt()
        self.keys(line, "Enter")

    def close(self):
        call(self.base + ["kill-server"])


def jobs(tmp):
    try:
        shell = Shell(tmp)
    except (FileNotFoundError, subprocess.CalledProcessError) as e:
        skip("a terminal", "no tmux: %s" % e)
        return
    said = os.path.join(tmp, "said")
    app = os.path.join(tmp, "app.py")
    run = " ".join(RUN)
    with open(app, "w") as f:
        f.write(SAYS + "line = sys.stdin.readline()\nprint('GOT', line.strip().upper(), flush=True)\nsys.exit(5)\n")
    alone = os.path.join(tmp, "alone.py")
    with open(alone, "w") as f:
        f.write("import os, signal\nos.kill(os.getpid(), signal.SIGTSTP)\nprint('GOES', 'ON')\n")
    try:
        result(shell.prompt(), "a shell on a terminal", shell.screen())
        shell.type("%s -- %s %s %s; echo STATUS=$?" % (run, sys.executable, app, said))
        result(shell.shows("STARTED"), "a command on a terminal starts", shell.screen())
        shell.keys("C-c")
        until(lambda: content(said))
        shell.keys("C-z")
        result(shell.shows("Stopped"), "Ctrl-Z stops the job", shell.screen())
        result(shell.shows("STATUS=%d" % (128 + signal.SIGTSTP)), "by SIGTSTP, as the shell shows", shell.screen())
        shell.type("fg; echo STATUS=$?")
        until(lambda: "18" in content(said))
        shell.keys("hello", "Enter")
        result(shell.shows("GOT HELLO"), "fg, and it reads the terminal", shell.screen())
        result(shell.shows("STATUS=5"), "its status reaches the shell", shell.screen())
        result(content(said) == "2\n18\n", "Ctrl-C reached it once, and so did SIGCONT", content(said))
        shell.type("%s -- sh -c 'echo WAIT''ING; exec sleep 1000'" % run)
        shell.shows("WAITING")
        shell.keys("C-c")
        shell.prompt()
        shell.keys("echo STATUS=$?", "Enter")
        result(shell.shows("STATUS=130"), "Ctrl-C ends a command that does not catch it: 130", shell.screen())
        shell.type("%s -- %s %s" % (run, sys.executable, alone))
        result(shell.shows("Stopped"), "a command that stops itself alone stops the job", shell.screen())
        shell.type("fg; echo STATUS=$?")
        result(shell.shows("GOES ON") and shell.shows("STATUS=0"), "and goes on with it", shell.screen())
        shell.type("%s -- cat &" % run)

        def stopped():
            shell.type("jobs")
            time.sleep(0.2)
            return "Stopped" in shell.screen()
        result(until(stopped), "in the background, reading the terminal stops it", shell.screen())
        shell.type("fg")


        def types(*what):
            shell.keys(*what)
            time.sleep(0.2)
            return shell.screen()
        # typed before the job has the terminal, it is the shell's
        result(until(lambda: types("abc", "Enter").count("abc") > 1), "and in the foreground it reads on",
               shell.screen())
        until(lambda: types("C-d").rstrip().endswith("READY>"))
        shell.type("%s -- bash --norc --noprofile -i" % run)
        until(lambda: "INNER>" in types("PS1='IN''NER> '", "Enter"))
        shell.keys("exit 7", "Enter")
        shell.prompt()
        shell.keys("echo STATUS=$?", "Enter")
        result(shell.shows("STATUS=7"), "an interactive shell inside", shell.screen())
    finally:
        shell.close()


def group(tmp):
    """Sent to the group it arrives once, and so does what is sent to the wrapper alone."""
    said = os.path.join(tmp, "group")
    pid, terminal = pty.fork()
    if not pid:
        os.execv(RUN[0], RUN + ["--", sys.executable, "-c",
                                SAYS + "while 'end' not in open(sys.argv[1]).read(): signal.sigtimedwait([], 0.01)",
                                said])
    os.read(terminal, 100)
    wrong, want = [], []
    for i in range(40):
        sig = (10, 12, 15, 1, 2)[i % 5]
        (os.kill if i % 2 else os.killpg)(pid, sig)
        want.append(str(sig))
        until(lambda: len(content(said).split()) >= len(want))
        # what comes behind it: by then a second one would have come
        os.kill(pid, 34)
        want.append("34")
        until(lambda: content(said).split().count("34") == want.count("34"))
        if content(said).split() != want:
            wrong.append((i, content(said).split()[len(want) - 2:]))
            want = content(said).split()
    result(not wrong, "signals to the group and to the wrapper arrive once each", wrong)
    with open(said, "a") as f:
        f.write("end\n")
    result(os.waitpid(pid, 0)[1] == 0, "and its status is 0")
    os.close(terminal)


main((("jobs", jobs), ("group", group)))
