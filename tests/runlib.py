# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of `leakscan run` and of the dashboard share.

Each runs in a pid namespace of its own where that is possible: then "nothing is left" is a look
at all that there is. What cannot be tried here is skipped aloud.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("TOP_BUILDDIR", ".")
SRC = os.environ.get("TOP_SRCDIR", ".")
RUN = [os.path.join(BUILD, "leakscan"), "run"]
TREE = os.path.join(BUILD, "tests", "mktree")
INNER = "LEAKSCAN_TEST_INNER"
count = failed = 0


def result(good, name, why=""):
    global count, failed
    count += 1
    print(("ok" if good else "not ok"), count, "-", name.replace("#", ""), flush=True)
    if not good:
        failed += 1
        for line in str(why).splitlines():
            print("#", line, flush=True)
    return good


def skip(name, why):
    global count
    count += 1
    print("ok", count, "-", name, "# SKIP", why, flush=True)


def call(args, **how):
    how.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, **how)


def others():
    """Everybody in this namespace but us and who is above us."""
    above, pid = set(), os.getpid()
    while pid > 0:
        above.add(pid)
        with open("/proc/%d/stat" % pid, "rb") as f:
            pid = int(f.read().rpartition(b")")[2].split()[1])
    return [int(d) for d in os.listdir("/proc") if d.isdigit() and int(d) not in above]


def until(what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.02)
    return what()


def inner():
    """In a pid namespace of our own."""
    return os.environ.get(INNER) == "1"


def report_of(tmp, args, options=(), **how):
    path = os.path.join(tmp, "report.json")
    r = call(RUN + ["--grace", "300ms", "--json", path] + list(options) + ["--"] + args, **how)
    with open(path, encoding="ascii") as f:
        return r, json.load(f)


def groups():
    """Control groups of runs in ours; of a killed wrapper one may stay until the next run."""
    with open("/proc/self/cgroup") as f:
        path = [line.split("::", 1)[1].strip() for line in f if line.startswith("0::")]
    return [e.path for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified") for p in path
            if os.path.isfile(root + p + "/cgroup.procs")
            for e in os.scandir(root + p) if e.name.startswith("leakscan-")]


def done():
    print("1..%d" % count)
    sys.exit(1 if failed else 0)


def main(parts):
    """Runs parts, (name, function of a temporary directory); all or those named as arguments."""
    if sys.version_info < (3, 9):
        skip("leakscan run", "python %d.%d has no pidfds" % sys.version_info[:2])
        done()
    if not inner() and os.geteuid() == 0:
        env = dict(os.environ, **{INNER: "1"})
        r = subprocess.run(["unshare", "-pf", "--kill-child", "--mount-proc", sys.executable] + sys.argv, env=env)
        sys.exit(r.returncode)
    with tempfile.TemporaryDirectory() as tmp:
        os.chmod(tmp, 0o755)
        for name, part in parts:
            if not sys.argv[1:] or name in sys.argv[1:]:
                part(tmp)
    done()
