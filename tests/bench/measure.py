# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs in the population's namespace: what each tool costs there. CPU time is what wait4(2)
says of it and of all it started (runx.c); the order is shuffled in each round, so that
whatever else this machine does falls on all of them alike.
"""
import contextlib
import fcntl
import json
import os
import pty
import random
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
import tools

TICK_S = 0.02
REST_S = 0.15           # a look is over when nothing has run for so long
SETTLED_S = 16          # leakscan trusts a machine that has been still for ten seconds
HZ = os.sysconf("SC_CLK_TCK")


def log(text):
    print("bench: " + text, file=sys.stderr, flush=True)


class Runner:
    def __init__(self, build, tmp):
        self.runx = os.path.join(build, "tests/bench/runx")
        self.env = dict(os.environ, HOME=tmp, XDG_CONFIG_HOME=tmp, TERM="xterm-256color", LC_ALL="C.UTF-8",
                        PYTHONDONTWRITEBYTECODE="1")

    def __call__(self, tool, *options, prefix=(), stdout=subprocess.DEVNULL):
        """Its figures as a dict."""
        r, w = os.pipe()
        argv = [self.runx, "-t", str(tool.limit_s)] + list(options)
        argv += (["-u", str(tool.uid)] if tool.uid is not None else []) + list(prefix) + tool.argv

        def to_fd_3():
            os.dup2(w, 3)

        with os.fdopen(r) as report:
            # pass_fds would keep w's number, and runx writes to 3
            done = subprocess.run(argv, env=self.env, stdin=subprocess.DEVNULL, stdout=stdout,
                                  stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=to_fd_3)
            os.close(w)
            numbers = report.read().split()
        if done.returncode != 0 or len(numbers) != 7:
            raise SystemExit("bench: runx failed for %s" % tool.label)
        keys = ("status", "wall_us", "user_us", "sys_us", "largest_kib", "all_kib", "timed_out")
        found = dict(zip(keys, map(int, numbers)))
        found["cpu_us"] = found["user_us"] + found["sys_us"]
        return found


def rounds(run, chosen, spec, times=1):
    """key -> figures of all rounds. Who has cost spec["budget_s"] rests, but for one run."""
    found = {t.key: {"cpu_us": [], "wall_us": [], "largest_kib": 0, "status": None, "timed_out": False}
             for t in chosen}
    spent = dict.fromkeys(found, 0)
    for n in range(spec["rounds"]):
        order = chosen[:]
        random.shuffle(order)
        for tool in order:
            f = found[tool.key]
            if f["timed_out"] or spent[tool.key] > spec["budget_s"] * 1000000:
                continue
            one = run(tool, "-r", str(times))
            spent[tool.key] += one["wall_us"]
            f["cpu_us"].append(one["cpu_us"] / times)
            f["wall_us"].append(one["wall_us"] / times)
            f["largest_kib"] = max(f["largest_kib"], one["largest_kib"])
            f["timed_out"] |= bool(one["timed_out"])
            if f["status"] is None or one["status"] not in tool.statuses:
                f["status"] = one["status"]
        log("round %d of %d done" % (n + 1, spec["rounds"]))
    return found


def memory(run, tool, figures):
    """The most that all its processes have at once, by looking every few ms, in a run that
    is not timed."""
    one = run(tool, "-m")
    figures["all_kib"] = max(one["all_kib"], figures["largest_kib"])


def syscalls(run, tool, figures, tmp):
    """How many, by strace; None: strace is not there, or could not."""
    strace = tools.find("strace")
    if not strace or tool.uid is not None:
        return
    out = os.path.join(tmp, "strace")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(out)
    run(tool, prefix=(strace, "-f", "-c", "-o", out))
    try:
        with open(out) as f:
            # percent, seconds, us per call, calls, perhaps errors, name
            rows = [line.split() for line in f if re.match(r" *\d+\.\d+ ", line)]
        figures["syscalls"] = sum(int(row[3]) for row in rows if row[-1] != "total")
    except (OSError, IndexError, ValueError):
        figures["syscalls"] = None


def second_opinion(run, tool, figures, group):
    """CPU time by a control group's account, to that of wait4(2) in the same run: more, and
    somebody has cost what nobody waited for."""
    usage = os.path.join(group, "cpuacct.usage")
    if os.path.exists(usage):
        def used_us():
            with open(usage) as f:
                return int(f.read()) / 1000
    else:
        def used_us():
            with open(os.path.join(group, "cpu.stat")) as f:
                return int(f.readline().split()[1])
    before = used_us()
    one = run(tool, prefix=("sh", "-c", "echo 0 >%s/cgroup.procs && exec \"$@\"" % group, "sh"))
    figures["group"] = (used_us() - before) / max(one["cpu_us"], 1)


# One refresh of a dashboard

def children(pid):
    found = []
    try:
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, task)) as f:
                found += map(int, f.read().split())
    except OSError:
        pass
    return found


def tree_cpu_ns(pid):
    """A process, those below it, and those that it or they have waited for. The clock of a
    process is exact; what it has waited for is told in ticks only, once for all of them."""
    try:
        own = time.clock_gettime_ns((~pid << 3) | 2)            # CPUCLOCK_SCHED of a process
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return 0
    waited = (int(fields[13]) + int(fields[14])) * 1000000000 // HZ
    return own + waited + sum(tree_cpu_ns(child) for child in children(pid))


class Looker:
    """When a program works and when it rests, by how often its threads were given a CPU. Where
    there are several, the first only draws. Files are kept open: a dashboard that sees
    somebody's descriptors change has something to do."""

    def __init__(self, pid):
        self.pid, self.files = pid, []
        self.find()

    def find(self):
        tasks = sorted(map(int, os.listdir("/proc/%d/task" % self.pid)))
        self.close()
        self.files = [os.open("/proc/%d/task/%d/schedstat" % (self.pid, t), os.O_RDONLY)
                      for t in tasks[1:] or tasks]

    def slices(self):
        """Changes whenever one of them has run; OSError when the program has ended."""
        try:
            return [os.pread(f, 100, 0) for f in self.files]
        except OSError:                    # one thread has
            self.find()
            return []

    def close(self):
        for f in self.files:
            os.close(f)
        self.files = []


