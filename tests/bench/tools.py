# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured: every program with its command line, what it is compared with, and how
one finds out that it is not there. Nothing is installed here (install.sh can).
"""
import os
import re
import shutil
import subprocess
import sys

PLUGINS = ["/usr/lib/nagios/plugins", "/usr/lib64/nagios/plugins", "/usr/libexec/nagios/plugins",
           "/usr/lib/monitoring-plugins", "/usr/libexec/monitoring-plugins"]
PS = ["ps", "-e", "-o", "pid,ppid,pgid,sid,stat,lstart,comm"]
PSUTIL = {
    "psutil": "import psutil\n"
              "for p in psutil.process_iter(['pid', 'ppid', 'status', 'create_time', 'name']): pass",
    "psutil-fds": "import psutil\n"
                  "for p in psutil.process_iter(['pid', 'ppid', 'status', 'create_time', 'name']):\n"
                  "    try: p.num_fds()\n"
                  "    except psutil.Error: pass",
}
# Debian's names, for those who want what is missing
PACKAGES = {"ps": "procps", "pgrep": "procps", "top": "procps", "lsof": "lsof", "lsof-E": "lsof",
            "lsfd": "util-linux", "ss": "iproute2", "fuser": "psmisc", "psutil": "python3-psutil",
            "psutil-fds": "python3-psutil", "check_procs": "monitoring-plugins-basic",
            "htop": "htop", "tini": "tini", "strace": "strace"}


class Tool:
    """level: the floor that gives the same facts (ident, counts, links). ours: a wrong status
    is a failure of the bench. most: the largest population that it is asked for."""

    def __init__(self, key, argv, level, ours=False, statuses=(0,), most=None, limit_s=120, why=None,
                 label=None, uid=None):
        self.key, self.argv, self.level, self.ours = key, argv, level, ours
        self.statuses, self.most, self.limit_s, self.uid = statuses, most, limit_s, uid
        self.why = why                     # it is not there, because
        self.label = label or " ".join(argv or [key])


def find(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")


def plugin(name):
    return find(name) or next((os.path.join(d, name) for d in PLUGINS
                               if os.access(os.path.join(d, name), os.X_OK)), None)


def psutil_python():
    for python in sys.executable, "/usr/bin/python3":
        if os.path.exists(python) and subprocess.run([python, "-c", "import psutil"],
                                                     stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def others(key, name, args, level, label=None, **more):
    """A program of somebody else, which may be missing."""
    path = name if name and os.path.isabs(name) else find(name or key)
    if not path:
        return Tool(key, None, level, why="not installed (%s)" % PACKAGES.get(key, key), label=label or key)
    return Tool(key, [path] + args, level, label=label or " ".join([os.path.basename(path)] + args), **more)


def psutil_tools():
    python = psutil_python()
    labels = {"psutil": ("ident", "psutil: process_iter of pid, ppid, status, create_time, name"),
              "psutil-fds": ("counts", "the same and num_fds()")}
    for key, (level, label) in labels.items():
        if python:
            yield Tool(key, [python, "-c", PSUTIL[key]], level, label=label)
        else:
            yield Tool(key, None, level, why="not installed (%s)" % PACKAGES[key], label=label)


def sources(leakscan):
    """--source NAME of this build, each with why it cannot be had or None."""
    text = subprocess.run([leakscan, "scan", "--help"], capture_output=True, text=True).stdout
    if "--source" not in text:
        return {name: "this build has no --source" for name in ("procfs", "bpf")}
    found = {"procfs": None}
    said = subprocess.run([leakscan, "scan", "--pid", str(os.getpid()), "--source", "bpf"],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL)
    why = None
    if said.returncode not in (0, 1):
        why = (said.stderr.strip().splitlines() or ["status %d" % said.returncode])[-1]
        why = why.split(": ", 1)[-1] if why.startswith("leakscan") else why
    found["bpf"] = why
    return found


def our_tools(build, app):
    leakscan = os.path.join(build, "leakscan")
    have = sources(leakscan)
    floor, walk = (os.path.join(build, "tests/bench", name) for name in ("floor", "walk"))

    def scan(key, args, level, source=None, statuses=(0, 1), label=None):
        why = have[source] if source else None
        argv = [leakscan] + args + (["--source", source] if source else [])
        label = label or "leakscan " + " ".join(argv[1:]).replace(str(app), "PID")
        return Tool(key, None if why else argv, level, True, statuses, why=why, label=label)

    return [
        Tool("floor-ident", [floor, "ident"], "ident", True, label="floor ident"),
        Tool("floor-counts", [floor, "counts"], "counts", True, label="floor counts"),
        Tool("floor-links", [floor, "links"], "links", True, label="floor links"),
        Tool("walk-counts", [walk, "counts"], "counts", True, label="leakscan's walk: identity and count"),
        Tool("walk-fds", [walk, "fds"], "links", True, label="leakscan's walk: all descriptor tables"),
        *[Tool(key, None if have["bpf"] else [walk, what, "bpf"], level, True, why=have["bpf"], label=label)
          for key, what, level, label in (
              ("walk-counts-bpf", "counts", "counts", "leakscan's walk by BPF: identity and count"),
              ("walk-fds-bpf", "fds", "links", "leakscan's walk by BPF: all descriptor tables"))],
        scan("scan", ["scan", "--all"], "links"),
        scan("scan-procfs", ["scan", "--all"], "links", "procfs"),
        scan("scan-bpf", ["scan", "--all"], "links", "bpf"),
        scan("scan-pid", ["scan", "--pid", str(app)], "counts"),
        scan("scan-pid-procfs", ["scan", "--pid", str(app)], "counts", "procfs"),
        scan("check", ["check", "--all", "--no-state", "-t", "110"], "links", statuses=(0, 1, 2),
             label="leakscan check --all --no-state"),
        scan("holders", ["holders", "--fd", "%d:3" % app], "links", statuses=(0,),
             label="leakscan holders --fd PID:3"),
    ]


def unprivileged_tools(build, copies):
    """The walk as somebody who may look into nobody: copies in a directory that all may enter."""
    if os.geteuid() != 0 or not copies:
        why = "only root can become somebody else"
        return [Tool(key, None, "counts", True, why=why, label=key)
                for key in ("floor-counts-nobody", "walk-counts-nobody")]
    return [Tool("%s-counts-nobody" % name, [os.path.join(copies, name), "counts"], "counts", True, uid=65534,
                 label=label)
            for name, label in (("floor", "floor counts, without privileges"),
                                ("walk", "leakscan's walk, without privileges: identity and count"))]


def their_tools(tmp):
    lsof = ["-n", "-P", "-w"]
    check_procs = plugin("check_procs")
    return [
        others("ps", "ps", PS[1:], "ident"),
        others("pgrep", "pgrep", ["-x", "pop-root"], "ident"),
        *psutil_tools(),
        others("check_procs", check_procs or "check_procs", ["-s", "Z"], "ident", statuses=(0, 1, 2)),
        others("lsof", "lsof", lsof, "links", statuses=(0, 1)),
        others("lsof-E", "lsof", lsof + ["-E"], "links", statuses=(0, 1), most=10000, limit_s=60),
        others("lsfd", "lsfd", [], "links", limit_s=180),
        others("ss", "ss", ["-xp"], "links"),
        others("fuser", "fuser", [os.path.join(tmp, "file")], "links", statuses=(0, 1), label="fuser FILE"),
    ]


def starters(build):
    """Programs that end at once: what starting costs."""
    leakscan, true = os.path.join(build, "leakscan"), find("true")
    return [
        Tool("true", [true], "start", label="true"),
        Tool("version", [leakscan, "--version"], "start", True, label="leakscan --version"),
        others("ps-version", "ps", ["--version"], "start"),
        others("lsof-version", "lsof", ["-v"], "start"),
        Tool("python", [sys.executable, "-c", "pass"], "start", label="python3 -c pass"),
        Tool("run", [leakscan, "run", "--", true], "start", True, label="leakscan run -- true"),
        others("tini", "tini", ["-s", "--", true], "start", label="tini -s -- true"),
        others("timeout", "timeout", ["10", true], "start", label="timeout 10 true"),
    ]


def dashboards(build, processes):
    leakscan = os.path.join(build, "leakscan")
    have = sources(leakscan)
    found = [others("top", "top", ["-d", "1"], "screen"), others("htop", "htop", ["-d", "10"], "screen")]
    text = subprocess.run([leakscan, "top", "--help"], capture_output=True, text=True).stdout
    for source in (None, "procfs", "bpf"):
        why = have[source] if source else None
        if source and not why and "--source" not in text:
            why = "its `top` has no --source"
        argv = [leakscan, "top", "--all", "-d", "5s" if processes > 1000 else "1s"]
        argv += ["--source", source] if source else []
        found.append(Tool("dash-" + (source or "auto"), None if why else argv, "screen", True, why=why,
                          label="leakscan " + " ".join(argv[1:])))
    return found


def versions():
    """How new what is compared is: name -> version."""
    found = {}
    for name, args in (("ps", ["--version"]), ("lsof", ["-v"]), ("lsfd", ["--version"]), ("ss", ["-V"]),
                       ("fuser", ["--version"]), ("htop", ["--version"]), ("tini", ["--version"]),
                       ("timeout", ["--version"])):
        path = find(name)
        if path:
            said = subprocess.run([path] + args, capture_output=True, text=True)
            match = re.search(r"\d+\.\d+(\.\d+)*", said.stdout + said.stderr)
            found[name] = match.group(0) if match else "?"
    python = psutil_python()
    if python:
        found["psutil"] = subprocess.run([python, "-c", "import psutil; print(psutil.__version__)"],
                                         capture_output=True, text=True).stdout.strip()
    return found
