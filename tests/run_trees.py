#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`leakscan run` against trees that do not want to end."""
import json
import os
import pty
import shutil
import signal
import sys
import time

sys.dont_write_bytecode = True
from runlib import BUILD, RUN, TREE, call, groups, inner, main, others, report_of, result, skip, until

CHURN_S = 120	# as tests/mktree.c has it


def trees(tmp):
    kinds = [("plain", 3), ("deaf", 2), ("daemonized", 1), ("subreaper", 2), ("stopped", 2),
             ("vforked", 1), ("traced", 1), ("writer", 1), ("respawner", 3), ("deep", 40), ("zombie-keepers", 1),
             ("plain", 1000), ("churn", 1), ("churn", 4), ("churn", 16)]
    users = [("", None)]
    if os.geteuid() == 0:
        users.append((" as nobody", 65534))
    tree = TREE
    for suffix, user in users:
        place = tmp
        if user:
            # where nobody may go and write
            place = os.path.join(tmp, "nobody")
            os.makedirs(place, exist_ok=True)
            os.chown(place, user, user)
            tree = shutil.copy(TREE, tmp)
            RUN[0] = shutil.copy(RUN[0], tmp)
        for kind, n in kinds:
            start = time.monotonic()
            r, j = report_of(place, [tree, kind, str(n)], user=user)
            took = time.monotonic() - start
            name = "%s %d%s" % (kind, n, suffix)
            stays = [int(line.split()[1]) for line in r.stdout.decode().splitlines()]
            named = {p["pid"] for p in j["left"]}
            # a storm ends by itself after two minutes: that would prove nothing
            good = r.returncode == 99 and j["proven"] and j["survivors"] == 0 and took < CHURN_S
            good = good and set(stays) <= named and (j["leaks"] >= len(stays) > 0 or kind in ("churn", "deep"))
            result(good, name + ": named and gone", "%.1f s\n%s\n%s\n%s" % (took, r, stays, json.dumps(j, indent=1)[:3000]))
            if inner():
                rest = until(lambda: not others()) or others()
                result(rest is True, name + ": nobody is left in the namespace", rest)
    if os.geteuid() != 0:
        skip("another user's process", "not root")
        return
    suid = os.path.join(tmp, "suid")
    shutil.copy(TREE, suid)
    os.chmod(suid, 0o4755)
    r, j = report_of(os.path.join(tmp, "nobody"), ["sh", "-c", "sleep 1000 & %s other-user; exit 0" % suid], user=65534)
    root = [int(line.split()[1]) for line in r.stdout.decode().splitlines()][0]
    if os.stat("/proc/%d" % root).st_uid if os.path.exists("/proc/%d" % root) else True:
        skip("a child that became root's", "set-user-id does not work in %s" % tmp)
    else:
        fates = {p["pid"]: p["fate"] for p in j["left"]}
        result(r.returncode == 99 and j["survivors"] == 1 and not j["proven"] and fates[root] == "denied" and
               sorted(fates.values()) == ["denied", "reaped"] and b"STILL RUNNING" in r.stderr,
               "a child that became root's is reported, the others are gone", (r, j))
        fd = os.pidfd_open(root)
        with open("/proc/%d/cmdline" % root, "rb") as f:
            if f.read().startswith(suid.encode()):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
        os.close(fd)
        if inner():
            os.waitpid(root, 0)
    r, j = report_of(os.path.join(tmp, "nobody"), ["sh", "-c", "sleep 1000 & exit 5"], user=65534)
    result(r.returncode == 5 and j["leaks"] == 1, "the command's failure wins over a leak", (r, j))
    RUN[0] = os.path.join(BUILD, "leakscan")


def on_terminal(args, user=None):
    """Runs it with a terminal to share: its exit status, and what it printed."""
    pid, terminal = pty.fork()
    if not pid:
        if user:
            os.setgid(user)
            os.setuid(user)
        os.execvp(args[0], args)
    said = b""
    while True:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            more = b""
        if not more:
            break
        said += more
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said


def corners(tmp):
    # with a terminal the command's process group is ours: no storm is ended at one stroke
    path = os.path.join(tmp, "report.json")
    for lanes in (1, 16):
        status, said = on_terminal(RUN + ["--grace", "300ms", "--json", path, "--", TREE, "churn", str(lanes)])
        with open(path, encoding="ascii") as f:
            j = json.load(f)
        result(status == 99 and j["proven"] and not j["survivors"] and not j["own_session"],
               "churn %d on a terminal: gone" % lanes, (status, said, j))
    many = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1000 & done; exit 0"
    for limit in (12, 16, 24, 40):
        r = call(["sh", "-c", "ulimit -n %d; exec \"$@\"" % limit, "sh"] + RUN + ["--grace", "300ms", "-v", "--", "sh", "-c", many])
        result(r.returncode == 99 and b"all of them are gone" in r.stderr and
               (not inner() or until(lambda: not others())), "%d descriptors for 20 processes: gone" % limit, r)
    places = [g + p for g in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified") for p in own_group() if os.path.isfile(g + p + "/cgroup.procs")]
    below = ("g=$(sed -n 's/^0:://p' /proc/self/cgroup); case $g in */leakscan-*) ;; *) exit 3;; esac; "
             "mkdir -p %s$g/a/b && echo $$ >%s$g/a/b/cgroup.procs || exit 3; sleep 1000 & exit 0")
    if not places:
        skip("groups in the run's own", "no v2 control groups here")
        return
    root = places[0][:len(places[0]) - len(own_group()[0])]
    r, j = report_of(tmp, ["sh", "-c", below % (root, root)])
    if r.returncode == 3:
        skip("groups in the run's own", "we may not make any here")
        return
    result(r.returncode == 99 and j["proven"] and not [g for g in groups() if j["id"] in g],
           "groups that the command made in the run's own are removed with it", (r, j, groups()))


def own_group():
    with open("/proc/self/cgroup") as f:
        return [line.split("::", 1)[1].strip() for line in f if line.startswith("0::")]


main((("trees", trees), ("corners", corners)))
