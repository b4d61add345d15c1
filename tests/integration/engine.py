# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests with real engines share: TAP, a pid namespace in which nothing of them can
survive, the packages they need, daemons that are ended by their pid, and patience."""
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SRC = os.environ.get("TOP_SRCDIR", ".")
BUILD = os.environ.get("TOP_BUILDDIR", ".")
LEAKSCAN = os.path.abspath(os.environ.get("LEAKSCAN", os.path.join(BUILD, "leakscan")))
INNER = "LEAKSCAN_TEST_INNER"
WHY = "LEAKSCAN_TEST_WHY"
PLACE = "LEAKSCAN_TEST_PLACE"
PATIENCE = 120


class Tap:
    """Counts and prints; skips are counted, too."""

    def __init__(self):
        self.count = self.failed = 0

    def result(self, good, name, why=""):
        self.count += 1
        print("ok" if good else "not ok", self.count, "-", name.replace("#", ""), flush=True)
        if not good:
            self.failed += 1
            for line in str(why).splitlines():
                print("#", line, flush=True)
        return bool(good)

    def skip(self, name, why):
        self.count += 1
        print("ok", self.count, "-", name, "# SKIP", why.replace("#", ""), flush=True)

    def done(self):
        print("1..%d" % self.count)
        return 1 if self.failed or not self.count else 0


def installed(*packages):
    """"" when the programs (install.sh has the syntax) are there now, else why not."""
    ran = subprocess.run([os.path.join(SRC, "tests/integration/install.sh"), *packages],
                         stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout.strip() or "the installation failed"


def inside(*packages):
    """Starts this script again in a pid namespace of its own, where everything ends with it,
    and does not return then. There: "", or why the test cannot be."""
    if INNER in os.environ:
        return os.environ[WHY]
    why = "" if os.geteuid() == 0 else "only root can have a pid namespace and become nagios"
    if not why:
        why = installed(*packages)
    # the shell is its process 1, and reaps
    own = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if not why and subprocess.run([*own, "true"], check=False,
                                  capture_output=True).returncode:
        why = "no pid namespace can be had here"
    os.environ[INNER], os.environ[WHY] = "1", why
    if why:
        return why
    sys.stdout.flush()
    sys.exit(outside([*own, "sh", "-c", '"$@"; exit $?', "sh", sys.executable, *sys.argv]))


def outside(argv):
    """Waits for the namespace, and removes what was left in files even when it was killed."""
    with tempfile.TemporaryDirectory(prefix="leakscan-", dir="/tmp") as place:
        os.chmod(place, 0o755)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        with subprocess.Popen(argv, env=dict(os.environ, **{PLACE: place})) as process:
            try:
                return process.wait()
            finally:
                process.kill()


def until(what, seconds=PATIENCE):
    """The first true value, or the last one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.1)
    return what()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def read(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as f:
            return f.read()
    except OSError:
        return ""


class Stage:
    """A directory that other users may enter, and the programs that were started in it."""

    def __init__(self, owner=None):
        self.path = tempfile.mkdtemp(prefix="leakscan-", dir=os.environ.get(PLACE, "/tmp"))
        self.owner = owner
        self.started = []
        os.chmod(self.path, 0o755)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.started):
            self.end(process)
        shutil.rmtree(self.path, ignore_errors=True)

    def dir(self, name):
        path = os.path.join(self.path, name)
        os.makedirs(path)
        self.give(path)
        return path

    def give(self, path):
        if self.owner:
            who = pwd.getpwnam(self.owner)
            at = path  # and what it is in, up to the stage
            while at != self.path:
                os.chown(at, who.pw_uid, who.pw_gid)
                at = os.path.dirname(at)

    def file(self, name, text):
        path = os.path.join(self.path, name)
        if not os.path.isdir(os.path.dirname(path)):
            self.dir(os.path.dirname(name))
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        self.give(path)
        return path

    def plugin(self, name="check_leakscan"):
        """The program, where everybody can run it, under this name."""
        path = os.path.join(self.path, "plugins", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(LEAKSCAN, path)
        os.chmod(path, 0o755)
        return path

    def start(self, argv, user=None, group=None, log="log", **how):
        if user:
            argv = ["setpriv", "--reuid", user, "--regid", group or user, "--clear-groups", "--",
                    *argv]
        how.setdefault("stdin", subprocess.DEVNULL)
        if "stdout" not in how:
            how["stdout"] = open(os.path.join(self.path, log), "ab")
            how["stderr"] = subprocess.STDOUT
        process = subprocess.Popen(argv, cwd="/", start_new_session=True, **how)
        self.started.append(process)
        return process

    def end(self, process):
        """By its pid; whatever it has left is the namespace's to end."""
        if process.poll() is not None:
            return process.returncode
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def others():
    """Who runs in this namespace besides us and what we run below."""
    above, pid, list_ = set(), os.getpid(), []
    while pid > 0:
        above.add(pid)
        pid = int(read("/proc/%d/stat" % pid).rpartition(")")[2].split()[1])
    for name in os.listdir("/proc"):
        state = read("/proc/%s/stat" % name).rpartition(")")[2].split() if name.isdigit() else []
        if state and state[0] != "Z" and int(name) not in above:
            list_.append("%s %s" % (name, read("/proc/%s/comm" % name).strip()))
    return list_