def drain(fd):
    while select.select([fd], [], [], 0)[0]:
        if not os.read(fd, 65536):
            return


def looks(pid, fd, limit):
    """Yields (time, CPU time until then) whenever it rests after a look, until `limit`."""
    time.sleep(1)
    looker = Looker(pid)
    before, worked, rests = looker.slices(), False, time.monotonic()
    try:
        while time.monotonic() < limit:
            time.sleep(TICK_S)
            drain(fd)
            now = looker.slices()
            if now != before:
                before, worked, rests = now, True, time.monotonic()
            elif worked and time.monotonic() - rests > REST_S:
                worked = False
                yield time.monotonic(), tree_cpu_ns(pid)
    except OSError:
        pass                               # it has ended
    finally:
        looker.close()


def end(pid, fd):
    os.kill(pid, signal.SIGTERM)
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                os.read(fd, 65536)
            except OSError:
                pass
        if os.waitpid(pid, os.WNOHANG)[0]:
            os.close(fd)
            return
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(fd)


def per_look(marks):
    """CPU of one look in us, and how many there were."""
    if len(marks) < 2:
        return {"looks": 0}
    n = len(marks) - 1
    return {"looks": n, "cpu_us": (marks[-1][1] - marks[0][1]) / n / 1000,
            "every_s": (marks[-1][0] - marks[0][0]) / n}


def dashboard(run, tool, spec):
    """CPU of one look: while all is new to it, but for the first two, and from when it has
    seen for long that nothing changes."""
    pid, fd = pty.fork()
    if pid == 0:
        try:
            os.execve(tool.argv[0], tool.argv, run.env)
        finally:
            os._exit(127)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    begin = time.monotonic()
    early, late = [], []
    try:
        for mark in looks(pid, fd, begin + spec["screen_limit_s"]):
            after = mark[0] - begin
            (early if after < SETTLED_S else late).append(mark)
            if len(late) > spec["screens"] + 1:
                break
    finally:
        end(pid, fd)
    if not late and tool.ours:
        return {"early": per_look(early[1:]), "late": per_look([]), "broken": True}
    # the first of the late ones may have been the one that found that all rests
    return {"early": per_look(early[1:]), "late": per_look(late[1:])}


# Is it true?

def output_of(tool):
    done = subprocess.run(tool.argv, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout


def check_counts(known):
    """What ours say of this population, which is known: a list of complaints."""
    wrong = []
    want = {name: int(os.environ["POPGEN_" + name.upper()])
            for name in ("processes", "fds", "orphans", "zombies", "app_orphans", "app_zombies")}
    for key in "scan", "scan-procfs", "scan-bpf", "scan-pid", "scan-pid-procfs":
        tool = known[key]
        if not tool.argv:
            continue
        status, text = output_of(tools.Tool(key, tool.argv + ["--json"], tool.level))
        of = "app_" if "pid" in key else ""
        try:
            report = json.loads(text)
        except ValueError:
            wrong.append("%s: status %d and no JSON" % (tool.label, status))
            continue
        for kind in "orphan", "zombie":
            # weak: only perhaps the target's; in --pid all other applications are
            got = sum(f["kind"] == kind and f["confidence"] != "weak" for f in report["findings"])
            should = want[of + kind + "s"]
            if got != should:
                wrong.append("%s: %d %ss found, %d made" % (tool.label, got, kind, should))
        seen = report["coverage"]["processes"]
        if not of and not want["processes"] < seen < want["processes"] + 20:
            wrong.append("%s: %d processes seen, %d made" % (tool.label, seen, want["processes"]))
        if status != (1 if report["verdict"] == "leaks" else 0):
            wrong.append("%s: status %d, verdict %s" % (tool.label, status, report["verdict"]))
    held = (want["processes"] - want["zombies"]) * want["fds"]
    for key in "floor-counts", "floor-links", "walk-counts", "walk-fds", "walk-counts-bpf", "walk-fds-bpf":
        if not known[key].argv:
            continue
        status, text = output_of(known[key])
        processes, fds = (map(int, text.split()) if status == 0 else (0, 0))
        if not want["processes"] < processes < want["processes"] + 20 or not held <= fds < held + 200:
            wrong.append("%s: %d processes and %d descriptors, of %d and %d" %
                         (known[key].label, processes, fds, want["processes"], held))
    return wrong


def missing_of(chosen):
    return {t.key: t.why for t in chosen if not t.argv}


def copies_make(build, tmp):
    """floor and walk where everybody may run them; None in a user namespace, where there is
    nobody else to be."""
    with open("/proc/self/uid_map") as f:
        if f.read().split() != ["0", "0", "4294967295"]:
            return None
    where = tempfile.mkdtemp(dir=tmp)
    for name in "floor", "walk":
        subprocess.run(["cp", os.path.join(build, "tests/bench", name), where], check=True)
        os.chmod(os.path.join(where, name), 0o755)
    os.chmod(where, 0o755)
    return where


def measure(spec):
    build, tmp = spec["build"], spec["tmp"]
    n, app = int(os.environ["POPGEN_PROCESSES"]), int(os.environ["POPGEN_APP"])
    run = Runner(build, tmp)
    ours = tools.our_tools(build, app) + tools.unprivileged_tools(build, copies_make(build, tmp))
    theirs = tools.their_tools(tmp)
    # somebody has the file open, or fuser would have nothing to say
    held = open(os.path.join(tmp, "file"), "w")
    chosen = [t for t in ours + theirs if not spec["keys"] or t.key in spec["keys"]]
    out = {"processes": n, "fds": int(os.environ["POPGEN_FDS"]), "one_stderr": spec["one_stderr"],
           "missing": missing_of(chosen), "skipped": {},
           "labels": {t.key: t.label for t in chosen}, "levels": {t.key: t.level for t in chosen},
           "broken": check_counts({t.key: t for t in ours})}
    usable = []
    for t in chosen:
        if t.argv and t.most and n * out["fds"] > t.most:
            out["skipped"][t.key] = "not asked for more than %d descriptors" % t.most
        elif t.argv:
            usable.append(t)
    # once, unmeasured: the kernel makes its /proc inodes for whoever comes first
    warm = tools.Tool("warm", [os.path.join(build, "tests/bench/floor"), "links"], "links")
    run(warm)
    out["figures"] = rounds(run, usable, spec)
    for t in usable:
        f = out["figures"][t.key]
        if t.ours and f["status"] not in t.statuses:
            out["broken"].append("%s: exit status %d" % (t.label, f["status"]))
        f["failed"] = f["status"] not in t.statuses and not f["timed_out"]
        if spec["memory"] and not f["timed_out"]:
            memory(run, t, f)
        if spec["syscalls"] and not f["timed_out"]:
            syscalls(run, t, f, tmp)
        if spec["cgroup"] and t.uid is None and not f["timed_out"]:
            second_opinion(run, t, f, spec["cgroup"])
    if spec["starts"]:
        starters = tools.starters(build)
        out["missing"].update(missing_of(starters))
        out["labels"].update({t.key: t.label for t in starters})
        usable = [t for t in starters if t.argv]
        out["starts"] = rounds(run, usable, dict(spec, rounds=max(spec["rounds"], 5)), spec["starts"])
        for t in usable:
            if t.ours and out["starts"][t.key]["status"] != 0:
                out["broken"].append("%s: exit status %d" % (t.label, out["starts"][t.key]["status"]))
    if spec["screens"]:
        out["screens"] = {}
        for t in tools.dashboards(build, n):
            out["labels"][t.key] = t.label
            if t.argv:
                out["screens"][t.key] = dashboard(run, t, spec)
                if out["screens"][t.key].get("broken"):
                    out["broken"].append("%s: no look in the %d s after it should have settled" %
                                         (t.label, spec["screen_limit_s"] - SETTLED_S))
            else:
                out["missing"][t.key] = t.why
    held.close()
    return out


def main():
    spec_path, out_path = sys.argv[1:]
    with open(spec_path) as f:
        spec = json.load(f)
    out = measure(spec)
    with open(out_path, "w") as f:
        json.dump(out, f)


if __name__ == "__main__":
    main()
